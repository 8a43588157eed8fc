/* SPDX-License-Identifier: Apache-2.0 */
/* See order_check.h. */
#include "core/order_check.h"
#include "core/money.h"
#include "core/order.h"

static int sum_within(apr_int64_t a, apr_int64_t b, apr_int64_t whole)
{
    apr_int64_t sum;

    return kl_money_within(a, whole) && kl_money_within(b, whole) && kl_money_add(a, b, &sum)
           && kl_money_within(sum, whole);
}

static const char *line_fault(const kl_line_t *line)
{
    if (line->quantity < 0) {
        return "a line's quantity is not negative";
    }
    if (!sum_within(line->captured_quantity, line->cancelled_quantity, line->quantity)) {
        return "a line's captured and cancelled quantity stay within its quantity";
    }
    if (!sum_within(line->captured_amount, line->cancelled_amount, line->total_amount)) {
        return "a line's captured and cancelled amount stay within its total amount";
    }
    if (!kl_money_within(line->credited_quantity, line->captured_quantity)) {
        return "a line's credited quantity stays within its captured quantity";
    }
    if (!kl_money_within(line->credited_amount, line->captured_amount)) {
        return "a line's credited amount stays within its captured amount";
    }
    return NULL;
}

/* The tax amount is not judged: untaxed goods with a taxed discount make it negative. */
static const char *amounts_fault(const kl_order_t *order)
{
    if (order->original_amount < 0) {
        return "the original amount is not negative";
    }
    if (order->order_amount < 0) { /* it may have been raised above the original one */
        return "the order amount is not negative";
    }
    if (!sum_within(order->captured_amount, order->remaining_amount, order->order_amount)) {
        return "captured and remaining amount stay within the order amount";
    }
    if (!kl_money_within(order->refunded_amount, order->captured_amount)) {
        return "the refunded amount stays within the captured amount";
    }
    return NULL;
}

const char *kl_order_check_fault(const kl_order_t *order)
{
    const char *fault = amounts_fault(order);

    for (int i = 0; fault == NULL && i < order->lines->nelts; i++) {
        fault = line_fault(&APR_ARRAY_IDX(order->lines, i, kl_line_t));
    }
    return fault;
}

kl_kind_t kl_order_check(const kl_order_t *order, kl_error_t *err)
{
    const char *rule = kl_order_check_fault(order);

    return rule == NULL ? KL_OK
                        : kl_error_set(err, KL_INTERNAL, "invariant",
                                       "The order would break a rule: %s", rule);
}
