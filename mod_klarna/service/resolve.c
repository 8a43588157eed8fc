/* SPDX-License-Identifier: Apache-2.0 */
/* See resolve.h. */
#include "service/resolve.h"

#include <string.h>
#include "service/book.h"
#include "service/journal.h"
#include "service/reconcile.h"
#include "service/run.h"
#include "service/verify.h"

/* Refuses with the words its view shows. What is final but not yet in its order (its process died
 * in between) is booked now: after "that is final" nobody asks again. */
static kl_kind_t refuse(kl_service_t *svc, const kl_operation_t *op, const kl_words_t *why,
                        kl_error_t *err)
{
    kl_order_t *order = NULL;

    if (kl_op_is_final(op->state) && kl_book_operation(svc, op, &order, err) != KL_OK) {
        return err->kind;
    }
    kl_error_because(err, KL_CONFLICT, why->code, why);
    err->retry_after = strcmp(why->code, "in_progress") == 0 ? 2 : 0;
    return err->kind;
}

static kl_kind_t resume(kl_service_t *svc, kl_operation_t **op, kl_error_t *err)
{
    kl_run_t run = {.op = *op};
    kl_kind_t rv = kl_run_resume(svc, &run, err);

    *op = run.op;
    return rv;
}

kl_kind_t kl_resolve_send_again(kl_service_t *svc, const char *order_id, const char *op_id,
                                kl_operation_t **op, kl_error_t *err)
{
    const kl_words_t *why;
    kl_kind_t rv = kl_service_operation(svc, order_id, op_id, op, err);

    if (rv != KL_OK) {
        return rv;
    }
    why = kl_operation_why_not_send_again(*op, svc->now());
    return why ? refuse(svc, *op, why, err) : resume(svc, op, err);
}

/* Too early to say: the worker leaves it alone until the record is conclusive. */
static kl_kind_t let_it_rest(kl_service_t *svc, kl_operation_t *op, kl_error_t *err)
{
    kl_kind_t rv = kl_journal_postpone(svc, op, 2 * apr_time_from_sec(KL_IN_FLIGHT_S), err);

    if (rv == KL_OK || rv == KL_STALE) {
        rv = kl_service_in_progress(err);
        err->retry_after = KL_IN_FLIGHT_S;
    }
    return rv;
}

static const char *what_to_do(const kl_operation_t *op, const apr_array_header_t *candidates)
{
    if (!candidates) {
        return "Look for the order in Klarna's portal and adopt it with its order id.";
    }
    if (op->kind == KL_OP_PLACE_ORDER) {
        return "Look for the order in Klarna's portal and adopt it with its order id. If there is "
               "none, give up again with not_executed.";
    }
    if (candidates->nelts) {
        return "Look in Klarna's portal. Give up again with executed_as set to the right "
               "candidate's id, or with not_executed if it is none of them.";
    }
    return "Look in Klarna's portal. If it was not executed, give up again with not_executed.";
}

static kl_kind_t unclear(const kl_operation_t *op, const apr_array_header_t *candidates,
                         kl_error_t *err)
{
    kl_error_set(err, KL_CONFLICT, "unclear",
                 "Klarna's record does not show whether this was executed.");
    kl_error_next(err, what_to_do(op, candidates));
    return err->kind;
}

/* A placement whose supplied order id leads nowhere: its session decides. */
static kl_kind_t find_without_hint(kl_service_t *svc, const kl_operation_t *op, kl_finding_t *found,
                                   kl_error_t *err)
{
    kl_operation_t as_if = *op;

    as_if.hint = "";
    kl_error_clear(err);
    return kl_verify_operation(svc, &as_if, found, err);
}

/* What Klarna's record shows. If Klarna does not show the order (any longer), that proves
 * nothing. */
static kl_kind_t look_up(kl_service_t *svc, const kl_operation_t *op, const kl_said_t *said,
                         kl_finding_t *found, kl_error_t *err)
{
    kl_kind_t rv;

    *found = (kl_finding_t){.truth = KL_TRUTH_NOT_EXECUTED, .result_id = "", .result = ""};
    if (!op->doubtful && op->state != KL_OP_SENT) {
        return KL_OK;
    }
    rv = kl_verify_operation(svc, op, found, err);
    if (said->not_executed && found->truth == KL_TRUTH_UNCLEAR && (rv == KL_OK || rv == KL_REFUSED)
        && op->hint[0]) {
        rv = find_without_hint(svc, op, found, err);
    }
    if (rv == KL_REFUSED) {
        kl_error_clear(err);
        rv = KL_OK;
    }
    return rv;
}

/* The name by which a person would have to identify what was found. */
static const char *name_of(const kl_operation_t *op, const kl_finding_t *found)
{
    return found->result_id[0] ? found->result_id : kl_op_kind_name(op->kind);
}

/* Klarna's record is conclusive: a person's statement must not contradict it. */
static kl_kind_t agree(const kl_operation_t *op, const kl_said_t *said, const kl_finding_t *found,
                       kl_error_t *err)
{
    int executed = found->truth == KL_TRUTH_EXECUTED;

    if (executed ? !said->not_executed && strcmp(said->executed_as, name_of(op, found)) == 0
                 : said->not_executed) {
        return KL_OK;
    }
    kl_error_set(err, KL_CONFLICT, "contradicted", "Klarna's record shows that this was %s%s.",
                 executed ? "executed: " : "not executed", executed ? name_of(op, found) : "");
    kl_error_next(err, "Look again. If you give up without executed_as and not_executed, it ends "
                       "as Klarna's record shows.");
    return err->kind;
}

static kl_kind_t take_candidate(const kl_operation_t *op, const char *id, kl_finding_t *found,
                                kl_error_t *err)
{
    for (int i = 0; found->candidates && i < found->candidates->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(found->candidates, i, kl_klarna_move_t).id, id) == 0) {
            found->truth = KL_TRUTH_EXECUTED;
            found->result_id = op->kind == KL_OP_CAPTURE || op->kind == KL_OP_REFUND ? id : "";
            return KL_OK;
        }
    }
    kl_error_set(err, KL_CONFLICT, "not_a_candidate",
                 "Klarna's record, read just now, has no matching entry with that id.");
    kl_error_next(err, what_to_do(op, found->candidates));
    return err->kind;
}

/* A person's word into the finding, where it counts. */
static kl_kind_t take_word(kl_service_t *svc, const kl_operation_t *op, const kl_said_t *said,
                           kl_finding_t *found, kl_error_t *err)
{
    if (found->truth == KL_TRUTH_NOT_YET) {
        return KL_OK;
    }
    if (found->truth != KL_TRUTH_UNCLEAR) {
        return agree(op, said, found, err);
    }
    if (kl_operation_is_in_flight(op, svc->now())) {
        found->truth = KL_TRUTH_NOT_YET;
        return KL_OK;
    }
    if (!said->not_executed) {
        return take_candidate(op, said->executed_as, found, err);
    }
    if (found->candidates) {
        found->truth = KL_TRUTH_NOT_EXECUTED;
    }
    return KL_OK;
}

/* So that nobody is working on with books that lack what others did. When that cannot be now, the
 * fold has made the worker's look due. */
static void read_anew(kl_service_t *svc, const char *order_id)
{
    kl_error_t *ignored = kl_error_make(svc->p);
    kl_order_t *order = NULL;
    kl_look_t look;

    if (kl_service_order(svc, order_id, &order, ignored) == KL_OK) {
        (void)kl_reconcile_order(svc, &order, &look, ignored);
    }
}

static int is_said(const kl_said_t *said)
{
    return said->executed_as[0] || said->not_executed;
}

static kl_kind_t end_it(kl_service_t *svc, kl_operation_t *op, const kl_said_t *said,
                        const kl_finding_t *found, kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv;

    if (found->truth == KL_TRUTH_UNCLEAR) {
        return unclear(op, found->candidates, err);
    }
    if (found->truth == KL_TRUTH_NOT_YET) {
        return let_it_rest(svc, op, err);
    }
    rv = kl_verify_give_up(svc, op, found, &order, err);
    if (rv == KL_OK && is_said(said)) {
        read_anew(svc, op->order_id);
    }
    return rv;
}

kl_kind_t kl_resolve_give_up(kl_service_t *svc, kl_give_up_t *it, kl_error_t *err)
{
    const kl_words_t *why = NULL;
    kl_order_t *order = NULL;
    kl_finding_t found;
    kl_kind_t rv = kl_service_operation(svc, it->order_id, it->op_id, &it->op, err);

    it->candidates = NULL;
    if (rv == KL_OK) {
        rv = kl_service_order(svc, it->order_id, &order,
                              err); /* nothing ends that cannot be booked */
    }
    if (rv == KL_OK) {
        why = kl_operation_why_not_give_up(it->op, svc->now());
    }
    if (why) {
        return refuse(svc, it->op, why, err);
    }
    if (rv == KL_OK) {
        rv = look_up(svc, it->op, &it->said, &found, err);
    }
    if (rv == KL_OK) {
        it->candidates = found.truth == KL_TRUTH_UNCLEAR ? found.candidates : NULL;
        rv = is_said(&it->said) ? take_word(svc, it->op, &it->said, &found, err) : KL_OK;
    }
    return rv == KL_OK ? end_it(svc, it->op, &it->said, &found, err) : rv;
}
