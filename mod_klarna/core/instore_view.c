/* SPDX-License-Identifier: Apache-2.0 */
/* See instore_view.h. */
#include "core/credit_note.h"
#include "core/instore_view.h"

#include <string.h>

#include "core/order_parts.h"
#include "core/payment.h"
#include "core/view.h"

apr_int64_t kl_instore_view_version(const kl_order_t *order)
{
    return order->updated_at;
}

static int is_open(const kl_order_t *order)
{
    return !kl_instore_is_final(order->instore->state);
}

const kl_words_t *kl_instore_view_why_not_refund(const kl_order_t *order,
                                                 const kl_department_t *department)
{
    static const kl_words_t unverified = {"not_verified", "Only a verified payment is refunded."};
    static const kl_words_t not_agreed =
        {"refunds_not_agreed", "Refunding in this department is not agreed with Klarna. Whoever "
                               "runs the server turns it on (KlarnaInStoreRefunds)."};
    static const kl_words_t nothing = {"nothing_left", "Everything was given back."};

    if (!order->instore->verified_at) {
        return &unverified;
    }
    if (!department || !department->refunds) {
        return &not_agreed;
    }
    return kl_credit_note_free(order) > 0 ? NULL : &nothing;
}

/* --- for the cashier ------------------------------------------------------------------- */

static const kl_words_t *cancelled(const kl_instore_t *instore)
{
    static const kl_words_t by_cashier = {"cancelled_by_cashier",
                                          "You cancelled it. The customer cannot pay any more."};
    static const kl_words_t by_timeout =
        {"cancelled_by_timeout",
         "It took too long and was ended. The customer cannot pay any more."};
    static const kl_words_t by_customer = {"cancelled_by_customer",
                                           "The customer cancelled it. Nothing was paid."};

    if (strcmp(instore->ended_by, "cashier") == 0) {
        return &by_cashier;
    }
    return strcmp(instore->ended_by, "timeout") == 0 ? &by_timeout : &by_customer;
}

static const kl_words_t *waiting(const kl_instore_t *instore)
{
    static const kl_words_t opening = {"waiting", "Waiting for the customer to open it."};
    static const kl_words_t ending = {"ending", "It is being ended; the customer may still pay."};
    static const kl_words_t calling = {"calling", "Klarna is being asked."};
    static const kl_words_t unknown =
        {"start_unknown",
         "Klarna's answer was lost. Ask the customer whether their phone shows the "
         "payment before you start another one."};

    if (instore->abort_by[0]) {
        return &ending;
    }
    if (instore->start == KL_START_MADE) {
        return &opening;
    }
    return instore->start == KL_START_UNKNOWN ? &unknown : &calling;
}

static const kl_words_t *in_progress(const kl_instore_t *instore)
{
    static const kl_words_t back = {"went_back", "The customer went back and can go on."};
    static const kl_words_t paying = {"in_progress", "The customer is paying."};
    static const kl_words_t check =
        {"manual_id_check", "Klarna asks you to check who the customer is: look at an identity "
                            "document and follow the link."};
    static const kl_words_t again =
        {"may_try_again", "It did not work so far. The customer can try again on their phone."};
    static const kl_words_t ending = {"ending", "It is being ended; the customer may still pay."};

    if (instore->abort_by[0]) {
        return &ending;
    }
    if (strcmp(instore->reason_code, KL_INSTORE_ID_CHECK) == 0) {
        return &check;
    }
    if (strcmp(instore->reason_code, "went_back") == 0) {
        return &back;
    }
    return instore->reason_code[0] ? &again : &paying;
}

static const kl_words_t *completed(const kl_order_t *order)
{
    const kl_instore_t *instore = order->instore;
    static const kl_words_t paid = {"paid", "Paid. Verify it, or give the money back."};
    static const kl_words_t verified = {"verified", "Paid and verified."};
    static const kl_words_t back = {"given_back", "Paid, and given back."};
    static const kl_words_t going = {"giving_back",
                                     "Paid. The money goes back; Klarna has not confirmed it yet."};

    if (instore->abort_by[0]) {
        return kl_order_credit_limit(order) > 0 ? &going : &back;
    }
    if (instore->verified_at) {
        return &verified;
    }
    return kl_order_credit_limit(order) > 0 ? &paid : &back;
}

static const kl_words_t *sentence_of(const kl_order_t *order)
{
    const kl_instore_t *instore = order->instore;
    static const kl_words_t expired = {"expired", "Its time is over. Nothing was paid."};
    static const kl_words_t declined = {"declined",
                                        "Klarna declined it. Nothing was paid; offer another way."};
    static const kl_words_t failed =
        {"failed", "It could not be carried out. Nothing was paid; start again."};
    static const kl_words_t doubtful =
        {"may_be_paid",
         "It may have been paid, and Klarna does not show as which order. Look for it "
         "in Klarna's portal before you start another one."};

    if (is_open(order) && order->attention == KL_ATTENTION_ORPHAN) {
        return &doubtful;
    }
    switch (instore->state) {
    case KL_INSTORE_WAITING:
        return waiting(instore);
    case KL_INSTORE_IN_PROGRESS:
        return in_progress(instore);
    case KL_INSTORE_COMPLETED:
        return completed(order);
    case KL_INSTORE_CANCELLED:
        return cancelled(instore);
    case KL_INSTORE_EXPIRED:
        return &expired;
    case KL_INSTORE_DECLINED:
        return &declined;
    case KL_INSTORE_FAILED:
        break;
    }
    return &failed;
}

/* --- parts ----------------------------------------------------------------------------------- */

static kl_json_t *reason_view(apr_pool_t *p, const kl_instore_t *shop)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "code", shop->reason_code);
    kl_json_set_str(v, "text", shop->reason);
    return v;
}

static void set_or_null(kl_json_t *v, const char *key, kl_json_t *part, int there)
{
    if (there) {
        kl_json_set(v, key, part);
    }
    else {
        kl_json_set_null(v, key);
    }
}

static kl_json_t *id_check_view(apr_pool_t *p, const kl_instore_t *shop)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "url", shop->id_check_url);
    return v;
}

static kl_json_t *distribution_view(apr_pool_t *p, const kl_instore_t *shop)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "method", shop->method);
    kl_json_set_str(v, "state", kl_instore_send_name(shop->sent));
    kl_view_word(v, "to", shop->sent_to);
    kl_view_word(v, "reason", shop->send_refusal);
    return v;
}

static kl_json_t *send_view(apr_pool_t *p, const kl_order_t *order,
                            const kl_department_t *department)
{
    const kl_instore_t *shop = order->instore;
    kl_json_t *v = kl_json_object(p), *methods = kl_json_array(p);
    int open = is_open(order) && !shop->abort_by[0] && shop->start == KL_START_MADE;

    if (open) {
        kl_json_append_str(methods, "qr");
    }
    if (open && shop->way == KL_WAY_HOSTED_PAGE && department) {
        if (department->sends_sms) {
            kl_json_append_str(methods, "sms");
        }
        if (department->sends_email) {
            kl_json_append_str(methods, "email");
        }
    }
    kl_json_set_bool(v, "allowed", open);
    kl_json_set(v, "methods", methods);
    return v;
}

static int may_give_back(const kl_order_t *order)
{
    return order->instore->state == KL_INSTORE_COMPLETED && !order->instore->verified_by[0]
           && kl_order_credit_limit(order) > 0;
}

static kl_json_t *refund_view(apr_pool_t *p, const kl_order_t *order,
                              const kl_department_t *department)
{
    const kl_words_t *why = kl_instore_view_why_not_refund(order, department);
    kl_json_t *v = kl_json_object(p), *words = kl_json_object(p);

    kl_json_set_bool(v, "allowed", !why);
    kl_json_set_int(v, "maximum", why ? 0 : kl_credit_note_free(order));
    kl_json_set_str(words, "code", why ? why->code : NULL);
    kl_json_set_str(words, "text", why ? why->text : NULL);
    set_or_null(v, "why_not", words, why != NULL);
    return v;
}

static kl_json_t *allowed_view(apr_pool_t *p, int allowed)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_bool(v, "allowed", allowed);
    return v;
}

static kl_json_t *actions_view(apr_pool_t *p, const kl_order_t *order,
                               const kl_department_t *department)
{
    const kl_instore_t *shop = order->instore;
    kl_json_t *v = kl_json_object(p);
    kl_json_t *abort = allowed_view(p, is_open(order) || may_give_back(order));

    kl_json_set_bool(abort, "refunds", may_give_back(order));
    kl_json_set(v, "send", send_view(p, order, department));
    kl_json_set(v, "abort", abort);
    kl_json_set(v, "verify",
                allowed_view(p, shop->state == KL_INSTORE_COMPLETED && !shop->verified_at
                                    && !shop->abort_by[0] && kl_order_credit_limit(order) > 0));
    kl_json_set(v, "refund", refund_view(p, order, department));
    return v;
}

static kl_json_t *refunds_view(apr_pool_t *p, const kl_order_t *order)
{
    kl_json_t *list = kl_json_array(p);

    for (int i = 0; i < order->credit_invoices->nelts; i++) {
        const kl_credit_invoice_t *ci = &APR_ARRAY_IDX(order->credit_invoices, i,
                                                       kl_credit_invoice_t);
        kl_json_t *v = kl_json_object(p);

        kl_json_set_str(v, "id", ci->id);
        kl_json_set_int(v, "amount", ci->amount);
        kl_json_set_str(v, "state", ci->state);
        kl_json_set_str(v, "reference", ci->reference);
        kl_view_word(v, "credit_note", ci->credit_note);
        kl_view_time(p, v, "at", ci->created_at);
        kl_json_append(list, v);
    }
    return list;
}

static kl_json_t *lines_view(apr_pool_t *p, const kl_order_t *order)
{
    kl_json_t *list = kl_json_array(p);

    for (int i = 0; i < order->lines->nelts; i++) {
        kl_json_append(list, kl_order_parts_line(p, &APR_ARRAY_IDX(order->lines, i, kl_line_t),
                                                 KL_SHOWN));
    }
    return list;
}

/* --- the till ----------------------------------------------------------------------------------
 */

static void set_where(kl_json_t *v, const kl_instore_t *shop)
{
    kl_json_set_str(v, "department", shop->department);
    kl_json_set_str(v, "till", shop->till);
    kl_json_set_str(v, "terminal", shop->terminal);
    kl_json_set_str(v, "cashier", shop->cashier);
}

static void set_sale(apr_pool_t *p, kl_json_t *v, const kl_order_t *order)
{
    kl_json_set_int(v, "amount",
                    kl_payment_is_state(order->state) ? order->order_amount
                                                      : order->original_amount);
    kl_json_set_int(v, "tax_amount", order->order_tax_amount);
    kl_json_set_str(v, "currency", order->currency);
    kl_json_set_str(v, "country", order->country);
    kl_json_set_str(v, "locale", order->locale);
    kl_json_set_str(v, "reference1", order->reference1);
    kl_json_set_str(v, "reference2", order->reference2);
    kl_json_set_str(v, "klarna_order_id", order->klarna_order_id);
    kl_json_set_str(v, "klarna_reference", order->klarna_reference);
    kl_json_set_int(v, "captured_amount", order->captured_amount);
    kl_json_set_int(v, "refunded_amount", order->refunded_amount);
    kl_json_set(v, "refunds", refunds_view(p, order));
    kl_json_set(v, "lines", lines_view(p, order));
}

/* When it can no longer be paid: by the till's time-out or at Klarna, whichever comes first; 0 when
 * it has ended. */
static apr_time_t open_until(const kl_order_t *order)
{
    const kl_instore_t *shop = order->instore;

    if (!is_open(order)) {
        return 0;
    }
    return shop->time_out_at && shop->time_out_at < shop->link_until ? shop->time_out_at
                                                                     : shop->link_until;
}

static void set_state(apr_pool_t *p, kl_json_t *v, const kl_order_t *order)
{
    const kl_instore_t *shop = order->instore;

    kl_json_set_str(v, "state", kl_instore_state_name(shop->state));
    kl_json_set_str(v, "sentence", sentence_of(order)->text);
    kl_json_set_str(v, "sentence_code", sentence_of(order)->code);
    set_or_null(v, "reason", reason_view(p, shop), shop->reason_code[0]);
    kl_view_word(v, "cancelled_by", shop->ended_by);
    kl_json_set_bool(v, "ending", is_open(order) && shop->abort_by[0]);
    kl_json_set_str(v, "start", kl_instore_start_name(shop->start));
    kl_view_word(v, "link", is_open(order) ? shop->link : "");
    kl_view_time(p, v, "expires_at", open_until(order));
    kl_json_set_bool(v, "frozen", shop->state != KL_INSTORE_WAITING);
    set_or_null(v, "manual_id_check", id_check_view(p, shop),
                shop->id_check_url[0] && strcmp(shop->reason_code, KL_INSTORE_ID_CHECK) == 0);
}

kl_json_t *kl_instore_view(apr_pool_t *p, const kl_order_t *order,
                           const kl_department_t *department)
{
    const kl_instore_t *shop = order->instore;
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "payment_id", order->id);
    kl_json_set_str(v, "order_id", order->id);
    kl_json_set_int(v, "version", kl_instore_view_version(order));
    kl_json_set_str(v, "way", kl_instore_way_name(shop->way));
    set_state(p, v, order);
    set_where(v, shop);
    kl_view_word(v, "invoice", shop->invoice);
    set_sale(p, v, order);
    kl_json_set(v, "distribution", distribution_view(p, shop));
    kl_json_set(v, "actions", actions_view(p, order, department));
    kl_view_time(p, v, "created_at", order->created_at);
    kl_view_time(p, v, "completed_at", shop->completed_at);
    kl_view_time(p, v, "verified_at", shop->verified_at);
    kl_view_word(v, "verified_by", shop->verified_by);
    return v;
}

/* --- the customer, and paper -------------------------------------------------------------------
 */

/* A payment that goes back is none that the customer is thanked for. */
static const char *display_state(const kl_order_t *order)
{
    const kl_instore_t *shop = order->instore;

    return shop->state == KL_INSTORE_COMPLETED && shop->abort_by[0]
               ? "GIVEN_BACK"
               : kl_instore_state_name(shop->state);
}

kl_json_t *kl_instore_view_display(apr_pool_t *p, const kl_order_t *order)
{
    kl_json_t *v = kl_json_object(p);

    if (!order) {
        kl_json_set_str(v, "state", "NONE");
        kl_json_set_int(v, "version", 0);
        return v;
    }
    kl_json_set_int(v, "version", kl_instore_view_version(order));
    kl_json_set_str(v, "state", display_state(order));
    kl_json_set_int(v, "amount", order->order_amount);
    kl_json_set_str(v, "currency", order->currency);
    kl_json_set_str(v, "locale", order->locale);
    kl_view_time(p, v, "expires_at", open_until(order));
    kl_json_set_bool(v, "link", is_open(order) && order->instore->link[0]);
    kl_json_set_str(v, "till", order->instore->till);
    return v;
}

kl_json_t *kl_instore_view_receipt(apr_pool_t *p, const kl_order_t *order,
                                   const kl_department_t *department)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "payment_id", order->id);
    kl_json_set_str(v, "merchant", order->account);
    kl_json_set_str(v, "store", department ? department->store : order->account);
    set_where(v, order->instore);
    kl_view_word(v, "invoice", order->instore->invoice);
    kl_view_time(p, v, "at", order->instore->completed_at);
    set_sale(p, v, order);
    return v;
}
