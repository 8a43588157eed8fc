/* SPDX-License-Identifier: Apache-2.0 */
/* See display_key.h. */
#include "api/display_key.h"

#include <apr_encode.h>
#include <apr_strings.h>
#include <openssl/hmac.h>
#include <string.h>

#include "core/id.h"
#include "core/limits.h"

#define MAX_KEY 1024               /* bytes of text */
#define PURPOSE "klarna-display\n" /* so that nothing else that is signed so is taken for a key */

static kl_kind_t no_key(kl_error_t *err)
{
    kl_error_set(err, KL_DENIED, "display_key", "This screen's key is not valid.");
    kl_error_next(err, "Open the customer screen anew from the till.");
    return err->kind;
}

/* The signature over what is said, in hex; NULL when it cannot be made. */
static const char *sign(apr_pool_t *p, const char *said, const kl_account_t *account)
{
    const char *text = apr_pstrcat(p, PURPOSE, account->name, "\n", said, NULL);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int size = 0;

    if (!HMAC(EVP_sha256(), account->password, (int)strlen(account->password),
              (const unsigned char *)text, strlen(text), mac, &size)) {
        return NULL;
    }
    return apr_pencode_base16_binary(p, mac, size, APR_ENCODE_LOWER, NULL);
}

const char *kl_display_key_text(apr_pool_t *p, const kl_display_key_t *key,
                                const kl_account_t *account)
{
    const char *said = apr_psprintf(p, "%s\n%s\n%" APR_TIME_T_FMT, key->department, key->till,
                                    key->until);
    const char *mac = sign(p, said, account);

    return mac ? apr_pstrcat(p,
                             apr_pencode_base64(p, said, APR_ENCODE_STRING,
                                                APR_ENCODE_URL | APR_ENCODE_NOPADDING, NULL),
                             ".", mac, NULL)
               : NULL;
}

/* What it says; NULL for what is no key. */
static const char *said_of(apr_pool_t *p, const char *text)
{
    const char *dot = strlen(text) <= MAX_KEY ? strchr(text, '.') : NULL;
    apr_size_t len = 0;
    const char *said = dot ? apr_pdecode_base64(p, text, dot - text, APR_ENCODE_NONE, &len) : NULL;

    return said && strlen(said) == len ? said : NULL;
}

kl_kind_t kl_display_key_read(kl_display_key_t *out, apr_pool_t *p, const char *text,
                              kl_error_t *err)
{
    char *said = apr_pstrdup(p, said_of(p, text)), *state = NULL;
    const char *until;

    memset(out, 0, sizeof(*out));
    out->department = said ? apr_strtok(said, "\n", &state) : NULL;
    out->till = out->department ? apr_strtok(NULL, "\n", &state) : NULL;
    until = out->till ? apr_strtok(NULL, "\n", &state) : NULL;
    out->until = until ? apr_atoi64(until) : 0;
    return until ? KL_OK : no_key(err);
}

kl_kind_t kl_display_key_check(const kl_display_key_t *key, const char *text,
                               const kl_account_t *account, apr_time_t now, kl_error_t *err)
{
    apr_pool_t *p = err->pool;
    const char *ours = kl_display_key_text(p, key, account);

    return ours && kl_id_equal_secret(ours, text) && now < key->until ? KL_OK : no_key(err);
}
