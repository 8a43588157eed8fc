/* SPDX-License-Identifier: Apache-2.0 */
/* See email.h. Whether an address exists only its server knows; quoted local parts, which nobody
 * has, are refused when there is an @ or a space in them. */
#include "core/email.h"

#include <string.h>

#define MOST 100      /* bytes; Klarna's limit for an address */
#define MOST_LOCAL 64 /* bytes before the @; RFC 5321 */

/* Not at either end, nor two at a time. */
static int dots_are_apart(const char *part, apr_size_t len)
{
    for (apr_size_t i = 0; i < len; i++) {
        if (part[i] == '.' && (i == 0 || i == len - 1 || part[i - 1] == '.')) {
            return 0;
        }
    }
    return 1;
}

static int has_spaces(const char *text)
{
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f) {
            return 1;
        }
    }
    return strstr(text, "\xc2\xa0") != NULL;
}

static int is_address(const char *address)
{
    const char *at = strchr(address, '@');
    apr_size_t local = at ? (apr_size_t)(at - address) : 0;
    const char *domain = at ? at + 1 : "";

    return local > 0 && local <= MOST_LOCAL && strlen(address) <= MOST && !strchr(domain, '@')
           && strchr(domain, '.') && dots_are_apart(address, local)
           && dots_are_apart(domain, strlen(domain)) && !has_spaces(address)
           && !strpbrk(address, ",;:<>()[]\"\\");
}

kl_kind_t kl_email_check(const char *address, const char *field, kl_error_t *err)
{
    if (!is_address(address)) {
        return kl_error_field(err, "email", field, NULL,
                              "an e-mail address, for example name@example.com");
    }
    return err->kind;
}
