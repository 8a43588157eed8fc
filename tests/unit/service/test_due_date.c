/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A later due date costs the shop money: it is asked for once, at the price that was read. And the
 * message that Klarna sends to the shopper once more.
 */
#include "tests/unit/service_checks.h"

static apr_int64_t days_of(const world_t *world, const char *id)
{
    return APR_ARRAY_IDX(world_order(world, id)->captures, 0, kl_capture_t).due_date_days;
}

static kl_kind_t options_of(world_t *world, const char *id, const char *capture_id,
                            kl_due_options_t *out, kl_error_t **err)
{
    kl_ask_t ask = {.order_id = id, .capture_id = capture_id};
    kl_order_t *order = NULL;

    *err = kl_error_make(world->p);
    return kl_due_date_options(world_service(world, world->p), &ask, &order, out, *err);
}

static void an_option_is_read_and_taken(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world);
    kl_due_options_t options;
    kl_error_t *err;

    assert_int_equal(options_of(world, id, "capture-1", &options, &err), KL_OK);
    assert_string_equal(options.currency, "SEK");
    assert_int_equal(options.list->nelts, 2);
    assert_int_equal(APR_ARRAY_IDX(options.list, 1, kl_due_option_t).price, 7900);
    world_must(world, act_due_date, id, "key");
    assert_int_equal(days_of(world, id), 14);
    assert_int_equal(world_klarna_order(world, id)->due_days, 14);
    assert_non_null(strstr(world_last_operation(world)->intent, "\"price\":3900"));
    world_must_refuse(world, act_due_date, id, KL_CONFLICT, "no_due_date_options");
    assert_int_equal(options_of(world, id, "capture-1", &options, &err), KL_OK);
    assert_int_equal(options.list->nelts, 0);
}

static void what_has_no_due_date_is_refused(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    kl_due_options_t options;
    kl_error_t *err;

    world_must_refuse(world, act_due_date, id, KL_NOT_FOUND, "no_such_capture");
    world_must_refuse(world, act_send_out, id, KL_NOT_FOUND, "no_such_capture");
    world_must(world, act_capture_all, id, "capture");
    options_of(world, id, "capture-2", &options, &err);
    check_error(err, KL_NOT_FOUND, "no_such_capture");
    world_must(world, act_cancel, id, "all back");
    world_must_refuse(world, act_due_date, id, KL_CONFLICT, "due_date_fixed");
    world_must(world, act_send_out, id, "once more");
    assert_int_equal(world_klarna_order(world, id)->send_outs, 1);
}

/* Nothing is stored or sent for a price that nobody knows. */
static void options_that_cannot_be_read(void **state)
{
    static const fake_klarna_fault_t faults[] = {FAKE_NOT_SENT, FAKE_LOST_BEFORE, FAKE_500_BEFORE,
                                                 FAKE_MALFORMED, FAKE_401_HTML};

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        world_t *world = world_for(state);
        const char *id = world_captured(world);
        int stored = world->store->operations->nelts;
        kl_operation_t *op;
        kl_error_t *err;

        fake_klarna_arm(world->klarna, 1, faults[i]);
        world_try(world, act_due_date, id, "key", &op, &err);
        check_error(err, KL_UNAVAILABLE, "options_not_read");
        assert_non_null(err->next);
        assert_int_equal(world->store->operations->nelts, stored);
        assert_int_equal(world_klarna_order(world, id)->due_days, 0);
    }
}

static void klarnas_own_no_is_told(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world);
    kl_operation_t *op;
    kl_error_t *err;

    world->klarna->refuses = "/extend-due-date-options";
    assert_int_equal(world_try(world, act_due_date, id, "key", &op, &err), KL_REFUSED);
    assert_string_equal(err->klarna_code, "NOT_ALLOWED");
}

/* Klarna has forgotten the key, and its record shows no due date: it is never asked for again, and
 * a person says what the portal shows. */
static void a_lost_answer_is_never_repeated_without_its_key(void **state)
{
    static const fake_klarna_fault_t how[] = {FAKE_LOST_AFTER, FAKE_LOST_BEFORE};
    static const kl_said_t said[] = {{.executed_as = "due_date"},
                                     {.executed_as = "", .not_executed = 1}};

    for (int i = 0; i < 2; i++) {
        world_t *world = world_for(state);
        const char *id = world_captured(world);
        const kl_operation_t *lost = world_in_doubt(world, act_due_date, id, "key", how[i]);
        kl_give_up_t it = {.order_id = id, .op_id = lost->id, .said = said[i]};
        kl_error_t *err = kl_error_make(world->p);

        fake_clock_advance(apr_time_from_sec(KL_KEY_LIFETIME_S + 3600));
        (void)world_drain(world);
        assert_int_equal(fake_store_operation(world->store, lost->id)->state, KL_OP_UNKNOWN);
        assert_int_equal(fake_klarna_executed(world->klarna, "due_date"), i == 0);
        if (kl_resolve_give_up(world_service(world, world->p), &it, err) != KL_OK) {
            fail_msg("%s: %s", err->code, err->detail);
        }
        assert_int_equal(it.op->state, i == 0 ? KL_OP_CONFIRMED : KL_OP_REFUSED);
        assert_int_equal(days_of(world, id), i == 0 ? 14 : 0);
        assert_int_equal(world_klarna_order(world, id)->due_days, days_of(world, id));
        assert_string_equal(world_order(world, id)->pending_op, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(an_option_is_read_and_taken),
        WITH_POOL(what_has_no_due_date_is_refused),
        WITH_POOL(options_that_cannot_be_read),
        WITH_POOL(klarnas_own_no_is_told),
        WITH_POOL(a_lost_answer_is_never_repeated_without_its_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
