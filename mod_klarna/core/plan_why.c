/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why something can not be done with an order now, as a sentence for the person who wants
 * it. The plans refuse with these and the views show them, so page and refusal agree.
 */
#include <string.h>

#include "core/limits.h"
#include "core/plan.h"

#define BUSY "Another operation on this order is still on its way; wait for its outcome."

/* What holds for every action: nothing is under way and the order was placed. */
static const char *why_not_at_all(const kl_order_t *order)
{
    if (order->pending_op[0] != '\0') {
        return BUSY;
    }
    switch (order->state) {
    case KL_ORDER_CREATED:
        return "The shopper has not finished the purchase yet.";
    case KL_ORDER_DECLINED:
        return "Klarna declined the purchase.";
    case KL_ORDER_ABANDONED:
        return "The shopper never finished the purchase.";
    default:
        return NULL;
    }
}

/* Why nothing is left of the authorization; NULL when something is. */
static const char *why_not_open(const kl_order_t *order)
{
    const char *why = why_not_at_all(order);

    if (why != NULL || kl_order_open_amount(order) > 0) {
        return why;
    }
    switch (order->state) {
    case KL_ORDER_CANCELLED:
        return "The order was cancelled.";
    case KL_ORDER_EXPIRED:
        return "The authorization has expired.";
    case KL_ORDER_CLOSED:
        return "Klarna has closed the order.";
    default:
        return "Nothing is left of the authorization; all of it was captured or taken off.";
    }
}

const char *kl_why_not_capture(const kl_order_t *order)
{
    const char *why = why_not_open(order);

    if (why != NULL) {
        return why;
    }
    if (strcmp(order->fraud_status, "PENDING") == 0) {
        return "Klarna is still reviewing the purchase; capture when the review is over.";
    }
    if (strcmp(order->fraud_status, "REJECTED") == 0 ||
        strcmp(order->fraud_status, "STOPPED") == 0) {
        return "Klarna rejected the purchase after review; cancel the order.";
    }
    if (order->captures->nelts >= KL_MAX_CAPTURES) {
        return "The order has as many captures as an order may have.";
    }
    return NULL;
}

/* money: what could be given back or taken off. */
static const char *why_not_credit(const kl_order_t *order, apr_int64_t money)
{
    const char *why = why_not_at_all(order);

    if (why != NULL) {
        return why;
    }
    if (money <= 0) {
        return order->captured_amount > 0 ? "Everything was credited already."
                                          : why_not_open(order);
    }
    if (order->credit_invoices->nelts >= KL_MAX_CREDIT_INVOICES) {
        return "The order has as many credit invoices as an order may have.";
    }
    return NULL;
}

const char *kl_why_not_credit(const kl_order_t *order)
{
    return why_not_credit(order, kl_order_open_amount(order) + order->captured_amount -
                                     order->refunded_amount);
}

const char *kl_why_not_cancel(const kl_order_t *order)
{
    return why_not_credit(order, kl_order_open_amount(order) + kl_order_creditable_amount(order));
}

const char *kl_why_not_extend(const kl_order_t *order)
{
    return why_not_open(order);
}

const char *kl_why_not_release(const kl_order_t *order)
{
    const char *why = why_not_open(order);

    if (why == NULL && order->captured_amount == 0) {
        return "Nothing was captured yet; cancel the order instead.";
    }
    return why;
}
