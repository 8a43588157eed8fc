/* SPDX-License-Identifier: Apache-2.0 */
/* See authorization.h. */
#include "handlers/authorization.h"
#include "service/authorization.h"
#include "handlers/handlers.h"
#include "core/operation_view.h"
#include "handlers/answer.h"
#include "handlers/act_answer.h"
#include "core/reader.h"

static void show_operation(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v)
{
    kl_json_set(v, "operation", kl_operation_view(req->r->pool, acted->first, req->svc.now()));
}

static void show_extension(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v)
{
    int moved = 0;
    apr_time_t end = kl_authorization_end(&req->svc, acted, &moved);

    show_operation(req, acted, v);
    if (end) {
        kl_view_time(req->r->pool, v, "expires_at", end);
        kl_json_set_bool(v, "moved", moved);
    }
}

/* Both take an empty object: nothing to say, nothing to misspell. */
static int run(kl_request_t *req, const kl_action_t *action, kl_show_fn show)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    kl_ask_t ask = {0};

    kl_reader_only(&rd, NULL);
    return req->err->kind == KL_OK ? kl_act_answer(req, action, &ask, show) : kl_answer_error(req);
}

int kl_authorization_extend(kl_request_t *req)
{
    return run(req, &kl_authorization_extend_action, show_extension);
}

int kl_authorization_release(kl_request_t *req)
{
    return run(req, &kl_authorization_release_action, show_operation);
}
