/* SPDX-License-Identifier: Apache-2.0 */
/* A department as a till asks for it: what it can take now, and why not. */
#ifndef KL_DEPARTMENT_VIEW_H
#define KL_DEPARTMENT_VIEW_H

#include "core/department.h"
#include "core/json.h"

/* What the till is about to take. */
typedef struct kl_department_ask_t {
    const char *country, *currency; /* "" = any */
    apr_int64_t amount;             /* minor units, -1 = any */
} kl_department_ask_t;

/** What it takes, whether that is among it and, if not, why. */
kl_json_t *kl_department_view_json(apr_pool_t *p, const kl_department_t *department,
                                   const kl_department_ask_t *ask);

#endif
