/* SPDX-License-Identifier: Apache-2.0 */
/* See till_wait.h. */
#include "handlers/till_wait.h"

#include <apr_strings.h>

#include "core/instore_view.h"
#include "handlers/query.h"
#include "service/look.h"
#include "service/waiters.h"

#define OTHERS apr_time_from_sec(2) /* how often news of other processes is looked for */

static int has_news(const kl_order_t *order, apr_int64_t version)
{
    return kl_instore_view_version(order) > version || kl_instore_is_final(order->instore->state);
}

/* As it stands once it was looked at, if that is due: the worker may be off, or busy. Someone else
 * who looks first is just as good; and when too many look the next poll does. */
static kl_kind_t load(kl_request_t *req, const kl_till_wait_t *it, kl_order_t **out)
{
    const char *note;
    kl_kind_t rv = it->load(req, it->what, out);

    if (rv != KL_OK || !*out || kl_instore_is_final((*out)->instore->state) || !(*out)->check_at
        || (*out)->check_at > req->svc.now() || !kl_waiters_look()) {
        return rv;
    }
    (void)kl_look_at(&req->svc, *out, &note, kl_error_make(req->r->pool));
    kl_waiters_looked();
    return it->load(req, it->what, out);
}

/* How long until somebody must look: what is due, others' news, or the end. */
static apr_interval_time_t pause_of(const kl_order_t *order, apr_time_t now, apr_time_t end)
{
    apr_interval_time_t pause = end - now < OTHERS ? end - now : OTHERS;
    apr_interval_time_t due = order->check_at > now ? order->check_at - now : OTHERS;

    return due < pause ? due : pause;
}

static kl_kind_t wait_for_news(kl_request_t *req, const kl_till_wait_t *it, apr_time_t end,
                               kl_order_t **order)
{
    apr_int64_t version = apr_atoi64(kl_query_text(req, "version"));
    kl_waiter_t waiter;
    kl_kind_t rv = KL_OK;
    apr_time_t now;
    int on = 1;

    if (!kl_waiters_enter(&waiter, (*order)->id)) {
        apr_table_setn(req->r->headers_out, "Retry-After", "2");
        return KL_OK;
    }
    for (now = req->svc.now(); rv == KL_OK && on && now < end; now = req->svc.now()) {
        rv = load(req, it, order);
        if (rv != KL_OK || !*order || has_news(*order, version)) {
            break;
        }
        on = kl_waiters_wait(&waiter, pause_of(*order, now, end));
    }
    kl_waiters_leave(&waiter);
    return rv;
}

kl_kind_t kl_till_wait(kl_request_t *req, const kl_till_wait_t *it, kl_order_t **out)
{
    int wait = kl_query_number(req, "wait", 0, 0, KL_TILL_WAIT_MOST);
    apr_int64_t version = apr_atoi64(kl_query_text(req, "version"));
    kl_kind_t rv = req->err->kind == KL_OK ? load(req, it, out) : req->err->kind;

    return rv == KL_OK && wait && *out && !has_news(*out, version)
               ? wait_for_news(req, it, req->svc.now() + apr_time_from_sec(wait), out)
               : rv;
}
