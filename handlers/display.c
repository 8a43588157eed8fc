/* SPDX-License-Identifier: Apache-2.0 */
/* See display.h. */
#include "handlers/display.h"

#include <string.h>

#include "core/instore_view.h"
#include "core/reader.h"
#include "handlers/answer.h"
#include "handlers/qr_image.h"
#include "handlers/query.h"
#include "handlers/till_answer.h"
#include "handlers/till_wait.h"
#include "service/display.h"

#define BEARER "Bearer "

int kl_display_key(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const char *till = kl_reader_str(&rd, "till", KL_REQUIRED, 1, KL_MAX_STRING);
    const char *name = kl_reader_str(&rd, "department", KL_OPTIONAL, 1, KL_MAX_STRING);
    const kl_department_t *department = NULL;
    kl_json_t *v = kl_json_object(req->r->pool);
    const char *key = NULL;

    kl_reader_only(&rd, "till", "department", NULL);
    if (req->err->kind == KL_OK
        && kl_service_department(&req->svc, name, &department, req->err) == KL_OK) {
        key = kl_display_make(&req->svc, department, till, req->err);
    }
    if (!key) {
        return kl_answer_error(req);
    }
    kl_json_set_str(v, "key", key);
    return kl_answer(req, HTTP_CREATED, v, NULL);
}

static kl_kind_t load(kl_request_t *req, const void *what, kl_order_t **out)
{
    return kl_display_load(&req->svc, what, out, req->err);
}

/* The key that came with the request, "" when none did. */
static const char *key_of(kl_request_t *req)
{
    const char *value = apr_table_get(req->r->headers_in, "Authorization");

    return value && strncasecmp(value, BEARER, strlen(BEARER)) == 0 ? value + strlen(BEARER) : "";
}

static int show(kl_request_t *req)
{
    static const char *const names[] = {"wait", "version", NULL};
    const kl_till_wait_t it = {load, key_of(req)};
    kl_order_t *order = NULL;

    if (kl_query_only(req, names) != KL_OK || kl_till_wait(req, &it, &order) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_answer(req, HTTP_OK, kl_instore_view_display(req->r->pool, order), NULL);
}

static int qr_svg(kl_request_t *req)
{
    const kl_department_t *department;
    kl_order_t *order = NULL;

    if (load(req, key_of(req), &order) != KL_OK) {
        return kl_answer_error(req);
    }
    if (!order || kl_instore_is_final(order->instore->state) || !order->instore->link[0]) {
        kl_error_set(req->err, KL_NOT_FOUND, "no_link", "There is no link to show.");
        return kl_answer_error(req);
    }
    department = kl_till_answer_department(req, order);
    return kl_qr_image_answer(req, order->instore->link, department ? department->logo : NULL, 0);
}

const kl_route_t kl_display_routes[] = {
    {"GET", "payment", 0, show},
    {"GET", "qr.svg", 0, qr_svg},
    {NULL, NULL, 0, NULL},
};
