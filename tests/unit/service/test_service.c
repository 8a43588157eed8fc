/* SPDX-License-Identifier: Apache-2.0 */
/* The context of a service: whose orders it sees, with which account it speaks. */
#include "tests/unit/service_checks.h"
#include "service/call.h"

#include <apr_strings.h>

static void other_merchants_orders_are_not_found(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world);

    world->account.name = "another shop";
    world_must_refuse(world, act_credit_cup, id, KL_NOT_FOUND, "no_such_order");
    world_must_refuse(world, act_place, id, KL_NOT_FOUND, "no_such_order");
}

/* Who works for several stores works on each order with its own store's account. */
static void an_order_picks_its_account(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_account_t other = world->account, third = world->account;
    const kl_account_t *accounts[] = {&other, &world->account};
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_operation_t *op = NULL;
    kl_order_t *order = NULL;

    other.name = "other shop";
    other.username = "other user";
    third.name = "third shop";
    third.username = "third user";
    svc->account = &other;
    svc->accounts = accounts;
    svc->accounts_n = 2;
    assert_int_equal(kl_service_order(svc, id, &order, err), KL_OK);
    assert_ptr_equal(svc->account, &other); /* a service is not changed by what it does */
    assert_int_equal(world_act(svc, act_capture_cup, id, "c", &op, err), KL_OK);
    assert_int_equal(op->state, KL_OP_CONFIRMED);
    assert_string_equal(world->klarna->username, world->account.username);
    assert_ptr_equal(svc->account, &other);

    accounts[1] = &third;
    order = NULL;
    assert_int_equal(kl_service_order(svc, id, &order, err), KL_NOT_FOUND);
    check_error(err, KL_NOT_FOUND, "no_such_order");
    assert_null(order);
    assert_ptr_equal(svc->account, &other);
}

/* An operation may be walked without its order having been loaded: it still never goes out with
 * the credentials of another store. */
static void an_operation_goes_out_with_its_own_account(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_account_t other = world->account;
    const kl_account_t *accounts[] = {&other, &world->account};
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_ask_t ask = {.order_id = id};
    kl_operation_t *op;
    kl_exchange_t ex = {0};
    int calls;

    other.name = "other shop";
    other.username = "other user";
    assert_int_equal(kl_act_later(svc, &kl_authorization_extend_action, &ask, err), KL_OK);
    op = apr_pmemdup(world->p, world_last_operation(world), sizeof(*op));
    svc->account = &other;
    calls = world->klarna->calls;
    assert_int_equal(kl_call_operation(svc, op, &ex, err), KL_INTERNAL);
    check_error(err, KL_INTERNAL, "wrong_store");
    assert_int_equal(world->klarna->calls, calls);
    assert_int_equal(op->attempts, 0);

    kl_error_clear(err);
    svc->accounts = accounts;
    svc->accounts_n = 2;
    assert_int_equal(kl_call_operation(svc, op, &ex, err), KL_OK);
    assert_ptr_equal(svc->account, &other); /* a service is not changed by what it does */
    assert_string_equal(world->klarna->username, world->account.username);
    assert_int_equal(world->klarna->calls, calls + 1);
}

static void without_randomness_nothing_starts(void **state)
{
    static const act_fn acts[] = {act_capture_cup, act_extend, act_credit_cup, act_tracking,
                                  act_release};
    world_t *world = world_for(state);
    const char *id = world_part_captured(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_client_t client = world_starter(world->p, "k");
    kl_order_t *order = NULL;
    kl_operation_t *op = NULL;
    kl_error_t *err = kl_error_make(world->p);
    int operations = world->store->operations->nelts;

    svc->random = fake_random_none;
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        kl_error_clear(err);
        acts[i](svc, id, &client, &op, err);
        check_error(err, KL_INTERNAL, "no_randomness");
    }
    kl_error_clear(err);
    kl_checkout_start(svc, world_cart(world->p), &client, &order, err);
    check_error(err, KL_INTERNAL, "no_randomness");
    assert_int_equal(world->store->operations->nelts, operations);
}

static const kl_department_t desk = {.name = "desk", .store = "clinic", .account = "clinic"},
                             ward = {.name = "ward", .store = "clinic", .account = "clinic.ward"};
static const kl_department_t *const both[] = {&desk, &ward};

static void a_department_is_named_or_the_only_one(void **state)
{
    kl_service_t svc = {.p = *state, .departments = both, .departments_n = 1};
    kl_error_t *err = kl_error_make(*state);
    const kl_department_t *found = NULL;

    assert_int_equal(kl_service_department(&svc, NULL, &found, err), KL_OK);
    assert_ptr_equal(found, &desk);
    svc.departments_n = 2;
    assert_int_equal(kl_service_department(&svc, "ward", &found, err), KL_OK);
    assert_ptr_equal(found, &ward);
    assert_int_equal(kl_service_department(&svc, NULL, &found, err), KL_INVALID);
    check_field(err, "missing", "department");
    assert_string_equal(err->expected, "desk, ward");
    kl_error_clear(err);
    assert_int_equal(kl_service_department(&svc, "yard", &found, err), KL_INVALID);
    check_field(err, "unknown_value", "department");
    assert_string_equal(err->expected, "desk, ward");
    kl_error_clear(err);
    svc.departments_n = 0;
    assert_int_equal(kl_service_department(&svc, NULL, &found, err), KL_CONFLICT);
    check_error(err, KL_CONFLICT, "no_department");
}

/* A payment keeps its department when that gets an account of its own later. */
static void a_payment_finds_its_department(void **state)
{
    kl_service_t svc = {.p = *state, .departments = both, .departments_n = 2};

    assert_ptr_equal(kl_service_department_of(&svc, "clinic", "desk"), &desk);
    assert_ptr_equal(kl_service_department_of(&svc, "clinic.ward", "ward"), &ward);
    assert_ptr_equal(kl_service_department_of(&svc, "clinic", "ward"), &ward);
    assert_null(kl_service_department_of(&svc, "clinic.ward", "desk"));
    assert_null(kl_service_department_of(&svc, "shop", "desk"));
    assert_null(kl_service_department_of(&svc, "clinic", "yard"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(other_merchants_orders_are_not_found),
        WITH_POOL(an_order_picks_its_account),
        WITH_POOL(an_operation_goes_out_with_its_own_account),
        WITH_POOL(without_randomness_nothing_starts),
        WITH_POOL(a_department_is_named_or_the_only_one),
        WITH_POOL(a_payment_finds_its_department),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
