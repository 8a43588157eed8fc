/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operation: the durable intent of one Klarna call that changes something. It is
 * stored before the call with the exact request; its id is Klarna's idempotency key and
 * never changes, whoever repeats the call.
 *
 *   queued ──▶ sent ──▶ confirmed | refused | unknown ──▶ (sent again, same key) ...
 *
 * queued: stored, nothing on the wire yet, or certainly not executed so far.
 * sent: on the wire now, or the process died while it was.
 * unknown: an answer was lost; only Klarna's own record or a repeat with the same key may
 * end that. confirmed and refused are final and never change again.
 *
 * The steps below are the only writers of state, attempts, doubtful, mark, hint, lease_until,
 * sent_at and next_at, and of what is wiped: each sets all that belongs to it, or refuses.
 */
#ifndef KL_OPERATION_H
#define KL_OPERATION_H

#include "core/meaning.h"
#include "core/op.h"
#include "core/order.h"

/* The error_code of one that a person ended as not executed. */
#define KL_GIVEN_UP "given_up"

/* Strings are never NULL; "" means none. */
typedef struct kl_operation_t {
    const char *id;      /* UUID = Klarna-Idempotency-Key */
    apr_int64_t version; /* compare-and-set */
    const char *order_id;
    const char *account;
    kl_op_kind_t kind;
    kl_op_state_t state;
    kl_op_state_t stored; /* the state that the database has it in at `version`; the store's */
    kl_op_mark_t mark;
    const char *method, *path, *body; /* the exact request; wiped from a final one that is
                                         personal: it holds a token or an address */
    const char *intent;               /* what it moves, as text: see intent.h */
    apr_int64_t amount;
    const char *actor;             /* authenticated user, or "shopper" */
    const char *client_key;        /* unique: hash of scope and the client's Idempotency-Key,
                                      or "-" and the id when there was none */
    const char *client_hash;       /* hash of the client's request, to tell a reused key */
    const char *credit_invoice_id; /* the credit invoice it is a step of, or "" */
    const char *next_op;           /* follows when this is confirmed, or "" */
    int attempts;                  /* times put on the wire */
    int doubtful;                  /* 1: some attempt's outcome was never seen */
    apr_time_t lease_until;        /* only its holder may send before that */
    apr_time_t created_at, updated_at;
    apr_time_t sent_at;         /* first attempt, 0 = never */
    apr_time_t next_at;         /* not before that again */
    int took;                   /* milliseconds the last try took at Klarna, 0 = none */
    int http_status;            /* Klarna's last, 0 = none */
    const char *result_id;      /* capture, refund or order id */
    const char *result;         /* JSON of what else Klarna's answer said, "" = nothing */
    const char *hint;           /* order id that someone supplied for a placement in doubt, or "" */
    const char *refusal;        /* JSON {"detail", "next"} of an answer that was no yes, or "" */
    const char *error_code;     /* Klarna's or ours: for people, decides nothing */
    const char *error_messages; /* JSON array text, "[]" */
    const char *correlation_id;
} kl_operation_t;

kl_operation_t *kl_operation_make(apr_pool_t *p);

/* --- the steps ----------------------------------------------------------------------------
 * Each changes op in memory, for the caller to save. One that is not legal from where op stands
 * changes nothing and is KL_INTERNAL "illegal_step". */

/* What a call came to. Strings may be NULL: none. */
typedef struct kl_outcome_t {
    kl_meaning_t meaning;
    int doubtful;    /* 1: the outcome of at least one try was never seen */
    int retry_after; /* seconds that Klarna asks to wait, 0 = none */
    int http_status; /* 0: there was no answer */
    const char *correlation_id;
    const char *result_id, *result;                    /* when done */
    const char *error_code, *error_messages, *refusal; /* when not; as op's members */
} kl_outcome_t;

/** A new one: its maker has it for a lease, or leaves it to the worker after a pause. */
void kl_operation_queued(kl_operation_t *op, apr_time_t now, apr_interval_time_t pause);

/**
 * Goes on the wire, to its caller for a lease. An earlier try in doubt whose key Klarna has
 * forgotten is never repeated: it could move the money twice.
 * @return KL_OK: op is sent; or, in that case, unknown and marked KL_OP_KEY_EXPIRED: not to be
 *   sent
 */
kl_kind_t kl_operation_sent(kl_operation_t *op, apr_time_t now, kl_error_t *err);

/**
 * Has its answer, or has lost it. Without a key, a no after a try whose outcome was never seen may
 * be the echo of its success: unknown.
 * @param dice random, so that what failed together does not come again together
 */
kl_kind_t kl_operation_answered(kl_operation_t *op, const kl_outcome_t *outcome, apr_time_t now,
                                unsigned char dice, kl_error_t *err);

/** Klarna's record shows that it was executed: confirmed. */
kl_kind_t kl_operation_executed(kl_operation_t *op, const char *result_id, const char *result,
                                apr_time_t now, kl_error_t *err);
/** It was certainly not executed, and a person gives it up: refused. */
kl_kind_t kl_operation_given_up(kl_operation_t *op, apr_time_t now, kl_error_t *err);
/** Klarna's record shows that it was not executed: queued, with a fresh life for its key. */
kl_kind_t kl_operation_renewed(kl_operation_t *op, kl_error_t *err);
/** One that never went out never will: refused, and gives back its client's key. */
kl_kind_t kl_operation_discarded(kl_operation_t *op, apr_pool_t *p, apr_time_t now,
                                 kl_error_t *err);
/** It was sent but its order does not know it, because a database lost what it had acknowledged:
 * unknown; a person gives it up, by what Klarna's record shows. */
kl_kind_t kl_operation_disowned(kl_operation_t *op, apr_time_t now, kl_error_t *err);
/** Rests until then, in the state it is in. */
kl_kind_t kl_operation_postponed(kl_operation_t *op, apr_time_t until, kl_error_t *err);
/** Someone named the order that a placement in doubt led to; "" takes that back. Looked at
 *  from that time on. */
kl_kind_t kl_operation_hinted(kl_operation_t *op, const char *order_id, apr_time_t from,
                              kl_error_t *err);

/** Before op is saved: KL_OK, or KL_INTERNAL "illegal_step" if its stored state cannot become this.
 */
kl_kind_t kl_operation_may_be_stored(const kl_operation_t *op, kl_error_t *err);

/** Stored, and was never on the wire. */
int kl_operation_is_unstarted(const kl_operation_t *op);
/** 1 while Klarna may still be executing its last try, whatever its record shows. */
int kl_operation_is_in_flight(const kl_operation_t *op, apr_time_t now);
/** The client key of one that was requested without a key, or that gave its own back. */
const char *kl_operation_no_key(apr_pool_t *p, const kl_operation_t *op);

/* --- for people ------------------------------------------------------------------------- */

/** Why a person cannot send it again or give it up now; NULL if they can. */
const kl_words_t *kl_operation_why_not_send_again(const kl_operation_t *op, apr_time_t now);
const kl_words_t *kl_operation_why_not_give_up(const kl_operation_t *op, apr_time_t now);

#endif
