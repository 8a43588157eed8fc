/* SPDX-License-Identifier: Apache-2.0 */
/* Orders that were placed before the module came. */
#include "tests/unit/service_checks.h"

#include <apr_strings.h>
#include "service/adopt.h"

static const kl_order_t *only_order(const world_t *world)
{
    assert_int_equal(world->store->orders->nelts, 1);
    return APR_ARRAY_IDX(world->store->orders, 0, kl_order_t *);
}

static const char *foreign(world_t *world)
{
    return fake_klarna_foreign_order(world->klarna, CART_AMOUNT, "old-1");
}

static void taken_over_with_all_that_was_done_to_it(void **state)
{
    world_t *world = world_for(state);
    const char *klarna_id = foreign(world);
    const kl_order_t *order;

    fake_klarna_outside(world->klarna, klarna_id, "capture", 5000, "parcel");
    fake_klarna_outside(world->klarna, klarna_id, "refund", 1000, "credit");
    world_must(world, act_take_over, "", "key");
    order = only_order(world);
    assert_string_equal(order->klarna_order_id, klarna_id);
    assert_string_equal(order->reference1, "old-1");
    assert_string_equal(order->klarna_reference, "K1");
    assert_int_equal(order->attention, KL_ATTENTION_NONE); /* nothing that a person must see */
    assert_string_equal(world_last_operation(world)->actor, world_service(world, world->p)->actor);
    world_check_ours(world, order->id, "PART_CAPTURED", 5000, 1000, 5500);
    fake_klarna_outside(world->klarna, klarna_id, "capture", 500, "portal");
    world_look(world, order->id, 0);
    assert_int_equal(world_order(world, order->id)->attention, KL_ATTENTION_OUTSIDE);
}

/* From then on it is an order like any other. */
static void what_is_taken_over_is_worked_on(void **state)
{
    world_t *world = world_for(state);
    const char *id;

    foreign(world);
    world_must(world, act_take_over, "", "key");
    id = only_order(world)->id;
    world_must(world, act_capture_all, id, "capture");
    world_must(world, act_credit_8000, id, "credit");
    world_check_ours(world, id, "CAPTURED", CART_AMOUNT, 8000, 0);
}

static void one_that_has_ended_is_taken_over_as_ended(void **state)
{
    world_t *world = world_for(state);
    const char *klarna_id = foreign(world);

    fake_klarna_outside(world->klarna, klarna_id, "cancel", 0, "");
    world_must(world, act_take_over, "", "key");
    world_check_ours(world, only_order(world)->id, "CANCELLED", 0, 0, 0);
}

static void once_whoever_asks(void **state)
{
    world_t *world = world_for(state);
    kl_operation_t *first = NULL, *again = NULL;
    kl_error_t *err;

    foreign(world);
    assert_int_equal(world_try(world, act_take_over, "", "key", &first, &err), KL_OK);
    assert_int_equal(world_try(world, act_take_over, "", "key", &again, &err), KL_OK);
    assert_string_equal(again->id, first->id);
    world_try(world, act_take_over, "", "another key", &again, &err);
    check_error(err, KL_CONFLICT, "already_here");
    assert_non_null(strstr(err->detail, only_order(world)->id));
    assert_int_equal(world->store->operations->nelts, 1);
}

static void an_order_of_ours_is_here_already(void **state)
{
    world_t *world = world_for(state);
    kl_operation_t *op = NULL;
    kl_error_t *err;

    world_placed(world);
    world_try(world, act_take_over, "", "key", &op, &err);
    check_error(err, KL_CONFLICT, "already_here");
    only_order(world);
}

/* A person may write its id in another case than Klarna: two orders here would be two books. */
static void however_its_id_is_written(void **state)
{
    world_t *world = world_for(state);
    kl_service_t *svc = world_service(world, world->p);
    kl_client_t client = world_client("key");
    kl_take_over_request_t want = {"KLARNA-ORDER-1", svc->account->name};
    kl_ask_t ask = {.order_id = "", .client = &client, .take_over = &want};
    kl_error_t *err = kl_error_make(world->p);
    kl_acted_t acted;
    int stored;

    world_placed(world);
    stored = world->store->operations->nelts;
    (void)kl_take_over(svc, &ask, &acted, err);
    check_error(err, KL_CONFLICT, "already_here");
    assert_int_equal(world->store->operations->nelts, stored);
    only_order(world);
}

/* A placement whose answer is lost may have led to it: two orders here would be two books. */
static void what_may_be_ours_is_adopted_instead(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_created(world);
    kl_operation_t *op = NULL;
    kl_order_t *order = NULL;
    kl_error_t *err;

    world_in_doubt(world, act_place, id, "place", FAKE_LOST_AFTER);
    world_try(world, act_take_over, "", "key", &op, &err);
    check_error(err, KL_CONFLICT, "may_be_ours");
    assert_non_null(strstr(err->detail, id));
    assert_int_equal(world->store->orders->nelts, 0);
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
    kl_error_clear(err);
    assert_int_equal(kl_adopt_order(world_service(world, world->p), id, "klarna-order-1", &order,
                                    err),
                     KL_OK);
    assert_string_equal(only_order(world)->id, id);
}

static void one_that_klarna_does_not_show(void **state)
{
    world_t *world = world_for(state);
    kl_operation_t *op = NULL;
    kl_error_t *err;

    world_try(world, act_take_over, "", "key", &op, &err);
    assert_int_equal(err->kind, KL_REFUSED);
    assert_int_equal(world->store->payments->nelts, 0);
    assert_int_equal(world->store->operations->nelts, 0);
}

/* --- faults before anything is claimed, and after --------------------------------------- */

static int ask(world_t *world)
{
    kl_operation_t *op = NULL;
    kl_error_t *err;
    kl_kind_t rv;

    if (setjmp(world->process.death) != 0) {
        fake_process_calm(&world->process);
        return 0;
    }
    rv = world_try(world, act_take_over, "", "key", &op, &err);
    fake_process_calm(&world->process);
    return rv == KL_OK && op->state == KL_OP_CONFIRMED;
}

/* Asked again until it is done; the end is the same as without a fault. */
static void survives(apr_pool_t *parent, world_arm_fn arm, int n, int kind)
{
    apr_pool_t *p;
    world_t *world;
    int tries = 0;

    apr_pool_create(&p, parent);
    world = world_make(p);
    foreign(world);
    fake_process_calm(&world->process);
    arm(world, n, kind);
    for (; !ask(world); tries++) {
        fake_store_arm(world->store, 0, 0);
        fake_klarna_arm(world->klarna, 0, 0);
        fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
        assert_true(tries < 12);
    }
    world_check_ours(world, only_order(world)->id, "AUTHORIZED", 0, 0, CART_AMOUNT);
    apr_pool_destroy(p);
}

static void it_survives_every_fault(void **state)
{
    for (int n = 1; n <= 12; n++) {
        for (int kind = 0; kind < FAKE_KLARNA_FAULTS; kind++) {
            survives(*state, world_arm_klarna, n, kind);
        }
        survives(*state, world_arm_store, n, FAKE_STORE_FAILS_BEFORE);
        survives(*state, world_arm_store, n, FAKE_STORE_FAILS_AFTER);
        survives(*state, world_arm_store, n, FAKE_STORE_IS_GONE);
        survives(*state, world_arm_death, n, 0);
        survives(*state, world_arm_death, n, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(taken_over_with_all_that_was_done_to_it),
        WITH_POOL(what_is_taken_over_is_worked_on),
        WITH_POOL(one_that_has_ended_is_taken_over_as_ended),
        WITH_POOL(once_whoever_asks),
        WITH_POOL(an_order_of_ours_is_here_already),
        WITH_POOL(however_its_id_is_written),
        WITH_POOL(what_may_be_ours_is_adopted_instead),
        WITH_POOL(one_that_klarna_does_not_show),
        WITH_POOL(it_survives_every_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
