/* SPDX-License-Identifier: Apache-2.0 */
/* See order_lines.h. */
#include "api/order_lines.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

#include "core/limits.h"
#include "core/line.h"

#define NUMBERED 240 /* bytes of a reference that a number is added to */

/* A copy; "" when it is absent, or longer than a URL may be. */
static const char *word(apr_pool_t *p, const kl_json_t *entry, const char *key)
{
    const char *s = kl_json_str(entry, key);

    return s && strlen(s) <= KL_MAX_URL ? apr_pstrdup(p, s) : "";
}

static int read_number(const kl_json_t *entry, const char *key, apr_int64_t least, apr_int64_t most,
                       apr_int64_t *out)
{
    *out = kl_json_int(entry, key, APR_INT64_MIN);
    return *out >= least && *out <= most;
}

/* What Klarna leaves out is 0. */
static int read_optional(const kl_json_t *entry, const char *key, apr_int64_t least,
                         apr_int64_t most, apr_int64_t *out)
{
    *out = 0;
    return !kl_json_get(entry, key) || read_number(entry, key, least, most, out);
}

static int read_amounts(const kl_json_t *entry, kl_line_t *line)
{
    const apr_int64_t most = KL_MAX_AMOUNT;

    return read_number(entry, "quantity", 1, KL_MAX_QUANTITY, &line->quantity)
           && read_number(entry, "unit_price", -most, most, &line->unit_price)
           && read_number(entry, "total_amount", -most, most, &line->total_amount)
           && read_optional(entry, "tax_rate", 0, KL_MAX_TAX_RATE, &line->tax_rate)
           && read_optional(entry, "total_discount_amount", 0, most, &line->total_discount_amount)
           && read_optional(entry, "total_tax_amount", -most, most, &line->total_tax_amount);
}

static int read_line(apr_pool_t *p, const kl_json_t *entry, kl_line_t *line)
{
    const char *type = kl_json_str(entry, "type");

    *line = (kl_line_t){.reference = word(p, entry, "reference"),
                        .name = word(p, entry, "name"),
                        .quantity_unit = word(p, entry, "quantity_unit"),
                        .image_url = word(p, entry, "image_url"),
                        .product_url = word(p, entry, "product_url"),
                        .merchant_data = word(p, entry, "merchant_data")};
    return (!type || kl_line_type_parse(type, &line->type)) && read_amounts(entry, line);
}

/* A reference that none of those seen has. */
static const char *own(apr_pool_t *p, apr_hash_t *seen, const char *reference, int place)
{
    const char *given = reference[0] ? reference : apr_psprintf(p, "line-%d", place);
    const char *mine = given;

    for (int n = 2; apr_hash_get(seen, mine, APR_HASH_KEY_STRING); n++) {
        mine = apr_psprintf(p, "%.*s#%d", NUMBERED, given, n);
    }
    apr_hash_set(seen, mine, APR_HASH_KEY_STRING, "");
    return mine;
}

apr_array_header_t *kl_order_lines_read(apr_pool_t *p, const kl_json_t *v)
{
    const kl_json_t *list = kl_json_get(v, "order_lines");
    apr_size_t n = kl_json_is_array(list) ? kl_json_size(list) : 0;
    apr_array_header_t *lines;
    apr_hash_t *seen;

    if (n == 0) {
        return NULL;
    }
    lines = apr_array_make(p, n <= KL_MAX_LINES ? (int)n : 1, sizeof(kl_line_t));
    seen = apr_hash_make(p);
    for (apr_size_t i = 0; i < n && n <= KL_MAX_LINES; i++) {
        kl_line_t *line = apr_array_push(lines);

        if (!read_line(p, kl_json_at(list, i), line)) {
            apr_array_clear(lines);
            break;
        }
        line->reference = own(p, seen, line->reference, (int)i + 1);
    }
    return lines;
}
