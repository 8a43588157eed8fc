/* SPDX-License-Identifier: Apache-2.0 */
/*
 * klarna-operator: for whoever runs the shop's server. What is configured, what waits, what
 * Klarna called in; credential_test.c, charts.c and support.c have the rest. It reads only:
 * what a person does with an operation is a route of the back office.
 */
#include "handlers/operator.h"

#include <apr_strings.h>
#include <string.h>
#include "child.h"
#include "core/operation_view.h"
#include "core/view.h"
#include "klarna_module.h"

#define FAILING_ATTEMPTS 3

/* --- operations ---------------------------------------------------------------------------- */

static int is_failing(const kl_operation_t *op)
{
    return op->attempts >= FAILING_ATTEMPTS || op->error_code[0];
}

static kl_json_t *view(kl_call_t *call, const kl_operation_t *op, kl_audience_t audience)
{
    apr_pool_t *p = call->r->pool;
    kl_json_t *v = audience == KL_FOR_STRANGERS ? kl_operation_view_bare(p, op)
                                                : kl_operation_view(p, op, call->svc.now());

    kl_json_set_str(v, "merchant", op->merchant);
    return v;
}

kl_json_t *kl_operations_view(kl_call_t *call, const char *show, kl_audience_t audience)
{
    static const int refused[] = {KL_OP_REFUSED, -1};
    kl_json_t *list = kl_json_array(call->r->pool);
    apr_array_header_t *found = strcmp(show, "refused") == 0
                                    ? kl_last_operations(call, refused, KL_MAX_PAGE)
                                    : kl_operations_unfinished(call);
    int i, only_failing = strcmp(show, "failing") == 0;

    if (!found) {
        return NULL;
    }
    for (i = 0; i < found->nelts; i++) {
        const kl_operation_t *op = APR_ARRAY_IDX(found, i, kl_operation_t *);

        if (!only_failing || is_failing(op)) {
            kl_json_append(list, view(call, op, audience));
        }
    }
    return list;
}

static int operations(kl_call_t *call)
{
    static const char *const names[] = {"show", NULL};
    kl_json_t *v = kl_json_object(call->r->pool), *list = NULL;
    const char *show;

    if (kl_query_only(call, names) == KL_OK) {
        show = kl_query_text(call, "show");
        show = show[0] ? show : "open";
        if (strcmp(show, "open") != 0 && strcmp(show, "failing") != 0
            && strcmp(show, "refused") != 0) {
            kl_error_field(call->err, "unknown_value", "show", "another word",
                           "open, failing or refused");
        }
        else {
            list = kl_operations_view(call, show, KL_FOR_OPERATOR);
        }
    }
    if (!list) {
        return kl_reply_error(call);
    }
    kl_json_set(v, "operations", list);
    return kl_reply(call, HTTP_OK, v, NULL);
}

/* --- overview ------------------------------------------------------------------------------ */

/* How many, no further than KL_MAX_PAGE, and since when the oldest unknown one waits. */
static kl_json_t *queue(kl_call_t *call)
{
    apr_pool_t *p = call->r->pool;
    apr_array_header_t *open = kl_operations_unfinished(call);
    kl_json_t *v = kl_json_object(p);
    apr_time_t oldest = 0;
    int i, unknown = 0, failing = 0;

    for (i = 0; open && i < open->nelts; i++) {
        const kl_operation_t *op = APR_ARRAY_IDX(open, i, kl_operation_t *);

        failing += is_failing(op);
        if (op->state == KL_OP_UNKNOWN) {
            unknown++;
            oldest = !oldest || op->created_at < oldest ? op->created_at : oldest;
        }
    }
    if (!open) {
        return NULL;
    }
    kl_json_set_int(v, "open", open->nelts < KL_MAX_PAGE ? open->nelts : KL_MAX_PAGE);
    kl_json_set_int(v, "unknown", unknown < KL_MAX_PAGE ? unknown : KL_MAX_PAGE);
    kl_json_set_int(v, "failing", failing < KL_MAX_PAGE ? failing : KL_MAX_PAGE);
    kl_view_time(p, v, "oldest_unknown", oldest);
    return v;
}

static const char *httpd_version(apr_pool_t *p)
{
    ap_version_t version;

    ap_get_server_revision(&version);
    return apr_psprintf(p, "%d.%d.%d%s", version.major, version.minor, version.patch,
                        version.add_string);
}

/* An address of the shop's own network is nobody else's business: that there is one is. */
static kl_json_t *bare_stores(kl_call_t *call)
{
    kl_json_t *list = kl_stores_view(call, 0);
    int i;

    for (i = 0; i < call->stores->nelts; i++) {
        kl_json_set_bool(kl_json_at(list, i), "own_endpoint",
                         kl_store_at(call, i)->endpoint != NULL);
    }
    return list;
}

static void set_settings(kl_call_t *call, kl_json_t *v, kl_audience_t audience)
{
    const kl_server_settings_t *cfg = kl_server_settings(call->r->server);

    kl_json_set_bool(v, "worker", cfg->worker != 0);
    if (audience == KL_FOR_STRANGERS) {
        kl_json_set_bool(v, "callback_base", cfg->callback_base != NULL);
        kl_json_set(v, "stores", bare_stores(call));
        return;
    }
    kl_view_word(v, "callback_base", cfg->callback_base ? cfg->callback_base : "");
    kl_json_set(v, "stores", kl_stores_view(call, 1));
}

kl_json_t *kl_overview_view(kl_call_t *call, kl_audience_t audience)
{
    apr_pool_t *p = call->r->pool;
    kl_json_t *v = kl_json_object(p), *database = kl_json_object(p), *waiting;
    const char *driver = NULL;

    if (call->svc.store->driver(call->svc.store, p, &driver, call->err) != KL_OK
        || !(waiting = queue(call))) {
        return NULL;
    }
    kl_view_time(p, v, "now", call->svc.now());
    kl_json_set_str(v, "version", KL_VERSION);
    kl_json_set_str(v, "httpd", httpd_version(p));
    kl_json_set_str(v, "libcurl", kl_child_http_version(p));
    kl_json_set_str(database, "driver", driver);
    kl_json_set_int(database, "schema_version", KL_SCHEMA_VERSION);
    kl_json_set(v, "database", database);
    set_settings(call, v, audience);
    kl_json_set(v, "queue", waiting);
    return v;
}

static int overview(kl_call_t *call)
{
    kl_json_t *v = kl_overview_view(call, KL_FOR_OPERATOR);

    return v ? kl_reply(call, HTTP_OK, v, NULL) : kl_reply_error(call);
}

/* --- callbacks ------------------------------------------------------------------------------- */

static kl_json_t *callback_view(apr_pool_t *p, const char *store, const kl_callback_t *callback)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "store", store);
    kl_json_set_str(v, "kind", callback->kind);
    kl_view_time(p, v, "last_good", callback->good_at);
    kl_json_set_int(v, "good", callback->good);
    kl_view_time(p, v, "last_bad", callback->bad_at);
    kl_json_set_int(v, "bad", callback->bad);
    kl_view_word(v, "why", callback->bad_why);
    return v;
}

kl_json_t *kl_callbacks_view(kl_call_t *call)
{
    apr_pool_t *p = call->r->pool;
    kl_json_t *list = kl_json_array(p);
    kl_store_t *store = call->svc.store;
    apr_array_header_t *found = NULL;
    int i, k;

    for (i = 0; i < call->stores->nelts; i++) {
        const char *name = kl_store_at(call, i)->account.name;

        if (store->callback_list(store, p, name, &found, call->err) != KL_OK) {
            return NULL;
        }
        for (k = 0; k < found->nelts; k++) {
            kl_json_append(list, callback_view(p, name, &APR_ARRAY_IDX(found, k, kl_callback_t)));
        }
    }
    return list;
}

static int callbacks(kl_call_t *call)
{
    kl_json_t *v = kl_json_object(call->r->pool), *list = kl_callbacks_view(call);

    if (!list) {
        return kl_reply_error(call);
    }
    kl_json_set(v, "callbacks", list);
    return kl_reply(call, HTTP_OK, v, NULL);
}

const kl_route_t kl_operator_routes[] = {
    {"GET", "overview", 0, overview},
    {"GET", "operations", 0, operations},
    {"GET", "callbacks", 0, callbacks},
    {"POST", "credential-test", KL_ROUTE_BODY, kl_credential_test},
    {"GET", "charts", 0, kl_charts},
    {"GET", "errors", 0, kl_errors},
    {"GET", "support-bundle", 0, kl_support_bundle},
    {NULL, NULL, 0, NULL},
};
