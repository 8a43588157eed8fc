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
    const char *id; /* capture_id or refund_id; "" for a refund that Klarna lists without one */
    apr_int64_t amount;
    apr_time_t at; /* 0 = not given */
    const char *reference;
    const char *klarna_reference; /* of a capture: its invoice number, "" when not given */
} kl_klarna_move_t;

typedef struct kl_klarna_record_t {
    const char *order_id, *status, *fraud_status, *klarna_reference;
    const char *reference1, *reference2; /* "" when there is none; NULL when too long to be kept */
    const char *currency;                /* "" when not given */
    apr_int64_t original_order_amount;   /* -1 when not given */
    apr_int64_t order_amount, captured_amount, refunded_amount, remaining_authorized_amount;
    const char *payment_type;               /* of its initial_payment_method, "" when not given */
    const char *country, *locale;           /* "" when not given */
    apr_time_t created_at, expires_at;      /* 0 = not given */
    const char *unread_time;                /* the first date that was given and is no point in
                                               time, because it has no zone; NULL: none */
    apr_array_header_t *captures, *refunds; /* of kl_klarna_move_t, oldest first */
    apr_array_header_t *lines; /* of kl_line_t, each reference once; NULL when none are listed,
                                  empty when they cannot be read */
} kl_klarna_record_t;

/** What in the record contradicts itself, for people; NULL: nothing. Nothing of one that does is
 *  to be booked or built on. */
const char *kl_klarna_record_fault(const kl_klarna_record_t *seen);

/**
 * Takes over status (when the amounts agree, or it ends the order: CANCELLED, EXPIRED,
 * CLOSED), fraud status, expiry and references. EXPIRED and CANCELLED set the remaining amount to
 * 0. While an operation holds the claim, status and amounts are left alone, because that operation
 * may be what changed them.
 * @return 1 when Klarna's amounts differ from ours (something was done outside).
 */
int kl_klarna_record_take_over(kl_order_t *order, apr_pool_t *p, const kl_klarna_record_t *seen);

/** What is only words: fraud status, expiry, the order's reference and its captures'. */
void kl_klarna_record_take_words(kl_order_t *order, apr_pool_t *p, const kl_klarna_record_t *seen);

#endif
