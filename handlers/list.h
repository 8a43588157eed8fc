/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of orders, as JSON (list.c) and as a file for spreadsheets (export.c).
 */
#ifndef KL_HANDLERS_LIST_H
#define KL_HANDLERS_LIST_H

#include "handlers/handlers.h"

typedef struct kl_list_page_t {
    apr_array_header_t *orders; /* of kl_order_t * */
    int more;                   /* 1: there may be a next page; it begins after at and id */
    apr_time_t at;
    const char *id;
} kl_list_page_t;

/** One page over all stores of call. Changes query->merchant only; everything is in p. */
kl_kind_t kl_list_page(kl_call_t *call, apr_pool_t *p, kl_order_query_t *query,
                       kl_list_page_t *page);

/** Answers with all that query finds, as CSV. */
int kl_export(kl_call_t *call, kl_order_query_t *query);

/** GET "" and GET lists. */
int kl_list(kl_call_t *call);
int kl_list_counts(kl_call_t *call);

#endif
