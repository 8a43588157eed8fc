/* SPDX-License-Identifier: Apache-2.0 */
/* See view.h. */
#include "core/view.h"

#include <apr_strings.h>
#include <string.h>

void kl_view_time(apr_pool_t *p, kl_json_t *obj, const char *key, apr_time_t t)
{
    apr_time_exp_t at;

    if (t == 0 || apr_time_exp_gmt(&at, t) != APR_SUCCESS) {
        kl_json_set_null(obj, key);
        return;
    }
    kl_json_set_str(obj, key,
                    apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02dZ", at.tm_year + 1900,
                                 at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec));
}

void kl_view_word(kl_json_t *obj, const char *key, const char *word)
{
    if (word[0] != '\0') {
        kl_json_set_str(obj, key, word);
    }
    else {
        kl_json_set_null(obj, key);
    }
}

kl_json_t *kl_view_array(apr_pool_t *p, const char *text)
{
    kl_json_t *v = kl_json_parse(p, text, strlen(text), kl_error_make(p));

    return kl_json_is_array(v) ? v : kl_json_array(p);
}

void kl_view_action(apr_pool_t *p, kl_json_t *actions, const char *name, const kl_words_t *why_not)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_bool(v, "allowed", why_not == NULL);
    kl_view_word(v, "reason", why_not != NULL ? why_not->text : "");
    kl_view_word(v, "code", why_not != NULL ? why_not->code : "");
    kl_json_set(actions, name, v);
}
