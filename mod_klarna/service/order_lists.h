/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of orders over all of the caller's accounts, page by page, and how many orders wait for
 * what. Each account is asked for a page; the pages are merged by the key they come sorted by,
 * which is also what the cursor holds: it means the same in all of them, so the next page begins in
 * every account where this one ended.
 */
#ifndef KL_SERVICE_ORDER_LISTS_H
#define KL_SERVICE_ORDER_LISTS_H

#include "service/service.h"

#define KL_MAX_LISTED 100 /* nobody counts further */

typedef struct kl_list_page_t {
    apr_array_header_t *orders; /* of kl_order_t * */
    int more;                   /* 1: there may be a next page; it begins after these three */
    apr_time_t at;
    apr_int64_t amount;
    const char *id;
} kl_list_page_t;

typedef struct kl_list_count_t {
    int count; /* at most KL_MAX_LISTED */
    int more;  /* 1: there are more than that */
} kl_list_count_t;

/** "to_ship" and its like, static. */
const char *kl_order_lists_name(kl_order_list_t list);
/** 1 and sets *out, or 0 for a word that names no list. */
int kl_order_lists_parse(const char *name, kl_order_list_t *out);

/** A query for all orders of that list, from its beginning, as things stand now. */
kl_order_query_t kl_order_lists_query(const kl_service_t *svc, kl_order_list_t list);

/**
 * One page, everything in p.
 * @param query its merchant: only of that account, NULL or "" = of all the caller's
 */
kl_kind_t kl_order_lists_page(kl_service_t *svc, apr_pool_t *p, const kl_order_query_t *query,
                              kl_list_page_t *page, kl_error_t *err);

/** After a page of query that is empty: how many orders there are elsewhere, at most KL_MAX_LISTED,
 *  that are searched for, in no list and whatever else query asks for. 0 when it only searches. */
kl_kind_t kl_order_lists_elsewhere(kl_service_t *svc, const kl_order_query_t *query, int *out,
                                   kl_error_t *err);

typedef struct kl_list_totals_t {
    apr_array_header_t *currencies; /* of kl_total_t, by currency */
    apr_int64_t count;
    int complete; /* 0: only the first KL_MAX_EXPORT orders of an account were added up */
} kl_list_totals_t;

/** Sums of the orders that fit the query, whatever its page; everything in svc->p. */
kl_kind_t kl_order_lists_totals(kl_service_t *svc, const kl_order_query_t *query,
                                kl_list_totals_t *out, kl_error_t *err);

/** How many orders of all the caller's accounts are on that list. */
kl_kind_t kl_order_lists_count(kl_service_t *svc, kl_order_list_t list, kl_list_count_t *out,
                               kl_error_t *err);

#endif
