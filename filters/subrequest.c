/* SPDX-License-Identifier: Apache-2.0 */
/* See subrequest.h. */
#include "filters/subrequest.h"

#include <apr_strings.h>
#include <http_request.h>
#include <string.h>
#include <util_filter.h>

#include "core/limits.h"

static ap_filter_rec_t *capture_filter, *feed_filter;

/* --- its body: what the client sent is read already, and is not what is asked here ------------ */

typedef struct feed_t {
    const char *text;
    apr_size_t left;
} feed_t;

static apr_status_t feed(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                         apr_read_type_e block, apr_off_t most)
{
    feed_t *it = f->ctx;
    apr_size_t n = it->left;

    (void)block;
    if (mode == AP_MODE_INIT || mode == AP_MODE_EATCRLF) {
        return APR_SUCCESS;
    }
    if (most > 0 && (apr_off_t)n > most && mode != AP_MODE_EXHAUSTIVE) {
        n = (apr_size_t)most;
    }
    if (n > 0) {
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_pool_create(it->text, n, f->r->pool,
                                                           f->c->bucket_alloc));
    }
    if (n == it->left) {
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(f->c->bucket_alloc));
    }
    if (mode != AP_MODE_SPECULATIVE) {
        it->text += n;
        it->left -= n;
    }
    return APR_SUCCESS;
}

/* Without it mod_proxy sends a sub-request no body. */
static apr_bucket_brigade *kept(request_rec *r, const char *text)
{
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, alloc);

    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_pool_create(text, strlen(text), r->pool, alloc));
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(alloc));
    return bb;
}

static void set_headers(request_rec *sub, const char *text)
{
    static const char *const not_ours[] = {"Transfer-Encoding",
                                           "Accept-Encoding",
                                           "Expect",
                                           "Range",
                                           "If-Match",
                                           "If-None-Match",
                                           "If-Modified-Since",
                                           "If-Unmodified-Since",
                                           "If-Range",
                                           NULL};

    for (int i = 0; not_ours[i]; i++) {
        apr_table_unset(sub->headers_in, not_ours[i]);
    }
    apr_table_setn(sub->headers_in, "Content-Type", "application/json");
    apr_table_setn(sub->headers_in, "Accept", "application/json");
    apr_table_set(sub->headers_in, "Content-Length",
                  apr_psprintf(sub->pool, "%" APR_SIZE_T_FMT, strlen(text)));
}

/* --- its answer ----------------------------------------------------------------------------------
 */

/* Nothing goes on to the client. */
static apr_status_t capture(ap_filter_t *f, apr_bucket_brigade *bb)
{
    kl_subrequest_t *it = f->ctx;
    char *end = (char *)it->body + it->length;

    while (!APR_BRIGADE_EMPTY(bb)) {
        apr_bucket *b = APR_BRIGADE_FIRST(bb);
        apr_size_t n = 0, room = KL_MAX_BODY - it->length;
        const char *data;
        apr_status_t rv = APR_BUCKET_IS_METADATA(b) ? APR_SUCCESS
                                                    : apr_bucket_read(b, &data, &n, APR_BLOCK_READ);

        if (rv != APR_SUCCESS) {
            return rv;
        }
        it->too_long |= n > room;
        n = n > room ? room : n;
        if (n > 0) {
            memcpy(end, data, n);
            end += n;
            it->length += n;
        }
        apr_bucket_delete(b);
    }
    return APR_SUCCESS;
}

void kl_subrequest_register(void)
{
    feed_filter = ap_register_input_filter("KLARNA_FEED", feed, NULL, AP_FTYPE_RESOURCE);
    /* After what makes the content, before what would compress it. */
    capture_filter = ap_register_output_filter("KLARNA_CAPTURE", capture, NULL,
                                               AP_FTYPE_CONTENT_SET);
}

kl_subrequest_t kl_subrequest_post(request_rec *r, const char *url, const char *text)
{
    kl_subrequest_t it = {.body = apr_pcalloc(r->pool, KL_MAX_BODY + 1)};
    feed_t body = {text, strlen(text)};
    request_rec *sub = ap_sub_req_method_uri("POST", url, r, r->output_filters);
    int rv;

    it.status = sub->status;
    if (it.status == HTTP_OK) {
        set_headers(sub, text);
        sub->kept_body = kept(sub, text);
        ap_add_input_filter_handle(feed_filter, &body, sub, sub->connection);
        ap_add_output_filter_handle(capture_filter, &it, sub, sub->connection);
        rv = ap_run_sub_req(sub);
        it.status = rv == OK ? sub->status : rv;
    }
    ap_destroy_sub_req(sub);
    return it;
}
