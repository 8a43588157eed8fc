/* SPDX-License-Identifier: Apache-2.0 */
/* See look.h. */
#include "service/look.h"

#include <apr_strings.h>
#include <string.h>
#include "core/addresses.h"
#include "core/payment.h"
#include "core/schedule.h"
#include "service/authorization.h"
#include "service/change.h"
#include "service/placement.h"
#include "service/instore.h"
#include "service/instore_look.h"
#include "service/reconcile.h"
#include "service/run.h"
#include "service/verify.h"
#include "core/why_not.h"

static kl_kind_t as_it_is(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    (void)change, (void)order, (void)p, (void)err;
    return KL_OK;
}

/* Takes the look for this worker: anyone else who wants it finds a newer version. */
static kl_kind_t take_look(kl_service_t *svc, kl_order_t **order, kl_error_t *err)
{
    kl_change_t change = {.make = as_it_is,
                          .look = KL_LOOK_LEASED,
                          .note = 1,
                          .once = 1,
                          .step = "look_taken"};

    return kl_change_order(svc, &change, (*order)->id, order, err);
}

/* The same without a word to others: it is as it was found, or someone was quicker. */
static kl_kind_t find_unchanged(kl_service_t *svc, kl_order_t **order, kl_error_t *err)
{
    apr_int64_t version = (*order)->version;
    kl_kind_t rv = kl_service_order(svc, (*order)->id, order, err);

    return rv == KL_OK && (*order)->version != version
               ? kl_error_set(err, KL_STALE, "version", "Somebody has looked at it meanwhile.")
               : rv;
}

/* An operation holds the order: when it is final its process died before booking. */
static kl_kind_t look_at_holder(kl_service_t *svc, kl_order_t *order, kl_error_t *err)
{
    kl_run_t run = {.order = order};
    kl_kind_t rv = svc->store->operation_load(svc->store, svc->p, order->pending_op, &run.op, err);

    return rv == KL_OK && kl_op_is_final(run.op->state) ? kl_run(svc, &run, err) : rv;
}

static kl_kind_t end_payment(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    const kl_finding_t *found = change->baton;

    (void)p, (void)err;
    if (found->truth == KL_TRUTH_UNCLEAR) {
        order->state = KL_ORDER_CREATED; /* whatever became of a token */
        kl_attention_raise(order, KL_ATTENTION_ORPHAN);
        return KL_OK;
    }
    if (order->state == KL_ORDER_CREATED) {
        order->state = KL_ORDER_ABANDONED;
    }
    order->client_token = "";
    order->payment_methods = NULL;
    order->addresses = kl_addresses_wiped(order->addresses);
    return KL_OK;
}

/* The shopper never came back, or Klarna said no to one token. If the session is complete
 * nevertheless, Klarna has an order that we do not know. */
static kl_kind_t look_at_intent(kl_service_t *svc, kl_order_t *order, const char **note,
                                kl_error_t *err)
{
    kl_operation_t as_placement = {.kind = KL_OP_PLACE_ORDER, .order_id = order->id, .hint = ""};
    kl_finding_t found = {.truth = KL_TRUTH_NOT_EXECUTED};
    kl_change_t change = {.make = end_payment, .baton = &found, .look = KL_LOOK_NEVER, .once = 1};
    kl_kind_t rv = KL_OK;

    if (order->session_id[0]) {
        rv = kl_verify_operation(svc, &as_placement, &found, err);
        if (rv == KL_REFUSED) { /* Klarna has forgotten the session: nothing was bought */
            kl_error_clear(err);
            found.truth = KL_TRUTH_NOT_EXECUTED;
            rv = KL_OK;
        }
    }
    if (rv != KL_OK) {
        return rv;
    }
    if (found.truth == KL_TRUTH_UNCLEAR) {
        *note = "the session is complete, but the order was never placed from here: look for it in "
                "Klarna's portal and adopt it";
    }
    return kl_change_order(svc, &change, order->id, &order, err);
}

/* Klarna also accepts at the limit, where nothing moves: its record decides. */
static int has_more_time(kl_service_t *svc, const kl_order_t *before, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_look_t look;

    return kl_service_order(svc, before->id, &order, err) == KL_OK
           && kl_reconcile_order(svc, &order, &look, err) == KL_OK
           && order->expires_at > before->expires_at;
}

/* *note already says that its end is near, and stays unless the end has moved. */
static void extend(kl_service_t *svc, const kl_order_t *order, const char **note)
{
    kl_error_t *err = kl_error_make(svc->p);
    kl_ask_t ask = {.order_id = order->id};
    kl_acted_t acted;

    if (kl_act(svc, &kl_authorization_extend_action, &ask, &acted, err) != KL_OK) {
        *note = apr_psprintf(svc->p, "%s and could not be extended: %s", *note, err->code);
    }
    else if (acted.last->state == KL_OP_REFUSED) {
        *note = apr_psprintf(svc->p, "%s and Klarna will not extend it: %s", *note,
                             acted.last->error_code);
    }
    else if (acted.last->state == KL_OP_CONFIRMED && has_more_time(svc, order, err)) {
        *note = "its authorization was extended";
    }
}

/* 1 when an extension was requested since then, or when that is unknown now. */
static int was_asked_since(kl_service_t *svc, const kl_order_t *order, apr_time_t since)
{
    apr_array_header_t *list = NULL;

    if (svc->store->operation_list(svc->store, svc->p, order->id, &list, kl_error_make(svc->p))
        != KL_OK) {
        return 1;
    }
    for (int i = 0; i < list->nelts; i++) {
        const kl_operation_t *op = APR_ARRAY_IDX(list, i, kl_operation_t *);

        if (op->kind == KL_OP_EXTEND && op->created_at >= since && op->mark != KL_OP_NOT_STARTED) {
            return 1;
        }
    }
    return 0;
}

/* Once for each mark, as the stored operations show: the warning is used up by the look that saw
 * it, whose process may have died before it asked. */
static int wants_extension(kl_service_t *svc, const kl_order_t *order)
{
    apr_time_t mark = kl_schedule_mark(order, svc->now());

    return mark && !kl_why_not_extend(order) && !was_asked_since(svc, order, mark);
}

static kl_kind_t look_more_rarely(kl_change_t *change, kl_order_t *order, apr_pool_t *p,
                                  kl_error_t *err)
{
    (void)change, (void)p, (void)err;
    kl_attention_raise(order, KL_ATTENTION_DIFFERS);
    return KL_OK;
}

/* A no changes nothing and is said once. Without an answer the order is let go at once, and the
 * next look tries again: nobody sees an order held for something that nobody waits for. */
static void acknowledge(kl_service_t *svc, const kl_order_t *order, const char **note)
{
    kl_error_t *err = kl_error_make(svc->p);
    kl_ask_t ask = {.order_id = order->id};
    kl_acted_t acted;

    if (kl_act(svc, &kl_placement_acknowledge_action, &ask, &acted, err) != KL_OK) {
        return;
    }
    if (!kl_op_is_final(acted.last->state)) {
        (void)kl_run_left(svc, &acted.order, err);
    }
    else if (acted.last->state == KL_OP_REFUSED) {
        *note = apr_psprintf(svc->p, "%s%sKlarna would not have it acknowledged: %s",
                             *note ? *note : "", *note ? "; " : "", acted.last->error_code);
    }
}

/* Klarna does not know the order, or shows it to others only: looked at ever more rarely, and
 * said once. */
static kl_kind_t refused_look(kl_service_t *svc, kl_order_t *order, const char **note,
                              kl_error_t *err)
{
    kl_change_t change = {.make = look_more_rarely, .look = KL_LOOK_RARER, .note = 1, .once = 1};

    if (order->attention != KL_ATTENTION_DIFFERS) {
        *note = apr_psprintf(svc->p, "Klarna does not show it: %s", err->detail);
    }
    kl_error_clear(err);
    return kl_change_order(svc, &change, order->id, &order, err);
}

/* What a look came upon that a person should know, the gravest; NULL: nothing. */
static const char *note_of(kl_service_t *svc, const kl_look_t *look)
{
    const char *fault = look->record ? kl_klarna_record_fault(look->record) : NULL;

    if (look->days) {
        return apr_psprintf(svc->p, "its authorization ends within %d day%s", look->days,
                            look->days == 1 ? "" : "s");
    }
    if (look->booked) {
        return "changes made at Klarna by others were booked";
    }
    if (fault && look->differs) {
        return apr_psprintf(svc->p, "Klarna's record of it contradicts itself: %s", fault);
    }
    if (look->differs) {
        return "its amounts at Klarna differ from ours";
    }
    return look->record && look->record->unread_time
               ? apr_psprintf(svc->p, "Klarna's %s has no time zone and is not used",
                              look->record->unread_time)
               : NULL;
}

/* Neither the first look, which comes at once, nor one with news: then the shop is about to ship,
 * and should find the order free. */
static int is_quiet(const kl_order_t *before, const kl_order_t *order)
{
    return before->expires_at && strcmp(before->fraud_status, order->fraud_status) == 0
           && kl_placement_wants_acknowledgement(order);
}

/* Reads Klarna's record and notes what a person should know. */
static kl_kind_t look_at_order(kl_service_t *svc, kl_order_t *order, const char **note,
                               kl_error_t *err)
{
    const kl_order_t before = *order;
    kl_look_t look;
    kl_kind_t rv = kl_reconcile_order(svc, &order, &look, err);

    if (rv == KL_REFUSED) {
        return refused_look(svc, order, note, err);
    }
    if (rv != KL_OK) {
        return rv;
    }
    *note = note_of(svc, &look);
    if (order->instore) {
        kl_instore_go_on(svc, order);
    }
    else if (!look.booked && is_quiet(&before, order)) {
        acknowledge(svc, order, note);
    }
    if (svc->auto_extend && wants_extension(svc, order)) {
        *note = look.days ? *note : "its authorization is about to end";
        extend(svc, order, note);
    }
    return KL_OK;
}

kl_kind_t kl_look_at(kl_service_t *svc, kl_order_t *order, const char **note, kl_error_t *err)
{
    kl_kind_t rv = kl_instore_look_only_asks(order, svc->now()) ? find_unchanged(svc, &order, err)
                                                                : take_look(svc, &order, err);

    *note = NULL;
    if (rv != KL_OK) {
        return rv;
    }
    if (order->instore && kl_payment_is_state(order->state)) {
        return kl_instore_look(svc, &order, note, err);
    }
    if (order->pending_op[0]) {
        return look_at_holder(svc, order, err);
    }
    if (kl_payment_is_state(order->state)) {
        return look_at_intent(svc, order, note, err);
    }
    return look_at_order(svc, order, note, err);
}
