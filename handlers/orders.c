/* SPDX-License-Identifier: Apache-2.0 */
/*
 * klarna-orders: the back office. Lists and reads orders and their operations, and names
 * the routes that change them (captures.c, returns.c, authorization.c).
 */
#include "handlers/handlers.h"

#include <apr_strings.h>
#include <string.h>

#define DEFAULT_PAGE 25

static kl_kind_t read_cursor(kl_call_t *call, const char *cursor, kl_order_query_t *query)
{
    char *end = NULL;

    query->before_at = apr_strtoi64(cursor, &end, 10);
    if (query->before_at <= 0 || *end != '_' || !kl_id_is_uuid(end + 1)) {
        return kl_error_field(call->err, "cursor", "cursor", "another text",
                              "the next_cursor of an answer");
    }
    query->before_id = end + 1;
    return KL_OK;
}

static kl_kind_t read_query(kl_call_t *call, kl_order_query_t *query)
{
    const char *state = kl_query_parameter(call->r, "state");
    const char *search = kl_query_parameter(call->r, "q");
    const char *cursor = kl_query_parameter(call->r, "cursor");
    const char *limit = kl_query_parameter(call->r, "limit");
    kl_order_state_t known;
    char *end = "";
    apr_int64_t n = limit ? apr_strtoi64(limit, &end, 10) : DEFAULT_PAGE;

    memset(query, 0, sizeof(*query));
    query->merchant = call->settings->account.name;
    query->state = state ? state : "";
    query->search = search ? search : "";
    query->attention = kl_query_parameter(call->r, "attention");
    query->attention = query->attention ? query->attention : "";
    query->before_id = "";
    query->limit = (int)n;
    if (*end || n < 1 || n > KL_MAX_PAGE) {
        return kl_error_field(call->err, "out_of_range", "limit", limit,
                              "1 to " APR_STRINGIFY(KL_MAX_PAGE));
    }
    if (query->state[0] && !kl_order_state_parse(query->state, &known)) {
        return kl_error_field(call->err, "unknown_value", "state", "another word",
                              "an order state such as AUTHORIZED or CAPTURED");
    }
    return cursor ? read_cursor(call, cursor, query) : KL_OK;
}

static int list(kl_call_t *call)
{
    apr_pool_t *p = call->r->pool;
    kl_json_t *v = kl_json_object(p), *orders = kl_json_array(p);
    apr_array_header_t *found = NULL;
    kl_order_query_t query;
    const kl_order_t *last = NULL;
    int i;

    if (read_query(call, &query) != KL_OK
        || call->svc.store->order_list(call->svc.store, p, &query, &found, call->err) != KL_OK) {
        return kl_reply_error(call);
    }
    for (i = 0; i < found->nelts; i++) {
        last = APR_ARRAY_IDX(found, i, kl_order_t *);
        kl_json_append(orders, kl_order_view(p, last, 0));
    }
    kl_json_set(v, "orders", orders);
    if (last && found->nelts == query.limit) {
        kl_json_set_str(v, "next_cursor", apr_psprintf(p, "%" APR_TIME_T_FMT "_%s",
                                                       last->created_at, last->id));
    }
    return kl_reply(call, HTTP_OK, v, NULL);
}

/* ?refresh=1 reads Klarna's record first; else that is done only, as well as it can be, while
 * the expiry is not known (just placed or extended). */
static int read_one(kl_call_t *call)
{
    const char *refresh = kl_query_parameter(call->r, "refresh");
    int asked = refresh && strcmp(refresh, "1") == 0;
    kl_look_t look = {0};
    kl_order_t *order = NULL;
    kl_json_t *v;
    kl_kind_t rv = kl_service_order(&call->svc, call->segment[0], &order, call->err);

    if (rv == KL_OK && asked) {
        rv = kl_refresh(&call->svc, order, &look, call->err);
    }
    else if (rv == KL_OK && !order->expires_at) {
        (void)kl_refresh(&call->svc, order, &look, kl_error_make(call->r->pool));
    }
    if (rv != KL_OK) {
        return kl_reply_error(call);
    }
    v = kl_order_view(call->r->pool, order, 1);
    if (asked) {
        kl_json_set_bool(v, "differs_from_klarna", look.differs);
    }
    return kl_reply(call, HTTP_OK, v, NULL);
}

static int events(kl_call_t *call)
{
    apr_pool_t *p = call->r->pool;
    kl_json_t *v = kl_json_object(p), *list_of = kl_json_array(p);
    apr_array_header_t *found = NULL;
    kl_order_t *order = NULL;
    int i;

    if (kl_service_order(&call->svc, call->segment[0], &order, call->err) != KL_OK
        || call->svc.store->operation_list(call->svc.store, p, order->id, &found, call->err)
               != KL_OK) {
        return kl_reply_error(call);
    }
    for (i = 0; i < found->nelts; i++) {
        kl_json_append(list_of, kl_operation_view(p, APR_ARRAY_IDX(found, i, kl_operation_t *),
                                                 call->svc.now()));
    }
    kl_json_set_str(v, "order_id", order->id);
    kl_json_set(v, "operations", list_of);
    return kl_reply(call, HTTP_OK, v, NULL);
}

static int operation(kl_call_t *call)
{
    kl_operation_t *op = NULL;
    kl_kind_t rv = kl_id_is_uuid(call->segment[2])
        ? call->svc.store->operation_load(call->svc.store, call->r->pool, call->segment[2], &op,
                                          call->err)
        : KL_NOT_FOUND;

    if (rv == KL_OK && (strcmp(op->order_id, call->segment[0]) != 0
                        || strcmp(op->merchant, call->settings->account.name) != 0)) {
        rv = KL_NOT_FOUND;
    }
    if (rv == KL_NOT_FOUND) {
        kl_error_clear(call->err);
        kl_error_set(call->err, rv, "no_such_operation", "This order has no such operation.");
    }
    if (rv != KL_OK) {
        return kl_reply_error(call);
    }
    return kl_reply(call, HTTP_OK, kl_operation_view(call->r->pool, op, call->svc.now()), NULL);
}

/* Who asks, and for which stores this back office works. */
static int about(kl_call_t *call)
{
    kl_json_t *v = kl_json_object(call->r->pool);

    kl_json_set_str(v, "user", call->r->user);
    kl_json_set_str(v, "version", KL_VERSION);
    kl_json_set(v, "stores", kl_stores_view(call, 0));
    return kl_reply(call, HTTP_OK, v, NULL);
}

#define MONEY (KL_ROUTE_BODY | KL_ROUTE_KEY)

const kl_route_t kl_orders_routes[] = {
    {"GET", "", 0, list},
    {"GET", "about", 0, about},
    {"GET", "operations", 0, kl_operations_list},
    {"GET", "*", 0, read_one},
    {"GET", "*/events", 0, events},
    {"GET", "*/operations/*", 0, operation},
    {"POST", "*/operations/*/send-again", KL_ROUTE_BODY, kl_operations_send_again},
    {"POST", "*/operations/*/give-up", KL_ROUTE_BODY, kl_operations_give_up},
    {"POST", "*/adopt", KL_ROUTE_BODY, kl_orders_adopt},
    {"POST", "*/captures", MONEY, kl_captures_create},
    {"POST", "*/captures/*/shipping-info", MONEY, kl_captures_shipping_info},
    {"POST", "*/credit-invoices", MONEY, kl_credit_invoices_create},
    {"POST", "*/credit-invoices/preview", KL_ROUTE_BODY, kl_credit_invoices_preview},
    {"POST", "*/cancel", MONEY, kl_cancel_create},
    {"POST", "*/extend", MONEY, kl_extend_create},
    {"POST", "*/release", MONEY, kl_release_create},
    {NULL, NULL, 0, NULL}
};
