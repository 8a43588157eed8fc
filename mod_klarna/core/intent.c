/* SPDX-License-Identifier: Apache-2.0 */
/* See intent.h. */
#include <string.h>

#include "core/intent.h"
#include "core/ledger.h"

#define NO_LIST "[]"

kl_intent_t kl_intent_make(apr_pool_t *p)
{
    kl_intent_t intent = {.reference = "",
                          .description = "",
                          .capture_id = "",
                          .currency = "",
                          .unknown = ""};

    intent.moved.lines = apr_array_make(p, 1, sizeof(kl_movement_line_t));
    intent.shipping_info = NO_LIST;
    return intent;
}

static int moves(kl_op_kind_t kind)
{
    return kind == KL_OP_CAPTURE || kind == KL_OP_REFUND || kind == KL_OP_REDUCE
           || kind == KL_OP_RELEASE;
}

static int ships(kl_op_kind_t kind)
{
    return kind == KL_OP_CAPTURE || kind == KL_OP_SHIPPING_INFO;
}

static void set_word(kl_json_t *v, const char *key, const char *word)
{
    kl_json_set_str(v, key, word[0] ? word : NULL);
}

static void set_list(apr_pool_t *p, kl_json_t *v, const char *key, const char *text)
{
    kl_json_set(v, key, kl_json_parse(p, text, strlen(text), kl_error_make(p)));
}

const char *kl_intent_text(apr_pool_t *p, kl_op_kind_t kind, const kl_intent_t *intent)
{
    kl_json_t *v = kl_json_object(p);

    if (moves(kind)) {
        kl_json_set(v, "movement", kl_ledger_movement_json(p, &intent->moved));
    }
    set_word(v, "reference", intent->reference);
    set_word(v, "description", intent->description);
    set_word(v, "capture_id", intent->capture_id);
    if (kind == KL_OP_DUE_DATE) {
        kl_json_set_int(v, "number_of_days", intent->due.days);
        kl_json_set_int(v, "price", intent->due.price);
    }
    set_word(v, "currency", intent->currency);
    if (intent->expires_at) {
        kl_json_set_int(v, "expires_at", intent->expires_at);
    }
    if (kind == KL_OP_LINES) {
        kl_json_set(v, "authorization", kl_ledger_lines_json(p, intent->lines));
    }
    kl_json_set_str(v, "merchant_reference1", intent->merchant_reference1);
    kl_json_set_str(v, "merchant_reference2", intent->merchant_reference2);
    set_word(v, "unknown", intent->unknown);
    if (ships(kind)) {
        set_list(p, v, "shipping_info", intent->shipping_info);
    }
    return kl_json_size(v) ? kl_json_text(p, v) : "";
}

static const char *word(const kl_json_t *v, const char *key)
{
    const char *word = kl_json_str(v, key);

    return word ? word : "";
}

static kl_kind_t unreadable(const kl_operation_t *op, kl_error_t *err)
{
    return kl_error_set(err, KL_INTERNAL, "invariant",
                        "The intent of operation %s (%s) cannot "
                        "be read.",
                        op->id, kl_op_kind_name(op->kind));
}

kl_kind_t kl_intent_parse(kl_intent_t *out, apr_pool_t *p, const kl_operation_t *op,
                          kl_error_t *err)
{
    kl_json_t *v = kl_json_parse(p, op->intent, strlen(op->intent), kl_error_make(p));
    kl_json_t *list = kl_json_get(v, "shipping_info");

    *out = kl_intent_make(p);
    if (!v && (op->intent[0] || moves(op->kind) || ships(op->kind) || op->kind == KL_OP_LINES)) {
        return unreadable(op, err);
    }
    if (moves(op->kind)
        && kl_ledger_movement_parse(&out->moved, p, kl_json_get(v, "movement"), err) != KL_OK) {
        return err->kind;
    }
    if (op->kind == KL_OP_LINES
        && kl_ledger_lines_parse(&out->lines, p, kl_json_get(v, "authorization"), err) != KL_OK) {
        return err->kind;
    }
    out->reference = word(v, "reference");
    out->description = word(v, "description");
    out->capture_id = word(v, "capture_id");
    out->due.days = kl_json_int(v, "number_of_days", 0);
    out->due.price = kl_json_int(v, "price", 0);
    out->currency = word(v, "currency");
    out->expires_at = kl_json_int(v, "expires_at", 0);
    out->merchant_reference1 = kl_json_str(v, "merchant_reference1");
    out->merchant_reference2 = kl_json_str(v, "merchant_reference2");
    out->unknown = word(v, "unknown");
    if (kl_json_is_array(list)) {
        out->shipping_info = kl_json_text(p, list);
    }
    return KL_OK;
}
