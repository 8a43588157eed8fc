/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The business actions. Each is two functions around one Klarna call: `..._prepare`
 * validates, stores the operation and claims the order; `kl_settle` stores the outcome and
 * folds it into the order. Between them somebody performs the call: kl_walk does it on the
 * calling thread. Whoever dies anywhere on that way, another can walk the rest of it.
 *
 * The moment an intent becomes binding is the claim: one compare-and-set that writes the
 * operation's id into the order row. An operation that was stored but never claimed (its
 * process died in between) was promised to nobody and is discarded.
 */
#ifndef KL_SERVICE_H
#define KL_SERVICE_H

#include "api/reply.h"
#include "core/cart.h"
#include "core/id.h"
#include "core/klarna_order.h"
#include "core/limits.h"
#include "core/operation.h"
#include "core/plan.h"
#include "store/store.h"

/* What one caller works with; made per request, everything allocated from p. */
typedef struct kl_service_t {
    apr_pool_t *p;
    kl_store_t *store;
    kl_transport_t *transport;
    const kl_account_t *account;         /* of the order worked on, see kl_service_order */
    const kl_account_t *const *accounts; /* of all stores whose orders may be worked on */
    int accounts_n;                      /* 0: those of `account` only */
    const char *actor;                   /* authenticated user, or "shopper" */
    const char *callback_base;           /* address of the klarna-callbacks Location, "" = none */
    apr_interval_time_t timeout;         /* for all tries of one Klarna call together */
    apr_interval_time_t queue_for;       /* 0: the caller performs what it prepares; else what it
                                            prepares is left to the worker after that time */
    apr_time_t (*now)(void);
    void (*sleep)(apr_interval_time_t); /* between tries */
    kl_random_fn random;
    void (*step)(const char *name); /* told where the way has come to; NULL in production. The
                                       crash tests' module dies there */
} kl_service_t;

/** Names a place between two lasting effects: whatever dies there must lose nothing. */
static inline void kl_step(const kl_service_t *svc, const char *name)
{
    if (svc->step) {
        svc->step(name);
    }
}

/* The client's Idempotency-Key, hashed with its scope, and the hash of what it asked. */
typedef struct kl_client_t {
    const char *key; /* "" when the client gave none */
    const char *hash;
} kl_client_t;

/* --- operate.c, perform.c, settle.c, walk.c: what all actions share
 * ------------------------------- */

/** KL_NOT_FOUND "no_such_order", in the one wording for an order that is not there, is another
 *  merchant's, or was asked for with a wrong key: who asks learns nothing. */
kl_kind_t kl_no_such_order(kl_error_t *err);

/** Makes the account of that merchant the one that is worked with: 1, or 0 when it is not one of
 *  the caller's stores; nothing is changed then. */
int kl_service_account(kl_service_t *svc, const char *merchant);

/** Loads an order of one of the caller's stores and makes that store's account the one that is
 *  worked with; any other order is KL_NOT_FOUND. */
kl_kind_t kl_service_order(kl_service_t *svc, const char *id, kl_order_t **out, kl_error_t *err);

/** Loads an operation of that order, of one of the caller's stores, as kl_service_order does an
 *  order; any other is KL_NOT_FOUND "no_such_operation". */
kl_kind_t kl_service_operation(kl_service_t *svc, const char *order_id, const char *id,
                               kl_operation_t **out, kl_error_t *err);

/**
 * A new queued operation on order, with an id and a lease for this caller, no request yet.
 * @param client the key it was asked with, NULL for the later operations of a chain
 * @return NULL with KL_INTERNAL when there is no randomness
 */
kl_operation_t *kl_operation_new(kl_service_t *svc, const kl_order_t *order, kl_op_kind_t kind,
                                 const kl_client_t *client, kl_error_t *err);

/** Puts the exact request on op. */
void kl_operation_request(kl_operation_t *op, const kl_request_t *req);

/**
 * Stores the operations (the client's first, so that its key leads to all of them) and
 * claims the order for the first. order must be as loaded, with what the claim adds
 * already in memory. A claim whose answer was lost is looked for.
 * @return KL_OK; KL_CONFLICT "version" when the order moved on, "exists" when the client's
 *   key was used before, KL_UNAVAILABLE. The stored operations are discarded then, or stay
 *   for the client's next try when it is not known whether they hold the order.
 */
kl_kind_t kl_operation_start(kl_service_t *svc, kl_order_t *order, kl_operation_t **ops, int n,
                             kl_error_t *err);

/* An action as a function from the order as it stands to the operations it needs: fills
 * ops[0..n), each with its request and intent, and adds to the order in memory what the
 * claim writes. At most KL_MAX_CHAIN. */
#define KL_MAX_CHAIN 2
typedef kl_kind_t (*kl_action_fn)(kl_service_t *svc, kl_order_t *order, const void *want,
                                  const kl_client_t *client, kl_operation_t **ops, int *n,
                                  kl_error_t *err);

/**
 * The shared way of every prepare: load the order, see that it is free, let the action
 * plan, store and claim; once more from the start when somebody was quicker.
 * @return KL_OK, the action's refusal, KL_CONFLICT "order_busy", or KL_CONFLICT "exists" when
 *   the client's key started an operation in the meantime: it is replayed then.
 */
kl_kind_t kl_prepare(kl_service_t *svc, const char *order_id, kl_action_fn action, const void *want,
                     const kl_client_t *client, kl_operation_t **out, kl_error_t *err);

/**
 * Marks an operation that never went out, and those that follow it, as refused
 * ("not_started") and frees its client key. One that went out is left alone, with those
 * that follow it.
 * @param id "" or a missing one: nothing to do
 * @return KL_OK, KL_UNAVAILABLE, or KL_CONFLICT "version" when somebody was quicker
 */
kl_kind_t kl_operation_discard(kl_service_t *svc, const char *id, kl_error_t *err);

/**
 * Discards op when it was stored but never claimed and its lease is over: its process is
 * gone and nobody was promised anything.
 * @param gone becomes 1 when it was discarded
 * @return as kl_operation_discard, KL_CONFLICT being "in_progress"
 */
kl_kind_t kl_operation_discard_unclaimed(kl_service_t *svc, const kl_operation_t *op, int *gone,
                                         kl_error_t *err);

/** Says that somebody else is at it: KL_CONFLICT "in_progress" with retry_after, in place of
 *  whatever err held. */
kl_kind_t kl_in_progress(kl_error_t *err);

/**
 * The operation a client's key started before.
 * @return KL_OK and *out NULL when there was none (or one that never started, which is
 *   discarded), KL_OK and the operation, KL_INVALID "idempotency_key_reused" when the
 *   client asked something else with it, or KL_CONFLICT "in_progress".
 */
kl_kind_t kl_operation_replay(kl_service_t *svc, const kl_client_t *client, kl_operation_t **out,
                              kl_error_t *err);

/**
 * Sees that no operation holds the order. One that was left behind is gone on with: folded
 * when it is final, else walked when its lease is over and its time has come. *order is
 * loaded again then. May call Klarna.
 * @return KL_OK, or KL_CONFLICT "order_busy" with retry_after.
 */
kl_kind_t kl_order_free(kl_service_t *svc, kl_order_t **order, kl_error_t *err);

/** Folds a final operation into its order and passes the claim on; nothing to do when that
 *  happened before. What follows a refused step is discarded. */
kl_kind_t kl_fold(kl_service_t *svc, const kl_operation_t *op, kl_error_t *err);

/* What performing a call gave. */
typedef struct kl_exchange_t {
    kl_delivery_t delivery;
    kl_response_t resp;
    const char *why;
    int doubtful; /* 1: at least one try's outcome was never seen */
} kl_exchange_t;

/** What an exchange means for op: as kl_reply_meaning says, but to a key a 409 may only say
 *  that an earlier try is still being executed: not known. */
kl_meaning_t kl_exchange_meaning(const kl_operation_t *op, const kl_exchange_t *ex,
                                 kl_error_t *why);

/**
 * Marks the operation sent, durably, then sends its request, again with the same key while
 * the outcome is not known and time is left.
 * @return KL_OK (ex says what happened), or an error before anything was sent: KL_CONFLICT
 *   "key_expired" when an earlier try is in doubt and Klarna has forgotten its key (the
 *   operation is unknown then), "version" when another walker has it.
 */
kl_kind_t kl_perform(kl_service_t *svc, kl_operation_t *op, kl_exchange_t *ex, kl_error_t *err);

/** One try of a call that moves nothing (a session, a read): KL_OK with its answer, or what
 *  it meant as an error. No operation stands behind it. */
kl_kind_t kl_call(kl_service_t *svc, const kl_request_t *req, kl_response_t *resp, kl_error_t *err);

/**
 * Stores the outcome and, when it is final, folds it into the order and passes the claim on.
 * @return KL_OK when that is done: op's members tell the outcome, which may be that of a
 *   walker who was quicker. Else what is missing is done by a later walk: asking again when
 *   the outcome could not be stored, folding when it could.
 */
kl_kind_t kl_settle(kl_service_t *svc, kl_operation_t *op, const kl_exchange_t *ex,
                    kl_error_t *err);

/**
 * Walks op and the operations that follow it to their end, or as far as it gets now. A
 * final op that is not folded yet is folded. *op is the last operation walked.
 */
kl_kind_t kl_walk(kl_service_t *svc, kl_operation_t **op, kl_error_t *err);

/** Walks an operation whose holder's lease is over or that is final. One that does not hold
 *  its order is never sent (one that was never claimed is discarded): KL_CONFLICT
 *  "in_progress", as for a running lease. */
kl_kind_t kl_resume(kl_service_t *svc, kl_operation_t **op, kl_error_t *err);

/* --- references.c: by what an order is found -------------------------------------------- */

/** Stores what op adds to it; order as it stands with op folded or, for a credit invoice,
 *  claimed. A failure is not told: whoever searches does not find it, no more. */
void kl_references_of(kl_service_t *svc, const kl_order_t *order, const kl_operation_t *op);
/** The same for captures and credit invoices that were booked from outside: those from these
 *  indexes on. */
void kl_references_imported(kl_service_t *svc, const kl_order_t *order, int captures,
                            int credit_invoices);

/* --- checkout.c ---------------------------------------------------------------------- */

/** Starts a payment: an order in state CREATED and a Klarna session. The same client key
 *  gives the same order. */
kl_kind_t kl_checkout_start(kl_service_t *svc, const kl_cart_t *cart, const kl_client_t *client,
                            kl_order_t **out, kl_error_t *err);

/** Puts another cart into a payment that is not placed: Klarna first, stored when Klarna
 *  accepted. key is the order's. */
kl_kind_t kl_checkout_update(kl_service_t *svc, const char *order_id, const char *key,
                             const kl_cart_t *cart, kl_order_t **out, kl_error_t *err);

/** The shopper's own order; a wrong key is KL_NOT_FOUND like a missing order. */
kl_kind_t kl_checkout_read(kl_service_t *svc, const char *order_id, const char *key,
                           kl_order_t **out, kl_error_t *err);

typedef struct kl_place_request_t {
    const char *order_id, *key, *authorization_token;
    kl_json_t *billing_address, *shipping_address; /* NULL when absent */
} kl_place_request_t;

/** Claims the order for its placement. The client key should be bound to the token, so that
 *  a double click is one operation. A wrong key is KL_NOT_FOUND. */
kl_kind_t kl_checkout_place_prepare(kl_service_t *svc, const kl_place_request_t *want,
                                    const kl_client_t *client, kl_operation_t **out,
                                    kl_error_t *err);

/* --- capture.c, credit_invoice.c, cancel.c, authorization.c ----------------------------- */

kl_kind_t kl_capture_prepare(kl_service_t *svc, const char *order_id,
                             const kl_capture_request_t *want, const kl_client_t *client,
                             kl_operation_t **out, kl_error_t *err);

kl_kind_t kl_shipping_info_prepare(kl_service_t *svc, const char *order_id, const char *capture_id,
                                   const char *shipping_info, const kl_client_t *client,
                                   kl_operation_t **out, kl_error_t *err);

/** A return. The verbs are chosen by kl_plan_credit; at most two operations follow each
 *  other under one credit invoice. */
kl_kind_t kl_credit_invoice_prepare(kl_service_t *svc, const char *order_id,
                                    const kl_credit_request_t *want, const kl_client_t *client,
                                    kl_operation_t **out, kl_error_t *err);

/** What kl_credit_invoice_prepare would do now, without doing it. */
kl_kind_t kl_credit_invoice_preview(kl_service_t *svc, const char *order_id,
                                    const kl_credit_request_t *want, kl_order_t **order,
                                    kl_credit_plan_t *plan, kl_error_t *err);

/** Cancels the whole order: a credit invoice over everything. Final. */
kl_kind_t kl_cancel_prepare(kl_service_t *svc, const char *order_id, const char *comment,
                            const kl_client_t *client, kl_operation_t **out, kl_error_t *err);

/** Extends the authorization time; releases what was not captured. */
kl_kind_t kl_extend_prepare(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                            kl_operation_t **out, kl_error_t *err);
kl_kind_t kl_release_prepare(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                             kl_operation_t **out, kl_error_t *err);

/* --- refresh.c -------------------------------------------------------------------------- */

typedef struct kl_look_t {
    int booked;  /* movements made outside that were booked now */
    int differs; /* 1: Klarna's amounts are not ours and cannot be made to agree */
    int days;    /* 7, 3 or 1: that warning before the end is due now; else 0 */
} kl_look_t;

/** Reads Klarna's record, takes over state, fraud status, expiry and short reference, books
 *  what was done outside, decides when to look again, and saves. */
kl_kind_t kl_refresh(kl_service_t *svc, kl_order_t *order, kl_look_t *look, kl_error_t *err);

/* --- truth.c: what became of an operation whose answer was lost ------------------------- */

typedef enum {
    KL_TRUTH_UNCLEAR,
    KL_TRUTH_EXECUTED,
    KL_TRUTH_NOT_EXECUTED,
    KL_TRUTH_NOT_YET /* no trace of it, but its last try is so recent that Klarna may
                        still be executing it: look again after KL_IN_FLIGHT_S */
} kl_truth_t;

typedef struct kl_finding_t {
    kl_truth_t truth;
    const char *result_id;          /* capture, refund or order id when executed, else "" */
    const char *result;             /* what op->result becomes, JSON, or "" */
    apr_array_header_t *candidates; /* when unclear: what of Klarna's record it can be, of
                               kl_klarna_move_t; what Klarna gives no id has the kind's name.
                               NULL: it was executed, only not as what (a placement) */
} kl_finding_t;

/** 1 while Klarna may still be executing the last try of op, whatever its record shows. */
int kl_may_be_in_flight(const kl_service_t *svc, const kl_operation_t *op);

/** Reads Klarna's record and says whether op was executed. Changes nothing. A placement for
 *  which an order id was named (kl_placement_hint) is looked up by that id. */
kl_kind_t kl_truth_find(kl_service_t *svc, const kl_operation_t *op, kl_finding_t *found,
                        kl_error_t *err);

/**
 * Lets op end as was found: executed is confirmed and folded. Not executed is refused with
 * the code if_not and folded, or, when if_not is "", queued to start afresh with its key (in
 * memory; performing it stores that). Unclear and not yet change nothing.
 */
kl_kind_t kl_truth_settle(kl_service_t *svc, kl_operation_t *op, const kl_finding_t *found,
                          const char *if_not, kl_error_t *err);

/** The order id somebody named for a placement whose answer was lost, or NULL. */
const char *kl_placement_hint(apr_pool_t *p, const kl_operation_t *op);
/** Keeps such an id with the placement and makes it due at once. */
kl_kind_t kl_placement_hint_keep(kl_service_t *svc, kl_operation_t *op, const char *order_id,
                                 kl_error_t *err);

/** Ends an orphaned placement with the order id a person or Klarna gave, when Klarna's order
 *  has its amount, currency and reference. */
kl_kind_t kl_adopt(kl_service_t *svc, const char *order_id, const char *klarna_order_id,
                   kl_order_t **out, kl_error_t *err);

/* --- open.c: what a person does with an operation that does not end --------------------- */

/** Sends it again now, whatever its back-off. */
kl_kind_t kl_send_again(kl_service_t *svc, const char *order_id, const char *op_id,
                        kl_operation_t **op, kl_error_t *err);

/* What a person says who looked in Klarna's portal; at most one of the two. */
typedef struct kl_said_t {
    const char *executed_as; /* id of the candidate that it is, or "" */
    int not_executed;        /* 1: it is none of them */
} kl_said_t;

/**
 * Gives it up: refused when it was certainly not executed, confirmed when Klarna's record shows
 * it was. What a person says counts only where the record, read now, does not tell, and only
 * when no try can be in flight any more. Then the order is read anew: what was a candidate and
 * is not this operation is booked as made outside, now or by the worker's next look.
 * @param candidates of kl_klarna_move_t, of what the record shows; NULL when a person's word
 *   cannot end it
 * @return KL_OK; KL_CONFLICT "unclear" when the record does not tell and nobody said,
 *   "not_a_candidate", "contradicted" when the record tells otherwise, "in_progress" when its
 *   last try is too recent to tell: the worker lets it rest then until it can be told.
 */
kl_kind_t kl_give_up(kl_service_t *svc, const char *order_id, const char *op_id,
                     const kl_said_t *said, kl_operation_t **op, apr_array_header_t **candidates,
                     kl_error_t *err);

/* --- seen.c -------------------------------------------------------------------------------- */

/** A person saw what the order was marked for: takes away attention (an orphan's stays) and
 *  what it waits for.
 *  @return KL_OK, or KL_CONFLICT with the reason kl_why_not_seen gives. */
kl_kind_t kl_seen(kl_service_t *svc, const char *order_id, kl_order_t **out, kl_error_t *err);

/* --- notify.c: what Klarna calls in. Hints: stored, answered, then verified by reading --- */

/**
 * Loads the order whose callback URL holds name = "{order id}.{secret}".
 * @param why "" or the code under which a refusal is noted: "unknown_order", "wrong_secret"
 *   (the caller is told the same for both) or "database"
 */
kl_kind_t kl_notify_order(kl_service_t *svc, const char *name, kl_order_t **out, const char **why,
                          kl_error_t *err);
/** Notes for the operator how a callback of this kind ("authorization", "fraud", "status")
 *  ended: accepted when why is "". Whether that can be stored means nothing to the callback. */
kl_kind_t kl_notify_note(kl_service_t *svc, const char *kind, const char *why, kl_error_t *err);
/** The shopper authorized but may never come back: the placement is stored, once, for the
 *  worker; client is bound to the token as the browser's own placement is. */
kl_kind_t kl_notify_authorization(kl_service_t *svc, const kl_order_t *order, const char *token,
                                  const kl_client_t *client, kl_error_t *err);
/** Something changed at Klarna: the worker looks at the order at once. klarna_order_id may be
 *  "" or the id Klarna named, with which an orphan is adopted. */
kl_kind_t kl_notify_change(kl_service_t *svc, kl_order_t *order, const char *klarna_order_id,
                           kl_error_t *err);

/* --- work.c: the background worker's units ------------------------------------------------ */

/** Walks one operation that is due as far as it gets. */
kl_kind_t kl_work_operation(kl_service_t *svc, kl_operation_t **op, kl_error_t *err);
/** Looks at one order that is due. *note: what an operator should read, or NULL. */
kl_kind_t kl_work_order(kl_service_t *svc, kl_order_t *order, int auto_extend, const char **note,
                        kl_error_t *err);

#endif
