/* SPDX-License-Identifier: Apache-2.0 */
/* See export.h. */
#include "handlers/export.h"

#include <apr_strings.h>
#include "core/order_csv.h"
#include "core/payment.h"
#include "handlers/query.h"
#include "handlers/answer.h"

#define ID_SIZE 37 /* of a UUID as text */

static void write_rows(kl_request_t *req, apr_pool_t *p, const kl_list_page_t *page)
{
    int i;

    for (i = 0; i < page->orders->nelts; i++) {
        kl_answer_write(req, kl_order_csv_row(p, APR_ARRAY_IDX(page->orders, i, kl_order_t *)));
    }
}

/* The limit was reached, perhaps just so. */
static int tell_of_more(kl_request_t *req, apr_pool_t *p, kl_order_query_t *query)
{
    kl_list_page_t page;

    query->limit = 1;
    if (kl_order_lists_page(&req->svc, p, query, &page, req->err) != KL_OK) {
        return kl_answer_break_off(req);
    }
    if (page.orders->nelts > 0) {
        kl_answer_write(req, apr_psprintf(p,
                                          "\"There are more than %d orders: narrow the filter to "
                                          "see the rest.\"\r\n",
                                          KL_MAX_EXPORT));
    }
    return OK;
}

/* After the first page; p is cleared for each. id is the cursor's, which outlives its page. */
static int write_rest(kl_request_t *req, apr_pool_t *p, kl_order_query_t *query,
                      kl_list_page_t *page)
{
    char *id = apr_palloc(req->r->pool, ID_SIZE);
    int rows = page->orders->nelts;

    query->before_id = id;
    while (page->more && !req->r->connection->aborted) {
        query->before_at = page->at;
        query->before_amount = page->amount;
        apr_cpystrn(id, page->id, ID_SIZE);
        apr_pool_clear(p);
        if (rows >= KL_MAX_EXPORT) {
            return tell_of_more(req, p, query);
        }
        if (kl_order_lists_page(&req->svc, p, query, page, req->err) != KL_OK) {
            return kl_answer_break_off(req);
        }
        write_rows(req, p, page);
        rows += page->orders->nelts;
    }
    return OK;
}

/* All pages: parameters that choose one contradict it. */
static kl_kind_t check_paging(kl_request_t *req)
{
    static const char *const names[] = {"limit", "cursor"};
    unsigned i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (kl_query_text(req, names[i])[0]) {
            return kl_error_field(req->err, "not_with_csv", names[i], "a value",
                                  "none: format=csv gives all pages");
        }
    }
    return req->err->kind;
}

/* The file is for the books, where a payment that became no order has no place. */
static kl_kind_t check_state(kl_request_t *req, const kl_order_query_t *query)
{
    kl_order_state_t state;

    if (kl_order_state_parse(query->state, &state) && kl_payment_is_state(state)) {
        return kl_error_field(req->err, "not_with_csv", "state", query->state,
                              "an order's state: payments that became no order are not exported");
    }
    return req->err->kind;
}

int kl_export(kl_request_t *req, kl_order_query_t *query)
{
    kl_list_page_t page;
    apr_pool_t *p;

    apr_pool_create(&p, req->r->pool);
    query->limit = KL_MAX_PAGE;
    if (check_paging(req) != KL_OK || check_state(req, query) != KL_OK
        || kl_order_lists_page(&req->svc, p, query, &page, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    kl_answer_as_file(req, "orders.csv");
    kl_answer_stream(req, "text/csv; charset=utf-8");
    kl_answer_write(req, kl_order_csv_header);
    if (req->r->header_only) {
        return OK;
    }
    write_rows(req, p, &page);
    return write_rest(req, p, query, &page);
}
