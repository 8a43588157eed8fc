/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A main for fuzz targets built without libFuzzer: gives every file named, and every file
 * in a directory named, to the target once. With it the corpora are part of the tests
 * under any compiler. Fails when there was nothing to give.
 */
#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES (4 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static int given;

static void fail(const char *what, const char *path)
{
    fprintf(stderr, "%s: %s\n", path, what);
    exit(1);
}

static void give_file(apr_pool_t *p, const char *path)
{
    unsigned char *data, *exact;
    apr_file_t *file;
    apr_size_t len = 0;
    apr_status_t rv;

    if (apr_file_open(&file, path, APR_READ, 0, p) != APR_SUCCESS) {
        fail("cannot be opened", path);
    }
    data = apr_palloc(p, MOST_BYTES);
    rv = apr_file_read_full(file, data, MOST_BYTES, &len);
    if (rv != APR_EOF) {
        fail(rv == APR_SUCCESS ? "is too big" : "cannot be read", path);
    }
    /* Exactly len bytes on the heap, so that a sanitizer sees a read beyond them. */
    exact = malloc(len ? len : 1);
    if (!exact) {
        fail("no memory", path);
    }
    memcpy(exact, data, len);
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    given++;
}

static void give_directory(apr_pool_t *p, const char *path)
{
    apr_finfo_t entry;
    apr_dir_t *dir;
    apr_pool_t *one;

    if (apr_dir_open(&dir, path, p) != APR_SUCCESS) {
        fail("cannot be opened", path);
    }
    while (apr_dir_read(&entry, APR_FINFO_NAME | APR_FINFO_TYPE, dir) == APR_SUCCESS) {
        if (entry.filetype == APR_REG) {
            apr_pool_create(&one, p);
            give_file(one, apr_pstrcat(one, path, "/", entry.name, NULL));
            apr_pool_destroy(one);
        }
    }
}

int main(int argc, char **argv)
{
    apr_finfo_t what;
    apr_pool_t *p;

    apr_initialize();
    apr_pool_create(&p, NULL);
    for (int i = 1; i < argc; i++) {
        if (apr_stat(&what, argv[i], APR_FINFO_TYPE, p) != APR_SUCCESS) {
            fail("does not exist", argv[i]);
        }
        if (what.filetype == APR_DIR) {
            give_directory(p, argv[i]);
        }
        else {
            give_file(p, argv[i]);
        }
    }
    apr_pool_destroy(p);
    apr_terminate();
    printf("%d inputs\n", given);
    return given > 0 ? 0 : 1;
}
