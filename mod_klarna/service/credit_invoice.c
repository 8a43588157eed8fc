/* SPDX-License-Identifier: Apache-2.0 */
/* See credit_invoice.h. */
#include "service/credit_invoice.h"

#include <apr_strings.h>
#include <string.h>
#include "api/order_management.h"
#include "core/booking.h"
#include "core/credit_note.h"
#include "core/intent.h"
#include "core/plan_credit.h"
#include "core/why_not.h"

static const kl_op_kind_t kind_of_verb[] = {[KL_VERB_CANCEL] = KL_OP_CANCEL,
                                            [KL_VERB_REDUCE] = KL_OP_REDUCE,
                                            [KL_VERB_RELEASE] = KL_OP_RELEASE,
                                            [KL_VERB_REFUND] = KL_OP_REFUND};

static kl_klarna_request_t request_of(kl_service_t *svc, const kl_order_t *order,
                                      const kl_credit_step_plan_t *step,
                                      const kl_credit_request_t *want, const char *key)
{
    switch (step->verb) {
    case KL_VERB_CANCEL:
        return kl_order_management_cancel(svc->p, order, key);
    case KL_VERB_REDUCE:
        return kl_order_management_reduce(svc->p, order, &step->moved, want->comment, key);
    case KL_VERB_RELEASE:
        return kl_order_management_release(svc->p, order, key);
    case KL_VERB_REFUND:
        break;
    }
    return kl_order_management_refund(svc->p, order, &step->moved, want, key);
}

static kl_credit_invoice_t *new_credit_invoice(kl_service_t *svc, const kl_credit_request_t *want,
                                               const kl_credit_plan_t *plan)
{
    kl_credit_invoice_t *ci = apr_pcalloc(svc->p, sizeof(*ci));
    int i;

    ci->id = kl_id_uuid(svc->p, svc->random);
    ci->reference = want->reference;
    ci->comment = want->comment;
    ci->actor = svc->actor;
    ci->credit_note = want->credit_note ? want->credit_note : "";
    ci->state = "pending";
    ci->amount = plan->amount;
    ci->return_fee = want->return_fee;
    ci->created_at = svc->now();
    ci->lines = apr_array_make(svc->p, 4, sizeof(kl_movement_line_t));
    ci->steps = apr_array_make(svc->p, KL_MAX_CHAIN, sizeof(kl_credit_step_t));
    for (i = 0; i < plan->steps; i++) {
        apr_array_cat(ci->lines, plan->step[i].moved.lines);
    }
    return ci;
}

static void add_step(kl_credit_invoice_t *ci, const kl_operation_t *op, kl_verb_t verb)
{
    kl_credit_step_t *step = apr_array_push(ci->steps);

    step->operation_id = op->id;
    step->verb = kl_plan_credit_verb_name(verb);
    step->amount = op->amount;
    step->state = kl_op_state_name(op->state);
    step->refund_id = "";
}

/* Whether a step may be planned from the books as they are. Everything is what Klarna's record
 * shows; while that cannot be read it is what is known. */
static kl_kind_t check_step(kl_service_t *svc, const kl_ask_t *ask, const kl_plan_t *plan,
                            kl_verb_t verb, kl_error_t *err)
{
    if (ask->credit->what.everything) {
        return kl_act_amounts(svc, plan, err);
    }
    return verb == KL_VERB_REFUND ? KL_OK : kl_act_authorization(svc, plan, err);
}

/* One call of the credit invoice. */
static kl_kind_t plan_step(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                           const kl_credit_step_plan_t *step, kl_error_t *err)
{
    kl_operation_t *op = kl_journal_add(svc, plan, kind_of_verb[step->verb], err);
    kl_intent_t intent = kl_intent_make(svc->p);
    kl_klarna_request_t req;

    if (!op || check_step(svc, ask, plan, step->verb, err) != KL_OK) {
        return err->kind;
    }
    req = request_of(svc, plan->order, step, ask->credit, op->id);
    kl_journal_request(op, &req);
    intent.moved = step->moved;
    op->intent = kl_intent_text(svc->p, op->kind, &intent);
    op->amount = step->moved.amount;
    return KL_OK;
}

/* The same number under another key is a second return, or the first one sent twice. */
static kl_kind_t check_reference(const kl_order_t *order, const kl_credit_request_t *want,
                                 kl_error_t *err)
{
    for (int i = 0;
         want->reference[0] && !want->confirm_reference && i < order->credit_invoices->nelts; i++) {
        const kl_credit_invoice_t *ci = &APR_ARRAY_IDX(order->credit_invoices, i,
                                                       kl_credit_invoice_t);

        if (strcmp(ci->reference, want->reference) == 0 && strcmp(ci->state, "refused") != 0) {
            kl_error_set(
                err, KL_CONFLICT, "reference_used",
                "This order has a credit invoice with the number %s already, of %" APR_INT64_T_FMT
                " (%s). Nothing was sent.",
                ci->reference, ci->amount, ci->state);
            kl_error_next(err,
                          "If this is another return, send it with \"confirm_reference\": true, or "
                          "under a number of its own.");
        }
    }
    return err->kind;
}

/* What it moves; want becomes what a credit note makes of it. */
static kl_kind_t plan_moves(kl_credit_plan_t *out, apr_pool_t *p, const kl_order_t *order,
                            kl_credit_request_t *want, kl_error_t *err)
{
    kl_kind_t rv = kl_credit_note_ask(want, order, err);

    rv = rv == KL_OK ? check_reference(order, want, err) : rv;
    rv = rv == KL_OK ? kl_plan_credit(out, p, order, want, err) : rv;
    return rv == KL_OK ? kl_credit_note_check(order, want, out, err) : rv;
}

static kl_kind_t plan_credit(kl_service_t *svc, const kl_ask_t *asked, kl_plan_t *plan,
                             kl_error_t *err)
{
    kl_credit_request_t want = *asked->credit;
    kl_ask_t made = *asked, *ask = &made;
    kl_credit_invoice_t *ci;
    kl_credit_plan_t credit;

    made.credit = &want;
    if (plan_moves(&credit, svc->p, plan->order, &want, err) != KL_OK) {
        return err->kind;
    }
    ci = new_credit_invoice(svc, &want, &credit);
    if (!ci->id) {
        return kl_error_set(err, KL_INTERNAL, "no_randomness",
                            "The system provided no random bytes.");
    }
    for (int i = 0; i < credit.steps; i++) {
        if (plan_step(svc, ask, plan, &credit.step[i], err) != KL_OK) {
            return err->kind;
        }
        plan->ops[i]->credit_invoice_id = ci->id;
        add_step(ci, plan->ops[i], credit.step[i].verb);
    }
    kl_booking_credit_invoice(plan->order, svc->p, ci);
    return KL_OK;
}

/* What is open may be taken off; and others may have raised or captured what everything is. */
static int wants_record(const kl_order_t *order, const kl_ask_t *ask)
{
    return ask->credit->what.everything || kl_order_open_amount(order) > 0;
}

const kl_action_t kl_credit_invoice_action = {.wants_record = wants_record, .plan = plan_credit};

kl_kind_t kl_credit_invoice_preview(kl_service_t *svc, const kl_ask_t *ask, kl_order_t **order,
                                    kl_credit_plan_t *plan, kl_error_t *err)
{
    kl_credit_request_t want = *ask->credit;
    kl_kind_t rv = kl_service_order(svc, ask->order_id, order, err);

    return rv == KL_OK ? plan_moves(plan, svc->p, *order, &want, err) : rv;
}

/* A cancellation is refused for its own reasons before it becomes a credit. */
static kl_kind_t plan_cancel(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                             kl_error_t *err)
{
    const kl_words_t *why = kl_why_not_cancel(plan->order);

    if (why) {
        return kl_error_because(err, KL_CONFLICT, "not_cancellable", why);
    }
    return plan_credit(svc, ask, plan, err);
}

const kl_action_t kl_credit_invoice_cancel_action = {.wants_record = wants_record,
                                                     .plan = plan_cancel};
