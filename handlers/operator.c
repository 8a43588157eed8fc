/* SPDX-License-Identifier: Apache-2.0 */
/*
 * klarna-operator: for the operator of the server. What is configured, what waits, what went wrong,
 * which callbacks came, and the figures of the last hours; credential_test.c and support.c have the
 * rest. It only reads: acting on an operation is a route of the back office.
 */
#include "handlers/operator.h"

#include <apr_strings.h>
#include <string.h>
#include "child.h"
#include "core/operation_view.h"
#include "klarna_module.h"
#include "service/operations.h"
#include "service/overview.h"
#include "handlers/credential_test.h"
#include "handlers/accounts.h"
#include "handlers/answer.h"
#include "handlers/markets.h"
#include "handlers/status.h"
#include "handlers/support.h"
#include "handlers/overview.h"
#include "handlers/query.h"

#define DEFAULT_HOURS 24
#define MAX_HOURS 168

static int answer(kl_request_t *req, const char *name, kl_json_t *list)
{
    kl_json_t *v = kl_json_object(req->r->pool);

    kl_json_set(v, name, list);
    return kl_answer(req, HTTP_OK, v, NULL);
}

/* --- operations ---------------------------------------------------------------------------- */

typedef kl_kind_t (*list_fn)(kl_service_t *svc, apr_array_header_t **out, kl_error_t *err);

static list_fn chosen_list(kl_request_t *req)
{
    static const char *const names[] = {"show", NULL};
    static const struct {
        const char *name;
        list_fn list;
    } lists[] = {{"", kl_operations_unfinished},
                 {"open", kl_operations_unfinished},
                 {"failing", kl_operations_failing},
                 {"refused", kl_operations_refused}};
    const char *show;
    unsigned i;

    if (kl_query_only(req, names) != KL_OK) {
        return NULL;
    }
    show = kl_query_text(req, "show");
    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (strcmp(lists[i].name, show) == 0) {
            return lists[i].list;
        }
    }
    kl_error_field(req->err, "unknown_value", "show", "some other word",
                   "open, failing or refused");
    return NULL;
}

static int operations(kl_request_t *req)
{
    list_fn list = chosen_list(req);
    apr_array_header_t *found = NULL;

    if (!list || list(&req->svc, &found, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return answer(req, "operations",
                  kl_operation_view_list(req->r->pool, found, KL_FOR_OPERATOR, req->svc.now()));
}

static int errors(kl_request_t *req)
{
    apr_array_header_t *found = NULL;

    if (kl_operations_errors(&req->svc, &found, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return answer(req, "errors", kl_operation_view_errors(req->r->pool, found));
}

static int overview(kl_request_t *req)
{
    kl_json_t *v = kl_overview_view(req, KL_FOR_OPERATOR);

    return v ? kl_answer(req, HTTP_OK, v, NULL) : kl_answer_error(req);
}

static int callbacks(kl_request_t *req)
{
    apr_array_header_t *found = NULL;

    if (kl_overview_callbacks(&req->svc, &found, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return answer(req, "callbacks", kl_callback_view(req->r->pool, found));
}

static int charts(kl_request_t *req)
{
    static const char *const names[] = {"hours", NULL};
    kl_hours_t *found = NULL;
    int n = DEFAULT_HOURS;

    if (kl_query_only(req, names) == KL_OK) {
        n = kl_query_number(req, "hours", DEFAULT_HOURS, 1, MAX_HOURS);
    }
    if (req->err->kind != KL_OK || kl_overview_hours(&req->svc, n, &found, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_answer(req, HTTP_OK, kl_hours_view(req->r->pool, found), NULL);
}

/* For whoever may use these routes: the pages ask by it whether they may. */
static int about(kl_request_t *req)
{
    return kl_answer(req, HTTP_OK, kl_accounts_about(req, KL_FOR_OPERATOR), NULL);
}

const kl_route_t kl_operator_routes[] = {
    {"GET", "about", 0, about},
    {"GET", "overview", 0, overview},
    {"GET", "health", 0, kl_status_health},
    {"GET", "operations", 0, operations},
    {"GET", "callbacks", 0, callbacks},
    {"POST", "credential-test", KL_ROUTE_BODY, kl_credential_test},
    {"GET", "markets", 0, kl_markets},
    {"POST", "market-test", KL_ROUTE_BODY, kl_market_test},
    {"GET", "charts", 0, charts},
    {"GET", "errors", 0, errors},
    {"GET", "support-bundle", 0, kl_support_bundle},
    {NULL, NULL, 0, NULL},
};
