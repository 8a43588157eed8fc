/* SPDX-License-Identifier: Apache-2.0 */
/* See take_over.h. */
#include "handlers/take_over.h"

#include "core/operation_view.h"
#include "core/reader.h"
#include "service/take_over.h"
#include "handlers/act_answer.h"
#include "handlers/accounts.h"
#include "handlers/answer.h"

static void show_operation(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v)
{
    kl_json_set(v, "operation", kl_operation_view(req->r->pool, acted->first, req->svc.now()));
}

int kl_take_over_one(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const char *id = kl_reader_str(&rd, "klarna_order_id", KL_REQUIRED, 1, KL_MAX_STRING);
    const char *store = kl_reader_str(&rd, "store", KL_OPTIONAL, 1, KL_MAX_STRING);
    kl_take_over_request_t want = {id, store ? store : req->svc.account->name};
    kl_ask_t ask = {.order_id = "", .client = &req->client, .take_over = &want};
    kl_acted_t acted;

    kl_reader_only(&rd, "klarna_order_id", "store", NULL);
    if (req->err->kind == KL_OK && !kl_service_account(&req->svc, want.account)) {
        kl_error_field(req->err, "unknown_value", "store", store, kl_accounts_names(req));
    }
    if (req->err->kind != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_act_answer_send(req, kl_take_over(&req->svc, &ask, &acted, req->err), &acted,
                              show_operation);
}
