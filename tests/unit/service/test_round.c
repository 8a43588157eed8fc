/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a round: what comes first, what an outage ends and what a bad unit does not, and
 * that accounts take turns.
 */
#include "tests/unit/service_fixture.h"

#include <apr_strings.h>
#include "service/round.h"

/* An operation in doubt that is due since then: an extension of an order of its own. */
static kl_operation_t *due(world_t *world, apr_interval_time_t ago)
{
    apr_array_header_t *orders = world->store->orders, *operations = world->store->operations;
    const char *first = world_placed(world); /* the same, each time */
    kl_order_t *order = apr_pmemdup(world->p, world_order(world, first), sizeof(*order));
    kl_operation_t *op = kl_operation_make(world->p);

    world_order(world, first)->check_at = 0;
    order->id = apr_psprintf(world->p, "00000000-0000-4000-8000-%012d", orders->nelts);
    order->klarna_order_id = fake_klarna_foreign_order(world->klarna, order->order_amount, "");
    order->check_at = fake_clock_now() + apr_time_from_sec(86400);
    op->id = apr_psprintf(world->p, "00000000-0000-4000-9000-%012d", operations->nelts);
    op->client_key = op->id;
    op->order_id = order->id;
    op->account = world->account.name;
    op->kind = KL_OP_EXTEND;
    op->state = KL_OP_UNKNOWN;
    op->method = "POST";
    op->path = apr_psprintf(world->p, "/ordermanagement/v1/orders/%s/extend-authorization-time",
                            order->klarna_order_id);
    op->attempts = 1;
    op->sent_at = fake_clock_now();
    op->next_at = fake_clock_now() - ago;
    op->version = 1;
    order->pending_op = op->id;
    APR_ARRAY_PUSH(orders, kl_order_t *) = order;
    APR_ARRAY_PUSH(operations, kl_operation_t *) = op;
    return op;
}

/* The order it belongs to is gone: it can never be worked on. */
static kl_operation_t *broken(world_t *world, apr_interval_time_t ago)
{
    kl_operation_t *op = due(world, ago);

    op->order_id = "no such order";
    return op;
}

/* --- one lane --------------------------------------------------------------------------- */

/* One call finds out that Klarna cannot be reached; the others are not even tried. */
static void an_outage_ends_the_batch(void **state)
{
    static const fake_klarna_fault_t faults[] = {FAKE_NOT_SENT, FAKE_LOST_BEFORE, FAKE_429};

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        world_t *world = world_make(*state);
        kl_operation_t *first = due(world, 3);
        kl_operation_t *second = due(world, 2);

        fake_klarna_arm(world->klarna, 1, faults[i]);
        world->one_try = 1;
        assert_int_equal(world_round(world, world->p), 1);
        assert_int_not_equal(first->state, KL_OP_CONFIRMED);
        assert_int_equal(second->attempts, 1);
        fake_klarna_arm(world->klarna, 0, 0);
        assert_true(world_round(world, world->p) >= 1); /* the next round tries again */
        assert_int_equal(second->state, KL_OP_CONFIRMED);
    }
}

static void a_look_that_fails_ends_the_batch_too(void **state)
{
    world_t *world = world_make(*state);
    kl_operation_t *one = due(world, 1), *two = due(world, 1);

    world_order(world, one->order_id)->check_at = world_order(world, two->order_id)->check_at = 1;
    world_order(world, one->order_id)->pending_op = world_order(world, two->order_id)->pending_op =
        "";
    one->next_at = two->next_at = 0;
    fake_klarna_arm(world->klarna, 1, FAKE_NOT_SENT);
    assert_int_equal(world_round(world, world->p), 1);
    assert_int_equal(world->klarna->calls, 1);
    assert_int_equal(world_round(world, world->p), 1);
}

/* Of one that was not sent this time, an earlier try that met nobody says nothing. */
static void what_is_not_sent_is_no_outage(void **state)
{
    world_t *world = world_make(*state);
    kl_operation_t *shown = due(world, 5);
    kl_operation_t *good = due(world, 4);

    world_order(world, shown->order_id)->pending_op = "";
    assert_int_equal(world_round(world, world->p), 2);
    assert_int_equal(shown->mark, KL_OP_UNCLAIMED);
    assert_int_equal(good->state, KL_OP_CONFIRMED);
}

static void a_bad_unit_ends_nothing_and_makes_way(void **state)
{
    world_t *world = world_make(*state);
    kl_operation_t *bad = broken(world, 5);
    kl_operation_t *good = due(world, 4);

    assert_int_equal(world_round(world, world->p), 2);
    assert_int_equal(good->state, KL_OP_CONFIRMED);
    assert_non_null(strstr(world->told, "KLA003"));
    assert_true(bad->next_at > fake_clock_now());
    assert_int_equal(world_round(world, world->p) > 1, 0);
}

/* More that cannot be worked on than a batch holds: what is behind them has its turn. */
static void bad_units_do_not_fill_every_batch(void **state)
{
    world_t *world = world_make(*state);
    kl_operation_t *good = due(world, 1);

    for (int i = 0; i < KL_ROUND_BATCH; i++) {
        broken(world, 100);
    }
    assert_int_equal(world_round(world, world->p), KL_ROUND_BATCH);
    assert_int_equal(good->state, KL_OP_UNKNOWN);
    world_round(world, world->p);
    assert_int_equal(good->state, KL_OP_CONFIRMED);
}

static void a_database_that_is_gone_is_told(void **state)
{
    world_t *world = world_make(*state);

    due(world, 1);
    fake_store_arm(world->store, 1, FAKE_STORE_IS_GONE);
    assert_int_equal(world_round(world, world->p), 0);
    assert_non_null(strstr(world->told, "KLA0034: the worker cannot read what is due"));
}

/* What a clerk asked for is done before shoppers' placements that are due for longer, and those
 * before what is only read. */
static void what_a_person_asked_for_goes_first(void **state)
{
    world_t *world = world_make(*state);
    kl_operation_t *placement = due(world, 60), *asked_for = due(world, 1);
    const char *looked_at = world_placed(world);

    placement->kind = KL_OP_PLACE_ORDER; /* whose token is not known: it is refused */
    placement->path = "/payments/v1/authorizations/nobody/order";
    world_order(world, looked_at)->check_at = 1;
    world->tells = apr_array_make(world->p, 8, sizeof(const char *));
    world_round(world, world->p);
    assert_int_equal(world->tells->nelts, 2);
    assert_non_null(strstr(APR_ARRAY_IDX(world->tells, 0, const char *), asked_for->id));
    assert_non_null(strstr(APR_ARRAY_IDX(world->tells, 1, const char *), placement->id));
    assert_string_equal(world_order(world, looked_at)->klarna_reference, "K1");
}

/* A full batch that came on is read again in the same round. */
static void a_backlog_is_worked_off_in_one_round(void **state)
{
    world_t *world = world_make(*state);
    int n = KL_ROUND_BATCH + KL_ROUND_BATCH / 2;

    for (int i = 0; i < n; i++) {
        due(world, 1);
    }
    assert_true(world_round(world, world->p) >= n);
    for (int i = 0; i < world->store->operations->nelts; i++) {
        assert_int_equal(APR_ARRAY_IDX(world->store->operations, i, kl_operation_t *)->state,
                         KL_OP_CONFIRMED);
    }
}

/* --- several lanes ------------------------------------------------------------------------ */

static const char *order_of_lanes;
static int rounds_left, no_room;

static void make_service(void *lane, apr_pool_t *p, kl_service_t *svc)
{
    *svc = *world_service(lane, p);
}

static void tell(void *lane, const kl_told_t *told)
{
    world_t *world = lane;

    (void)told;
    order_of_lanes = apr_pstrcat(world->p, order_of_lanes, world->account.username, NULL);
}

static int stop(void)
{
    return rounds_left-- <= 0;
}

static apr_interval_time_t room(void *lane)
{
    (void)lane;
    return no_room-- > 0 ? apr_time_from_msec(5) : 0;
}

static kl_round_runner_t runner = {.service = make_service,
                                   .tell = tell,
                                   .stop = stop,
                                   .wait = room,
                                   .sleep = fake_clock_sleep,
                                   .threads = 4};

static int work(apr_pool_t *p, world_t *const *worlds, int n)
{
    kl_round_t *round = kl_round_make(p, &runner);

    order_of_lanes = "";
    for (int i = 0; i < n; i++) {
        kl_round_ask(round, kl_round_add(round, worlds[i]));
    }
    assert_true(kl_round_wake(round));
    assert_true(kl_round_is_busy(round));
    n = kl_round_work(round);
    assert_true(kl_round_has_ended(round));
    return n;
}

static world_t *named_world(void **state, const char *name, int operations)
{
    world_t *world = world_make(*state);

    for (int i = 0; i < operations; i++) {
        due(world, 10 - i);
    }
    world->account.username = name;
    return world;
}

static void accounts_take_turns(void **state)
{
    world_t *worlds[3];

    rounds_left = 1000;
    no_room = 0;
    worlds[0] = named_world(state, "a", 4);
    worlds[1] = named_world(state, "b", 2);
    worlds[2] = named_world(state, "c", 1);
    assert_int_equal(work(*state, worlds, 3), 7);
    assert_string_equal(order_of_lanes, "abcabaa");
}

static void an_outage_of_one_account_is_not_the_others(void **state)
{
    world_t *worlds[2];

    rounds_left = 1000;
    no_room = 0;
    worlds[0] = named_world(state, "a", 3);
    worlds[1] = named_world(state, "b", 3);
    fake_klarna_arm(worlds[0]->klarna, 1, FAKE_429);
    worlds[0]->klarna->retry_after = 60;
    assert_int_equal(work(*state, worlds, 2), 4);
    assert_string_equal(order_of_lanes, "abbb");
}

static void it_stops_between_two_units(void **state)
{
    world_t *world;

    rounds_left = 3; /* reading, one, two */
    no_room = 0;
    world = named_world(state, "a", 4);
    assert_int_equal(work(*state, &world, 1), 2);
}

/* No room at Klarna: it waits, and nothing is lost. */
static void it_waits_for_room(void **state)
{
    world_t *world;
    apr_time_t before;

    rounds_left = 1000;
    world = named_world(state, "a", 2);
    no_room = 3;
    before = fake_clock_now();
    assert_int_equal(work(*state, &world, 1), 2);
    assert_int_equal(fake_clock_now() - before, apr_time_from_msec(15));
}

static void a_lane_that_is_left_begins_nothing(void **state)
{
    world_t *world;
    kl_round_t *round = kl_round_make(*state, &runner);
    kl_lane_t *lane;

    rounds_left = 1000;
    no_room = 0;
    world = named_world(state, "a", 2);
    lane = kl_round_add(round, world);
    kl_round_ask(round, lane);
    kl_round_leave(round, lane);
    assert_true(kl_round_wake(round));
    assert_int_equal(kl_round_work(round), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(an_outage_ends_the_batch),
        WITH_POOL(a_look_that_fails_ends_the_batch_too),
        WITH_POOL(what_is_not_sent_is_no_outage),
        WITH_POOL(a_bad_unit_ends_nothing_and_makes_way),
        WITH_POOL(bad_units_do_not_fill_every_batch),
        WITH_POOL(a_database_that_is_gone_is_told),
        WITH_POOL(what_a_person_asked_for_goes_first),
        WITH_POOL(a_backlog_is_worked_off_in_one_round),
        WITH_POOL(accounts_take_turns),
        WITH_POOL(an_outage_of_one_account_is_not_the_others),
        WITH_POOL(it_stops_between_two_units),
        WITH_POOL(it_waits_for_room),
        WITH_POOL(a_lane_that_is_left_begins_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
