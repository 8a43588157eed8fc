/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The customer's screen beside a till: who holds its key sees that till's present payment, and
 * nothing that tells who pays.
 */
#ifndef KL_SERVICE_DISPLAY_H
#define KL_SERVICE_DISPLAY_H

#include "core/department.h"
#include "service/service.h"

/** A key for the screen of that till, good for a week. NULL with an error when it cannot be made.
 */
const char *kl_display_make(kl_service_t *svc, const kl_department_t *department, const char *till,
                            kl_error_t *err);

/** The till's present payment; *out NULL when there is none: the last one has ended a while ago.
 *  @param key what the screen came with
 *  @return KL_OK; KL_DENIED "display_key" */
kl_kind_t kl_display_load(kl_service_t *svc, const char *key, kl_order_t **out, kl_error_t *err);

#endif
