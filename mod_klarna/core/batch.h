/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person asked for many orders at once: a batch, and an item for each of its orders. An item
 * is worked like any other request for its order; here stands only what became of it.
 */
#ifndef KL_BATCH_H
#define KL_BATCH_H

#include <apr_tables.h>
#include <apr_time.h>

#define KL_BATCH_CAPTURE "capture" /* the one action that there is: all that is left */

/* Words of an item's state. Those of the first three may still change. */
#define KL_ITEM_WAITING "waiting"
#define KL_ITEM_WORKING "working" /* its operation is stored, and not sent yet */
#define KL_ITEM_UNKNOWN "unknown"
#define KL_ITEM_CONFIRMED "confirmed"
#define KL_ITEM_REFUSED "refused"

typedef struct kl_batch_t {
    const char *id;
    const char *account; /* of its first order */
    const char *action, *actor;
    const char *client_key, *client_hash;
    int total;
    apr_time_t created_at;
} kl_batch_t;

typedef struct kl_batch_item_t {
    const char *batch_id, *order_id;
    int place; /* from 0, in the order in which they were asked for */
    const char *account;
    const char *reference; /* the order's, for people */
    const char *state;
    const char *reason, *sentence, *next_step; /* of a refused one, else "" */
    apr_time_t due_at;                         /* when it is looked at; 0: it has ended */
    apr_time_t updated_at;
    const char *actor; /* the batch's, of an item that was read as due; else "" */
} kl_batch_item_t;

typedef struct kl_batch_counts_t {
    int confirmed, refused;
} kl_batch_counts_t;

/** Counts n items of that state. */
void kl_batch_count(kl_batch_counts_t *counts, const char *state, int n);

/** Of items, an array of kl_batch_item_t *. */
kl_batch_counts_t kl_batch_counts_of(const apr_array_header_t *items);

#endif
