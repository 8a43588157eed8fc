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

static int by_end(const void *a, const void *b)
{
    const kl_order_t *left = *(kl_order_t *const *)a, *right = *(kl_order_t *const *)b;
    apr_time_t l = kl_order_open_until(left), r = kl_order_open_until(right);

    return l < r ? -1 : l > r ? 1 : strcmp(left->id, right->id);
}

/* There is a next page if an account gave as many as it was asked for, or if not all fit. */
static void merge(kl_list_page_t *page, const kl_order_query_t *query)
{
    int open = kl_order_query_is_open(query);
    const kl_order_t *last;

    qsort(page->orders->elts, page->orders->nelts, sizeof(kl_order_t *),
          open ? by_end : kl_order_query_by_newest);
    if (page->orders->nelts > query->limit) {
        page->orders->nelts = query->limit;
        page->more = 1;
    }
    if (page->orders->nelts) {
        last = APR_ARRAY_IDX(page->orders, page->orders->nelts - 1, kl_order_t *);
        page->at = open ? kl_order_open_until(last) : last->created_at;
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

    *page = (kl_list_page_t){apr_array_make(p, query->limit, sizeof(kl_order_t *)), 0, 0, ""};
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

/* At most one more than is shown. */
kl_kind_t kl_order_lists_count(kl_service_t *svc, kl_order_list_t list, kl_list_count_t *out,
                               kl_error_t *err)
{
    kl_order_query_t query = kl_order_lists_query(svc, list);
    int total = 0, n = 0;

    for (int i = 0; i < kl_accounts_count(svc) && total <= KL_MAX_LISTED; i++) {
        query.account = kl_accounts_at(svc, i)->name;
        query.limit = KL_MAX_LISTED + 1 - total;
        if (svc->store->order_count(svc->store, svc->p, &query, &n, err) != KL_OK) {
            return err->kind;
        }
        total += n;
    }
    out->more = total > KL_MAX_LISTED;
    out->count = out->more ? KL_MAX_LISTED : total;
    return KL_OK;
}
