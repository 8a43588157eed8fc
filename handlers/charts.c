/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET charts: what came of the operations hour by hour, and how long Klarna took. One row
 * for every hour, empty ones too, so that nobody draws a line across a gap.
 */
#include "handlers/operator.h"

#include "core/view.h"

#define DEFAULT_HOURS 24
#define MAX_HOURS 168
#define HOUR apr_time_from_sec(3600)

typedef struct hour_t {
    apr_int64_t payments, captures, refunds, refused, unknown, calls, took_sum, took_max, slow;
} hour_t;

static void add(hour_t *hour, const kl_operation_hour_t *row)
{
    if (row->state == KL_OP_CONFIRMED) {
        hour->payments += row->kind == KL_OP_PLACE_ORDER ? row->count : 0;
        hour->captures += row->kind == KL_OP_CAPTURE ? row->count : 0;
        hour->refunds += row->kind == KL_OP_REFUND ? row->count : 0;
    }
    hour->refused += row->state == KL_OP_REFUSED ? row->count : 0;
    hour->unknown += row->state == KL_OP_UNKNOWN ? row->count : 0;
    hour->calls += row->called;
    hour->took_sum += row->took_sum;
    hour->took_max = row->took_max > hour->took_max ? row->took_max : hour->took_max;
    hour->slow += row->slow;
}

/* Adds the figures of all stores to hours[0..n), which begin at from; 0 with call->err set. */
static int collect(kl_call_t *call, apr_time_t from, hour_t *hours, int n)
{
    kl_store_t *store = call->svc.store;
    apr_array_header_t *rows = NULL;
    int i, k;

    for (i = 0; i < call->stores->nelts; i++) {
        if (store->operation_hours(store, call->r->pool, kl_store_at(call, i)->account.name, from,
                                   from + n * HOUR, &rows, call->err)
            != KL_OK) {
            return 0;
        }
        for (k = 0; k < rows->nelts; k++) {
            const kl_operation_hour_t *row = &APR_ARRAY_IDX(rows, k, kl_operation_hour_t);

            add(&hours[(row->hour - from) / HOUR], row);
        }
    }
    return 1;
}

static void set_time_taken(kl_json_t *v, const hour_t *hour)
{
    if (hour->calls) {
        kl_json_set_int(v, "took_avg_ms", hour->took_sum / hour->calls);
        kl_json_set_int(v, "took_max_ms", hour->took_max);
    }
    else {
        kl_json_set_null(v, "took_avg_ms");
        kl_json_set_null(v, "took_max_ms");
    }
}

static kl_json_t *hour_view(apr_pool_t *p, apr_time_t at, const hour_t *hour)
{
    kl_json_t *v = kl_json_object(p);

    kl_view_time(p, v, "at", at);
    kl_json_set_int(v, "payments", hour->payments);
    kl_json_set_int(v, "captures", hour->captures);
    kl_json_set_int(v, "refunds", hour->refunds);
    kl_json_set_int(v, "refused", hour->refused);
    kl_json_set_int(v, "unknown", hour->unknown);
    kl_json_set_int(v, "calls", hour->calls);
    set_time_taken(v, hour);
    kl_json_set_int(v, "slow", hour->slow);
    return v;
}

kl_json_t *kl_charts_view(kl_call_t *call, int hours)
{
    apr_pool_t *p = call->r->pool;
    apr_time_t now = call->svc.now(), from = now - now % HOUR - (hours - 1) * HOUR;
    hour_t *figures = apr_pcalloc(p, hours * sizeof(*figures));
    kl_json_t *v = kl_json_object(p), *list = kl_json_array(p);
    int i;

    if (!collect(call, from, figures, hours)) {
        return NULL;
    }
    for (i = 0; i < hours; i++) {
        kl_json_append(list, hour_view(p, from + i * HOUR, &figures[i]));
    }
    kl_view_time(p, v, "from", from);
    kl_json_set(v, "hours", list);
    return v;
}

int kl_charts(kl_call_t *call)
{
    static const char *const names[] = {"hours", NULL};
    kl_json_t *v = NULL;
    int hours;

    if (kl_query_only(call, names) == KL_OK) {
        hours = kl_query_number(call, "hours", DEFAULT_HOURS, 1, MAX_HOURS);
        v = call->err->kind == KL_OK ? kl_charts_view(call, hours) : NULL;
    }
    return v ? kl_reply(call, HTTP_OK, v, NULL) : kl_reply_error(call);
}
