/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order's words and lookups, and what it and its lines can still bear. Nothing here
 * decides what may happen (plan) or makes it happen (booking).
 */
#include <string.h>

#include "core/limits.h"
#include "core/order.h"
#include "core/ledger.h"
#include "core/line.h"

static const char *const state_names[] = {
    [KL_ORDER_CREATED] = "CREATED",
    [KL_ORDER_AUTHORIZED] = "AUTHORIZED",
    [KL_ORDER_PART_CAPTURED] = "PART_CAPTURED",
    [KL_ORDER_CAPTURED] = "CAPTURED",
    [KL_ORDER_CANCELLED] = "CANCELLED",
    [KL_ORDER_EXPIRED] = "EXPIRED",
    [KL_ORDER_CLOSED] = "CLOSED",
    [KL_ORDER_DECLINED] = "DECLINED",
    [KL_ORDER_ABANDONED] = "ABANDONED",
};

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

_Static_assert(COUNT(state_names) == KL_ORDER_ABANDONED + 1, "each state has a name");

static int index_of(const char *const *names, int count, const char *name)
{
    for (int i = 0; name != NULL && i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

kl_order_t *kl_order_make(apr_pool_t *p)
{
    kl_order_t *order = apr_pcalloc(p, sizeof(*order));
    const char **strings[] = {
        &order->id,
        &order->account,
        &order->environment,
        &order->client_hash,
        &order->key,
        &order->fraud_status,
        &order->session_id,
        &order->client_token,
        &order->reason_code,
        &order->reason,
        &order->addresses,
        &order->klarna_order_id,
        &order->klarna_reference,
        &order->reference1,
        &order->reference2,
        &order->country,
        &order->currency,
        &order->locale,
        &order->pending_op,
        &order->confirmation_url,
        &order->callback_secret,
        &order->channel,
        &order->waiting,
        &order->waiting_too,
        &order->payment_type,
    };

    for (int i = 0; i < COUNT(strings); i++) {
        *strings[i] = "";
    }
    order->lines = apr_array_make(p, 8, sizeof(kl_line_t));
    order->captures = apr_array_make(p, 2, sizeof(kl_capture_t));
    order->credit_invoices = apr_array_make(p, 2, sizeof(kl_credit_invoice_t));
    order->outside = apr_array_make(p, 1, sizeof(kl_outside_t));
    return order;
}

const char *kl_order_state_name(kl_order_state_t state)
{
    return state_names[state];
}

int kl_order_state_parse(const char *name, kl_order_state_t *out)
{
    int i = index_of(state_names, COUNT(state_names), name);

    if (i >= 0) {
        *out = (kl_order_state_t)i;
    }
    return i >= 0;
}

/* What a state is called, unless something more specific is known. */
static const kl_words_t sentences[] = {
    [KL_ORDER_CREATED] = {"not_finished", "The shopper has not finished the purchase yet."},
    [KL_ORDER_AUTHORIZED] = {"ready_to_ship", "Paid through Klarna and ready to ship."},
    [KL_ORDER_PART_CAPTURED] = {"part_captured",
                                "Partly captured; the rest can still be captured or taken off."},
    [KL_ORDER_CAPTURED] = {"captured", "Everything has been captured."},
    [KL_ORDER_CANCELLED] = {"cancelled", "The order was cancelled; the shopper pays nothing for "
                                         "what was not captured."},
    [KL_ORDER_EXPIRED] = {"expired",
                          "The authorization has expired. Only Klarna can reactivate it; otherwise "
                          "make a new order."},
    [KL_ORDER_CLOSED] = {"closed", "Klarna has closed the order."},
    [KL_ORDER_DECLINED] = {"declined", "Klarna declined the purchase."},
    [KL_ORDER_ABANDONED] = {"abandoned", "The shopper never finished the purchase."},
};

/* What somebody asked for and Klarna has not confirmed; with nothing under way, it never will. */
static const kl_words_t *waiting_sentence(const kl_order_t *order)
{
    static const kl_words_t waits[] =
        {{"capture_waiting", "The capture was asked for; Klarna has not confirmed it yet."},
         {"refund_waiting", "The refund was asked for; Klarna has not confirmed it yet."}};
    static const kl_words_t failed[] = {{"capture_failed",
                                         "The capture did not go through; it is still to be done."},
                                        {"refund_failed",
                                         "The refund did not go through; it is still to be done."}};
    int is_refund = strcmp(order->waiting, "refund") == 0;

    return order->pending_op[0] ? &waits[is_refund] : &failed[is_refund];
}

/* A capture that failed is only to be done while there is something to capture. */
static const kl_words_t *or_waiting(const kl_order_t *order, const kl_words_t *sentence)
{
    int is_capture = strcmp(order->waiting, "capture") == 0;

    if (!order->waiting[0]
        || (is_capture && !order->pending_op[0] && kl_order_open_amount(order) == 0)) {
        return sentence;
    }
    return waiting_sentence(order);
}

/* What is still open is only shipped when Klarna said yes. */
static const kl_words_t *open_sentence(const kl_order_t *order)
{
    static const kl_words_t in_review =
        {"in_review", "Klarna is still reviewing the purchase; do not ship yet."};
    static const kl_words_t rejected = {"rejected",
                                        "Klarna rejected the purchase after review; do not ship."};

    if (kl_order_is_in_review(order)) {
        return &in_review;
    }
    return kl_order_is_rejected(order) ? &rejected : or_waiting(order, &sentences[order->state]);
}

static const kl_words_t *captured_sentence(const kl_order_t *order)
{
    static const kl_words_t all = {"all_credited", "Everything captured has been credited."};
    static const kl_words_t part = {"part_refunded", "Captured and partly refunded."};

    if (order->refunded_amount == 0) {
        return &sentences[order->state];
    }
    return kl_order_creditable_amount(order) == 0 ? &all : &part;
}

const kl_words_t *kl_order_sentence(const kl_order_t *order)
{
    static const kl_words_t in_progress =
        {"in_progress", "An operation is in progress at Klarna; its outcome is not yet known."};
    static const kl_words_t broken =
        {"broken", "What is stored of this order contradicts itself; nothing is done with it until "
                   "the administrator has repaired its row."};

    if (order->broken) {
        return &broken;
    }
    if (order->pending_op[0] != '\0') {
        return or_waiting(order, &in_progress);
    }
    switch (order->state) {
    case KL_ORDER_AUTHORIZED:
    case KL_ORDER_PART_CAPTURED:
        return open_sentence(order);
    case KL_ORDER_CAPTURED:
        return or_waiting(order, captured_sentence(order));
    default:
        return or_waiting(order, &sentences[order->state]);
    }
}

int kl_order_is_rejected(const kl_order_t *order)
{
    return strcmp(order->fraud_status, "REJECTED") == 0
           || strcmp(order->fraud_status, "STOPPED") == 0;
}

int kl_order_is_in_review(const kl_order_t *order)
{
    return order->fraud_status[0] && strcmp(order->fraud_status, "ACCEPTED") != 0
           && !kl_order_is_rejected(order);
}

int kl_order_find_line(const kl_order_t *order, const char *reference)
{
    for (int i = 0; i < order->lines->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(order->lines, i, kl_line_t).reference, reference) == 0) {
            return i;
        }
    }
    return -1;
}

kl_credit_invoice_t *kl_order_find_credit_invoice(const kl_order_t *order, const char *id)
{
    for (int i = 0; i < order->credit_invoices->nelts; i++) {
        kl_credit_invoice_t *ci = &APR_ARRAY_IDX(order->credit_invoices, i, kl_credit_invoice_t);

        if (strcmp(ci->id, id) == 0) {
            return ci;
        }
    }
    return NULL;
}

kl_capture_t *kl_order_find_capture(const kl_order_t *order, const char *capture_id)
{
    for (int i = 0; i < order->captures->nelts; i++) {
        kl_capture_t *capture = &APR_ARRAY_IDX(order->captures, i, kl_capture_t);

        if (strcmp(capture->capture_id, capture_id) == 0) {
            return capture;
        }
    }
    return NULL;
}

/* A fee counts from the moment Klarna confirmed the refund it was kept from. */
static int refund_is_confirmed(const kl_credit_invoice_t *ci)
{
    for (int i = 0; i < ci->steps->nelts; i++) {
        const kl_credit_step_t *step = &APR_ARRAY_IDX(ci->steps, i, kl_credit_step_t);

        if (strcmp(step->verb, "refund") == 0 && strcmp(step->state, "confirmed") == 0) {
            return 1;
        }
    }
    return 0;
}

apr_int64_t kl_order_fees_kept(const kl_order_t *order)
{
    apr_int64_t most = order->captured_amount - order->refunded_amount;
    apr_int64_t kept = 0;

    for (int i = 0; i < order->credit_invoices->nelts; i++) {
        const kl_credit_invoice_t *ci = &APR_ARRAY_IDX(order->credit_invoices, i,
                                                       kl_credit_invoice_t);

        if (refund_is_confirmed(ci)) {
            kept += ci->return_fee;
        }
    }
    return kept < most ? kept : most;
}

apr_int64_t kl_order_creditable_amount(const kl_order_t *order)
{
    return order->captured_amount - order->refunded_amount - kl_order_fees_kept(order);
}

apr_int64_t kl_order_open_amount(const kl_order_t *order)
{
    int open = order->state == KL_ORDER_AUTHORIZED || order->state == KL_ORDER_PART_CAPTURED;

    return open ? order->remaining_amount : 0;
}

apr_time_t kl_order_open_until(const kl_order_t *order)
{
    if (kl_order_open_amount(order) == 0 || kl_order_is_in_review(order)
        || kl_order_is_rejected(order)) {
        return 0;
    }
    return order->expires_at ? order->expires_at : APR_INT64_MAX;
}

/* Authorizations end at midnight, UTC. A payment begins at most two days before Klarna makes it an
 * authorization. */
int kl_order_lasts_longest(const kl_order_t *order)
{
    const apr_time_t day = apr_time_from_sec(86400);
    apr_time_t begins = order->authorized_at ? order->authorized_at : order->created_at;
    apr_time_t last = begins + KL_LONGEST_AUTHORIZATION_D * day;

    return order->expires_at >= last - last % day;
}

int kl_order_is_of_fixed_term(const kl_order_t *order)
{
    const char *type = order->payment_type;

    return strcmp(type, "CARD") == 0 || strcmp(type, "PAY_BY_CARD") == 0
           || (strcmp(type, "FIXED_SUM_CREDIT") == 0 && strcmp(order->country, "US") == 0);
}

apr_int64_t kl_order_credit_limit(const kl_order_t *order)
{
    return kl_order_open_amount(order) + order->captured_amount - order->refunded_amount;
}

apr_int64_t kl_order_captured_loose(const kl_order_t *order)
{
    apr_int64_t loose = order->captured_amount;

    for (int i = 0; i < order->lines->nelts; i++) {
        loose -= APR_ARRAY_IDX(order->lines, i, kl_line_t).captured_amount;
    }
    return loose;
}

void kl_order_cancel_open(kl_order_t *order)
{
    for (int i = 0; i < order->lines->nelts; i++) {
        kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);

        line->cancelled_quantity += kl_line_open_quantity(line);
        line->cancelled_amount += kl_line_open_amount(line);
    }
}

int kl_order_has_room(apr_pool_t *p, const kl_order_t *order, apr_size_t bytes)
{
    apr_size_t used = strlen(kl_ledger_text(p, order));

    return used <= KL_MAX_LEDGER && bytes <= KL_MAX_LEDGER - used;
}
