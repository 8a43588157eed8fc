/* SPDX-License-Identifier: Apache-2.0 */
/* What Klarna is told of an order beside its money. */
#include "tests/unit/service_checks.h"

#include "service/reconcile.h"

static void check_references(const world_t *world, const char *id, const char *first,
                             const char *second)
{
    assert_string_equal(world_order(world, id)->reference1, first);
    assert_string_equal(world_order(world, id)->reference2, second);
    assert_string_equal(world_klarna_order(world, id)->reference1, first);
    assert_string_equal(world_klarna_order(world, id)->reference2, second);
}

static void references_are_set_when_all_is_captured(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world);

    world_must(world, act_references, id, "references");
    check_references(world, id, "shop-2", "till 7");
    world_check_ours(world, id, "CAPTURED", 10500, 0, 0);
}

static kl_kind_t act_second_only(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                                 kl_operation_t **out, kl_error_t *err)
{
    kl_details_request_t want = {.reference2 = ""};
    kl_ask_t ask = {.order_id = order_id, .client = client, .details = &want};
    kl_acted_t acted = {.last = NULL};
    kl_kind_t rv = kl_act(svc, &kl_details_references_action, &ask, &acted, err);

    *out = acted.last;
    return rv;
}

/* What is not named stays, here and at Klarna, whoever set it. */
static void one_is_cleared_and_the_other_stays(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    world_must(world, act_references, id, "both");
    fake_klarna_outside(world->klarna, world_order(world, id)->klarna_order_id, "references", 0,
                        "portal-9");
    world_must(world, act_second_only, id, "one");
    world_look(world, id, 0);
    check_references(world, id, "portal-9", "");
}

static void a_cancelled_order_is_refused(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    world_must(world, act_cancel, id, "cancel");
    world_must_refuse(world, act_references, id, KL_CONFLICT, "not_changeable");
}

/* Others have set it in the portal, or cleared it. */
static void a_look_takes_them_over(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world);
    const char *klarna_id = world_order(world, id)->klarna_order_id;

    fake_klarna_outside(world->klarna, klarna_id, "references", 0, "portal-9");
    assert_null(world_look(world, id, 0)); /* nothing that a person must see */
    check_references(world, id, "portal-9", "");
    fake_klarna_outside(world->klarna, klarna_id, "references", 0, "");
    world_look(world, id, 0);
    check_references(world, id, "", "");
    assert_int_equal(world_order(world, id)->attention, KL_ATTENTION_NONE);
}

/* A day later Klarna has forgotten the key; its record shows what became of it. */
static void a_lost_answer_is_read_from_the_record(void **state)
{
    static const fake_klarna_fault_t how[] = {FAKE_LOST_AFTER, FAKE_LOST_BEFORE};

    for (int i = 0; i < 2; i++) {
        world_t *world = world_for(state);
        const char *id = world_placed(world);
        kl_operation_t *op = world_in_doubt(world, act_references, id, "key", how[i]);

        fake_clock_advance(apr_time_from_sec(KL_KEY_LIFETIME_S + 3600));
        assert_true(world_drain(world));
        assert_int_equal(fake_store_operation(world->store, op->id)->state, KL_OP_CONFIRMED);
        assert_int_equal(fake_klarna_executed(world->klarna, "references"), 1);
        check_references(world, id, "shop-2", "till 7");
    }
}

/* --- the shipping address --------------------------------------------------------------- */

/* Where the store still has it: bodies of operations. */
static int addresses_kept(const world_t *world)
{
    int n = 0;

    for (int i = 0; i < world->store->operations->nelts; i++) {
        const kl_operation_t *op = APR_ARRAY_IDX(world->store->operations, i, kl_operation_t *);

        assert_null(strstr(op->intent, SHOPPERS_STREET));
        assert_null(strstr(op->result, SHOPPERS_STREET));
        n += strstr(op->body, SHOPPERS_STREET) != NULL;
    }
    return n;
}

static void an_address_is_gone_when_klarna_has_it(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_part_captured(world);

    world_must(world, act_shipping_address, id, "address");
    assert_non_null(strstr(world_klarna_order(world, id)->shipping_address, SHOPPERS_STREET));
    assert_int_equal(addresses_kept(world), 0);
}

static void an_address_is_gone_when_klarna_refused_it(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op = NULL;
    kl_error_t *err;

    world->klarna->refuses = "/customer-details";
    assert_int_equal(world_try(world, act_shipping_address, id, "key", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    assert_int_equal(addresses_kept(world), 0);
}

/* As long as it may have to be sent again, it is there; a day later its key is forgotten. */
static void an_address_is_kept_while_its_fate_is_unknown(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    world_in_doubt(world, act_shipping_address, id, "key", FAKE_LOST_BEFORE);
    assert_int_equal(addresses_kept(world), 1);
    fake_clock_advance(apr_time_from_sec(KL_KEY_LIFETIME_S + 3600));
    assert_true(world_drain(world));
    assert_non_null(strstr(world_klarna_order(world, id)->shipping_address, SHOPPERS_STREET));
    assert_int_equal(addresses_kept(world), 0);
}

static void an_address_of_what_is_shipped_stays(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world);

    world_must_refuse(world, act_shipping_address, id, KL_CONFLICT, "not_changeable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(references_are_set_when_all_is_captured),
        WITH_POOL(one_is_cleared_and_the_other_stays),
        WITH_POOL(a_cancelled_order_is_refused),
        WITH_POOL(a_look_takes_them_over),
        WITH_POOL(a_lost_answer_is_read_from_the_record),
        WITH_POOL(an_address_is_gone_when_klarna_has_it),
        WITH_POOL(an_address_is_gone_when_klarna_refused_it),
        WITH_POOL(an_address_is_kept_while_its_fate_is_unknown),
        WITH_POOL(an_address_of_what_is_shipped_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
