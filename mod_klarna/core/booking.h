/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Booking: a movement that Klarna has carried out, into its order, whoever requested it. All money
 * in the books moves here. Nothing is decided: what happened is booked as it happened, and if that
 * would break an invariant, the order must not be used any further.
 *
 * The order changes in memory only, its caller saves it. Everything given must live as long as it.
 * Each returns KL_OK, or KL_INTERNAL "invariant": then the order in memory must be thrown away.
 */
#ifndef KL_BOOKING_H
#define KL_BOOKING_H

#include "core/order.h"

/** Klarna has accepted the purchase. */
kl_kind_t kl_booking_place(kl_order_t *order, const char *klarna_order_id, const char *fraud_status,
                           kl_error_t *err);

/** capture->moved was captured; the order's list gets the capture. */
kl_kind_t kl_booking_capture(kl_order_t *order, const kl_capture_t *capture, kl_error_t *err);

/** That much went back to the shopper. */
kl_kind_t kl_booking_refund(kl_order_t *order, const kl_movement_t *moved, kl_error_t *err);

/** That much came off the authorization. An amount without lines becomes a discount line. */
kl_kind_t kl_booking_reduce(kl_order_t *order, apr_pool_t *p, const kl_movement_t *moved,
                            kl_error_t *err);

/** That much was added to the authorization, without lines: it becomes a surcharge line. */
kl_kind_t kl_booking_raise(kl_order_t *order, apr_pool_t *p, apr_int64_t amount, kl_error_t *err);

/**
 * The authorization was written anew: it was raised, reduced, or only its lines changed.
 * @param amount it has now; what is open grows or shrinks with it
 * @param lines all it has now, of kl_line_t, that fit (line_changes.h) and come to amount
 */
kl_kind_t kl_booking_lines(kl_order_t *order, apr_int64_t amount, const apr_array_header_t *lines,
                           kl_error_t *err);

/** What had ended, or was released, is authorized again: all that was not captured. */
kl_kind_t kl_booking_reopen(kl_order_t *order, kl_error_t *err);

/** All that was still open was given up after something was captured. The lines it names were
 *  given back. */
kl_kind_t kl_booking_release(kl_order_t *order, const kl_movement_t *moved, kl_error_t *err);

/** The whole authorization was given up before anything was captured. */
kl_kind_t kl_booking_cancel(kl_order_t *order, kl_error_t *err);

/** Tracking was added to a capture. @param shipping_info JSON array text */
kl_kind_t kl_booking_track(kl_order_t *order, apr_pool_t *p, const char *capture_id,
                           const char *shipping_info, kl_error_t *err);

/** The shopper may pay so many days later for a capture. */
kl_kind_t kl_booking_due_date(kl_order_t *order, const char *capture_id, apr_int64_t days,
                              kl_error_t *err);

/** The shop calls the order something else. NULL: that reference stays. */
void kl_booking_refer(kl_order_t *order, const char *reference1, const char *reference2);

/** Adds a credit invoice; its lists are copied. */
void kl_booking_credit_invoice(kl_order_t *order, apr_pool_t *p, const kl_credit_invoice_t *ci);

#endif
