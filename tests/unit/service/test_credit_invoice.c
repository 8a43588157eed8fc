/* SPDX-License-Identifier: Apache-2.0 */
/* Credit invoices: what one moves, step by step, and how far it is paid. */
#include "tests/unit/service_checks.h"

static const kl_credit_invoice_t *last_credit(const world_t *world, const char *id)
{
    const apr_array_header_t *all = world_order(world, id)->credit_invoices;

    assert_true(all->nelts > 0);
    return &APR_ARRAY_IDX(all, all->nelts - 1, kl_credit_invoice_t);
}

static void refunding(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world);

    world_must(world, act_credit_cup, id, "first cup");
    assert_string_equal(last_credit(world, id)->state, "paid");
    assert_string_equal(last_credit(world, id)->actor, "clerk");
    world_must(world, act_credit_cup_less_fee, id, "second cup");
    assert_int_equal(last_credit(world, id)->paid_amount, 4500);
    world_check_ours(world, id, "CAPTURED", 10500, 9500, 0);
    world_must_refuse(world, act_credit_cup, id, KL_INVALID, "too_many");
}

static void previewing_changes_nothing(void **state)
{
    world_t *world = world_for(state);
    kl_error_t *err = kl_error_make(world->p);
    const char *id = world_part_captured(world);
    const char *before = world_ledgers(world, world->p, id);
    kl_credit_request_t want = {.what = {.everything = 1}, .reference = "", .comment = ""};
    kl_ask_t ask = {.order_id = id, .credit = &want};
    kl_order_t *order = NULL;
    kl_credit_plan_t plan;

    assert_int_equal(kl_credit_invoice_preview(world_service(world, world->p), &ask, &order, &plan,
                                               err),
                     KL_OK);
    assert_int_equal(plan.steps, 2);
    assert_int_equal(plan.step[0].verb, KL_VERB_RELEASE);
    assert_int_equal(plan.step[1].verb, KL_VERB_REFUND);
    assert_int_equal(plan.amount, 10500);
    assert_string_equal(world_ledgers(world, world->p, id), before);
}

/* Others have put their own lines there: they are taken over, and not undone by what is written. */
static void others_lines_are_not_written_over(void **state)
{
    static const struct {
        const char *theirs, *kept;
        apr_int64_t left;
    } cases[] = {/* the freight is another thing now, for the same amount */
                 {"cup 2 5000 swapped 1 500", "swapped", 5500},
                 /* one more line, and the sum is kept by a smaller one */
                 {"cup 2 4500 freight 1 500 lamp 1 1000", "lamp", 6000},
                 /* one more line */
                 {"cup 2 5000 freight 1 900 voucher 1 -400 lamp 1 2000", "lamp", 7500}};

    for (int i = 0; i < 3; i++) {
        world_t *world = world_for(state);
        const char *id = world_placed(world);
        fake_order_t *there = world_klarna_order(world, id);

        fake_klarna_write(world->klarna, there->id, cases[i].theirs);
        world_must(world, act_credit_cup, id, "one cup");
        assert_int_equal(there->order_amount, cases[i].left);
        assert_non_null(strstr(there->lines, cases[i].kept));
        assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_OUTSIDE);
        world_check(world, id, cases[i].theirs);
    }
}

/* A cup that was captured here is none of their lines: they and we do not speak of the same. */
static void what_cannot_be_taken_over_is_not_written_over(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_part_captured(world);
    fake_order_t *there = world_klarna_order(world, id);

    fake_klarna_write(world->klarna, there->id, "mug 2 5000 freight 1 500");
    world_must_refuse(world, act_credit_8000, id, KL_CONFLICT, "differs_from_klarna");
    assert_int_equal(fake_klarna_executed(world->klarna, "reduce"), 0);
    assert_int_equal(world_order(world, id)->order_amount, CART_AMOUNT);
    assert_string_equal(world_order(world, id)->pending_op, "");
}

/* They took one cup off: it does not come back with ours. */
static void what_others_took_off_stays_off(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    fake_order_t *there = world_klarna_order(world, id);

    fake_klarna_write(world->klarna, there->id, "cup 1 5000 freight 1 500");
    world_must(world, act_credit_cup, id, "the other cup");
    assert_int_equal(there->order_amount, 500);
    assert_null(strstr(there->lines, "cup"));
    world_check_ours(world, id, "AUTHORIZED", 0, 0, 500);
    world_must_refuse(world, act_credit_cup, id, KL_INVALID, "too_many");
}

/* They added a lamp, which all our lines are not: it is not cancelled with them. */
static void what_others_added_is_not_given_up_with_our_lines(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    fake_order_t *there = world_klarna_order(world, id);

    fake_klarna_write(world->klarna, there->id, "cup 1 5000 lamp 1 2000");
    world_must(world, act_credit_cup, id, "all that is left of ours");
    assert_int_equal(there->order_amount, 2000);
    assert_string_equal(there->status, "AUTHORIZED");
    world_check_ours(world, id, "AUTHORIZED", 0, 0, 2000);
}

/* Raised, then captured and returned as a whole: all of it, not what was placed. */
static void everything_is_what_klarna_has(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    fake_order_t *there = world_klarna_order(world, id);

    fake_klarna_write(world->klarna, there->id, "cup 2 5000 freight 1 500 lamp 1 1500");
    world_must(world, act_capture_all, id, "everything");
    assert_int_equal(there->captured, 12000);
    fake_klarna_write(world->klarna, there->id, "cup 2 5000 freight 1 500 lamp 2 1500");
    fake_klarna_outside(world->klarna, there->id, "capture", 1500, "");
    world_must(world, act_cancel, id, "everything back");
    assert_int_equal(there->refunded, 13500);
    world_check(world, id, "raised");
}

/* The record contradicts itself: nothing that is said of everything is true. */
static void everything_is_refused_where_it_differs(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    world_klarna_order(world, id)->order_amount += 100;
    world_klarna_order(world, id)->remaining += 50;
    world_must_refuse(world, act_capture_all, id, KL_CONFLICT, "differs_from_klarna");
    world_must_refuse(world, act_cancel, id, KL_CONFLICT, "differs_from_klarna");
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_DIFFERS);
}

/* It is still what the clerk wants; what others added meanwhile is seen by the next look. */
static void everything_is_what_is_known_while_klarna_cannot_be_read(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op = NULL;

    fake_klarna_arm(world->klarna, 1, FAKE_LOST_BEFORE);
    assert_int_equal(world_act(world_service(world, world->p), act_capture_all, id, "k", &op,
                               kl_error_make(world->p)),
                     KL_OK);
    assert_int_equal(op->state, KL_OP_CONFIRMED);
    world_check(world, id, "captured");
}

static void nothing_is_taken_off_unread(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    fake_klarna_arm(world->klarna, 1, FAKE_LOST_BEFORE);
    world_must_refuse(world, act_credit_cup, id, KL_UNAVAILABLE, "record_not_read");
    assert_int_equal(fake_klarna_executed(world->klarna, "reduce"), 0);
}

/* Klarna turned it away, and it is sent a quarter of an hour later. */
static void what_others_did_while_it_waited_is_not_written_over(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    fake_order_t *there = world_klarna_order(world, id);
    kl_service_t *svc = world_service(world, world->p);
    kl_operation_t *op = NULL;

    svc->timeout = 1; /* one try */
    fake_klarna_arm(world->klarna, 2, FAKE_429);
    assert_int_equal(world_act(svc, act_credit_cup, id, "k", &op, kl_error_make(world->p)), KL_OK);
    assert_int_equal(op->state, KL_OP_QUEUED);
    fake_klarna_write(world->klarna, there->id, "cup 2 5000 swapped 1 500");
    fake_clock_set(op->next_at);
    fake_klarna_arm(world->klarna, 1, FAKE_500_BEFORE); /* its record cannot be read: later */
    world->one_try = 1;
    world_round(world, world->p);
    assert_int_equal(fake_store_operation(world->store, op->id)->state, KL_OP_QUEUED);
    assert_true(world_drain(world));
    assert_int_equal(fake_store_operation(world->store, op->id)->state, KL_OP_REFUSED);
    assert_string_equal(world_order(world, id)->pending_op, "");
    assert_int_equal(fake_klarna_executed(world->klarna, "reduce"), 0);
    assert_non_null(strstr(there->lines, "swapped"));
}

/* One try whose answer was lost; what others wrote since decides whether it goes out again. */
static void a_lost_reduction_is_looked_up_before_it_is_repeated(void **state)
{
    static const struct {
        fake_klarna_fault_t how;
        const char *theirs; /* written before the worker comes, or NULL */
        kl_op_state_t state;
        int executed;
        apr_int64_t amount; /* in the end, on both sides */
    } cases[] = {{FAKE_LOST_BEFORE, NULL, KL_OP_CONFIRMED, 1, 5500},
                 {FAKE_LOST_AFTER, NULL, KL_OP_CONFIRMED, 1, 5500},
                 /* another line changed: it was not done, and is not written over */
                 {FAKE_LOST_BEFORE, "cup 2 5000 lamp 1 2000", KL_OP_REFUSED, 0, 12000},
                 /* another line changed: it was done before */
                 {FAKE_LOST_AFTER, "cup 1 5000 lamp 1 2000", KL_OP_CONFIRMED, 1, 7000},
                 /* the same was done by them: it is not done twice */
                 {FAKE_LOST_BEFORE, "cup 1 5000 freight 1 900 voucher 1 -400", KL_OP_CONFIRMED, 0,
                  5500}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world_t *world = world_for(state);
        const char *id = world_placed(world);
        fake_order_t *there = world_klarna_order(world, id);
        kl_service_t *svc = world_service(world, world->p);
        kl_operation_t *op = NULL;

        svc->timeout = 1;
        fake_klarna_arm(world->klarna, 2, cases[i].how);
        world->klarna->reads_lost_from = 3; /* nor can it be read now */
        assert_int_equal(world_act(svc, act_credit_cup, id, "k", &op, kl_error_make(world->p)),
                         KL_OK);
        assert_int_equal(op->state, KL_OP_UNKNOWN);
        fake_klarna_arm(world->klarna, 0, FAKE_LOST_BEFORE);
        if (cases[i].theirs) {
            fake_klarna_write(world->klarna, there->id, cases[i].theirs);
        }
        assert_true(world_drain(world));
        assert_int_equal(fake_store_operation(world->store, op->id)->state, cases[i].state);
        assert_int_equal(fake_klarna_executed(world->klarna, "reduce"), cases[i].executed);
        assert_int_equal(there->order_amount, cases[i].amount);
        world_look(world, id, 0);
        world_check(world, id, "lost");
    }
}

/* A mixture of before and after: only a person can tell. It is never sent again. */
static void a_lost_reduction_that_nobody_can_tell(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    const kl_operation_t *op = world_in_doubt(world, act_credit_cup, id, "k", FAKE_LOST_BEFORE);

    fake_klarna_write(world->klarna, world_klarna_order(world, id)->id, "cup 3 5000 freight 1 500");
    assert_false(world_drain(world));
    op = fake_store_operation(world->store, op->id);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_int_equal(fake_klarna_executed(world->klarna, "reduce"), 0);
    assert_int_equal(world_klarna_order(world, id)->order_amount, 15500);
}

static int is_claimed(const world_t *world)
{
    const kl_operation_t *op = world->store->operations->nelts ? world_last_operation(world) : NULL;

    return op && strcmp(world_order(world, op->order_id)->pending_op, op->id) == 0;
}

/* Its process died before it was sent, and time passed. */
static void a_reduction_that_was_never_sent_is_checked_too(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op;

    world_act_until(world, act_credit_cup, id, "k", is_claimed);
    op = fake_store_operation(world->store, world_order(world, id)->pending_op);
    assert_non_null(op);
    assert_int_equal(op->attempts, 0);
    fake_klarna_write(world->klarna, world_klarna_order(world, id)->id, "cup 2 5000 lamp 1 500");
    assert_true(world_drain(world));
    assert_int_equal(fake_klarna_executed(world->klarna, "reduce"), 0);
    assert_int_equal(fake_store_operation(world->store, op->id)->state, KL_OP_REFUSED);
}

typedef struct watched_t {
    world_t *world;
    const char *id;
    int seen;
} watched_t;

/* Before each step: as long as the refund is not stored as confirmed, nothing is paid. */
static void watch_credit(void *baton)
{
    watched_t *watched = baton;
    const kl_order_t *order = world_order(watched->world, watched->id);

    if (order->credit_invoices->nelts > 0) {
        const kl_credit_invoice_t *ci = last_credit(watched->world, watched->id);
        const kl_operation_t *refund =
            fake_store_operation(watched->world->store,
                                 APR_ARRAY_IDX(ci->steps, 1, kl_credit_step_t).operation_id);

        assert_string_equal(ci->state, refund->state == KL_OP_CONFIRMED && !order->pending_op[0]
                                           ? "paid"
                                           : "pending");
        watched->seen++;
    }
}

static void a_credit_is_paid_when_every_step_is_confirmed(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_part_captured(world);
    watched_t watched = {world, id, 0};

    world->process.hook = watch_credit;
    world->process.baton = &watched;
    world_must(world, act_cancel, id, "cancel");
    fake_process_calm(&world->process);
    assert_true(watched.seen > 5);
    assert_string_equal(last_credit(world, id)->state, "paid");
    world_check_ours(world, id, "CAPTURED", 5000, 5000, 0);
}

static void a_refused_first_step_discards_the_second(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_part_captured(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->refuses = "/release";
    assert_int_equal(world_try(world, act_cancel, id, "cancel", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    assert_int_equal(op->kind, KL_OP_RELEASE);
    assert_int_equal(world_last_operation(world)->kind, KL_OP_REFUND);
    assert_int_equal(world_last_operation(world)->state, KL_OP_REFUSED);
    assert_string_equal(world_last_operation(world)->error_code, "not_started");
    /* A no to what the order has become leaves no credit invoice that never gives anything. */
    assert_int_equal(world_order(world, id)->credit_invoices->nelts, 0);
    world_check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

/* Others were quicker: Klarna's no, and what the order has become, in one breath. */
static void after_a_no_the_record_is_read(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world);
    fake_order_t *there = world_klarna_order(world, id);
    kl_operation_t *op;
    kl_error_t *err;

    fake_klarna_outside(world->klarna, there->id, "refund", 8000, "");
    assert_int_equal(world_try(world, act_credit_cup, id, "k", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    assert_int_equal(world_order(world, id)->refunded_amount, 8000);
    assert_int_equal(world_order(world, id)->credit_invoices->nelts, 1); /* theirs */
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_OUTSIDE);
    world_check(world, id, "after the no");
}

/* The same number under another key is asked about, whatever is confirmed stays possible. */
static void a_number_that_is_used_is_asked_about(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world);
    kl_credit_request_t want = {.what = {.has_amount = 1, .amount = 100},
                                .reference = "C-1",
                                .comment = ""};
    kl_client_t client = world_client("first"), other = world_client("second");
    kl_ask_t ask = {.order_id = id, .client = &client, .credit = &want};
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_order_t *order = NULL;
    kl_credit_plan_t plan;
    kl_acted_t acted;

    assert_int_equal(kl_act(svc, &kl_credit_invoice_action, &ask, &acted, err), KL_OK);
    assert_int_equal(kl_act(svc, &kl_credit_invoice_action, &ask, &acted, err),
                     KL_OK); /* its key */
    ask.client = &other;
    assert_int_equal(kl_act(svc, &kl_credit_invoice_action, &ask, &acted, err), KL_CONFLICT);
    check_error(err, KL_CONFLICT, "reference_used");
    assert_non_null(strstr(err->next, "confirm_reference"));
    kl_error_clear(err);
    assert_int_equal(kl_credit_invoice_preview(svc, &ask, &order, &plan, err), KL_CONFLICT);
    kl_error_clear(err);
    want.confirm_reference = 1;
    assert_int_equal(kl_act(svc, &kl_credit_invoice_action, &ask, &acted, err), KL_OK);
    assert_int_equal(world_order(world, id)->refunded_amount, 200);
}

static void a_refused_second_step_leaves_it_partly_paid(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_part_captured(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->refuses = "/refunds";
    assert_int_equal(world_try(world, act_cancel, id, "cancel", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    assert_int_equal(op->kind, KL_OP_REFUND);
    assert_string_equal(last_credit(world, id)->state, "partly_paid");
    assert_int_equal(last_credit(world, id)->paid_amount, 5500);
    world_check_ours(world, id, "CAPTURED", 5000, 0, 0);
}

/* What others added goes with an authorization that is given up: unread, it is not given up. */
static void everything_is_not_given_up_from_memory(void **state)
{
    static const act_fn acts[] = {act_cancel, act_release};

    for (int i = 0; i < 2; i++) {
        world_t *world = world_for(state);
        const char *id = i ? world_part_captured(world) : world_placed(world);
        kl_operation_t *op = NULL;
        kl_error_t *err;

        fake_klarna_write(world->klarna, world_order(world, id)->klarna_order_id,
                          "cup 2 5000 freight 1 500 rug 1 700");
        fake_klarna_arm(world->klarna, 1, FAKE_500_BEFORE); /* its record cannot be read */
        assert_int_equal(world_try(world, acts[i], id, "key", &op, &err), KL_OK);
        assert_int_equal(fake_klarna_executed(world->klarna, i ? "release" : "cancel"), 0);
        assert_int_equal(op->state, KL_OP_REFUSED);
        assert_string_equal(world_order(world, id)->pending_op, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(everything_is_not_given_up_from_memory),
        WITH_POOL(refunding),
        WITH_POOL(previewing_changes_nothing),
        WITH_POOL(others_lines_are_not_written_over),
        WITH_POOL(what_cannot_be_taken_over_is_not_written_over),
        WITH_POOL(what_others_took_off_stays_off),
        WITH_POOL(what_others_added_is_not_given_up_with_our_lines),
        WITH_POOL(everything_is_what_klarna_has),
        WITH_POOL(everything_is_refused_where_it_differs),
        WITH_POOL(everything_is_what_is_known_while_klarna_cannot_be_read),
        WITH_POOL(nothing_is_taken_off_unread),
        WITH_POOL(what_others_did_while_it_waited_is_not_written_over),
        WITH_POOL(a_lost_reduction_is_looked_up_before_it_is_repeated),
        WITH_POOL(a_lost_reduction_that_nobody_can_tell),
        WITH_POOL(a_reduction_that_was_never_sent_is_checked_too),
        WITH_POOL(a_credit_is_paid_when_every_step_is_confirmed),
        WITH_POOL(a_refused_first_step_discards_the_second),
        WITH_POOL(a_refused_second_step_leaves_it_partly_paid),
        WITH_POOL(after_a_no_the_record_is_read),
        WITH_POOL(a_number_that_is_used_is_asked_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
