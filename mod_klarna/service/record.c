/* SPDX-License-Identifier: Apache-2.0 */
/* See record.h. */
#include "service/record.h"

#include <apr_strings.h>
#include <string.h>
#include "api/payments.h"
#include "core/operation_check.h"

#define STORE_PAUSE apr_time_from_msec(100)
#define AGAIN "Wait: the module is finding out what happened. Do not send it as a new request."

static int read_placed(kl_service_t *svc, kl_outcome_t *outcome, const kl_klarna_response_t *resp,
                       kl_error_t *why)
{
    kl_json_t *result = kl_json_object(svc->p);
    kl_placed_t placed;

    if (kl_payments_placed_reply(&placed, svc->p, resp, why) != KL_OK) {
        return 0;
    }
    kl_json_set_str(result, "fraud_status", placed.fraud_status);
    kl_json_set_str(result, "redirect_url", placed.redirect_url);
    outcome->result_id = placed.order_id;
    outcome->result = kl_json_text(svc->p, result);
    return 1;
}

/* What else Klarna's answer said. 0 with why if an answer that must name what it created does
 * not: then it is asked again, or looked up. */
static int read_result(kl_service_t *svc, kl_op_kind_t kind, kl_outcome_t *outcome,
                       const kl_klarna_response_t *resp, kl_error_t *why)
{
    if (kl_op_places(kind)) {
        return read_placed(svc, outcome, resp, why);
    }
    if (kind != KL_OP_CAPTURE && kind != KL_OP_REFUND) {
        return 1;
    }
    outcome->result_id = kind == KL_OP_CAPTURE ? resp->capture_id : resp->refund_id;
    if (!outcome->result_id[0]) {
        kl_error_set(why, KL_PROTOCOL, "unreadable_answer", "Klarna's answer %d names no %s.",
                     resp->status, kl_op_kind_name(kind));
    }
    return outcome->result_id[0] != '\0';
}

static void keep_error(apr_pool_t *p, kl_outcome_t *outcome, const kl_error_t *why)
{
    kl_json_t *messages = kl_json_array(p);
    kl_json_t *refusal = kl_json_object(p);

    for (int i = 0; why->klarna_messages && i < why->klarna_messages->nelts; i++) {
        kl_json_append_str(messages, APR_ARRAY_IDX(why->klarna_messages, i, const char *));
    }
    kl_json_set_str(refusal, "detail", why->detail);
    kl_json_set_str(refusal, "next", why->next);
    outcome->error_code = why->klarna_code ? why->klarna_code : why->code ? why->code : "unknown";
    outcome->error_messages = kl_json_text(p, messages);
    outcome->refusal = kl_json_text(p, refusal);
    outcome->retry_after = why->retry_after;
}

#define NO_RAISE \
    "Nothing was changed. Klarna decides on other lines or a higher amount after a check of its " \
    "own, " \
    "and raises only some ways to pay, in some countries. Leave it as it is, or sell the " \
    "difference " \
    "as a new order."

static kl_outcome_t outcome_of(kl_service_t *svc, const kl_operation_t *op, const kl_exchange_t *ex)
{
    kl_error_t *why = kl_error_make(svc->p);
    kl_outcome_t outcome = {.meaning = kl_call_meaning(op, ex, why), .doubtful = ex->doubtful};

    if (outcome.meaning == KL_MEANS_DONE && !read_result(svc, op->kind, &outcome, &ex->resp, why)) {
        outcome.meaning = KL_MEANS_UNKNOWN;
    }
    if (ex->resp.delivery == KL_ANSWERED) {
        outcome.http_status = ex->resp.status;
        outcome.correlation_id = ex->resp.correlation_id;
    }
    if (outcome.meaning == KL_MEANS_REFUSED && op->kind == KL_OP_LINES) {
        why->next = NO_RAISE;
    }
    if (why->kind != KL_OK) {
        kl_error_next(why, AGAIN);
        keep_error(svc->p, &outcome, why);
    }
    return outcome;
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
            op->stored = stored->stored;
        }
    }
    return rv;
}

kl_kind_t kl_record_outcome(kl_service_t *svc, kl_operation_t *op, const kl_exchange_t *ex,
                            kl_error_t *err)
{
    kl_outcome_t outcome = outcome_of(svc, op, ex);
    unsigned char dice = 0;
    kl_kind_t rv;

    (void)svc->random(&dice, 1);
    rv = kl_operation_answered(op, &outcome, svc->now(), dice, err);
    rv = rv == KL_OK ? kl_operation_check(op, err) : rv;
    if (rv == KL_OK) {
        rv = save_outcome(svc, op, err);
        kl_service_step(svc, "outcome_stored");
    }
    return rv;
}
