/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna's record of an order, as read back (Order Management, GET order), and how our
 * order takes over what it may: state, fraud status, expiry, references. Amounts are
 * compared, never taken over silently: what moved at Klarna without us is reported.
 */
#ifndef KL_KLARNA_RECORD_H
#define KL_KLARNA_RECORD_H

#include "core/order.h"

/* A capture or refund as Klarna lists it. */
typedef struct kl_klarna_move_t {
    const char *id; /* capture_id or refund_id */
    apr_int64_t amount;
    apr_time_t at; /* 0 = not given */
    const char *reference;
} kl_klarna_move_t;

typedef struct kl_klarna_record_t {
    const char *order_id, *status, *fraud_status, *klarna_reference;
    const char *reference1, *reference2;
    const char *currency;              /* "" when not given */
    apr_int64_t original_order_amount; /* -1 when not given */
    apr_int64_t order_amount, captured_amount, refunded_amount, remaining_authorized_amount;
    apr_time_t expires_at;                  /* 0 = not given */
    apr_array_header_t *captures, *refunds; /* of kl_klarna_move_t, oldest first */
} kl_klarna_record_t;

/**
 * Takes over status (when the amounts agree, or it ends the order: CANCELLED, EXPIRED,
 * CLOSED), fraud status, expiry and short reference. EXPIRED and CANCELLED set the
 * remaining amount to 0. While an operation holds the claim, status and amounts are left
 * alone, because that operation may be what changed them.
 * @return 1 when Klarna's amounts differ from ours (something was done outside).
 */
int kl_klarna_record_take_over(kl_order_t *order, apr_pool_t *p, const kl_klarna_record_t *seen);

/**
 * Books what happened at Klarna without us (its portal, another system): captures, refunds,
 * a smaller or released authorization. Done only while no operation holds the order: an
 * unfinished operation of ours may be what did it. Captures and credit invoices made this
 * way have no operation_id.
 * @return how many movements were booked; order->attention becomes KL_ATTENTION_OUTSIDE then, or
 *   KL_ATTENTION_DIFFERS when the books cannot be made to agree. -1 when an invariant would break:
 * the order in memory must be thrown away.
 */
int kl_import_record(kl_order_t *order, apr_pool_t *p, const kl_klarna_record_t *seen,
                     apr_time_t now);

/** Who made this capture or refund, according to the order's books: an operation's id, ""
 *  for someone outside, NULL if the books do not have it. */
const char *kl_import_made_by(const kl_order_t *order, const char *id);

/**
 * The captures or refunds in list that one of our operations may have made when its answer was
 * lost: those of its amount, made after `since`, that the order does not have.
 * @param outside 1: also those booked as made outside
 * @return of kl_klarna_move_t, in p; may be empty
 */
apr_array_header_t *kl_import_candidates(apr_pool_t *p, const kl_order_t *order,
                                         const apr_array_header_t *list, apr_int64_t amount,
                                         apr_time_t since, int outside);

/**
 * The candidate that it was.
 * @param reference what ours was sent with, "" for none
 * @return the one that also has our reference; NULL if none or several have it, or if ours had none
 * and others may match
 */
const kl_klarna_move_t *kl_import_pick(const apr_array_header_t *candidates, const char *reference);

#endif
