/* SPDX-License-Identifier: Apache-2.0 */
/* See credit_note.h. */
#include "core/credit_note.h"

#include <apr_strings.h>
#include <string.h>

static const kl_noted_t *noted_at(const kl_order_t *order, int i)
{
    return &APR_ARRAY_IDX(order->instore->notes, i, kl_noted_t);
}

const kl_noted_t *kl_credit_note_find(const kl_order_t *order, const char *reference)
{
    for (int i = 0; order->instore && i < order->instore->notes->nelts; i++) {
        if (strcmp(noted_at(order, i)->reference, reference) == 0) {
            return noted_at(order, i);
        }
    }
    return NULL;
}

/* The note's refund, asked for or done; one that Klarna refused is none. */
static const kl_credit_invoice_t *refund_of(const kl_order_t *order, const kl_noted_t *noted)
{
    for (int i = 0; i < order->credit_invoices->nelts; i++) {
        const kl_credit_invoice_t *ci = &APR_ARRAY_IDX(order->credit_invoices, i,
                                                       kl_credit_invoice_t);

        if (strcmp(ci->credit_note, noted->reference) == 0 && strcmp(ci->state, "refused") != 0) {
            return ci;
        }
    }
    return NULL;
}

/* Asked for, and Klarna has said neither yes nor no. */
static apr_int64_t on_its_way(const kl_order_t *order)
{
    apr_int64_t sum = 0;

    for (int i = 0; i < order->credit_invoices->nelts; i++) {
        const kl_credit_invoice_t *ci = &APR_ARRAY_IDX(order->credit_invoices, i,
                                                       kl_credit_invoice_t);

        sum += strcmp(ci->state, "pending") == 0 ? ci->amount - ci->paid_amount : 0;
    }
    return sum;
}

static apr_int64_t set_aside(const kl_order_t *order)
{
    apr_int64_t sum = 0;

    for (int i = 0; order->instore && i < order->instore->notes->nelts; i++) {
        sum += refund_of(order, noted_at(order, i)) ? 0 : noted_at(order, i)->amount;
    }
    return sum;
}

/* Refunds that others made may have taken what was set aside: then nothing of it is left. */
int kl_credit_note_is_refunded(const kl_order_t *order, const kl_noted_t *noted)
{
    const kl_credit_invoice_t *refund = refund_of(order, noted);

    return refund ? strcmp(refund->state, "paid") == 0
                  : order->captured_amount <= order->refunded_amount;
}

apr_int64_t kl_credit_note_free(const kl_order_t *order)
{
    apr_int64_t left = kl_order_creditable_amount(order) - on_its_way(order) - set_aside(order);

    return left > 0 ? left : 0;
}

apr_int64_t kl_credit_note_takes(const kl_order_t *order)
{
    return order->instore && order->instore->verified_at && !order->broken
               ? kl_credit_note_free(order)
               : 0;
}

void kl_credit_note_take(kl_order_t *order, const char *reference, apr_time_t now)
{
    if (order->instore && !kl_credit_note_find(order, reference)) {
        const kl_noted_t noted = {reference, kl_credit_note_takes(order), now};

        APR_ARRAY_PUSH(order->instore->notes, kl_noted_t) = noted;
    }
}

static int has_note(const kl_credit_request_t *want)
{
    return want->credit_note && want->credit_note[0];
}

/* Nothing but what the note took may be asked for. */
static kl_kind_t in_full(const kl_credit_request_t *want, const kl_noted_t *noted, kl_error_t *err)
{
    const kl_selection_t *what = &want->what;

    if (what->picks || want->return_fee || (what->has_amount && what->amount != noted->amount)) {
        return kl_error_field(err, "amount", "amount",
                              what->has_amount
                                  ? apr_psprintf(err->pool, "%" APR_INT64_T_FMT, what->amount)
                                  : NULL,
                              apr_psprintf(err->pool,
                                           "%" APR_INT64_T_FMT ", or no amount: what a credit note "
                                           "took is refunded in full",
                                           noted->amount));
    }
    return KL_OK;
}

kl_kind_t kl_credit_note_ask(kl_credit_request_t *want, const kl_order_t *order, kl_error_t *err)
{
    const kl_noted_t *noted = has_note(want) ? kl_credit_note_find(order, want->credit_note) : NULL;

    if (!has_note(want)) {
        return KL_OK;
    }
    if (!noted || noted->amount == 0) {
        return kl_error_set(err, KL_NOT_FOUND, "no_such_credit_note",
                            "No credit note with that number took anything of this payment.");
    }
    if (refund_of(order, noted) || kl_credit_note_is_refunded(order, noted)) {
        return kl_error_set(err, KL_CONFLICT, "credit_note_refunded",
                            "What that credit note took of this payment has been refunded, or is "
                            "on its way. Nothing was sent.");
    }
    if (in_full(want, noted, err) != KL_OK) {
        return err->kind;
    }
    want->what = (kl_selection_t){.has_amount = 1, .amount = noted->amount};
    want->reference = want->reference[0] ? want->reference : want->credit_note;
    return KL_OK;
}

kl_kind_t kl_credit_note_check(const kl_order_t *order, const kl_credit_request_t *want,
                               const kl_credit_plan_t *plan, kl_error_t *err)
{
    apr_int64_t aside = set_aside(order), refunded = 0;

    for (int i = 0; i < plan->steps; i++) {
        refunded += plan->step[i].verb == KL_VERB_REFUND ? plan->step[i].moved.amount : 0;
    }
    if (aside == 0 || has_note(want) || refunded <= kl_credit_note_free(order)) {
        return KL_OK;
    }
    kl_error_set(err, KL_CONFLICT, "set_aside",
                 "%" APR_INT64_T_FMT " of this payment is set aside for the refund of a credit "
                 "note; %" APR_INT64_T_FMT " may be refunded besides. Nothing was sent.",
                 aside, kl_credit_note_free(order));
    kl_error_next(err, "Refund what the credit note took as such, or name a smaller amount.");
    return err->kind;
}
