/* SPDX-License-Identifier: Apache-2.0 */
/* See operation_check.h. */
#include "core/operation_check.h"

#include "core/contract.h"

/* Its id is the idempotency key, and it says whose order it moves. */
static kl_kind_t check_names(const kl_operation_t *op, kl_error_t *err)
{
    KL_CONTRACT(op->id[0] && op->order_id[0] && op->account[0], err);
    KL_CONTRACT(op->client_key[0], err);
    KL_CONTRACT(kl_op_is_final(op->state) || (op->method[0] && op->path[0]), err);
    return KL_OK;
}

/* A confirmed capture or refund has Klarna's id: it is looked up and paid back by that. */
static int has_result(const kl_operation_t *op)
{
    int needs_id = op->kind == KL_OP_CAPTURE || op->kind == KL_OP_REFUND || kl_op_places(op->kind);

    return op->state != KL_OP_CONFIRMED || !needs_id || op->result_id[0];
}

kl_kind_t kl_operation_check(const kl_operation_t *op, kl_error_t *err)
{
    if (check_names(op, err) != KL_OK) {
        return KL_INTERNAL;
    }
    KL_CONTRACT(op->amount >= 0 && op->attempts >= 0, err);
    KL_CONTRACT(!kl_op_is_final(op->state) || (op->lease_until == 0 && op->next_at == 0), err);
    KL_CONTRACT(op->state == KL_OP_QUEUED || op->state == KL_OP_REFUSED || op->attempts > 0, err);
    KL_CONTRACT(op->mark != KL_OP_KEY_EXPIRED || op->state == KL_OP_UNKNOWN, err);
    KL_CONTRACT(has_result(op), err);
    return KL_OK;
}
