/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: any bytes as a signed cart, at a fixed time and with a key whose secret is
 * no secret. The seeds are signed with it, so that what lies behind the signature is
 * reached too. Whatever comes, there is a cart or there is an error, never both.
 */
#include <apr_general.h>
#include <stdlib.h>

#include "api/signed_cart.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void try_token(apr_pool_t *p, const unsigned char *data, size_t size)
{
    static const char secret[] = "0123456789abcdef0123456789abcdef";
    apr_array_header_t *keys = apr_array_make(p, 1, sizeof(kl_cart_key_t));
    const kl_signed_cart_t came = {(const char *)data, size, apr_time_from_sec(1790000000)};
    kl_error_t *err = kl_error_make(p);
    kl_json_t *cart;
    kl_kind_t kind;

    APR_ARRAY_PUSH(keys, kl_cart_key_t) = (kl_cart_key_t){"a", secret, sizeof(secret) - 1};
    kind = kl_signed_cart_open(&cart, p, &came, keys, err);
    if (kind != err->kind || (kind == KL_OK) != kl_json_is_object(cart)
        || (kind != KL_OK && kind != KL_DENIED && kind != KL_INVALID)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static apr_pool_t *root;
    apr_pool_t *p;

    if (!root) {
        apr_initialize();
        kl_json_init();
        apr_pool_create(&root, NULL);
    }
    apr_pool_create(&p, root);
    try_token(p, data, size);
    apr_pool_destroy(p);
    return 0;
}
