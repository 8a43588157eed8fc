/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST {id}/captures: what was shipped, and its tracking.
 */
#include "handlers/handlers.h"

#include "core/operation_view.h"

#include <string.h>

static kl_kind_t prepare_capture(kl_call_t *call, const void *want, kl_operation_t **out)
{
    return kl_capture_prepare(&call->svc, call->segment[0], want, &call->client, out, call->err);
}

static void show_capture(kl_call_t *call, const kl_operation_t *op, const kl_order_t *order,
                         kl_json_t *v)
{
    kl_json_t *capture = kl_json_object(call->r->pool);

    kl_json_set_str(capture, "capture_id", op->result_id);
    kl_json_set_int(capture, "captured_amount", op->amount);
    kl_json_set_str(capture, "purchase_currency", order->currency);
    kl_json_set(v, "capture", capture);
    kl_json_set(v, "operation", kl_operation_view(call->r->pool, op, call->svc.now()));
}

int kl_captures_create(kl_call_t *call)
{
    kl_capture_request_t want;

    if (kl_capture_request_parse(&want, call->r->pool, call->body, call->err) != KL_OK) {
        return kl_reply_error(call);
    }
    return kl_outcome(call, prepare_capture, &want, show_capture);
}

static kl_kind_t prepare_tracking(kl_call_t *call, const void *want, kl_operation_t **out)
{
    return kl_shipping_info_prepare(&call->svc, call->segment[0], call->segment[2], want,
                                    &call->client, out, call->err);
}

static void show_tracking(kl_call_t *call, const kl_operation_t *op, const kl_order_t *order,
                          kl_json_t *v)
{
    (void)order;
    kl_json_set_str(v, "capture_id", call->segment[2]);
    kl_json_set(v, "operation", kl_operation_view(call->r->pool, op, call->svc.now()));
}

int kl_captures_shipping_info(kl_call_t *call)
{
    kl_reader_t rd = kl_reader(call->r->pool, call->body, "", call->err);
    const char *text = "[]";

    kl_reader_only(&rd, "shipping_info", NULL);
    if (kl_shipping_info_parse(&text, call->r->pool, &rd, "shipping_info", KL_REQUIRED, call->err)
        != KL_OK) {
        return kl_reply_error(call);
    }
    return kl_outcome(call, prepare_tracking, text, show_tracking);
}
