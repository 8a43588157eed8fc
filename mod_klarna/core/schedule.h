/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the worker looks at an order again, decided from the order alone. Orders that can still
 * change are polled at growing intervals; nothing is polled forever.
 */
#ifndef KL_SCHEDULE_H
#define KL_SCHEDULE_H

#include "core/order.h"

/** A session lives 48 h (Klarna Payments). */
#define KL_SESSION_LIFETIME apr_time_from_sec(48 * 3600)
/** An intent older than its session is over. */
#define KL_INTENT_LIFETIME (KL_SESSION_LIFETIME + apr_time_from_sec(3600))

/**
 * The next look after one at now: 0 when the order cannot change any more.
 * A new or changed order (checks 0) is looked at after a minute, then with pauses that grow
 * to a day while something is open, to a week when all is captured (refunds in the portal),
 * and never again 90 days after its last change; a fraud review every ten minutes; never
 * later than the next warning before the authorization ends, or than that end.
 */
apr_time_t kl_schedule_next(const kl_order_t *order, apr_time_t now);

/**
 * 7, 3 or 1 if the open authorization ends within that many days and that mark was passed after
 * last_look, or is the first to be announced; else 0. Marks the order with attention "expiring"
 * from the first mark on and takes the mark away when the end has moved. Once a person has seen it
 * (seen_at), it is marked again at the next mark only.
 */
int kl_schedule_warning(kl_order_t *order, apr_time_t last_look, apr_time_t now);

/** When the last of those marks of the open authorization was passed; 0 when none was. */
apr_time_t kl_schedule_mark(const kl_order_t *order, apr_time_t now);

/* --- the next look, set after a change: nobody else writes check_at and checks -------------- */

/** Someone has taken the order on for a lease: claimed it for an operation, or is looking at it. */
void kl_schedule_taken(kl_order_t *order, apr_time_t now);
/** An operation was booked: the order has changed. Looked at at once when the end of its
 *  authorization is not known, or when that operation was in doubt: others may have done the same
 * meanwhile. */
void kl_schedule_booked(kl_order_t *order, int was_in_doubt, apr_time_t now);
/** It was looked at. While an operation holds it, the next look is for that one's sake and stays.
 */
void kl_schedule_looked(kl_order_t *order, int has_changed, apr_time_t now);
/** Klarna says that something has changed: looked at at once. */
void kl_schedule_told(kl_order_t *order, apr_time_t now);
/** Never again: there is nothing more to learn by looking. */
void kl_schedule_over(kl_order_t *order);

#endif
