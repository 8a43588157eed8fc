/* SPDX-License-Identifier: Apache-2.0 */
/* See till_answer.h. */
#include "handlers/till_answer.h"

#include <apr_strings.h>

#include "core/instore_view.h"
#include "handlers/answer.h"

const kl_department_t *kl_till_answer_department(kl_request_t *req, const kl_order_t *order)
{
    return kl_service_department_of(&req->svc, order->account, order->instore->department);
}

const char *kl_till_answer_url(kl_request_t *req, const kl_order_t *order)
{
    return apr_pstrcat(req->r->pool, req->base, "/payments/", order->id, NULL);
}

int kl_till_answer(kl_request_t *req, int status, const kl_order_t *order)
{
    return kl_answer(req, status,
                     kl_instore_view(req->r->pool, order, kl_till_answer_department(req, order)),
                     status == HTTP_OK ? NULL : kl_till_answer_url(req, order));
}
