/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: any bytes as JSON. What is not JSON gives an error that says why; what is, is
 * written as Jansson itself would write it, byte for byte, and reads back as the same value.
 */
#include <apr_general.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void must(int truth)
{
    if (!truth) {
        abort();
    }
}

static void try_text(apr_pool_t *p, const char *text, size_t len)
{
    kl_error_t *err = kl_error_make(p);
    kl_json_t *v = kl_json_parse(p, text, len, err);
    const char *ours;
    char *theirs;

    must((v != NULL) == (err->kind == KL_OK));
    if (!v) {
        must(err->kind == KL_INVALID && err->detail != NULL);
        return;
    }
    ours = kl_json_text(p, v);
    theirs = json_dumps(v, JSON_COMPACT);
    must(strcmp(ours, theirs) == 0);
    free(theirs);
    must(json_equal(v, kl_json_parse(p, ours, strlen(ours), err)));
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
    try_text(p, (const char *)data, size);
    apr_pool_destroy(p);
    return 0;
}
