/* SPDX-License-Identifier: Apache-2.0 */
/* See trust_store.h. An unreadable file is never replaced by another one. */
#include "api/trust_store.h"

#define DEBIANS_BUNDLE "/etc/ssl/certs/ca-certificates.crt"

static int load(X509_STORE *store, const char *file)
{
    return file && X509_STORE_load_locations(store, file, NULL) == 1;
}

X509_STORE *kl_trust_store_load(const char *ca_file)
{
    X509_STORE *store = X509_STORE_new();

    if (!store) {
        return NULL;
    }
    if (ca_file ? load(store, ca_file)
                : load(store, X509_get_default_cert_file()) || load(store, DEBIANS_BUNDLE)) {
        return store;
    }
    X509_STORE_free(store);
    return NULL;
}
