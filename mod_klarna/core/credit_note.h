/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credit notes of an invoice that was paid in store, as its payments hold them. A note that is
 * finalised sets aside, in each payment, what is neither refunded nor set aside yet; from then on
 * only the note's own refund may pay that out, once and in full. It stands in the payment, so that
 * whoever plans a refund of that payment sees it, and of two at the same moment one is too late.
 */
#ifndef KL_CREDIT_NOTE_H
#define KL_CREDIT_NOTE_H

#include "core/instore.h"
#include "core/plan.h"

/** What this note took of the payment, 0 included; NULL when it took nothing yet. */
const kl_noted_t *kl_credit_note_find(const kl_order_t *order, const char *reference);

/** 1 when Klarna has paid back what the note took. */
int kl_credit_note_is_refunded(const kl_order_t *order, const kl_noted_t *noted);

/** What neither a refund, asked for or done, nor a note has taken: the most that a refund without a
 *  note may take. 0 or more. */
apr_int64_t kl_credit_note_free(const kl_order_t *order);

/** What a note could take: what is free of a payment that is verified, else 0. */
apr_int64_t kl_credit_note_takes(const kl_order_t *order);

/** The note takes all that it can; nothing happens where it has been. */
void kl_credit_note_take(kl_order_t *order, const char *reference, apr_time_t now);

/**
 * A credit invoice for a note becomes one of exactly what the note took.
 * @return KL_OK, also for one without a note; KL_NOT_FOUND "no_such_credit_note"; KL_CONFLICT
 *   "credit_note_refunded"; KL_INVALID "amount" when something else is asked for
 */
kl_kind_t kl_credit_note_ask(kl_credit_request_t *want, const kl_order_t *order, kl_error_t *err);

/** One without a note leaves what is set aside.
 *  @return KL_OK, or KL_CONFLICT "set_aside" */
kl_kind_t kl_credit_note_check(const kl_order_t *order, const kl_credit_request_t *want,
                               const kl_credit_plan_t *plan, kl_error_t *err);

#endif
