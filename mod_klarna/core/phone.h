/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Customers' phone numbers, as cashiers type them. Checked are the calling code and how many digits
 * a mobile number has; which of them are in use is for Klarna to say: new ranges come every year,
 * and a number refused here could not be sent to at all.
 *
 * A number is personal: no error ever quotes it.
 */
#ifndef KL_PHONE_H
#define KL_PHONE_H

#include "core/error.h"

typedef struct kl_phone_t {
    const char *country; /* whose calling code it has, for Klarna; static */
    char e164[17];       /* "+46701740615": what people are shown, and what is stored */
    char national[17];   /* "0701740615": what Klarna takes, with the country */
} kl_phone_t;

/**
 * Reads a number with calling code ("+46 70-174 06 15", "0046 (0)70 174 06 15") or as it is dialled
 * within country, the payment's, where Klarna sells. One of another country where Klarna sells must
 * be in the same region of Klarna's.
 * @return KL_OK, or KL_INVALID that names field.
 */
kl_kind_t kl_phone_parse(kl_phone_t *out, const char *typed, const char *country, const char *field,
                         kl_error_t *err);

#endif
