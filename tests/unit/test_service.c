/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The services one by one: what each action moves, what it refuses and with which words,
 * and the rules that all share: one answer for one key, one operation on an order at a
 * time, a lease for whoever works, and healing of what was left behind.
 */
#include "service_fixture.h"
#include "service/call.h"
#include "service/journal.h"

#include <apr_strings.h>

static world_t *new_world(void **state)
{
    return world_make(*state);
}

/* The action with a fresh service; gives the operation where the walk ended. */
static kl_kind_t act(world_t *world, act_fn prepare, const char *id, const char *key,
                     kl_operation_t **op, kl_error_t **err)
{
    *err = kl_error_make(world->p);
    return world_act(world_service(world, world->p), prepare, id, key, op, *err);
}

static void must_be_refused(world_t *world, act_fn prepare, const char *id, kl_kind_t kind,
                            const char *code)
{
    const char *before = world_ledgers(world, world->p, id);
    int operations = world->store->operations->nelts;
    kl_operation_t *op = NULL;
    kl_error_t *err;

    act(world, prepare, id, "refused", &op, &err);
    check_error(err, kind, code);
    assert_string_equal(world_ledgers(world, world->p, id), before);
    assert_int_equal(world->store->operations->nelts, operations); /* nothing half-stored */
}

static void check_ours(const world_t *world, const char *id, const char *state,
                       apr_int64_t captured, apr_int64_t refunded, apr_int64_t remaining)
{
    const kl_order_t *order = world_order(world, id);

    assert_string_equal(kl_order_state_name(order->state), state);
    assert_int_equal(order->captured_amount, captured);
    assert_int_equal(order->refunded_amount, refunded);
    assert_int_equal(order->remaining_amount, remaining);
    world_check(world, id, "at the end");
}

static const kl_credit_invoice_t *last_credit(const world_t *world, const char *id)
{
    const apr_array_header_t *all = world_order(world, id)->credit_invoices;

    assert_true(all->nelts > 0);
    return &APR_ARRAY_IDX(all, all->nelts - 1, kl_credit_invoice_t);
}

static const kl_operation_t *last_operation(const world_t *world)
{
    const apr_array_header_t *all = world->store->operations;

    assert_true(all->nelts > 0);
    return APR_ARRAY_IDX(all, all->nelts - 1, kl_operation_t *);
}

static void check_held_by(const world_t *world, const char *id, const char *operation_id)
{
    assert_string_equal(world_order(world, id)->pending_op, operation_id);
}

/* One try only: the answer of the next call is lost and stays lost. */
static kl_kind_t act_and_lose(world_t *world, act_fn prepare, const char *id, const char *key,
                              fake_klarna_fault_t how, kl_operation_t **op, kl_error_t **err)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_kind_t rv;

    svc->timeout = 1;
    *err = kl_error_make(world->p);
    fake_klarna_arm(world->klarna, 1, how);
    rv = world_act(svc, prepare, id, key, op, *err);
    fake_klarna_arm(world->klarna, 0, how);
    return rv;
}

/* --- placing --------------------------------------------------------------------------- */

static void placing(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    const kl_operation_t *op;

    world_must(world, act_place, id, "place");
    op = last_operation(world);
    assert_string_equal(op->result_id, "klarna-order-1");
    assert_non_null(strstr(op->result, "https://pay.example/klarna-order-1"));
    assert_string_equal(op->path, ""); /* it held the token */
    assert_string_equal(op->body, "");
    assert_string_equal(world_order(world, id)->client_token, "");
    check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
    must_be_refused(world, act_place, id, KL_CONFLICT, "not_open");
}

static void a_declined_placement_leaves_the_payment_open(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_created(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->refuses = "/order";
    assert_int_equal(act(world, act_place, id, "place", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    assert_string_equal(op->error_code, "NOT_ALLOWED");
    assert_string_equal(op->path, "");
    world->klarna->refuses = NULL;
    world_must(world, act_place, id, "another authorization");
    check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
}

static kl_kind_t place_with(kl_service_t *svc, const char *id, const char *key, const char *token,
                            kl_error_t *err)
{
    kl_place_request_t want = {.authorization_token = token};
    kl_client_t client = world_client("place");
    kl_ask_t ask = {.order_id = id, .client = &client, .place = &want};
    kl_acted_t acted;

    return kl_placement_by_shopper(svc, key, &ask, &acted, err);
}

static void placing_needs_the_key_and_a_token(void **state)
{
    world_t *world = new_world(state);
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
    world_t *world = new_world(state);
    const char *id = world_created(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->refuses_used_token = 1;
    fake_klarna_arm(world->klarna, 1, FAKE_MALFORMED);
    assert_int_equal(act(world, act_place, id, "place", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_string_equal(op->error_code, "unreadable_answer");
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
    assert_int_equal(act(world, act_place, id, "place", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_string_equal(op->error_code, "INVALID_OPERATION");
    assert_string_equal(world_order(world, id)->pending_op, op->id);
}

/* The answer names the order, and no second answer would: it is stored at the second try. */
static void klarnas_yes_is_stored_again_when_the_store_fails(void **state)
{
    for (int kind = 0; kind <= FAKE_STORE_FAILS_AFTER; kind++) {
        world_t *world = new_world(state);
        const char *id = world_created(world);
        int calls;

        /* The outcome is stored by the last call but one; the booking saves the order. */
        fake_store_arm(world->store, 0, 0);
        world_must(world, act_place, id, "to count");
        calls = world->store->calls;
        world = new_world(state);
        id = world_created(world);
        world->klarna->refuses_used_token = 1;
        fake_store_arm(world->store, calls - 1, (fake_store_fault_t)kind);
        world_must(world, act_place, id, "k");
        assert_int_equal(fake_clock_slept(), apr_time_from_msec(100));
        check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
    }
}

/* --- sessions -------------------------------------------------------------------------- */

static kl_kind_t start(world_t *world, const char *key, const char *hash, kl_order_t **order,
                       kl_error_t **err)
{
    kl_client_t client = {key, hash};

    *err = kl_error_make(world->p);
    return kl_checkout_start(world_service(world, world->p), world_cart(world->p), &client, order,
                             *err);
}

static void starting_twice_gives_one_session(void **state)
{
    world_t *world = new_world(state);
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
    assert_int_equal(world->store->orders->nelts, 3);
}

static void a_refused_session_frees_its_key(void **state)
{
    world_t *world = new_world(state);
    kl_order_t *order = NULL;
    kl_error_t *err;

    world->klarna->refuses = "/sessions";
    assert_int_equal(start(world, "k", "h", &order, &err), KL_REFUSED);
    assert_int_equal(world_order(world, order->id)->state, KL_ORDER_ABANDONED);
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
    assert_int_equal(world->store->orders->nelts, 1);
    fake_klarna_authorize(world->klarna, TOKEN, CART_AMOUNT);
    world_must(world, act_place, order->id, "place");
    world_check(world, order->id, where);
}

static void a_lost_start_is_started_again(void **state)
{
    for (int kind = 0; kind < FAKE_KLARNA_FAULTS; kind++) {
        world_t *world = new_world(state);
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
            world_t *world = new_world(state);
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
    world_t *world = new_world(state);
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
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_error_t *err;

    update(world, id, world_order(world, id)->key, &err);
    check_error(err, KL_CONFLICT, "not_open");
    check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
}

static void reading_needs_the_key(void **state)
{
    world_t *world = new_world(state);
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

/* --- the back office ------------------------------------------------------------------- */

static void capturing(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    const kl_capture_t *capture;

    check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
    capture = kl_order_find_capture(world_order(world, id), "capture-1");
    assert_non_null(capture);
    assert_string_equal(capture->reference, "parcel");
    world_must(world, act_tracking, id, "tracking");
    capture = kl_order_find_capture(world_order(world, id), "capture-1");
    assert_non_null(strstr(capture->shipping_info, "T1"));
    assert_non_null(strstr(capture->shipping_info, "T2"));
    world_must(world, act_capture_all, id, "the rest");
    check_ours(world, id, "CAPTURED", 10500, 0, 0);
    must_be_refused(world, act_capture_all, id, KL_CONFLICT, "not_capturable");
}

static void refunding(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);

    world_must(world, act_credit_cup, id, "first cup");
    assert_string_equal(last_credit(world, id)->state, "paid");
    assert_string_equal(last_credit(world, id)->actor, "clerk");
    world_must(world, act_credit_cup_less_fee, id, "second cup");
    assert_int_equal(last_credit(world, id)->paid_amount, 4500);
    check_ours(world, id, "CAPTURED", 10500, 9500, 0);
    must_be_refused(world, act_credit_cup, id, KL_INVALID, "too_many");
}

static void cancelling(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    must_be_refused(world, act_release, id, KL_CONFLICT, "not_releasable");
    world_must(world, act_cancel, id, "cancel");
    check_ours(world, id, "CANCELLED", 0, 0, 0);
    must_be_refused(world, act_cancel, id, KL_CONFLICT, "not_cancellable");
    must_be_refused(world, act_extend, id, KL_CONFLICT, "not_extendable");
}

static void cancelling_what_was_captured_refunds_all(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);

    world_must(world, act_cancel, id, "cancel");
    check_ours(world, id, "CAPTURED", 10500, 10500, 0);
}

static void reducing_and_releasing(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    world_must(world, act_extend, id, "extend");
    assert_int_equal(world_klarna_order(world, id)->extensions, 1);
    world_must(world, act_credit_cup, id, "one cup less");
    assert_int_equal(world_order(world, id)->order_amount, 5500);
    world_must(world, act_capture_cup, id, "the other cup");
    world_must(world, act_release, id, "release");
    check_ours(world, id, "CAPTURED", 5000, 0, 0);
}

static void tracking_needs_its_capture_and_a_parcel(void **state)
{
    world_t *world = new_world(state);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_client_t client = world_client("k");
    const char *id = world_part_captured(world);
    kl_tracking_request_t want = {"capture-9", "[{\"tracking_number\":\"T\"}]"};
    kl_ask_t ask = {.order_id = id, .client = &client, .tracking = &want};
    kl_acted_t acted;
    int operations = world->store->operations->nelts;

    kl_act(svc, &kl_capture_tracking_action, &ask, &acted, err);
    check_error(err, KL_NOT_FOUND, "no_such_capture");
    kl_error_clear(err);
    want = (kl_tracking_request_t){"capture-1", "[]"};
    kl_act(svc, &kl_capture_tracking_action, &ask, &acted, err);
    check_error(err, KL_INTERNAL, "no_request");
    assert_int_equal(world->store->operations->nelts, operations);
    assert_string_equal(world_order(world, id)->pending_op, "");
}

/* By client key, the order, two inserts around the claim (the operation, what it is found by),
 * sent, the outcome, what it is found by, the booking. */
static void a_refund_takes_nine_statements(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);

    fake_store_arm(world->store, 0, 0);
    world_must(world, act_credit_cup, id, "count");
    assert_int_equal(world->store->calls, 9);
}

static void previewing_changes_nothing(void **state)
{
    world_t *world = new_world(state);
    kl_error_t *err = kl_error_make(world->p);
    const char *id = world_part_captured(world);
    const char *before = world_ledgers(world, world->p, id);
    kl_credit_request_t want = {.what = {.everything = 1}, .reference = "", .comment = ""};
    kl_ask_t ask = {.order_id = id, .credit = &want};
    kl_order_t *order = NULL;
    kl_credit_plan_t plan;

    assert_int_equal(kl_credit_invoice_preview(world_service(world, world->p), &ask, &order, &plan,
                                               err),
                     KL_OK);
    assert_int_equal(plan.steps, 2);
    assert_int_equal(plan.step[0].verb, KL_VERB_RELEASE);
    assert_int_equal(plan.step[1].verb, KL_VERB_REFUND);
    assert_int_equal(plan.amount, 10500);
    assert_string_equal(world_ledgers(world, world->p, id), before);
}

static void a_pending_review_blocks_and_a_look_heals(void **state)
{
    world_t *world = new_world(state);
    const char *id;

    world->klarna->fraud_status = "PENDING";
    id = world_placed(world);
    must_be_refused(world, act_capture_all, id, KL_CONFLICT, "not_capturable");
    world_klarna_order(world, id)->fraud_status = "ACCEPTED";
    world_must(world, act_capture_all, id, "capture");
    assert_string_equal(world_order(world, id)->fraud_status, "ACCEPTED");
    check_ours(world, id, "CAPTURED", 10500, 0, 0);
}

static void other_merchants_orders_are_not_found(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);

    world->account.name = "another shop";
    must_be_refused(world, act_credit_cup, id, KL_NOT_FOUND, "no_such_order");
    must_be_refused(world, act_place, id, KL_NOT_FOUND, "no_such_order");
}

/* Who works for several stores works on each order with its own store's account. */
static void an_order_picks_its_account(void **state)
{
    world_t *world = new_world(state);
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
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_account_t other = world->account;
    const kl_account_t *accounts[] = {&other, &world->account};
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_ask_t ask = {.order_id = id};
    kl_operation_t *op;
    kl_exchange_t ex = {0};
    int calls = world->klarna->calls;

    other.name = "other shop";
    other.username = "other user";
    assert_int_equal(kl_act_later(svc, &kl_authorization_extend_action, &ask, err), KL_OK);
    op = apr_pmemdup(world->p, last_operation(world), sizeof(*op));
    svc->account = &other;
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
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    kl_service_t *svc = world_service(world, world->p);
    kl_client_t client = world_client("k");
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

/* --- chains ---------------------------------------------------------------------------- */

typedef struct watched_t {
    world_t *world;
    const char *id;
    int seen;
} watched_t;

/* Before each step: as long as the refund is not stored as confirmed, nothing is paid. */
static void watch_credit(void *baton)
{
    watched_t *watched = baton;
    const kl_order_t *order = world_order(watched->world, watched->id);

    if (order->credit_invoices->nelts > 0) {
        const kl_credit_invoice_t *ci = last_credit(watched->world, watched->id);
        const kl_operation_t *refund =
            fake_store_operation(watched->world->store,
                                 APR_ARRAY_IDX(ci->steps, 1, kl_credit_step_t).operation_id);

        assert_string_equal(ci->state, refund->state == KL_OP_CONFIRMED && !order->pending_op[0]
                                           ? "paid"
                                           : "pending");
        watched->seen++;
    }
}

static void a_credit_is_paid_when_every_step_is_confirmed(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    watched_t watched = {world, id, 0};

    world->process.hook = watch_credit;
    world->process.baton = &watched;
    world_must(world, act_cancel, id, "cancel");
    fake_process_calm(&world->process);
    assert_true(watched.seen > 5);
    assert_string_equal(last_credit(world, id)->state, "paid");
    check_ours(world, id, "CAPTURED", 5000, 5000, 0);
}

static void a_refused_first_step_discards_the_second(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->refuses = "/release";
    assert_int_equal(act(world, act_cancel, id, "cancel", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    assert_int_equal(op->kind, KL_OP_RELEASE);
    assert_int_equal(last_operation(world)->kind, KL_OP_REFUND);
    assert_int_equal(last_operation(world)->state, KL_OP_REFUSED);
    assert_string_equal(last_operation(world)->error_code, "not_started");
    assert_string_equal(last_credit(world, id)->state, "refused");
    check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

static void a_refused_second_step_leaves_it_partly_paid(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_part_captured(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->refuses = "/refunds";
    assert_int_equal(act(world, act_cancel, id, "cancel", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    assert_int_equal(op->kind, KL_OP_REFUND);
    assert_string_equal(last_credit(world, id)->state, "partly_paid");
    assert_int_equal(last_credit(world, id)->paid_amount, 5500);
    check_ours(world, id, "CAPTURED", 5000, 0, 0);
}

/* --- one answer for one key ------------------------------------------------------------ */

static void the_same_key_is_the_same_operation(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *first, *second;
    kl_error_t *err;

    assert_int_equal(act(world, act_capture_cup, id, "k", &first, &err), KL_OK);
    assert_int_equal(act(world, act_capture_cup, id, "k", &second, &err), KL_OK);
    assert_string_equal(second->id, first->id);
    assert_string_equal(second->result_id, "capture-1");
    world_must(world, act_capture_cup, id, "another key");
    check_ours(world, id, "PART_CAPTURED", 10000, 0, 500);
}

static void a_key_is_for_one_request(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_error_t *err = kl_error_make(world->p);
    kl_client_t other = {"k", "hash of another request"};
    kl_operation_t *op = NULL;

    world_must(world, act_capture_cup, id, "k");
    kl_journal_find(world_service(world, world->p), &other, &op, err);
    check_field(err, "idempotency_key_reused", "Idempotency-Key");
    assert_null(op);
}

static void without_a_key_each_request_is_its_own(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    world_must(world, act_capture_cup, id, "");
    world_must(world, act_capture_cup, id, "");
    check_ours(world, id, "PART_CAPTURED", 10000, 0, 500);
}

/* --- what was left behind -------------------------------------------------------------- */

static void an_unknown_operation_holds_its_order(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op, *other;
    kl_error_t *err;

    assert_int_equal(act_and_lose(world, act_capture_cup, id, "k", FAKE_LOST_AFTER, &op, &err),
                     KL_OK);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_string_equal(op->error_code, "answer_lost");
    assert_non_null(strstr(op->refusal, "next"));
    must_be_refused(world, act_capture_cup, id, KL_CONFLICT, "order_busy");
    act(world, act_extend, id, "another key", &other, &err);
    assert_int_equal(err->retry_after, 2);
    check_held_by(world, id, op->id);
    assert_int_equal(act(world, act_capture_cup, id, "k", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_CONFIRMED);
    check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

/* Turned away after a lost answer: the first try may still have been executed. */
static void a_doubt_stays_when_klarna_turns_it_away(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    act_and_lose(world, act_capture_cup, id, "k", FAKE_LOST_AFTER, &op, &err);
    act_and_lose(world, act_capture_cup, id, "k", FAKE_401_HTML, &op, &err);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    assert_int_equal(op->doubtful, 1);
    assert_string_equal(op->error_code, "credentials_refused");
    world_must(world, act_capture_cup, id, "k");
    check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

/* Nobody asks with its key again: whoever wants something of the order next goes on with it. */
static void the_next_action_walks_what_was_left(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    assert_int_equal(act_and_lose(world, act_capture_cup, id, "k", FAKE_LOST_AFTER, &op, &err),
                     KL_OK);
    fake_clock_set(op->next_at);
    world_must(world, act_capture_cup, id, "another key");
    check_ours(world, id, "PART_CAPTURED", 10000, 0, 500);
}

/* The last store call of a capture is the fold. */
static void the_next_action_folds_what_is_final(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;
    int calls;

    fake_store_arm(world->store, 0, 0);
    world_must(world, act_capture_cup, id, "to count");
    calls = world->store->calls;
    fake_store_arm(world->store, calls, FAKE_STORE_FAILS_BEFORE);
    assert_int_equal(act(world, act_capture_cup, id, "k", &op, &err), KL_UNAVAILABLE);
    assert_int_equal(last_operation(world)->state, KL_OP_CONFIRMED);
    check_held_by(world, id, last_operation(world)->id);
    world_must(world, act_extend, id, "another key");
    check_ours(world, id, "PART_CAPTURED", 10000, 0, 500);
}

/* 1 when the process died at that step of the action, 0 when the action has fewer steps. */
static int dies_at(world_t *world, act_fn prepare, const char *id, const char *key, int step)
{
    kl_operation_t *op;
    kl_error_t *err;

    fake_process_calm(&world->process);
    world->process.die_at = step;
    if (setjmp(world->process.death) == 0) {
        act(world, prepare, id, key, &op, &err);
        fake_process_calm(&world->process);
        return 0;
    }
    fake_process_calm(&world->process);
    return 1;
}

/* A chain whose first step is final but not folded: the claim goes on to the second. */
static void a_chain_left_between_its_steps_goes_on(void **state)
{
    int died = 1;

    for (int step = 1; died; step++) {
        world_t *world = new_world(state);
        const char *id = world_part_captured(world);
        kl_operation_t *op;
        kl_error_t *err;

        assert_true(step < 40);
        died = dies_at(world, act_cancel, id, "k", step);
        fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
        /* Cancelling again finds nothing left to cancel, unless nothing had begun. */
        act(world, act_cancel, id, "another key", &op, &err);
        act(world, act_cancel, id, "k", &op, &err);
        assert_int_equal(fake_klarna_executed(world->klarna, "refund"), 1);
        assert_int_equal(fake_klarna_executed(world->klarna, "release"), 1);
        assert_string_equal(world_order(world, id)->pending_op, "");
        assert_int_equal(world_order(world, id)->refunded_amount, 5000);
    }
}

/* Runs the action in a process that dies as soon as `enough` says so. */
typedef struct mortal_t {
    world_t *world;
    int (*enough)(const world_t *world);
} mortal_t;

static void die_when_enough(void *baton)
{
    mortal_t *mortal = baton;

    if (mortal->enough(mortal->world)) {
        mortal->world->process.in_hook = 0;
        longjmp(mortal->world->process.death, 1);
    }
}

static void act_until(world_t *world, act_fn prepare, const char *id, const char *key,
                      int (*enough)(const world_t *world))
{
    mortal_t mortal = {world, enough};
    kl_operation_t *op;
    kl_error_t *err;

    if (setjmp(world->process.death) == 0) {
        world->process.hook = die_when_enough;
        world->process.baton = &mortal;
        act(world, prepare, id, key, &op, &err);
        fail_msg("the process did not die");
    }
    fake_process_calm(&world->process);
}

static int is_stored(const world_t *world)
{
    return last_operation(world)->state == KL_OP_QUEUED;
}

static int is_sent(const world_t *world)
{
    return last_operation(world)->state == KL_OP_SENT;
}

static void an_operation_without_claim_is_discarded_after_its_lease(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    const kl_operation_t *left;
    kl_operation_t *op;
    kl_error_t *err;

    act_until(world, act_capture_cup, id, "k", is_stored);
    left = last_operation(world);
    assert_string_equal(world_order(world, id)->pending_op, "");
    act(world, act_capture_cup, id, "k", &op, &err);
    check_error(err, KL_CONFLICT, "in_progress");
    assert_int_equal(err->retry_after, 2);
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S));
    world_must(world, act_capture_cup, id, "k");
    assert_int_equal(left->state, KL_OP_REFUSED);
    assert_string_equal(left->error_code, "not_started");
    assert_string_equal(left->body, "");
    check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

/* Whoever resumes an operation that holds no order must not send it. */
static void an_operation_without_claim_is_never_sent(void **state)
{
    world_t *world = new_world(state);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    const char *id = world_placed(world);
    kl_operation_t *op = NULL;

    act_until(world, act_capture_cup, id, "k", is_stored);
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S));
    svc->store->operation_load(svc->store, svc->p, last_operation(world)->id, &op, err);
    assert_int_equal(world_resume(svc, &op, err), KL_CONFLICT);
    check_error(err, KL_CONFLICT, "in_progress");
    assert_int_equal(fake_klarna_executed(world->klarna, "capture"), 0);
    assert_int_equal(last_operation(world)->state, KL_OP_REFUSED);
}

/* The second of a chain waits for its turn: it is neither sent nor discarded. */
static void a_following_step_waits(void **state)
{
    world_t *world = new_world(state);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    const char *id = world_part_captured(world);
    kl_operation_t *op = NULL, *second = NULL;
    kl_error_t *lost;

    act_and_lose(world, act_cancel, id, "k", FAKE_LOST_BEFORE, &op, &lost);
    assert_int_equal(op->kind, KL_OP_RELEASE);
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S));
    svc->store->operation_load(svc->store, svc->p, op->next_op, &second, err);
    assert_int_equal(world_resume(svc, &second, err), KL_CONFLICT);
    assert_int_equal(fake_klarna_executed(world->klarna, "refund"), 0);
    assert_int_equal(last_operation(world)->state, KL_OP_QUEUED);
    world_must(world, act_cancel, id, "k");
    check_ours(world, id, "CAPTURED", 5000, 5000, 0);
}

static void a_lease_is_respected(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    act_until(world, act_capture_cup, id, "k", is_sent);
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S) - 1);
    fake_klarna_arm(world->klarna, 0, 0);
    act(world, act_capture_cup, id, "k", &op, &err);
    check_error(err, KL_CONFLICT, "in_progress");
    act(world, act_capture_cup, id, "another key", &op, &err);
    check_error(err, KL_CONFLICT, "order_busy");
    assert_int_equal(world->klarna->calls, 0);
    fake_clock_advance(1);
    world_must(world, act_capture_cup, id, "k");
    check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

/* --- tries ----------------------------------------------------------------------------- */

static void a_busy_key_is_tried_again(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    fake_klarna_arm(world->klarna, 1, FAKE_409_TWICE);
    world_must(world, act_capture_cup, id, "k");
    assert_int_equal(world->klarna->calls, 3);
    assert_true(fake_clock_slept() >= apr_time_from_msec(600));
    assert_true(fake_clock_slept() < apr_time_from_sec(1));
    check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

static void klarnas_pause_is_kept_when_there_is_time(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    world->klarna->retry_after = 3;
    fake_klarna_arm(world->klarna, 1, FAKE_429);
    world_must(world, act_capture_cup, id, "k");
    assert_int_equal(fake_clock_slept(), apr_time_from_sec(3));
}

static void a_long_pause_is_left_to_later(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->retry_after = 100000;
    fake_klarna_arm(world->klarna, 1, FAKE_429);
    assert_int_equal(act(world, act_capture_cup, id, "k", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_QUEUED);
    assert_int_equal(op->doubtful, 0);
    assert_int_equal(fake_clock_slept(), 0);
    assert_in_range(op->next_at - fake_clock_now(), apr_time_from_sec(900),
                    apr_time_from_sec(900 * 5 / 4)); /* bounded */
    world_must(world, act_capture_cup, id, "k");
    check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

static void every_step_takes_long(void *unused)
{
    (void)unused;
    fake_clock_advance(apr_time_from_msec(1500));
}

/* The last try's time, not that of all tries nor of the pauses between them. */
static void each_try_is_timed(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    fake_klarna_arm(world->klarna, 1, FAKE_LOST_BEFORE);
    world->process.hook = every_step_takes_long;
    assert_int_equal(act(world, act_capture_cup, id, "slow", &op, &err), KL_OK);
    world->process.hook = NULL;
    assert_int_equal(op->attempts, 1);
    assert_int_equal(fake_store_operation(world->store, op->id)->took, 1500);

    world_must(world, act_extend, id, "no time at all");
    op = APR_ARRAY_IDX(world->store->operations, world->store->operations->nelts - 1,
                       kl_operation_t *);
    assert_int_equal(op->took, 1);
    for (int fault = FAKE_NOT_SENT; fault <= FAKE_LOST_BEFORE; fault++) {
        kl_service_t *svc = world_service(world, world->p);

        svc->timeout = 1; /* one try */
        fake_klarna_arm(world->klarna, 1, (fake_klarna_fault_t)fault);
        world_act(svc, act_extend, id, fault ? "lost" : "not sent", &op, kl_error_make(world->p));
        fake_klarna_arm(world->klarna, 0, 0);
        assert_int_equal(op->took, fault == FAKE_NOT_SENT ? 0 : 1);
        assert_true(world_drain(world));
    }
}

static void every_try_ends_before_the_deadline(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    apr_time_t began = fake_clock_now();

    fake_klarna_arm(world->klarna, 1, FAKE_500_BEFORE);
    world_must(world, act_capture_cup, id, "k");
    assert_int_equal(world->klarna->calls, 2);
    assert_int_equal(world->klarna->last_deadline, began + apr_time_from_sec(10));
}

/* Klarna forgets a key after a day: sent again, the money would move twice. Its record tells
 * whether it moved. */
static void a_forgotten_key_is_never_sent(void **state)
{
    static const fake_klarna_fault_t how[] = {FAKE_LOST_AFTER, FAKE_409_BUSY, FAKE_MALFORMED,
                                              FAKE_500_AFTER};

    for (size_t i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
        world_t *world = new_world(state);
        const char *id = world_placed(world);
        kl_operation_t *op;
        kl_error_t *err;

        act_and_lose(world, act_capture_cup, id, "k", how[i], &op, &err);
        assert_int_equal(op->state, KL_OP_UNKNOWN);
        fake_clock_advance(apr_time_from_sec(25 * 3600));
        world_must(world, act_capture_cup, id, "k");
        assert_string_equal(last_operation(world)->result_id, "capture-1");
        check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
    }
}

static void what_klarnas_record_lacks_starts_afresh(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    act_and_lose(world, act_capture_cup, id, "k", FAKE_LOST_BEFORE, &op, &err);
    fake_clock_advance(apr_time_from_sec(25 * 3600));
    world_must(world, act_capture_cup, id, "k");
    check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

static void without_klarnas_record_it_stays_unknown(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    act_and_lose(world, act_capture_cup, id, "k", FAKE_LOST_AFTER, &op, &err);
    fake_clock_advance(apr_time_from_sec(25 * 3600));
    act_and_lose(world, act_capture_cup, id, "k", FAKE_LOST_BEFORE, &op, &err);
    assert_int_equal(last_operation(world)->state, KL_OP_UNKNOWN);
    assert_string_equal(last_operation(world)->error_code, "key_expired");
    must_be_refused(world, act_extend, id, KL_CONFLICT, "order_busy");
    assert_int_equal(fake_klarna_executed(world->klarna, "capture"), 1);
}

/* What was certainly not executed may wait as long as it likes. */
static void an_unused_key_does_not_age(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op;
    kl_error_t *err;

    act_and_lose(world, act_capture_cup, id, "k", FAKE_401_HTML, &op, &err);
    assert_int_equal(op->state, KL_OP_QUEUED);
    fake_clock_advance(apr_time_from_sec(25 * 3600));
    act_and_lose(world, act_capture_cup, id, "k", FAKE_LOST_AFTER, &op, &err);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    fake_clock_advance(apr_time_from_sec(23 * 3600));
    world_must(world, act_capture_cup, id, "k");
    assert_int_equal(last_operation(world)->attempts, 3); /* sent again, not looked up */
    check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(placing),
        WITH_POOL(a_declined_placement_leaves_the_payment_open),
        WITH_POOL(placing_needs_the_key_and_a_token),
        WITH_POOL(an_unreadable_placement_is_never_refused),
        WITH_POOL(klarnas_yes_is_stored_again_when_the_store_fails),
        WITH_POOL(starting_twice_gives_one_session),
        WITH_POOL(a_refused_session_frees_its_key),
        WITH_POOL(a_lost_start_is_started_again),
        WITH_POOL(updating),
        WITH_POOL(a_placed_payment_has_its_cart_for_good),
        WITH_POOL(reading_needs_the_key),
        WITH_POOL(capturing),
        WITH_POOL(refunding),
        WITH_POOL(cancelling),
        WITH_POOL(cancelling_what_was_captured_refunds_all),
        WITH_POOL(reducing_and_releasing),
        WITH_POOL(tracking_needs_its_capture_and_a_parcel),
        WITH_POOL(a_refund_takes_nine_statements),
        WITH_POOL(previewing_changes_nothing),
        WITH_POOL(a_pending_review_blocks_and_a_look_heals),
        WITH_POOL(other_merchants_orders_are_not_found),
        WITH_POOL(an_order_picks_its_account),
        WITH_POOL(an_operation_goes_out_with_its_own_account),
        WITH_POOL(without_randomness_nothing_starts),
        WITH_POOL(a_credit_is_paid_when_every_step_is_confirmed),
        WITH_POOL(a_refused_first_step_discards_the_second),
        WITH_POOL(a_refused_second_step_leaves_it_partly_paid),
        WITH_POOL(the_same_key_is_the_same_operation),
        WITH_POOL(a_key_is_for_one_request),
        WITH_POOL(without_a_key_each_request_is_its_own),
        WITH_POOL(an_unknown_operation_holds_its_order),
        WITH_POOL(a_doubt_stays_when_klarna_turns_it_away),
        WITH_POOL(the_next_action_walks_what_was_left),
        WITH_POOL(the_next_action_folds_what_is_final),
        WITH_POOL(a_chain_left_between_its_steps_goes_on),
        WITH_POOL(an_operation_without_claim_is_discarded_after_its_lease),
        WITH_POOL(an_operation_without_claim_is_never_sent),
        WITH_POOL(a_following_step_waits),
        WITH_POOL(a_lease_is_respected),
        WITH_POOL(a_busy_key_is_tried_again),
        WITH_POOL(klarnas_pause_is_kept_when_there_is_time),
        WITH_POOL(a_long_pause_is_left_to_later),
        WITH_POOL(each_try_is_timed),
        WITH_POOL(every_try_ends_before_the_deadline),
        WITH_POOL(a_forgotten_key_is_never_sent),
        WITH_POOL(what_klarnas_record_lacks_starts_afresh),
        WITH_POOL(without_klarnas_record_it_stays_unknown),
        WITH_POOL(an_unused_key_does_not_age),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
