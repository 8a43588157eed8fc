/* SPDX-License-Identifier: Apache-2.0 */
/* See instore_look.h. */
#include "service/instore_look.h"

#include "api/hosted_page.h"
#include "api/instore_status.h"
#include "api/payments.h"
#include "api/qr_session.h"
#include "core/instore.h"
#include "core/instore_state.h"
#include "core/payment.h"
#include "service/adopt.h"
#include "service/call.h"
#include "service/capture.h"
#include "service/change.h"
#include "service/reconcile.h"
#include "service/run.h"

#include <string.h>

/* --- what is stored ------------------------------------------------------------------------- */

/* How it goes on: what a change makes of the payment as it stands. */
typedef enum {
    NOTHING, /* not even the next look is stored */
    LOOKED,  /* only that */
    CHANGED
} stepped_t;
typedef stepped_t step_fn(kl_order_t *order, apr_pool_t *p, const void *baton, apr_time_t now);

typedef struct stepping_t {
    step_fn *step;
    const void *baton;
} stepping_t;

/* One that has ended, or became an order meanwhile, stays as it is. Those who wait for news of it
 * (updated_at) get none from a look that came upon none. */
static kl_kind_t make_step(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    const stepping_t *it = change->baton;
    stepped_t stepped = NOTHING;

    (void)err;
    if (order->instore && !kl_instore_is_final(order->instore->state)) {
        stepped = it->step(order, p, it->baton, change->now);
        change->look = kl_instore_is_final(order->instore->state) ? KL_LOOK_NEVER : KL_LOOK_RARER;
    }
    change->nothing = stepped == NOTHING;
    change->note = stepped == LOOKED;
    return KL_OK;
}

static kl_kind_t take_step(kl_service_t *svc, kl_order_t **order, step_fn *step, const void *baton,
                           kl_error_t *err)
{
    stepping_t it = {step, baton};
    kl_change_t change = {.make = make_step, .baton = &it, .step = "instore_stored"};

    return kl_change_order(svc, &change, (*order)->id, order, err);
}

static stepped_t look_later(kl_order_t *order, apr_pool_t *p, const void *baton, apr_time_t now)
{
    (void)order, (void)p, (void)baton, (void)now;
    return LOOKED;
}

static stepped_t take_over(kl_order_t *order, apr_pool_t *p, const void *baton, apr_time_t now)
{
    int changed = kl_instore_state_fold(p, order->instore, baton, now);

    if (kl_instore_is_final(order->instore->state)) {
        kl_instore_ended(order);
    }
    return changed ? CHANGED : LOOKED;
}

static stepped_t never_began(kl_order_t *order, apr_pool_t *p, const void *baton, apr_time_t now)
{
    (void)p, (void)baton, (void)now;
    if (order->instore->start != KL_START_CALLING) {
        return NOTHING;
    }
    order->instore->reason_code = "not_started";
    order->instore->reason = "Klarna was not reached, or its answer was lost.";
    kl_instore_end(order, KL_INSTORE_FAILED, "klarna");
    return CHANGED;
}

static stepped_t maybe_began(kl_order_t *order, apr_pool_t *p, const void *baton, apr_time_t now)
{
    (void)p, (void)baton, (void)now;
    order->instore->start = KL_START_UNKNOWN;
    return CHANGED;
}

static stepped_t time_is_over(kl_order_t *order, apr_pool_t *p, const void *baton, apr_time_t now)
{
    kl_instore_t *shop = order->instore;

    (void)p, (void)baton;
    if (shop->abort_by[0] || !shop->time_out_at || shop->time_out_at > now) {
        return NOTHING;
    }
    shop->abort_by = "timeout";
    return CHANGED;
}

static stepped_t may_be_paid(kl_order_t *order, apr_pool_t *p, const void *baton, apr_time_t now)
{
    (void)p, (void)baton, (void)now;
    kl_attention_raise(order, KL_ATTENTION_ORPHAN);
    return CHANGED;
}

static stepped_t send_no_more(kl_order_t *order, apr_pool_t *p, const void *baton, apr_time_t now)
{
    (void)p, (void)baton, (void)now;
    kl_instore_wipe(order->instore);
    return CHANGED;
}

/* It may stay for long. Whom it was sent to is wiped before: the payment's row, which stays behind
 * for a while, is not written again. */
static kl_kind_t ask_a_person(kl_service_t *svc, kl_order_t **order, kl_error_t *err)
{
    kl_kind_t rv = take_step(svc, order, send_no_more, NULL, err);

    return rv == KL_OK ? take_step(svc, order, may_be_paid, NULL, err) : rv;
}

/* --- Klarna ------------------------------------------------------------------------------- */

static int is_page(const kl_order_t *order)
{
    return order->instore->way == KL_WAY_HOSTED_PAGE;
}

/* The customer can open it no more; how it ended is read afterwards. */
static kl_kind_t end_at_klarna(kl_service_t *svc, const kl_order_t *order, kl_error_t *err)
{
    kl_klarna_request_t req = is_page(order) ? kl_hosted_page_disable(svc->p, order->instore)
                                             : kl_qr_session_cancel(svc->p, order);
    kl_klarna_response_t resp = {.delivery = KL_NOT_SENT, .why = "", .body = ""};
    kl_kind_t rv;

    (void)kl_call_klarna(svc, order->account, &req, &resp, kl_error_make(svc->p));
    kl_service_step(svc, "instore_ended");
    rv = kl_reply_deleted(&resp, err);
    if (rv == KL_CONFLICT || rv == KL_NOT_FOUND) {
        kl_error_clear(err);
        rv = KL_OK;
    }
    return rv;
}

static kl_kind_t read_state(kl_service_t *svc, const kl_order_t *order, kl_instore_seen_t *seen,
                            kl_error_t *err)
{
    kl_klarna_request_t req = is_page(order) ? kl_hosted_page_read(svc->p, order->instore)
                                             : kl_qr_session_read(svc->p, order);
    kl_klarna_response_t resp = {.delivery = KL_NOT_SENT, .why = "", .body = ""};

    (void)kl_call_klarna(svc, order->account, &req, &resp, kl_error_make(svc->p));
    kl_service_step(svc, "instore_read");
    return kl_instore_status_reply(seen, svc->p, &resp, err);
}

static int is_over(kl_service_t *svc, const kl_instore_t *shop)
{
    return shop->link_until > 0 && svc->now() >= shop->link_until;
}

/* *may becomes 1 when an order came of the session, which Klarna does not name, or may have come:
 * its time is over, Klarna has forgotten the session too, and nobody looked before. 0 when none
 * did. */
static kl_kind_t may_have_order(kl_service_t *svc, const kl_order_t *order, int *may,
                                kl_error_t *err)
{
    kl_klarna_request_t req = kl_payments_read_session(svc->p, order);
    kl_klarna_response_t resp;
    kl_kind_t rv = kl_call_klarna(svc, order->account, &req, &resp, err);

    *may = 1;
    if (rv == KL_REFUSED) {
        *may = is_over(svc, order->instore)
               || (err->klarna_code && strcmp(err->klarna_code, "SESSION_COMPLETED") == 0);
        kl_error_clear(err);
        return KL_OK;
    }
    return rv == KL_OK ? kl_payments_session_status(may, svc->p, &resp, err) : rv;
}

/* --- how it goes on ------------------------------------------------------------------------- */

void kl_instore_look_capture(kl_service_t *svc, const kl_order_t *order)
{
    const kl_instore_t *shop = order->instore;
    kl_acted_t acted;

    if (shop && shop->state == KL_INSTORE_COMPLETED && !shop->places_only && !shop->abort_by[0]
        && order->captured_amount == 0 && kl_order_open_amount(order) > 0) {
        (void)kl_capture_everything(svc, order->id, &acted, kl_error_make(svc->p));
    }
}

/* It is an order now: its record tells what was captured, and what was not is. */
static kl_kind_t became_order(kl_service_t *svc, kl_order_t **order, kl_error_t *err)
{
    const char *id = (*order)->id;
    kl_look_t look;
    kl_kind_t rv = KL_OK;

    if ((*order)->klarna_order_id[0]) {
        (void)kl_reconcile_order(svc, order, &look, kl_error_make(svc->p));
    }
    if (!*order) {
        rv = kl_service_order(svc, id, order, err);
    }
    if (rv == KL_OK) {
        kl_instore_look_capture(svc, *order);
    }
    return rv == KL_OK ? kl_service_order(svc, id, order, err) : rv;
}

/* Paid: it becomes an order. One of Klarna's that is not what was asked for is for a person. */
static kl_kind_t become_order(kl_service_t *svc, kl_order_t **order, const char *klarna_order_id,
                              const char **note, kl_error_t *err)
{
    kl_kind_t rv = kl_adopt_order(svc, (*order)->id, klarna_order_id, order, err);

    if (rv == KL_CONFLICT && strcmp(err->code, "not_this_order") == 0) {
        *note = "it was paid, but Klarna's order is not what was asked for: look at it in Klarna's "
                "portal";
        kl_error_clear(err);
        return ask_a_person(svc, order, err);
    }
    return rv == KL_OK ? became_order(svc, order, err) : rv;
}

/* Klarna knows it no more. If an order came of it while nobody looked, a person must find it. */
static kl_kind_t forgotten(kl_service_t *svc, kl_order_t **order, const kl_instore_seen_t *seen,
                           const char **note, kl_error_t *err)
{
    int may = 0;
    kl_kind_t rv = may_have_order(svc, *order, &may, err);

    if (rv != KL_OK) {
        return rv;
    }
    if (may) {
        *note = "it was paid, or may have been while nobody looked, and Klarna does not show as "
                "which order: look for it in Klarna's portal and adopt it";
        return ask_a_person(svc, order, err);
    }
    return take_step(svc, order, take_over, seen, err);
}

/* Its process died while it called, or the answer was lost. */
static kl_kind_t look_at_start(kl_service_t *svc, kl_order_t **order, const char **note,
                               kl_error_t *err)
{
    const kl_instore_t *shop = (*order)->instore;
    apr_time_t age = svc->now() - (*order)->created_at;

    if (shop->named[0] && age < kl_instore_state_life(shop->way)) {
        return become_order(svc, order, shop->named, note, err);
    }
    if (shop->start == KL_START_UNKNOWN) {
        if (age < kl_instore_state_life(shop->way)) {
            return take_step(svc, order, look_later, NULL, err);
        }
        *note =
            "Klarna's answer to its start was lost, and the customer may have paid: look for it "
            "in Klarna's portal";
        return ask_a_person(svc, order, err);
    }
    if (age < apr_time_from_sec(KL_LEASE_S)) {
        return take_step(svc, order, look_later, NULL, err);
    }
    return take_step(svc, order, shop->short_code ? maybe_began : never_began, NULL, err);
}

static kl_kind_t look_at_klarna(kl_service_t *svc, kl_order_t **order, const char **note,
                                kl_error_t *err)
{
    kl_instore_seen_t seen;
    kl_kind_t rv = take_step(svc, order, time_is_over, NULL, err);

    if (rv == KL_OK && (*order)->instore->abort_by[0]) {
        rv = end_at_klarna(svc, *order, err);
    }
    if (rv == KL_OK) {
        rv = read_state(svc, *order, &seen, err);
    }
    if (rv != KL_OK) {
        return rv;
    }
    if (seen.order_id[0]) {
        return become_order(svc, order, seen.order_id, note, err);
    }
    return strcmp(seen.word, KL_INSTORE_GONE) == 0 ? forgotten(svc, order, &seen, note, err)
                                                   : take_step(svc, order, take_over, &seen, err);
}

int kl_instore_look_only_asks(const kl_order_t *order, apr_time_t now)
{
    const kl_instore_t *shop = order->instore;

    return shop && kl_payment_is_state(order->state) && !order->pending_op[0]
           && order->attention != KL_ATTENTION_ORPHAN && shop->start == KL_START_MADE
           && !shop->abort_by[0] && (!shop->time_out_at || shop->time_out_at > now);
}

/* What holds it is a message on its way, or its adoption: neither keeps a till waiting. What a
 * process that died left of it is gone on with, for a till that has no worker. */
static kl_kind_t go_on(kl_service_t *svc, kl_order_t **order, kl_error_t *err)
{
    const char *id = (*order)->id;
    kl_kind_t rv = kl_run_left(svc, order, err);

    if (rv == KL_CONFLICT) {
        kl_error_clear(err);
        rv = KL_OK;
    }
    return rv == KL_OK ? kl_service_order(svc, id, order, err) : rv;
}

/* *order becomes NULL when it is not known how it is stored. */
static kl_kind_t look_at_payment(kl_service_t *svc, kl_order_t **order, const char **note,
                                 kl_error_t *err)
{
    return (*order)->instore->start == KL_START_MADE ? look_at_klarna(svc, order, note, err)
                                                     : look_at_start(svc, order, note, err);
}

kl_kind_t kl_instore_look(kl_service_t *svc, kl_order_t **order, const char **note, kl_error_t *err)
{
    kl_kind_t rv = (*order)->pending_op[0] ? go_on(svc, order, err) : KL_OK;

    *note = NULL;
    if (rv != KL_OK || !kl_payment_is_state((*order)->state)) {
        return rv == KL_OK ? became_order(svc, order, err) : rv;
    }
    if ((*order)->attention == KL_ATTENTION_ORPHAN) {
        return take_step(svc, order, look_later, NULL, err);
    }
    rv = look_at_payment(svc, order, note, err);
    if (rv != KL_OK && *order) { /* a till waits: not only when the lease of this look is over */
        (void)take_step(svc, order, look_later, NULL, kl_error_make(svc->p));
    }
    return rv;
}
