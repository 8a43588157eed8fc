/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifiers: operation and order ids are version-4 UUIDs (Klarna asks for UUIDs as
 * idempotency keys), secrets are 128 random bits in lower-case hex. Randomness comes from
 * the caller's source so that tests can repeat a run.
 */
#ifndef KL_ID_H
#define KL_ID_H

#include <apr_pools.h>

/** Fills buf with len random bytes; returns 0 when it cannot. */
typedef int (*kl_random_fn)(unsigned char *buf, apr_size_t len);

/** A new version-4 UUID in p, or NULL without randomness. */
const char *kl_id_uuid(apr_pool_t *p, kl_random_fn random);
/** The UUID (version 8) that a digest gives, the same for the same one.
 *  @param hex at least 32 lower-case hex digits, or NULL is returned */
const char *kl_id_from_digest(apr_pool_t *p, const char *hex);
/** The UUID (version 8) of a text, the same for the same one. */
const char *kl_id_from_text(apr_pool_t *p, const char *text);
/** 32 lower-case hex digits in p, or NULL without randomness. */
const char *kl_id_secret(apr_pool_t *p, kl_random_fn random);
/** 1 when s has the form of a lower-case UUID. */
int kl_id_is_uuid(const char *s);
/** 1 when a and b are equal; takes the same time wherever they differ. NULL equals nothing. */
int kl_id_equal_secret(const char *a, const char *b);

#endif
