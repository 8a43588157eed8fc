/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Books what others did at Klarna. Each such movement is booked like ours, with the same arithmetic
 * and invariants (booking.h); what does not fit is left for a person, never forced.
 */
#ifndef KL_IMPORT_H
#define KL_IMPORT_H

#include "core/klarna_record.h"

/* A capture or refund of ours whose answer was lost. */
typedef struct kl_import_lost_t {
    apr_int64_t amount;
    apr_time_t since; /* it was made after that */
    int outside;      /* 1: it may have been booked as made outside */
} kl_import_lost_t;

/** Who made this capture or refund, according to the order's books: an operation's id, ""
 *  for someone outside, NULL if the books do not have it. */
const char *kl_import_made_by(const kl_order_t *order, const char *id);

/**
 * The refunds of a record, each with an id: one that Klarna lists without has that of the refund in
 * the books that it must be, by its amount, else a new one ("unnamed-1") to book it by.
 * @return refunds itself when all have ids, else a copy in p
 */
apr_array_header_t *kl_import_refunds(apr_pool_t *p, const kl_order_t *order,
                                      apr_array_header_t *refunds);

/** The captures or refunds in list that the lost one may be and the order does not have: of
 *  kl_klarna_move_t, in p; may be empty. */
apr_array_header_t *kl_import_candidates(apr_pool_t *p, const kl_order_t *order,
                                         const apr_array_header_t *list,
                                         const kl_import_lost_t *lost);

/**
 * The candidate that it was.
 * @param reference what ours was sent with, "" for none
 * @return the one that also has our reference; NULL if none or several have it, or if ours had none
 * and others may match
 */
const kl_klarna_move_t *kl_import_pick(const apr_array_header_t *candidates, const char *reference);

/**
 * Books what others did at Klarna (in its portal, from another system): captures, refunds, an
 * authorization that was raised, reduced, given other lines, released or opened again. Done only
 * while no operation holds the order: one of our unfinished operations may have done it. Captures
 * and credit invoices made this way have no operation_id.
 * @return how many movements were booked; order->attention becomes KL_ATTENTION_OUTSIDE then, or
 *   KL_ATTENTION_DIFFERS when the books cannot be reconciled. -1 when an invariant would break:
 * the order in memory must be thrown away.
 */
int kl_import_record(kl_order_t *order, apr_pool_t *p, const kl_klarna_record_t *seen,
                     apr_time_t now);

#endif
