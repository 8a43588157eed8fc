/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a clerk holds in the hand when asking for an order: a tracking number, a credit note's
 * number, an id from Klarna's portal. Failing to store one must never stop the books: the only
 * effect is that searches miss the order by it.
 */
#ifndef KL_REFERENCES_H
#define KL_REFERENCES_H

#include <apr_hash.h>

#include "service/service.h"

/* How much an order had before a change. */
typedef struct kl_known_t {
    int captures, credit_invoices;
    int invoice_numbers;  /* captures with Klarna's reference */
    apr_hash_t *articles; /* its lines' references */
} kl_known_t;

kl_known_t kl_references_known(apr_pool_t *p, const kl_order_t *order);

/**
 * Stores by what the order can be found after a change, and which articles it has: all of them when
 * it becomes an order, else those it did not have. Failures are ignored.
 * @param order with op booked or, for a credit invoice, claimed
 * @param op the operation the change comes from; NULL: what order has beyond `known`
 */
void kl_references_store(kl_service_t *svc, const kl_order_t *order, const kl_known_t *known,
                         const kl_operation_t *op);

#endif
