/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch and the worker: every item ends, each order is captured once, whatever fails or dies at
 * whichever call, and whoever else works on the same order.
 */
#include "tests/unit/service_checks.h"

#include <apr_general.h>
#include <apr_strings.h>

#include "tests/unit/fake_batch.h"
#include "service/batch.h"
#include "service/batch_work.h"

#define MAX_STEPS 80 /* more than a batch of one order takes */

static kl_kind_t create(world_t *world, const char *id, const char *key, kl_batch_t **out,
                        kl_error_t *err)
{
    apr_array_header_t *orders = apr_array_make(world->p, 1, sizeof(const char *));
    const kl_batch_request_t want = {KL_BATCH_CAPTURE, orders};
    kl_client_t client = world_client(key);

    APR_ARRAY_PUSH(orders, const char *) = id;
    return kl_batch_create(world_service(world, world->p), &want, &client, out, err);
}

static kl_batch_t *created(world_t *world, const char *id, const char *key)
{
    kl_error_t *err = kl_error_make(world->p);
    kl_batch_t *batch = NULL;

    assert_int_equal(create(world, id, key, &batch, err), KL_OK);
    return batch;
}

static const kl_batch_item_t *item_of(const world_t *world, const kl_batch_t *batch, const char *id)
{
    const kl_batch_item_t *item = fake_batch_item(world->store, batch->id, id);

    assert_non_null(item);
    return item;
}

/* The worker alone, a second at a time, until the item has ended; a process that dies is followed
 * by another. */
static void work_until_it_ends(world_t *world, const kl_batch_item_t *item, const char *where)
{
    for (volatile int rounds = 0; item->due_at > 0; rounds++) {
        apr_pool_t *p;

        if (rounds > 400) {
            fail_msg("%s: the item never ends", where);
        }
        apr_pool_create(&p, world->p);
        if (setjmp(world->process.death) == 0) {
            world_round(world, p);
        }
        fake_process_calm(&world->process);
        fake_clock_advance(apr_time_from_sec(5));
    }
}

static void an_order_is_captured_by_the_worker(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_batch_t *batch = created(world, id, "k");
    const kl_batch_item_t *item = item_of(world, batch, id);

    assert_string_equal(item->state, KL_ITEM_WAITING);
    work_until_it_ends(world, item, "no fault");
    assert_string_equal(item->state, KL_ITEM_CONFIRMED);
    world_check_ours(world, id, "CAPTURED", CART_AMOUNT, 0, 0);
    assert_string_equal(world_last_operation(world)->actor, batch->actor);
}

static void what_is_refused_is_named(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world);
    const kl_batch_item_t *item = item_of(world, created(world, id, "k"), id);

    work_until_it_ends(world, item, "captured before");
    assert_string_equal(item->state, KL_ITEM_REFUSED);
    assert_string_equal(item->reason, "not_capturable");
    assert_true(item->sentence[0]);
    world_check_ours(world, id, "CAPTURED", CART_AMOUNT, 0, 0);
}

static void the_same_key_is_the_same_batch(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world), *other = world_placed(world);
    kl_batch_t *batch = created(world, id, "k"), *again = created(world, id, "k");
    kl_error_t *err = kl_error_make(world->p);
    kl_client_t client = {batch->client_key, "another"};
    apr_array_header_t *orders = apr_array_make(world->p, 1, sizeof(const char *));
    const kl_batch_request_t want = {KL_BATCH_CAPTURE, orders};

    assert_string_equal(batch->id, again->id);
    assert_int_equal(world->store->items->nelts, 1);
    APR_ARRAY_PUSH(orders, const char *) = other;
    kl_batch_create(world_service(world, world->p), &want, &client, &again, err);
    check_error(err, KL_INVALID, "idempotency_key_reused");
}

static void without_its_batch_nothing_is_worked(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_error_t *err = kl_error_make(world->p);
    kl_batch_t *batch = NULL;

    fake_store_arm(world->store, 4, FAKE_STORE_FAILS_BEFORE); /* key, order, items, batch */
    assert_int_equal(create(world, id, "k", &batch, err), KL_UNAVAILABLE);
    fake_store_arm(world->store, 0, 0);
    assert_int_equal(world->store->items->nelts, 1);
    fake_clock_advance(apr_time_from_sec(10));
    world_round(world, world->p);
    world_check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
    batch = created(world, id, "k");
    assert_int_equal(world->store->items->nelts, 2);
    work_until_it_ends(world, item_of(world, batch, id), "asked again");
    world_check_ours(world, id, "CAPTURED", CART_AMOUNT, 0, 0);
}

/* A clerk captures the same order meanwhile, at every call that the worker makes. */
static void clerk(void *baton)
{
    world_t *world = baton;
    kl_operation_t *op = NULL;

    if (world->process.steps == world->process.die_after) {
        world->process.hook = NULL;
        (void)world_act(world_service(world, world->p), act_capture_all,
                        APR_ARRAY_IDX(world->store->items, 0, kl_batch_item_t *)->order_id, "clerk",
                        &op, kl_error_make(world->p));
    }
}

static void two_want_the_same(void **state)
{
    (void)state;
    for (int n = 0; n < 30; n++) {
        apr_pool_t *p;
        world_t *world;
        const char *id;
        const kl_batch_item_t *item;

        apr_pool_create(&p, NULL);
        world = world_make(p);
        id = world_placed(world);
        item = item_of(world, created(world, id, "k"), id);
        fake_process_calm(&world->process);
        world->process.hook = clerk;
        world->process.baton = world;
        world->process.die_after = n; /* here: when the clerk comes */
        world_round(world, p);
        fake_process_calm(&world->process);
        work_until_it_ends(world, item, apr_psprintf(p, "clerk at call %d", n));
        assert_int_equal(world_drain(world), 1);
        world_check_moved_once(world, "two");
        world_check_ours(world, id, "CAPTURED", CART_AMOUNT, 0, 0);
        apr_pool_destroy(p);
    }
}

/* --- every fault at every call --------------------------------------------------------------- */

typedef struct fault_t {
    const char *what;
    int kind;
    world_arm_fn arm;
} fault_t;

static int fired(const world_t *world, const fault_t *fault, int n, int died)
{
    return fault->arm == world_arm_klarna  ? world->klarna->calls >= n
           : fault->arm == world_arm_store ? world->store->calls >= n
                                           : died;
}

/* Returns 0 when a round makes fewer than n such calls. */
static int survives(const fault_t *fault, int n)
{
    apr_pool_t *p, *round;
    world_t *world;
    const char *id, *where;
    const kl_batch_item_t *item;
    volatile int died = 0;
    int came;

    apr_pool_create(&p, NULL);
    world = world_make(p);
    id = world_placed(world);
    item = item_of(world, created(world, id, "k"), id);
    where = apr_psprintf(p, "%s %d", fault->what, n);
    apr_pool_create(&round, p);
    fake_process_calm(&world->process);
    if (setjmp(world->process.death) == 0) {
        fault->arm(world, n, fault->kind);
        world_round(world, round);
    }
    else {
        died = 1;
    }
    came = fired(world, fault, n, died);
    fake_process_calm(&world->process);
    fake_store_arm(world->store, 0, 0);
    fake_klarna_arm(world->klarna, 0, 0);
    fake_clock_advance(apr_time_from_sec(1));
    work_until_it_ends(world, item, where);
    assert_int_equal(world_drain(world), 1);
    world_check_moved_once(world, where);
    if (strcmp(item->state, KL_ITEM_CONFIRMED) == 0) {
        world_check_ours(world, id, "CAPTURED", CART_AMOUNT, 0, 0);
    }
    else { /* Klarna said no, in so many words */
        assert_string_equal(item->state, KL_ITEM_REFUSED);
        assert_true(item->reason[0] && item->sentence[0]);
        world_check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
    }
    apr_pool_destroy(p);
    return came;
}

static void at_every_call(const fault_t *fault)
{
    int n = 1;

    while (survives(fault, n)) {
        assert_true(++n < MAX_STEPS);
    }
    assert_true(n > 1);
}

static void klarna_fails(void **state)
{
    (void)state;
    for (int kind = 0; kind < FAKE_KLARNA_FAULTS; kind++) {
        at_every_call(
            &(fault_t){fake_klarna_fault_name((fake_klarna_fault_t)kind), kind, world_arm_klarna});
    }
}

static void the_store_fails(void **state)
{
    for (int kind = 0; kind < FAKE_STORE_FAULTS; kind++) {
        at_every_call(&(fault_t){apr_psprintf(*state, "store %d", kind), kind, world_arm_store});
    }
}

static void the_process_dies(void **state)
{
    (void)state;
    at_every_call(&(fault_t){"death before step", 0, world_arm_death});
    at_every_call(&(fault_t){"death after step", 1, world_arm_death});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(an_order_is_captured_by_the_worker),
        WITH_POOL(what_is_refused_is_named),
        WITH_POOL(the_same_key_is_the_same_batch),
        WITH_POOL(without_its_batch_nothing_is_worked),
        WITH_POOL(two_want_the_same),
        WITH_POOL(klarna_fails),
        WITH_POOL(the_store_fails),
        WITH_POOL(the_process_dies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
