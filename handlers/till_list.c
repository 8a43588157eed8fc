/* SPDX-License-Identifier: Apache-2.0 */
/* See till_list.h. */
#include "handlers/till_list.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "core/instore_view.h"
#include "core/iso_time.h"
#include "handlers/answer.h"
#include "handlers/query.h"
#include "handlers/till_answer.h"
#include "service/instore.h"

static kl_kind_t read_day(kl_request_t *req, kl_instore_query_t *query)
{
    const char *day = kl_query_text(req, "day");

    if (!day[0]) {
        return KL_OK;
    }
    query->from = strlen(day) == 10
                      ? kl_iso_time(apr_pstrcat(req->r->pool, day, "T00:00:00Z", NULL))
                      : kl_iso_time(day);
    query->to = query->from + apr_time_from_sec(86400);
    return query->from ? KL_OK
                       : kl_error_field(req->err, "day", "day", day,
                                        "YYYY-MM-DD, or the moment at which the day begins");
}

static kl_kind_t read_cursor(kl_request_t *req, kl_instore_query_t *query)
{
    const char *cursor = kl_query_text(req, "cursor");
    char *end = NULL;

    if (!cursor[0]) {
        return KL_OK;
    }
    query->before_at = apr_strtoi64(cursor, &end, 10);
    if (query->before_at <= 0 || *end != '_' || !kl_id_is_uuid(end + 1)) {
        return kl_error_field(req->err, "cursor", "cursor", "some other text",
                              "the next of a previous answer");
    }
    query->before_id = end + 1;
    return KL_OK;
}

static int by_newest(const void *a, const void *b)
{
    const kl_order_t *one = *(const kl_order_t *const *)a, *other = *(const kl_order_t *const *)b;

    if (one->created_at != other->created_at) {
        return one->created_at > other->created_at ? -1 : 1;
    }
    return -strcmp(one->id, other->id);
}

/* A page of each store makes one of all; *more becomes 1 when others follow. */
static kl_kind_t find(kl_request_t *req, kl_instore_query_t *query, apr_array_header_t **out,
                      int *more)
{
    kl_kind_t rv = KL_OK;

    *more = 0;
    *out = apr_array_make(req->r->pool, query->limit, sizeof(kl_order_t *));
    for (int i = 0; rv == KL_OK && i < req->svc.accounts_n; i++) {
        apr_array_header_t *found = NULL;

        query->account = req->svc.accounts[i]->name;
        rv = kl_instore_list(&req->svc, query, &found, req->err);
        if (rv == KL_OK) {
            apr_array_cat(*out, found);
            *more |= found->nelts >= query->limit;
        }
    }
    qsort((*out)->elts, (*out)->nelts, sizeof(kl_order_t *), by_newest);
    if ((*out)->nelts > query->limit) {
        (*out)->nelts = query->limit;
        *more = 1;
    }
    return rv;
}

static int answer(kl_request_t *req, const apr_array_header_t *found, int more)
{
    apr_pool_t *p = req->r->pool;
    kl_json_t *v = kl_json_object(p), *list = kl_json_array(p);
    const kl_order_t *order = NULL;

    for (int i = 0; i < found->nelts; i++) {
        order = APR_ARRAY_IDX(found, i, const kl_order_t *);
        kl_json_append(list, kl_instore_view(p, order, kl_till_answer_department(req, order)));
    }
    kl_json_set(v, "payments", list);
    if (more && order) {
        kl_json_set_str(v, "next",
                        apr_psprintf(p, "%" APR_TIME_T_FMT "_%s", order->created_at, order->id));
    }
    else {
        kl_json_set_null(v, "next");
    }
    return kl_answer(req, HTTP_OK, v, NULL);
}

int kl_till_list(kl_request_t *req)
{
    static const char *const names[] = {"till",  "department", "day", "invoice",
                                        "limit", "cursor",     NULL};
    kl_instore_query_t query = {.till = kl_query_text(req, "till"),
                                .invoice = kl_query_text(req, "invoice"),
                                .department = kl_query_text(req, "department"),
                                .before_id = "",
                                .limit = kl_query_number(req, "limit", KL_MAX_PAGE, 1,
                                                         KL_MAX_PAGE)};
    apr_array_header_t *found = NULL;
    int more = 0;

    if (kl_query_only(req, names) == KL_OK && !query.till[0] && !query.invoice[0]) {
        kl_error_field(req->err, "missing", "till", NULL, "a till's name, or an invoice");
    }
    if (req->err->kind != KL_OK || read_day(req, &query) != KL_OK
        || read_cursor(req, &query) != KL_OK || find(req, &query, &found, &more) != KL_OK) {
        return kl_answer_error(req);
    }
    return answer(req, found, more);
}
