/* SPDX-License-Identifier: Apache-2.0 */
/* See refusal.h. */
#include "core/refusal.h"

#include <apr_strings.h>
#include <string.h>
#include "core/json.h"

kl_kind_t kl_refusal_error(kl_error_t *err, const kl_operation_t *op, const kl_order_t *order)
{
    apr_pool_t *p = err->pool;
    kl_error_t *ignored = kl_error_make(p);
    kl_json_t *refusal = kl_json_parse(p, op->refusal, strlen(op->refusal), ignored);
    kl_json_t *messages = kl_json_parse(p, op->error_messages, strlen(op->error_messages), ignored);
    const char *detail = kl_json_str(refusal, "detail");

    kl_error_clear(err);
    kl_error_set(err, KL_REFUSED, "klarna_refused", "%s", detail ? detail : "Klarna refused.");
    /* The same code for other lines is Klarna's risk check: its own words tell more. */
    if (op->kind != KL_OP_LINES && kl_op_refused_by_state(op->http_status, op->error_code)) {
        kl_error_next(err, apr_psprintf(p, "Klarna's record was read. %s",
                                        kl_order_sentence(order)->text));
    }
    else if (kl_json_str(refusal, "next")) {
        kl_error_next(err, kl_json_str(refusal, "next"));
    }
    err->klarna_code = op->error_code;
    err->correlation_id = op->correlation_id[0] ? op->correlation_id : NULL;
    err->klarna_messages = apr_array_make(p, 2, sizeof(const char *));
    for (apr_size_t i = 0; i < kl_json_size(messages); i++) {
        APR_ARRAY_PUSH(err->klarna_messages, const char *) = kl_json_str_at(messages, i);
    }
    return err->kind;
}
