/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking: performing, settling and folding until an operation and those that follow it
 * ended, or as far as it gets now. Whoever walks, the request's thread or a worker of any
 * host, the way is the same.
 */
#include "service/service.h"

#include <string.h>

static kl_kind_t call_once(kl_service_t *svc, kl_operation_t *op, kl_exchange_t *ex,
                           kl_error_t *err)
{
    kl_kind_t rv;

    memset(ex, 0, sizeof(*ex));
    rv = kl_perform(svc, op, ex, err);
    return rv == KL_OK ? kl_settle(svc, op, ex, err) : rv;
}

/* Lets Klarna's record decide; what was not executed is queued to start afresh. When the
 * record cannot be read now, or does not tell, the operation stays unknown. */
static kl_kind_t find_out(kl_service_t *svc, kl_operation_t *op, kl_error_t *err)
{
    kl_finding_t found;

    kl_error_clear(err);
    if (kl_truth_find(svc, op, &found, kl_error_make(svc->p)) != KL_OK) {
        return KL_OK;
    }
    return kl_truth_settle(svc, op, &found, "", err);
}

/* Klarna has forgotten a key that was in doubt: its record decides instead. */
static kl_kind_t send_with_key(kl_service_t *svc, kl_operation_t *op, kl_error_t *err)
{
    kl_exchange_t ex;
    kl_kind_t rv = call_once(svc, op, &ex, err);

    if (rv == KL_CONFLICT && strcmp(err->code, "key_expired") == 0) {
        rv = find_out(svc, op, err);
        rv = rv == KL_OK && op->state == KL_OP_QUEUED ? call_once(svc, op, &ex, err) : rv;
    }
    return rv;
}

/* Klarna has an order whose id we do not know: a person, or Klarna's own call, ends that. */
static void mark_orphan(kl_service_t *svc, const kl_operation_t *op)
{
    kl_error_t *ignored = kl_error_make(svc->p);
    kl_order_t *order = NULL;

    if (svc->store->order_load(svc->store, svc->p, op->order_id, &order, ignored) == KL_OK
        && strcmp(order->attention, "orphan") != 0) {
        order->attention = "orphan";
        (void)svc->store->order_save(svc->store, svc->p, order, ignored);
    }
}

/* A no to a placement after a try whose answer was lost. What was only turned away (a rate,
 * the credentials) is no such no: it is sent again. */
static int is_doubtful_no(kl_service_t *svc, const kl_operation_t *op, const kl_exchange_t *ex)
{
    return op->state == KL_OP_UNKNOWN
           && kl_exchange_meaning(op, ex, kl_error_make(svc->p)) == KL_MEANS_REFUSED;
}

/* Shows a placement that Klarna has without telling its id, or whose session it has forgotten. */
static void show_orphan(kl_service_t *svc, const kl_operation_t *op)
{
    kl_finding_t found;
    kl_kind_t rv = kl_truth_find(svc, op, &found, kl_error_make(svc->p));

    if (found.truth == KL_TRUTH_UNCLEAR && (rv == KL_OK || rv == KL_REFUSED)) {
        mark_orphan(svc, op);
    }
}

/*
 * A placement has no key, so a no after a lost answer may be the echo of its success. Before
 * its token is used again the session is asked: while that is incomplete, although no try can
 * be in flight any more, nothing was placed and the next no is meant.
 * @return 0 when a no came already and only time can tell what it meant
 */
static int may_place_again(kl_service_t *svc, kl_operation_t *op, kl_error_t *err)
{
    if (kl_may_be_in_flight(svc, op)) {
        return op->http_status < 400 || op->http_status >= 500;
    }
    (void)find_out(svc, op, err);
    return 1;
}

static kl_kind_t place(kl_service_t *svc, kl_operation_t *op, kl_error_t *err)
{
    kl_exchange_t ex;
    kl_kind_t rv;

    if ((op->doubtful || op->state == KL_OP_SENT) && !may_place_again(svc, op, err)) {
        return KL_OK;
    }
    rv = call_once(svc, op, &ex, err);
    if (rv == KL_OK && is_doubtful_no(svc, op, &ex)) {
        show_orphan(svc, op);
    }
    return rv;
}

/* The order id was named: the token is not used again until it proves to be another's. */
static kl_kind_t verify_hint(kl_service_t *svc, kl_operation_t *op, kl_error_t *err)
{
    kl_finding_t found;
    kl_kind_t rv = kl_truth_find(svc, op, &found, kl_error_make(svc->p));

    if (found.truth == KL_TRUTH_EXECUTED) {
        return kl_truth_settle(svc, op, &found, "", err);
    }
    if (rv == KL_OK) {
        op->result = ""; /* an order that is not this one's: the usual way goes on */
    }
    else if (rv == KL_REFUSED) {
        mark_orphan(svc, op);
    }
    op->next_at = svc->now() + apr_time_from_sec(rv == KL_OK ? KL_IN_FLIGHT_S : KL_KEY_PAUSE_S);
    return svc->store->operation_save(svc->store, svc->p, op, err);
}

static kl_kind_t walk_one(kl_service_t *svc, kl_operation_t *op, kl_error_t *err)
{
    kl_kind_t rv;

    if (kl_op_is_final(op->state)) {
        rv = kl_fold(svc, op, err);
    }
    else if (kl_placement_hint(svc->p, op)) {
        rv = verify_hint(svc, op, err);
    }
    else {
        rv = op->kind == KL_OP_PLACE_ORDER ? place(svc, op, err) : send_with_key(svc, op, err);
    }
    if (rv == KL_CONFLICT && strcmp(err->code, "version") == 0) {
        return kl_in_progress(err); /* another walker was quicker */
    }
    return rv;
}

kl_kind_t kl_walk(kl_service_t *svc, kl_operation_t **op, kl_error_t *err)
{
    kl_operation_t *next = NULL;
    kl_kind_t rv;

    for (;;) {
        rv = walk_one(svc, *op, err);
        if (rv != KL_OK || (*op)->state != KL_OP_CONFIRMED || !(*op)->next_op[0]) {
            return rv;
        }
        rv = svc->store->operation_load(svc->store, svc->p, (*op)->next_op, &next, err);
        if (rv != KL_OK) {
            return rv;
        }
        if (next->attempts > 0 && !kl_op_is_final(next->state) && next->lease_until > svc->now()) {
            return kl_in_progress(err);
        }
        *op = next;
    }
}

kl_kind_t kl_resume(kl_service_t *svc, kl_operation_t **op, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv;
    int gone;

    if (kl_op_is_final((*op)->state)) {
        return kl_walk(svc, op, err);
    }
    if ((*op)->lease_until > svc->now()) {
        return kl_in_progress(err);
    }
    rv = svc->store->order_load(svc->store, svc->p, (*op)->order_id, &order, err);
    if (rv != KL_OK) {
        return rv;
    }
    if (strcmp(order->pending_op, (*op)->id) == 0) {
        return kl_walk(svc, op, err);
    }
    /* Not its turn, ended since it was loaded, or never claimed: not to be sent. */
    rv = kl_operation_discard_unclaimed(svc, *op, &gone, err);
    return rv == KL_OK ? kl_in_progress(err) : rv;
}
