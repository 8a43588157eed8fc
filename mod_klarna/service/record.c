/* SPDX-License-Identifier: Apache-2.0 */
/* See record.h. */
#include "service/record.h"

#include <apr_strings.h>
#include <string.h>
#include "api/payments.h"

#define MAX_BACKOFF_S 900
#define STORE_PAUSE apr_time_from_msec(100)
#define AGAIN "Wait: the module is finding out what happened. Do not send it as a new request."

static int read_placed(kl_service_t *svc, kl_operation_t *op, const kl_klarna_response_t *resp,
                       kl_error_t *why)
{
    kl_json_t *result = kl_json_object(svc->p);
    kl_placed_t placed;

    if (kl_payments_placed_reply(&placed, svc->p, resp, why) != KL_OK) {
        return 0;
    }
    kl_json_set_str(result, "fraud_status", placed.fraud_status);
    kl_json_set_str(result, "redirect_url", placed.redirect_url);
    op->result_id = placed.order_id;
    op->result = kl_json_text(svc->p, result);
    return 1;
}

/* What else Klarna's answer said, as the operation keeps it. 0 with why if an answer that must
 * name what it created does not: then Klarna is asked again, or its record is read. */
static int read_result(kl_service_t *svc, kl_operation_t *op, const kl_klarna_response_t *resp,
                       kl_error_t *why)
{
    if (op->kind == KL_OP_PLACE_ORDER) {
        return read_placed(svc, op, resp, why);
    }
    if (op->kind != KL_OP_CAPTURE && op->kind != KL_OP_REFUND) {
        return 1;
    }
    op->result_id = op->kind == KL_OP_CAPTURE ? resp->capture_id : resp->refund_id;
    if (!op->result_id[0]) {
        kl_error_set(why, KL_PROTOCOL, "unreadable_answer", "Klarna's answer %d names no %s.",
                     resp->status, kl_op_kind_name(op->kind));
    }
    return op->result_id[0] != '\0';
}

static void keep_error(kl_service_t *svc, kl_operation_t *op, const kl_error_t *why)
{
    kl_json_t *messages = kl_json_array(svc->p);
    kl_json_t *result = kl_json_object(svc->p);
    int i;

    for (i = 0; why->klarna_messages && i < why->klarna_messages->nelts; i++) {
        kl_json_append_str(messages, APR_ARRAY_IDX(why->klarna_messages, i, const char *));
    }
    kl_json_set_str(result, "detail", why->detail);
    kl_json_set_str(result, "next", why->next);
    op->error_code = why->klarna_code ? why->klarna_code : why->code ? why->code : "unknown";
    op->error_messages = kl_json_text(svc->p, messages);
    op->result = kl_json_text(svc->p, result);
}

/* The state that an answer means for this operation. Without keys, a no after a try whose
 * outcome was never seen may be the echo of its success: a used token says nothing about
 * who used it. */
static kl_op_state_t next_state(kl_service_t *svc, kl_operation_t *op, const kl_exchange_t *ex,
                                kl_meaning_t meaning, kl_error_t *why)
{
    switch (meaning) {
    case KL_MEANS_DONE:
        return read_result(svc, op, &ex->resp, why) ? KL_OP_CONFIRMED : KL_OP_UNKNOWN;
    case KL_MEANS_REFUSED:
        return op->doubtful && !kl_op_has_key(op->kind) ? KL_OP_UNKNOWN : KL_OP_REFUSED;
    case KL_MEANS_NOT_DONE:
        return op->doubtful ? KL_OP_UNKNOWN : KL_OP_QUEUED;
    case KL_MEANS_UNKNOWN:
        break;
    }
    return KL_OP_UNKNOWN;
}

/* Doubles from two seconds to a quarter of an hour, plus up to a quarter of it at random, so
 * that what failed together does not come again together. */
static apr_interval_time_t backoff(kl_service_t *svc, const kl_operation_t *op, int retry_after)
{
    apr_int64_t s = op->attempts < 10 ? (apr_int64_t)1 << op->attempts : MAX_BACKOFF_S;
    unsigned char dice = 0;

    (void)svc->random(&dice, 1);
    s = s > retry_after ? s : retry_after;
    s = s < MAX_BACKOFF_S ? s : MAX_BACKOFF_S;
    return apr_time_from_sec(s) * (1024 + dice) / 1024;
}

/* A refusal of a placement in doubt can be told from an echo only if no try is in flight. */
static apr_time_t next_try(kl_service_t *svc, const kl_operation_t *op, kl_meaning_t meaning,
                           int retry_after)
{
    apr_interval_time_t pause = backoff(svc, op, retry_after);

    if (kl_op_is_final(op->state)) {
        return 0;
    }
    if (meaning == KL_MEANS_REFUSED && pause < apr_time_from_sec(KL_IN_FLIGHT_S)) {
        pause = apr_time_from_sec(KL_IN_FLIGHT_S);
    }
    return op->updated_at + pause;
}

/* Saves op's outcome, and tries again if the database gives no answer: without a key, Klarna cannot
 * be asked a second time. If someone else has stored something since (or our first save succeeded
 * after all), a confirmation still counts, because it stays true; any other outcome gives way, and
 * *op becomes what is stored. */
static kl_kind_t save_outcome(kl_service_t *svc, kl_operation_t *op, kl_error_t *err)
{
    kl_operation_t *stored = NULL;
    kl_kind_t rv = KL_OK;
    int tries;

    for (tries = 0; tries < KL_MAX_TRIES; tries++) {
        kl_error_clear(err);
        rv = svc->store->operation_save(svc->store, svc->p, op, err);
        if (rv == KL_UNAVAILABLE) {
            svc->sleep(STORE_PAUSE);
        }
        else if (rv != KL_STALE) {
            break;
        }
        else if (svc->store->operation_load(svc->store, svc->p, op->id, &stored,
                                            kl_error_make(svc->p))
                 == KL_OK) {
            if (op->state != KL_OP_CONFIRMED || kl_op_is_final(stored->state)) {
                kl_error_clear(err);
                *op = *stored;
                return KL_OK;
            }
            op->version = stored->version;
        }
    }
    return rv;
}

kl_kind_t kl_record_outcome(kl_service_t *svc, kl_operation_t *op, const kl_exchange_t *ex,
                            kl_error_t *err)
{
    kl_kind_t rv;
    kl_error_t *why = kl_error_make(svc->p);
    kl_meaning_t meaning = kl_call_meaning(op, ex, why);

    op->doubtful = ex->doubtful;
    op->error_code = op->result = "";
    op->error_messages = "[]";
    op->state = next_state(svc, op, ex, meaning, why);
    op->doubtful |= op->state == KL_OP_UNKNOWN;
    op->http_status = ex->resp.delivery == KL_ANSWERED ? ex->resp.status : 0;
    op->correlation_id = ex->resp.delivery == KL_ANSWERED ? ex->resp.correlation_id : "";
    op->updated_at = svc->now();
    op->next_at = next_try(svc, op, meaning, why->retry_after);
    op->lease_until = 0;
    if (why->kind != KL_OK) {
        kl_error_next(why, AGAIN);
        keep_error(svc, op, why);
    }
    if (op->kind == KL_OP_PLACE_ORDER && kl_op_is_final(op->state)) {
        op->path = op->body = ""; /* a token and maybe an address: not needed any more */
    }
    rv = save_outcome(svc, op, err);
    kl_service_step(svc, "outcome_stored");
    return rv;
}
