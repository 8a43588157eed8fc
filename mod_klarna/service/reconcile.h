/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna is the truth: read its record of an order, take over what it may decide, and book what
 * was done there without us.
 */
#ifndef KL_RECONCILE_H
#define KL_RECONCILE_H

#include "core/klarna_record.h"
#include "service/service.h"

typedef struct kl_look_t {
    int booked;  /* movements made outside that were booked now */
    int differs; /* 1: Klarna's amounts are not ours and cannot be made to agree */
    int days;    /* 7, 3 or 1: that warning before the end is due now; else 0 */
    const kl_klarna_record_t *record; /* as read, in the caller's pool; NULL when it was not */
} kl_look_t;

/**
 * Reads Klarna's record once, takes over state, fraud status, expiry and short reference, books
 * what others did, and sets the worker's next look. Calls Klarna. When the order changed meanwhile,
 * what was read is taken into the order as it stands.
 * @param order as stored; then as stored now, NULL when that is not known
 */
kl_kind_t kl_reconcile_order(kl_service_t *svc, kl_order_t **order, kl_look_t *look,
                             kl_error_t *err);

#endif
