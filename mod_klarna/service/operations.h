/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations as they are listed: those of one order, and over all of the caller's accounts
 * those that have not ended, that Klarna refused, or that went wrong last. Lists are arrays of
 * kl_operation_t *.
 */
#ifndef KL_SERVICE_OPERATIONS_H
#define KL_SERVICE_OPERATIONS_H

#include "service/service.h"

#define KL_MAX_ERRORS 50

/** An order's, the oldest first; order_id is one of the caller's, or it is KL_NOT_FOUND
 *  "no_such_order". */
kl_kind_t kl_operations_of_order(kl_service_t *svc, const char *order_id, apr_array_header_t **out,
                                 kl_error_t *err);

/** Those that have not ended, at most KL_MAX_PAGE of each account; account by account the
 *  longest due first. */
kl_kind_t kl_operations_unfinished(kl_service_t *svc, apr_array_header_t **out, kl_error_t *err);

/** Of these, the ones that someone may want to look at (queue.h). */
kl_kind_t kl_operations_failing(kl_service_t *svc, apr_array_header_t **out, kl_error_t *err);

/** What Klarna refused last, the last change first; at most KL_MAX_PAGE. */
kl_kind_t kl_operations_refused(kl_service_t *svc, apr_array_header_t **out, kl_error_t *err);

/** What Klarna refused or what failed, among the KL_MAX_ERRORS that changed last. */
kl_kind_t kl_operations_errors(kl_service_t *svc, apr_array_header_t **out, kl_error_t *err);

#endif
