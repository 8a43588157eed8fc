/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which statement answers a query for orders, and with which values. The most selective condition
 * is the one whose index drives the list; the others are checked on what it finds. Where no index
 * has that condition in the order that is asked for, the few it finds are sorted, or, if they are
 * many, the index of that order drives and passes over what does not fit. No database is involved
 * here.
 */
#ifndef KL_ORDER_QUERY_H
#define KL_ORDER_QUERY_H

#include "store/statements.h"
#include "store/store.h"

/* Up to so many rows of an index are read and sorted for a page. More are taken for many: then so
 * many of all there are that the page is soon full when another index is gone through. */
#define KL_FEW 2000

/* What is made of the orders that fit. */
typedef enum {
    KL_ASK_ROWS,
    KL_ASK_COUNT, /* one row, one number */
    KL_ASK_TOTALS /* currency, number, sums of order_amount, captured_amount, refunded_amount */
} kl_ask_t;

typedef struct kl_order_select_t {
    kl_statement_t statement;
    const void **values; /* they point into the query and into p */
} kl_order_select_t;

/* A page of the static statements. The values point into the query and into this. */
typedef struct kl_order_page_t {
    kl_sql_t list, count; /* rows, or only their number; the same values */
    const void *values[5 + KL_PLACE_VALUES + KL_NEWEST_VALUES];
    int n;
    apr_int64_t from, at;
    int limit;
} kl_order_page_t;

/**
 * @param many what kl_order_query_probe's statement found: more than KL_FEW
 * @return 1, or 0 when the parts of the query contradict each other: no order can fit
 */
int kl_order_query_select(kl_order_select_t *out, apr_pool_t *p, const kl_order_query_t *query,
                          kl_ask_t what, int many);

/** Whether few or many fit the condition that would drive, where that matters; counts at most
 *  KL_FEW + 1.
 *  @return 1, or 0 when it does not matter */
int kl_order_query_probe(kl_order_select_t *out, apr_pool_t *p, const kl_order_query_t *query);

/** For the payments that belong into the list besides: those in a state of theirs, because they
 *  have no marks, and no references to be searched by.
 *  @return 1, or 0 when none can fit */
int kl_order_query_payments(kl_order_page_t *page, const kl_order_query_t *query, int limit);

/** For what was paid in a store: `list` finds the orders, `count` the payments (rows too), with the
 *  same values. */
void kl_order_query_instore(kl_order_page_t *page, const kl_instore_query_t *query, int limit);

/** The order that query's rows come in: never KL_SORT_USUAL. */
kl_sort_t kl_order_query_sort(const kl_order_query_t *query);

/** For qsort over kl_order_t *. */
typedef int kl_order_compare_fn(const void *a, const void *b);
kl_order_compare_fn *kl_order_query_compare(kl_sort_t sort);

#endif
