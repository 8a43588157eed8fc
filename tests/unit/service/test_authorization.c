/* SPDX-License-Identifier: Apache-2.0 */
/* What changes an authorization: cancelling, reducing, releasing. */
#include "tests/unit/service_checks.h"

#include "core/why_not.h"
#include "service/authorization.h"

static void cancelling(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    world_must_refuse(world, act_release, id, KL_CONFLICT, "not_releasable");
    world_must(world, act_cancel, id, "cancel");
    world_check_ours(world, id, "CANCELLED", 0, 0, 0);
    world_must_refuse(world, act_cancel, id, KL_CONFLICT, "not_cancellable");
    world_must_refuse(world, act_extend, id, KL_CONFLICT, "not_extendable");
}

static void cancelling_what_was_captured_refunds_all(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_captured(world);

    world_must(world, act_cancel, id, "cancel");
    world_check_ours(world, id, "CAPTURED", 10500, 10500, 0);
}

static void reducing_and_releasing(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);

    world_must(world, act_extend, id, "extend");
    assert_int_equal(world_klarna_order(world, id)->extensions, 1);
    world_must(world, act_credit_cup, id, "one cup less");
    assert_int_equal(world_order(world, id)->order_amount, 5500);
    world_must(world, act_capture_cup, id, "the other cup");
    world_must(world, act_release, id, "release");
    world_check_ours(world, id, "CAPTURED", 5000, 0, 0);
}

/* --- extensions --------------------------------------------------------------------- */

#define DAY apr_time_from_sec(86400)

/* The end as its client is told, once more with the same key. */
static apr_time_t extend(world_t *world, const char *id, const char *key, int *moved)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    const kl_client_t client = {.key = key, .hash = "h"};
    kl_ask_t ask = {.order_id = id, .client = &client};
    kl_acted_t acted;

    assert_int_equal(kl_act(svc, &kl_authorization_extend_action, &ask, &acted, err), KL_OK);
    return kl_authorization_end(svc, &acted, moved);
}

static void an_extension_names_the_new_end(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    apr_time_t end = fake_clock_now() + 28 * DAY;
    int moved = 0;

    fake_klarna_set_end(world->klarna, world_klarna_order(world, id), fake_clock_now() + DAY);
    assert_int_equal(extend(world, id, "k", &moved), end);
    assert_int_equal(moved, 1);
    moved = 0;
    assert_int_equal(extend(world, id, "k", &moved), end);
    assert_int_equal(moved, 1);
    assert_int_equal(world_klarna_order(world, id)->extensions, 1);
    world->klarna->keeps_the_end = 1;
    assert_int_equal(extend(world, id, "k2", &moved), end);
    assert_int_equal(moved, 0);
}

static void an_end_that_cannot_be_read_is_not_named(void **state)
{
    world_t *world = world_for(state);
    const char *id = world_placed(world);
    int moved = 0;

    fake_klarna_arm(world->klarna, 3, FAKE_LOST_BEFORE); /* record, extension, record */
    assert_int_equal(extend(world, id, "k", &moved), 0);
    assert_int_equal(world_klarna_order(world, id)->extensions, 1);
    assert_string_equal(world_order(world, id)->pending_op, "");
}

/* Klarna says yes at the limit too, and moves nothing: it is not asked. */
static void what_would_not_move_the_end_is_not_offered(void **state)
{
    static const struct {
        const char *type, *country, *why;
        int days;
    } cases[] = {{"INVOICE", "SE", NULL, 179},
                 {"INVOICE", "SE", "longest", 180},
                 {"CARD", "SE", "fixed_term", 28},
                 {"PAY_BY_CARD", "SE", "fixed_term", 28},
                 {"FIXED_SUM_CREDIT", "SE", NULL, 28},
                 {"FIXED_SUM_CREDIT", "US", "fixed_term", 28}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world_t *world = world_for(state);
        const char *id = world_placed(world);
        fake_order_t *theirs = world_klarna_order(world, id);
        apr_time_t midnight = fake_clock_now() - fake_clock_now() % DAY;

        theirs->payment_type = cases[i].type;
        fake_klarna_set_end(world->klarna, theirs, midnight + cases[i].days * DAY);
        world_order(world, id)->country = cases[i].country;
        if (cases[i].why) {
            world_must_refuse(world, act_extend, id, KL_CONFLICT, "not_extendable");
            assert_string_equal(kl_why_not_extend(world_order(world, id))->code, cases[i].why);
        }
        else {
            world_must(world, act_extend, id, "extend");
        }
        assert_int_equal(theirs->extensions, !cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(cancelling),
        WITH_POOL(cancelling_what_was_captured_refunds_all),
        WITH_POOL(reducing_and_releasing),
        WITH_POOL(an_extension_names_the_new_end),
        WITH_POOL(an_end_that_cannot_be_read_is_not_named),
        WITH_POOL(what_would_not_move_the_end_is_not_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
