/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every bound of the module by name. A list, a body, a retry or a wait that is not
 * bounded by one of these is a defect.
 */
#ifndef KL_LIMITS_H
#define KL_LIMITS_H

#include <stdint.h>

/* What a caller may send us. */
#define KL_MAX_BODY 65536        /* bytes of a request body */
#define KL_MAX_LINES 1000        /* order lines; Klarna Payments: 1..1000 */
#define KL_MAX_STRING 255        /* bytes of a string with no limit of its own */
#define KL_MAX_URL 1024          /* image_url, product_url; Klarna Payments */
#define KL_MAX_MERCHANT_URL 2000 /* merchant_urls; Klarna Payments */
#define KL_MAX_CLIENT_KEY 128    /* Idempotency-Key of our client */
#define KL_MAX_SHIPPING_INFO 500 /* entries of one capture; Order Management */

/* Money: minor units. Klarna caps an amount at 200,000,000 and a tax rate at 100 %. */
#define KL_MAX_AMOUNT 200000000
#define KL_MAX_TAX_RATE 10000 /* hundredths of a percent */
#define KL_MAX_QUANTITY 1000000000
/* Far above every amount and quantity of an order: what was read or stored is within it, so that
 * sums of KL_MANY of them fit in 64 bits. */
#define KL_BOUND INT64_C(1000000000000000)
#define KL_MANY 4000

/* What an order may grow to. */
#define KL_MAX_CAPTURES 200
#define KL_MAX_CREDIT_INVOICES 200
#define KL_MAX_CREDIT_NOTES 100 /* of one invoice of the host's */
#define KL_MAX_INVOICE_PAYMENTS 2000
#define KL_MAX_LEDGER 524288 /* bytes of the stored ledger document */

/* Speaking with Klarna. */
#define KL_MAX_REPLY 1048576       /* bytes of an answer's body */
#define KL_MAX_REPLY_HEADER 8192   /* bytes of one answer header */
#define KL_MAX_REPLY_HEADERS 65536 /* bytes of all answer headers; Klarna sends 20 KB */
#define KL_MAX_TRIES 3             /* tries of one call within its deadline */
#define KL_KEY_LIFETIME_S 86400    /* how long Klarna remembers an idempotency key */
#define KL_KEY_PAUSE_S 3600        /* between looks for an operation whose key is gone */
#define KL_IN_FLIGHT_S 60 /* how long after its answer was lost Klarna may still execute a call */
#define KL_LONGEST_AUTHORIZATION_D 180 /* days after it was made that an authorization can last */
#define KL_LEASE_S 60                  /* a caller's exclusive time with one operation */

/* Figures. */
#define KL_SLOW_MS 2000    /* a call at Klarna that took longer was slow */
#define KL_NOTE_PAUSE_S 10 /* between two notes of the same about callbacks */

/* How long is kept what need not stay, in days. A month, so that questions about it can still be
 * answered when its month is closed; never less than a week, whose figures operators are shown. */
#define KL_RETENTION_DEFAULT_D 30
#define KL_RETENTION_LEAST_D 7
#define KL_RETENTION_MOST_D 3650

/* Lists. */
#define KL_MAX_PAGE 100      /* rows of one page */
#define KL_MAX_EXPORT 100000 /* rows of one export, and orders of one total */
#define KL_MAX_IDS 1000      /* orders picked by hand */

/* An operator's logo file. */
#define KL_MAX_LOGO 65536      /* bytes */
#define KL_MAX_LOGO_PIXELS 512 /* each way */

/* How they depend on each other. */
_Static_assert(KL_LEASE_S + KL_IN_FLIGHT_S < KL_KEY_LIFETIME_S,
               "a try that was sent last is decided before Klarna forgets its key");
_Static_assert(KL_KEY_PAUSE_S < KL_KEY_LIFETIME_S,
               "one whose key is gone is looked for within a day");
_Static_assert(KL_KEY_LIFETIME_S < KL_RETENTION_LEAST_D * 86400,
               "a request is there as long as Klarna knows its key");
_Static_assert(KL_MAX_AMOUNT <= INT64_MAX / KL_MAX_TAX_RATE, "an amount times a rate fits");
_Static_assert(KL_MAX_QUANTITY <= INT64_MAX / KL_MAX_AMOUNT, "a quantity times a price fits");
_Static_assert(KL_MAX_AMOUNT <= INT64_MAX / KL_MAX_LINES, "the sum of all lines fits");
_Static_assert(KL_BOUND <= INT64_MAX / KL_MANY, "the sum of many bounded amounts fits");
_Static_assert(KL_MAX_REPLY_HEADER < KL_MAX_REPLY_HEADERS, "one header is less than all");
_Static_assert(KL_MAX_LEDGER < KL_MAX_REPLY, "what is stored of an order is less than its record");
_Static_assert(KL_MAX_MERCHANT_URL < KL_MAX_BODY, "an address fits into a request");

#endif
