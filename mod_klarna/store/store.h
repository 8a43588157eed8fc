/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remembering, in the words of the domain. A table of functions: store_dbd.c over mod_dbd
 * in production, an in-memory fake in the service tests. Each function takes a connection
 * for its own duration only and gives it back before it returns: no connection is ever
 * held across a network call. Every change is one statement, guarded by compare-and-set.
 *
 * Kinds: KL_NOT_FOUND is a miss; KL_UNAVAILABLE is a database fault (never taken for a
 * miss); KL_CONFLICT is a lost compare-and-set or a taken key.
 */
#ifndef KL_STORE_H
#define KL_STORE_H

#include "core/operation.h"

#define KL_SCHEMA_VERSION 1

typedef struct kl_order_query_t {
    const char *merchant;      /* only this merchant's orders */
    const char *state;         /* a state word, or "" for all */
    const char *attention;     /* an attention word (order.h), or "" for all; not with state
                                  or search */
    const char *search;        /* equals own id, Klarna's id, short reference, either merchant
                                  reference; "" for all */
    apr_time_t before_at;      /* keyset: older than (before_at, before_id); 0 = from the newest */
    const char *before_id;
    int limit;                 /* 1..KL_MAX_PAGE */
} kl_order_query_t;

typedef struct kl_store_t kl_store_t;
struct kl_store_t {
    /** KL_OK when the database answers and holds our schema version; else KL_UNAVAILABLE with
     *  a detail that names the cure. */
    kl_kind_t (*check)(kl_store_t *self, apr_pool_t *p, kl_error_t *err);

    /** KL_CONFLICT "exists" when id or client_key is taken. Sets order->version to 1. */
    kl_kind_t (*order_insert)(kl_store_t *self, apr_pool_t *p, kl_order_t *order,
                              kl_error_t *err);
    kl_kind_t (*order_load)(kl_store_t *self, apr_pool_t *p, const char *id, kl_order_t **out,
                            kl_error_t *err);
    kl_kind_t (*order_load_by_client_key)(kl_store_t *self, apr_pool_t *p, const char *client_key,
                                          kl_order_t **out, kl_error_t *err);
    /** Saves every mutable member where the stored version is order->version, which it then
     *  advances. KL_CONFLICT "version" when somebody was quicker: nothing was changed. */
    kl_kind_t (*order_save)(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err);
    /** Newest first. *out: array of kl_order_t *. */
    kl_kind_t (*order_list)(kl_store_t *self, apr_pool_t *p, const kl_order_query_t *query,
                            apr_array_header_t **out, kl_error_t *err);

    /** KL_CONFLICT "exists" when id or client_key is taken. Sets op->version to 1. */
    kl_kind_t (*operation_insert)(kl_store_t *self, apr_pool_t *p, kl_operation_t *op,
                                  kl_error_t *err);
    kl_kind_t (*operation_load)(kl_store_t *self, apr_pool_t *p, const char *id,
                                kl_operation_t **out, kl_error_t *err);
    kl_kind_t (*operation_load_by_client_key)(kl_store_t *self, apr_pool_t *p,
                                              const char *client_key, kl_operation_t **out,
                                              kl_error_t *err);
    /** As order_save. */
    kl_kind_t (*operation_save)(kl_store_t *self, apr_pool_t *p, kl_operation_t *op,
                                kl_error_t *err);
    /** An order's operations, oldest first, at most KL_MAX_PAGE * 5. *out: kl_operation_t *. */
    kl_kind_t (*operation_list)(kl_store_t *self, apr_pool_t *p, const char *order_id,
                                apr_array_header_t **out, kl_error_t *err);
    /** A merchant's orders that somebody should look at (0 < check_at <= now), the longest
     *  due first. *out: kl_order_t *. */
    kl_kind_t (*orders_due)(kl_store_t *self, apr_pool_t *p, const char *merchant, apr_time_t now,
                            int limit, apr_array_header_t **out, kl_error_t *err);
    /** A merchant's unfinished operations that are due (next_at <= now) and that nobody works on
     *  (lease_until <= now), the longest due first; with now = APR_INT64_MAX all unfinished
     *  ones. *out: kl_operation_t *. */
    kl_kind_t (*operations_due)(kl_store_t *self, apr_pool_t *p, const char *merchant,
                                apr_time_t now, int limit, apr_array_header_t **out,
                                kl_error_t *err);
    void *impl;
};

#endif
