/* SPDX-License-Identifier: Apache-2.0 */
/* See shipping_address.h. */
#include "core/shipping_address.h"

/* Order Management, address: members and characters, what a delivery cannot do without, and what
 * belongs to a place though not every place has it. */
enum { MAY = 0, MUST = 1, OF_THE_PLACE = 2 };

/* clang-format off */
#define ADDRESS(X) \
    X(organization_name, MAY, 0, 255) \
    X(attention, OF_THE_PLACE, 0, 255) \
    X(given_name, MUST, 1, 100) \
    X(family_name, MUST, 1, 100) \
    X(title, MAY, 0, 20) \
    X(street_address, MUST, 1, 100) \
    X(street_address2, OF_THE_PLACE, 0, 100) \
    X(postal_code, MUST, 1, 10) \
    X(city, MUST, 1, 200) \
    X(region, OF_THE_PLACE, 0, 200) \
    X(country, MUST, 2, 2) \
    X(email, MAY, 0, 100) \
    X(phone, MAY, 0, 100)
/* clang-format on */

#define NAME(name, need, min, max) #name,
#define ROW(name, need, min, max) {#name, need, min, max},

static const struct {
    const char *name;
    int need;
    apr_size_t min, max;
} members[] = {ADDRESS(ROW)};

kl_json_t *kl_shipping_address_read(const kl_reader_t *from)
{
    kl_reader_t rd = kl_reader_object(from, "shipping_address", KL_REQUIRED);
    kl_json_t *address = kl_json_object(from->p);

    kl_reader_only(&rd, ADDRESS(NAME) NULL);
    for (unsigned i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const char *value = kl_reader_str(&rd, members[i].name, members[i].need == MUST,
                                          members[i].min, members[i].max);

        kl_json_set_str(address, members[i].name,
                        !value && members[i].need == OF_THE_PLACE ? "" : value);
    }
    return from->err->kind == KL_OK ? address : NULL;
}
