/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The services' contracts, each broken once by an action that does what no action does: nothing
 * is sent, and the order shows that it does not add up.
 */
#include "tests/unit/service_checks.h"

#include <apr_strings.h>

#include "service/book.h"
#include "service/call.h"
#include "service/journal.h"
#include "service/record.h"
#include "service/run.h"
#include "service/verify.h"

/* A plan of one operation, as an action would make it, with this amount. */
static kl_operation_t *plan_one(kl_service_t *svc, kl_plan_t *plan, const char *order_id,
                                kl_op_kind_t kind, apr_int64_t amount)
{
    kl_error_t *err = kl_error_make(svc->p);
    kl_operation_t *op;

    memset(plan, 0, sizeof(*plan));
    assert_int_equal(kl_service_order(svc, order_id, &plan->order, err), KL_OK);
    op = kl_journal_add(svc, plan, kind, err);
    assert_non_null(op);
    op->method = "POST";
    op->path = "/ordermanagement/v1/orders/x/refunds";
    op->body = "{}";
    op->amount = amount;
    return op;
}

static void must_not_be_stored(world_t *world, const char *order_id, kl_op_kind_t kind,
                               apr_int64_t amount, const char *condition)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    int before = world->store->operations->nelts;
    kl_plan_t plan;

    plan_one(svc, &plan, order_id, kind, amount);
    contract_may_break();
    assert_int_equal(kl_journal_write(svc, &plan, err), KL_INTERNAL);
    check_broken(err, condition);
    assert_int_equal(world->store->operations->nelts, before);
    assert_string_equal(world_order(world, order_id)->pending_op, "");
}

static void a_refund_never_exceeds_what_was_captured(void **state)
{
    world_t *world = world_make(*state);
    const char *id = world_captured(world);
    apr_int64_t captured = world_order(world, id)->captured_amount;

    must_not_be_stored(world, id, KL_OP_REFUND, captured + 1, "captured_amount");
    must_not_be_stored(world, id, KL_OP_REFUND, 0, "op->amount > 0");
}

static void a_capture_never_exceeds_what_remains(void **state)
{
    world_t *world = world_make(*state);
    const char *id = world_placed(world);

    must_not_be_stored(world, id, KL_OP_CAPTURE, CART_AMOUNT + 1, "remaining_amount");
    must_not_be_stored(world, id, KL_OP_CAPTURE, 0, "op->amount > 0");
}

static void a_reduction_never_exceeds_what_remains(void **state)
{
    world_t *world = world_make(*state);
    const char *id = world_part_captured(world);

    must_not_be_stored(world, id, KL_OP_REDUCE, CART_AMOUNT - 5000 + 1, "remaining_amount");
    must_not_be_stored(world, id, KL_OP_REDUCE, 0, "op->amount > 0");
}

/* What every operation is (operation_check.h), asked at each of the places where it counts. */
static void what_is_no_operation_is_not_stored(void **state)
{
    world_t *world = world_make(*state);
    const char *id = world_placed(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    int before = world->store->operations->nelts;
    kl_plan_t plan;

    plan_one(svc, &plan, id, KL_OP_CAPTURE, 100)->client_key = "";
    contract_may_break();
    assert_int_equal(kl_journal_write(svc, &plan, err), KL_INTERNAL);
    check_broken(err, "op->client_key[0]");
    plan_one(svc, &plan, id, KL_OP_CAPTURE, 100)->method = NULL;
    contract_may_break();
    assert_int_equal(kl_journal_write(svc, &plan, err), KL_INTERNAL);
    check_broken(err, "op->method && op->path");
    assert_int_equal(world->store->operations->nelts, before);
}

/* Stored and claimed, for its call. */
static kl_operation_t *claimed(kl_service_t *svc, kl_plan_t *plan, const char *id)
{
    kl_operation_t *op = plan_one(svc, plan, id, KL_OP_CAPTURE, 100);

    op->path = apr_pstrcat(svc->p, "/ordermanagement/v1/orders/", plan->order->klarna_order_id,
                           "/captures", NULL);
    op->body = "{\"captured_amount\":100}";
    assert_int_equal(kl_journal_write(svc, plan, kl_error_make(svc->p)), KL_OK);
    return op;
}

static void what_is_no_operation_is_not_sent(void **state)
{
    world_t *world = world_make(*state);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_exchange_t ex;
    kl_plan_t plan;
    kl_operation_t *op = claimed(svc, &plan, world_placed(world));
    int calls = world->klarna->calls;

    op->client_key = "";
    contract_may_break();
    assert_int_equal(kl_call_operation(svc, op, &ex, err), KL_INTERNAL);
    check_broken(err, "op->client_key[0]");
    assert_int_equal(world->klarna->calls, calls);
    assert_int_equal(world_last_operation(world)->state, KL_OP_QUEUED);
}

/* The row says that it was sent: whoever comes next repeats it with its key. */
static void an_answer_that_cannot_be_is_not_stored(void **state)
{
    world_t *world = world_make(*state);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_exchange_t ex;
    kl_plan_t plan;
    kl_operation_t *op = claimed(svc, &plan, world_placed(world));

    assert_int_equal(kl_call_operation(svc, op, &ex, err), KL_OK);
    op->client_key = "";
    contract_may_break();
    assert_int_equal(kl_record_outcome(svc, op, &ex, err), KL_INTERNAL);
    check_broken(err, "op->client_key[0]");
    assert_int_equal(world_last_operation(world)->state, KL_OP_SENT);
}

/* A refund that was found must have Klarna's id. */
static void a_finding_that_cannot_be_is_not_stored(void **state)
{
    world_t *world = world_make(*state);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    const char *id = world_captured(world);
    kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_AFTER);
    kl_finding_t found = {.truth = KL_TRUTH_EXECUTED, .result_id = "", .result = ""};
    kl_order_t *order = NULL;

    contract_may_break();
    assert_int_equal(kl_verify_end(svc, op, &found, &order, err), KL_INTERNAL);
    check_broken(err, "has_result(op)");
    assert_int_equal(world_last_operation(world)->state, KL_OP_UNKNOWN);
    assert_int_equal(world_order(world, id)->refunded_amount, 0);
}

/* What it moved is not in its row any more: Klarna has done it, nobody does it again, and a person
 * sees that it is not in the books. */
static void what_was_executed_can_be_booked(void **state)
{
    world_t *world = world_make(*state);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    const char *id = world_placed(world);
    kl_exchange_t ex;
    kl_plan_t plan;
    kl_operation_t *op = claimed(svc, &plan, id);

    assert_int_equal(kl_call_operation(svc, op, &ex, err), KL_OK);
    assert_int_equal(kl_record_outcome(svc, op, &ex, err), KL_OK);
    assert_int_equal(op->state, KL_OP_CONFIRMED);
    contract_may_break(); /* plan_one gives no intent */
    assert_int_equal(kl_book_operation(svc, op, &plan.order, err), KL_INTERNAL);
    check_broken(err, "book.c");
    assert_null(plan.order);
    assert_int_equal(world_order(world, id)->captured_amount, 0);
    assert_string_equal(world_order(world, id)->pending_op, op->id);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_DIFFERS);
    assert_int_equal(world_order(world, id)->check_at, fake_clock_now() + apr_time_from_sec(86400));
    assert_int_equal(fake_klarna_executed(world->klarna, "capture"), 1);
}

static void a_plan_is_stored_once(void **state)
{
    world_t *world = world_make(*state);
    const char *id = world_placed(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_plan_t plan;

    plan_one(svc, &plan, id, KL_OP_CAPTURE, 100)->version = 1;
    contract_may_break();
    assert_int_equal(kl_journal_write(svc, &plan, err), KL_INTERNAL);
    check_broken(err, "op->version == 0");
}

static void what_was_not_stored_is_not_sent(void **state)
{
    world_t *world = world_make(*state);
    const char *id = world_placed(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    int calls = world->klarna->calls;
    kl_exchange_t ex;
    kl_plan_t plan;

    plan_one(svc, &plan, id, KL_OP_CAPTURE, 100);
    contract_may_break();
    assert_int_equal(kl_call_operation(svc, plan.ops[0], &ex, err), KL_INTERNAL);
    check_broken(err, "op->version > 0");
    assert_int_equal(world->klarna->calls, calls);
}

/* The call would still go on when somebody else may repeat it. */
static void a_call_ends_within_its_lease(void **state)
{
    world_t *world = world_make(*state);
    const char *id = world_placed(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    int calls = world->klarna->calls;
    kl_exchange_t ex;
    kl_plan_t plan;

    plan_one(svc, &plan, id, KL_OP_CAPTURE, 100);
    assert_int_equal(kl_journal_write(svc, &plan, err), KL_OK);
    svc->timeout = apr_time_from_sec(KL_LEASE_S);
    contract_may_break();
    assert_int_equal(kl_call_operation(svc, plan.ops[0], &ex, err), KL_INTERNAL);
    check_broken(err, "op->lease_until > deadline");
    assert_int_equal(world->klarna->calls, calls);
}

static void only_the_holder_of_an_order_calls_and_the_order_is_marked(void **state)
{
    world_t *world = world_make(*state);
    const char *id = world_placed(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    int calls = world->klarna->calls;
    kl_run_t run = {.op = NULL};
    kl_plan_t plan;

    run.op = plan_one(svc, &plan, id, KL_OP_CAPTURE, 100);
    run.order = plan.order;
    contract_may_break();
    assert_int_equal(kl_run(svc, &run, err), KL_INTERNAL);
    check_broken(err, "pending_op");
    assert_int_equal(world->klarna->calls, calls);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_DIFFERS);
    kl_error_clear(err);
    contract_may_break(); /* nor who does not know what the order says */
    assert_int_equal(kl_run(svc, &run, err), KL_INTERNAL);
    check_broken(err, "run->order &&");
    assert_int_equal(world->klarna->calls, calls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_refund_never_exceeds_what_was_captured),
        WITH_POOL(a_capture_never_exceeds_what_remains),
        WITH_POOL(a_reduction_never_exceeds_what_remains),
        WITH_POOL(what_is_no_operation_is_not_stored),
        WITH_POOL(what_is_no_operation_is_not_sent),
        WITH_POOL(an_answer_that_cannot_be_is_not_stored),
        WITH_POOL(a_finding_that_cannot_be_is_not_stored),
        WITH_POOL(what_was_executed_can_be_booked),
        WITH_POOL(a_plan_is_stored_once),
        WITH_POOL(what_was_not_stored_is_not_sent),
        WITH_POOL(a_call_ends_within_its_lease),
        WITH_POOL(only_the_holder_of_an_order_calls_and_the_order_is_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
