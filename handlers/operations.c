/* SPDX-License-Identifier: Apache-2.0 */
/* See operations.h. */
#include "handlers/operations.h"
#include "handlers/handlers.h"

#include <http_log.h>
#include <string.h>
#include "service/adopt.h"
#include "service/resolve.h"
#include "core/klarna_record.h"
#include "core/operation_view.h"
#include "core/order_view.h"
#include "klarna_module.h"
#include "service/operations.h"
#include "handlers/answer.h"
#include "core/reader.h"

int kl_operations_list(kl_request_t *req)
{
    apr_pool_t *p = req->r->pool;
    kl_json_t *v = kl_json_object(p);
    apr_array_header_t *found = NULL;

    if (kl_operations_unfinished(&req->svc, &found, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    kl_json_set(v, "operations", kl_operation_view_list(p, found, KL_FOR_CLERK, req->svc.now()));
    return kl_answer(req, HTTP_OK, v, NULL);
}

static int show(kl_request_t *req, const kl_operation_t *op)
{
    return kl_answer(req, HTTP_OK, kl_operation_view(req->r->pool, op, req->svc.now()), NULL);
}

int kl_operations_send_again(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    kl_operation_t *op = NULL;

    kl_reader_only(&rd, NULL);
    if (req->err->kind != KL_OK
        || kl_resolve_send_again(&req->svc, req->segment[0], req->segment[2], &op, req->err)
               != KL_OK) {
        return kl_answer_error(req);
    }
    return show(req, op);
}

/* What a person found in Klarna's portal: one of two things, or nothing. */
static kl_said_t read_said(kl_request_t *req, const kl_reader_t *rd)
{
    const char *id = kl_reader_str(rd, "executed_as", KL_OPTIONAL, 1, KL_MAX_STRING);
    kl_said_t said = {id ? id : "", kl_reader_bool(rd, "not_executed", 0)};

    if (id && said.not_executed) {
        kl_error_field(req->err, "executed_as", "executed_as", "not_executed as well",
                       "either executed_as or not_executed");
    }
    return said;
}

/* For the problem document: Klarna's movements, nothing personal. */
static kl_json_t *candidates_view(apr_pool_t *p, const apr_array_header_t *candidates)
{
    kl_json_t *list = kl_json_array(p);

    for (int i = 0; i < candidates->nelts; i++) {
        const kl_klarna_move_t *move = &APR_ARRAY_IDX(candidates, i, kl_klarna_move_t);
        kl_json_t *v = kl_json_object(p);

        kl_json_set_str(v, "id", move->id);
        kl_json_set_int(v, "amount", move->amount);
        kl_view_time(p, v, "at", move->at);
        kl_json_set_str(v, "reference", move->reference[0] ? move->reference : NULL);
        kl_json_append(list, v);
    }
    return list;
}

/* The reason is for people who read the log later; it is not personal data. */
int kl_operations_give_up(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const char *reason = kl_reader_str(&rd, "reason", KL_REQUIRED, 1, KL_MAX_STRING);
    kl_give_up_t it = {.order_id = req->segment[0],
                       .op_id = req->segment[2],
                       .said = read_said(req, &rd)};

    kl_reader_only(&rd, "reason", "executed_as", "not_executed", NULL);
    if (req->err->kind != KL_OK || kl_resolve_give_up(&req->svc, &it, req->err) != KL_OK) {
        req->candidates = it.candidates ? candidates_view(req->r->pool, it.candidates) : NULL;
        return kl_answer_error(req);
    }
    ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, req->r,
                  "KLA0022: operation %s given up by %s%s%s, it is %s: %s", it.op->id,
                  req->svc.actor,
                  it.said.not_executed     ? " as not executed"
                  : it.said.executed_as[0] ? " as executed: "
                                           : "",
                  it.said.executed_as, kl_op_state_name(it.op->state), reason);
    return show(req, it.op);
}

int kl_operations_adopt(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const char *id = kl_reader_str(&rd, "klarna_order_id", KL_REQUIRED, 1, KL_MAX_STRING);
    kl_order_t *order = NULL;

    kl_reader_only(&rd, "klarna_order_id", NULL);
    if (req->err->kind != KL_OK
        || kl_adopt_order(&req->svc, req->segment[0], id, &order, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_answer(req, HTTP_OK, kl_order_view(req->r->pool, order, 1), NULL);
}
