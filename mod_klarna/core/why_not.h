/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why something cannot be done with an order now, as a sentence for the person who wants it. The
 * plans refuse with these and the views show them, so page and refusal agree.
 */
#ifndef KL_WHY_NOT_H
#define KL_WHY_NOT_H

#include "core/plan.h"

/** Why the order as it stands cannot be captured / credited / cancelled / extended /
 *  released, as one sentence; NULL when it can. The admin page shows these. Cancelling means
 * crediting everything, whatever verbs that takes. (plan_why.c) */
const kl_words_t *kl_why_not_capture(const kl_order_t *order);

const kl_words_t *kl_why_not_credit(const kl_order_t *order);

const kl_words_t *kl_why_not_cancel(const kl_order_t *order);

const kl_words_t *kl_why_not_lines(const kl_order_t *order);

const kl_words_t *kl_why_not_shipping_address(const kl_order_t *order);

/** Klarna refuses it for a cancelled order only. */
const kl_words_t *kl_why_not_references(const kl_order_t *order);
const kl_words_t *kl_why_not_due_date(const kl_order_t *order);
const kl_words_t *kl_why_not_send_out(const kl_order_t *order);

const kl_words_t *kl_why_not_extend(const kl_order_t *order);

const kl_words_t *kl_why_not_release(const kl_order_t *order);

/** Why it cannot be given a Klarna order id; NULL for an orphan. */
const kl_words_t *kl_why_not_adopt(const kl_order_t *order);

/** Why a person cannot mark it as seen; NULL if there is a mark that this clears. An orphan's mark
 * goes only with its adoption. */
const kl_words_t *kl_why_not_seen(const kl_order_t *order);

#endif
