/* SPDX-License-Identifier: Apache-2.0 */
/* See hours.h. */
#include "core/hours.h"

#include "core/view.h"

#define HOUR apr_time_from_sec(3600)

kl_hours_t *kl_hours_make(apr_pool_t *p, apr_time_t now, int n)
{
    kl_hours_t *hours = apr_palloc(p, sizeof(*hours));

    hours->to = now - now % HOUR + HOUR;
    hours->from = hours->to - n * HOUR;
    hours->n = n;
    hours->hour = apr_pcalloc(p, n * sizeof(*hours->hour));
    return hours;
}

void kl_hours_add(kl_hours_t *hours, const kl_operation_hour_t *row)
{
    kl_hour_t *hour;

    if (row->hour < hours->from || row->hour >= hours->to) {
        return;
    }
    hour = &hours->hour[(row->hour - hours->from) / HOUR];
    if (row->state == KL_OP_CONFIRMED) {
        hour->payments += kl_op_places(row->kind) ? row->count : 0;
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

/* Nothing was called: there is no time, which is not a time of 0. */
static void set_time_taken(kl_json_t *v, const kl_hour_t *hour)
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

static kl_json_t *hour_view(apr_pool_t *p, apr_time_t at, const kl_hour_t *hour)
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

kl_json_t *kl_hours_view(apr_pool_t *p, const kl_hours_t *hours)
{
    kl_json_t *v = kl_json_object(p), *list = kl_json_array(p);

    for (int i = 0; i < hours->n; i++) {
        kl_json_append(list, hour_view(p, hours->from + i * HOUR, &hours->hour[i]));
    }
    kl_view_time(p, v, "from", hours->from);
    kl_json_set(v, "hours", list);
    return v;
}
