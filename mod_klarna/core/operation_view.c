/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operation as the routes show it. No view shows the request, the intent or the client's
 * key: they may hold a token, an address or a secret.
 */
#include "core/operation_view.h"

static kl_json_t *actions_view(apr_pool_t *p, const kl_operation_t *op, apr_time_t now)
{
    kl_json_t *v = kl_json_object(p);

    kl_view_action(p, v, "send_again", kl_operation_why_not_send_again(op, now));
    kl_view_action(p, v, "give_up", kl_operation_why_not_give_up(op, now));
    return v;
}

static kl_json_t *identity(apr_pool_t *p, const kl_operation_t *op)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "id", op->id);
    kl_json_set_str(v, "order_id", op->order_id);
    kl_json_set_str(v, "kind", kl_op_kind_name(op->kind));
    kl_json_set_str(v, "state", kl_op_state_name(op->state));
    return v;
}

kl_json_t *kl_operation_view(apr_pool_t *p, const kl_operation_t *op, apr_time_t now)
{
    kl_json_t *v = identity(p, op);

    kl_json_set_int(v, "amount", op->amount);
    kl_json_set_str(v, "actor", op->actor);
    kl_view_word(v, "credit_invoice_id", op->credit_invoice_id);
    kl_json_set_int(v, "attempts", op->attempts);
    kl_view_time(p, v, "created_at", op->created_at);
    kl_view_time(p, v, "updated_at", op->updated_at);
    kl_view_time(p, v, "sent_at", op->sent_at);
    kl_view_time(p, v, "next_at", op->next_at);
    kl_json_set_int(v, "took_ms", op->took);
    kl_json_set_int(v, "http_status", op->http_status);
    kl_view_word(v, "result_id", op->result_id);
    kl_view_word(v, "error_code", op->error_code);
    kl_json_set(v, "error_messages", kl_view_array(p, op->error_messages));
    kl_view_word(v, "correlation_id", op->correlation_id);
    kl_json_set(v, "actions", actions_view(p, op, now));
    return v;
}

static kl_json_t *bare_view(apr_pool_t *p, const kl_operation_t *op)
{
    kl_json_t *v = identity(p, op);

    kl_json_set_int(v, "attempts", op->attempts);
    kl_json_set_bool(v, "doubtful", op->doubtful);
    kl_json_set_int(v, "http_status", op->http_status);
    kl_view_word(v, "error_code", op->error_code);
    kl_view_word(v, "correlation_id", op->correlation_id);
    kl_json_set_int(v, "took_ms", op->took);
    kl_view_time(p, v, "created_at", op->created_at);
    kl_view_time(p, v, "updated_at", op->updated_at);
    kl_view_time(p, v, "next_at", op->next_at);
    return v;
}

kl_json_t *kl_operation_view_list(apr_pool_t *p, const apr_array_header_t *operations,
                                  kl_audience_t audience, apr_time_t now)
{
    kl_json_t *list = kl_json_array(p);

    for (int i = 0; i < operations->nelts; i++) {
        const kl_operation_t *op = APR_ARRAY_IDX(operations, i, kl_operation_t *);
        kl_json_t *v = audience == KL_FOR_STRANGERS ? bare_view(p, op)
                                                    : kl_operation_view(p, op, now);

        kl_json_set_str(v, "merchant", audience == KL_FOR_CLERK ? NULL : op->account);
        kl_json_append(list, v);
    }
    return list;
}

static kl_json_t *error_view(apr_pool_t *p, const kl_operation_t *op)
{
    kl_json_t *v = kl_json_object(p);

    kl_view_time(p, v, "at", op->updated_at);
    kl_json_set_str(v, "store", op->account);
    kl_json_set_str(v, "order_id", op->order_id);
    kl_json_set_str(v, "kind", kl_op_kind_name(op->kind));
    kl_json_set_str(v, "state", kl_op_state_name(op->state));
    kl_view_word(v, "error_code", op->error_code);
    kl_json_set_int(v, "http_status", op->http_status);
    kl_view_word(v, "correlation_id", op->correlation_id);
    return v;
}

kl_json_t *kl_operation_view_errors(apr_pool_t *p, const apr_array_header_t *operations)
{
    kl_json_t *list = kl_json_array(p);

    for (int i = 0; i < operations->nelts; i++) {
        kl_json_append(list, error_view(p, APR_ARRAY_IDX(operations, i, kl_operation_t *)));
    }
    return list;
}
