/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The doors: HTTP in, one service, HTTP out. dispatch.c finds the family by the handler
 * name from httpd.conf and the route by method and path below the Location; each family of
 * routes has a file of its own. What every route needs (who asks, the body, the client's
 * key, the answer) stands here once.
 */
#ifndef KL_HANDLERS_H
#define KL_HANDLERS_H

#include <httpd.h>
#include "core/view.h"
#include "service/act.h"
#include "settings.h"

#define KL_MAX_SEGMENTS 4

/* One call of one route; everything in it lives in r->pool. */
typedef struct kl_request_t {
    request_rec *r;
    kl_service_t svc;
    const kl_account_settings_t *settings; /* of the Location's first store */
    apr_array_header_t *stores;            /* of kl_account_settings_t *: all accounts of them */
    kl_error_t *err;
    const char *base;                     /* path of the Location, no trailing slash */
    const char *segment[KL_MAX_SEGMENTS]; /* of the path below it */
    kl_json_t *body;                      /* parsed JSON of a POST; NULL for GET */
    kl_client_t client;                   /* key "" when the client gave none */
    const char *status_url;               /* where to look at the outcome; NULL: the order */
    kl_json_t *candidates;                /* for the problem document of an operation that is
                                             unclear; NULL: no such member */
} kl_request_t;

typedef int (*kl_route_fn)(kl_request_t *req);

enum {
    KL_ROUTE_BODY = 1, /* a JSON object is required as body */
    KL_ROUTE_KEY = 2   /* an Idempotency-Key is required: the route moves money */
};

typedef struct kl_route_t {
    const char *method;
    const char *path; /* segments, "*" stands for one: "sessions/x" */
    int flags;
    kl_route_fn run;
} kl_route_t;

/* A handler name of httpd.conf and its routes; ends with a NULL method. */
typedef struct kl_family_t {
    const char *handler;
    int closed;  /* 1: only for users whom Apache authenticated */
    int several; /* 1: works on the orders of all its stores, 0: of the first */
    const kl_route_t *routes;
} kl_family_t;

/** The i-th store of the Location. */
static inline const kl_account_settings_t *kl_dispatch_account_at(const kl_request_t *req, int i)
{
    return APR_ARRAY_IDX(req->stores, i, kl_account_settings_t *);
}

/* captures.c, returns.c, authorization.c, operations.c: routes of the back office, listed in
 * orders.c */

/* --- caller.c -------------------------------------------------------------------------- */

/* --- body.c ---------------------------------------------------------------------------- */

/* --- query.c --------------------------------------------------------------------------- */

/* --- reply.c --------------------------------------------------------------------------- */

/* --- outcome.c ------------------------------------------------------------------------- */
/** Adds the members of one kind of answer to v, e.g. the capture. */
typedef void (*kl_show_fn)(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v);

#endif
