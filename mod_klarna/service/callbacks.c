/* SPDX-License-Identifier: Apache-2.0 */
/* See callbacks.h. */
#include "service/callbacks.h"

#include <apr_strings.h>
#include <string.h>
#include "core/payment.h"
#include "service/change.h"
#include "service/placement.h"
#include "service/verify.h"

/* The browser may be placing the order at this moment: it goes first. */
#define AFTER_THE_BROWSER apr_time_from_sec(10)

kl_kind_t kl_callbacks_order(kl_service_t *svc, const char *name, kl_called_t *called,
                             kl_error_t *err)
{
    const char *dot = strchr(name, '.');
    kl_order_t *order = NULL;
    kl_kind_t rv;

    called->why = "unknown_order";
    if (!dot) {
        return kl_service_no_order(err);
    }
    rv = kl_service_show(svc, apr_pstrmemdup(svc->p, name, dot - name), &order, err);
    if (rv != KL_OK) {
        called->why = rv == KL_NOT_FOUND ? called->why : "database";
        return rv;
    }
    called->account = order->account;
    if (!order->callback_secret[0] || !kl_id_equal_secret(order->callback_secret, dot + 1)) {
        called->why = "wrong_secret";
        return kl_service_no_order(err);
    }
    called->why = "";
    called->order = order;
    return KL_OK;
}

kl_kind_t kl_callbacks_note(kl_service_t *svc, const char *kind, const kl_called_t *called,
                            kl_error_t *err)
{
    const kl_callback_note_t note = {called->account, kind, called->why, svc->now()};

    return svc->store->callback_note(svc->store, svc->p, &note, err);
}

kl_kind_t kl_callbacks_authorization(kl_service_t *svc, const kl_order_t *order, const char *token,
                                     const kl_client_t *client, kl_error_t *err)
{
    kl_place_request_t want = {.authorization_token = token};
    kl_ask_t ask = {.order_id = order->id,
                    .client = client,
                    .after = AFTER_THE_BROWSER,
                    .place = &want};

    if (!kl_payment_is_open(order)) {
        return KL_OK; /* placed already, or given up: the token buys nothing new */
    }
    return kl_act_later(svc, &kl_placement_action, &ask, err);
}

/* Klarna named the order of a placement whose answer we lost. */
static kl_kind_t keep_hint(kl_service_t *svc, const kl_order_t *order, const char *klarna_order_id,
                           kl_error_t *err)
{
    kl_operation_t *op = NULL;
    kl_kind_t rv = svc->store->operation_load(svc->store, svc->p, order->pending_op, &op, err);

    if (rv != KL_OK || kl_op_is_final(op->state) || op->state == KL_OP_QUEUED
        || op->kind != KL_OP_PLACE_ORDER) {
        return rv; /* ended, or not executed so far */
    }
    if (op->lease_until > svc->now()) {
        return kl_service_in_progress(err); /* its answer may still come */
    }
    return kl_verify_keep_hint(svc, op, klarna_order_id, err);
}

/* One in a store whose start was lost cannot be asked for: the order that Klarna names is kept, for
 * the look to prove. */
static kl_kind_t look_now(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    const char *named = change->baton;

    (void)p, (void)err;
    if (order->instore && order->instore->start != KL_START_MADE && named[0]) {
        order->instore->named = named;
    }
    return KL_OK;
}

kl_kind_t kl_callbacks_change(kl_service_t *svc, kl_order_t *order, const char *klarna_order_id,
                              kl_error_t *err)
{
    kl_change_t change = {.make = look_now,
                          .baton = (void *)klarna_order_id,
                          .look = KL_LOOK_NOW,
                          .note = 1};
    const char *id = order->id;
    kl_kind_t rv;

    if (!order->klarna_order_id[0] && !order->instore) {
        return klarna_order_id[0] && order->pending_op[0]
                   ? keep_hint(svc, order, klarna_order_id, err)
                   : KL_OK;
    }
    rv = kl_change_order(svc, &change, id, &order, err);
    if (rv == KL_OK && order->instore && svc->tell) { /* a till that waits looks at once */
        svc->tell(id);
    }
    return rv;
}
