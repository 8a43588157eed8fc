/* SPDX-License-Identifier: Apache-2.0 */
/* See why_not.h. */
#include "core/why_not.h"
#include <string.h>

#include "core/limits.h"

static const kl_words_t busy =
    {"busy", "Another operation on this order is in progress; wait for its outcome."};

static const kl_words_t broken =
    {"broken", "What is stored of this order contradicts itself; nothing can be done with it until "
               "the administrator has repaired its row."};

static const kl_words_t cancelled = {"cancelled", "The order was cancelled."};

/* What holds for every action: the order adds up, nothing is under way, and it was placed. */
static const kl_words_t *why_not_at_all(const kl_order_t *order)
{
    static const kl_words_t not_finished = {"not_finished",
                                            "The shopper has not finished the purchase yet."};
    static const kl_words_t declined = {"declined", "Klarna declined the purchase."};
    static const kl_words_t abandoned = {"abandoned", "The shopper never finished the purchase."};

    if (order->broken) {
        return &broken;
    }
    if (order->pending_op[0] != '\0') {
        return &busy;
    }
    switch (order->state) {
    case KL_ORDER_CREATED:
        return &not_finished;
    case KL_ORDER_DECLINED:
        return &declined;
    case KL_ORDER_ABANDONED:
        return &abandoned;
    default:
        return NULL;
    }
}

/* Why nothing is left of the authorization; NULL when something is. */
static const kl_words_t *why_not_open(const kl_order_t *order)
{
    static const kl_words_t expired = {"expired", "The authorization has expired."};
    static const kl_words_t closed = {"closed", "Klarna has closed the order."};
    static const kl_words_t nothing_open =
        {"nothing_open", "Nothing is left of the authorization; all of it was captured or taken "
                         "off."};
    const kl_words_t *why = why_not_at_all(order);

    if (why != NULL || kl_order_open_amount(order) > 0) {
        return why;
    }
    switch (order->state) {
    case KL_ORDER_CANCELLED:
        return &cancelled;
    case KL_ORDER_EXPIRED:
        return &expired;
    case KL_ORDER_CLOSED:
        return &closed;
    default:
        return &nothing_open;
    }
}

const kl_words_t *kl_why_not_capture(const kl_order_t *order)
{
    static const kl_words_t in_review =
        {"in_review", "Klarna is still reviewing the purchase; capture when the review is over."};
    static const kl_words_t rejected =
        {"rejected", "Klarna rejected the purchase after review; cancel the order."};
    static const kl_words_t too_many = {"too_many_captures",
                                        "The order has the maximum number of captures."};
    const kl_words_t *why = why_not_open(order);

    if (why != NULL) {
        return why;
    }
    if (kl_order_is_in_review(order)) {
        return &in_review;
    }
    if (kl_order_is_rejected(order)) {
        return &rejected;
    }
    return order->captures->nelts >= KL_MAX_CAPTURES ? &too_many : NULL;
}

static const kl_words_t all_credited = {"all_credited", "Everything has already been credited."};

/* money: what could be given back or taken off. */
static const kl_words_t *why_not_credit(const kl_order_t *order, apr_int64_t money)
{
    static const kl_words_t too_many = {"too_many_credit_invoices",
                                        "The order has the maximum number of credit invoices."};
    const kl_words_t *why = why_not_at_all(order);

    if (why != NULL) {
        return why;
    }
    if (money <= 0) {
        return order->captured_amount > 0 ? &all_credited : why_not_open(order);
    }
    return order->credit_invoices->nelts >= KL_MAX_CREDIT_INVOICES ? &too_many : NULL;
}

const kl_words_t *kl_why_not_credit(const kl_order_t *order)
{
    return why_not_credit(order, kl_order_credit_limit(order));
}

const kl_words_t *kl_why_not_cancel(const kl_order_t *order)
{
    return why_not_credit(order, kl_order_open_amount(order) + kl_order_creditable_amount(order));
}

const kl_words_t *kl_why_not_references(const kl_order_t *order)
{
    const kl_words_t *why = why_not_at_all(order);

    return why == NULL && order->state == KL_ORDER_CANCELLED ? &cancelled : why;
}

const kl_words_t *kl_why_not_lines(const kl_order_t *order)
{
    return why_not_open(order);
}

const kl_words_t *kl_why_not_shipping_address(const kl_order_t *order)
{
    return why_not_open(order);
}

const kl_words_t *kl_why_not_send_out(const kl_order_t *order)
{
    static const kl_words_t no_captures = {"no_captures", "Nothing has been captured yet."};
    const kl_words_t *why = why_not_at_all(order);

    return why == NULL && order->captures->nelts == 0 ? &no_captures : why;
}

const kl_words_t *kl_why_not_due_date(const kl_order_t *order)
{
    const kl_words_t *why = kl_why_not_send_out(order);

    return why == NULL && order->refunded_amount == order->captured_amount ? &all_credited : why;
}

/* Klarna would also say yes to one that moves nothing. */
const kl_words_t *kl_why_not_extend(const kl_order_t *order)
{
    static const kl_words_t fixed_term =
        {"fixed_term", "Klarna does not extend an authorization that is paid this way (by card, or "
                       "US financing)."};
    static const kl_words_t longest = {"longest", "The authorization lasts as long as Klarna lets "
                                                  "one last, 180 days."};
    const kl_words_t *why = why_not_open(order);

    if (why != NULL) {
        return why;
    }
    if (kl_order_is_of_fixed_term(order)) {
        return &fixed_term;
    }
    return kl_order_lasts_longest(order) ? &longest : NULL;
}

const kl_words_t *kl_why_not_release(const kl_order_t *order)
{
    static const kl_words_t nothing_captured =
        {"nothing_captured", "Nothing has been captured yet; cancel the order instead."};
    const kl_words_t *why = why_not_open(order);

    return why == NULL && order->captured_amount == 0 ? &nothing_captured : why;
}

static int is_orphan(const kl_order_t *order)
{
    return order->attention == KL_ATTENTION_ORPHAN;
}

/* An orphan is held by its placement, whose outcome an adoption supplies. */
const kl_words_t *kl_why_not_adopt(const kl_order_t *order)
{
    static const kl_words_t not_orphan = {"not_orphan",
                                          "This order is not waiting for Klarna's order id."};

    if (order->broken) {
        return &broken;
    }
    return is_orphan(order) && order->state == KL_ORDER_CREATED ? NULL : &not_orphan;
}

const kl_words_t *kl_why_not_seen(const kl_order_t *order)
{
    static const kl_words_t nothing = {"nothing_to_see", "There is nothing to mark as seen."};

    if (order->broken) {
        return &broken;
    }
    if (order->pending_op[0] != '\0') {
        return &busy;
    }
    if (order->waiting[0] != '\0') {
        return NULL;
    }
    return order->attention == KL_ATTENTION_NONE || is_orphan(order) ? &nothing : NULL;
}
