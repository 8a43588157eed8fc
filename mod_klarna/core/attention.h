/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a person should look at an order: one mark at a time, the gravest. Nothing else writes it.
 */
#ifndef KL_ATTENTION_H
#define KL_ATTENTION_H

#include <apr_time.h>

typedef struct kl_order_t kl_order_t; /* order.h */

/* In rising gravity: a mark replaces those before it and no other. */
typedef enum {
    KL_ATTENTION_NONE,
    KL_ATTENTION_EXPIRING, /* its authorization ends soon */
    KL_ATTENTION_OUTSIDE,  /* something was done at Klarna without us, and booked */
    KL_ATTENTION_REJECTED, /* Klarna said no after its review: not to be shipped */
    KL_ATTENTION_DIFFERS,  /* Klarna's record and the books cannot be reconciled */
    KL_ATTENTION_ORPHAN    /* placed at Klarna, its order id not known: stays until it is */
} kl_attention_t;

const char *kl_attention_name(kl_attention_t mark); /* "differs"; "" for none */
int kl_attention_parse(const char *name, kl_attention_t *out);

/** Marks the order, unless a graver mark stands. */
void kl_attention_raise(kl_order_t *order, kl_attention_t mark);
/** The reason for that mark is gone; a different mark stays. */
void kl_attention_lower(kl_order_t *order, kl_attention_t mark);
/** Klarna's record was read and the books agree with it, after so many movements that others had
 *  made were booked. */
void kl_attention_agree(kl_order_t *order, int booked);
/** A person saw it: only an orphan's mark stays. */
void kl_attention_see(kl_order_t *order, apr_time_t now);

#endif
