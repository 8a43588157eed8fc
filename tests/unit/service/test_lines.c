/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the lines of an authorization, and its amount with them. */
#include "tests/unit/service_checks.h"

#include <string.h>
#include "service/lines.h"

static const kl_line_t *line(const world_t *world, const char *id, const char *reference)
{
    const kl_order_t *order = world_order(world, id);
    int i = kl_order_find_line(order, reference);

    assert_true(i >= 0);
    return &APR_ARRAY_IDX(order->lines, i, kl_line_t);
}

/* Klarna has a line like this one, or none of that name when it is NULL. */
static void check_theirs(const world_t *world, const char *id, const char *reference,
                         const char *text)
{
    const char *lines = world_klarna_order(world, id)->lines;

    assert_int_equal(strstr(lines, reference) != NULL, text != NULL);
    if (text) {
        assert_non_null(strstr(lines, text));
    }
}

static void lines_are_changed_and_the_amount_raised(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    world_must(world, act_lines, id, "lines");
    assert_int_equal(world_order(world, id)->order_amount, 14500);
    assert_int_equal(world_order(world, id)->original_amount, CART_AMOUNT);
    assert_int_equal(line(world, id, "cup")->cancelled_quantity, 1);
    assert_int_equal(line(world, id, "lamp")->total_amount, 9000);
    check_theirs(world, id, "lamp", "\"total_amount\":9000");
    world_check_ours(world, id, "AUTHORIZED", 0, 0, 14500);
    assert_null(world_look(world, id, 0)); /* and nothing was outside */
    world_must(world, act_capture_all, id, "capture");
    world_check_ours(world, id, "CAPTURED", 14500, 0, 0);
}

static void what_was_captured_stays(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_part_captured(world);

    world_must(world, act_lines, id, "lines");
    world_check_ours(world, id, "PART_CAPTURED", 5000, 0, 9500);
    world_must(world, act_capture_all, id, "capture");
    world_check_ours(world, id, "CAPTURED", 14500, 0, 0);
}

/* What others added is in what is written: it is built on Klarna's record. */
static void what_others_added_is_kept(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    fake_klarna_write(world->klarna, world_order(world, id)->klarna_order_id,
                      "cup 2 5000 rug 1 700");
    world_must(world, act_lines, id, "lines");
    check_theirs(world, id, "rug", "\"total_amount\":700");
    check_theirs(world, id, "freight", NULL); /* they had taken it off */
    assert_int_equal(world_order(world, id)->order_amount, 5000 + 700 + 9000);
    world_check(world, id, "beside others");
}

static void klarnas_risk_check_says_no(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op = NULL;
    kl_error_t *err;

    world->klarna->refuses_raises = 1;
    assert_int_equal(world_try(world, act_lines, id, "lines", &op, &err), KL_OK);
    assert_int_equal(op->state, KL_OP_REFUSED);
    assert_non_null(strstr(op->refusal, "Nothing was changed"));
    assert_int_equal(line(world, id, "cup")->cancelled_quantity, 0);
    world_check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
}

static void nothing_is_sent_without_klarnas_record(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op = NULL;
    kl_error_t *err;

    fake_klarna_arm(world->klarna, 1, FAKE_500_BEFORE);
    world_try(world, act_lines, id, "lines", &op, &err);
    check_error(err, KL_UNAVAILABLE, "record_not_read");
    assert_int_equal(fake_klarna_executed(world->klarna, "reduce"), 0);
    world_check_ours(world, id, "AUTHORIZED", 0, 0, CART_AMOUNT);
}

/* A day later Klarna has forgotten the key; its record shows what became of it. */
static void a_lost_answer_is_read_from_the_record(void **state)
{
    static const fake_klarna_fault_t how[] = {FAKE_LOST_AFTER, FAKE_LOST_BEFORE};

    for (int i = 0; i < 2; i++) {
        world_t *world = world_for(state);
        const char *id = world_placed(world);

        world_in_doubt(world, act_lines, id, "key", how[i]);
        fake_clock_advance(apr_time_from_sec(KL_KEY_LIFETIME_S + 3600));
        assert_true(world_drain(world));
        assert_int_equal(fake_klarna_executed(world->klarna, "reduce"), 1);
        world_check_ours(world, id, "AUTHORIZED", 0, 0, 14500);
    }
}

static kl_kind_t act_swap(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                          kl_operation_t **out, kl_error_t *err)
{
    static const char text[] =
        "{\"order_lines\":[{\"reference\":\"cup\",\"quantity\":1},"
        "{\"reference\":\"lamp\",\"name\":\"Lamp\",\"quantity\":1,\"unit_price\":5000,"
        "\"tax_rate\":2500,\"total_amount\":5000,\"total_tax_amount\":1000}]}";
    kl_json_t *body = kl_json_parse(svc->p, text, strlen(text), err);
    kl_lines_request_t want;
    kl_ask_t ask = {.order_id = order_id, .client = client, .lines = &want};
    kl_acted_t acted = {.last = NULL};
    kl_kind_t rv;

    assert_int_equal(kl_plan_lines_change_read(&want, svc->p, body, err), KL_OK);
    rv = kl_act(svc, &kl_lines_action, &ask, &acted, err);
    *out = acted.last;
    return rv;
}

/* The amount is the same before and after, and the record names no lines: a person must say. */
static void a_swap_is_not_guessed_from_a_record_without_lines(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op = NULL;
    kl_service_t *svc = world_service(world, world->p);

    world_klarna_order(world, id)->lines = NULL;
    svc->timeout = 1;
    fake_klarna_arm(world->klarna, 2, FAKE_LOST_BEFORE); /* its record is read first */
    world->klarna->reads_lost_from = 3;
    assert_int_equal(world_act(svc, act_swap, id, "key", &op, kl_error_make(world->p)), KL_OK);
    fake_klarna_arm(world->klarna, 0, FAKE_LOST_BEFORE);
    fake_clock_advance(apr_time_from_sec(KL_KEY_LIFETIME_S + 3600));
    world_round(world, world->p);
    assert_int_equal(fake_store_operation(world->store, op->id)->state, KL_OP_UNKNOWN);
    assert_int_equal(line(world, id, "cup")->cancelled_quantity, 0);
}

/* Neither what was asked for nor what was there before: a person must say. */
static void what_others_wrote_over_it_is_not_guessed(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_operation_t *op = world_in_doubt(world, act_lines, id, "key", FAKE_LOST_AFTER);

    fake_klarna_write(world->klarna, world_order(world, id)->klarna_order_id, "cup 1 5000");
    fake_clock_advance(apr_time_from_sec(KL_KEY_LIFETIME_S + 3600));
    world_round(world, world->p);
    assert_int_equal(fake_store_operation(world->store, op->id)->state, KL_OP_UNKNOWN);
    assert_int_equal(fake_klarna_executed(world->klarna, "reduce"), 1);
}

static int is_claimed(const world_t *world)
{
    const kl_order_t *order = APR_ARRAY_IDX(world->store->orders, 0, kl_order_t *);

    return order->pending_op[0] != '\0';
}

/* The process died with its intent; others came before the worker did. */
static void what_waited_is_not_written_over_what_others_did(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    world_act_until(world, act_lines, id, "key", is_claimed);
    fake_klarna_write(world->klarna, world_order(world, id)->klarna_order_id,
                      "cup 2 5000 rug 1 700");
    assert_true(world_drain(world));
    assert_int_equal(world_last_operation(world)->state, KL_OP_REFUSED);
    assert_int_equal(fake_klarna_executed(world->klarna, "reduce"), 0);
    check_theirs(world, id, "rug", "\"total_amount\":700");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(lines_are_changed_and_the_amount_raised),
        WITH_POOL(what_was_captured_stays),
        WITH_POOL(what_others_added_is_kept),
        WITH_POOL(klarnas_risk_check_says_no),
        WITH_POOL(nothing_is_sent_without_klarnas_record),
        WITH_POOL(a_lost_answer_is_read_from_the_record),
        WITH_POOL(a_swap_is_not_guessed_from_a_record_without_lines),
        WITH_POOL(what_others_wrote_over_it_is_not_guessed),
        WITH_POOL(what_waited_is_not_written_over_what_others_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
