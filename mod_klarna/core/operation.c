/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of an operation's life. Whatever else works on one asks for a step here.
 */
#include <apr_strings.h>
#include <string.h>

#include "core/limits.h"
#include "core/operation.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

kl_operation_t *kl_operation_make(apr_pool_t *p)
{
    kl_operation_t *op = apr_pcalloc(p, sizeof(*op));
    const char **strings[] = {
        &op->id,
        &op->order_id,
        &op->account,
        &op->method,
        &op->path,
        &op->body,
        &op->intent,
        &op->actor,
        &op->client_key,
        &op->client_hash,
        &op->credit_invoice_id,
        &op->next_op,
        &op->result_id,
        &op->result,
        &op->hint,
        &op->refusal,
        &op->error_code,
        &op->correlation_id,
    };

    for (int i = 0; i < COUNT(strings); i++) {
        *strings[i] = "";
    }
    op->error_messages = "[]";
    return op;
}

#define BIT(state) (1U << (state))
#define UNFINISHED (BIT(KL_OP_QUEUED) | BIT(KL_OP_SENT) | BIT(KL_OP_UNKNOWN))
#define MAYBE_DONE (BIT(KL_OP_SENT) | BIT(KL_OP_UNKNOWN))

/* One that was never sent cannot be confirmed; otherwise, whatever is not final may become
 * anything. */
static int may_become(kl_op_state_t from, kl_op_state_t to)
{
    unsigned before = to == KL_OP_CONFIRMED ? MAYBE_DONE : UNFINISHED;

    return (before & BIT(from)) != 0;
}

/* --- the steps ---------------------------------------------------------------------- */

typedef enum {
    SENT,
    ANSWERED,
    EXECUTED,
    GIVEN_UP,
    RENEWED,
    DISCARDED,
    DISOWNED,
    POSTPONED,
    HINTED
} step_t;

/* From which states each may be taken. */
static const struct {
    const char *name;
    unsigned from;
} steps[] = {
    [SENT] = {"sent", UNFINISHED},
    [ANSWERED] = {"answered", BIT(KL_OP_SENT)},
    [EXECUTED] = {"found executed", MAYBE_DONE},
    [GIVEN_UP] = {"given up", UNFINISHED},
    [RENEWED] = {"renewed", MAYBE_DONE},
    [DISCARDED] = {"discarded", BIT(KL_OP_QUEUED)},
    [DISOWNED] = {"disowned", UNFINISHED},
    [POSTPONED] = {"postponed", UNFINISHED},
    [HINTED] = {"hinted", MAYBE_DONE},
};

/* What else a step asks for, besides its states. */
static int fits(const kl_operation_t *op, step_t step)
{
    switch (step) {
    case DISCARDED:
        return op->attempts == 0;
    case DISOWNED:
        return op->attempts > 0;
    case HINTED:
        return op->kind == KL_OP_PLACE_ORDER;
    default:
        return 1;
    }
}

static kl_kind_t allow(const kl_operation_t *op, step_t step, kl_error_t *err)
{
    if ((steps[step].from & BIT(op->state)) && fits(op, step)) {
        return KL_OK;
    }
    return kl_error_set(err, KL_INTERNAL, "illegal_step",
                        "Operation %s (%s, %s, %d attempts) cannot be %s.", op->id,
                        kl_op_kind_name(op->kind), kl_op_state_name(op->state), op->attempts,
                        steps[step].name);
}

static const char *or_empty(const char *s)
{
    return s != NULL ? s : "";
}

/* What will not be sent again keeps nothing personal: a token, an address. */
static void wipe(kl_operation_t *op)
{
    op->path = op->body = "";
}

/* Nobody holds it any longer. */
static void leave(kl_operation_t *op, kl_op_state_t state, apr_time_t next_at)
{
    op->state = state;
    op->mark = KL_OP_UNMARKED;
    op->lease_until = 0;
    op->next_at = kl_op_is_final(state) ? 0 : next_at;
    if (kl_op_is_final(state) && kl_op_is_personal(op->kind)) {
        wipe(op);
    }
}

const char *kl_operation_no_key(apr_pool_t *p, const kl_operation_t *op)
{
    return apr_pstrcat(p, "-", op->id, NULL);
}

void kl_operation_queued(kl_operation_t *op, apr_time_t now, apr_interval_time_t pause)
{
    leave(op, KL_OP_QUEUED, now + pause);
    op->lease_until = pause ? 0 : now + apr_time_from_sec(KL_LEASE_S);
    op->created_at = op->updated_at = now;
}

/* The last moment to send is a lease before Klarna forgets, so that it arrives in time. */
static int key_is_alive(const kl_operation_t *op, apr_time_t now)
{
    return now - op->sent_at < apr_time_from_sec(KL_KEY_LIFETIME_S - KL_LEASE_S);
}

static void in_doubt(kl_operation_t *op, kl_op_mark_t mark, apr_time_t now)
{
    leave(op, KL_OP_UNKNOWN, now + apr_time_from_sec(KL_KEY_PAUSE_S));
    op->doubtful = 1;
    op->mark = mark;
    op->error_code = kl_op_mark_name(mark);
}

kl_kind_t kl_operation_sent(kl_operation_t *op, apr_time_t now, kl_error_t *err)
{
    if (allow(op, SENT, err) != KL_OK) {
        return err->kind;
    }
    if (op->state == KL_OP_SENT) {
        op->doubtful = 1; /* whoever sent it never stored the outcome */
    }
    if (op->doubtful && kl_op_has_key(op->kind) && !key_is_alive(op, now)) {
        in_doubt(op, KL_OP_KEY_EXPIRED, now);
        return KL_OK;
    }
    if (!op->doubtful) {
        op->sent_at = now; /* Klarna certainly did not execute an earlier one */
    }
    op->state = KL_OP_SENT;
    op->mark = KL_OP_UNMARKED;
    op->attempts++;
    op->updated_at = now;
    op->lease_until = now + apr_time_from_sec(KL_LEASE_S);
    return KL_OK;
}

static kl_op_state_t state_after(const kl_operation_t *op, const kl_outcome_t *outcome)
{
    if (kl_op_is_sent_once(op->kind)) {
        return outcome->meaning == KL_MEANS_DONE ? KL_OP_CONFIRMED : KL_OP_REFUSED;
    }
    switch (outcome->meaning) {
    case KL_MEANS_DONE:
        return KL_OP_CONFIRMED;
    case KL_MEANS_REFUSED:
        return outcome->doubtful && !kl_op_has_key(op->kind) ? KL_OP_UNKNOWN : KL_OP_REFUSED;
    case KL_MEANS_NOT_DONE:
        return outcome->doubtful ? KL_OP_UNKNOWN : KL_OP_QUEUED;
    case KL_MEANS_UNKNOWN:
        break;
    }
    return KL_OP_UNKNOWN;
}

#define MAX_BACKOFF_S 900

/* Doubles from two seconds to a quarter of an hour, plus up to a quarter of it by dice. */
static apr_interval_time_t backoff(int attempts, int retry_after, unsigned char dice)
{
    apr_int64_t s = attempts < 10 ? (apr_int64_t)1 << attempts : MAX_BACKOFF_S;

    s = s > retry_after ? s : retry_after;
    s = s < MAX_BACKOFF_S ? s : MAX_BACKOFF_S;
    return apr_time_from_sec(s) * (1024 + dice) / 1024;
}

/* A refusal of a placement in doubt can be told from an echo only if no try is in flight. */
static apr_interval_time_t pause_after(const kl_operation_t *op, const kl_outcome_t *outcome,
                                       unsigned char dice)
{
    apr_interval_time_t pause = backoff(op->attempts, outcome->retry_after, dice);
    apr_interval_time_t least = outcome->meaning == KL_MEANS_REFUSED
                                    ? apr_time_from_sec(KL_IN_FLIGHT_S)
                                    : 0;

    return pause > least ? pause : least;
}

static void keep_answer(kl_operation_t *op, const kl_outcome_t *outcome)
{
    op->http_status = outcome->http_status;
    op->correlation_id = or_empty(outcome->correlation_id);
    op->result_id = or_empty(outcome->result_id);
    op->result = or_empty(outcome->result);
    op->refusal = or_empty(outcome->refusal);
    op->error_code = or_empty(outcome->error_code);
    op->error_messages = outcome->error_messages ? outcome->error_messages : "[]";
}

kl_kind_t kl_operation_answered(kl_operation_t *op, const kl_outcome_t *outcome, apr_time_t now,
                                unsigned char dice, kl_error_t *err)
{
    kl_op_state_t state = state_after(op, outcome);

    if (allow(op, ANSWERED, err) != KL_OK) {
        return err->kind;
    }
    leave(op, state, now + pause_after(op, outcome, dice));
    op->doubtful = outcome->doubtful || outcome->meaning == KL_MEANS_UNKNOWN
                   || state == KL_OP_UNKNOWN;
    op->updated_at = now;
    keep_answer(op, outcome);
    if (op->kind == KL_OP_DISTRIBUTE) { /* Klarna's words may name whom it was to reach */
        op->refusal = "";
        op->error_messages = "[]";
    }
    return KL_OK;
}

kl_kind_t kl_operation_executed(kl_operation_t *op, const char *result_id, const char *result,
                                apr_time_t now, kl_error_t *err)
{
    if (allow(op, EXECUTED, err) != KL_OK) {
        return err->kind;
    }
    leave(op, KL_OP_CONFIRMED, 0);
    op->result_id = result_id;
    op->result = result;
    op->error_code = op->refusal = "";
    op->error_messages = "[]";
    op->updated_at = now;
    return KL_OK;
}

kl_kind_t kl_operation_given_up(kl_operation_t *op, apr_time_t now, kl_error_t *err)
{
    if (allow(op, GIVEN_UP, err) != KL_OK) {
        return err->kind;
    }
    leave(op, KL_OP_REFUSED, 0);
    op->error_code = KL_GIVEN_UP;
    op->updated_at = now;
    return KL_OK;
}

kl_kind_t kl_operation_renewed(kl_operation_t *op, kl_error_t *err)
{
    if (allow(op, RENEWED, err) != KL_OK) {
        return err->kind;
    }
    op->state = KL_OP_QUEUED;
    op->mark = KL_OP_UNMARKED;
    op->doubtful = 0;
    op->sent_at = 0;
    return KL_OK;
}

kl_kind_t kl_operation_discarded(kl_operation_t *op, apr_pool_t *p, apr_time_t now, kl_error_t *err)
{
    if (allow(op, DISCARDED, err) != KL_OK) {
        return err->kind;
    }
    leave(op, KL_OP_REFUSED, 0);
    op->mark = KL_OP_NOT_STARTED;
    op->error_code = kl_op_mark_name(op->mark);
    op->client_key = kl_operation_no_key(p, op);
    op->updated_at = now;
    wipe(op);
    return KL_OK;
}

kl_kind_t kl_operation_disowned(kl_operation_t *op, apr_time_t now, kl_error_t *err)
{
    if (allow(op, DISOWNED, err) != KL_OK) {
        return err->kind;
    }
    in_doubt(op, KL_OP_UNCLAIMED, now);
    return KL_OK;
}

kl_kind_t kl_operation_postponed(kl_operation_t *op, apr_time_t until, kl_error_t *err)
{
    if (allow(op, POSTPONED, err) != KL_OK) {
        return err->kind;
    }
    op->next_at = until;
    return KL_OK;
}

kl_kind_t kl_operation_hinted(kl_operation_t *op, const char *order_id, apr_time_t from,
                              kl_error_t *err)
{
    if (allow(op, HINTED, err) != KL_OK) {
        return err->kind;
    }
    op->hint = order_id;
    op->next_at = from;
    return KL_OK;
}

kl_kind_t kl_operation_may_be_stored(const kl_operation_t *op, kl_error_t *err)
{
    if (may_become(op->stored, op->state)) {
        return KL_OK;
    }
    return kl_error_set(err, KL_INTERNAL, "illegal_step",
                        "Operation %s (%s) is stored as %s and cannot become %s.", op->id,
                        kl_op_kind_name(op->kind), kl_op_state_name(op->stored),
                        kl_op_state_name(op->state));
}

int kl_operation_is_unstarted(const kl_operation_t *op)
{
    return op->state == KL_OP_QUEUED && op->attempts == 0;
}

int kl_operation_is_in_flight(const kl_operation_t *op, apr_time_t now)
{
    /* Who marked it sent may send until the lease ends; an answer, or its loss, was stored. */
    apr_time_t last = op->state == KL_OP_SENT ? op->lease_until : op->updated_at;

    return op->attempts > 0 && now < last + apr_time_from_sec(KL_IN_FLIGHT_S);
}

/* --- what a person may do with one that does not end by itself ---------------------- */

const kl_words_t *kl_operation_why_not_give_up(const kl_operation_t *op, apr_time_t now)
{
    static const kl_words_t final = {"final", "This operation has ended; its outcome is final."};
    static const kl_words_t in_progress =
        {"in_progress", "This operation is being processed right now; try again shortly."};

    if (kl_op_is_final(op->state)) {
        return &final;
    }
    return op->lease_until > now ? &in_progress : NULL;
}

const kl_words_t *kl_operation_why_not_send_again(const kl_operation_t *op, apr_time_t now)
{
    static const kl_words_t unclaimed =
        {"unclaimed", "This operation does not hold its order and is never sent; give it up."};

    if (!kl_op_is_final(op->state) && op->mark == KL_OP_UNCLAIMED) {
        return &unclaimed;
    }
    return kl_operation_why_not_give_up(op, now);
}
