/* SPDX-License-Identifier: Apache-2.0 */
/*
 * By what an order is found: what each operation and each booking from outside adds, also
 * when a process dies on the way or the store does not take it.
 */
#include "tests/unit/service_fixture.h"

#include <apr_strings.h>

#define MAX_STEPS 60

static world_t *new_world(void **state)
{
    return world_make(*state);
}

static void check_found(world_t *world, const char *value, const char *id, int found)
{
    if (fake_store_finds(world->store, value, id) != found) {
        fail_msg("%s: %s", value, found ? "not found" : "found");
    }
}

static const char *credit_invoice_id(const world_t *world, const char *id)
{
    return APR_ARRAY_IDX(world_order(world, id)->credit_invoices, 0, kl_credit_invoice_t).id;
}

static void a_shipment_is_found_by_its_parcels(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    assert_int_equal(world->store->references->nelts, 0);
    world_must(world, act_capture_cup, id, "c");
    check_found(world, "parcel", id, 1);
    check_found(world, "capture-1", id, 1);
    check_found(world, "T1", id, 1);
    check_found(world, "T2", id, 0);
    world_must(world, act_tracking, id, "t");
    check_found(world, "T2", id, 1);
    assert_int_equal(world->store->references->nelts, 4);
    assert_string_equal(APR_ARRAY_IDX(world->store->references, 0, fake_reference_t).account,
                        "shop");
}

static kl_kind_t act_odd_parcels(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                                 kl_operation_t **out, kl_error_t *err)
{
    kl_capture_request_t want = {.what = {.everything = 1},
                                 .reference = " ",
                                 .description = "not a reference",
                                 .shipping_info = "[{\"return_tracking_number\":\" back 1\\t\"},"
                                                  "{\"shipping_company\":\"DHL\"},"
                                                  "{\"tracking_number\":\"there 1\"}]"};

    kl_ask_t ask = {.order_id = order_id, .client = client, .capture = &want};
    kl_acted_t acted;
    kl_kind_t rv = kl_act(svc, &kl_capture_action, &ask, &acted, err);

    *out = acted.last;
    return rv;
}

static void what_is_no_reference_is_left_out(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    world_must(world, act_odd_parcels, id, "c");
    check_found(world, "back 1", id, 1);
    check_found(world, "there 1", id, 1);
    check_found(world, "capture-1", id, 1);
    assert_int_equal(world->store->references->nelts, 3);
}

/* Klarna tells its invoice number with its record only. */
static void a_capture_is_found_by_its_invoice_number(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);

    world_must(world, act_capture_cup, id, "c");
    check_found(world, "K1-1", id, 0);
    world_look(world, id, 0);
    check_found(world, "K1-1", id, 1);
    assert_string_equal(
        APR_ARRAY_IDX(world_order(world, id)->captures, 0, kl_capture_t).klarna_reference, "K1-1");
    world_must(world, act_capture_all, id, "rest");
    world_look(world, id, 0);
    check_found(world, "K1-2", id, 1);
}

/* A clerk who has the number looks for it before Klarna has said anything. */
static void a_return_is_found_from_its_claim_on(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_captured(world);

    world_in_doubt(world, act_credit_cup, id, "r", FAKE_LOST_BEFORE);
    check_found(world, "credit note", id, 1);
    check_found(world, credit_invoice_id(world, id), id, 1);
    check_found(world, "refund-1", id, 0);
    assert_true(world_drain(world));
    check_found(world, "refund-1", id, 1);
}

static void a_refused_shipment_is_not_found(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world);
    kl_operation_t *op = NULL;

    world->klarna->refuses = "/captures";
    assert_int_equal(world_act(world_service(world, world->p), act_capture_cup, id, "c", &op,
                               kl_error_make(world->p)),
                     KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    check_found(world, "T1", id, 0);
}

static void what_others_did_is_found(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world), *klarna_id = world_klarna_order(world, id)->id;
    const kl_order_t *order;

    fake_klarna_outside(world->klarna, klarna_id, "capture", CART_AMOUNT, "");
    world_look(world, id, 0);
    fake_klarna_outside(world->klarna, klarna_id, "refund", 500, "");
    world_look(world, id, 0);
    order = world_order(world, id);
    assert_int_equal(order->captures->nelts, 1);
    assert_int_equal(order->credit_invoices->nelts, 1);
    check_found(world, APR_ARRAY_IDX(order->captures, 0, kl_capture_t).capture_id, id, 1);
    check_found(world, "K1-1", id, 1);
    check_found(world, credit_invoice_id(world, id), id, 1);
    assert_int_equal(world->store->references->nelts, 3);
}

/* "mug cup": as they were stored, one after the other. */
static const char *articles(const world_t *world)
{
    const char *text = "";

    for (int i = 0; i < world->store->articles->nelts; i++) {
        text = apr_pstrcat(world->p, text, i ? " " : "",
                           APR_ARRAY_IDX(world->store->articles, i, fake_reference_t).value, NULL);
    }
    return text;
}

/* Once each, when it becomes an order; nothing that is done with it later stores them again. */
static void an_order_has_its_articles(void **state)
{
    world_t *world = new_world(state);
    const char *id = world_placed(world), *placed = articles(world);
    const kl_order_t *order = world_order(world, id);

    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);

        assert_int_equal(strstr(placed, line->reference) != NULL,
                         line->type != KL_LINE_SHIPPING_FEE && line->type != KL_LINE_SALES_TAX);
    }
    assert_string_equal(APR_ARRAY_IDX(world->store->articles, 0, fake_reference_t).order_id, id);
    world_must(world, act_capture_cup, id, "c");
    world_must(world, act_credit_cup, id, "r");
    world_look(world, id, 0);
    assert_string_equal(articles(world), placed);
}

/* 1 when the process died at that step of a return. */
static int dies_at(world_t *world, const char *id, int step)
{
    kl_operation_t *op = NULL;

    fake_process_calm(&world->process);
    world->process.die_at = step;
    if (setjmp(world->process.death) == 0) {
        world_act(world_service(world, world->p), act_credit_cup, id, "r", &op,
                  kl_error_make(world->p));
        fake_process_calm(&world->process);
        return 0;
    }
    fake_process_calm(&world->process);
    return 1;
}

/* Whatever call the process dies at, what the order ends with is found. */
static void a_death_is_made_up_for(void **state)
{
    int found = 0;

    for (int step = 1; step < MAX_STEPS; step++) {
        world_t *world = new_world(state);
        const char *id = world_captured(world);

        if (!dies_at(world, id, step)) {
            assert_true(found > 5);
            return;
        }
        assert_true(world_drain(world));
        if (world_order(world, id)->credit_invoices->nelts) {
            check_found(world, "credit note", id, 1);
            check_found(world, credit_invoice_id(world, id), id, 1);
            check_found(world, "refund-1", id, 1);
            found++;
        }
    }
    fail_msg("no end after %d steps", MAX_STEPS);
}

/* The books go on without it. */
static void a_reference_never_stops_the_books(void **state)
{
    int without = 0;

    for (int n = 1; n < MAX_STEPS; n++) {
        world_t *world = new_world(state);
        const char *id = world_placed(world);
        kl_operation_t *op = NULL;

        fake_store_arm(world->store, n, FAKE_STORE_FAILS_BEFORE);
        world_act(world_service(world, world->p), act_capture_all, id, "c", &op,
                  kl_error_make(world->p));
        if (world->store->calls < n) {
            assert_int_equal(without, 1);
            return;
        }
        fake_store_arm(world->store, 0, 0);
        assert_true(world_drain(world));
        world_check(world, id, "a call failed");
        without += world_order(world, id)->captured_amount > 0
                   && !fake_store_finds(world->store, "parcel", id);
    }
    fail_msg("no end after %d calls", MAX_STEPS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(a_shipment_is_found_by_its_parcels),
        WITH_POOL(a_capture_is_found_by_its_invoice_number),
        WITH_POOL(what_is_no_reference_is_left_out),
        WITH_POOL(an_order_has_its_articles),
        WITH_POOL(a_return_is_found_from_its_claim_on),
        WITH_POOL(a_refused_shipment_is_not_found),
        WITH_POOL(what_others_did_is_found),
        WITH_POOL(a_death_is_made_up_for),
        WITH_POOL(a_reference_never_stops_the_books),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
