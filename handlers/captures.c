/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST {id}/captures: what was shipped, and its tracking.
 */
#include "handlers/handlers.h"
#include "service/capture.h"
#include "core/operation_view.h"

static void show_capture(kl_call_t *call, const kl_acted_t *acted, kl_json_t *v)
{
    kl_json_t *capture = kl_json_object(call->r->pool);

    kl_json_set_str(capture, "capture_id", acted->first->result_id);
    kl_json_set_int(capture, "captured_amount", acted->first->amount);
    kl_json_set_str(capture, "purchase_currency", acted->order->currency);
    kl_json_set(v, "capture", capture);
    kl_json_set(v, "operation", kl_operation_view(call->r->pool, acted->first, call->svc.now()));
}

int kl_captures_create(kl_call_t *call)
{
    kl_capture_request_t want;
    kl_ask_t ask = {.capture = &want};

    if (kl_capture_request_parse(&want, call->r->pool, call->body, call->err) != KL_OK) {
        return kl_reply_error(call);
    }
    return kl_outcome(call, &kl_capture_action, &ask, show_capture);
}

static void show_tracking(kl_call_t *call, const kl_acted_t *acted, kl_json_t *v)
{
    kl_json_set_str(v, "capture_id", call->segment[2]);
    kl_json_set(v, "operation", kl_operation_view(call->r->pool, acted->first, call->svc.now()));
}

int kl_captures_shipping_info(kl_call_t *call)
{
    kl_reader_t rd = kl_reader(call->r->pool, call->body, "", call->err);
    kl_tracking_request_t want = {.capture_id = call->segment[2], .shipping_info = "[]"};
    kl_ask_t ask = {.tracking = &want};

    kl_reader_only(&rd, "shipping_info", NULL);
    if (kl_shipping_info_parse(&want.shipping_info, &rd, KL_REQUIRED) != KL_OK) {
        return kl_reply_error(call);
    }
    return kl_outcome(call, &kl_capture_tracking_action, &ask, show_tracking);
}
