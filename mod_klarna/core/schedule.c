/* SPDX-License-Identifier: Apache-2.0 */
/* See schedule.h. */
#include "core/schedule.h"

#include <string.h>

#include "core/instore.h"
#include "core/limits.h"
#include "core/payment.h"

#define MINUTE apr_time_from_sec(60)
#define DAY apr_time_from_sec(86400)
#define IN_STORE apr_time_from_sec(3)

#define EXPIRED_D 30 /* how long an expired order is looked at, in days */

static const int marks[] = {7, 3, 1}; /* days before the end */
#define MARKS ((int)(sizeof(marks) / sizeof(marks[0])))

static int is_over(const kl_order_t *order)
{
    return order->state == KL_ORDER_CANCELLED || order->state == KL_ORDER_EXPIRED
           || order->state == KL_ORDER_CLOSED || order->state == KL_ORDER_ABANDONED;
}

/* 1 min, 4 min, 16 min, about 1 h, 4 h, 17 h, then `most`. */
static apr_time_t pause_after(int checks, apr_time_t most)
{
    apr_time_t pause = checks < 6 ? MINUTE << (2 * checks) : most;

    return pause < most ? pause : most;
}

/* Only Klarna can open it again, and tells nobody. */
static apr_time_t look_at_expired(const kl_order_t *order, apr_time_t now)
{
    return now + DAY <= order->expires_at + EXPIRED_D * DAY ? now + DAY : 0;
}

/* A till waits for it, or a customer at home: soon at first, then every minute; at its time-out. */
static apr_time_t look_in_store(const kl_order_t *order, apr_time_t now)
{
    apr_time_t age = now - order->created_at, end = order->instore->time_out_at;
    apr_time_t next;

    if (kl_instore_is_final(order->instore->state)) {
        return 0;
    }
    if (order->attention == KL_ATTENTION_ORPHAN) { /* only a person can find it */
        return now + DAY;
    }
    next = now + (age < 10 * MINUTE ? IN_STORE : age < 60 * MINUTE ? 4 * IN_STORE : MINUTE);

    return end > now && end < next ? end : next;
}

static apr_time_t look_at_payment(const kl_order_t *order, apr_time_t now)
{
    return order->instore ? look_in_store(order, now) : order->created_at + KL_INTENT_LIFETIME;
}

static apr_time_t next_look(const kl_order_t *order, apr_time_t now)
{
    apr_time_t next, after_end;

    if (order->state == KL_ORDER_EXPIRED) {
        return look_at_expired(order, now);
    }
    if (is_over(order)) {
        return 0;
    }
    if (kl_payment_is_state(order->state)) {
        return look_at_payment(order, now);
    }
    if (strcmp(order->fraud_status, "PENDING") == 0) {
        return now + 10 * MINUTE;
    }
    if (order->remaining_amount == 0) {
        next = now + pause_after(order->checks, 7 * DAY);
        return order->checks > 6 + 13 ? 0 : next; /* about 90 days */
    }
    next = now + pause_after(order->checks, DAY);
    for (int i = 0; order->expires_at && i < MARKS; i++) {
        apr_time_t mark = order->expires_at - marks[i] * DAY;

        next = mark > now && mark < next ? mark : next;
    }
    after_end = order->expires_at + MINUTE;
    return order->expires_at && after_end > now && after_end < next ? after_end : next;
}

apr_time_t kl_schedule_mark(const kl_order_t *order, apr_time_t now)
{
    apr_time_t last = 0;

    for (int i = 0;
         i < MARKS && !is_over(order) && order->remaining_amount > 0 && order->expires_at; i++) {
        apr_time_t mark = order->expires_at - marks[i] * DAY;

        last = mark <= now && mark > last ? mark : last;
    }
    return last;
}

int kl_schedule_warning(kl_order_t *order, apr_time_t last_look, apr_time_t now)
{
    int is_first = order->attention == KL_ATTENTION_NONE, days = 0;

    if (is_over(order) || order->remaining_amount == 0 || !order->expires_at
        || order->expires_at - marks[0] * DAY > now) {
        kl_attention_lower(order, KL_ATTENTION_EXPIRING);
        return 0;
    }
    for (int i = 0; i < MARKS; i++) {
        apr_time_t mark = order->expires_at - marks[i] * DAY;

        if (mark <= now && (mark > last_look || (is_first && mark > order->seen_at))) {
            days = marks[i];
        }
    }
    if (days) {
        kl_attention_raise(order, KL_ATTENTION_EXPIRING);
    }
    return days;
}

/* Klarna's answer to a capture does not name its invoice number, the record does. */
static int has_unnumbered_capture(const kl_order_t *order)
{
    const apr_array_header_t *captures = order->captures;

    return captures->nelts > 0
           && !APR_ARRAY_IDX(captures, captures->nelts - 1, kl_capture_t).klarna_reference[0];
}

kl_look_when_t kl_schedule_booked(const kl_order_t *order, int was_in_doubt)
{
    if (order->pending_op[0]) {
        return KL_LOOK_LEASED;
    }
    if (order->klarna_order_id[0]
        && (was_in_doubt || !order->expires_at || has_unnumbered_capture(order))) {
        return KL_LOOK_NOW;
    }
    return KL_LOOK_CHANGED;
}

void kl_schedule_set(kl_order_t *order, kl_look_when_t when, apr_time_t now)
{
    if (when == KL_LOOK_CHANGED || when == KL_LOOK_NOW) {
        order->checks = 0;
    }
    switch (when) {
    case KL_LOOK_UNCHANGED:
        break;
    case KL_LOOK_LEASED:
        order->check_at = now + apr_time_from_sec(KL_LEASE_S);
        break;
    case KL_LOOK_NOW:
        order->check_at = now;
        break;
    case KL_LOOK_RARER:
        order->checks++;
        order->check_at = next_look(order, now);
        break;
    case KL_LOOK_CHANGED:
    case KL_LOOK_RESUMED:
        order->check_at = next_look(order, now);
        break;
    case KL_LOOK_DAILY:
        order->check_at = now + DAY;
        break;
    case KL_LOOK_NEVER:
        order->check_at = 0;
        break;
    }
}
