/* SPDX-License-Identifier: Apache-2.0 */
/* See orders.h. */
#include "handlers/orders.h"
#include "handlers/lines.h"
#include "handlers/list.h"

#include <string.h>
#include "core/operation_view.h"
#include "core/order_view.h"
#include "service/acknowledge.h"
#include "service/operations.h"
#include "service/reconcile.h"
#include "handlers/authorization.h"
#include "handlers/answer.h"
#include "handlers/handlers.h"
#include "handlers/returns.h"
#include "handlers/captures.h"
#include "handlers/details.h"
#include "handlers/operations.h"
#include "handlers/accounts.h"
#include "handlers/batches.h"
#include "handlers/notes.h"
#include "handlers/query.h"
#include "handlers/take_over.h"
#include "core/reader.h"

/* Its expiry is not known yet; when Klarna cannot be asked now, it is shown as it is. */
static kl_kind_t look_if_possible(kl_request_t *req, kl_order_t **order)
{
    kl_look_t look;

    (void)kl_reconcile_order(&req->svc, order, &look, kl_error_make(req->r->pool));
    return *order ? KL_OK : kl_service_order(&req->svc, req->segment[0], order, req->err);
}

/* Others with the same merchant reference; a failure leaves the number out. */
static void add_same_reference(kl_request_t *req, const kl_order_t *order, kl_json_t *v)
{
    kl_store_t *store = req->svc.store;
    int count = 0;

    if (order->reference1[0]
        && store->order_same_reference(store, req->r->pool, order, &count,
                                       kl_error_make(req->r->pool))
               == KL_OK) {
        kl_json_set_int(v, "same_reference", count);
    }
}

/* Where else the order can be looked at. */
static void add_links(kl_request_t *req, const kl_order_t *order, kl_json_t *v)
{
    apr_pool_t *p = req->r->pool;
    const apr_array_header_t *links = kl_settings_server(req->r->server)->links;
    kl_json_t *list = kl_json_array(p);

    for (int i = 0; links && i < links->nelts; i++) {
        const kl_order_link_t *link = &APR_ARRAY_IDX(links, i, kl_order_link_t);
        const char *url = kl_order_link_url(p, link->url, order);
        kl_json_t *one = kl_json_object(p);

        if (url) {
            kl_json_set_str(one, "name", link->name);
            kl_json_set_str(one, "url", url);
            kl_json_append(list, one);
        }
    }
    kl_json_set(v, "links", list);
}

/* With what people put on it; NULL: the fault is in req->err. */
static kl_json_t *view(kl_request_t *req, kl_order_t *order)
{
    apr_pool_t *p = req->r->pool;
    apr_array_header_t *orders = apr_array_make(p, 1, sizeof(kl_order_t *));
    kl_json_t *v = kl_order_view(p, order, 1), *views = kl_json_array(p);

    APR_ARRAY_PUSH(orders, kl_order_t *) = order;
    kl_json_append(views, v);
    add_links(req, order, v);
    add_same_reference(req, order, v);
    return kl_notes_show_tags(req, orders, views) == KL_OK && kl_notes_show(req, order, v) == KL_OK
               ? v
               : NULL;
}

/* ?refresh=1 reads Klarna's record first; else that is done only, as well as it can be, while
 * the expiry is not known (just placed or extended). */
static int read_one(kl_request_t *req)
{
    const char *refresh = kl_query_parameter(req->r, "refresh");
    int asked = refresh && strcmp(refresh, "1") == 0;
    kl_look_t look = {0};
    kl_order_t *order = NULL;
    kl_json_t *v;
    kl_kind_t rv = kl_service_show(&req->svc, req->segment[0], &order, req->err);

    if (rv == KL_OK && order->broken) {
        look.differs = 1; /* no record would change that */
    }
    else if (rv == KL_OK && asked) {
        rv = kl_reconcile_order(&req->svc, &order, &look, req->err);
    }
    else if (rv == KL_OK && !order->expires_at) {
        rv = look_if_possible(req, &order);
    }
    if (rv != KL_OK) {
        return kl_answer_error(req);
    }
    v = view(req, order);
    if (!v) {
        return kl_answer_error(req);
    }
    if (asked) {
        kl_json_set_bool(v, "differs_from_klarna", look.differs);
    }
    return kl_answer(req, HTTP_OK, v, NULL);
}

static int events(kl_request_t *req)
{
    apr_pool_t *p = req->r->pool;
    kl_json_t *v = kl_json_object(p);
    apr_array_header_t *found = NULL;

    if (kl_operations_of_order(&req->svc, req->segment[0], &found, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    kl_json_set_str(v, "order_id", req->segment[0]);
    kl_json_set(v, "operations", kl_operation_view_list(p, found, KL_FOR_CLERK, req->svc.now()));
    return kl_answer(req, HTTP_OK, v, NULL);
}

static int operation(kl_request_t *req)
{
    kl_operation_t *op = NULL;

    if (kl_service_operation(&req->svc, req->segment[0], req->segment[2], &op, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_answer(req, HTTP_OK, kl_operation_view(req->r->pool, op, req->svc.now()), NULL);
}

/* A person has seen what the order was marked for. */
static int seen(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    kl_order_t *order = NULL;
    kl_json_t *v = NULL;

    kl_reader_only(&rd, NULL);
    if (req->err->kind == KL_OK
        && kl_acknowledge_order(&req->svc, req->segment[0], &order, req->err) == KL_OK) {
        v = view(req, order);
    }
    return v ? kl_answer(req, HTTP_OK, v, NULL) : kl_answer_error(req);
}

static int about(kl_request_t *req)
{
    return kl_answer(req, HTTP_OK, kl_accounts_about(req, KL_FOR_CLERK), NULL);
}

#define MONEY (KL_ROUTE_BODY | KL_ROUTE_KEY)

const kl_route_t kl_orders_routes[] = {
    {"GET", "", 0, kl_list},
    {"GET", "lists", 0, kl_list_counts},
    {"GET", "totals", 0, kl_list_totals},
    {"GET", "about", 0, about},
    {"GET", "operations", 0, kl_operations_list},
    {"GET", "tags", 0, kl_notes_tags},
    {"POST", "*/notes", KL_ROUTE_BODY, kl_notes_create},
    {"POST", "*/tags", KL_ROUTE_BODY, kl_notes_tag},
    {"GET", "batches", 0, kl_batches_list},
    {"GET", "batches/*", 0, kl_batches_one},
    {"POST", "batches", MONEY, kl_batches_create},
    {"GET", "*", 0, read_one},
    {"GET", "*/events", 0, events},
    {"GET", "*/operations/*", 0, operation},
    {"POST", "take-over", MONEY, kl_take_over_one},
    {"POST", "*/operations/*/send-again", KL_ROUTE_BODY, kl_operations_send_again},
    {"POST", "*/operations/*/give-up", KL_ROUTE_BODY, kl_operations_give_up},
    {"POST", "*/adopt", KL_ROUTE_BODY, kl_operations_adopt},
    {"POST", "*/seen", KL_ROUTE_BODY, seen},
    {"POST", "*/captures", MONEY, kl_captures_create},
    {"POST", "*/captures/*/shipping-info", MONEY, kl_captures_shipping_info},
    {"GET", "*/captures/*/due-date", 0, kl_captures_due_date_options},
    {"POST", "*/captures/*/due-date", MONEY, kl_captures_due_date},
    {"POST", "*/captures/*/send-out", MONEY, kl_captures_send_out},
    {"POST", "*/credit-invoices", MONEY, kl_returns_create},
    {"POST", "*/captures/preview", KL_ROUTE_BODY, kl_captures_preview},
    {"POST", "*/credit-invoices/preview", KL_ROUTE_BODY, kl_returns_preview},
    {"POST", "*/cancel", MONEY, kl_returns_cancel},
    {"POST", "*/extend", MONEY, kl_authorization_extend},
    {"POST", "*/release", MONEY, kl_authorization_release},
    {"POST", "*/lines", MONEY, kl_lines_change},
    {"POST", "*/lines/preview", KL_ROUTE_BODY, kl_lines_preview_change},
    {"POST", "*/references", MONEY, kl_details_references},
    {"POST", "*/shipping-address", MONEY, kl_details_shipping_address},
    {NULL, NULL, 0, NULL},
};
