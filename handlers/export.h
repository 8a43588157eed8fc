/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders as CSV for spreadsheets (core/order_csv.h). Written page by page: neither a connection
 * to the database nor more than a page of orders is held while the client reads.
 */
#ifndef KL_HANDLERS_EXPORT_H
#define KL_HANDLERS_EXPORT_H

#include "handlers/list.h"

/** Answers with all that query finds, as CSV. */
int kl_export(kl_request_t *req, kl_order_query_t *query);

#endif
