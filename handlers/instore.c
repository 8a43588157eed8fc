/* SPDX-License-Identifier: Apache-2.0 */
/* See instore.h. */
#include "handlers/instore.h"

#include <limits.h>
#include <string.h>

#include "core/department_view.h"
#include "core/instore_view.h"
#include "core/plan_json.h"
#include "handlers/accounts.h"
#include "handlers/act_answer.h"
#include "handlers/answer.h"
#include "handlers/display.h"
#include "handlers/invoices.h"
#include "handlers/qr_image.h"
#include "handlers/query.h"
#include "handlers/till_answer.h"
#include "handlers/till_begin.h"
#include "handlers/till_list.h"
#include "handlers/till_wait.h"
#include "service/credit_invoice.h"
#include "service/instore.h"

/* --- what can be paid here ---------------------------------------------------------------------
 */

static int methods(kl_request_t *req)
{
    static const char *const names[] = {"department", "country", "currency", "amount", NULL};
    const char *name = kl_query_parameter(req->r, "department");
    const kl_department_t *named = NULL;
    kl_department_ask_t ask = {kl_query_text(req, "country"), kl_query_text(req, "currency"),
                               kl_query_number(req, "amount", -1, 0, INT_MAX)};
    kl_json_t *v = kl_json_object(req->r->pool), *list = kl_json_array(req->r->pool);

    if (kl_query_only(req, names) != KL_OK
        || (name && kl_service_department(&req->svc, name, &named, req->err) != KL_OK)) {
        return kl_answer_error(req);
    }
    for (int i = 0; i < req->svc.departments_n; i++) {
        const kl_department_t *department = req->svc.departments[i];

        if (!named || named == department) {
            kl_json_append(list, kl_department_view_json(req->r->pool, department, &ask));
        }
    }
    kl_json_set_str(v, "user", req->svc.actor); /* whose keys these are */
    kl_json_set(v, "departments", list);
    return kl_answer(req, HTTP_OK, v, NULL);
}

/* --- one payment ---------------------------------------------------------------------------------
 */

static kl_kind_t load_named(kl_request_t *req, const void *what, kl_order_t **out)
{
    return kl_instore_load(&req->svc, what, out, req->err);
}

static int show(kl_request_t *req)
{
    static const char *const names[] = {"wait", "version", NULL};
    const kl_till_wait_t it = {load_named, req->segment[1]};
    kl_order_t *order = NULL;

    if (kl_query_only(req, names) != KL_OK || kl_till_wait(req, &it, &order) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_till_answer(req, HTTP_OK, order);
}

static int qr(kl_request_t *req, int png)
{
    const kl_department_t *department;
    kl_order_t *order = NULL;

    if (kl_instore_load(&req->svc, req->segment[1], &order, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    department = kl_till_answer_department(req, order);
    if (kl_instore_is_final(order->instore->state) || !order->instore->link[0]) {
        kl_error_set(req->err, KL_CONFLICT, "no_link", "There is no link to show.");
    }
    return kl_qr_image_answer(req, order->instore->link, department ? department->logo : NULL, png);
}

static int qr_svg(kl_request_t *req)
{
    return qr(req, 0);
}

static int qr_png(kl_request_t *req)
{
    return qr(req, 1);
}

static int end(kl_request_t *req)
{
    static const char *const names[] = {"refund", NULL};
    int refund = kl_query_number(req, "refund", 0, 0, 1);
    kl_order_t *order = NULL;
    kl_kind_t rv = kl_query_only(req, names);

    if (rv == KL_OK) {
        rv = refund ? kl_instore_give_back(&req->svc, req->segment[1], NULL, &order, req->err)
                    : kl_instore_abort(&req->svc, req->segment[1], "cashier", &order, req->err);
    }
    if (rv != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_till_answer(req, kl_instore_is_final(order->instore->state) ? HTTP_OK : HTTP_ACCEPTED,
                          order);
}

static int verify(kl_request_t *req)
{
    kl_order_t *order = NULL;

    if (kl_instore_verify(&req->svc, req->segment[1], &order, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_till_answer(req, order->instore->verified_at ? HTTP_OK : HTTP_ACCEPTED, order);
}

static void show_refund(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v)
{
    kl_json_set_all(v, kl_instore_view(req->r->pool, acted->order,
                                       kl_till_answer_department(req, acted->order)));
    kl_json_set_str(v, "operation_id", acted->first->id);
}

/* All of it, unless an amount or lines are named; or what a credit note took. */
static kl_kind_t read_refund(kl_request_t *req, kl_credit_request_t *want)
{
    kl_json_t *body = kl_json_object(req->r->pool);

    kl_json_set_all(body, req->body);
    if (!kl_json_get(body, "amount") && !kl_json_get(body, "lines")) {
        kl_json_set_bool(body, "everything", 1);
    }
    return kl_plan_json_credit(want, req->r->pool, body, req->err);
}

static int refund(kl_request_t *req)
{
    kl_credit_request_t want = {.reference = ""};
    kl_ask_t ask = {.order_id = req->segment[1], .client = &req->client, .credit = &want};
    kl_order_t *order = NULL;
    const kl_words_t *why;
    kl_acted_t acted;
    kl_kind_t rv = kl_instore_load(&req->svc, req->segment[1], &order, req->err);

    if (rv == KL_OK) {
        why = kl_instore_view_why_not_refund(order, kl_till_answer_department(req, order));
        rv = why && strcmp(why->code, "nothing_left") != 0
                 ? kl_error_because(req->err, KL_CONFLICT, "not_refundable", why)
                 : read_refund(req, &want);
    }
    if (rv == KL_OK) {
        rv = kl_act(&req->svc, &kl_credit_invoice_action, &ask, &acted, req->err);
        req->status_url = kl_till_answer_url(req, order);
    }
    return kl_act_answer_send(req, rv, &acted, show_refund);
}

static int receipt(kl_request_t *req)
{
    kl_order_t *order = NULL;

    if (kl_instore_load(&req->svc, req->segment[1], &order, req->err) == KL_OK
        && order->instore->state != KL_INSTORE_COMPLETED) {
        kl_error_set(req->err, KL_CONFLICT, "not_paid", "It is %s, not paid.",
                     kl_instore_state_name(order->instore->state));
    }
    if (req->err->kind != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_answer(req, HTTP_OK,
                     kl_instore_view_receipt(req->r->pool, order,
                                             kl_till_answer_department(req, order)),
                     NULL);
}

/* For whoever may use these routes: the pages ask by it whether they may. */
static int about(kl_request_t *req)
{
    return kl_answer(req, HTTP_OK, kl_accounts_about(req, KL_FOR_CLERK), NULL);
}

const kl_route_t kl_instore_routes[] = {
    {"GET", "about", 0, about},
    {"GET", "methods", 0, methods},
    {"POST", "payments", KL_ROUTE_BODY | KL_ROUTE_KEY, kl_till_begin},
    {"GET", "payments", 0, kl_till_list},
    {"GET", "payments/*", 0, show},
    {"DELETE", "payments/*", 0, end},
    {"GET", "payments/*/qr.svg", 0, qr_svg},
    {"GET", "payments/*/qr.png", 0, qr_png},
    {"POST", "payments/*/send", KL_ROUTE_BODY | KL_ROUTE_KEY, kl_till_send},
    {"POST", "payments/*/verify", KL_ROUTE_BODY, verify},
    {"POST", "payments/*/refunds", KL_ROUTE_BODY | KL_ROUTE_KEY, refund},
    {"GET", "payments/*/receipt", 0, receipt},
    {"GET", "invoices/*", 0, kl_invoices_show},
    {"POST", "invoices/*/credit-notes", KL_ROUTE_BODY, kl_invoices_credit},
    {"POST", "displays", KL_ROUTE_BODY, kl_display_key},
    {NULL, NULL, 0, NULL},
};
