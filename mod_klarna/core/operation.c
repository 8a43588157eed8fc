/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operation's words and the steps its state may take.
 */
#include <string.h>

#include "core/operation.h"

static const char *const kind_names[] = {
    [KL_OP_PLACE_ORDER] = "place_order", [KL_OP_CAPTURE] = "capture",
    [KL_OP_REFUND] = "refund",           [KL_OP_CANCEL] = "cancel",
    [KL_OP_REDUCE] = "reduce",           [KL_OP_RELEASE] = "release",
    [KL_OP_EXTEND] = "extend",           [KL_OP_SHIPPING_INFO] = "shipping_info",
};

static const char *const state_names[] = {
    [KL_OP_QUEUED] = "queued",   [KL_OP_SENT] = "sent",       [KL_OP_CONFIRMED] = "confirmed",
    [KL_OP_REFUSED] = "refused", [KL_OP_UNKNOWN] = "unknown",
};

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

kl_operation_t *kl_operation_make(apr_pool_t *p)
{
    kl_operation_t *op = apr_pcalloc(p, sizeof(*op));
    const char **strings[] = {
        &op->id,
        &op->order_id,
        &op->merchant,
        &op->method,
        &op->path,
        &op->body,
        &op->intent,
        &op->actor,
        &op->client_key,
        &op->client_hash,
        &op->credit_invoice_id,
        &op->next_op,
        &op->result_id,
        &op->result,
        &op->error_code,
        &op->correlation_id,
    };

    for (int i = 0; i < COUNT(strings); i++) {
        *strings[i] = "";
    }
    op->error_messages = "[]";
    return op;
}

const char *kl_op_kind_name(kl_op_kind_t kind)
{
    return kind_names[kind];
}

int kl_op_kind_parse(const char *name, kl_op_kind_t *out)
{
    for (int i = 0; name != NULL && i < COUNT(kind_names); i++) {
        if (strcmp(kind_names[i], name) == 0) {
            *out = (kl_op_kind_t)i;
            return 1;
        }
    }
    return 0;
}

const char *kl_op_state_name(kl_op_state_t state)
{
    return state_names[state];
}

int kl_op_state_parse(const char *name, kl_op_state_t *out)
{
    for (int i = 0; name != NULL && i < COUNT(state_names); i++) {
        if (strcmp(state_names[i], name) == 0) {
            *out = (kl_op_state_t)i;
            return 1;
        }
    }
    return 0;
}

int kl_op_is_final(kl_op_state_t state)
{
    return state == KL_OP_CONFIRMED || state == KL_OP_REFUSED;
}

/*
 * An unfinished operation may be saved without a step (a new lease, a later try). One that
 * never went out can be refused (a step that follows a refused one) but not confirmed, and
 * an unknown one goes back to queued only after Klarna's record showed that it was not done.
 */
int kl_op_may(kl_op_state_t from, kl_op_state_t to)
{
    switch (from) {
    case KL_OP_QUEUED:
        return to == KL_OP_QUEUED || to == KL_OP_SENT || to == KL_OP_REFUSED;
    case KL_OP_SENT:
    case KL_OP_UNKNOWN:
        return 1;
    case KL_OP_CONFIRMED:
    case KL_OP_REFUSED:
        return 0;
    }
    return 0;
}

int kl_op_has_key(kl_op_kind_t kind)
{
    return kind != KL_OP_PLACE_ORDER;
}

/* --- what a person may do with one that does not end by itself ---------------------- */

const kl_words_t *kl_why_not_give_up(const kl_operation_t *op, apr_time_t now)
{
    static const kl_words_t final = {"final", "This operation has ended; its outcome is final."};
    static const kl_words_t in_progress =
        {"in_progress", "This operation is being worked on at this moment; ask again soon."};

    if (kl_op_is_final(op->state)) {
        return &final;
    }
    return op->lease_until > now ? &in_progress : NULL;
}

const kl_words_t *kl_why_not_send_again(const kl_operation_t *op, apr_time_t now)
{
    static const kl_words_t unclaimed =
        {"unclaimed", "This operation does not hold its order and is never sent; give it up."};

    if (!kl_op_is_final(op->state) && strcmp(op->error_code, unclaimed.code) == 0) {
        return &unclaimed;
    }
    return kl_why_not_give_up(op, now);
}
