/* SPDX-License-Identifier: Apache-2.0 */
/* See due_date.h. */
#include "service/due_date.h"

#include "api/order_management.h"
#include "core/intent.h"
#include "core/why_not.h"
#include "service/call.h"
#include "service/capture.h"

static kl_kind_t not_read(kl_error_t *err)
{
    kl_error_clear(err);
    kl_error_set(err, KL_UNAVAILABLE, "options_not_read",
                 "Klarna's options for this due date cannot be read now. Nothing was sent.");
    kl_error_next(err, "Try again in a moment.");
    return err->kind;
}

/* Klarna's own no stands; whatever else kept the options away is no answer. */
static kl_kind_t ask_klarna(kl_service_t *svc, const kl_order_t *order, const char *capture_id,
                            kl_due_options_t *out, kl_error_t *err)
{
    kl_klarna_request_t req = kl_order_management_due_options(svc->p, order, capture_id);
    kl_klarna_response_t resp;
    kl_kind_t rv = req.method ? kl_call_klarna(svc, order->account, &req, &resp, err) : KL_PROTOCOL;

    if (rv == KL_OK) {
        rv = kl_order_management_due_options_reply(out, svc->p, &resp, err);
    }
    return rv == KL_OK || rv == KL_REFUSED || rv == KL_RATE_LIMITED ? rv : not_read(err);
}

static kl_kind_t read_options(kl_service_t *svc, const kl_order_t *order, const char *capture_id,
                              kl_due_options_t *out, kl_error_t *err)
{
    const kl_words_t *why = kl_why_not_due_date(order);

    if (kl_capture_known(order, capture_id, err) != KL_OK) {
        return err->kind;
    }
    return why ? kl_error_because(err, KL_CONFLICT, "due_date_fixed", why)
               : ask_klarna(svc, order, capture_id, out, err);
}

kl_kind_t kl_due_date_options(kl_service_t *svc, const kl_ask_t *ask, kl_order_t **order,
                              kl_due_options_t *out, kl_error_t *err)
{
    kl_kind_t rv = kl_service_order(svc, ask->order_id, order, err);

    return rv == KL_OK ? read_options(svc, *order, ask->capture_id, out, err) : rv;
}

static kl_kind_t read_for_plan(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                               kl_error_t *err)
{
    return read_options(svc, plan->order, ask->capture_id, &plan->due_options, err);
}

static kl_kind_t plan_due_date(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                               kl_error_t *err)
{
    kl_intent_t intent = kl_intent_make(svc->p);
    kl_klarna_request_t req;
    kl_operation_t *op;

    if (kl_plan_due_date(&intent.due, &plan->due_options, ask->due_date, err) != KL_OK) {
        return err->kind;
    }
    op = kl_journal_add(svc, plan, KL_OP_DUE_DATE, err);
    if (!op) {
        return err->kind;
    }
    req = kl_order_management_due_date(svc->p, plan->order, ask->capture_id, intent.due.days,
                                       op->id);
    kl_journal_request(op, &req);
    intent.capture_id = ask->capture_id;
    intent.currency = plan->due_options.currency;
    op->intent = kl_intent_text(svc->p, op->kind, &intent);
    return KL_OK;
}

const kl_action_t kl_due_date_action = {.read = read_for_plan, .plan = plan_due_date};
