/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person is shown and takes away: marks of the services' own making, seen, back again
 * only when there is something new; and never in the way of an operation.
 */
#include "tests/unit/service_fixture.h"
#include "service/acknowledge.h"

#include <apr_strings.h>

#define DAY apr_time_from_sec(86400)

static world_t *new_world(void **state)
{
    return world_make(*state);
}

static kl_kind_t see(world_t *world, const char *id, kl_order_t **order, kl_error_t **err)
{
    *order = NULL;
    *err = kl_error_make(world->p);
    return kl_acknowledge_order(world_service(world, world->p), id, order, *err);
}

static void must_see(world_t *world, const char *id)
{
    kl_order_t *order;
    kl_error_t *err;

    if (see(world, id, &order, &err) != KL_OK) {
        fail_msg("seen: %s: %s", err->code, err->detail);
    }
    assert_int_equal(order->attention, world_order(world, id)->attention);
    assert_string_equal(order->waiting, "");
    assert_int_equal(order->version, world_order(world, id)->version);
}

static void must_not(world_t *world, const char *id, kl_kind_t kind, const char *code)
{
    apr_int64_t version = world_order(world, id)->version;
    kl_order_t *order;
    kl_error_t *err;

    see(world, id, &order, &err);
    check_error(err, kind, code);
    assert_int_equal(world_order(world, id)->version, version);
}

/* Klarna says no to what goes to this path. */
static void refused(world_t *world, act_fn act, const char *id, const char *path)
{
    kl_error_t *err = kl_error_make(world->p);
    kl_operation_t *op = NULL;

    world->klarna->refuses = path;
    assert_int_equal(world_act(world_service(world, world->p), act, id, path, &op, err), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    world->klarna->refuses = NULL;
}

static void check_waiting(const world_t *world, const char *id, const char *waiting)
{
    assert_string_equal(world_order(world, id)->waiting, waiting);
}

/* --- waiting ----------------------------------------------------------------------------- */

static void nothing_waits_where_klarna_says_yes(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    must_not(world, id, KL_CONFLICT, "nothing_to_see");
    world_must(world, act_capture_cup, id, "c");
    check_waiting(world, id, "");
    world_must(world, act_credit_8000, id, "two steps");
    check_waiting(world, id, "");
    must_not(world, id, KL_CONFLICT, "nothing_to_see");
}

static void a_lost_answer_is_waited_for(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    world_in_doubt(world, act_capture_cup, id, "c", FAKE_LOST_AFTER);
    check_waiting(world, id, "capture");
    must_not(world, id, KL_CONFLICT, "busy");
    assert_true(world_drain(world));
    check_waiting(world, id, "");
}

static void a_refusal_waits_for_a_person(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);

    refused(world, act_capture_all, id, "/captures");
    check_waiting(world, id, "capture");
    refused(world, act_credit_cup, id, "/refunds");
    check_waiting(world, id, "refund");
    assert_true(world_drain(world));
    world_must(world, act_credit_cup, id, "r");
    check_waiting(world, id, "capture"); /* not forgotten over the refund */
    must_see(world, id);
    check_waiting(world, id, "");
    must_not(world, id, KL_CONFLICT, "nothing_to_see");
    world_check(world, id, "seen");
}

static void a_capture_in_the_portal_is_an_answer(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    refused(world, act_capture_cup, id, "/captures");
    fake_klarna_outside(world->klarna, world_klarna_order(world, id)->id, "capture", CART_AMOUNT,
                        "by hand");
    world_look(world, id, 0);
    check_waiting(world, id, "");
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_OUTSIDE);
    must_see(world, id);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
    world_look(world, id, 0);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
}

/* --- attention --------------------------------------------------------------------------- */

static void an_orphan_is_not_seen_away(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);

    world_order(world, id)->attention = KL_ATTENTION_ORPHAN;
    must_not(world, id, KL_CONFLICT, "nothing_to_see");
    world_order(world, id)->waiting = "capture";
    must_see(world, id);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_ORPHAN);
}

/* Seen at one mark, it comes back at the next. */
static void a_near_end_comes_back_at_the_next_mark(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    apr_time_t end = fake_clock_now() + 10 * DAY;

    fake_klarna_set_end(world->klarna, world_klarna_order(world, id), end);
    fake_clock_set(end - 6 * DAY);
    world_look(world, id, 0);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_EXPIRING);
    must_see(world, id);
    fake_clock_set(end - 5 * DAY);
    assert_null(world_look(world, id, 0));
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
    fake_clock_set(end - 3 * DAY);
    assert_non_null(strstr(world_look(world, id, 0), "within 3 days"));
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_EXPIRING);
}

/* What still differs is found again by the next look. */
static void a_difference_stays_until_it_is_none(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    world_klarna_order(world, id)->captured = 1;
    world_look(world, id, 0);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_DIFFERS);
    must_see(world, id);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
    world_look(world, id, 0);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_DIFFERS);
}

/* --- others ------------------------------------------------------------------------------ */

static void what_is_not_there_is_not_seen(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_order_t *order;
    kl_error_t *err;

    assert_int_equal(see(world, "11111111-1111-4111-8111-111111111111", &order, &err),
                     KL_NOT_FOUND);
    world_order(world, id)->attention = KL_ATTENTION_OUTSIDE;
    world->account.name = "another shop";
    must_not(world, id, KL_NOT_FOUND, "no_such_order");
    world->account.name = "shop";
    fake_store_arm(world->store, 2, FAKE_STORE_FAILS_BEFORE);
    must_not(world, id, KL_UNAVAILABLE, "store");
}

typedef struct rival_t {
    world_t *world;
    const char *id;
    int moves, mark_again;
} rival_t;

/* Somebody changes the order just before it is saved. */
static void change_it(void *baton)
{
    rival_t *rival = baton;
    kl_order_t *row = world_order(rival->world, rival->id);

    if (rival->world->process.steps % 2 == 0 && rival->moves > 0) {
        rival->moves--;
        row->version++;
        row->reference1 = "changed";
        row->attention = rival->mark_again ? row->attention : KL_ATTENTION_NONE;
    }
}

static void who_was_quicker_is_respected(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    rival_t rival = {world, id, 1, 1};
    kl_order_t *order;
    kl_error_t *err;

    world_order(world, id)->attention = KL_ATTENTION_OUTSIDE;
    fake_process_calm(&world->process);
    world->process.hook = change_it;
    world->process.baton = &rival;
    must_see(world, id);
    assert_int_equal(rival.moves, 0);
    assert_string_equal(world_order(world, id)->reference1, "changed");
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);

    world_order(world, id)->attention = KL_ATTENTION_OUTSIDE;
    rival.moves = 100;
    assert_int_equal(see(world, id, &order, &err), KL_STALE);
    check_error(err, KL_STALE, "version");
    rival.moves = 1;
    rival.mark_again = 0; /* the other one saw it too */
    assert_int_equal(see(world, id, &order, &err), KL_CONFLICT);
    check_error(err, KL_CONFLICT, "nothing_to_see");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(nothing_waits_where_klarna_says_yes),
        WITH_POOL(a_lost_answer_is_waited_for),
        WITH_POOL(a_refusal_waits_for_a_person),
        WITH_POOL(a_capture_in_the_portal_is_an_answer),
        WITH_POOL(an_orphan_is_not_seen_away),
        WITH_POOL(a_near_end_comes_back_at_the_next_mark),
        WITH_POOL(a_difference_stays_until_it_is_none),
        WITH_POOL(what_is_not_there_is_not_seen),
        WITH_POOL(who_was_quicker_is_respected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
