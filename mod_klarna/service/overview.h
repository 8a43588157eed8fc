/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How things are going, for the operator: figures over all of the caller's accounts. It reads the
 * database only.
 */
#ifndef KL_SERVICE_OVERVIEW_H
#define KL_SERVICE_OVERVIEW_H

#include "core/hours.h"
#include "core/queue.h"
#include "service/service.h"

typedef struct kl_overview_t {
    const char *driver; /* what the database is: "pgsql" */
    kl_queue_t queue;
} kl_overview_t;

/** KL_OK when payments can be taken: the database answers and holds our schema. */
kl_kind_t kl_overview_ready(kl_service_t *svc, kl_error_t *err);

kl_kind_t kl_overview_read(kl_service_t *svc, kl_overview_t *out, kl_error_t *err);

/** The last n hours up to the one that runs now. */
kl_kind_t kl_overview_hours(kl_service_t *svc, int n, kl_hours_t **out, kl_error_t *err);

/** How Klarna's callbacks are doing, account by account. *out: of kl_callback_t. */
kl_kind_t kl_overview_callbacks(kl_service_t *svc, apr_array_header_t **out, kl_error_t *err);

#endif
