/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: any bytes as a cart. First byte: the region; the rest: the document. Beyond
 * not crashing, a taken cart must be one that our own writing of it gives back, and a
 * refused one must say which kind of fault it was.
 */
#include <apr_general.h>
#include <stdlib.h>
#include <string.h>

#include "core/cart.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(int truth)
{
    if (!truth) {
        abort();
    }
}

/* What we would send is read again and must be the same cart. */
static void check_round_trip(apr_pool_t *p, const kl_cart_t *cart, kl_region_t region)
{
    kl_order_t *order = kl_order_make(p);
    kl_error_t *err = kl_error_make(p);
    const char *text;
    kl_cart_t again;
    kl_json_t *v;

    kl_cart_to_order(cart, order);
    text = kl_json_text(p, kl_cart_klarna(p, order));
    v = kl_json_parse(p, text, strlen(text), err);
    check(v != NULL);
    check(kl_cart_parse(&again, p, v, region, err) == KL_OK);
    kl_cart_to_order(&again, order);
    check(strcmp(text, kl_json_text(p, kl_cart_klarna(p, order))) == 0);
}

static void try_cart(apr_pool_t *p, const unsigned char *data, size_t size)
{
    kl_region_t region = (kl_region_t)(data[0] % 3);
    kl_error_t *err = kl_error_make(p);
    kl_json_t *v = kl_json_parse(p, (const char *)data + 1, size - 1, err);
    kl_cart_t cart;

    if (v && kl_cart_parse(&cart, p, v, region, err) == KL_OK) {
        check_round_trip(p, &cart, region);
        return;
    }
    check(err->kind == KL_INVALID && err->code && err->detail);
    check(!v || (err->field && err->expected));
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
    if (size > 0) {
        apr_pool_create(&p, root);
        try_cart(p, data, size);
        apr_pool_destroy(p);
    }
    return 0;
}
