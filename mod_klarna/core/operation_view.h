/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operation as the routes show it, to whom: the shop's people, or strangers.
 */
#ifndef KL_OPERATION_VIEW_H
#define KL_OPERATION_VIEW_H

#include "core/operation.h"
#include "core/view.h"

/** For the shop's people, as it stands at now (no request, no secrets). */
kl_json_t *kl_operation_view(apr_pool_t *p, const kl_operation_t *op, apr_time_t now);

/* Lists of operations (of kl_operation_t *). */

/** For audience. An operator also sees whose each one is; a stranger sees that too, but no names,
 * references or text, and only the Klarna id that its support asks for. */
kl_json_t *kl_operation_view_list(apr_pool_t *p, const apr_array_header_t *operations,
                                  kl_audience_t audience, apr_time_t now);

/** What went wrong, and when; fit for strangers too. */
kl_json_t *kl_operation_view_errors(apr_pool_t *p, const apr_array_header_t *operations);

#endif
