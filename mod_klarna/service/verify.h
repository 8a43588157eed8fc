/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying at Klarna what became of an operation whose answer was lost, where repeating it
 * with its key no longer helps: the key is older than Klarna's memory, the endpoint has no
 * keys, or a person wants to give the operation up. Klarna's record decides; where it does not
 * say, nothing is guessed.
 */
#ifndef KL_VERIFY_H
#define KL_VERIFY_H

#include "core/klarna_record.h"
#include "service/service.h"

typedef enum {
    KL_TRUTH_UNCLEAR,
    KL_TRUTH_EXECUTED,
    KL_TRUTH_NOT_EXECUTED,
    KL_TRUTH_NOT_YET /* no trace of it, but its last try is so recent that Klarna may still be
                        executing it: look again after KL_IN_FLIGHT_S */
} kl_truth_t;

typedef struct kl_finding_t {
    kl_truth_t truth;
    const char *result_id; /* capture, refund or order id when executed, else "" */
    const char *result;    /* what op->result becomes, JSON, or "" */
    /* When unclear: the entries of Klarna's record that may be it, of kl_klarna_move_t; where
     * Klarna gives no id, the kind's name stands in. NULL: it was executed, but as which entry is
     * not known (a placement). */
    apr_array_header_t *candidates;
    const kl_klarna_record_t *record; /* Klarna's order as it was read, or NULL */
} kl_finding_t;

/** Reads Klarna's record and finds out whether op was executed. Calls Klarna, changes nothing.
 *  A placement for which an order id was named (op->hint) is looked up by that id. */
kl_kind_t kl_verify_operation(kl_service_t *svc, const kl_operation_t *op, kl_finding_t *found,
                              kl_error_t *err);

/** 1 when Klarna's order can be the one that order's placement led to. Another merchant's, or one
 *  with another amount, currency or reference, is not. */
int kl_verify_is_placed(const kl_order_t *order, const kl_klarna_record_t *seen);

/** Reads Klarna's order of that id: executed when it is order's placement. Calls Klarna. */
kl_kind_t kl_verify_by_id(kl_service_t *svc, const kl_order_t *order, const char *id,
                          kl_finding_t *found, kl_error_t *err);

/**
 * Ends op as was found: executed is confirmed and booked. Not executed is queued to start afresh
 * with its key (in memory; calling stores that). Unclear and not yet change nothing.
 * @param order as kl_change_order takes it
 */
kl_kind_t kl_verify_end(kl_service_t *svc, kl_operation_t *op, const kl_finding_t *found,
                        kl_order_t **order, kl_error_t *err);
/** The same for an operation that a person gives up: not executed is refused and booked. */
kl_kind_t kl_verify_give_up(kl_service_t *svc, kl_operation_t *op, const kl_finding_t *found,
                            kl_order_t **order, kl_error_t *err);

/** Keeps the order id that someone supplied for a placement whose answer was lost, and makes it due
 *  at once. */
kl_kind_t kl_verify_keep_hint(kl_service_t *svc, kl_operation_t *op, const char *order_id,
                              kl_error_t *err);

#endif
