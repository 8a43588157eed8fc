/* SPDX-License-Identifier: Apache-2.0 */
/* See call.h. */
#include "service/call.h"

#include <string.h>
#include "api/order_management.h"
#include "core/contract.h"
#include "core/operation_check.h"

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

/* Never with the credentials of another account. */
static const kl_account_t *account_of(kl_service_t *svc, const kl_operation_t *op, kl_error_t *err)
{
    const kl_account_t *account = kl_service_account(svc, op->account);

    if (!account) {
        kl_error_set(err, KL_INTERNAL, "wrong_store",
                     "Operation %s belongs to store '%s', not to the caller's.", op->id,
                     op->account);
    }
    return account;
}

static kl_kind_t mark_sent(kl_service_t *svc, kl_operation_t *op, kl_exchange_t *ex,
                           kl_error_t *err)
{
    if (kl_operation_sent(op, svc->now(), err) != KL_OK) {
        return err->kind;
    }
    ex->key_expired = op->mark == KL_OP_KEY_EXPIRED;
    return svc->store->operation_save(svc->store, svc->p, op, err);
}

kl_meaning_t kl_call_meaning(const kl_operation_t *op, const kl_exchange_t *ex, kl_error_t *why)
{
    kl_meaning_t meaning = kl_reply_meaning(&ex->resp, why);

    if (meaning == KL_MEANS_REFUSED && ex->resp.status == 409 && kl_op_has_key(op->kind)) {
        return KL_MEANS_UNKNOWN;
    }
    return meaning;
}

/* One try. What never left this machine took no time at Klarna, what did took some. */
static void try_once(kl_service_t *svc, kl_operation_t *op, const kl_klarna_request_t *req,
                     apr_time_t deadline, kl_exchange_t *ex)
{
    const kl_account_t *account = kl_service_account(svc, op->account);
    int ms;

    ex->resp = kl_klarna_exchange(svc->http, svc->p, account, req, deadline);
    ms = (int)apr_time_as_msec(ex->resp.took);
    op->took = ex->resp.delivery == KL_NOT_SENT ? 0 : ms > 0 ? ms : 1;
    kl_service_step(svc, "called");
}

/* 1 when another try may say more. What is sent once is not sent again in doubt. What acts on an
 * authorization as a whole is not repeated blindly: others may have written it since. */
static int worth_another(kl_op_kind_t kind, kl_meaning_t meaning, const kl_error_t *why,
                         const kl_exchange_t *ex)
{
    if (meaning == KL_MEANS_UNKNOWN) {
        return !kl_op_takes_the_whole(kind) && !kl_op_is_sent_once(kind);
    }
    return meaning == KL_MEANS_NOT_DONE
           && (why->kind == KL_RATE_LIMITED || ex->resp.delivery == KL_NOT_SENT);
}

/* The request as it was stored: every try sends the same bytes with the same key. */
static kl_klarna_request_t request_of(const kl_operation_t *op)
{
    kl_klarna_request_t req = {.method = op->method, .path = op->path, .body = op->body};

    req.idempotency_key = kl_op_has_key(op->kind) ? op->id : "";
    req.repeatable = 0; /* without a key libcurl must not resend it on its own */
    return req;
}

static void send_until_known(kl_service_t *svc, kl_operation_t *op, apr_time_t deadline,
                             kl_exchange_t *ex)
{
    kl_error_t *why = kl_error_make(svc->p);
    kl_klarna_request_t req = request_of(op);
    apr_interval_time_t pause;
    kl_meaning_t meaning;

    for (int tries = 1;; tries++) {
        kl_error_clear(why);
        try_once(svc, op, &req, deadline, ex);
        meaning = kl_call_meaning(op, ex, why);
        if (!worth_another(op->kind, meaning, why, ex) || tries == KL_MAX_TRIES) {
            return;
        }
        pause = pause_before(svc, tries, why->retry_after);
        if (svc->now() + pause >= deadline) {
            return;
        }
        ex->doubtful |= meaning == KL_MEANS_UNKNOWN;
        svc->sleep(pause);
    }
}

kl_kind_t kl_call_operation(kl_service_t *svc, kl_operation_t *op, kl_exchange_t *ex,
                            kl_error_t *err)
{
    apr_time_t deadline = svc->now() + svc->timeout;
    kl_kind_t rv;

    memset(ex, 0, sizeof(*ex));
    KL_CONTRACT(op->version > 0, err); /* intent before action */
    if (kl_operation_check(op, err) != KL_OK) {
        return KL_INTERNAL;
    }
    if (!account_of(svc, op, err)) {
        return err->kind;
    }
    rv = mark_sent(svc, op, ex, err);
    kl_service_step(svc, "marked_sent");
    if (rv == KL_OK && !ex->key_expired) {
        KL_CONTRACT(op->state == KL_OP_SENT && op->lease_until > deadline, err);
        ex->doubtful = op->doubtful;
        send_until_known(svc, op, deadline, ex);
    }
    return rv;
}

kl_kind_t kl_call_klarna(kl_service_t *svc, const char *account, const kl_klarna_request_t *req,
                         kl_klarna_response_t *resp, kl_error_t *err)
{
    const kl_account_t *as = kl_service_account(svc, account);

    if (!as) {
        return kl_error_set(err, KL_INTERNAL, "wrong_store", "Store '%s' is not the caller's.",
                            account);
    }
    *resp = kl_klarna_exchange(svc->http, svc->p, as, req, svc->now() + svc->timeout);
    return kl_reply_meaning(resp, err) == KL_MEANS_DONE ? KL_OK : err->kind;
}

kl_kind_t kl_call_read_record(kl_service_t *svc, const char *account, const char *id,
                              kl_klarna_record_t *record, kl_error_t *err)
{
    kl_klarna_request_t req = kl_order_management_read(svc->p, id);
    kl_klarna_response_t resp;
    kl_kind_t rv;

    if (!req.method) {
        return kl_error_field(err, "klarna_order_id", "klarna_order_id", "some other text",
                              "an order id in Klarna's form");
    }
    rv = kl_call_klarna(svc, account, &req, &resp, err);
    if (rv == KL_OK) {
        rv = kl_order_management_read_reply(record, svc->p, &resp, err);
    }
    if (rv == KL_OK && strcasecmp(record->order_id, id) != 0) {
        return kl_error_set(err, KL_PROTOCOL, "unreadable_answer",
                            "Klarna's answer is about another order.");
    }
    return rv;
}
