/* SPDX-License-Identifier: Apache-2.0 */
/* See captures.h. */
#include "handlers/captures.h"
#include "handlers/handlers.h"
#include "service/capture.h"
#include "core/operation_view.h"
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

static void show_tracking(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v)
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
    return kl_act_answer(req, &kl_capture_tracking_action, &ask, show_tracking);
}
