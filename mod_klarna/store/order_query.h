/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which statement answers a query for orders, and with which values. The most selective condition
 * is the one whose index drives the list; the others are checked on what it finds. No database is
 * involved here.
 */
#ifndef KL_ORDER_QUERY_H
#define KL_ORDER_QUERY_H

#include "store/statements.h"
#include "store/store.h"

/* The values point into the query and into this: both must stay where they are. */
typedef struct kl_order_page_t {
    kl_sql_t list, count; /* rows, or only their number; the same values */
    const void *values[2 * KL_SEARCHED + KL_SHOP_FILTER_VALUES + KL_SOONEST_VALUES];
    int n;
    apr_int64_t from, to, until, at;
    int limit;
} kl_order_page_t;

/**
 * @param limit rows, at least 1
 * @return 1, or 0 when the parts of the query contradict each other: no order can fit
 */
int kl_order_query_page(kl_order_page_t *page, const kl_order_query_t *query, int limit);

/** The same for the payments that belong into the list besides: those in a state of theirs, because
 *  they have no marks, and no references to be searched by.
 *  @return 1, or 0 when none can fit */
int kl_order_query_payments(kl_order_page_t *page, const kl_order_query_t *query, int limit);

/** For what was paid in a store: `list` finds the orders, `count` the payments (rows too), with the
 *  same values. */
void kl_order_query_instore(kl_order_page_t *page, const kl_instore_query_t *query, int limit);

/** For qsort over kl_order_t *: the order of every list but those of what is open. */
int kl_order_query_by_newest(const void *a, const void *b);

/** 1 when query lists what is still open, soonest end first; else the newest come first. */
int kl_order_query_is_open(const kl_order_query_t *query);

#endif
