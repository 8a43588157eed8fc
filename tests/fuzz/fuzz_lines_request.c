/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: any bytes as a change of lines. First byte: the order it is asked of; the rest: the
 * document. What is planned must obey Klarna's line rule, come to its sum and be bookable from what
 * is stored of it; what is refused must say why.
 */
#include "core/intent.h"
#include "core/plan_lines_change.h"
#include "orders.h"

#include "core/order_view.h"

static void book_lines(kl_order_t *order, apr_pool_t *p, const kl_lines_plan_t *plan)
{
    kl_operation_t *op = kl_operation_make(p);
    kl_intent_t intent = kl_intent_make(p);

    intent.lines = plan->lines;
    op->id = order->pending_op = "op";
    op->kind = KL_OP_LINES;
    op->state = KL_OP_CONFIRMED;
    op->amount = plan->amount;
    op->intent = kl_intent_text(p, KL_OP_LINES, &intent);
    check(kl_booking_operation(order, p, op, kl_error_make(p)) == KL_OK);
    check(order->order_amount == plan->amount);
}

static void try_request(apr_pool_t *p, const unsigned char *data, size_t size)
{
    kl_order_t *order = make_order(p, data[0]);
    kl_error_t *err = kl_error_make(p);
    kl_json_t *v = kl_json_parse(p, (const char *)data + 1, size - 1, err);
    kl_lines_request_t want;
    kl_lines_plan_t plan;

    if (v == NULL) {
        return;
    }
    if (kl_plan_lines_change_read(&want, p, v, err) != KL_OK
        || kl_plan_lines_change(&plan, p, order, &want, err) != KL_OK) {
        check_refusal(err);
        return;
    }
    check_lines(plan.lines, plan.amount);
    kl_json_text(p, kl_plan_lines_change_view(p, order, &plan));
    book_lines(order, p, &plan);
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
