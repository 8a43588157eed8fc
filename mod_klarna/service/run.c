/* SPDX-License-Identifier: Apache-2.0 */
/* See run.h. */
#include "service/run.h"

#include <string.h>
#include "core/agree.h"
#include "core/contract.h"
#include "core/instore.h"
#include "service/book.h"
#include "service/call.h"
#include "service/change.h"
#include "service/journal.h"
#include "service/record.h"
#include "service/told.h"
#include "service/verify.h"

/* Call, record, book. One call in flight per order: that of the operation which holds it. */
static kl_kind_t call_once(kl_service_t *svc, kl_run_t *run, kl_exchange_t *ex, kl_error_t *err)
{
    kl_kind_t rv;

    KL_CONTRACT(run->order && strcmp(run->order->pending_op, run->op->id) == 0, err);
    rv = kl_call_operation(svc, run->op, ex, err);
    if (rv == KL_OK && !ex->key_expired) {
        rv = kl_record_outcome(svc, run->op, ex, err);
    }
    if (rv == KL_OK && kl_op_is_final(run->op->state)) {
        rv = kl_book_operation(svc, run->op, &run->order, err);
    }
    return rv;
}

/* Lets Klarna's record decide; what was not executed is queued to start afresh. If the record
 * cannot be read now, or is ambiguous, the operation stays unknown. */
static kl_kind_t find_out(kl_service_t *svc, kl_run_t *run, kl_error_t *err)
{
    kl_finding_t found;

    kl_error_clear(err);
    if (kl_verify_operation(svc, run->op, &found, kl_error_make(svc->p)) != KL_OK) {
        return KL_OK;
    }
    return kl_verify_end(svc, run->op, &found, &run->order, err);
}

/* --- what acts on an authorization as a whole ------------------------------------------------- */

/* 1 when the record is what the operation was planned from. */
static int is_as_planned(kl_service_t *svc, const kl_run_t *run, const kl_klarna_record_t *record)
{
    return record && !kl_agree_authorization(svc->p, run->order, record)
           && (run->op->kind == KL_OP_REDUCE || run->op->kind == KL_OP_LINES
               || !kl_agree_amounts(svc->p, run->order, record));
}

/*
 * Others may have written the authorization since it was planned, or sent. It goes out, again with
 * its key, only while Klarna's record is what it was planned from; else that shows what became of
 * it. *over becomes 1 when it is not to be sent: it has ended, or must wait, for Klarna or for a
 * person.
 */
static kl_kind_t check_again(kl_service_t *svc, kl_run_t *run, int *over, kl_error_t *err)
{
    kl_operation_t *op = run->op;
    kl_finding_t found;
    kl_kind_t rv = kl_verify_operation(svc, op, &found, kl_error_make(svc->p));

    *over = !is_as_planned(svc, run, found.record);
    if (!*over) {
        return KL_OK;
    }
    if (op->state == KL_OP_QUEUED && found.record) {
        found.truth = KL_TRUTH_NOT_EXECUTED; /* certainly, whoever did the same */
    }
    if (rv != KL_OK || found.truth == KL_TRUTH_NOT_YET) {
        return kl_journal_postpone(svc, op, apr_time_from_sec(KL_LEASE_S), err);
    }
    return found.truth == KL_TRUTH_UNCLEAR
               ? kl_journal_postpone(svc, op, apr_time_from_sec(KL_KEY_PAUSE_S), err)
               : kl_verify_give_up(svc, op, &found, &run->order, err);
}

/* Once more if its first answer was lost and its record allows it. */
static kl_kind_t send_checked(kl_service_t *svc, kl_run_t *run, kl_exchange_t *ex, kl_error_t *err)
{
    int fresh = run->fresh, over = 0;
    kl_kind_t rv = fresh ? KL_OK : check_again(svc, run, &over, err);

    if (rv == KL_OK && !over) {
        rv = call_once(svc, run, ex, err);
    }
    if (rv == KL_OK && fresh && run->op->state == KL_OP_UNKNOWN) {
        rv = check_again(svc, run, &over, err);
        rv = rv == KL_OK && !over ? call_once(svc, run, ex, err) : rv;
    }
    return rv;
}

/* When Klarna has forgotten a key that was in doubt, its record decides instead. */
static kl_kind_t send_with_key(kl_service_t *svc, kl_run_t *run, kl_error_t *err)
{
    kl_exchange_t ex = {.key_expired = 0};
    kl_kind_t rv = kl_op_takes_the_whole(run->op->kind) ? send_checked(svc, run, &ex, err)
                                                        : call_once(svc, run, &ex, err);

    if (rv == KL_OK && ex.key_expired) {
        rv = find_out(svc, run, err);
        rv = rv == KL_OK && run->op->state == KL_OP_QUEUED ? call_once(svc, run, &ex, err) : rv;
    }
    return rv;
}

/* --- placements, which have no key ----------------------------------------------------- */

static kl_kind_t set_orphan(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    const char *op_id = change->baton;

    (void)p, (void)err;
    change->nothing = order->attention == KL_ATTENTION_ORPHAN
                      || strcmp(order->pending_op, op_id) != 0; /* it was found meanwhile */
    kl_attention_raise(order, KL_ATTENTION_ORPHAN);
    return KL_OK;
}

/* Klarna has an order whose id we do not know: a person, or Klarna's own call, ends that. */
static void mark_orphan(kl_service_t *svc, kl_run_t *run)
{
    kl_change_t change = {.make = set_orphan, .baton = (void *)run->op->id, .note = 1};

    (void)kl_change_order(svc, &change, run->op->order_id, &run->order, kl_error_make(svc->p));
}

/* A refusal of a placement after a try whose answer was lost. Being turned away (rate limit,
 * credentials) is not a refusal: it is sent again. */
static int is_doubtful_no(kl_service_t *svc, const kl_operation_t *op, const kl_exchange_t *ex)
{
    return op->state == KL_OP_UNKNOWN
           && kl_call_meaning(op, ex, kl_error_make(svc->p)) == KL_MEANS_REFUSED;
}

/* Shows a placement that Klarna has without saying its id, or whose session it has forgotten. */
static void show_orphan(kl_service_t *svc, kl_run_t *run)
{
    kl_finding_t found;
    kl_kind_t rv = kl_verify_operation(svc, run->op, &found, kl_error_make(svc->p));

    if (found.truth == KL_TRUTH_UNCLEAR && (rv == KL_OK || rv == KL_REFUSED)) {
        mark_orphan(svc, run);
    }
}

/*
 * A no after a lost answer may be the echo of that answer's success. Before the token is used
 * again the session is read: when it is incomplete although no try can be in flight any more,
 * nothing was placed, and the next refusal is final.
 * @return 0 when a no came already and only time can show what it meant
 */
static int may_place_again(kl_service_t *svc, kl_run_t *run, kl_error_t *err)
{
    if (kl_operation_is_in_flight(run->op, svc->now())) {
        return run->op->http_status < 400 || run->op->http_status >= 500;
    }
    (void)find_out(svc, run, err);
    return 1;
}

static kl_kind_t place(kl_service_t *svc, kl_run_t *run, kl_error_t *err)
{
    kl_operation_t *op = run->op;
    kl_exchange_t ex = {.key_expired = 0};
    int wait = 0;
    kl_kind_t rv = kl_told_ask(svc, op, run->order, &wait, err);

    if (rv != KL_OK || wait) {
        return rv;
    }
    if ((op->doubtful || op->state == KL_OP_SENT) && !may_place_again(svc, run, err)) {
        return KL_OK;
    }
    rv = call_once(svc, run, &ex, err);
    if (rv == KL_OK && is_doubtful_no(svc, op, &ex)) {
        show_orphan(svc, run);
    }
    return rv;
}

/* The order id was named: the token is not used again until it proves to be another's. */
static kl_kind_t verify_hint(kl_service_t *svc, kl_run_t *run, kl_error_t *err)
{
    kl_operation_t *op = run->op;
    kl_finding_t found;
    kl_kind_t rv = kl_verify_operation(svc, op, &found, kl_error_make(svc->p));

    if (found.truth == KL_TRUTH_EXECUTED) {
        return kl_verify_end(svc, op, &found, &run->order, err);
    }
    if (rv == KL_OK) { /* an order that is not this one's: the usual way goes on */
        rv = kl_operation_hinted(op, "", svc->now() + apr_time_from_sec(KL_IN_FLIGHT_S), err);
    }
    else {
        if (rv == KL_REFUSED) {
            mark_orphan(svc, run);
        }
        rv = kl_operation_postponed(op, svc->now() + apr_time_from_sec(KL_KEY_PAUSE_S), err);
    }
    return rv == KL_OK ? svc->store->operation_save(svc->store, svc->p, op, err) : rv;
}

/* --- what is sent once -------------------------------------------------------------------- */

/* Not again, and not when the payment has ended meanwhile: it is over, as far as was seen. */
static kl_kind_t send_once(kl_service_t *svc, kl_run_t *run, kl_error_t *err)
{
    const kl_finding_t found = {.truth = KL_TRUTH_NOT_EXECUTED};
    kl_exchange_t ex = {.key_expired = 0};

    KL_CONTRACT(run->order && run->order->instore, err);
    if (run->op->attempts > 0 || kl_instore_is_final(run->order->instore->state)) {
        return kl_verify_give_up(svc, run->op, &found, &run->order, err);
    }
    return call_once(svc, run, &ex, err);
}

/* --- the run ------------------------------------------------------------------------------ */

static kl_kind_t run_one(kl_service_t *svc, kl_run_t *run, kl_error_t *err)
{
    kl_kind_t rv;

    if (kl_op_is_final(run->op->state)) {
        rv = kl_book_operation(svc, run->op, &run->order, err);
    }
    else if (run->op->hint[0]) {
        rv = verify_hint(svc, run, err);
    }
    else if (run->op->kind == KL_OP_PLACE_ORDER) {
        rv = place(svc, run, err);
    }
    else if (kl_op_is_sent_once(run->op->kind)) {
        rv = send_once(svc, run, err);
    }
    else {
        rv = send_with_key(svc, run, err);
    }
    if (err->where) {
        run->order = NULL;
        (void)kl_change_mark_differs(svc, run->op->order_id, KL_LOOK_UNCHANGED,
                                     kl_error_make(svc->p));
    }
    return rv == KL_STALE ? kl_service_in_progress(err) : rv; /* someone else was quicker */
}

kl_kind_t kl_run(kl_service_t *svc, kl_run_t *run, kl_error_t *err)
{
    kl_operation_t *next = NULL;
    kl_kind_t rv;

    for (;;) {
        rv = run_one(svc, run, err);
        run->fresh = 0;
        if (rv != KL_OK || run->op->state != KL_OP_CONFIRMED || !run->op->next_op[0]) {
            return rv;
        }
        rv = svc->store->operation_load(svc->store, svc->p, run->op->next_op, &next, err);
        if (rv != KL_OK) {
            return rv;
        }
        if (next->attempts > 0 && !kl_op_is_final(next->state) && next->lease_until > svc->now()) {
            return kl_service_in_progress(err);
        }
        run->op = next;
    }
}

kl_kind_t kl_run_resume(kl_service_t *svc, kl_run_t *run, kl_error_t *err)
{
    kl_kind_t rv = KL_OK;
    int gone;

    if (kl_op_is_final(run->op->state)) {
        return kl_run(svc, run, err);
    }
    if (run->op->lease_until > svc->now()) {
        return kl_service_in_progress(err);
    }
    if (!run->order) {
        rv = kl_service_order(svc, run->op->order_id, &run->order, err);
    }
    if (rv != KL_OK) {
        return rv;
    }
    if (strcmp(run->order->pending_op, run->op->id) == 0) {
        return kl_run(svc, run, err);
    }
    /* Not its turn, ended since it was loaded, or never claimed: not to be sent. */
    rv = kl_journal_discard_unclaimed(svc, run->op, &gone, err);
    return rv == KL_OK ? kl_service_in_progress(err) : rv;
}

/* --- what was left on an order --------------------------------------------------------------- */

static kl_kind_t busy(const kl_operation_t *op, kl_error_t *err)
{
    kl_error_set(err, KL_CONFLICT, "order_busy", "Operation %s (%s, %s) holds this order.", op->id,
                 kl_op_kind_name(op->kind), kl_op_state_name(op->state));
    err->reason = "busy"; /* as the order's actions show it */
    kl_error_next(err, "Wait until it has ended, then try again.");
    err->retry_after = 2;
    return err->kind;
}

/* 1 when whoever worked on op is gone and it is time to continue. */
static int is_left(kl_service_t *svc, const kl_operation_t *op)
{
    return kl_op_is_final(op->state)
           || (op->lease_until <= svc->now()
               && (op->next_at <= svc->now() || op->kind == KL_OP_ACKNOWLEDGE));
}

/* Nothing depends on it and it can be made again: it never keeps anybody waiting. */
static kl_kind_t make_way(kl_service_t *svc, kl_operation_t *op, kl_order_t **order,
                          kl_error_t *err)
{
    const kl_finding_t found = {.truth = KL_TRUTH_NOT_EXECUTED};

    return kl_verify_give_up(svc, op, &found, order, err);
}

/* Goes on with the operation that holds the order and loads the order again. An operation that
 * cannot be booked is an error; one that is still not final shows in the order. */
static kl_kind_t go_on(kl_service_t *svc, kl_operation_t *op, kl_order_t **order, kl_error_t *err)
{
    const char *id = (*order)->id;
    kl_run_t run = {.op = op, .order = *order};

    if (kl_op_is_final(op->state)) {
        return kl_book_operation(svc, op, order, err);
    }
    if (op->kind == KL_OP_ACKNOWLEDGE) {
        return make_way(svc, op, order, err);
    }
    (void)kl_run_resume(svc, &run, kl_error_make(svc->p));
    return kl_service_order(svc, id, order, err);
}

kl_kind_t kl_run_left(kl_service_t *svc, kl_order_t **order, kl_error_t *err)
{
    kl_operation_t *op = NULL;
    kl_kind_t rv;

    for (int steps = 0; (*order)->pending_op[0]; steps++) {
        rv = svc->store->operation_load(svc->store, svc->p, (*order)->pending_op, &op, err);
        if (rv != KL_OK) {
            return rv == KL_NOT_FOUND ? err->kind = KL_INTERNAL : rv;
        }
        if (steps > KL_MAX_CHAIN || !is_left(svc, op)) {
            return busy(op, err);
        }
        rv = go_on(svc, op, order, err);
        if (rv != KL_OK) {
            return rv;
        }
    }
    return KL_OK;
}
