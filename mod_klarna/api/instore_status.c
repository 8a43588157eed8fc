/* SPDX-License-Identifier: Apache-2.0 */
/* See instore_status.h. An order's id that could change a path counts as none. */
#include "api/instore_status.h"

#include <string.h>

#include "api/url.h"
#include "core/iso_time.h"
#include "core/limits.h"

#define MAX_WORD 64 /* bytes of a status or a code */

static const char *text(apr_pool_t *p, const kl_json_t *v, const char *key, apr_size_t max)
{
    const char *s = kl_reply_word(p, v, key, max);

    return s ? s : "";
}

/* Klarna's page names it qr, its own example of a client reads qr_code. */
static const char *qr_url(apr_pool_t *p, const kl_json_t *v)
{
    const char *url = kl_reply_page(p, v, "qr");

    return *url ? url : kl_reply_page(p, v, "qr_code");
}

static kl_kind_t read_it(kl_instore_seen_t *out, apr_pool_t *p, const kl_json_t *v, kl_error_t *err)
{
    kl_instore_seen_t seen = {
        .word = text(p, v, "status", MAX_WORD),
        .error_code = text(p, kl_json_get(v, "error"), "code", MAX_WORD),
        .link = kl_reply_page(p, v, "payment_link"),
        .qr_url = qr_url(p, v),
        .order_id = text(p, v, "order_id", KL_MAX_STRING),
        .klarna_reference = text(p, v, "klarna_reference", KL_MAX_STRING),
        .link_until = kl_iso_time(kl_json_str(v, "expires_at")),
    };

    if (!*seen.word || strcmp(seen.word, KL_INSTORE_GONE) == 0) {
        return kl_reply_lacks(err, "status");
    }
    if (!kl_url_segment(p, seen.order_id)) {
        seen.order_id = "";
    }
    if (strcmp(seen.word, "COMPLETED") == 0 && !*seen.order_id) {
        return kl_reply_lacks(err, "order_id");
    }
    *out = seen;
    return KL_OK;
}

/* Something between Klarna and us may answer 404 as well: Klarna's has its error or its id. */
static int is_gone(const kl_klarna_response_t *resp, apr_pool_t *p)
{
    return resp->delivery == KL_ANSWERED && resp->status == 404
           && (*resp->correlation_id
               || kl_reply_meaning(resp, kl_error_make(p)) == KL_MEANS_REFUSED);
}

kl_kind_t kl_instore_status_reply(kl_instore_seen_t *out, apr_pool_t *p,
                                  const kl_klarna_response_t *resp, kl_error_t *err)
{
    const kl_json_t *v;

    if (is_gone(resp, err->pool)) {
        *out = (kl_instore_seen_t){.word = KL_INSTORE_GONE,
                                   .error_code = "",
                                   .link = "",
                                   .qr_url = "",
                                   .order_id = "",
                                   .klarna_reference = ""};
        return KL_OK;
    }
    if (kl_reply_meaning(resp, err) != KL_MEANS_DONE) {
        return err->kind;
    }
    v = kl_reply_json(p, resp, err);
    return v ? read_it(out, p, v, err) : err->kind;
}
