/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an order waits for: a capture or a refund that someone requested and Klarna has not
 * confirmed. It stays when Klarna refused: the goods may have left without their money, the shopper
 * waits for theirs, so a person must do something about it. Never decides anything about money; it
 * only marks orders for the lists that people work through.
 */
#ifndef KL_WAITING_H
#define KL_WAITING_H

#include "core/operation.h"

/** With the claim for op: a capture or a step of a credit invoice is awaited from now on. */
void kl_waiting_asked(kl_order_t *order, const kl_operation_t *op);

/** When a final op is booked. What its last step confirmed is no longer waited for; a confirmed
 * cancellation ends all waiting, a refusal none. */
void kl_waiting_answered(kl_order_t *order, const kl_operation_t *op);

/** A capture is no longer waited for once nothing is open and everything has been captured, whoever
 * did it. */
void kl_waiting_settled(kl_order_t *order);

/** A person saw to it. */
void kl_waiting_seen(kl_order_t *order);

#endif
