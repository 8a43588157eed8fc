/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator is shown besides orders and operations: figures of hours, and how callbacks
 * are doing. Functions of store.h's table over apr_dbd; nothing here moves or decides anything.
 */
#ifndef KL_DBD_FIGURES_H
#define KL_DBD_FIGURES_H

#include "store/store.h"

kl_kind_t kl_dbd_figures_operation_hours(kl_store_t *self, apr_pool_t *p,
                                         const kl_hours_query_t *query, apr_array_header_t **out,
                                         kl_error_t *err);
kl_kind_t kl_dbd_figures_callback_note(kl_store_t *self, apr_pool_t *p,
                                       const kl_callback_note_t *note, kl_error_t *err);
kl_kind_t kl_dbd_figures_callback_list(kl_store_t *self, apr_pool_t *p, const char *account,
                                       apr_array_header_t **out, kl_error_t *err);

#endif
