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

#include "core/batch.h"
#include "core/callback.h"
#include "core/hours.h"
#include "core/invoice.h"
#include "core/note.h"
#include "core/operation.h"

#define KL_SCHEMA_VERSION 4

/* Lists of work. Unless a sort is asked for, those of what is open come soonest end first, the
 * others, like every other query, newest first. */
typedef enum {
    KL_LIST_NONE,
    KL_LIST_TO_SHIP,             /* kl_order_open_until() > 0 */
    KL_LIST_EXPIRING,            /* the same, up to `until` */
    KL_LIST_CAPTURE_UNCONFIRMED, /* waiting "capture" */
    KL_LIST_REFUND_UNCONFIRMED,  /* waiting "refund" */
    KL_LIST_ORPHANS,             /* attention "orphan" */
    KL_LIST_IN_REVIEW,           /* kl_order_is_in_review() of what would be open */
    KL_LISTS
} kl_order_list_t;

typedef enum {
    KL_SORT_USUAL, /* the list's own order */
    KL_SORT_NEWEST,
    KL_SORT_OLDEST,
    KL_SORT_AMOUNT_DESC, /* of the same amount the newest first */
    KL_SORT_AMOUNT_ASC,  /* the other way round throughout */
    KL_SORT_EXPIRY       /* soonest first; only what is open */
} kl_sort_t;

/* What may be meant by a number. */
#define KL_MAX_AMOUNTS 2

/* Where in a store it was paid. NULL or "": anywhere. */
typedef struct kl_shop_query_t {
    const char *department, *till, *terminal, *cashier;
    const char *invoice; /* the host's number */
} kl_shop_query_t;

/* The conditions combine: an order is listed if it meets all of them. NULL, "" or a time of 0
 * means no condition. */
typedef struct kl_order_query_t {
    const char *account;   /* only this merchant's orders; always given */
    const char *state;     /* a state word, of payments too */
    const char *attention; /* an attention word (attention.h) */
    const char *channel;
    kl_shop_query_t shop;
    /* equals own id, Klarna's id, short reference, either merchant reference, a line's reference or
     * what was given to reference_add; upper and lower case (ASCII) are the same */
    const char *search;
    apr_int64_t amount[KL_MAX_AMOUNTS]; /* or its amount is one of these */
    int amounts;                        /* how many; only with search */
    const char *tag, *return_reason;
    const apr_array_header_t *ids; /* of const char *, 1..KL_MAX_IDS of them; NULL: any */
    kl_order_list_t list;
    kl_sort_t sort;
    apr_time_t from, to;  /* from <= created_at < to */
    apr_time_t until;     /* for KL_LIST_EXPIRING */
    apr_time_t before_at; /* keyset: created_at (by end: kl_order_open_until) and id of the order
                             just before this page, and by amount its amount; 0 = the first page */
    apr_int64_t before_amount;
    const char *before_id;
    int limit; /* 1..KL_MAX_PAGE for a list, 1 and more to count */
} kl_order_query_t;

/* Of the orders of one currency. */
typedef struct kl_total_t {
    const char *currency;
    apr_int64_t count, order_amount, captured_amount, refunded_amount;
} kl_total_t;

/* What was paid, or tried to be paid, in a store: of one till, or for one invoice of the host's. */
typedef struct kl_instore_query_t {
    const char *account; /* always given */
    const char *till;    /* this or invoice; the other is "" */
    const char *invoice;
    const char *department; /* "": any */
    apr_time_t from, to;    /* from <= created_at < to; 0: no bound */
    apr_time_t before_at;   /* keyset, as kl_order_query_t's */
    const char *before_id;
    int limit; /* 1..KL_MAX_PAGE */
} kl_instore_query_t;

/* Whose operations. A placement that is due was left by a shopper or stored by Klarna's callback,
 * which anyone can cause; any other was asked for by a person of the shop. */
typedef enum { KL_DUE_ASKED_FOR, KL_DUE_PLACEMENTS } kl_due_whose_t;

typedef struct kl_due_query_t {
    const char *account;
    apr_time_t now;
    int limit;
    kl_due_whose_t whose; /* of operations; orders are nobody's */
} kl_due_query_t;

/* The newest of an account or an order. */
typedef struct kl_page_of_t {
    const char *of;
    int limit;
} kl_page_of_t;

/* Operations that have not ended, whoever works on them. */
typedef struct kl_unfinished_query_t {
    const char *account;
    int limit;
} kl_unfinished_query_t;

/* Operations in one state, whoever works on them. */
typedef struct kl_state_query_t {
    const char *account;
    kl_op_state_t state;
    int limit;
} kl_state_query_t;

/* What is not kept for ever. */
typedef enum {
    KL_SWEEP_PLACED,     /* the rows of payments that became orders and are due for a look: nobody
                            looks at them any more */
    KL_SWEEP_UNFINISHED, /* payments that became no order, with their refused placements, when the
                            look after the session's end was due before `before` and nothing came
                            after. Never one that an operation may still work on, that may not be
                            deleted yet (keep_until), or that nobody has looked at while Klarna may
                            have an order of it */
    KL_SWEEP_REQUESTS,   /* the request of an operation that ended before `before`, and Klarna's
                            words about a placement */
    KL_SWEEP_BATCHES,    /* batches that were asked for, and whose items ended, before `before` */
    KL_SWEEP_STRAYS,     /* items of a batch that never came to be, of a day ago and before */
} kl_sweep_kind_t;

typedef struct kl_sweep_t {
    kl_sweep_kind_t what;
    const char *account;
    apr_time_t now, before;
} kl_sweep_t;

/* Figures of a time: from <= a change < to. */
typedef struct kl_hours_query_t {
    const char *account;
    apr_time_t from, to;
} kl_hours_query_t;

/* Texts by which an order is found besides its own columns. */
typedef struct kl_references_t {
    const char *account, *order_id;
    const apr_array_header_t *values; /* of const char * */
} kl_references_t;

typedef struct kl_klarna_id_t {
    const char *account;
    const char *id; /* Klarna's of an order of that account */
} kl_klarna_id_t;

/* References of an order's lines; with its created_at they come as a list of orders does. */
typedef struct kl_articles_t {
    const char *account, *order_id;
    apr_time_t created_at;                /* the order's */
    const apr_array_header_t *references; /* of const char * */
} kl_articles_t;

/* Of all processes whose worker is on, one polls for a merchant. */
typedef struct kl_worker_lease_t {
    const char *account;
    const char *holder; /* who asks for it: an id */
    apr_time_t now;
    apr_time_t until; /* how long it is wanted; if someone else has it, until when */
} kl_worker_lease_t;

typedef struct kl_store_t kl_store_t;
struct kl_store_t {
    /** KL_OK when the database answers and holds our schema version; else KL_UNAVAILABLE with
     *  a detail that names the cure. */
    kl_kind_t (*check)(kl_store_t *self, apr_pool_t *p, kl_error_t *err);
    /** KL_OK when a check of this process was good once. For who is about to do what cannot be
     * stored before it is done. */
    kl_kind_t (*ready)(kl_store_t *self, apr_pool_t *p, kl_error_t *err);
    /** What the database is, from a connection that works: "pgsql". Static. */
    kl_kind_t (*driver)(kl_store_t *self, apr_pool_t *p, const char **name, kl_error_t *err);

    /* Orders. One whose row contradicts itself, or cannot be read whole, is read nevertheless, with
     * `broken` set and attention "differs": a list does not fail for one of its rows. */

    /**
     * A payment (core/payment.h) is stored as such, and from here on loaded, saved, listed by its
     * state and found due like any order. The save with which it is more than an attempt gives it a
     * row among the orders, from then on the only one that is looked at.
     * @return KL_TAKEN "exists" when there is a payment or an order with its id
     */
    kl_kind_t (*payment_insert)(kl_store_t *self, apr_pool_t *p, kl_order_t *order,
                                kl_error_t *err);
    /** The payment's own row, which may be there beside its order's: for who is about to place it.
     */
    kl_kind_t (*payment_load)(kl_store_t *self, apr_pool_t *p, const char *id, kl_order_t **out,
                              kl_error_t *err);

    /** KL_TAKEN "exists" when the id is taken. Sets order->version to 1. */
    kl_kind_t (*order_insert)(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err);
    kl_kind_t (*order_load)(kl_store_t *self, apr_pool_t *p, const char *id, kl_order_t **out,
                            kl_error_t *err);
    /** The one order that Klarna calls so, whatever else bears that name. KL_NOT_FOUND. */
    kl_kind_t (*order_by_klarna_id)(kl_store_t *self, apr_pool_t *p, const kl_klarna_id_t *key,
                                    kl_order_t **out, kl_error_t *err);
    /** Saves every mutable member where the stored version is order->version, which it then
     *  advances. KL_STALE "version" when someone else was quicker: nothing was changed. */
    kl_kind_t (*order_save)(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err);
    /** For an order that is broken: saves attention and check_at and leaves the rest of the row as
     *  it is. Nothing to do if that stands there, or if someone else was quicker. */
    kl_kind_t (*order_mark)(kl_store_t *self, apr_pool_t *p, const kl_order_t *order,
                            kl_error_t *err);
    /** One page in the order of query->list. *out: array of kl_order_t *. */
    kl_kind_t (*order_list)(kl_store_t *self, apr_pool_t *p, const kl_order_query_t *query,
                            apr_array_header_t **out, kl_error_t *err);
    /** How many orders fit the query from its keyset on, at most query->limit. */
    kl_kind_t (*order_count)(kl_store_t *self, apr_pool_t *p, const kl_order_query_t *query,
                             int *count, kl_error_t *err);
    /** Sums of the orders that fit the query, of at most query->limit of them. *out: array of
     *  kl_total_t, by currency. Payments have none. */
    kl_kind_t (*order_totals)(kl_store_t *self, apr_pool_t *p, const kl_order_query_t *query,
                              apr_array_header_t **out, kl_error_t *err);
    /** Payments and orders of a store, newest first. *out: array of kl_order_t *. */
    kl_kind_t (*instore_list)(kl_store_t *self, apr_pool_t *p, const kl_instore_query_t *query,
                              apr_array_header_t **out, kl_error_t *err);
    /** The invoice with the account, department and number of key; KL_NOT_FOUND when none is
     * stored. */
    kl_kind_t (*invoice_load)(kl_store_t *self, apr_pool_t *p, const kl_invoice_t *key,
                              kl_invoice_t **out, kl_error_t *err);
    /** KL_TAKEN "exists" when there is one. Sets invoice->version to 1. */
    kl_kind_t (*invoice_insert)(kl_store_t *self, apr_pool_t *p, kl_invoice_t *invoice,
                                kl_error_t *err);
    /** As order_save. */
    kl_kind_t (*invoice_save)(kl_store_t *self, apr_pool_t *p, kl_invoice_t *invoice,
                              kl_error_t *err);
    /** A text that is known already, is "" or longer than KL_MAX_STRING bytes is left out. */
    kl_kind_t (*reference_add)(kl_store_t *self, apr_pool_t *p, const kl_references_t *texts,
                               kl_error_t *err);

    /** As reference_add, for articles. */
    kl_kind_t (*article_add)(kl_store_t *self, apr_pool_t *p, const kl_articles_t *articles,
                             kl_error_t *err);
    /** How many other orders of the account have the same merchant reference 1, at most
     *  KL_MAX_PAGE; upper and lower case are the same. */
    kl_kind_t (*order_same_reference)(kl_store_t *self, apr_pool_t *p, const kl_order_t *order,
                                      int *count, kl_error_t *err);

    /** KL_TAKEN "exists" when id or client_key is taken. Sets op->version to 1. */
    kl_kind_t (*operation_insert)(kl_store_t *self, apr_pool_t *p, kl_operation_t *op,
                                  kl_error_t *err);
    kl_kind_t (*operation_load)(kl_store_t *self, apr_pool_t *p, const char *id,
                                kl_operation_t **out, kl_error_t *err);
    kl_kind_t (*operation_load_by_client_key)(kl_store_t *self, apr_pool_t *p,
                                              const char *client_key, kl_operation_t **out,
                                              kl_error_t *err);
    /** As order_save. KL_INTERNAL "illegal_step" when the state that op was loaded with does not
     *  lead to its present one: nothing was changed. */
    kl_kind_t (*operation_save)(kl_store_t *self, apr_pool_t *p, kl_operation_t *op,
                                kl_error_t *err);
    /** An order's operations, oldest first, at most KL_MAX_PAGE * 5. *out: kl_operation_t *. */
    kl_kind_t (*operation_list)(kl_store_t *self, apr_pool_t *p, const char *order_id,
                                apr_array_header_t **out, kl_error_t *err);
    /** A merchant's orders that are due for a look (0 < check_at <= now), the longest
     *  due first, and at most as many payments. *out: kl_order_t *. */
    kl_kind_t (*orders_due)(kl_store_t *self, apr_pool_t *p, const kl_due_query_t *query,
                            apr_array_header_t **out, kl_error_t *err);
    /** A merchant's unfinished operations that are due (next_at <= now) and that nobody is working
     *  on (lease_until <= now), the longest due first. *out: kl_operation_t *. */
    kl_kind_t (*operations_due)(kl_store_t *self, apr_pool_t *p, const kl_due_query_t *query,
                                apr_array_header_t **out, kl_error_t *err);
    /** A merchant's operations that have not ended, whoever works on them and whenever they are
     * due, the soonest due first. *out: kl_operation_t *. */
    kl_kind_t (*operations_unfinished)(kl_store_t *self, apr_pool_t *p,
                                       const kl_unfinished_query_t *query, apr_array_header_t **out,
                                       kl_error_t *err);
    /** A merchant's operations in that state that were put on the wire at least once, the last
     *  changed first. *out: kl_operation_t *. */
    kl_kind_t (*operations_by_state)(kl_store_t *self, apr_pool_t *p, const kl_state_query_t *query,
                                     apr_array_header_t **out, kl_error_t *err);
    /** Figures of the operations that last changed in that time: a row for each hour, kind and
     *  state that there was. *out: array of kl_operation_hour_t. */
    kl_kind_t (*operation_hours)(kl_store_t *self, apr_pool_t *p, const kl_hours_query_t *query,
                                 apr_array_header_t **out, kl_error_t *err);

    /** What has had its time: ids, at most so many that one sweep takes them. Locks nothing.
     *  *out: of const char *. */
    kl_kind_t (*sweep_find)(kl_store_t *self, apr_pool_t *p, const kl_sweep_t *sweep,
                            apr_array_header_t **out, kl_error_t *err);
    /** Takes it away, but for what was used since. Safe to do twice. */
    kl_kind_t (*sweep)(kl_store_t *self, apr_pool_t *p, const kl_sweep_t *sweep,
                       const apr_array_header_t *ids, kl_error_t *err);

    /* Batches. An item counts once its batch is inserted, which is done after all of them. */

    /** KL_TAKEN "exists" when id or client_key is taken. */
    kl_kind_t (*batch_insert)(kl_store_t *self, apr_pool_t *p, const kl_batch_t *batch,
                              kl_error_t *err);
    kl_kind_t (*batch_load)(kl_store_t *self, apr_pool_t *p, const char *id, kl_batch_t **out,
                            kl_error_t *err);
    kl_kind_t (*batch_load_by_client_key)(kl_store_t *self, apr_pool_t *p, const char *client_key,
                                          kl_batch_t **out, kl_error_t *err);
    /** An account's, newest first. *out: of kl_batch_t *. */
    kl_kind_t (*batch_list)(kl_store_t *self, apr_pool_t *p, const kl_page_of_t *page,
                            apr_array_header_t **out, kl_error_t *err);
    kl_kind_t (*batch_counts)(kl_store_t *self, apr_pool_t *p, const char *id,
                              kl_batch_counts_t *out, kl_error_t *err);
    /** One that is there already stays as it is. items: of kl_batch_item_t *, 1 or more. */
    kl_kind_t (*batch_items_insert)(kl_store_t *self, apr_pool_t *p,
                                    const apr_array_header_t *items, kl_error_t *err);
    /** All of one batch, in the order asked for. *out: of kl_batch_item_t *. */
    kl_kind_t (*batch_items)(kl_store_t *self, apr_pool_t *p, const char *id,
                             apr_array_header_t **out, kl_error_t *err);
    /** A merchant's items that are due (0 < next_at <= now), the longest due first, each with its
     *  batch's actor. *out: of kl_batch_item_t *. */
    kl_kind_t (*batch_items_due)(kl_store_t *self, apr_pool_t *p, const kl_due_query_t *query,
                                 apr_array_header_t **out, kl_error_t *err);
    /** KL_STALE "version" when it has ended already. */
    kl_kind_t (*batch_item_save)(kl_store_t *self, apr_pool_t *p, const kl_batch_item_t *item,
                                 kl_error_t *err);

    /** KL_TAKEN "exists" when there is one with that id. */
    kl_kind_t (*note_insert)(kl_store_t *self, apr_pool_t *p, const kl_note_t *note,
                             kl_error_t *err);
    /** An order's, newest first. *out: of kl_note_t *. */
    kl_kind_t (*note_list)(kl_store_t *self, apr_pool_t *p, const kl_page_of_t *page,
                           apr_array_header_t **out, kl_error_t *err);
    /** Puts these on the order; one that it has already is left. */
    kl_kind_t (*label_add)(kl_store_t *self, apr_pool_t *p, const kl_labels_t *labels,
                           kl_error_t *err);
    /** Takes these from it; one that it has not is none the less gone. */
    kl_kind_t (*label_take)(kl_store_t *self, apr_pool_t *p, const kl_labels_t *labels,
                            kl_error_t *err);
    /** Those of of->kind on the orders whose ids of->values are. *out: of kl_label_t. */
    kl_kind_t (*label_list)(kl_store_t *self, apr_pool_t *p, const kl_labels_t *of,
                            apr_array_header_t **out, kl_error_t *err);
    /** How many of of->account's orders have each of of->kind; appends, by value, 500 at most.
     *  out: of kl_label_count_t. */
    kl_kind_t (*label_counts)(kl_store_t *self, apr_pool_t *p, const kl_labels_t *of,
                              apr_array_header_t *out, kl_error_t *err);

    /** Takes the lease, or prolongs it, or gives it back when until is now.
     *  @return KL_OK, or KL_CONFLICT if someone else has it until lease->until */
    kl_kind_t (*worker_lease)(kl_store_t *self, apr_pool_t *p, kl_worker_lease_t *lease,
                              kl_error_t *err);

    kl_kind_t (*callback_note)(kl_store_t *self, apr_pool_t *p, const kl_callback_note_t *note,
                               kl_error_t *err);
    /** *out: array of kl_callback_t, by kind; no entry for a kind that never came. */
    kl_kind_t (*callback_list)(kl_store_t *self, apr_pool_t *p, const char *account,
                               apr_array_header_t **out, kl_error_t *err);
    void *impl;
};

#endif
