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
/** An authorization lives 28 days, and up to 180 by contract (Klarna). */
#define KL_AUTHORIZATION_LIFETIME apr_time_from_sec(180 * 86400)

/**
 * 7, 3 or 1 if the open authorization ends within that many days and that mark was passed after
 * last_look, or is the first to be announced; else 0. Marks the order with attention "expiring"
 * from the first mark on and takes the mark away when the end has moved. Once a person has seen it
 * (seen_at), it is marked again at the next mark only.
 */
int kl_schedule_warning(kl_order_t *order, apr_time_t last_look, apr_time_t now);

/** When the last of those marks of the open authorization was passed; 0 when none was. */
apr_time_t kl_schedule_mark(const kl_order_t *order, apr_time_t now);

/*
 * When the worker looks at an order next. A new or changed order is looked at after a minute, then
 * with pauses that grow to a day while something is open, to a week when all is captured (refunds
 * in the portal), and never again 90 days after its last change or when it cannot change any more;
 * a fraud review every ten minutes; never later than the next warning before the authorization
 * ends, or than that end.
 */
typedef enum {
    KL_LOOK_UNCHANGED,
    KL_LOOK_CHANGED, /* the order has changed: soon, then with growing pauses */
    KL_LOOK_RARER,   /* a look has shown nothing new: the next of those pauses */
    KL_LOOK_RESUMED, /* what was done changes nothing: that pause again */
    KL_LOOK_NOW,     /* something has changed at Klarna */
    KL_LOOK_LEASED,  /* after a lease: someone is working on it, and may die */
    KL_LOOK_DAILY,   /* until a person has repaired its row */
    KL_LOOK_NEVER
} kl_look_when_t;

/** When after an operation was booked: at once when the end of the authorization or the newest
 *  capture's invoice number is not known, or when that operation was in doubt: others may have done
 *  the same meanwhile. */
kl_look_when_t kl_schedule_booked(const kl_order_t *order, int was_in_doubt);

/** Sets that next look: nobody else counts looks or says when. */
void kl_schedule_set(kl_order_t *order, kl_look_when_t when, apr_time_t now);

#endif
