/* SPDX-License-Identifier: Apache-2.0 */
/* Notes and tags: routes of the back office (orders.c), and how an order shows them. */
#ifndef KL_HANDLERS_NOTES_H
#define KL_HANDLERS_NOTES_H

#include "handlers/handlers.h"

/** POST {id}/notes. */
int kl_notes_create(kl_request_t *req);
/** POST {id}/tags. */
int kl_notes_tag(kl_request_t *req);
/** GET tags. */
int kl_notes_tags(kl_request_t *req);

/** Adds its notes to the view of one order. */
kl_kind_t kl_notes_show(kl_request_t *req, const kl_order_t *order, kl_json_t *v);
/** Adds to each view, in the order of orders (of kl_order_t *), its tags. */
kl_kind_t kl_notes_show_tags(kl_request_t *req, const apr_array_header_t *orders, kl_json_t *views);

#endif
