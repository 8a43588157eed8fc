/* SPDX-License-Identifier: Apache-2.0 */
/* See order_lists.h. */
#include "service/order_lists.h"

#include <stdlib.h>
#include <string.h>
#include "service/accounts.h"
#include "store/order_query.h"

#define EXPIRING apr_time_from_sec(7 * 86400)

static const char *const names[] = {
    [KL_LIST_NONE] = "",
    [KL_LIST_TO_SHIP] = "to_ship",
    [KL_LIST_EXPIRING] = "expiring",
    [KL_LIST_CAPTURE_UNCONFIRMED] = "capture_unconfirmed",
    [KL_LIST_REFUND_UNCONFIRMED] = "refund_unconfirmed",
    [KL_LIST_ORPHANS] = "orphans",
    [KL_LIST_IN_REVIEW] = "in_review",
};

_Static_assert(sizeof(names) / sizeof(names[0]) == KL_LISTS, "every list has a name");

const char *kl_order_lists_name(kl_order_list_t list)
{
    return names[list];
}

int kl_order_lists_parse(const char *name, kl_order_list_t *out)
{
    for (int i = KL_LIST_NONE + 1; i < KL_LISTS; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (kl_order_list_t)i;
            return 1;
        }
    }
    return 0;
}

kl_order_query_t kl_order_lists_query(const kl_service_t *svc, kl_order_list_t list)
{
    return (kl_order_query_t){.list = list, .until = svc->now() + EXPIRING, .before_id = ""};
}

/* --- a page ------------------------------------------------------------------------------ */

/* There is a next page if an account gave as many as it was asked for, or if not all fit. */
static void merge(kl_list_page_t *page, const kl_order_query_t *query)
{
    kl_sort_t sort = kl_order_query_sort(query);
    const kl_order_t *last;

    qsort(page->orders->elts, page->orders->nelts, sizeof(kl_order_t *),
          kl_order_query_compare(sort));
    if (page->orders->nelts > query->limit) {
        page->orders->nelts = query->limit;
        page->more = 1;
    }
    if (page->orders->nelts) {
        last = APR_ARRAY_IDX(page->orders, page->orders->nelts - 1, kl_order_t *);
        page->at = sort == KL_SORT_EXPIRY ? kl_order_open_until(last) : last->created_at;
        page->amount = last->order_amount;
        page->id = last->id;
    }
}

static int is_asked_for(const kl_order_query_t *query, const char *account)
{
    return !query->account || !query->account[0] || strcmp(query->account, account) == 0;
}

kl_kind_t kl_order_lists_page(kl_service_t *svc, apr_pool_t *p, const kl_order_query_t *query,
                              kl_list_page_t *page, kl_error_t *err)
{
    kl_order_query_t ask = *query;
    apr_array_header_t *found = NULL;

    *page = (kl_list_page_t){apr_array_make(p, query->limit, sizeof(kl_order_t *)), 0, 0, 0, ""};
    for (int i = 0; i < kl_accounts_count(svc); i++) {
        ask.account = kl_accounts_at(svc, i)->name;
        if (!is_asked_for(query, ask.account)) {
            continue;
        }
        if (svc->store->order_list(svc->store, p, &ask, &found, err) != KL_OK) {
            return err->kind;
        }
        page->more |= found->nelts == query->limit;
        apr_array_cat(page->orders, found);
    }
    merge(page, query);
    return KL_OK;
}

/* --- how many ------------------------------------------------------------------------------ */

static kl_kind_t count(kl_service_t *svc, const kl_order_query_t *asked, int *total,
                       kl_error_t *err)
{
    kl_order_query_t query = *asked;
    int most = asked->limit, n = 0;

    *total = 0;
    for (int i = 0; i < kl_accounts_count(svc) && *total < most; i++) {
        query.account = kl_accounts_at(svc, i)->name;
        query.limit = most - *total;
        if (svc->store->order_count(svc->store, svc->p, &query, &n, err) != KL_OK) {
            return err->kind;
        }
        *total += n;
    }
    return KL_OK;
}

/* At most one more than is shown. */
kl_kind_t kl_order_lists_count(kl_service_t *svc, kl_order_list_t list, kl_list_count_t *out,
                               kl_error_t *err)
{
    kl_order_query_t query = kl_order_lists_query(svc, list);
    int total;

    query.limit = KL_MAX_LISTED + 1;
    if (count(svc, &query, &total, err) != KL_OK) {
        return err->kind;
    }
    out->more = total > KL_MAX_LISTED;
    out->count = out->more ? KL_MAX_LISTED : total;
    return KL_OK;
}

static int is_given(const char *text)
{
    return text && text[0];
}

static int asks_where(const kl_shop_query_t *shop)
{
    return is_given(shop->department) || is_given(shop->till) || is_given(shop->terminal)
           || is_given(shop->cashier) || is_given(shop->invoice);
}

static int is_narrowed(const kl_order_query_t *query)
{
    return query->list != KL_LIST_NONE || query->sort == KL_SORT_EXPIRY || is_given(query->account)
           || is_given(query->state) || is_given(query->attention) || is_given(query->channel)
           || is_given(query->tag) || is_given(query->return_reason) || query->ids || query->from
           || query->to || asks_where(&query->shop);
}

kl_kind_t kl_order_lists_elsewhere(kl_service_t *svc, const kl_order_query_t *query, int *out,
                                   kl_error_t *err)
{
    kl_order_query_t anywhere = kl_order_lists_query(svc, KL_LIST_NONE);

    *out = 0;
    if (!is_given(query->search) || !is_narrowed(query)) {
        return KL_OK;
    }
    anywhere.search = query->search;
    anywhere.amounts = query->amounts;
    memcpy(anywhere.amount, query->amount, sizeof(anywhere.amount));
    anywhere.limit = KL_MAX_LISTED;
    return count(svc, &anywhere, out, err);
}

/* --- sums -------------------------------------------------------------------------------- */

static void add_total(kl_list_totals_t *totals, const kl_total_t *more)
{
    kl_total_t *total;

    totals->count += more->count;
    for (int i = 0; i < totals->currencies->nelts; i++) {
        total = &APR_ARRAY_IDX(totals->currencies, i, kl_total_t);
        if (strcmp(total->currency, more->currency) == 0) {
            total->count += more->count;
            total->order_amount += more->order_amount;
            total->captured_amount += more->captured_amount;
            total->refunded_amount += more->refunded_amount;
            return;
        }
    }
    APR_ARRAY_PUSH(totals->currencies, kl_total_t) = *more;
}

static int by_currency(const void *a, const void *b)
{
    return strcmp(((const kl_total_t *)a)->currency, ((const kl_total_t *)b)->currency);
}

static kl_kind_t add_account(kl_service_t *svc, const kl_order_query_t *query,
                             kl_list_totals_t *out, kl_error_t *err)
{
    apr_array_header_t *found = NULL;
    apr_int64_t before = out->count;

    if (svc->store->order_totals(svc->store, svc->p, query, &found, err) != KL_OK) {
        return err->kind;
    }
    for (int i = 0; i < found->nelts; i++) {
        add_total(out, &APR_ARRAY_IDX(found, i, kl_total_t));
    }
    out->complete = out->complete && out->count - before < query->limit;
    return KL_OK;
}

kl_kind_t kl_order_lists_totals(kl_service_t *svc, const kl_order_query_t *query,
                                kl_list_totals_t *out, kl_error_t *err)
{
    kl_order_query_t ask = *query;

    ask.before_at = 0;
    ask.limit = KL_MAX_EXPORT;
    if (ask.sort != KL_SORT_EXPIRY) { /* only that one leaves orders out */
        ask.sort = KL_SORT_USUAL;
    }
    *out = (kl_list_totals_t){apr_array_make(svc->p, 2, sizeof(kl_total_t)), 0, 1};
    for (int i = 0; i < kl_accounts_count(svc); i++) {
        ask.account = kl_accounts_at(svc, i)->name;
        if (is_asked_for(query, ask.account) && add_account(svc, &ask, out, err) != KL_OK) {
            return err->kind;
        }
    }
    qsort(out->currencies->elts, out->currencies->nelts, sizeof(kl_total_t), by_currency);
    return KL_OK;
}
