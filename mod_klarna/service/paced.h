/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP engine over another that keeps to Klarna's pace (pace.h): it waits before a call until
 * there is room for it, and learns from each answer. One for each process; accounts are told
 * apart by Klarna's host and the user name.
 */
#ifndef KL_PACED_H
#define KL_PACED_H

#include "api/account.h"
#include "api/http.h"
#include "service/pace.h"

typedef struct kl_paced_t kl_paced_t;

typedef struct kl_paced_clock_t {
    apr_time_t (*now)(void);
    void (*sleep)(apr_interval_time_t);
} kl_paced_clock_t;

/** http and the result live as long as p. NULL when it cannot be made. */
kl_paced_t *kl_paced_make(apr_pool_t *p, kl_http_t *http, const kl_paced_clock_t *clock);

/** The engine for calls of a person or of the worker. */
kl_http_t *kl_paced_http(kl_paced_t *paced, kl_pace_who_t who);

/** How long the worker waits before it begins what makes a call for that account; 0 = not. */
apr_interval_time_t kl_paced_wait(kl_paced_t *paced, const kl_account_t *account);

#endif
