/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at Klarna how far a payment in a store has come. Whatever else asks (the worker, a till
 * that waits, a callback) comes to this: what is wanted is carried out (it is ended, when somebody
 * or the till's time-out wants that), Klarna's state is read and taken over, and one that was paid
 * becomes an order. Each step can be done again, by anybody, after a death anywhere.
 */
#ifndef KL_INSTORE_LOOK_H
#define KL_INSTORE_LOOK_H

#include "service/service.h"

/**
 * Looks at it now. Calls Klarna.
 * @param order a payment in a store; then as stored now, or NULL when that is not known
 * @param note what a person should know, for the log; or NULL
 */
kl_kind_t kl_instore_look(kl_service_t *svc, kl_order_t **order, const char **note,
                          kl_error_t *err);

/** 1 when a look is a question and no more: nothing is to be ended, nothing has hold of it. Two
 * that ask at once do no harm, so nobody need take it before; of 200 tills that wait, each would
 * write a row every three seconds more. */
int kl_instore_look_only_asks(const kl_order_t *order, apr_time_t now);

/** What was paid where Klarna only places is captured, unless the department leaves that to verify.
 *  One that fails is tried again by the next look at the order. Calls Klarna. */
void kl_instore_look_capture(kl_service_t *svc, const kl_order_t *order);

#endif
