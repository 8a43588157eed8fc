/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds, states and marks of operations, and the words by which the database, the routes and
 * the pages know them.
 */
#ifndef KL_OP_H
#define KL_OP_H

typedef enum {
    KL_OP_PLACE_ORDER,
    KL_OP_CAPTURE,
    KL_OP_REFUND,
    KL_OP_CANCEL,
    KL_OP_REDUCE,        /* update the authorization to less */
    KL_OP_RELEASE,       /* release the remaining authorization */
    KL_OP_EXTEND,        /* extend the authorization time */
    KL_OP_ACKNOWLEDGE,   /* tell Klarna that the shop knows of the order */
    KL_OP_SHIPPING_INFO, /* add tracking to a capture */
    KL_OP_ADOPT,         /* tie a payment to the order that it has become: only reads that */
    KL_OP_REFERENCES,    /* set the merchant references */
    KL_OP_SHIPPING_ADDRESS,
    KL_OP_DUE_DATE,  /* the shopper pays later for a capture */
    KL_OP_SEND_OUT,  /* Klarna writes to the shopper about a capture once more */
    KL_OP_TAKE_OVER, /* an order of Klarna's that was placed before the module came: only reads it
                      */
    KL_OP_LINES,     /* write the authorization anew: other lines, another amount */
    KL_OP_DISTRIBUTE /* Klarna sends the customer the link of a payment in a store */
} kl_op_kind_t;

typedef enum {
    KL_OP_QUEUED,
    KL_OP_SENT,
    KL_OP_CONFIRMED,
    KL_OP_REFUSED,
    KL_OP_UNKNOWN
} kl_op_state_t;

/* What else must be known of one, beside its state. */
typedef enum {
    KL_OP_UNMARKED,
    KL_OP_NOT_STARTED, /* refused because it was never sent, and never will be */
    KL_OP_UNCLAIMED,   /* went out, but its order does not know it: never sent again */
    KL_OP_KEY_EXPIRED  /* in doubt for longer than Klarna remembers its key */
} kl_op_mark_t;

const char *kl_op_kind_name(kl_op_kind_t kind); /* "capture" */
int kl_op_kind_parse(const char *name, kl_op_kind_t *out);
const char *kl_op_state_name(kl_op_state_t state); /* "confirmed" */
int kl_op_state_parse(const char *name, kl_op_state_t *out);

const char *kl_op_mark_name(kl_op_mark_t mark); /* "unclaimed"; "" for none */
int kl_op_mark_parse(const char *name, kl_op_mark_t *out);

/** 1 for what makes the order Klarna's: a placement, an adoption, a take-over. */
int kl_op_places(kl_op_kind_t kind);

/** 1 when its request, and Klarna's words about it, may tell who the shopper is. */
int kl_op_is_personal(kl_op_kind_t kind);

/** 1 when Klarna remembers this kind's idempotency key (all of Order Management). */
int kl_op_has_key(kl_op_kind_t kind);

/** 1 for what acts on an authorization as a whole: writes its amount and all its lines, or gives it
 *  up with whatever others have added. */
int kl_op_takes_the_whole(kl_op_kind_t kind);

/** 1 for what goes on the wire once, whatever becomes of its answer: done twice, the customer gets
 *  it twice. Its end is its first outcome, and a person does it again. */
int kl_op_is_sent_once(kl_op_kind_t kind);

/** 1 when a refusal with that code is about what the order has become, not about what was asked. */
int kl_op_refused_by_state(int http_status, const char *error_code);

/** 1 for confirmed and refused. */
int kl_op_is_final(kl_op_state_t state);

#endif
