/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person does with an operation that does not end by itself: send it again now, or give
 * it up. Giving up never guesses: an operation that may have been executed is looked up at
 * Klarna first, and only where Klarna's record does not say, the word of a person counts who
 * looked in Klarna's portal. Whatever they say, no amount is booked but by that record.
 */
#ifndef KL_RESOLVE_H
#define KL_RESOLVE_H

#include "service/service.h"

/** Sends it again now, whatever its back-off. Calls Klarna. */
kl_kind_t kl_resolve_send_again(kl_service_t *svc, const char *order_id, const char *op_id,
                                kl_operation_t **op, kl_error_t *err);

/* The word of a person who looked in Klarna's portal; at most one of the two. */
typedef struct kl_said_t {
    const char *executed_as; /* id of the candidate that it is, or "" */
    int not_executed;        /* 1: it is none of them */
} kl_said_t;

/* An operation to give up, and what came of it. */
typedef struct kl_give_up_t {
    const char *order_id, *op_id;
    kl_said_t said;
    kl_operation_t *op;             /* as stored now */
    apr_array_header_t *candidates; /* of kl_klarna_move_t, of what the record shows; NULL when
                                       a person's word cannot end it */
} kl_give_up_t;

/**
 * Gives it up: refused when it was certainly not executed, confirmed when Klarna's record shows
 * it was. A person's word counts only where the record, read now, does not say, and only when
 * no try can be in flight any more. Then the order is reconciled: what was a candidate and is
 * not this operation is booked as made outside, now or by the worker's next look. Calls Klarna.
 * @return KL_OK; KL_CONFLICT "unclear" when the record does not say and nobody did,
 *   "not_a_candidate", "contradicted" when the record says otherwise, "in_progress" when its
 *   last try is too recent: the worker lets it rest then until it can be found out
 */
kl_kind_t kl_resolve_give_up(kl_service_t *svc, kl_give_up_t *it, kl_error_t *err);

#endif
