/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person can do with an operation that does not end by itself: send it again now, or give it
 * up. Giving up never guesses: Klarna's record is read first, and only where it is ambiguous does
 * the word of a person count who has looked in Klarna's portal. Whatever they say, only amounts in
 * that record are booked.
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
 * Gives it up: refused if it was certainly not executed, confirmed if Klarna's record shows that it
 * was. A person's word counts only where the record, read now, is ambiguous, and only once no try
 * can be in flight. Then the order is reconciled: every other candidate is booked as made outside,
 * now or by the worker's next look. Calls Klarna.
 * @return KL_OK; KL_CONFLICT "unclear" when the record is ambiguous and nobody decided,
 *   "not_a_candidate", "contradicted" when the record says otherwise, "in_progress" when its
 *   last try is too recent: the worker then leaves it alone until it can be established
 */
kl_kind_t kl_resolve_give_up(kl_service_t *svc, kl_give_up_t *it, kl_error_t *err);

#endif
