/* SPDX-License-Identifier: Apache-2.0 */
/* See dispatch.h. */
#include "handlers/dispatch.h"
#include "handlers/handlers.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>
#include "child.h"
#include "klarna_module.h"
#include "handlers/caller.h"
#include "handlers/location.h"
#include "handlers/body.h"
#include "handlers/answer.h"
#include "handlers/orders.h"
#include "handlers/checkout.h"
#include "handlers/display.h"
#include "handlers/instore.h"
#include "handlers/operator.h"
#include "handlers/callbacks.h"
#include "handlers/status.h"

static const kl_family_t families[] = {
    {"klarna-checkout", 0, 0, kl_checkout_routes}, {"klarna-orders", 1, 1, kl_orders_routes},
    {"klarna-operator", 1, 1, kl_operator_routes}, {"klarna-callbacks", 0, 1, kl_callbacks_routes},
    {"klarna-instore", 1, 1, kl_instore_routes},   {"klarna-display", 0, 1, kl_display_routes},
    {"klarna-status", 0, 0, kl_status_routes},     {NULL, 0, 0, NULL},
};

_Static_assert(sizeof((const char *const[]){KL_HANDLERS}) / sizeof(const char *) + 1
                   == sizeof(families) / sizeof(*families),
               "KL_HANDLERS names each family");

static const kl_family_t *find_family(const char *handler)
{
    const kl_family_t *family = families;

    while (family->handler && strcmp(family->handler, handler) != 0) {
        family++;
    }
    return family->handler ? family : NULL;
}

/* Splits the path below the Location. 0 when it is too deep to be a route. */
static int split_path(kl_request_t *req)
{
    char *state = NULL, *rest, *part;
    int n = 0;

    req->base = kl_location_base(req->r);
    if (!req->base) {
        return 0;
    }
    rest = apr_pstrdup(req->r->pool, req->r->uri + strlen(req->base));
    for (part = apr_strtok(rest, "/", &state); part; part = apr_strtok(NULL, "/", &state)) {
        if (n == KL_MAX_SEGMENTS) {
            return 0;
        }
        req->segment[n++] = part;
    }
    return 1;
}

static int matches(const kl_request_t *req, const char *path)
{
    const char *end;
    int n = 0;

    for (; *path; path = *end ? end + 1 : end, n++) {
        end = path + strcspn(path, "/");
        if (n == KL_MAX_SEGMENTS || !req->segment[n]) {
            return 0;
        }
        if (strncmp(path, "*", end - path) != 0
            && (strncmp(req->segment[n], path, end - path) != 0 || req->segment[n][end - path])) {
            return 0;
        }
    }
    return n == KL_MAX_SEGMENTS || !req->segment[n];
}

static kl_kind_t wrong_method(kl_request_t *req, const char *allow)
{
    apr_table_setn(req->r->headers_out, "Allow", allow);
    kl_error_field(req->err, "method_not_allowed", "method", req->r->method, allow);
    return req->err->kind;
}

/* The route, or NULL with an error. HEAD is answered as GET; httpd sends no body then. */
static const kl_route_t *find_route(kl_request_t *req, const kl_route_t *routes)
{
    const char *method = req->r->header_only ? "GET" : req->r->method;
    const char *allow = NULL;

    for (; routes->method; routes++) {
        if (!matches(req, routes->path)) {
            continue;
        }
        if (strcmp(routes->method, method) == 0) {
            return routes;
        }
        allow = allow ? apr_pstrcat(req->r->pool, allow, ", ", routes->method, NULL)
                      : routes->method;
    }
    if (allow) {
        wrong_method(req, allow);
    }
    else {
        kl_error_set(req->err, KL_NOT_FOUND, "no_such_route", "There is nothing at this path.");
    }
    return NULL;
}

/* The account of a store, then those that its departments have for themselves. */
static void add_store(kl_request_t *req, const kl_server_settings_t *cfg,
                      kl_account_settings_t *store)
{
    APR_ARRAY_PUSH(req->stores, kl_account_settings_t *) = store;
    for (int i = 0; i < store->departments->nelts; i++) {
        const kl_department_t *department = APR_ARRAY_IDX(store->departments, i, kl_department_t *);

        if (strcmp(department->account, department->store) != 0) {
            APR_ARRAY_PUSH(req->stores,
                           kl_account_settings_t *) = kl_settings_account(cfg, department->account);
        }
    }
}

/* The stores that the Location names; the first of them is the account for new orders. */
static kl_kind_t find_stores(kl_request_t *req)
{
    kl_server_settings_t *cfg = kl_settings_server(req->r->server);
    apr_array_header_t *names = kl_settings_location(req->r)->stores;
    kl_account_settings_t *store;
    const char *name;
    int i, n = names ? names->nelts : 1;

    req->stores = apr_array_make(req->r->pool, n, sizeof(kl_account_settings_t *));
    for (i = 0; i < n; i++) {
        name = names ? APR_ARRAY_IDX(names, i, const char *) : KL_DEFAULT_STORE;
        store = kl_settings_account(cfg, name);
        if (!store) {
            return kl_error_set(req->err, KL_INTERNAL, "not_configured",
                                "Store '%s' is not configured for this server.", name);
        }
        add_store(req, cfg, store);
    }
    req->settings = kl_dispatch_account_at(req, 0);
    return KL_OK;
}

/* The orders of all these stores may be worked on, each with its own account. */
static void span_stores(kl_request_t *req)
{
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
    apr_size_t size = (apr_size_t)req->stores->nelts * sizeof(const kl_account_t *);
    const kl_account_t **accounts = apr_palloc(req->r->pool, size);
    int i;

    for (i = 0; i < req->stores->nelts; i++) {
        accounts[i] = &kl_dispatch_account_at(req, i)->account;
    }
    req->svc.accounts = accounts;
    req->svc.accounts_n = req->stores->nelts;
}

/* Their departments, in the order of the configuration. */
static void span_departments(kl_request_t *req)
{
    apr_array_header_t *departments = apr_array_make(req->r->pool, 4, sizeof(kl_department_t *));

    for (int i = 0; i < req->stores->nelts; i++) {
        apr_array_cat(departments, kl_dispatch_account_at(req, i)->departments);
    }
    req->svc.departments = (const kl_department_t *const *)departments->elts;
    req->svc.departments_n = departments->nelts;
}

static kl_kind_t set_up(kl_request_t *req, int several)
{
    request_rec *r = req->r;

    if (find_stores(req) != KL_OK) {
        return req->err->kind;
    }
    kl_child_service(&req->svc, r->pool, r->server, &req->settings->account,
                     r->user && r->user[0] ? apr_pstrdup(r->pool, r->user) : "shopper");
    if (several) {
        span_stores(req);
        span_departments(req);
    }
    return KL_OK;
}

int kl_dispatch_map_to_storage(request_rec *r)
{
    const char *handler = kl_location_handler(r);

    return handler && find_family(handler) ? OK : DECLINED;
}

int kl_dispatch_handler(request_rec *r)
{
    const kl_family_t *family = r->handler ? find_family(r->handler) : NULL;
    const kl_route_t *route = NULL;
    kl_request_t *req;

    if (!family) {
        return DECLINED;
    }
    req = apr_pcalloc(r->pool, sizeof(*req));
    req->r = r;
    req->err = kl_error_make(r->pool);
    req->client.key = req->client.hash = "";
    if (!split_path(req)) {
        kl_error_set(req->err, KL_NOT_FOUND, "no_such_route", "There is nothing at this path.");
        kl_error_next(req->err, "Routes are below the <Location> that has the SetHandler.");
    }
    else if ((!family->closed || kl_caller_check(req) == KL_OK)
             && set_up(req, family->several) == KL_OK) {
        route = find_route(req, family->routes);
    }
    if (!route || ((route->flags & KL_ROUTE_BODY) && kl_body_read(req, route->flags) != KL_OK)) {
        return kl_answer_error(req);
    }
    return route->run(req);
}
