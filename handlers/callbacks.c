/* SPDX-License-Identifier: Apache-2.0 */
/*
 * klarna-callbacks: Klarna calling. Nothing is signed; the URL holds the order's id and a secret
 * that only Klarna knows. A hint is stored, answered at once, and verified by reading Klarna; what
 * it says is never taken on trust. While the order is busy the answer is 503 with Retry-After:
 * Klarna asks again. Unknown members are accepted: Klarna adds new ones.
 */
#include "handlers/handlers.h"

#include <http_log.h>
#include <string.h>
#include "service/callbacks.h"

#define UNREADABLE "unreadable"

static int stored(kl_call_t *call)
{
    kl_json_t *v = kl_json_object(call->r->pool);

    kl_json_set_bool(v, "stored", 1);
    return kl_reply(call, HTTP_OK, v, NULL);
}

/* Busy or changed in this moment: the caller is a machine that comes again. */
static int not_now(kl_call_t *call)
{
    call->err->kind = KL_UNAVAILABLE;
    call->err->retry_after = call->err->retry_after ? call->err->retry_after : 5;
    return kl_reply_error(call);
}

/* For the operator, who sees whether callbacks arrive. A note that fails is only logged. */
static int noted(kl_call_t *call, const kl_called_t *called, int status)
{
    kl_error_t *err = kl_error_make(call->r->pool);

    if (kl_callbacks_note(&call->svc, call->segment[0], called, err) != KL_OK) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, call->r,
                      "KLA0035: a callback could not be recorded: %s", err->detail);
    }
    return status;
}

/* One that came in the wrong moment is neither good nor bad: it comes again. */
static int refused(kl_call_t *call, kl_called_t *called)
{
    if (call->err->kind == KL_CONFLICT || call->err->kind == KL_STALE) {
        return not_now(call);
    }
    called->why = call->err->kind == KL_UNAVAILABLE ? "database" : called->why;
    return noted(call, called, kl_reply_error(call));
}

/* The order of the URL that was called; a fault after that is one of the body. */
static kl_kind_t find_order(kl_call_t *call, kl_called_t *called)
{
    kl_kind_t rv = kl_callbacks_order(&call->svc, call->segment[1], called, call->err);

    called->why = rv == KL_OK ? UNREADABLE : called->why;
    return rv;
}

static kl_kind_t take_authorization(kl_call_t *call, kl_called_t *called)
{
    kl_reader_t rd = kl_reader(call->r->pool, call->body, "", call->err);
    const char *token = kl_read_str(&rd, "authorization_token", KL_REQUIRED, 1, KL_MAX_STRING);
    const char *session_id = kl_read_str(&rd, "session_id", KL_OPTIONAL, 1, KL_MAX_STRING);
    const kl_order_t *order;

    if (call->err->kind != KL_OK || find_order(call, called) != KL_OK) {
        return call->err->kind;
    }
    order = called->order;
    if (session_id && strcmp(session_id, order->session_id) != 0) {
        return kl_error_field(call->err, "session_id", "session_id", "another session's id",
                              "the id of this order's session");
    }
    if (kl_placement_key(call, order->merchant, order->id, order->key, token) != KL_OK) {
        return call->err->kind;
    }
    return kl_callbacks_authorization(&call->svc, order, token, &call->client, call->err);
}

/* A decision on a fraud review, a push, or a hosted page's status: look at Klarna's record. */
static kl_kind_t take_change(kl_call_t *call, kl_called_t *called)
{
    kl_reader_t rd = kl_reader(call->r->pool, call->body, "", call->err);
    const char *id = kl_read_str(&rd, "order_id", KL_OPTIONAL, 1, KL_MAX_STRING);

    if (call->err->kind != KL_OK || find_order(call, called) != KL_OK) {
        return call->err->kind;
    }
    return kl_callbacks_change(&call->svc, called->order, id ? id : "", call->err);
}

typedef kl_kind_t take_fn(kl_call_t *call, kl_called_t *called);

/* The body is read here and not by the dispatcher, so that one that is not JSON is recorded too. */
static int take(kl_call_t *call, take_fn *take_it)
{
    kl_called_t called = {.account = call->svc.account->name, .why = UNREADABLE};

    if (kl_body_read(call, 0) != KL_OK || take_it(call, &called) != KL_OK) {
        return refused(call, &called);
    }
    called.why = "";
    return noted(call, &called, stored(call));
}

static int authorization(kl_call_t *call)
{
    return take(call, take_authorization);
}

static int changed(kl_call_t *call)
{
    return take(call, take_change);
}

const kl_route_t kl_callbacks_routes[] = {
    {"POST", "authorization/*", 0, authorization},
    {"POST", "fraud/*", 0, changed},
    {"POST", "status/*", 0, changed},
    {NULL, NULL, 0, NULL},
};
