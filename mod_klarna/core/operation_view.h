/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operation as the routes show it, to whom: the shop's people, or strangers.
 */
#ifndef KL_OPERATION_VIEW_H
#define KL_OPERATION_VIEW_H

#include "core/operation.h"

/** For the shop's people, as it stands at now (no request, no secrets). */
kl_json_t *kl_operation_view(apr_pool_t *p, const kl_operation_t *op, apr_time_t now);

/** For strangers, who read a support bundle: no names, no references, no words, no ids of
 *  Klarna's but the one its support asks for. */
kl_json_t *kl_operation_view_bare(apr_pool_t *p, const kl_operation_t *op);

/** As an entry of the last errors; fit for strangers, too. */
kl_json_t *kl_operation_view_error(apr_pool_t *p, const kl_operation_t *op);

#endif
