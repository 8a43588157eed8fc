/* SPDX-License-Identifier: Apache-2.0 */
/* Notes and tags: what the shop's people put on an order for each other. Klarna is told nothing. */
#ifndef KL_SERVICE_NOTES_H
#define KL_SERVICE_NOTES_H

#include "service/service.h"

/** A note of svc->actor's. With a client key, once.
 *  @return KL_OK, KL_NOT_FOUND "no_such_order", KL_CONFLICT "too_many_notes", KL_UNAVAILABLE */
kl_kind_t kl_notes_add(kl_service_t *svc, const char *order_id, const char *text,
                       const kl_client_t *client, kl_note_t **out, kl_error_t *err);

/** An order's, newest first. *out: of kl_note_t *. */
kl_kind_t kl_notes_of(kl_service_t *svc, const char *order_id, apr_array_header_t **out,
                      kl_error_t *err);

/** The order has these tags (of const char *) and no others. */
kl_kind_t kl_notes_set_tags(kl_service_t *svc, const char *order_id, const apr_array_header_t *tags,
                            kl_error_t *err);

/** The tags of orders (of kl_order_t *), those of one order together. *out: of kl_label_t. */
kl_kind_t kl_notes_tags_of(kl_service_t *svc, const apr_array_header_t *orders,
                           apr_array_header_t **out, kl_error_t *err);

/** All tags of the caller's orders, by name. *out: of kl_label_count_t. */
kl_kind_t kl_notes_all_tags(kl_service_t *svc, apr_array_header_t **out, kl_error_t *err);

#endif
