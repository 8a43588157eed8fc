/* SPDX-License-Identifier: Apache-2.0 */
/* Placing an order: what it takes, what a decline leaves, and what is stored of it. */
#include "tests/unit/service_checks.h"

#include "service/look.h"

static void placing(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_created(world);
    const kl_operation_t *op;

    world_must(world, act_place, id, "place");
    op = world_last_operation(world);
    assert_string_equal(op->result_id, "klarna-order-1");
    assert_non_null(strstr(op->result, "https://pay.example/klarna-order-1"));
    assert_string_equal(op->path, ""); /* it held the token */
    assert_string_equal(op->body, "");
    assert_string_equal(world_order(world, id)->client_token, "");
    world_check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
    world_must_refuse(world, act_place, id, KL_CONFLICT, "not_open");
}

static void a_declined_placement_leaves_the_payment_open(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_created(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->refuses = "/order";
    assert_int_equal(world_try(world, act_place, id, "place", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    assert_string_equal(op->error_code, "NOT_ALLOWED");
    assert_string_equal(op->path, "");
    world->klarna->refuses = NULL;
    world_must(world, act_place, id, "another authorization");
    world_check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
}

static kl_kind_t place_with(kl_service_t *svc, const char *id, const char *key, const char *token,
                            kl_error_t *err)
{
    kl_place_request_t want = {.authorization_token = token, .key = key};
    kl_client_t client = world_client("place");
    kl_ask_t ask = {.order_id = id, .client = &client, .place = &want};
    kl_acted_t acted;

    return kl_act(svc, &kl_placement_action, &ask, &acted, err);
}

static void placing_needs_the_key_and_a_token(void **state)
{
    world_t *world = world_for(state);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    const char *id = world_created(world);

    place_with(svc, id, "another key", TOKEN, err);
    check_error(err, KL_NOT_FOUND, "no_such_order");
    kl_error_clear(err);
    place_with(svc, id, world_order(world, id)->key, "../orders", err);
    check_field(err, "authorization_token", "authorization_token");
    assert_int_equal(world->store->operations->nelts, 0);
}

/* Klarna answers with half a body, then refuses the token that it used: that is no refusal. */
static void an_unreadable_placement_is_never_refused(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_created(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->refuses_used_token = 1;
    fake_klarna_arm(world->klarna, 1, FAKE_MALFORMED);
    assert_int_equal(world_try(world, act_place, id, "place", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_string_equal(op->error_code, "unreadable_answer");
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
    assert_int_equal(world_try(world, act_place, id, "place", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_string_equal(op->error_code, "INVALID_OPERATION");
    assert_string_equal(world_order(world, id)->pending_op, op->id);
}

/* The answer names the order, and no second answer would: it is stored at the second try. */
static void klarnas_yes_is_stored_again_when_the_store_fails(void **state)
{
    for (int kind = 0; kind <= FAKE_STORE_FAILS_AFTER; kind++) {
        world_t *world = world_for(state);
        const char *id = world_created(world);
        int calls;

        /* The outcome is stored by the last call but two; the booking stores the articles, then
         * saves the order. */
        fake_store_arm(world->store, 0, 0);
        world_must(world, act_place, id, "to count");
        calls = world->store->calls;
        world = world_for(state);
        id = world_created(world);
        world->klarna->refuses_used_token = 1;
        fake_store_arm(world->store, calls - 2, (fake_store_fault_t)kind);
        world_must(world, act_place, id, "k");
        assert_int_equal(fake_clock_slept(), apr_time_from_msec(100));
        world_check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
    }
}

/* --- Klarna is told that the shop knows of the order ------------------------------------- */

static int acknowledged(const world_t *world)
{
    return fake_klarna_executed(world->klarna, "acknowledge");
}

static void the_worker_acknowledges_once(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    assert_int_equal(acknowledged(world), 0); /* no shopper waits for it */
    world_look(world, id, 0);
    assert_int_equal(acknowledged(world), 0); /* who ships at once captures first */
    for (int i = 0; i < 3; i++) {
        assert_null(world_look(world, id, 0));
        assert_int_equal(acknowledged(world), 1);
    }
    assert_string_equal(world_last_operation(world)->actor, "worker");
    assert_int_equal(world_order(world, id)->unacknowledged, 0);
    world_check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
    world_check(world, id, "acknowledged");
}

/* Who waits for Klarna's decision ships at once. */
static void a_look_with_news_acknowledges_nothing(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    world_look(world, id, 0);
    world_klarna_order(world, id)->fraud_status = "PENDING";
    world_look(world, id, 0);
    world_klarna_order(world, id)->fraud_status = "ACCEPTED";
    world_look(world, id, 0);
    assert_int_equal(acknowledged(world), 0);
    world_look(world, id, 0);
    assert_int_equal(acknowledged(world), 1);
}

static void a_capture_acknowledges_whoever_made_it(void **state)
{
    for (int outside = 0; outside < 2; outside++) {
        world_t *world = world_for(state);
        const char *id = world_placed(world);

        world_look(world, id, 0);
        if (outside) {
            fake_klarna_outside(world->klarna, world_klarna_order(world, id)->id, "capture", 5000,
                                "portal");
        }
        else {
            world_must(world, act_capture_cup, id, "ships");
        }
        world_look(world, id, 0);
        world_look(world, id, 0);
        assert_int_equal(acknowledged(world), 0);
        assert_int_equal(world_order(world, id)->unacknowledged, 0);
    }
}

static void what_is_over_is_not_acknowledged(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    world_look(world, id, 0);
    world_must(world, act_cancel, id, "cancels");
    world_look(world, id, 0);
    assert_int_equal(acknowledged(world), 0);
    world_must_refuse(world, act_acknowledge, id, KL_CONFLICT, "not_acknowledgeable");
}

static void klarnas_no_changes_nothing_and_is_told_once(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world), *told;

    world_look(world, id, 0);
    world->klarna->refuses = "/acknowledge";
    told = world_look(world, id, 0);
    assert_non_null(told);
    assert_non_null(strstr(told, "NOT_ALLOWED"));
    assert_null(world_look(world, id, 0));
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
    world_check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
    assert_int_equal(acknowledged(world), 0);
    world_must(world, act_capture_all, id, "ships");
    world_check(world, id, "after a no");
}

/* In doubt, or kept off by a Klarna that does not answer: who comes goes first, and it is made
 * again as long as nothing was captured. */
static void it_never_keeps_anybody_waiting(void **state)
{
    for (int captures = 0; captures < 2; captures++) {
        world_t *world = world_for(state);
        const char *id = world_placed(world);
        kl_operation_t *op;

        world_look(world, id, 0);
        op = world_in_doubt(world, act_acknowledge, id, "", FAKE_LOST_BEFORE);
        assert_string_equal(world_order(world, id)->pending_op, op->id);
        world_must(world, captures ? act_capture_all : act_references, id, "a clerk");
        assert_int_equal(fake_store_operation(world->store, op->id)->state, KL_OP_REFUSED);
        world_look(world, id, 0);
        assert_int_equal(acknowledged(world), !captures);
        world_check(world, id, "a clerk came");
    }
}

/* As long as Klarna does not answer to it: the order is nobody's after each look. */
static void without_an_answer_the_order_is_free(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);

    world_look(world, id, 0);
    svc->timeout = 1; /* one try */
    for (int looks = 0; looks < 3; looks++) {
        const char *note = NULL;

        fake_klarna_arm(world->klarna, 2, looks % 2 ? FAKE_LOST_AFTER : FAKE_LOST_BEFORE);
        assert_int_equal(kl_look_at(svc, world_order(world, id), &note, err), KL_OK);
        assert_null(note);
        assert_string_equal(world_order(world, id)->pending_op, "");
    }
    fake_klarna_arm(world->klarna, 0, FAKE_LOST_BEFORE);
    world_look(world, id, 0);
    assert_int_equal(world_order(world, id)->unacknowledged, 0);
    world_check(world, id, "acknowledged at last");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(the_worker_acknowledges_once),
        WITH_POOL(without_an_answer_the_order_is_free),
        WITH_POOL(a_look_with_news_acknowledges_nothing),
        WITH_POOL(a_capture_acknowledges_whoever_made_it),
        WITH_POOL(what_is_over_is_not_acknowledged),
        WITH_POOL(klarnas_no_changes_nothing_and_is_told_once),
        WITH_POOL(it_never_keeps_anybody_waiting),
        WITH_POOL(placing),
        WITH_POOL(a_declined_placement_leaves_the_payment_open),
        WITH_POOL(placing_needs_the_key_and_a_token),
        WITH_POOL(an_unreadable_placement_is_never_refused),
        WITH_POOL(klarnas_yes_is_stored_again_when_the_store_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
