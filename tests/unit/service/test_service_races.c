/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two at once: before any step of one request somebody else does a whole request (the same
 * one with the same key, another action, a look at Klarna, a walker whose time has come).
 * Whoever is first, the money moves once and each of them is told the truth.
 */
#include "tests/unit/service_fixture.h"
#include "service/reconcile.h"
#include "service/verify.h"

#include <apr_strings.h>

#define MAX_STEPS 60

/* Somebody who acts once, before step number `at` of the other. */
typedef struct rival_t {
    world_t *world;
    const char *id, *key;
    int at;
    act_fn act;                          /* what it does */
    void (*does)(struct rival_t *rival); /* else this */
    apr_interval_time_t later;           /* so much time passes before */
    int acted;
    kl_kind_t rv;
    kl_operation_t *op;
    kl_error_t *err;
} rival_t;

static void rival_acts(void *baton)
{
    rival_t *rival = baton;
    world_t *world = rival->world;

    if (rival->acted || world->process.steps < rival->at) {
        return;
    }
    rival->acted = 1;
    rival->err = kl_error_make(world->p);
    fake_clock_advance(rival->later);
    if (rival->does) {
        rival->does(rival);
        return;
    }
    rival->rv = world_act(world_service(world, world->p), rival->act, rival->id, rival->key,
                          &rival->op, rival->err);
}

typedef struct told_t {
    kl_kind_t rv;
    kl_operation_t *op;
    kl_error_t *err;
} told_t;

/* The action while the rival acts; the rival's acted is 0 when there are fewer steps. */
static told_t race(world_t *world, act_fn act, const char *id, const char *key, rival_t *rival)
{
    told_t told = {.err = kl_error_make(world->p)};

    fake_process_calm(&world->process);
    world->process.hook = rival_acts;
    world->process.baton = rival;
    told.rv = world_act(world_service(world, world->p), act, id, key, &told.op, told.err);
    fake_process_calm(&world->process);
    return told;
}

static int is_polite(const kl_error_t *err)
{
    return err->kind == KL_CONFLICT && err->retry_after > 0
           && (strcmp(err->code, "in_progress") == 0 || strcmp(err->code, "order_busy") == 0);
}

/* Done, or told to ask again. */
static void check_told(kl_kind_t rv, const kl_operation_t *op, const kl_error_t *err,
                       const char *where)
{
    if (rv == KL_OK ? op->state != KL_OP_CONFIRMED : !is_polite(err)) {
        fail_msg("%s: %s", where, rv == KL_OK ? kl_op_state_name(op->state) : err->code);
    }
}

static void ask_until_done(world_t *world, act_fn act, const char *id, const char *key)
{
    kl_operation_t *op = NULL;
    kl_error_t *err = kl_error_make(world->p);

    for (int i = 0; i < 3; i++) {
        kl_error_clear(err);
        fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
        if (world_act(world_service(world, world->p), act, id, key, &op, err) == KL_OK) {
            break;
        }
    }
    if (err->kind != KL_OK) {
        fail_msg("%s: %s", key, err->code);
    }
    assert_int_equal(op->state, KL_OP_CONFIRMED);
}

typedef const char *setup_fn(world_t *world);

/* The same request twice at once, the second before every step of the first. */
static void same_key_twice(apr_pool_t *parent, setup_fn *setup, act_fn act,
                           apr_interval_time_t later, const char *name)
{
    int acted = 1;

    for (int at = 1; acted; at++) {
        apr_pool_t *p;
        world_t *world;
        rival_t rival = {.act = act, .at = at, .key = "k", .later = later};
        const char *where;
        told_t told;

        assert_true(at < MAX_STEPS);
        apr_pool_create(&p, parent);
        where = apr_psprintf(p, "%s, before step %d", name, at);
        rival.world = world = world_make(p);
        rival.id = setup(world);
        told = race(world, act, rival.id, "k", &rival);
        acted = rival.acted;
        world_check_moved_once(world, where);
        check_told(told.rv, told.op, told.err, where);
        if (acted) {
            check_told(rival.rv, rival.op, rival.err, where);
        }
        ask_until_done(world, act, rival.id, "k");
        world_check(world, rival.id, where);
        assert_int_equal(world->klarna->movements->nelts,
                         fake_klarna_executed(world->klarna, "place")
                             + fake_klarna_executed(world->klarna, "capture")
                             + (setup == world_part_captured ? 2 : 0));
        apr_pool_destroy(p);
    }
}

static void the_same_key_at_the_same_moment(void **state)
{
    same_key_twice(*state, world_created, act_place, 0, "place");
    same_key_twice(*state, world_placed, act_capture_all, 0, "capture");
    same_key_twice(*state, world_part_captured, act_cancel, 0, "cancel");
}

/* The first stood still for longer than its lease; the second took over. */
static void a_walker_that_stood_still(void **state)
{
    apr_interval_time_t lease = apr_time_from_sec(KL_LEASE_S + 1);

    same_key_twice(*state, world_created, act_place, lease, "place after a lease");
    same_key_twice(*state, world_placed, act_capture_all, lease, "capture after a lease");
    same_key_twice(*state, world_part_captured, act_cancel, lease, "cancel after a lease");
}

/* Two captures of one cup with their own keys: both are legal and both end. */
static void two_actions_on_one_order(void **state)
{
    int acted = 1;

    for (int at = 1; acted; at++) {
        world_t *world = world_make(*state);
        rival_t rival = {.world = world, .act = act_capture_cup, .at = at, .key = "theirs"};
        const char *where = apr_psprintf(world->p, "before step %d", at);
        told_t told;

        assert_true(at < MAX_STEPS);
        rival.id = world_placed(world);
        told = race(world, act_capture_cup, rival.id, "ours", &rival);
        acted = rival.acted;
        check_told(told.rv, told.op, told.err, where);
        if (acted) {
            check_told(rival.rv, rival.op, rival.err, where);
        }
        ask_until_done(world, act_capture_cup, rival.id, "ours");
        ask_until_done(world, act_capture_cup, rival.id, "theirs");
        assert_int_equal(fake_klarna_executed(world->klarna, "capture"), 2);
        world_check(world, rival.id, where);
    }
}

/* Together more than there is: one of them is refused, with the reason. */
static void two_captures_of_everything(void **state)
{
    int acted = 1;

    for (int at = 1; acted; at++) {
        world_t *world = world_make(*state);
        rival_t rival = {.world = world, .act = act_capture_all, .at = at, .key = "theirs"};
        int confirmed;
        told_t told;

        assert_true(at < MAX_STEPS);
        rival.id = world_placed(world);
        told = race(world, act_capture_all, rival.id, "ours", &rival);
        acted = rival.acted;
        confirmed = (told.rv == KL_OK) + (acted && rival.rv == KL_OK);
        assert_true(confirmed <= 1);
        if (told.rv != KL_OK && !is_polite(told.err)) {
            check_error(told.err, KL_CONFLICT, "not_capturable");
        }
        assert_int_equal(fake_klarna_executed(world->klarna, "capture"), 1);
        world_check(world, rival.id, "two captures of everything");
    }
}

static void looks(rival_t *rival)
{
    kl_service_t *svc = world_service(rival->world, rival->world->p);
    kl_order_t *order = NULL;
    kl_look_t look;

    rival->rv = kl_service_order(svc, rival->id, &order, rival->err);
    assert_int_equal(rival->rv, KL_OK);
    rival->rv = kl_reconcile_order(svc, &order, &look, rival->err);
    assert_int_equal(rival->rv, KL_OK);
    assert_int_equal(look.booked, 0); /* what we did ourselves is not booked as theirs */
}

/* A look at Klarna moves the order's version at every step and changes nothing else. */
static void a_look_at_klarna_in_between(void **state)
{
    static const act_fn acts[] = {act_capture_cup, act_credit_8000, act_cancel};

    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        int acted = 1;

        for (int at = 1; acted; at++) {
            world_t *world = world_make(*state);
            rival_t rival = {.world = world, .does = looks, .at = at};
            const char *where = apr_psprintf(world->p, "action %d, before step %d", (int)i, at);
            told_t told;

            assert_true(at < MAX_STEPS);
            rival.id = world_part_captured(world);
            told = race(world, acts[i], rival.id, "k", &rival);
            acted = rival.acted;
            assert_int_equal(told.rv, KL_OK);
            assert_int_equal(told.op->state, KL_OP_CONFIRMED);
            world_check(world, rival.id, where);
        }
    }
}

/* Klarna refuses a used token, and the one that used it was another walker of the same
 * operation: the first walker's "no" must not undo the second's "yes". */
static void a_no_gives_way_to_a_stored_yes(void **state)
{
    int acted = 1;

    for (int at = 1; acted; at++) {
        world_t *world = world_make(*state);
        rival_t rival = {.world = world,
                         .act = act_place,
                         .at = at,
                         .key = "k",
                         .later = apr_time_from_sec(KL_LEASE_S + 1)};

        assert_true(at < MAX_STEPS);
        rival.id = world_created(world);
        world->klarna->refuses_used_token = 1;
        race(world, act_place, rival.id, "k", &rival);
        acted = rival.acted;
        ask_until_done(world, act_place, rival.id, "k");
        world_check(world, rival.id, "place");
        assert_int_equal(fake_klarna_executed(world->klarna, "place"), 1);
    }
}

/* The other walker marked it sent and died; what Klarna told us stays true. */
static void marks_and_dies(rival_t *rival)
{
    kl_operation_t *op = fake_store_operation(rival->world->store,
                                              world_order(rival->world, rival->id)->pending_op);

    if (op && op->state == KL_OP_SENT) {
        op->version++;
        op->attempts++;
        op->lease_until = fake_clock_now() + apr_time_from_sec(KL_LEASE_S);
    }
    else {
        rival->acted = 0;
    }
}

static void a_yes_outlives_another_mark(void **state)
{
    world_t *world = world_make(*state);
    rival_t rival = {.world = world, .does = marks_and_dies, .at = 1, .later = 0};
    told_t told;

    rival.id = world_created(world);
    world->klarna->refuses_used_token = 1;
    told = race(world, act_place, rival.id, "k", &rival);
    assert_true(rival.acted);
    assert_int_equal(told.rv, KL_OK);
    assert_int_equal(told.op->state, KL_OP_CONFIRMED);
    world_check(world, rival.id, "place");
}

/* Anything but a yes leaves the operation to the walker that has it now. */
static void a_doubt_gives_way_to_another_mark(void **state)
{
    world_t *world = world_make(*state);
    rival_t rival = {.world = world, .does = marks_and_dies, .at = 1};
    told_t told;

    rival.id = world_placed(world);
    fake_klarna_arm(world->klarna, 1, FAKE_EDGE_403);
    told = race(world, act_capture_cup, rival.id, "k", &rival);
    assert_int_equal(told.rv, KL_OK);
    assert_int_equal(told.op->state, KL_OP_SENT);
    ask_until_done(world, act_capture_cup, rival.id, "k");
    world_check(world, rival.id, "capture");
}

/* --- two workers ----------------------------------------------------------------------- */

static void works(rival_t *rival)
{
    world_round(rival->world, rival->world->p);
}

/* The client's process dies after its step number n; 0 when it has fewer. */
static int dies_after(world_t *world, act_fn act, const char *id, int n)
{
    kl_operation_t *op = NULL;

    fake_process_calm(&world->process);
    world->process.die_at = n;
    world->process.die_after = 1;
    if (setjmp(world->process.death) == 0) {
        world_act(world_service(world, world->p), act, id, "k", &op, kl_error_make(world->p));
        fake_process_calm(&world->process);
        return 0;
    }
    fake_process_calm(&world->process);
    return 1;
}

/* What one client left behind, with another worker's whole round before step `at` of the first
 * worker's, later so much. *acted is 0 when its round has fewer steps. */
static int two_workers(apr_pool_t *parent, setup_fn *setup, act_fn act, int died_at, int at,
                       apr_interval_time_t later, const char *expected, int *acted)
{
    apr_pool_t *p;
    world_t *world;
    rival_t rival = {.does = works, .at = at, .later = later};
    const char *before, *end, *where;
    int died;

    apr_pool_create(&p, parent);
    where = apr_psprintf(p, "died after step %d, worked before step %d", died_at, at);
    rival.world = world = world_make(p);
    rival.id = setup(world);
    before = world_ledgers(world, p, rival.id);
    died = dies_after(world, act, rival.id, died_at);
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
    world->process.hook = rival_acts;
    world->process.baton = &rival;
    world_round(world, p);
    fake_process_calm(&world->process);
    *acted = rival.acted;
    world_check_moved_once(world, where);
    assert_true(world_drain(world));
    world_check(world, rival.id, where);
    end = world_ledgers(world, p, rival.id);
    if (strcmp(end, expected) != 0 && (!died || strcmp(end, before) != 0)) {
        fail_msg("%s:\n is     %s\n should %s", where, end, expected);
    }
    apr_pool_destroy(p);
    return died;
}

static void check_two_workers(apr_pool_t *p, setup_fn *setup, act_fn act, apr_interval_time_t later)
{
    world_t *world = world_make(p);
    const char *id = setup(world), *expected;
    int died = 1;

    world_must(world, act, id, "k");
    expected = world_ledgers(world, p, id);
    for (int died_at = 1; died; died_at++) {
        int acted = 1;

        assert_true(died_at < MAX_STEPS);
        for (int at = 1; acted; at++) {
            assert_true(at < MAX_STEPS);
            died = two_workers(p, setup, act, died_at, at, later, expected, &acted);
        }
    }
}

static void two_workers_at_the_same_moment(void **state)
{
    check_two_workers(*state, world_created, act_place, 0);
    check_two_workers(*state, world_placed, act_capture_all, 0);
    check_two_workers(*state, world_part_captured, act_cancel, 0);
    check_two_workers(*state, world_part_captured, act_credit_8000, 0);
}

static void a_worker_that_stood_still(void **state)
{
    apr_interval_time_t lease = apr_time_from_sec(KL_LEASE_S + 1);

    check_two_workers(*state, world_created, act_place, lease);
    check_two_workers(*state, world_placed, act_capture_all, lease);
    check_two_workers(*state, world_part_captured, act_cancel, lease);
    check_two_workers(*state, world_captured, act_credit_cup, lease);
}

/* --- an order id that is named meanwhile ------------------------------------------------ */

static void names_the_order(rival_t *rival)
{
    world_t *world = rival->world;
    kl_service_t *svc = world_service(world, world->p);
    const char *op_id = world_order(world, rival->id)->pending_op;
    kl_operation_t *op = NULL;

    if (!op_id[0] || svc->store->operation_load(svc->store, svc->p, op_id, &op, rival->err)
        || op->lease_until > fake_clock_now() || op->state != KL_OP_UNKNOWN) {
        rival->acted = 0; /* its answer may still come */
        return;
    }
    assert_int_equal(kl_verify_keep_hint(svc, op, "klarna-order-1", rival->err), KL_OK);
    assert_int_equal(world_resume(svc, &op, rival->err), KL_OK);
    assert_int_equal(op->state, KL_OP_CONFIRMED);
}

/* Who still believes in an orphan must not mark the order that it has become: nobody could take
 * that mark away. */
static void a_named_order_is_no_orphan_any_more(void **state)
{
    int acted = 1;

    for (int at = 1; acted; at++) {
        world_t *world = world_make(*state);
        rival_t rival = {.world = world, .does = names_the_order, .at = at};

        assert_true(at < MAX_STEPS);
        rival.id = world_created(world);
        world->klarna->refuses_used_token = 1;
        (void)world_in_doubt(world, act_place, rival.id, "k", FAKE_LOST_AFTER);
        fake_clock_advance(apr_time_from_sec(KL_LEASE_S + KL_IN_FLIGHT_S));
        race(world, act_place, rival.id, "k", &rival);
        acted = rival.acted;
        if (acted) {
            assert_int_equal(world_order(world, rival.id)->state, KL_ORDER_AUTHORIZED);
            if (world_order(world, rival.id)->attention != KL_ATTENTION_NONE) {
                fail_msg("before step %d", at);
            }
        }
    }
}

/* Claims the order for a capture and leaves it to a worker. */
static void claims(rival_t *rival)
{
    world_t *world = rival->world;
    kl_capture_request_t want = {.what = {.has_amount = 1, .amount = 5000},
                                 .reference = "",
                                 .description = "",
                                 .shipping_info = "[]"};
    kl_client_t client = world_client("rival");
    kl_ask_t ask = {.order_id = rival->id,
                    .client = &client,
                    .after = apr_time_from_sec(10),
                    .capture = &want};

    rival->rv = kl_act_later(world_service(world, world->p), &kl_capture_action, &ask, rival->err);
}

/* The record is read between the first look at the order and the claim: whoever claims it meanwhile
 * keeps it. */
static void a_claim_is_never_taken_over(void **state)
{
    int acted = 1;

    for (int at = 1; acted; at++) {
        world_t *world = world_make(*state);
        const char *id = world_placed(world);
        rival_t rival = {.world = world, .does = claims, .at = at, .id = id};
        told_t told;

        assert_true(at < 30);
        told = race(world, act_credit_cup, id, "mine", &rival);
        acted = rival.acted;
        assert_true(told.rv == KL_OK || is_polite(told.err));
        if (!acted || rival.rv != KL_OK) {
            continue;
        }
        assert_true(world_drain(world));
        world_check(world, id, "a claim beside a claim");
        assert_int_equal(fake_klarna_executed(world->klarna, "capture"), 1);
        assert_int_equal(world_order(world, id)->captures->nelts, 1);
        assert_string_not_equal(
            APR_ARRAY_IDX(world_order(world, id)->captures, 0, kl_capture_t).operation_id, "");
        assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
    }
}

/* --- sessions -------------------------------------------------------------------------- */

static kl_kind_t start(world_t *world, kl_order_t **order, kl_error_t *err)
{
    kl_client_t client = world_starter(world->p, "k");

    return kl_checkout_start(world_service(world, world->p), world_cart(world->p), &client, order,
                             err);
}

static void starts(rival_t *rival)
{
    kl_order_t *order = NULL;

    rival->rv = start(rival->world, &order, rival->err);
    rival->id = order ? order->id : NULL;
}

static void two_starts_are_one_payment(void **state)
{
    int acted = 1;

    for (int at = 1; acted; at++) {
        world_t *world = world_make(*state);
        rival_t rival = {.world = world, .does = starts, .at = at};
        kl_error_t *err = kl_error_make(world->p);
        kl_order_t *order = NULL;

        assert_true(at < 10);
        world->process.hook = rival_acts;
        world->process.baton = &rival;
        assert_int_equal(start(world, &order, err), KL_OK);
        fake_process_calm(&world->process);
        acted = rival.acted;
        assert_string_equal(order->session_id, world_order(world, order->id)->session_id);
        assert_true(order->client_token[0]);
        if (acted) {
            assert_int_equal(rival.rv, KL_OK);
            assert_string_equal(rival.id, order->id);
        }
        assert_int_equal(world->store->payments->nelts, 1);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(the_same_key_at_the_same_moment),
        WITH_POOL(a_walker_that_stood_still),
        WITH_POOL(two_actions_on_one_order),
        WITH_POOL(two_captures_of_everything),
        WITH_POOL(a_look_at_klarna_in_between),
        WITH_POOL(a_no_gives_way_to_a_stored_yes),
        WITH_POOL(a_yes_outlives_another_mark),
        WITH_POOL(a_doubt_gives_way_to_another_mark),
        WITH_POOL(two_workers_at_the_same_moment),
        WITH_POOL(a_worker_that_stood_still),
        WITH_POOL(two_starts_are_one_payment),
        WITH_POOL(a_claim_is_never_taken_over),
        WITH_POOL(a_named_order_is_no_orphan_any_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
