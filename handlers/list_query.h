/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a list of orders is asked for, as parameters: filters, order, page. A wrong one is refused
 * with its name.
 */
#ifndef KL_HANDLERS_LIST_QUERY_H
#define KL_HANDLERS_LIST_QUERY_H

#include "handlers/handlers.h"
#include "service/order_lists.h"

/** Everything that GET "" takes. */
kl_kind_t kl_list_query_read(kl_request_t *req, kl_order_query_t *query);
/** The filters alone. */
kl_kind_t kl_list_query_read_totals(kl_request_t *req, kl_order_query_t *query);

/** 1: a file for spreadsheets is wanted. */
int kl_list_query_is_csv(kl_request_t *req);

/** Where the page after this one begins. */
const char *kl_list_query_cursor(apr_pool_t *p, const kl_order_query_t *query,
                                 const kl_list_page_t *page);

#endif
