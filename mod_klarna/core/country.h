/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where Klarna sells: purchase country, its one currency, its locales and its region.
 * Data, not code; the pair is checked before Klarna is asked.
 */
#ifndef KL_COUNTRY_H
#define KL_COUNTRY_H

#include "core/error.h"

typedef enum { KL_REGION_EU, KL_REGION_NA, KL_REGION_OC } kl_region_t;

typedef struct kl_country_t {
    const char *code;      /* ISO 3166 alpha-2 */
    const char *currency;  /* ISO 4217 */
    const char *languages; /* "sv,en" */
    kl_region_t region;
    int return_fee; /* 1: a refund may have a line of type return_fee */
} kl_country_t;

/** The i-th country of the table, from 0; NULL after the last. */
const kl_country_t *kl_country_at(int i);

/** NULL when Klarna does not sell there. Upper case expected. */
const kl_country_t *kl_country_find(const char *code);

/**
 * Checks country, currency, locale (may be NULL) and the merchant's region together.
 * @return KL_OK, or KL_INVALID naming purchase_country, purchase_currency or locale with
 *         what was expected.
 */
kl_kind_t kl_country_check(const char *country, const char *currency, const char *locale,
                           kl_region_t region, kl_error_t *err);

/** "eu", "na", "oc"; static. */
const char *kl_country_region_name(kl_region_t region);
/** 1 and sets *out, or 0 when name is no region. */
int kl_country_region_parse(const char *name, kl_region_t *out);

/** Klarna's own host for a region, without trailing slash; live: 1, or 0 for the playground. */
const char *kl_country_klarna_host(kl_region_t region, int live);

#endif
