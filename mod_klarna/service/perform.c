/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Performing the one call of an operation. Before the first byte leaves, the operation is
 * durably "sent"; every try carries the same key and the same bytes. Tries end with the
 * first answer that settles the matter, with the third try, or with the deadline.
 */
#include "service/service.h"

#define FIRST_PAUSE apr_time_from_msec(200)

/* A pause that doubles, plus up to half of it at random so that callers do not march in
 * step; what Klarna asks for (seconds) when that is longer. */
static apr_interval_time_t pause_before(kl_service_t *svc, int tries, int retry_after)
{
    apr_interval_time_t pause = FIRST_PAUSE << (tries - 1);
    unsigned char dice = 0;

    if (svc->random(&dice, 1)) {
        pause += pause * dice / 512;
    }
    if (pause < apr_time_from_sec(retry_after)) {
        pause = apr_time_from_sec(retry_after);
    }
    return pause;
}

/* Klarna has forgotten the key: sending it again could move the money a second time. Only
 * Klarna's own record can tell what came of it. */
static kl_kind_t key_expired(kl_service_t *svc, kl_operation_t *op, kl_error_t *err)
{
    kl_kind_t rv;

    op->state = KL_OP_UNKNOWN;
    op->doubtful = 1;
    op->error_code = "key_expired";
    op->next_at = svc->now() + apr_time_from_sec(KL_KEY_PAUSE_S);
    rv = svc->store->operation_save(svc->store, svc->p, op, err);
    if (rv != KL_OK) {
        return rv;
    }
    kl_error_set(err, KL_CONFLICT, "key_expired",
                 "Klarna has forgotten the key of operation %s; it is not sent again.", op->id);
    return err->kind;
}

/* The last moment to send is a lease before Klarna forgets, so that it arrives in time. */
static int key_is_alive(const kl_operation_t *op, apr_time_t now)
{
    return now - op->sent_at < apr_time_from_sec(KL_KEY_LIFETIME_S - KL_LEASE_S);
}

static kl_kind_t mark_sent(kl_service_t *svc, kl_operation_t *op, kl_error_t *err)
{
    apr_time_t now = svc->now();

    if (!kl_service_account(svc, op->merchant)) { /* never with another store's credentials */
        return kl_error_set(err, KL_INTERNAL, "wrong_store",
                            "Operation %s belongs to store '%s', not to the caller's.", op->id,
                            op->merchant);
    }
    if (op->state == KL_OP_SENT) {
        op->doubtful = 1; /* whoever sent it never stored what came of it */
    }
    if (op->doubtful && kl_op_has_key(op->kind) && !key_is_alive(op, now)) {
        return key_expired(svc, op, err);
    }
    if (!op->doubtful) {
        op->sent_at = now; /* Klarna certainly did not execute an earlier one */
    }
    op->state = KL_OP_SENT;
    op->attempts++;
    op->updated_at = now;
    op->lease_until = now + apr_time_from_sec(KL_LEASE_S);
    return svc->store->operation_save(svc->store, svc->p, op, err);
}

kl_meaning_t kl_exchange_meaning(const kl_operation_t *op, const kl_exchange_t *ex, kl_error_t *why)
{
    kl_meaning_t meaning = kl_reply_meaning(ex->delivery, &ex->resp, ex->why, why);

    if (meaning == KL_MEANS_REFUSED && ex->resp.status == 409 && kl_op_has_key(op->kind)) {
        return KL_MEANS_UNKNOWN;
    }
    return meaning;
}

/* One try. What never left this machine took no time at Klarna, what did took some. */
static void try_once(kl_service_t *svc, kl_operation_t *op, const kl_request_t *req,
                     apr_time_t deadline, kl_exchange_t *ex)
{
    apr_time_t begin = svc->now();
    int ms;

    ex->why = "";
    ex->delivery = svc->transport->perform(svc->transport, svc->p, svc->account, req, deadline,
                                           &ex->resp, &ex->why);
    ms = (int)apr_time_as_msec(svc->now() - begin);
    op->took = ex->delivery == KL_NOT_SENT ? 0 : ms > 0 ? ms : 1;
    kl_step(svc, "called");
}

/* 1 when another try may tell more. */
static int worth_another(kl_meaning_t meaning, const kl_error_t *why, const kl_exchange_t *ex)
{
    if (meaning == KL_MEANS_UNKNOWN) {
        return 1;
    }
    return meaning == KL_MEANS_NOT_DONE
           && (why->kind == KL_RATE_LIMITED || ex->delivery == KL_NOT_SENT);
}

kl_kind_t kl_perform(kl_service_t *svc, kl_operation_t *op, kl_exchange_t *ex, kl_error_t *err)
{
    apr_time_t deadline = svc->now() + svc->timeout;
    kl_error_t *why = kl_error_make(svc->p);
    kl_request_t req;
    kl_meaning_t meaning;
    apr_interval_time_t pause;
    kl_kind_t rv;
    int tries;

    rv = mark_sent(svc, op, err);
    kl_step(svc, "marked_sent");
    if (rv != KL_OK) {
        return rv;
    }
    req.method = op->method;
    req.path = op->path;
    req.body = op->body;
    req.idempotency_key = kl_op_has_key(op->kind) ? op->id : "";
    req.repeatable = 0; /* without a key libcurl must not send it a second time by itself */
    ex->doubtful = op->doubtful;
    for (tries = 1;; tries++) {
        kl_error_clear(why);
        try_once(svc, op, &req, deadline, ex);
        meaning = kl_exchange_meaning(op, ex, why);
        if (!worth_another(meaning, why, ex) || tries == KL_MAX_TRIES) {
            return KL_OK;
        }
        pause = pause_before(svc, tries, why->retry_after);
        if (svc->now() + pause >= deadline) {
            return KL_OK;
        }
        ex->doubtful |= meaning == KL_MEANS_UNKNOWN;
        svc->sleep(pause);
    }
}

kl_kind_t kl_call(kl_service_t *svc, const kl_request_t *req, kl_response_t *resp, kl_error_t *err)
{
    const char *why = "";
    kl_delivery_t delivery = svc->transport->perform(svc->transport, svc->p, svc->account, req,
                                                     svc->now() + svc->timeout, resp, &why);

    return kl_reply_meaning(delivery, resp, why, err) == KL_MEANS_DONE ? KL_OK : err->kind;
}
