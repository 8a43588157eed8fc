/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: any bytes as a credit request. First byte: the order it is asked of; the
 * rest: the document. Every step of a plan must be bookable after the one before, obey
 * Klarna's line rule and come to its sum; what is refused must say why.
 */
#include "core/plan_lines.h"
#include "core/plan_credit.h"
#include "core/plan_json.h"
#include "orders.h"

#include "core/order_view.h"

static const kl_op_kind_t kinds[] = {
    [KL_VERB_CANCEL] = KL_OP_CANCEL,
    [KL_VERB_REDUCE] = KL_OP_REDUCE,
    [KL_VERB_RELEASE] = KL_OP_RELEASE,
    [KL_VERB_REFUND] = KL_OP_REFUND,
};

static void check_step(apr_pool_t *p, const kl_order_t *order, const kl_credit_step_plan_t *step)
{
    check(step->moved.amount > 0);
    if (step->verb == KL_VERB_REFUND) {
        check_lines(kl_plan_lines_klarna(p, order, &step->moved), step->moved.amount);
    }
    if (step->verb == KL_VERB_REDUCE) {
        check_lines(kl_plan_lines_reduced(p, order, &step->moved),
                    order->order_amount - step->moved.amount);
    }
}

static void try_request(apr_pool_t *p, const unsigned char *data, size_t size)
{
    kl_order_t *order = make_order(p, data[0]);
    kl_error_t *err = kl_error_make(p);
    kl_json_t *v = kl_json_parse(p, (const char *)data + 1, size - 1, err);
    kl_credit_request_t want;
    kl_credit_plan_t plan;

    if (v == NULL) {
        return;
    }
    if (kl_plan_json_credit(&want, p, v, err) != KL_OK
        || kl_plan_credit(&plan, p, order, &want, err) != KL_OK) {
        check_refusal(err);
        return;
    }
    check(plan.steps == 1 || plan.steps == 2);
    for (int i = 0; i < plan.steps; i++) {
        check_step(p, order, &plan.step[i]);
        book_movement(order, p, kinds[plan.step[i].verb], &plan.step[i].moved);
    }
    kl_json_text(p, kl_order_view(p, order, 1));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    apr_pool_t *p = new_pool();

    if (size > 0) {
        try_request(p, data, size);
    }
    apr_pool_destroy(p);
    return 0;
}
