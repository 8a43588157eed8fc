/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET "", GET lists and GET totals: orders page by page, how many of them wait for whom, and their
 * sums.
 */
#include "handlers/list.h"

#include "core/order_view.h"
#include "handlers/answer.h"
#include "handlers/export.h"
#include "handlers/notes.h"
#include "handlers/list_query.h"
#include "handlers/query.h"

/* --- a page ------------------------------------------------------------------------------ */

/* Of what was searched for in vain: how many there are elsewhere. */
static kl_kind_t add_elsewhere(kl_request_t *req, const kl_order_query_t *query,
                               const kl_list_page_t *page, kl_json_t *v)
{
    int count = 0;

    if (page->orders->nelts == 0 && !query->before_at
        && kl_order_lists_elsewhere(&req->svc, query, &count, req->err) != KL_OK) {
        return req->err->kind;
    }
    if (count > 0) {
        kl_json_set_int(v, "elsewhere", count);
    }
    return KL_OK;
}

static int reply_page(kl_request_t *req, const kl_order_query_t *query, const kl_list_page_t *page)
{
    apr_pool_t *p = req->r->pool;
    kl_json_t *v = kl_json_object(p), *orders = kl_json_array(p);
    int i;

    for (i = 0; i < page->orders->nelts; i++) {
        kl_json_append(orders, kl_order_view(p, APR_ARRAY_IDX(page->orders, i, kl_order_t *), 0));
    }
    kl_json_set(v, "orders", orders);
    if (kl_notes_show_tags(req, page->orders, orders) != KL_OK) {
        return kl_answer_error(req);
    }
    if (page->more) {
        kl_json_set_str(v, "next_cursor", kl_list_query_cursor(p, query, page));
    }
    if (add_elsewhere(req, query, page, v) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_answer(req, HTTP_OK, v, NULL);
}

int kl_list(kl_request_t *req)
{
    kl_order_query_t query;
    kl_list_page_t page;

    if (kl_list_query_read(req, &query) != KL_OK) {
        return kl_answer_error(req);
    }
    if (kl_list_query_is_csv(req)) {
        return kl_export(req, &query);
    }
    if (kl_order_lists_page(&req->svc, req->r->pool, &query, &page, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return reply_page(req, &query, &page);
}

/* --- how many ------------------------------------------------------------------------------ */

int kl_list_counts(kl_request_t *req)
{
    static const char *const none[] = {NULL};
    apr_pool_t *p = req->r->pool;
    kl_json_t *v = kl_json_object(p), *counts = kl_json_object(p), *entry;
    kl_list_count_t found;
    int list;

    if (kl_query_only(req, none) != KL_OK) {
        return kl_answer_error(req);
    }
    for (list = KL_LIST_NONE + 1; list < KL_LISTS; list++) {
        if (kl_order_lists_count(&req->svc, list, &found, req->err) != KL_OK) {
            return kl_answer_error(req);
        }
        entry = kl_json_object(p);
        kl_json_set_int(entry, "count", found.count);
        kl_json_set_bool(entry, "more", found.more);
        kl_json_set(counts, kl_order_lists_name(list), entry);
    }
    kl_json_set(v, "lists", counts);
    return kl_answer(req, HTTP_OK, v, NULL);
}

static kl_json_t *total_view(apr_pool_t *p, const kl_total_t *total)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "currency", total->currency);
    kl_json_set_int(v, "order_amount", total->order_amount);
    kl_json_set_int(v, "captured_amount", total->captured_amount);
    kl_json_set_int(v, "refunded_amount", total->refunded_amount);
    kl_json_set_int(v, "count", total->count);
    return v;
}

int kl_list_totals(kl_request_t *req)
{
    apr_pool_t *p = req->r->pool;
    kl_json_t *v = kl_json_object(p), *currencies = kl_json_array(p);
    kl_order_query_t query;
    kl_list_totals_t totals;

    if (kl_list_query_read_totals(req, &query) != KL_OK
        || kl_order_lists_totals(&req->svc, &query, &totals, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    for (int i = 0; i < totals.currencies->nelts; i++) {
        kl_json_append(currencies, total_view(p, &APR_ARRAY_IDX(totals.currencies, i, kl_total_t)));
    }
    kl_json_set_int(v, "count", totals.count);
    kl_json_set_bool(v, "complete", totals.complete);
    kl_json_set(v, "currencies", currencies);
    return kl_answer(req, HTTP_OK, v, NULL);
}
