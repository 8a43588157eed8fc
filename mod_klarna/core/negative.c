/* SPDX-License-Identifier: Apache-2.0 */
/* See negative.h. */
#include "core/negative.h"

#include <apr_strings.h>
#include <string.h>

#include "core/instore.h"

static int is_paid_out(const kl_credit_step_t *step)
{
    return strcmp(step->verb, "refund") == 0 && strcmp(step->state, "confirmed") == 0;
}

/* What Klarna paid back for it. What a credit invoice took off an authorization was never paid. */
static kl_negative_t refund(const kl_order_t *order, const kl_credit_invoice_t *ci)
{
    kl_negative_t made = {ci->id, order->id, "refund", "", 0, ci->created_at};

    for (int i = 0; i < ci->steps->nelts; i++) {
        const kl_credit_step_t *step = &APR_ARRAY_IDX(ci->steps, i, kl_credit_step_t);

        if (is_paid_out(step)) {
            made.amount += step->amount;
            made.reason = step->operation_id[0] ? "refund" : "outside";
        }
    }
    return made;
}

static void add_refunds(apr_array_header_t *out, const kl_order_t *order)
{
    for (int i = 0; i < order->credit_invoices->nelts; i++) {
        const kl_credit_invoice_t *ci = &APR_ARRAY_IDX(order->credit_invoices, i,
                                                       kl_credit_invoice_t);
        kl_negative_t made = refund(order, ci);

        if (made.amount > 0 && !ci->credit_note[0]) {
            APR_ARRAY_PUSH(out, kl_negative_t) = made;
        }
    }
}

static void add_notes(apr_pool_t *p, apr_array_header_t *out, const kl_order_t *order)
{
    for (int i = 0; i < order->instore->notes->nelts; i++) {
        const kl_noted_t *noted = &APR_ARRAY_IDX(order->instore->notes, i, kl_noted_t);

        if (noted->amount > 0) {
            APR_ARRAY_PUSH(out, kl_negative_t) = (kl_negative_t){
                .id = apr_pstrcat(p, order->id, ":", noted->reference, NULL),
                .payment_id = order->id,
                .reason = "credit_note",
                .credit_note = noted->reference,
                .amount = noted->amount,
                .at = noted->at,
            };
        }
    }
}

static apr_int64_t sum_of(const apr_array_header_t *list)
{
    apr_int64_t sum = 0;

    for (int i = 0; i < list->nelts; i++) {
        sum += APR_ARRAY_IDX(list, i, kl_negative_t).amount;
    }
    return sum;
}

/* What others paid back beyond what was free is what a note had taken: it is negative already. */
static void take_off_outside(apr_array_header_t *list, apr_int64_t over)
{
    for (int i = list->nelts - 1; over > 0 && i >= 0; i--) {
        kl_negative_t *made = &APR_ARRAY_IDX(list, i, kl_negative_t);
        apr_int64_t part = made->amount < over ? made->amount : over;

        if (strcmp(made->reason, "outside") == 0) {
            made->amount -= part;
            over -= part;
        }
    }
}

apr_array_header_t *kl_negative_list(apr_pool_t *p, const kl_order_t *order)
{
    apr_array_header_t *all = apr_array_make(p, 4, sizeof(kl_negative_t));
    apr_array_header_t *out = apr_array_make(p, 4, sizeof(kl_negative_t));

    if (!order->instore || !order->instore->verified_at) {
        return out;
    }
    add_notes(p, all, order);
    add_refunds(all, order);
    take_off_outside(all, sum_of(all) - order->captured_amount);
    for (int i = 0; i < all->nelts; i++) {
        const kl_negative_t *made = &APR_ARRAY_IDX(all, i, kl_negative_t);

        if (made->amount > 0) {
            APR_ARRAY_PUSH(out, kl_negative_t) = *made;
        }
    }
    return out;
}

/* What was paid, before anything negative. */
static apr_int64_t paid(const kl_order_t *order)
{
    return order->state == KL_ORDER_CREATED ? order->order_amount
                                            : order->captured_amount + kl_order_open_amount(order);
}

apr_int64_t kl_negative_net(apr_pool_t *p, const kl_order_t *order)
{
    const kl_instore_t *instore = order->instore;
    apr_int64_t less;

    if (!instore || order->broken) {
        return order->order_amount; /* not known to be less */
    }
    if (instore->state != KL_INSTORE_COMPLETED) {
        return kl_instore_is_final(instore->state) ? 0 : order->order_amount;
    }
    less = instore->verified_at ? sum_of(kl_negative_list(p, order)) : order->refunded_amount;
    return paid(order) > less ? paid(order) - less : 0;
}
