/* SPDX-License-Identifier: Apache-2.0 */
/* See captures.h. */
#include "handlers/captures.h"
#include "handlers/handlers.h"
#include "service/capture.h"
#include "service/due_date.h"
#include "core/intent.h"
#include "core/operation_view.h"
#include "core/order_view.h"
#include "handlers/answer.h"
#include "core/plan_json.h"
#include "handlers/act_answer.h"
#include "core/reader.h"

static void show_capture(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v)
{
    kl_json_t *capture = kl_json_object(req->r->pool);

    kl_json_set_str(capture, "capture_id", acted->first->result_id);
    kl_json_set_int(capture, "captured_amount", acted->first->amount);
    kl_json_set_str(capture, "purchase_currency", acted->order->currency);
    kl_json_set(v, "capture", capture);
    kl_json_set(v, "operation", kl_operation_view(req->r->pool, acted->first, req->svc.now()));
}

int kl_captures_create(kl_request_t *req)
{
    kl_capture_request_t want;
    kl_ask_t ask = {.capture = &want};

    if (kl_plan_json_capture(&want, req->r->pool, req->body, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_act_answer(req, &kl_capture_action, &ask, show_capture);
}

int kl_captures_preview(kl_request_t *req)
{
    apr_pool_t *p = req->r->pool;
    kl_capture_request_t want;
    kl_ask_t ask = {.order_id = req->segment[0], .capture = &want};
    kl_order_t *order = NULL;
    kl_movement_t moved;

    if (kl_plan_json_capture(&want, p, req->body, req->err) != KL_OK
        || kl_capture_preview(&req->svc, &ask, &order, &moved, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_answer(req, HTTP_OK, kl_order_view_capture_plan(p, order, &moved), NULL);
}

static void show_for_capture(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v)
{
    kl_json_set_str(v, "capture_id", req->segment[2]);
    kl_json_set(v, "operation", kl_operation_view(req->r->pool, acted->first, req->svc.now()));
}

int kl_captures_shipping_info(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    kl_tracking_request_t want = {.capture_id = req->segment[2], .shipping_info = "[]"};
    kl_ask_t ask = {.tracking = &want};

    kl_reader_only(&rd, "shipping_info", NULL);
    if (kl_plan_json_shipping_info(&want.shipping_info, &rd, KL_REQUIRED) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_act_answer(req, &kl_capture_tracking_action, &ask, show_for_capture);
}

/* --- due date --------------------------------------------------------------------------------- */

int kl_captures_due_date_options(kl_request_t *req)
{
    apr_pool_t *p = req->r->pool;
    kl_ask_t ask = {.order_id = req->segment[0], .capture_id = req->segment[2]};
    kl_json_t *v = kl_json_object(p);
    kl_due_options_t options;
    kl_order_t *order = NULL;

    if (kl_due_date_options(&req->svc, &ask, &order, &options, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    kl_json_set_str(v, "order_id", order->id);
    kl_json_set_str(v, "capture_id", ask.capture_id);
    kl_plan_due_date_view(p, v, &options);
    return kl_answer(req, HTTP_OK, v, NULL);
}

/* As it was planned, also when the same key asks again. */
static void show_due_date(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v)
{
    kl_intent_t intent;

    show_for_capture(req, acted, v);
    if (kl_intent_parse(&intent, req->r->pool, acted->first, req->err) == KL_OK) {
        kl_json_set_int(v, "number_of_days", intent.due.days);
        kl_json_set_int(v, "amount", intent.due.price);
        kl_json_set_str(v, "currency", intent.currency);
    }
}

int kl_captures_due_date(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    kl_due_date_request_t want = {
        .days = kl_reader_int(&rd, "number_of_days", KL_REQUIRED, 0, 1, KL_MAX_DUE_DAYS),
        .price = kl_reader_int(&rd, "amount", KL_OPTIONAL, -1, 0, KL_MAX_AMOUNT),
    };
    kl_ask_t ask = {.capture_id = req->segment[2], .due_date = &want};

    kl_reader_only(&rd, "number_of_days", "amount", NULL);
    return req->err->kind == KL_OK ? kl_act_answer(req, &kl_due_date_action, &ask, show_due_date)
                                   : kl_answer_error(req);
}

int kl_captures_send_out(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    kl_ask_t ask = {.capture_id = req->segment[2]};

    kl_reader_only(&rd, NULL);
    return req->err->kind == KL_OK
               ? kl_act_answer(req, &kl_capture_send_out_action, &ask, show_for_capture)
               : kl_answer_error(req);
}
