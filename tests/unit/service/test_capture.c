/* SPDX-License-Identifier: Apache-2.0 */
/* Captures and their parcels: what they move, what they refuse, what a review holds up. */
#include "tests/unit/service_checks.h"

static void capturing(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_part_captured(world);
    const kl_capture_t *capture;

    world_check_ours(world, id, "PART_CAPTURED", 5000, 0, 5500);
    capture = kl_order_find_capture(world_order(world, id), "capture-1");
    assert_non_null(capture);
    assert_string_equal(capture->reference, "parcel");
    world_must(world, act_tracking, id, "tracking");
    capture = kl_order_find_capture(world_order(world, id), "capture-1");
    assert_non_null(strstr(capture->shipping_info, "T1"));
    assert_non_null(strstr(capture->shipping_info, "T2"));
    world_must(world, act_capture_all, id, "the rest");
    world_check_ours(world, id, "CAPTURED", 10500, 0, 0);
    world_must_refuse(world, act_capture_all, id, KL_CONFLICT, "not_capturable");
}

static void tracking_needs_its_capture_and_a_parcel(void **state)
{
    world_t *world = world_for(state);
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
    contract_may_break();
    kl_act(svc, &kl_capture_tracking_action, &ask, &acted, err);
    check_broken(err, "op->method && op->path");
    assert_int_equal(world->store->operations->nelts, operations);
    assert_string_equal(world_order(world, id)->pending_op, "");
}

static void a_pending_review_blocks_and_a_look_heals(void **state)
{
    world_t *world = world_for(state);
    const char *id;

    world->klarna->fraud_status = "PENDING";
    id = world_placed(world);
    world_must_refuse(world, act_capture_all, id, KL_CONFLICT, "not_capturable");
    world_klarna_order(world, id)->fraud_status = "ACCEPTED";
    world_must(world, act_capture_all, id, "capture");
    assert_string_equal(world_order(world, id)->fraud_status, "ACCEPTED");
    world_check_ours(world, id, "CAPTURED", 10500, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(capturing),
        WITH_POOL(tracking_needs_its_capture_and_a_parcel),
        WITH_POOL(a_pending_review_blocks_and_a_look_heals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
