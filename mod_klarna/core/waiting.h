/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an order waits for: a capture or a refund that somebody asked for and Klarna has not
 * confirmed. It stays when Klarna refused: the goods may have left without their money, the
 * shopper waits for theirs, so a person must do something about it. Never decides anything
 * about money; it only marks orders for the lists that people work through.
 */
#ifndef KL_WAITING_H
#define KL_WAITING_H

#include "core/operation.h"

/** With the claim for op: a capture or a step of a credit invoice is waited for from now on. */
void kl_waiting_asked(kl_order_t *order, const kl_operation_t *op);

/** With the fold of a final op. What the last step of it confirmed is waited for no more; a
 *  confirmed cancellation ends all waiting, a refusal none. */
void kl_waiting_answered(kl_order_t *order, const kl_operation_t *op);

/** A capture is waited for no more when nothing is open and everything was captured, by
 *  whomever. */
void kl_waiting_settled(kl_order_t *order);

/** A person saw to it. */
void kl_waiting_seen(kl_order_t *order);

#endif
