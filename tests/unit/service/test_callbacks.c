/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna calling in: the authorization before, after and while the browser places the order,
 * again and again, and changes that are only hints. However they come, one order is placed
 * and nothing is believed unread.
 */
#include "tests/unit/service_fixture.h"
#include "core/instore.h"
#include "service/callbacks.h"

#include <apr_strings.h>

#define MAX_STEPS 60

static world_t *new_world(void **state)
{
    return world_make(*state);
}

/* The browser's key and the callback's are both bound to the token. */
#define TOKEN_KEY "bound to the token"

static kl_kind_t authorized(world_t *world, const char *id, const char *token, const char *key,
                            kl_error_t **err)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_client_t client = world_client(key);
    kl_order_t *order = NULL;

    *err = kl_error_make(world->p);
    assert_int_equal(kl_service_order(svc, id, &order, *err), KL_OK);
    return kl_callbacks_authorization(svc, order, token, &client, *err);
}

static kl_kind_t browser_places(world_t *world, const char *id, kl_operation_t **op,
                                kl_error_t **err)
{
    *op = NULL;
    *err = kl_error_make(world->p);
    return world_act(world_service(world, world->p), act_place, id, TOKEN_KEY, op, *err);
}

static void check_placed_once(world_t *world, const char *id, const char *where)
{
    assert_int_equal(fake_klarna_executed(world->klarna, "place"), 1);
    assert_int_equal(world_order(world, id)->state, KL_ORDER_AUTHORIZED);
    world_check(world, id, where);
}

/* --- addresses -------------------------------------------------------------------------- */

static kl_kind_t named(world_t *world, const char *name, const char **why, kl_error_t **err)
{
    kl_called_t called = {.why = ""};
    kl_kind_t rv;

    *err = kl_error_make(world->p);
    rv = kl_callbacks_order(world_service(world, world->p), name, &called, *err);
    *why = called.why;
    assert_true((called.order != NULL) == (rv == KL_OK));
    return rv;
}

static void an_address_needs_its_secret(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world), *secret = world_order(world, id)->callback_secret;
    const char *names[] = {id,
                           apr_pstrcat(world->p, id, ".", NULL),
                           apr_pstrcat(world->p, id, ".", secret, "x", NULL),
                           apr_pstrcat(world->p, "x", id, ".", secret, NULL),
                           apr_pstrcat(world->p, ".", secret, NULL),
                           ""};
    kl_error_t *err;
    const char *why;
    int is_there;

    assert_true(secret[0]);
    assert_int_equal(named(world, apr_pstrcat(world->p, id, ".", secret, NULL), &why, &err), KL_OK);
    assert_string_equal(why, "");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(named(world, names[i], &why, &err), KL_NOT_FOUND);
        check_error(err, KL_NOT_FOUND, "no_such_order");
        is_there = strncmp(names[i], id, strlen(id)) == 0 && strchr(names[i], '.');
        assert_string_equal(why, is_there ? "wrong_secret" : "unknown_order");
    }
    world_order(world, id)->callback_secret = "";
    assert_int_equal(named(world, names[1], &why, &err), KL_NOT_FOUND); /* no secret, no callback */
    assert_string_equal(why, "wrong_secret");
    fake_store_arm(world->store, 1, FAKE_STORE_FAILS_BEFORE);
    assert_int_equal(named(world, names[1], &why, &err), KL_UNAVAILABLE);
    assert_string_equal(why, "database");
}

static void how_it_ended_is_noted(void **state)
{
    world_t *world = new_world(state);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_called_t called = {.account = "shop", .why = "wrong_secret"};
    const kl_callback_note_t *note;

    assert_int_equal(kl_callbacks_note(svc, "fraud", &called, err), KL_OK);
    assert_int_equal(world->store->notes->nelts, 1);
    note = &APR_ARRAY_IDX(world->store->notes, 0, kl_callback_note_t);
    assert_string_equal(note->account, "shop");
    assert_string_equal(note->kind, "fraud");
    assert_string_equal(note->why, "wrong_secret");
    assert_int_equal(note->at, fake_clock_now());
    fake_store_arm(world->store, 1, FAKE_STORE_FAILS_BEFORE);
    called.why = "";
    assert_int_equal(kl_callbacks_note(svc, "fraud", &called, err), KL_UNAVAILABLE);
}

/* --- the authorization ------------------------------------------------------------------ */

static void a_shopper_who_never_came_back(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    kl_error_t *err;

    fake_klarna_arm(world->klarna, 0, 0);
    assert_int_equal(authorized(world, id, TOKEN, TOKEN_KEY, &err), KL_OK);
    assert_int_equal(world->klarna->calls, 0);         /* answered at once */
    assert_int_equal(world_round(world, world->p), 0); /* the browser goes first */
    fake_clock_advance(apr_time_from_sec(10));
    assert_true(world_round(world, world->p) > 0);
    check_placed_once(world, id, "by the worker");
}

static void the_callback_before_the_browser(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    kl_operation_t *op;
    kl_error_t *err;

    assert_int_equal(authorized(world, id, TOKEN, TOKEN_KEY, &err), KL_OK);
    assert_int_equal(browser_places(world, id, &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_CONFIRMED); /* without waiting */
    assert_int_equal(world->store->operations->nelts, 1);
    check_placed_once(world, id, "by the browser");
}

static void the_callback_after_the_browser(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    kl_operation_t *op;
    kl_error_t *err;

    assert_int_equal(browser_places(world, id, &op, &err), KL_OK);
    assert_int_equal(authorized(world, id, TOKEN, TOKEN_KEY, &err), KL_OK);
    assert_int_equal(world->store->operations->nelts, 1);
    check_placed_once(world, id, "by the browser");
}

static void the_callback_again_and_again(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    kl_error_t *err;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(authorized(world, id, TOKEN, TOKEN_KEY, &err), KL_OK);
    }
    assert_int_equal(world->store->operations->nelts, 1);
    assert_true(world_drain(world));
    assert_int_equal(authorized(world, id, TOKEN, TOKEN_KEY, &err), KL_OK);
    check_placed_once(world, id, "by the worker");
}

/* Somebody who acts once, before step number `at`. */
typedef struct rival_t {
    world_t *world;
    const char *id;
    int at, calls_back, acted;
    kl_kind_t rv;
    kl_operation_t *op;
    kl_error_t *err;
} rival_t;

static void rival_acts(void *baton)
{
    rival_t *rival = baton;

    if (rival->acted || rival->world->process.steps < rival->at) {
        return;
    }
    rival->acted = 1;
    rival->rv = rival->calls_back
                    ? authorized(rival->world, rival->id, TOKEN, TOKEN_KEY, &rival->err)
                    : browser_places(rival->world, rival->id, &rival->op, &rival->err);
}

/* Klarna is told to come again, or that it is stored; the browser that it is placed, or to ask
 * again. */
static void check_polite(kl_kind_t rv, const kl_error_t *err, const char *where)
{
    if (rv != KL_OK
        && (rv != KL_CONFLICT
            || (strcmp(err->code, "in_progress") != 0 && strcmp(err->code, "order_busy") != 0
                && strcmp(err->code, "not_open") != 0))) {
        fail_msg("%s: %s: %s", where, err->code, err->detail);
    }
}

static void race(void **state, int browser_first)
{
    for (int at = 1, acted = 1; acted; at++) {
        world_t *world = new_world(state);
        const char *id = world_created(world);
        const char *where = apr_psprintf(world->p, "before step %d", at);
        rival_t rival = {.world = world, .id = id, .at = at, .calls_back = browser_first};
        kl_operation_t *op;
        kl_error_t *err;
        kl_kind_t rv;

        assert_true(at < MAX_STEPS);
        fake_process_calm(&world->process);
        world->process.hook = rival_acts;
        world->process.baton = &rival;
        rv = browser_first ? browser_places(world, id, &op, &err)
                           : authorized(world, id, TOKEN, TOKEN_KEY, &err);
        fake_process_calm(&world->process);
        acted = rival.acted;
        check_polite(rv, err, where);
        if (acted) {
            check_polite(rival.rv, rival.err, where);
        }
        /* Klarna comes again, and so does the browser, or nobody. */
        if (at % 2) {
            authorized(world, id, TOKEN, TOKEN_KEY, &err);
            browser_places(world, id, &op, &err);
        }
        assert_true(world_drain(world));
        check_placed_once(world, id, where);
    }
}

static void the_callback_while_the_browser_places(void **state)
{
    race(state, 1);
}

static void the_browser_while_the_callback_is_stored(void **state)
{
    race(state, 0);
}

static int callback_dies(world_t *world, const char *id, int step, int after)
{
    kl_error_t *err;

    fake_process_calm(&world->process);
    world->process.die_at = step;
    world->process.die_after = after;
    if (setjmp(world->process.death) == 0) {
        authorized(world, id, TOKEN, TOKEN_KEY, &err);
        fake_process_calm(&world->process);
        return 0;
    }
    fake_process_calm(&world->process);
    return 1;
}

/* It was answered with an error or not at all: Klarna comes again. */
static void a_callback_that_dies_is_repeated(void **state)
{
    for (int step = 1, died = 1; died; step++) {
        for (int after = 0; after < 2; after++) {
            world_t *world = new_world(state);
            const char *id = world_created(world);
            kl_error_t *err;

            died = callback_dies(world, id, step, after);
            for (int i = 0; i < 4; i++) {
                fake_clock_advance(apr_time_from_sec(30));
                (void)authorized(world, id, TOKEN, TOKEN_KEY, &err);
            }
            assert_int_equal(err->kind, KL_OK);
            assert_true(world_drain(world));
            check_placed_once(world, id, "after its death");
        }
    }
}

static void a_busy_order_is_told(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    kl_error_t *err;

    world->klarna->refuses_used_token = 1;
    world_in_doubt(world, act_place, id, "the browser's own key", FAKE_LOST_AFTER);
    assert_int_equal(authorized(world, id, TOKEN, TOKEN_KEY, &err), KL_CONFLICT);
    check_error(err, KL_CONFLICT, "order_busy");
    assert_true(err->retry_after > 0);
    assert_int_equal(world->store->operations->nelts, 1);
}

static void a_token_that_is_none_is_refused(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    kl_error_t *err;

    authorized(world, id, "../orders", TOKEN_KEY, &err);
    check_field(err, "authorization_token", "authorization_token");
    assert_int_equal(world->store->operations->nelts, 0);
}

static void a_token_after_the_end_buys_nothing(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    kl_error_t *err;

    world_order(world, id)->state = KL_ORDER_ABANDONED;
    assert_int_equal(authorized(world, id, TOKEN, TOKEN_KEY, &err), KL_OK);
    assert_int_equal(world->store->operations->nelts, 0);
}

/* --- changes ---------------------------------------------------------------------------- */

static kl_kind_t changed(world_t *world, const char *id, const char *klarna_order_id,
                         kl_error_t **err)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_order_t *order = NULL;

    *err = kl_error_make(world->p);
    assert_int_equal(kl_service_order(svc, id, &order, *err), KL_OK);
    return kl_callbacks_change(svc, order, klarna_order_id, *err);
}

/* Whatever the notification said, only what Klarna's record says counts. */
static void a_notification_only_makes_the_order_due(void **state)
{
    static const char *const names[] = {"", "klarna-order-1", "another-order"};

    for (int i = 0; i < 3; i++) {
        world_t *world = new_world(state);
        const char *id;
        kl_error_t *err;

        world->klarna->fraud_status = "PENDING";
        id = world_placed(world);
        world_look(world, id, 0);
        world_order(world, id)->checks = 9;
        fake_klarna_arm(world->klarna, 0, 0);
        assert_int_equal(changed(world, id, names[i], &err), KL_OK);
        assert_int_equal(world->klarna->calls, 0);
        assert_string_equal(world_order(world, id)->fraud_status, "PENDING");
        assert_int_equal(world_order(world, id)->check_at, fake_clock_now());
        assert_int_equal(world_order(world, id)->checks, 0);
        assert_string_equal(world_order(world, id)->klarna_order_id, "klarna-order-1");
        world_klarna_order(world, id)->fraud_status = "REJECTED";
        assert_int_equal(world_round(world, world->p), 1);
        assert_string_equal(world_order(world, id)->fraud_status, "REJECTED");
    }
}

static void a_notification_that_meets_another_change_is_taken_all_the_same(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_order_t *order = NULL;

    assert_int_equal(kl_service_order(svc, id, &order, err), KL_OK);
    world_must(world, act_extend, id, "meanwhile");
    world_order(world, id)->checks = 3;
    assert_int_equal(kl_callbacks_change(svc, order, "", err), KL_OK);
    assert_int_equal(world_order(world, id)->check_at, fake_clock_now());
    assert_int_equal(world_order(world, id)->checks, 0);
}

static const char *told;

static void note_told(const char *id)
{
    told = id;
}

/* A payment in a store has no placement of ours: what the callback says of an order is no hint. */
static void a_payment_in_a_store_is_due_and_its_till_told(void **state)
{
    static const char *const names[] = {"", "klarna-order-1"};

    for (int i = 0; i < 2; i++) {
        world_t *world = new_world(state);
        const char *id = world_created(world);
        kl_service_t *svc = world_service(world, world->p);
        kl_error_t *err = kl_error_make(world->p);
        kl_order_t *order = world_order(world, id);

        order->channel = KL_CHANNEL_INSTORE;
        order->instore = kl_instore_make(world->p);
        order->check_at = fake_clock_now() + 1;
        order = NULL;
        svc->tell = note_told;
        told = "";
        fake_klarna_arm(world->klarna, 0, 0);
        assert_int_equal(kl_service_order(svc, id, &order, err), KL_OK);
        assert_int_equal(kl_callbacks_change(svc, order, names[i], err), KL_OK);
        assert_int_equal(world->klarna->calls, 0);
        assert_int_equal(world_order(world, id)->check_at, fake_clock_now());
        assert_int_equal(world_order(world, id)->instore->state, KL_INSTORE_WAITING);
        assert_string_equal(told, id);
    }
}

static void a_hint_is_kept_and_verified(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->refuses_used_token = 1;
    op = world_in_doubt(world, act_place, id, "k", FAKE_LOST_AFTER);
    fake_klarna_arm(world->klarna, 0, 0);
    assert_int_equal(changed(world, id, "klarna-order-1", &err), KL_OK);
    assert_int_equal(changed(world, id, "klarna-order-1", &err), KL_OK); /* twice is once */
    assert_int_equal(world->klarna->calls, 0);
    assert_string_equal(world_order(world, id)->klarna_order_id, "");
    assert_string_equal(fake_store_operation(world->store, op->id)->hint, "klarna-order-1");
    assert_true(world_round(world, world->p) > 0);
    check_placed_once(world, id, "by its hint");
}

static void a_hint_while_somebody_works_comes_again(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    kl_operation_t *row;
    kl_error_t *err;

    row = fake_store_operation(world->store,
                               world_in_doubt(world, act_place, id, "k", FAKE_LOST_AFTER)->id);
    row->lease_until = fake_clock_now() + 1;
    assert_int_equal(changed(world, id, "klarna-order-1", &err), KL_CONFLICT);
    check_error(err, KL_CONFLICT, "in_progress");
    assert_string_equal(row->hint, "");
}

/* What is queued was not executed, what is final has its answer, no name is no hint, and
 * without a placement there is nothing to say it of. */
static void a_hint_that_nobody_waits_for_is_let_go(void **state)
{
    static const kl_op_state_t states[] = {KL_OP_QUEUED, KL_OP_REFUSED, KL_OP_CONFIRMED};

    for (int i = 0; i < 3; i++) {
        world_t *world = new_world(state);
        const char *id = world_created(world);
        kl_operation_t *row;
        kl_error_t *err;

        assert_int_equal(changed(world, id, "klarna-order-1", &err), KL_OK);
        row = fake_store_operation(world->store,
                                   world_in_doubt(world, act_place, id, "k", FAKE_LOST_AFTER)->id);
        assert_int_equal(changed(world, id, "", &err), KL_OK);
        assert_string_equal(row->hint, "");
        row->state = states[i];
        assert_int_equal(changed(world, id, "klarna-order-1", &err), KL_OK);
        assert_string_equal(row->hint, "");
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(an_address_needs_its_secret),
        WITH_POOL(how_it_ended_is_noted),
        WITH_POOL(a_shopper_who_never_came_back),
        WITH_POOL(the_callback_before_the_browser),
        WITH_POOL(the_callback_after_the_browser),
        WITH_POOL(the_callback_again_and_again),
        WITH_POOL(the_callback_while_the_browser_places),
        WITH_POOL(the_browser_while_the_callback_is_stored),
        WITH_POOL(a_callback_that_dies_is_repeated),
        WITH_POOL(a_busy_order_is_told),
        WITH_POOL(a_token_that_is_none_is_refused),
        WITH_POOL(a_token_after_the_end_buys_nothing),
        WITH_POOL(a_notification_only_makes_the_order_due),
        WITH_POOL(a_notification_that_meets_another_change_is_taken_all_the_same),
        WITH_POOL(a_payment_in_a_store_is_due_and_its_till_told),
        WITH_POOL(a_hint_is_kept_and_verified),
        WITH_POOL(a_hint_while_somebody_works_comes_again),
        WITH_POOL(a_hint_that_nobody_waits_for_is_let_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
