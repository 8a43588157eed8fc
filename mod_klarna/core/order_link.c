/* SPDX-License-Identifier: Apache-2.0 */
/* See order_link.h. */
#include "core/order_link.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define PLACEHOLDERS \
    "{merchant_reference1}, {merchant_reference2}, {klarna_order_id}, {klarna_reference}, {id}"

/* The value of a placeholder without its braces; NULL: there is no such one. */
static const char *value_of(const kl_order_t *order, const char *name, apr_size_t len)
{
    const struct {
        const char *name, *value;
    } known[] = {{"merchant_reference1", order->reference1},
                 {"merchant_reference2", order->reference2},
                 {"klarna_order_id", order->klarna_order_id},
                 {"klarna_reference", order->klarna_reference},
                 {"id", order->id}};

    for (apr_size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strlen(known[i].name) == len && strncmp(known[i].name, name, len) == 0) {
            return known[i].value;
        }
    }
    return NULL;
}

static const char *encoded(apr_pool_t *p, const char *value)
{
    char *out = apr_palloc(p, 3 * strlen(value) + 1), *end = out;

    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;

        if (c < 0x80 && (apr_isalnum(c) || strchr("-._~", c))) {
            *end++ = (char)c;
        }
        else {
            end += apr_snprintf(end, 4, "%%%02X", c);
        }
    }
    *end = '\0';
    return out;
}

const char *kl_order_link_fault(apr_pool_t *p, const char *url)
{
    const kl_order_t *any = kl_order_make(p);
    const char *open = strchr(url, '{'), *close;

    if (strncmp(url, "https://", 8) != 0 && (url[0] != '/' || url[1] == '/')) {
        return "expected an https address, or a path of this server";
    }
    for (; open; open = strchr(close, '{')) {
        close = strchr(open, '}');
        if (!close || !value_of(any, open + 1, (apr_size_t)(close - open - 1))) {
            return "expected no braces but those of " PLACEHOLDERS;
        }
    }
    return NULL;
}

const char *kl_order_link_url(apr_pool_t *p, const char *url, const kl_order_t *order)
{
    const char *out = "", *open;

    while ((open = strchr(url, '{')) != NULL) {
        const char *close = strchr(open, '}');
        const char *value = close ? value_of(order, open + 1, (apr_size_t)(close - open - 1))
                                  : NULL;

        if (!value || !value[0]) {
            return NULL;
        }
        out = apr_pstrcat(p, out, apr_pstrmemdup(p, url, (apr_size_t)(open - url)),
                          encoded(p, value), NULL);
        url = close + 1;
    }
    return apr_pstrcat(p, out, url, NULL);
}
