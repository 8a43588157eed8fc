/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A department of a store: what may be paid there, and how. From the configuration; lives as long
 * as that, read-only.
 */
#ifndef KL_DEPARTMENT_H
#define KL_DEPARTMENT_H

#include "core/country.h"
#include "core/instore.h"
#include "core/logo.h"

/* A country with its currency, in which it takes payments. */
typedef struct kl_market_t {
    const char *country, *currency;
} kl_market_t;

typedef struct kl_department_t {
    const char *name;
    const char *store;   /* name of its KlarnaStore */
    const char *account; /* name of the account whose credentials it uses: the store's, or its own,
                            "STORE.DEPARTMENT" */
    int on;              /* KlarnaInStore is not off */
    kl_way_t way;
    apr_array_header_t *markets; /* of kl_market_t */
    int places_only;             /* KlarnaInStorePlace PLACE_ORDER */
    int refunds;                 /* refunding verified payments is agreed with Klarna */
    int sends_sms, sends_email;
    apr_interval_time_t time_out; /* KlarnaTillTimeout, 0 = off */
    const char *profile_id;       /* of Klarna's hosted page, or "" */
    const char *store_id;         /* KlarnaInStoreAddress; "" when not given, as the rest of it */
    const char *street, *postal_code, *city, *country;
    const kl_logo_t *logo; /* for the middle of its QR codes, or NULL */
    const char *finalize;  /* local URL of the host that finalises an invoice, or NULL */
} kl_department_t;

/** 1 when it takes payments of that country and currency, "" = any. */
int kl_department_sells(const kl_department_t *department, const char *country,
                        const char *currency);

/**
 * The market of a payment that names a country, a currency, both or none (""). Where several are
 * meant, that of the store's address.
 * @return KL_OK, or KL_INVALID naming "country" or "currency" and what it takes: "missing",
 * "unknown_country", "currency_mismatch"
 */
kl_kind_t kl_department_market(const kl_department_t *department, const char *country,
                               const char *currency, const kl_market_t **out, kl_error_t *err);

/** Every market of a region, for a department that names none; of kl_market_t, in p. */
apr_array_header_t *kl_department_markets_of(apr_pool_t *p, kl_region_t region);

/** "SE/SEK, NO/NOK or FI/EUR", for people. */
const char *kl_department_markets_text(apr_pool_t *p, const apr_array_header_t *markets);

#endif
