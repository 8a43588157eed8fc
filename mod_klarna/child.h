/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each child process owns: the HTTP engine with its kept connections to Klarna and, per
 * virtual host, the store over mod_dbd. Made before the child's threads start.
 */
#ifndef KL_CHILD_H
#define KL_CHILD_H

#include <httpd.h>
#include "service/service.h"

/** child_init hook, APR_HOOK_FIRST: libcurl must be initialised before any thread runs. */
void kl_child_init(apr_pool_t *pchild, server_rec *s);

/**
 * A service for one caller: account, store, HTTP engine, clock and randomness.
 * @param p everything the service allocates lives here
 * @param actor lives as long as p
 */
void kl_child_service(kl_service_t *svc, apr_pool_t *p, server_rec *s, const kl_account_t *account,
                      const char *actor);

/** The same for the worker, whose calls to Klarna wait for those of persons. */
void kl_child_worker_service(kl_service_t *svc, apr_pool_t *p, server_rec *s,
                             const kl_account_t *account);
/** How long Klarna's rate limit lets the worker wait before its next call; 0 = not. */
apr_interval_time_t kl_child_worker_waits(const kl_account_t *account);

/** A shopper is about to pay with this account: see warm.h. */
void kl_child_expect_payment(const kl_account_t *account);

/** The HTTP library that calls Klarna, for people: name and version. */
const char *kl_child_http_version(apr_pool_t *p);

#endif
