/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Klarna is told of the shopper: by the cart of a session, by the browser when it authorizes.
 * Klarna adds the later to the earlier, and refuses an order whose addresses differ in any member
 * from those that were authorized. So they are kept with the payment, as text, until it has ended.
 * Values must never reach an error, a log or an order.
 */
#ifndef KL_ADDRESSES_H
#define KL_ADDRESSES_H

#include "core/reader.h"

/* Klarna's objects; NULL: not told. */
typedef struct kl_addresses_t {
    kl_json_t *billing_address, *shipping_address, *customer;
} kl_addresses_t;

typedef enum {
    KL_TO_BE_TOLD, /* a member that Klarna does not name is a mistake */
    KL_WAS_TOLD    /* Klarna took it: whatever else stands there is sent as well */
} kl_when_told_t;

/** Reads those three members of what rd reads, and checks them for types and lengths that Klarna
 *  takes. */
kl_addresses_t kl_addresses_read(const kl_reader_t *rd, kl_when_told_t when);

/** Those of a request's or an answer's body, as they stand there. */
kl_addresses_t kl_addresses_of(const kl_json_t *body);

/** 1 when anything was told. */
int kl_addresses_are_told(const kl_addresses_t *told);

/** Adds what was told later, member by member. Objects that are made live in p. */
void kl_addresses_add(apr_pool_t *p, kl_addresses_t *told, const kl_addresses_t *later);

/** Makes later say what it leaves out of an address that was told before: "" for each such member,
 *  so that it means the same whether Klarna adds it or puts it in the other's place. */
void kl_addresses_complete(apr_pool_t *p, kl_addresses_t *later, const kl_addresses_t *before);

/** Puts those that were told into a request's body, in place of what it has. */
void kl_addresses_set(kl_json_t *body, const kl_addresses_t *told);

/** As kept with a payment: JSON, or "" when nothing was told. */
const char *kl_addresses_text(apr_pool_t *p, const kl_addresses_t *told);

/** Kept in their place once they were wiped: Klarna's session has them. */
#define KL_ADDRESSES_GONE "gone"

/** Reads what is kept. @return 0 when it is gone, or cannot be read: nothing is known then */
int kl_addresses_parse(kl_addresses_t *out, apr_pool_t *p, const char *text);

/** What takes the place of text when the payment has ended or its placement has them. */
const char *kl_addresses_wiped(const char *text);

#endif
