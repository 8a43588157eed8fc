/* SPDX-License-Identifier: Apache-2.0 */
/* Payments before they are placed: started once, updated, read with their key. */
#include "tests/unit/service_checks.h"

#include <apr_strings.h>

static kl_kind_t start(world_t *world, const char *key, const char *hash, kl_order_t **order,
                       kl_error_t **err)
{
    kl_client_t client = {world_starter(world->p, key).key, hash};

    *err = kl_error_make(world->p);
    return kl_checkout_start(world_service(world, world->p), world_cart(world->p), &client, order,
                             *err);
}

static void starting_twice_gives_one_session(void **state)
{
    world_t *world = world_for(state);
    kl_order_t *first, *second;
    kl_error_t *err;

    assert_int_equal(start(world, "k", "h", &first, &err), KL_OK);
    assert_int_equal(start(world, "k", "h", &second, &err), KL_OK);
    assert_string_equal(second->id, first->id);
    assert_string_equal(second->session_id, "session-1");
    assert_string_equal(second->client_token, "ct-1");
    assert_non_null(second->payment_methods);
    assert_int_equal(world->klarna->sessions, 1);
    assert_int_equal(second->state, KL_ORDER_CREATED);
    start(world, "k", "another cart", &second, &err);
    check_field(err, "idempotency_key_reused", "Idempotency-Key");
    assert_int_equal(start(world, "", "", &second, &err), KL_OK);
    assert_int_equal(start(world, "", "", &second, &err), KL_OK);
    assert_int_equal(world->store->payments->nelts, 3);
}

static void a_refused_session_frees_its_key(void **state)
{
    world_t *world = world_for(state);
    kl_order_t *order = NULL;
    kl_error_t *err;

    world->klarna->refuses = "/sessions";
    assert_int_equal(start(world, "k", "h", &order, &err), KL_REFUSED);
    assert_int_equal(world->store->payments->nelts, 0);
    world->klarna->refuses = NULL;
    assert_int_equal(start(world, "k", "a repaired cart", &order, &err), KL_OK);
    assert_string_equal(order->session_id, "session-1");
}

/* Whatever call failed, the same key then gives a session that can be paid with. */
static void check_start_again(world_t *world, const char *where)
{
    kl_order_t *order = NULL;
    kl_error_t *err;

    if (start(world, "k", "h", &order, &err) != KL_OK) {
        fail_msg("%s: %s", where, err->code);
    }
    assert_true(order->session_id[0] && order->client_token[0]);
    assert_int_equal(world->store->payments->nelts, 1);
    fake_klarna_authorize(world->klarna, TOKEN, CART_AMOUNT);
    world_must(world, act_place, order->id, "place");
    world_check(world, order->id, where);
}

static void a_lost_start_is_started_again(void **state)
{
    for (int kind = 0; kind < FAKE_KLARNA_FAULTS; kind++) {
        world_t *world = world_for(state);
        kl_order_t *order = NULL;
        kl_error_t *err;

        fake_klarna_arm(world->klarna, 1, (fake_klarna_fault_t)kind);
        assert_int_not_equal(start(world, "k", "h", &order, &err), KL_OK);
        assert_int_not_equal(err->kind, KL_OK);
        fake_klarna_arm(world->klarna, 0, 0);
        check_start_again(world, fake_klarna_fault_name((fake_klarna_fault_t)kind));
    }
    for (int n = 1; n <= 2; n++) {
        for (int kind = 0; kind <= FAKE_STORE_FAILS_AFTER; kind++) {
            world_t *world = world_for(state);
            kl_order_t *order = NULL;
            kl_error_t *err;

            fake_store_arm(world->store, n, (fake_store_fault_t)kind);
            assert_int_equal(start(world, "k", "h", &order, &err), KL_UNAVAILABLE);
            check_start_again(world, "store");
        }
    }
}

static kl_cart_t *bigger_cart(apr_pool_t *p)
{
    kl_cart_t *cart = apr_pmemdup(p, world_cart(p), sizeof(*cart));
    kl_line_t *cup = &APR_ARRAY_IDX(cart->lines, 0, kl_line_t);

    cup->quantity = 3;
    cup->total_amount = 15000;
    cup->total_tax_amount = 3000;
    cart->order_amount = 15500;
    cart->order_tax_amount = 3100;
    return cart;
}

static kl_kind_t update(world_t *world, const char *id, const char *key, kl_error_t **err)
{
    kl_order_t *order = NULL;

    *err = kl_error_make(world->p);
    return kl_checkout_update(world_service(world, world->p), &(kl_payment_id_t){id, key},
                              bigger_cart(world->p), &order, *err);
}

/* Stored and left to the worker, as Klarna's callback does it. */
static void leave_placement(world_t *world, const char *id, const char *token)
{
    kl_place_request_t want = {.authorization_token = token};
    kl_ask_t ask = {.order_id = id, .after = apr_time_from_sec(10), .place = &want};

    assert_int_equal(kl_act_later(world_service(world, world->p), &kl_placement_action, &ask,
                                  kl_error_make(world->p)),
                     KL_OK);
}

static void updating(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_created(world), *key = world_order(world, id)->key;
    kl_error_t *err;

    update(world, id, "another key", &err);
    check_error(err, KL_NOT_FOUND, "no_such_order");
    assert_int_equal(update(world, id, key, &err), KL_OK);
    assert_int_equal(world_order(world, id)->order_amount, 15500);
    assert_non_null(strstr(world->klarna->session_body, "15500"));
    world->klarna->refuses = "/sessions";
    assert_int_equal(update(world, id, key, &err), KL_REFUSED);
    world->klarna->refuses = NULL;
    fake_klarna_authorize(world->klarna, "token-2", 15500);
    leave_placement(world, id, "token-2");
    update(world, id, key, &err);
    check_error(err, KL_CONFLICT, "order_busy");
}

static void a_placed_payment_has_its_cart_for_good(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_error_t *err;

    update(world, id, world_order(world, id)->key, &err);
    check_error(err, KL_CONFLICT, "not_open");
    world_check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
}

static void reading_needs_the_key(void **state)
{
    world_t *world = world_for(state);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    const char *id = world_created(world);
    kl_order_t *order = NULL;

    assert_int_equal(kl_checkout_read(svc, id, world_order(world, id)->key, &order, err), KL_OK);
    assert_string_equal(order->id, id);
    kl_checkout_read(svc, id, "", &order, err);
    check_error(err, KL_NOT_FOUND, "no_such_order");
    kl_error_clear(err);
    kl_checkout_read(svc, "no id", "", &order, err);
    check_error(err, KL_NOT_FOUND, "no_such_order");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(starting_twice_gives_one_session),
        WITH_POOL(a_refused_session_frees_its_key),
        WITH_POOL(a_lost_start_is_started_again),
        WITH_POOL(updating),
        WITH_POOL(a_placed_payment_has_its_cart_for_good),
        WITH_POOL(reading_needs_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
