/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An order whose row contradicts itself, damaged by other hands or by a defect: it can be seen and
 * is marked, and nobody works on it; what is wrong stays as it is, and others are not affected.
 * When its row is repaired, what was left goes on.
 */
#include "tests/unit/service_checks.h"

#include <apr_strings.h>

#include "core/why_not.h"
#include "service/acknowledge.h"
#include "service/adopt.h"
#include "service/book.h"
#include "service/callbacks.h"
#include "service/operations.h"
#include "service/order_lists.h"
#include "service/reconcile.h"

#define RULE "credited quantity stays within its captured quantity"
#define DAY apr_time_from_sec(86400)

static void damage(world_t *world, const char *id)
{
    APR_ARRAY_IDX(world_order(world, id)->lines, 0, kl_line_t).credited_quantity += 1000;
}

static void repair(world_t *world, const char *id)
{
    APR_ARRAY_IDX(world_order(world, id)->lines, 0, kl_line_t).credited_quantity -= 1000;
}

/* What stands in the world, but for the mark. */
typedef struct before_t {
    const char *ledgers;
    int operations, calls;
} before_t;

static before_t now(world_t *world, const char *id)
{
    return (before_t){world_ledgers(world, world->p, id), world->store->operations->nelts,
                      world->klarna->calls};
}

static void check_untouched(world_t *world, const char *id, const before_t *before)
{
    assert_string_equal(world_ledgers(world, world->p, id), before->ledgers);
    assert_int_equal(world->store->operations->nelts, before->operations);
    assert_int_equal(world->klarna->calls, before->calls);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_DIFFERS);
}

static void no_action_works_on_it(void **state)
{
    static const act_fn acts[] = {act_capture_all, act_credit_cup, act_credit_8000, act_cancel,
                                  act_extend,      act_release,    act_tracking};
    world_t *world = world_for(state);
    const char *id = world_part_captured(world);
    before_t before;
    apr_int64_t version;

    damage(world, id);
    before = now(world, id);
    version = world_order(world, id)->version;
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        kl_operation_t *op = NULL;
        kl_error_t *err;

        contract_may_break();
        world_try(world, acts[i], id, "new", &op, &err);
        check_broken(err, RULE);
        check_untouched(world, id, &before);
        assert_int_equal(world_order(world, id)->version, version + 1); /* marked once */
    }
}

static void a_payment_is_not_placed(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_created(world);
    kl_operation_t *op = NULL;
    kl_error_t *err;
    int calls = world->klarna->calls;

    damage(world, id);
    contract_may_break();
    world_try(world, act_place, id, "new", &op, &err);
    check_broken(err, RULE);
    assert_int_equal(world->store->operations->nelts, 0);
    assert_int_equal(world->klarna->calls, calls);
    repair(world, id);
    world_must(world, act_place, id, "new");
    world_check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
}

static void nobody_clears_or_adopts_it(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_part_captured(world);
    const char *klarna_id = world_order(world, id)->klarna_order_id;
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_order_t *order = NULL;
    before_t before;

    damage(world, id);
    before = now(world, id);
    contract_may_break();
    assert_int_equal(kl_acknowledge_order(svc, id, &order, err), KL_INTERNAL);
    check_broken(err, RULE);
    contract_may_break();
    assert_int_equal(kl_adopt_order(svc, id, klarna_id, &order, err), KL_INTERNAL);
    check_broken(err, RULE);
    check_untouched(world, id, &before);
}

static void a_callback_changes_nothing(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_part_captured(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_called_t called = {.why = ""};
    before_t before;

    damage(world, id);
    before = now(world, id);
    assert_int_equal(kl_callbacks_order(svc,
                                        apr_pstrcat(world->p, id, ".",
                                                    world_order(world, id)->callback_secret, NULL),
                                        &called, err),
                     KL_OK);
    contract_may_break();
    assert_int_equal(kl_callbacks_change(svc, called.order, "", err), KL_INTERNAL);
    check_broken(err, RULE);
    check_untouched(world, id, &before);
}

/* With what is wrong, why nothing can be done, and its operations; the list shows the others too.
 */
static void it_is_shown(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_part_captured(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_order_query_t query = kl_order_lists_query(svc, KL_LIST_NONE);
    apr_array_header_t *operations = NULL;
    kl_order_t *order = NULL;
    kl_list_page_t page;

    damage(world, id);
    query.limit = 10;
    assert_int_equal(kl_order_lists_page(svc, world->p, &query, &page, err), KL_OK);
    assert_int_equal(page.orders->nelts, 1);
    order = APR_ARRAY_IDX(page.orders, 0, kl_order_t *);
    assert_int_equal(order->attention, KL_ATTENTION_DIFFERS);
    assert_int_equal(kl_service_show(svc, id, &order, err), KL_OK);
    assert_non_null(strstr(order->broken, RULE));
    assert_string_equal(kl_order_sentence(order)->code, "broken");
    assert_string_equal(kl_why_not_capture(order)->code, "broken");
    assert_string_equal(kl_why_not_credit(order)->code, "broken");
    assert_string_equal(kl_why_not_adopt(order)->code, "broken");
    assert_string_equal(kl_why_not_seen(order)->code, "broken");
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_DIFFERS); /* found by that */
    assert_int_equal(kl_operations_of_order(svc, id, &operations, err), KL_OK);
    assert_int_equal(operations->nelts, 2);
}

/* Told, and again a day later, while another order is looked at as ever. */
static void the_worker_passes_it_by(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_part_captured(world);
    before_t before;

    damage(world, id);
    before = now(world, id);
    world_order(world, id)->check_at = fake_clock_now();
    contract_may_break();
    assert_int_equal(world_round(world, world->p), 1);
    assert_non_null(strstr(world->told, "KLA0033"));
    assert_non_null(strstr(world->told, RULE));
    check_untouched(world, id, &before);
    assert_int_equal(world_order(world, id)->check_at, fake_clock_now() + DAY);
    assert_int_equal(world_round(world, world->p), 0);
    repair(world, id);
    fake_clock_advance(DAY);
    assert_int_equal(world_round(world, world->p), 2); /* it, and its payment's row */
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
    world_check(world, id, "repaired");
}

static int is_stored(const world_t *world)
{
    return world_last_operation(world)->kind == KL_OP_CAPTURE
           && world_order(world, world_last_operation(world)->order_id)->pending_op[0];
}

/* Claimed, and its process died: not sent before the row is repaired, then with its one key. */
static void what_was_asked_for_waits(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_operation_t *op = NULL;
    const char *op_id;
    before_t before;

    world_act_until(world, act_capture_cup, id, "k", is_stored);
    op_id = world_last_operation(world)->id;
    damage(world, id);
    before = now(world, id);
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S));
    world_order(world, id)->check_at = 0;
    contract_may_break();
    assert_int_equal(world_round(world, world->p), 2); /* it, and its payment's row */
    assert_non_null(strstr(world->told, "KLA0031"));
    assert_non_null(strstr(world->told, RULE));
    contract_may_break();
    assert_int_equal(act_give_up(svc, id, op_id, &op, err), KL_INTERNAL);
    check_broken(err, RULE);
    kl_error_clear(err);
    contract_may_break();
    assert_int_equal(kl_resolve_send_again(svc, id, op_id, &op, err), KL_INTERNAL);
    check_broken(err, RULE);
    check_untouched(world, id, &before);
    assert_int_equal(world_last_operation(world)->state, KL_OP_QUEUED);
    fake_clock_advance(apr_time_from_sec(60)); /* not every minute */
    assert_int_equal(world_round(world, world->p), 0);
    repair(world, id);
    world_must(world, act_capture_cup, id, "k");
    world_check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

static int is_confirmed(const world_t *world)
{
    return world_last_operation(world)->kind == KL_OP_CAPTURE
           && world_last_operation(world)->state == KL_OP_CONFIRMED;
}

/* Klarna has done it: it is booked when the row is repaired. */
static void what_was_executed_waits_to_be_booked(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_order_t *order = NULL;
    before_t before;

    world_act_until(world, act_capture_cup, id, "k", is_confirmed);
    damage(world, id);
    before = now(world, id);
    contract_may_break();
    assert_int_equal(kl_book_operation(svc, world_last_operation(world), &order, err), KL_INTERNAL);
    check_broken(err, RULE);
    assert_null(order);
    check_untouched(world, id, &before);
    repair(world, id);
    world_must(world, act_capture_cup, id, "k");
    world_check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

/* Not in its row but in memory, by a defect: what Klarna's record shows is not booked into it. */
static void what_fits_and_cannot_be_booked_is_a_defect(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_order_t *order = NULL;
    kl_look_t look;

    fake_klarna_outside(world->klarna, world_order(world, id)->klarna_order_id, "capture", 5000,
                        "");
    assert_int_equal(kl_service_order(svc, id, &order, err), KL_OK);
    APR_ARRAY_IDX(order->lines, 0, kl_line_t).credited_amount = -1;
    contract_may_break();
    assert_int_equal(kl_reconcile_order(svc, &order, &look, err), KL_INTERNAL);
    check_broken(err, "booked >= 0");
    assert_int_equal(world_order(world, id)->captured_amount, 0);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_DIFFERS);
    world_look(world, id, 0);
    assert_int_equal(world_order(world, id)->captured_amount, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(no_action_works_on_it),
        WITH_POOL(a_payment_is_not_placed),
        WITH_POOL(nobody_clears_or_adopts_it),
        WITH_POOL(a_callback_changes_nothing),
        WITH_POOL(it_is_shown),
        WITH_POOL(the_worker_passes_it_by),
        WITH_POOL(what_was_asked_for_waits),
        WITH_POOL(what_was_executed_waits_to_be_booked),
        WITH_POOL(what_fits_and_cannot_be_booked_is_a_defect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
