/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the job does not need any more is not kept: payments that became nothing, tokens, requests
 * that were sent long ago. Orders, what moved and when, and who did it stay: those are the books.
 * It calls nobody, and it must never take away what an operation that has not ended needs.
 */
#ifndef KL_RETENTION_H
#define KL_RETENTION_H

#include "service/service.h"

/** The first that have had their time. *out: of const char *, for kl_retention_sweep. */
kl_kind_t kl_retention_find(kl_service_t *svc, kl_sweep_kind_t what, apr_array_header_t **out,
                            kl_error_t *err);
/** Takes those away, and so on until there are none or a round's share is done. */
kl_kind_t kl_retention_sweep(kl_service_t *svc, kl_sweep_kind_t what, apr_array_header_t *ids,
                             kl_error_t *err);

#endif
