/* SPDX-License-Identifier: Apache-2.0 */
/* A merchant account at Klarna: where to call and as whom. It lives as long as the
 * configuration. */
#ifndef KL_ACCOUNT_H
#define KL_ACCOUNT_H

#include "core/country.h"

typedef struct kl_account_t {
    const char *name;                /* of the store container */
    const char *base_url;            /* "https://api.klarna.com", no trailing slash */
    const char *username, *password; /* secret: never logged, never in an error */
    const char *environment;         /* "playground" or "live" */
    kl_region_t region;
} kl_account_t;

#endif
