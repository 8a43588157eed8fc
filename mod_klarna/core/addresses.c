/* SPDX-License-Identifier: Apache-2.0 */
/* See addresses.h. */
#include "core/addresses.h"

#include <string.h>

#include "core/limits.h"

/* Tables, a row each. */
/* clang-format off */
/* Klarna Payments, address: members and characters. */
#define ADDRESS(X) \
    X(organization_name, 99) \
    X(attention, 99) \
    X(given_name, 99) \
    X(family_name, 99) \
    X(title, 20) \
    X(street_address, 99) \
    X(street_address2, 99) \
    X(postal_code, 10) \
    X(city, 99) \
    X(region, 99) \
    X(country, 2) \
    X(email, 99) \
    X(phone, 99)

/* Klarna Payments, customer; no length is stated, so the general one is used. */
#define CUSTOMER(X) \
    X(date_of_birth, 10) \
    X(gender, KL_MAX_STRING) \
    X(title, KL_MAX_STRING) \
    X(type, KL_MAX_STRING) \
    X(last_four_ssn, 9) \
    X(national_identification_number, KL_MAX_STRING) \
    X(organization_registration_id, KL_MAX_STRING) \
    X(organization_entity_type, KL_MAX_STRING) \
    X(vat_id, KL_MAX_STRING)
/* clang-format on */

#define NAME(name, max) #name,
#define READ(name, max) kl_reader_str(&rd, #name, KL_OPTIONAL, 0, max);

static const char *const address_members[] = {ADDRESS(NAME) NULL};

static kl_json_t *read_address(const kl_reader_t *from, const char *key, kl_when_told_t when)
{
    kl_reader_t rd = kl_reader_object(from, key, KL_OPTIONAL);

    if (when == KL_TO_BE_TOLD) {
        kl_reader_only(&rd, ADDRESS(NAME) NULL);
    }
    ADDRESS(READ)
    return kl_json_get(from->obj, key);
}

static kl_json_t *read_customer(const kl_reader_t *from, kl_when_told_t when)
{
    kl_reader_t rd = kl_reader_object(from, "customer", KL_OPTIONAL);

    if (when == KL_TO_BE_TOLD) {
        kl_reader_only(&rd, CUSTOMER(NAME) NULL);
    }
    CUSTOMER(READ)
    return kl_json_get(from->obj, "customer");
}

kl_addresses_t kl_addresses_read(const kl_reader_t *rd, kl_when_told_t when)
{
    kl_addresses_t told;

    told.billing_address = read_address(rd, "billing_address", when);
    told.shipping_address = read_address(rd, "shipping_address", when);
    told.customer = read_customer(rd, when);
    return told;
}

kl_addresses_t kl_addresses_of(const kl_json_t *body)
{
    return (kl_addresses_t){kl_json_get(body, "billing_address"),
                            kl_json_get(body, "shipping_address"), kl_json_get(body, "customer")};
}

int kl_addresses_are_told(const kl_addresses_t *told)
{
    return told->billing_address || told->shipping_address || told->customer;
}

static kl_json_t *added(apr_pool_t *p, kl_json_t *told, kl_json_t *later)
{
    kl_json_t *v;

    if (!told || !later) {
        return later ? later : told;
    }
    v = kl_json_object(p);
    kl_json_set_all(v, told);
    kl_json_set_all(v, later);
    return v;
}

void kl_addresses_add(apr_pool_t *p, kl_addresses_t *told, const kl_addresses_t *later)
{
    told->billing_address = added(p, told->billing_address, later->billing_address);
    told->shipping_address = added(p, told->shipping_address, later->shipping_address);
    told->customer = added(p, told->customer, later->customer);
}

/* A country cannot be empty: it stays. */
static kl_json_t *completed(apr_pool_t *p, kl_json_t *later, kl_json_t *before)
{
    kl_json_t *v;

    if (!later || !before) {
        return later;
    }
    v = kl_json_object(p);
    for (const char *const *name = address_members; *name; name++) {
        kl_json_t *member = kl_json_get(later, *name), *was = kl_json_get(before, *name);

        if (member || strcmp(*name, "country") == 0) {
            kl_json_set(v, *name, member ? member : was);
        }
        else if (was) {
            kl_json_set_str(v, *name, "");
        }
    }
    return v;
}

void kl_addresses_complete(apr_pool_t *p, kl_addresses_t *later, const kl_addresses_t *before)
{
    later->billing_address = completed(p, later->billing_address, before->billing_address);
    later->shipping_address = completed(p, later->shipping_address, before->shipping_address);
}

void kl_addresses_set(kl_json_t *body, const kl_addresses_t *told)
{
    kl_json_set(body, "billing_address", told->billing_address);
    kl_json_set(body, "shipping_address", told->shipping_address);
    kl_json_set(body, "customer", told->customer);
}

const char *kl_addresses_text(apr_pool_t *p, const kl_addresses_t *told)
{
    kl_json_t *v;

    if (!kl_addresses_are_told(told)) {
        return "";
    }
    v = kl_json_object(p);
    kl_addresses_set(v, told);
    return kl_json_text(p, v);
}

int kl_addresses_parse(kl_addresses_t *out, apr_pool_t *p, const char *text)
{
    kl_json_t *v = text[0] ? kl_json_parse(p, text, strlen(text), kl_error_make(p)) : NULL;

    *out = kl_addresses_of(v);
    return v || !text[0];
}

const char *kl_addresses_wiped(const char *text)
{
    return text[0] ? KL_ADDRESSES_GONE : "";
}
