/* SPDX-License-Identifier: Apache-2.0 */
/* What Klarna was told of the shopper is in the placement, whoever told it and whoever places; and
 * is kept no longer than that. This Klarna refuses any difference. */
#include "tests/unit/service_checks.h"

#include "service/callbacks.h"
#include "service/told.h"

#define MAX_STEPS 80
#define TOKEN_KEY "bound to the token"
#define BROWSER \
    "{\"billing_address\":{\"postal_code\":\"11122\",\"email\":\"a@example.test\"}," \
    "\"shipping_address\":{\"city\":\"Lund\"}}"
#define SECOND "token-2"

static const kl_order_t *payment(const world_t *world, const char *id)
{
    for (int i = 0; i < world->store->payments->nelts; i++) {
        const kl_order_t *row = APR_ARRAY_IDX(world->store->payments, i, kl_order_t *);

        if (strcmp(row->id, id) == 0) {
            return row;
        }
    }
    return NULL;
}

static const char *browser_told(world_t *world)
{
    const char *id = world_created(world);

    fake_klarna_tell(world->klarna, BROWSER);
    fake_klarna_arm(world->klarna, 0, 0); /* calls are counted from here */
    return id;
}

static kl_kind_t called_back(world_t *world, const char *id, const char *token)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_client_t client = world_client(strcmp(token, TOKEN) == 0 ? TOKEN_KEY : "the second's");
    kl_error_t *err = kl_error_make(world->p);
    kl_order_t *order = NULL;

    if (kl_service_order(svc, id, &order, err) != KL_OK) {
        return err->kind;
    }
    return kl_callbacks_authorization(svc, order, token, &client, err);
}

static void check_placed(world_t *world, const char *id, const char *where)
{
    assert_int_equal(fake_klarna_executed(world->klarna, "place"), 1);
    world_check(world, id, where);
    world_check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
    assert_string_equal(world_order(world, id)->addresses, "");
    assert_string_equal(payment(world, id)->addresses, KL_ADDRESSES_GONE);
}

static void the_browser_tells_what_it_told(void **state)
{
    world_t *world = world_for(state);
    const char *id = browser_told(world);

    assert_non_null(strstr(payment(world, id)->addresses, "Ada"));
    world_must(world, act_place, id, TOKEN_KEY);
    assert_int_equal(world->klarna->calls, 1);
    check_placed(world, id, "browser");
}

/* A storefront of its own that says nothing is refused: that is what Klarna does. */
static void what_nobody_told_the_module_is_refused(void **state)
{
    world_t *world = world_for(state);
    const char *id = browser_told(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->browser = (kl_addresses_t){NULL};
    assert_int_equal(world_try(world, act_place, id, TOKEN_KEY, &op, &err), KL_OK);
    assert_string_equal(op->error_code, "BAD_VALUE");
}

static void the_callback_asks_klarna_what_it_was_told(void **state)
{
    world_t *world = world_for(state);
    const char *id = browser_told(world);

    assert_int_equal(called_back(world, id, TOKEN), KL_OK);
    assert_int_equal(world->klarna->calls, 0); /* answered at once */
    assert_true(world_drain(world));
    check_placed(world, id, "callback");
}

/* It came first, as it mostly does: the browser need not wait for another call. */
static void the_browser_completes_what_the_callback_left(void **state)
{
    world_t *world = world_for(state);
    const char *id = browser_told(world);

    assert_int_equal(called_back(world, id, TOKEN), KL_OK);
    world_must(world, act_place, id, TOKEN_KEY);
    assert_int_equal(world->klarna->calls, 1);
    assert_int_equal(world->store->operations->nelts, 1);
    check_placed(world, id, "browser after callback");
}

static void the_callback_waits_while_klarna_cannot_be_asked(void **state)
{
    for (int kind = 0; kind < FAKE_KLARNA_FAULTS; kind++) {
        world_t *world = world_for(state);
        const char *id = browser_told(world);
        const char *where = fake_klarna_fault_name((fake_klarna_fault_t)kind);

        assert_int_equal(called_back(world, id, TOKEN), KL_OK);
        fake_clock_advance(apr_time_from_sec(10));
        fake_klarna_arm(world->klarna, 1, (fake_klarna_fault_t)kind);
        world_round(world, world->p);
        fake_klarna_arm(world->klarna, 0, 0);
        assert_true(world_drain(world));
        if (kind == FAKE_409_BUSY || kind == FAKE_409_TWICE) {
            continue; /* no answer to a read: like a session that is gone */
        }
        check_placed(world, id, where);
    }
}

/* The token lives on: it is placed with what is known. */
static void a_session_that_klarna_has_forgotten_stops_nothing(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_created(world);

    world->klarna->session_refusal = "NOT_FOUND";
    assert_int_equal(called_back(world, id, TOKEN), KL_OK);
    assert_true(world_drain(world));
    check_placed(world, id, "forgotten");
}

/* --- another token ---------------------------------------------------------------------- */

static kl_kind_t act_place_second(kl_service_t *svc, const char *id, const kl_client_t *client,
                                  kl_operation_t **out, kl_error_t *err)
{
    kl_place_request_t want = {.authorization_token = SECOND,
                               .key = fake_store_order(svc->store->impl, id)->key};
    kl_ask_t ask = {.order_id = id, .client = client, .place = &want};
    kl_acted_t acted = {NULL, NULL, NULL};
    kl_kind_t rv = kl_act(svc, &kl_placement_action, &ask, &acted, err);

    *out = acted.last;
    return rv;
}

static const char *declined_once(world_t *world)
{
    const char *id = browser_told(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->refuses = "/order";
    assert_int_equal(world_try(world, act_place, id, TOKEN_KEY, &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    world->klarna->refuses = NULL;
    assert_string_equal(payment(world, id)->addresses, KL_ADDRESSES_GONE);
    fake_klarna_authorize(world->klarna, SECOND, CART_AMOUNT);
    return id;
}

static void another_token_asks_klarna_what_is_wiped(void **state)
{
    world_t *world = world_for(state);
    const char *id = declined_once(world);

    world_must(world, act_place_second, id, "second");
    check_placed(world, id, "second token");
}

static void another_token_by_the_callback(void **state)
{
    world_t *world = world_for(state);
    const char *id = declined_once(world);

    assert_int_equal(called_back(world, id, SECOND), KL_OK);
    assert_true(world_drain(world));
    check_placed(world, id, "second token");
}

/* --- carts ------------------------------------------------------------------------------ */

static kl_kind_t update(world_t *world, const char *id, const char *told, kl_error_t *err)
{
    kl_payment_id_t which = {id, world_order(world, id)->key};
    kl_cart_t *cart = world_cart(world->p);
    kl_order_t *order = NULL;

    assert_true(kl_addresses_parse(&cart->told, world->p, told));
    return kl_checkout_update(world_service(world, world->p), &which, cart, &order, err);
}

static void a_cart_tells_more_or_less(void **state)
{
    static const char *const carts[] = {
        "{\"billing_address\":{\"given_name\":\"Bo\",\"street_address2\":\"Door 2\"}}",
        "{\"billing_address\":{\"family_name\":\"Berg\"}}",
        "{\"shipping_address\":{\"city\":\"Lund\"}}",
        "",
    };
    world_t *world = world_for(state);
    const char *id = world_created(world);
    kl_error_t *err = kl_error_make(world->p);

    for (size_t i = 0; i < sizeof(carts) / sizeof(carts[0]); i++) {
        assert_int_equal(update(world, id, carts[i], err), KL_OK);
    }
    assert_non_null(strstr(payment(world, id)->addresses, "\"street_address2\":\"\""));
    assert_non_null(strstr(payment(world, id)->addresses, "1971")); /* the first cart's */
    world_must(world, act_place, id, TOKEN_KEY);
    check_placed(world, id, "updated");
}

static void a_cart_after_a_decline_is_known_again(void **state)
{
    world_t *world = world_for(state);
    const char *id = declined_once(world);
    kl_error_t *err = kl_error_make(world->p);

    assert_int_equal(update(world, id, BROWSER, err), KL_OK);
    assert_non_null(strstr(payment(world, id)->addresses, "Lund"));
    assert_int_equal(update(world, id, "", err), KL_OK);
    assert_non_null(strstr(payment(world, id)->addresses, "Lund"));
}

/* --- what has ended keeps nothing ------------------------------------------------------- */

static void the_widgets_no_wipes(void **state)
{
    world_t *world = world_for(state);
    const char *id = browser_told(world);
    kl_payment_id_t which = {id, world_order(world, id)->key};
    kl_error_t *err = kl_error_make(world->p);
    kl_order_t *order = NULL;

    assert_int_equal(kl_checkout_declined(world_service(world, world->p), &which, "no", &order,
                                          err),
                     KL_OK);
    assert_string_equal(payment(world, id)->addresses, KL_ADDRESSES_GONE);
    fake_klarna_authorize(world->klarna, SECOND, CART_AMOUNT);
    world_must(world, act_place_second, id, "second");
    check_placed(world, id, "after the widget's no");
}

static void an_abandoned_one_is_wiped(void **state)
{
    world_t *world = world_for(state);
    const char *id = browser_told(world);

    fake_clock_advance(apr_time_from_sec(49 * 3600 + 1));
    world_look(world, id, 0);
    assert_int_equal(payment(world, id)->state, KL_ORDER_ABANDONED);
    assert_string_equal(payment(world, id)->addresses, KL_ADDRESSES_GONE);
}

static void an_orphan_is_wiped(void **state)
{
    world_t *world = world_for(state);
    const char *id = browser_told(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->refuses_used_token = 1;
    world_in_doubt(world, act_place, id, TOKEN_KEY, FAKE_LOST_AFTER);
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S + KL_IN_FLIGHT_S + 1));
    assert_int_equal(world_try(world, act_place, id, TOKEN_KEY, &op, &err), KL_OK);
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_ORPHAN);
    assert_string_equal(payment(world, id)->addresses, "");
}

/* --- death and faults at every step ------------------------------------------------------- */

/* Klarna calls back, then the worker, the browser, or both; something happens at step n. What is
 * left is finished by the worker. Gives 0 when nothing happened any more. */
static int survives(void **state, world_arm_fn arm, int n, int kind, int browser)
{
    world_t *world = world_for(state);
    const char *id = browser_told(world);
    volatile int died = 0;
    kl_operation_t *op;
    kl_error_t *err;

    fake_process_calm(&world->process);
    arm(world, n, kind);
    if (setjmp(world->process.death) == 0) {
        called_back(world, id, TOKEN);
        fake_clock_advance(apr_time_from_sec(browser ? 1 : 11));
        if (browser) {
            world_try(world, act_place, id, TOKEN_KEY, &op, &err);
        }
        world_round(world, world->p);
    }
    else {
        died = 1;
    }
    died |= world->klarna->fail_at && world->klarna->calls >= n;
    died |= world->store->fail_at && world->store->calls >= n;
    fake_process_calm(&world->process);
    world_arm_klarna(world, 0, 0);
    world_arm_store(world, 0, 0);
    for (int i = 0; i < 4; i++) { /* three attempts, and more than a lease of time */
        fake_clock_advance(apr_time_from_sec(30));
        called_back(world, id, TOKEN);
    }
    assert_true(world_drain(world));
    check_placed(world, id, "after a fault");
    return died;
}

static void check_every_step(void **state, world_arm_fn arm, int kinds)
{
    for (int kind = 0; kind < kinds; kind++) {
        for (int browser = 0; browser < 2; browser++) {
            int n = 1;

            while (survives(state, arm, n, kind, browser)) {
                assert_true(n++ < MAX_STEPS);
            }
            assert_true(n > 1);
        }
    }
}

static void it_dies_at_every_step(void **state)
{
    check_every_step(state, world_arm_death, 2);
}

static void every_exchange_fails(void **state)
{
    check_every_step(state, world_arm_klarna, FAKE_409_BUSY);
}

static void every_store_call_fails(void **state)
{
    check_every_step(state, world_arm_store, FAKE_STORE_FAULTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(the_browser_tells_what_it_told),
        WITH_POOL(what_nobody_told_the_module_is_refused),
        WITH_POOL(the_callback_asks_klarna_what_it_was_told),
        WITH_POOL(the_browser_completes_what_the_callback_left),
        WITH_POOL(the_callback_waits_while_klarna_cannot_be_asked),
        WITH_POOL(a_session_that_klarna_has_forgotten_stops_nothing),
        WITH_POOL(another_token_asks_klarna_what_is_wiped),
        WITH_POOL(another_token_by_the_callback),
        WITH_POOL(a_cart_tells_more_or_less),
        WITH_POOL(a_cart_after_a_decline_is_known_again),
        WITH_POOL(the_widgets_no_wipes),
        WITH_POOL(an_abandoned_one_is_wiped),
        WITH_POOL(an_orphan_is_wiped),
        WITH_POOL(it_dies_at_every_step),
        WITH_POOL(every_exchange_fails),
        WITH_POOL(every_store_call_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
