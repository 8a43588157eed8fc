/* SPDX-License-Identifier: Apache-2.0 */
/*
 * klarna-callbacks: Klarna calling. Nothing is signed; the URL holds the order's id and a
 * secret only Klarna was told. A hint is stored, answered at once, and verified by reading
 * Klarna; what it says is never believed by itself. While the order is busy the answer is
 * 503 with Retry-After: Klarna asks again. Unknown members are let pass: Klarna adds some.
 */
#include "handlers/handlers.h"

#include <string.h>

static int stored(kl_call_t *call)
{
    kl_json_t *v = kl_json_object(call->r->pool);

    kl_json_set_bool(v, "stored", 1);
    return kl_reply(call, HTTP_OK, v, NULL);
}

/* Busy or changed in this moment: the caller is a machine that comes again. */
static int not_now(kl_call_t *call)
{
    if (call->err->kind == KL_CONFLICT) {
        call->err->kind = KL_UNAVAILABLE;
        call->err->retry_after = call->err->retry_after ? call->err->retry_after : 5;
    }
    return kl_reply_error(call);
}

static int authorization(kl_call_t *call)
{
    kl_reader_t rd = kl_reader(call->r->pool, call->body, "", call->err);
    const char *token = kl_read_str(&rd, "authorization_token", KL_REQUIRED, 1, KL_MAX_STRING);
    const char *session_id = kl_read_str(&rd, "session_id", KL_OPTIONAL, 1, KL_MAX_STRING);
    kl_order_t *order = NULL;

    if (call->err->kind != KL_OK
        || kl_notify_order(&call->svc, call->segment[1], &order, call->err) != KL_OK) {
        return kl_reply_error(call);
    }
    if (session_id && strcmp(session_id, order->session_id) != 0) {
        kl_error_field(call->err, "session_id", "session_id", "another session's id",
                       "the id of this order's session");
        return kl_reply_error(call);
    }
    if (kl_placement_key(call, order->id, order->key, token) != KL_OK
        || kl_notify_authorization(&call->svc, order, token, &call->client, call->err)
               != KL_OK) {
        return not_now(call);
    }
    return stored(call);
}

/* A decision on a fraud review, a push, or a hosted page's status: look at Klarna's record. */
static int changed(kl_call_t *call)
{
    kl_reader_t rd = kl_reader(call->r->pool, call->body, "", call->err);
    const char *id = kl_read_str(&rd, "order_id", KL_OPTIONAL, 1, KL_MAX_STRING);
    kl_order_t *order = NULL;

    if (call->err->kind != KL_OK
        || kl_notify_order(&call->svc, call->segment[1], &order, call->err) != KL_OK) {
        return kl_reply_error(call);
    }
    if (kl_notify_change(&call->svc, order, id ? id : "", call->err) != KL_OK) {
        return not_now(call);
    }
    return stored(call);
}

const kl_route_t kl_callbacks_routes[] = {
    {"POST", "authorization/*", KL_ROUTE_BODY, authorization},
    {"POST", "fraud/*", KL_ROUTE_BODY, changed},
    {"POST", "status/*", KL_ROUTE_BODY, changed},
    {NULL, NULL, 0, NULL}
};
