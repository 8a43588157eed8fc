/* SPDX-License-Identifier: Apache-2.0 */
/* See details.h. */
#include "handlers/details.h"

#include "core/operation_view.h"
#include "core/reader.h"
#include "core/shipping_address.h"
#include "service/details.h"
#include "handlers/act_answer.h"
#include "handlers/answer.h"

static void show_operation(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v)
{
    kl_json_set(v, "operation", kl_operation_view(req->r->pool, acted->first, req->svc.now()));
}

static void show_references(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v)
{
    kl_view_word(v, "merchant_reference1", acted->order->reference1);
    kl_view_word(v, "merchant_reference2", acted->order->reference2);
    show_operation(req, acted, v);
}

int kl_details_references(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    kl_details_request_t want = {
        .reference1 = kl_reader_str(&rd, "merchant_reference1", KL_OPTIONAL, 0, KL_MAX_STRING),
        .reference2 = kl_reader_str(&rd, "merchant_reference2", KL_OPTIONAL, 0, KL_MAX_STRING),
    };
    kl_ask_t ask = {.details = &want};

    kl_reader_only(&rd, "merchant_reference1", "merchant_reference2", NULL);
    if (req->err->kind == KL_OK && !want.reference1 && !want.reference2) {
        kl_error_field(req->err, "missing", "merchant_reference1", NULL,
                       "merchant_reference1, merchant_reference2 or both; \"\" clears one");
    }
    return req->err->kind == KL_OK
               ? kl_act_answer(req, &kl_details_references_action, &ask, show_references)
               : kl_answer_error(req);
}

int kl_details_shipping_address(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    kl_details_request_t want = {.shipping_address = kl_shipping_address_read(&rd)};
    kl_ask_t ask = {.details = &want};

    kl_reader_only(&rd, "shipping_address", NULL);
    return req->err->kind == KL_OK
               ? kl_act_answer(req, &kl_details_address_action, &ask, show_operation)
               : kl_answer_error(req);
}
