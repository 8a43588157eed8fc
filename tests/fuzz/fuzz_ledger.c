/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: any text as a stored ledger. What can be read must be written and read again
 * as the same, can be shown and checked without a fault; the rest is refused as a ledger.
 */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "core/order_check.h"
#include "core/ledger.h"
#include "core/order_view.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(int truth)
{
    if (!truth) {
        abort();
    }
}

static void try_ledger(apr_pool_t *p, const char *text)
{
    kl_order_t *order = kl_order_make(p), *again = kl_order_make(p);
    kl_error_t *err = kl_error_make(p);
    const char *written;

    if (kl_ledger_parse(order, p, text, err) != KL_OK) {
        check(err->kind == KL_INTERNAL && strcmp(err->code, "ledger") == 0);
        return;
    }
    written = kl_ledger_text(p, order);
    check(kl_ledger_parse(again, p, written, err) == KL_OK);
    check(strcmp(kl_ledger_text(p, again), written) == 0);
    kl_json_text(p, kl_order_view(p, order, 1));
    kl_order_check(order, err);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static apr_pool_t *root;
    apr_pool_t *p;

    if (root == NULL) {
        apr_initialize();
        kl_json_init();
        apr_pool_create(&root, NULL);
    }
    apr_pool_create(&p, root);
    try_ledger(p, apr_pstrmemdup(p, (const char *)data, size));
    apr_pool_destroy(p);
    return 0;
}
