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
    apr_array_header_t *stores;            /* of kl_account_settings_t *: all of them */
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

extern const kl_route_t kl_checkout_routes[];  /* checkout.c */
extern const kl_route_t kl_orders_routes[];    /* orders.c */
extern const kl_route_t kl_operator_routes[];  /* operator.c */
extern const kl_route_t kl_callbacks_routes[]; /* callbacks.c */
extern const kl_route_t kl_status_routes[];    /* status.c */

/** The i-th store of the Location. */
static inline const kl_account_settings_t *kl_dispatch_account_at(const kl_request_t *req, int i)
{
    return APR_ARRAY_IDX(req->stores, i, kl_account_settings_t *);
}

/** The store of that name among the Location's, or NULL (dispatch.c). */
const kl_account_settings_t *kl_dispatch_account_named(const kl_request_t *req, const char *name);

/** The Location's stores for people: "sweden, norway". */
const char *kl_dispatch_account_names(const kl_request_t *req);

/** The Location's stores: name, environment, region; an operator sees Klarna's address, a stranger
 * only whether the shop set its own. */
kl_json_t *kl_dispatch_accounts_view(const kl_request_t *req, kl_audience_t audience);

/** The module's content handler (dispatch.c). */
int kl_dispatch_handler(request_rec *r);

/* captures.c, returns.c, authorization.c, operations.c: routes of the back office, listed in
 * orders.c */
int kl_captures_create(kl_request_t *req);
int kl_captures_shipping_info(kl_request_t *req);
int kl_returns_create(kl_request_t *req);
int kl_returns_preview(kl_request_t *req);
int kl_returns_cancel(kl_request_t *req);
int kl_operations_list(kl_request_t *req);
int kl_operations_send_again(kl_request_t *req);
int kl_operations_give_up(kl_request_t *req);
int kl_operations_adopt(kl_request_t *req);
int kl_authorization_extend(kl_request_t *req);
int kl_authorization_release(kl_request_t *req);

/* --- caller.c -------------------------------------------------------------------------- */
/** KL_OK when a user whom Apache authenticated asks, and not from another site's page; else
 *  KL_DENIED "not_authenticated" or "cross_site". */
kl_kind_t kl_caller_check(kl_request_t *req);

/* --- body.c ---------------------------------------------------------------------------- */
/** Reads and parses the JSON body of at most KL_MAX_BODY bytes into req->body and the
 *  client's Idempotency-Key (with a hash of the request) into req->client. */
kl_kind_t kl_body_read(kl_request_t *req, int flags);
/** SHA-256 over the parts, each ended by a newline, as hex; NULL when it fails. */
const char *kl_body_digest(apr_pool_t *p, const char *const *parts, int n);

/** Binds req->client to a placement: its account, the order, its key and the token. The browser
 * and the authorization callback get the same, so that both are one operation. */
kl_kind_t kl_body_placement_key(kl_request_t *req, const char *account, const char *order_id,
                                const char *order_key, const char *token);

/* --- query.c --------------------------------------------------------------------------- */
/** One parameter of the query, decoded, in r->pool; NULL when absent, "" when not decodable. */
const char *kl_query_parameter(request_rec *r, const char *name);
/** Refuses (KL_INVALID) parameters that are not named, stand twice, are not UTF-8 text or
 *  longer than KL_MAX_STRING bytes. names: at most 32, ends with NULL. */
kl_kind_t kl_query_only(kl_request_t *req, const char *const *names);
/** The same as kl_query_parameter with "" when absent. */
const char *kl_query_text(kl_request_t *req, const char *name);
/** A number in min..max; dflt when absent or empty; an error in req->err when it is neither. */
int kl_query_number(kl_request_t *req, const char *name, int dflt, int min, int max);

/* --- reply.c --------------------------------------------------------------------------- */
/** Sends v with status; location (a path) may be NULL. Returns what a handler returns. */
int kl_answer(kl_request_t *req, int status, const kl_json_t *v, const char *location);
/** The answer that follows is one to be saved under that name. */
void kl_answer_as_file(kl_request_t *req, const char *name);
/** Begins an answer of unknown length; kl_answer_write goes on with it, and does nothing for a
 *  HEAD. */
void kl_answer_stream(kl_request_t *req, const char *type);
void kl_answer_write(kl_request_t *req, const char *text);
/** For req->err while the status is on its way already: the answer ends without its end, so
 *  that no client takes a part for the whole. Logs why. Returns what a handler returns. */
int kl_answer_break_off(kl_request_t *req);
/** Sends req->err as a problem document (RFC 9457) and logs it once. */
int kl_answer_error(kl_request_t *req);
/** The problem document's HTTP status for a kind of error. */
int kl_answer_status(kl_kind_t kind);

/* --- outcome.c ------------------------------------------------------------------------- */
/** Adds the members of one kind of answer to v, e.g. the capture. */
typedef void (*kl_show_fn)(kl_request_t *req, const kl_acted_t *acted, kl_json_t *v);
/**
 * The shared way of every route that runs an action: kl_act, answered by what became of it:
 * 201 confirmed, 202 not known yet, a problem when Klarna refused. ask->client and, when NULL,
 * ask->order_id are set here. Calls Klarna.
 */
int kl_act_answer(kl_request_t *req, const kl_action_t *action, kl_ask_t *ask, kl_show_fn show);
/** Answers for what an action gave; rv is what kl_act returned. */
int kl_act_answer_send(kl_request_t *req, kl_kind_t rv, const kl_acted_t *acted, kl_show_fn show);

/** "{base}/{id}" of an order in the back office. */
const char *kl_act_answer_url(kl_request_t *req, const char *order_id);

#endif
