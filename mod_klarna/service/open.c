/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person does with an operation that does not come to its end by itself: send it
 * again now, or give it up. Giving up never guesses: what may have been executed is looked
 * up at Klarna first.
 */
#include "service/service.h"

#include <string.h>

static kl_kind_t find(kl_service_t *svc, const char *order_id, const char *op_id,
                      kl_operation_t **op, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv = kl_service_order(svc, order_id, &order, err);

    if (rv == KL_OK && kl_id_is_uuid(op_id)) {
        rv = svc->store->operation_load(svc->store, svc->p, op_id, op, err);
    }
    else if (rv == KL_OK) {
        rv = KL_NOT_FOUND;
    }
    if (rv == KL_NOT_FOUND || (rv == KL_OK && strcmp((*op)->order_id, order_id) != 0)) {
        kl_error_clear(err);
        return kl_error_set(err, KL_NOT_FOUND, "no_such_operation",
                            "This order has no such operation.");
    }
    return rv;
}

/* Refuses with the words its view shows. What is final but not in its order yet (its process
 * died in between) is brought there: after "that is final" nobody asks again. */
static kl_kind_t refuse(kl_service_t *svc, const kl_operation_t *op, const kl_words_t *why,
                        kl_error_t *err)
{
    if (kl_op_is_final(op->state) && kl_fold(svc, op, err) != KL_OK) {
        return err->kind;
    }
    kl_error_because(err, KL_CONFLICT, why->code, why);
    err->retry_after = strcmp(why->code, "in_progress") == 0 ? 2 : 0;
    return err->kind;
}

kl_kind_t kl_send_again(kl_service_t *svc, const char *order_id, const char *op_id,
                        kl_operation_t **op, kl_error_t *err)
{
    const kl_words_t *why;
    kl_kind_t rv = find(svc, order_id, op_id, op, err);

    if (rv != KL_OK) {
        return rv;
    }
    why = kl_why_not_send_again(*op, svc->now());
    return why ? refuse(svc, *op, why, err) : kl_resume(svc, op, err);
}

/* Too early to tell: the worker lets it rest, so that it can be told. */
static kl_kind_t let_it_rest(kl_service_t *svc, kl_operation_t *op, kl_error_t *err)
{
    kl_kind_t rv;

    op->next_at = svc->now() + 2 * apr_time_from_sec(KL_IN_FLIGHT_S);
    rv = svc->store->operation_save(svc->store, svc->p, op, err);
    if (rv == KL_OK || rv == KL_CONFLICT) {
        rv = kl_in_progress(err);
        err->retry_after = KL_IN_FLIGHT_S;
    }
    return rv;
}

static kl_kind_t unclear(kl_error_t *err)
{
    kl_error_clear(err);
    kl_error_set(err, KL_CONFLICT, "unclear",
                 "Klarna's record does not tell whether this was executed.");
    kl_error_next(err, "Compare the order with Klarna's portal; an orphaned placement is "
                       "adopted with Klarna's order id.");
    return err->kind;
}

kl_kind_t kl_give_up(kl_service_t *svc, const char *order_id, const char *op_id,
                     kl_operation_t **op, kl_error_t *err)
{
    kl_finding_t found = {.truth = KL_TRUTH_NOT_EXECUTED, .result_id = "", .result = ""};
    const kl_words_t *why = NULL;
    kl_kind_t rv = find(svc, order_id, op_id, op, err);

    if (rv == KL_OK) {
        why = kl_why_not_give_up(*op, svc->now());
    }
    if (why) {
        return refuse(svc, *op, why, err);
    }
    if (rv == KL_OK && ((*op)->doubtful || (*op)->state == KL_OP_SENT)) {
        rv = kl_truth_find(svc, *op, &found, err);
    }
    if (rv == KL_REFUSED || (rv == KL_OK && found.truth == KL_TRUTH_UNCLEAR)) {
        return unclear(err); /* Klarna has no such record any more, or it does not tell */
    }
    if (rv == KL_OK && found.truth == KL_TRUTH_NOT_YET) {
        return let_it_rest(svc, *op, err);
    }
    return rv == KL_OK ? kl_truth_settle(svc, *op, &found, "given_up", err) : rv;
}
