/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order Management v1. Every request names its order, its amount and its idempotency key;
 * where one of them is not usable there is no request at all (method NULL). Amounts of an
 * answer are read strictly: a missing one is never taken for zero.
 */
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "api/order_management.h"
#include "api/order_lines.h"
#include "api/url.h"
#include "core/iso_time.h"
#include "core/limits.h"
#include "core/order_parts.h"
#include "core/money.h"
#include "core/plan_lines.h"

#define MAX_MOVES 1000 /* captures or refunds read of one order */

#define ORDERS "/ordermanagement/v1/orders/"

/* --- requests ---------------------------------------------------------------------- */

/* req with its path, which begins below the order. No request without an order and, when it
 * changes something, a key. */
static kl_klarna_request_t request(apr_pool_t *p, const kl_order_t *order, kl_klarna_request_t req)
{
    const char *id = kl_url_segment(p, order->klarna_order_id);
    int changes = strcmp(req.method, "GET") != 0;

    if (!id || (changes && (!req.idempotency_key || !*req.idempotency_key))) {
        return (kl_klarna_request_t){.method = NULL};
    }
    req.path = apr_pstrcat(p, ORDERS, id, req.path, NULL);
    return req;
}

static kl_klarna_request_t patch(apr_pool_t *p, const kl_order_t *order, const char *below,
                                 const char *body, const char *key)
{
    return request(p, order, (kl_klarna_request_t){"PATCH", below, body, key, 0});
}

static kl_klarna_request_t post(apr_pool_t *p, const kl_order_t *order, const char *below,
                                const char *body, const char *key)
{
    return request(p, order, (kl_klarna_request_t){"POST", below, body, key, 0});
}

static void set_text(kl_json_t *body, const char *key, const char *s)
{
    if (s && *s) {
        kl_json_set_str(body, key, s);
    }
}

static void set_lines(apr_pool_t *p, kl_json_t *body, const apr_array_header_t *lines)
{
    if (lines && lines->nelts > 0) {
        kl_json_set(body, "order_lines", kl_order_parts_klarna_lines(p, lines));
    }
}

/* The movement's lines in Klarna's words, when it has some. */
static void set_moved(apr_pool_t *p, kl_json_t *body, const kl_order_t *order,
                      const kl_movement_t *m)
{
    if (m->lines) {
        set_lines(p, body, kl_plan_lines_klarna(p, order, m));
    }
}

/* A JSON array text with at least one entry, or NULL. It was checked when it came in. */
static kl_json_t *entries(apr_pool_t *p, const char *text)
{
    kl_json_t *v = text && *text ? kl_json_parse(p, text, strlen(text), kl_error_make(p)) : NULL;

    return v && kl_json_is_array(v) && kl_json_size(v) > 0 ? v : NULL;
}

kl_klarna_request_t kl_order_management_capture(apr_pool_t *p, const kl_order_t *order,
                                                const kl_movement_t *m,
                                                const kl_capture_request_t *want, const char *key)
{
    kl_json_t *body = kl_json_object(p);

    kl_json_set_int(body, "captured_amount", m->amount);
    set_text(body, "description", want->description);
    set_text(body, "reference", want->reference);
    set_moved(p, body, order, m);
    kl_json_set(body, "shipping_info", entries(p, want->shipping_info));
    return post(p, order, "/captures", kl_json_text(p, body), key);
}

kl_klarna_request_t kl_order_management_refund(apr_pool_t *p, const kl_order_t *order,
                                               const kl_movement_t *m,
                                               const kl_credit_request_t *want, const char *key)
{
    kl_json_t *body = kl_json_object(p);

    kl_json_set_int(body, "refunded_amount", m->amount);
    set_text(body, "description", want->comment);
    set_text(body, "reference", want->reference);
    set_moved(p, body, order, m);
    return post(p, order, "/refunds", kl_json_text(p, body), key);
}

kl_klarna_request_t kl_order_management_reduce(apr_pool_t *p, const kl_order_t *order,
                                               const kl_movement_t *m, const char *description,
                                               const char *key)
{
    kl_json_t *body = kl_json_object(p);
    apr_int64_t stays;

    if (!kl_money_sub(order->order_amount, m->amount, &stays) || stays < 0) {
        return (kl_klarna_request_t){.method = NULL};
    }
    kl_json_set_int(body, "order_amount", stays);
    set_text(body, "description", description);
    /* Without order_lines Klarna would delete the lines it has. */
    set_lines(p, body, kl_plan_lines_reduced(p, order, m));
    return patch(p, order, "/authorization", kl_json_text(p, body), key);
}

kl_klarna_request_t kl_order_management_authorize(apr_pool_t *p, const kl_order_t *order,
                                                  const kl_lines_plan_t *plan,
                                                  const char *description, const char *key)
{
    kl_json_t *body = kl_json_object(p);

    kl_json_set_int(body, "order_amount", plan->amount);
    set_text(body, "description", description);
    set_lines(p, body, plan->lines);
    return patch(p, order, "/authorization", kl_json_text(p, body), key);
}

kl_klarna_request_t kl_order_management_cancel(apr_pool_t *p, const kl_order_t *order,
                                               const char *key)
{
    return post(p, order, "/cancel", "", key);
}

kl_klarna_request_t kl_order_management_release(apr_pool_t *p, const kl_order_t *order,
                                                const char *key)
{
    return post(p, order, "/release-remaining-authorization", "", key);
}

kl_klarna_request_t kl_order_management_extend(apr_pool_t *p, const kl_order_t *order,
                                               const char *key)
{
    return post(p, order, "/extend-authorization-time", "", key);
}

/* req with its path, which begins below the capture. */
static kl_klarna_request_t of_capture(apr_pool_t *p, const kl_order_t *order,
                                      const char *capture_id, kl_klarna_request_t req)
{
    const char *id = kl_url_segment(p, capture_id);

    if (!id) {
        return (kl_klarna_request_t){.method = NULL};
    }
    req.path = apr_pstrcat(p, "/captures/", id, req.path, NULL);
    return request(p, order, req);
}

kl_klarna_request_t kl_order_management_shipping_info(apr_pool_t *p, const kl_order_t *order,
                                                      const char *capture_id,
                                                      const char *shipping_info, const char *key)
{
    kl_json_t *list = entries(p, shipping_info);
    kl_json_t *body = kl_json_object(p);

    if (!list) {
        return (kl_klarna_request_t){.method = NULL};
    }
    kl_json_set(body, "shipping_info", list);
    return of_capture(p, order, capture_id,
                      (kl_klarna_request_t){"POST", "/shipping-info", kl_json_text(p, body), key,
                                            0});
}

kl_klarna_request_t kl_order_management_due_options(apr_pool_t *p, const kl_order_t *order,
                                                    const char *capture_id)
{
    return of_capture(p, order, capture_id,
                      (kl_klarna_request_t){"GET", "/extend-due-date-options", "", "", 0});
}

kl_klarna_request_t kl_order_management_due_date(apr_pool_t *p, const kl_order_t *order,
                                                 const char *capture_id, apr_int64_t days,
                                                 const char *key)
{
    kl_json_t *body = kl_json_object(p);

    kl_json_set_int(body, "number_of_days", days);
    return of_capture(p, order, capture_id,
                      (kl_klarna_request_t){"PATCH", "/extend-due-date", kl_json_text(p, body), key,
                                            0});
}

kl_klarna_request_t kl_order_management_send_out(apr_pool_t *p, const kl_order_t *order,
                                                 const char *capture_id, const char *key)
{
    return of_capture(p, order, capture_id,
                      (kl_klarna_request_t){"POST", "/trigger-send-out", "", key, 0});
}

kl_klarna_request_t kl_order_management_acknowledge(apr_pool_t *p, const kl_order_t *order,
                                                    const char *key)
{
    return post(p, order, "/acknowledge", "", key);
}

kl_klarna_request_t kl_order_management_refer(apr_pool_t *p, const kl_order_t *order,
                                              const char *reference1, const char *reference2,
                                              const char *key)
{
    kl_json_t *body = kl_json_object(p);

    kl_json_set_str(body, "merchant_reference1", reference1);
    kl_json_set_str(body, "merchant_reference2", reference2);
    if (kl_json_size(body) == 0) {
        return (kl_klarna_request_t){.method = NULL};
    }
    return patch(p, order, "/merchant-references", kl_json_text(p, body), key);
}

kl_klarna_request_t kl_order_management_deliver_to(apr_pool_t *p, const kl_order_t *order,
                                                   kl_json_t *shipping_address, const char *key)
{
    kl_json_t *body = kl_json_object(p);

    kl_json_set(body, "shipping_address", shipping_address);
    return patch(p, order, "/customer-details", kl_json_text(p, body), key);
}

kl_klarna_request_t kl_order_management_read(apr_pool_t *p, const char *id)
{
    const kl_order_t order = {.klarna_order_id = id};

    return request(p, &order, (kl_klarna_request_t){"GET", "", "", "", 0});
}

/* --- the answer -------------------------------------------------------------------- */

/* A copy of a string of at most KL_MAX_STRING bytes; "" when absent or longer. */
static const char *text(apr_pool_t *p, const kl_json_t *v, const char *key)
{
    const char *s = kl_json_str(v, key);

    return s && strlen(s) <= KL_MAX_STRING ? apr_pstrdup(p, s) : "";
}

/* A copy of a merchant reference; Klarna counts its characters. NULL when it is longer than may be
 * stored. */
static const char *reference(apr_pool_t *p, const kl_json_t *v, const char *key)
{
    const char *s = kl_json_str(v, key);
    apr_size_t characters = 0;

    for (apr_size_t i = 0; s && s[i]; i++) {
        characters += (s[i] & 0xC0) != 0x80;
    }
    return characters > KL_MAX_STRING ? NULL : s ? apr_pstrdup(p, s) : "";
}

/* An amount or quantity that sums can be made of; anything else is none. */
static apr_int64_t bounded(const kl_json_t *v, const char *key, apr_int64_t least, apr_int64_t none)
{
    apr_int64_t n = kl_json_int(v, key, none);

    return n >= least && n <= KL_BOUND ? n : none;
}

/* ISO 4217 in capitals, as Klarna's table has it; its examples have both. */
static const char *currency(apr_pool_t *p, const kl_json_t *v, const char *key)
{
    char *code = apr_pstrdup(p, text(p, v, key));

    for (char *c = code; *c; c++) {
        *c = apr_toupper(*c);
    }
    return code;
}

/* The first that is given and no point in time is remembered: it is told, never guessed. */
static apr_time_t moment(const kl_json_t *v, const char *key, kl_klarna_record_t *seen)
{
    const char *s = kl_json_str(v, key);
    apr_time_t when = kl_iso_time(s);

    if (s && *s && !when && !seen->unread_time) {
        seen->unread_time = key;
    }
    return when;
}

/* Gives the name of the first amount that is missing, no integer or negative; else NULL. */
static const char *read_amounts(const kl_json_t *v, kl_klarna_record_t *seen)
{
    const struct {
        const char *name;
        apr_int64_t *to;
    } amounts[] = {{"order_amount", &seen->order_amount},
                   {"captured_amount", &seen->captured_amount},
                   {"refunded_amount", &seen->refunded_amount},
                   {"remaining_authorized_amount", &seen->remaining_authorized_amount}};

    for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
        *amounts[i].to = bounded(v, amounts[i].name, 0, -1);
        if (*amounts[i].to < 0) {
            return amounts[i].name;
        }
    }
    return NULL;
}

/* What Klarna calls a list of movements, and the members of one. */
typedef struct move_names_t {
    const char *list, *id, *amount, *at;
    int needs_id; /* 0: Klarna lists some without */
} move_names_t;

/* Klarna's captures or refunds, as far as they can be read: an entry that cannot is left out, and
 * the totals then show that something differs. */
static apr_array_header_t *read_moves(apr_pool_t *p, const kl_json_t *v, const move_names_t *names,
                                      kl_klarna_record_t *seen)
{
    const kl_json_t *list = kl_json_get(v, names->list), *entry;
    apr_size_t n = kl_json_is_array(list) ? kl_json_size(list) : 0;
    apr_array_header_t *out = apr_array_make(p, (int)n + 1, sizeof(kl_klarna_move_t));
    kl_klarna_move_t move;

    for (apr_size_t i = 0; i < n && i < MAX_MOVES; i++) {
        entry = kl_json_at(list, i);
        move.id = text(p, entry, names->id);
        move.amount = bounded(entry, names->amount, 1, 0);
        move.at = moment(entry, names->at, seen);
        move.reference = text(p, entry, "reference");
        move.klarna_reference = text(p, entry, "klarna_reference");
        if (move.amount && (move.id[0] || !names->needs_id)) {
            APR_ARRAY_PUSH(out, kl_klarna_move_t) = move;
        }
    }
    return out;
}

kl_kind_t kl_order_management_read_reply(kl_klarna_record_t *out, apr_pool_t *p,
                                         const kl_klarna_response_t *resp, kl_error_t *err)
{
    static const move_names_t captures = {"captures", "capture_id", "captured_amount",
                                          "captured_at", 1};
    static const move_names_t refunds = {"refunds", "refund_id", "refunded_amount", "refunded_at",
                                         0};
    const kl_json_t *v = kl_reply_json(p, resp, err);
    kl_klarna_record_t seen;
    const char *missing;

    if (!v) {
        return err->kind;
    }
    memset(&seen, 0, sizeof(seen));
    seen.order_id = text(p, v, "order_id");
    seen.status = text(p, v, "status");
    seen.fraud_status = text(p, v, "fraud_status");
    seen.klarna_reference = text(p, v, "klarna_reference");
    seen.reference1 = reference(p, v, "merchant_reference1");
    seen.reference2 = reference(p, v, "merchant_reference2");
    seen.currency = currency(p, v, "purchase_currency");
    seen.country = text(p, v, "purchase_country");
    seen.locale = text(p, v, "locale");
    seen.created_at = kl_iso_time(kl_json_str(v, "created_at"));
    seen.original_order_amount = bounded(v, "original_order_amount", 0, -1);
    seen.payment_type = text(p, kl_json_get(v, "initial_payment_method"), "type");
    seen.created_at = moment(v, "created_at", &seen);
    seen.expires_at = moment(v, "expires_at", &seen);
    seen.captures = read_moves(p, v, &captures, &seen);
    seen.refunds = read_moves(p, v, &refunds, &seen);
    seen.lines = kl_order_lines_read(p, v);
    missing = !*seen.order_id ? "order_id" : !*seen.status ? "status" : read_amounts(v, &seen);
    if (missing) {
        return kl_error_set(err, KL_PROTOCOL, "unreadable_answer",
                            "Klarna's answer has no usable %s.", missing);
    }
    *out = seen;
    return KL_OK;
}

kl_kind_t kl_order_management_due_options_reply(kl_due_options_t *out, apr_pool_t *p,
                                                const kl_klarna_response_t *resp, kl_error_t *err)
{
    const kl_json_t *v = kl_reply_json(p, resp, err);
    const kl_json_t *list = kl_json_get(v, "options");
    apr_size_t n = kl_json_is_array(list) ? kl_json_size(list) : 0;
    kl_due_options_t read = {.list = apr_array_make(p, 4, sizeof(kl_due_option_t))};

    if (!v) {
        return err->kind;
    }
    read.currency = currency(p, v, "currency");
    for (apr_size_t i = 0; i < n && i < KL_MAX_DUE_OPTIONS; i++) {
        const kl_json_t *entry = kl_json_at(list, i);
        kl_due_option_t option = {.days = bounded(entry, "number_of_days", 1, 0),
                                  .price = bounded(entry, "amount", 0, -1)};

        if (option.days && option.days <= KL_MAX_DUE_DAYS && option.price >= 0) {
            APR_ARRAY_PUSH(read.list, kl_due_option_t) = option;
        }
    }
    if (!read.currency[0] && read.list->nelts) {
        return kl_error_set(err, KL_PROTOCOL, "unreadable_answer",
                            "Klarna's answer has no usable currency.");
    }
    *out = read;
    return KL_OK;
}
