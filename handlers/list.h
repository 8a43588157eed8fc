/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of orders, as JSON (list.c) and as a file for spreadsheets (export.c).
 */
#ifndef KL_HANDLERS_LIST_H
#define KL_HANDLERS_LIST_H

#include "handlers/handlers.h"
#include "service/order_lists.h"

/** GET "", GET lists and GET totals. */
int kl_list(kl_request_t *req);
int kl_list_counts(kl_request_t *req);
int kl_list_totals(kl_request_t *req);

#endif
