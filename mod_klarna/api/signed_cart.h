/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed carts: JWS compact form, HS256 only, header with a key id, claims `exp` (seconds)
 * and `cart` (see cart.h). The shop signs, the browser carries, we check: the shopper sets
 * no prices. Keys rotate by having two key ids configured for a while.
 */
#ifndef KL_SIGNED_CART_H
#define KL_SIGNED_CART_H

#include "core/json.h"
#include <apr_time.h>

typedef struct kl_cart_key_t {
    const char *kid;    /* key id, unique within the store container */
    const char *secret; /* at least 32 bytes; never logged */
    apr_size_t len;
} kl_cart_key_t;

/* A token as it came in, and when. */
typedef struct kl_signed_cart_t {
    const char *token;
    apr_size_t len;
    apr_time_t at;
} kl_signed_cart_t;

#define KL_CART_MAX_AGE_S 86400 /* an exp further away than this is refused */

/**
 * Verifies the token and gives its `cart` member.
 * @param keys of kl_cart_key_t
 * @return KL_OK, or KL_DENIED: "cart_signature" (not a JWS, other algorithm, forged,
 *   unknown key id), "cart_expired" (exp missing, past or too far away). One wording for
 *   forged and unknown key: an attacker learns nothing. KL_INVALID when the signature holds
 *   but the claims are no JSON object, name a member twice, are nested too deep or have no
 *   object `cart`.
 */
kl_kind_t kl_signed_cart_open(kl_json_t **cart, apr_pool_t *p, const kl_signed_cart_t *came,
                              const apr_array_header_t *keys, kl_error_t *err);

#endif
