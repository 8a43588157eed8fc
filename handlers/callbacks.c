/* SPDX-License-Identifier: Apache-2.0 */
/* See callbacks.h. */
#include "handlers/callbacks.h"
#include "handlers/handlers.h"

#include <http_log.h>
#include <string.h>
#include "service/callbacks.h"
#include "handlers/body.h"
#include "handlers/answer.h"
#include "core/reader.h"

#define UNREADABLE "unreadable"

static int stored(kl_request_t *req)
{
    kl_json_t *v = kl_json_object(req->r->pool);

    kl_json_set_bool(v, "stored", 1);
    return kl_answer(req, HTTP_OK, v, NULL);
}

/* Busy or changed in this moment: the caller is a machine that comes again. */
static int not_now(kl_request_t *req)
{
    req->err->kind = KL_UNAVAILABLE;
    req->err->retry_after = req->err->retry_after ? req->err->retry_after : 5;
    return kl_answer_error(req);
}

/* For the operator, who sees whether callbacks arrive. A note that fails is only logged. */
static int noted(kl_request_t *req, const kl_called_t *called, int status)
{
    kl_error_t *err = kl_error_make(req->r->pool);

    if (kl_callbacks_note(&req->svc, req->segment[0], called, err) != KL_OK) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, req->r,
                      "KLA0035: a callback could not be recorded: %s", err->detail);
    }
    return status;
}

/* One that came in the wrong moment is neither good nor bad: it comes again. Nor is one for an
 * order of ours that is broken. */
static int refused(kl_request_t *req, kl_called_t *called)
{
    if (req->err->where) {
        return kl_answer_error(req);
    }
    if (req->err->kind == KL_CONFLICT || req->err->kind == KL_STALE) {
        return not_now(req);
    }
    called->why = req->err->kind == KL_UNAVAILABLE ? "database" : called->why;
    return noted(req, called, kl_answer_error(req));
}

/* The order of the URL that was called; a fault after that is one of the body. */
static kl_kind_t find_order(kl_request_t *req, kl_called_t *called)
{
    kl_kind_t rv = kl_callbacks_order(&req->svc, req->segment[1], called, req->err);

    called->why = rv == KL_OK ? UNREADABLE : called->why;
    return rv;
}

static kl_kind_t take_authorization(kl_request_t *req, kl_called_t *called)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const char *token = kl_reader_str(&rd, "authorization_token", KL_REQUIRED, 1, KL_MAX_STRING);
    const char *session_id = kl_reader_str(&rd, "session_id", KL_OPTIONAL, 1, KL_MAX_STRING);
    const kl_order_t *order;

    if (req->err->kind != KL_OK || find_order(req, called) != KL_OK) {
        return req->err->kind;
    }
    order = called->order;
    if (session_id && strcmp(session_id, order->session_id) != 0) {
        return kl_error_field(req->err, "session_id", "session_id", "another session's id",
                              "the id of this order's session");
    }
    if (kl_body_placement_key(req, order->account, order->id, order->key, token) != KL_OK) {
        return req->err->kind;
    }
    return kl_callbacks_authorization(&req->svc, order, token, &req->client, req->err);
}

/* A decision on a fraud review, a push, or a hosted page's status: look at Klarna's record. */
static kl_kind_t take_change(kl_request_t *req, kl_called_t *called)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const char *id = kl_reader_str(&rd, "order_id", KL_OPTIONAL, 1, KL_MAX_STRING);

    if (req->err->kind != KL_OK || find_order(req, called) != KL_OK) {
        return req->err->kind;
    }
    return kl_callbacks_change(&req->svc, called->order, id ? id : "", req->err);
}

typedef kl_kind_t take_fn(kl_request_t *req, kl_called_t *called);

/* The body is read here and not by the dispatcher, so that one that is not JSON is recorded too. */
static int take(kl_request_t *req, take_fn *take_it)
{
    kl_called_t called = {.account = req->svc.account->name, .why = UNREADABLE};

    if (kl_body_read(req, 0) != KL_OK || take_it(req, &called) != KL_OK) {
        return refused(req, &called);
    }
    called.why = "";
    return noted(req, &called, stored(req));
}

static int authorization(kl_request_t *req)
{
    return take(req, take_authorization);
}

static int changed(kl_request_t *req)
{
    return take(req, take_change);
}

const kl_route_t kl_callbacks_routes[] = {
    {"POST", "authorization/*", 0, authorization},
    {"POST", "fraud/*", 0, changed},
    {"POST", "status/*", 0, changed},
    {NULL, NULL, 0, NULL},
};
