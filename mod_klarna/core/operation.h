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
 */
#ifndef KL_OPERATION_H
#define KL_OPERATION_H

#include "core/order.h"

typedef enum {
    KL_OP_PLACE_ORDER,
    KL_OP_CAPTURE,
    KL_OP_REFUND,
    KL_OP_CANCEL,
    KL_OP_REDUCE,       /* update the authorization to less */
    KL_OP_RELEASE,      /* release the remaining authorization */
    KL_OP_EXTEND,       /* extend the authorization time */
    KL_OP_SHIPPING_INFO /* add tracking to a capture */
} kl_op_kind_t;

typedef enum {
    KL_OP_QUEUED,
    KL_OP_SENT,
    KL_OP_CONFIRMED,
    KL_OP_REFUSED,
    KL_OP_UNKNOWN
} kl_op_state_t;

/* Strings are never NULL; "" means none. */
typedef struct kl_operation_t {
    const char *id;      /* UUID = Klarna-Idempotency-Key */
    apr_int64_t version; /* compare-and-set */
    const char *order_id;
    const char *merchant;
    kl_op_kind_t kind;
    kl_op_state_t state;
    const char *method, *path, *body; /* the exact request; wiped from a final PLACE_ORDER,
                                         which holds a token and maybe an address */
    const char *intent;               /* JSON: what apply needs ({"movement":..,...}) */
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
    const char *result;         /* JSON of what else the answer told, "" = nothing */
    const char *error_code;     /* Klarna's or ours */
    const char *error_messages; /* JSON array text, "[]" */
    const char *correlation_id;
} kl_operation_t;

kl_operation_t *kl_operation_make(apr_pool_t *p);

const char *kl_op_kind_name(kl_op_kind_t kind); /* "capture" */
int kl_op_kind_parse(const char *name, kl_op_kind_t *out);
const char *kl_op_state_name(kl_op_state_t state); /* "confirmed" */
int kl_op_state_parse(const char *name, kl_op_state_t *out);

/** 1 for confirmed and refused. */
int kl_op_is_final(kl_op_state_t state);
/** 1 when the machine above allows the step. */
int kl_op_may(kl_op_state_t from, kl_op_state_t to);
/** 1 when Klarna remembers this kind's idempotency key (all of Order Management). */
int kl_op_has_key(kl_op_kind_t kind);

/** Why a person can not have it sent again now, or given up; NULL when they can. */
const kl_words_t *kl_why_not_send_again(const kl_operation_t *op, apr_time_t now);
const kl_words_t *kl_why_not_give_up(const kl_operation_t *op, apr_time_t now);

#endif
