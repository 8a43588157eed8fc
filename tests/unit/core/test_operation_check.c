/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is true of every operation: one that keeps it passes, and each part breaks once.
 */
#include "tests/unit/support.h"

#include "core/operation_check.h"

#define NOW 1700000000000000

/* A capture that was just sent. */
static kl_operation_t *sent(apr_pool_t *p)
{
    kl_operation_t *op = kl_operation_make(p);

    op->id = "op-1";
    op->order_id = "order-1";
    op->account = "default";
    op->client_key = "key";
    op->method = "POST";
    op->path = "/captures";
    op->kind = KL_OP_CAPTURE;
    op->amount = 100;
    kl_operation_queued(op, NOW, 0);
    assert_int_equal(kl_operation_sent(op, NOW, kl_error_make(p)), KL_OK);
    return op;
}

static kl_operation_t *confirmed(apr_pool_t *p)
{
    kl_operation_t *op = sent(p);

    assert_int_equal(kl_operation_executed(op, "capture-1", "", NOW, kl_error_make(p)), KL_OK);
    return op;
}

static void must_break(const kl_operation_t *op, apr_pool_t *p, const char *condition)
{
    kl_error_t *err = kl_error_make(p);

    contract_may_break();
    assert_int_equal(kl_operation_check(op, err), KL_INTERNAL);
    check_broken(err, condition);
}

static void what_the_machine_makes_passes(void **state)
{
    kl_error_t *err = kl_error_make(*state);
    kl_operation_t *op = sent(*state);

    assert_int_equal(kl_operation_check(op, err), KL_OK);
    assert_int_equal(kl_operation_renewed(op, err), KL_OK);
    assert_int_equal(kl_operation_check(op, err), KL_OK);
    assert_int_equal(kl_operation_given_up(op, NOW, err), KL_OK);
    assert_int_equal(kl_operation_check(op, err), KL_OK);
    assert_int_equal(kl_operation_check(confirmed(*state), err), KL_OK);
}

static void a_name_is_missing(void **state)
{
    kl_operation_t *op = sent(*state);

    op->order_id = "";
    must_break(op, *state, "op->order_id[0]");
    op = sent(*state);
    op->client_key = "";
    must_break(op, *state, "op->client_key[0]");
    op = sent(*state);
    op->path = "";
    must_break(op, *state, "op->path[0]");
}

static void a_number_can_not_be(void **state)
{
    kl_operation_t *op = sent(*state);

    op->amount = -1;
    must_break(op, *state, "op->amount >= 0");
    op = sent(*state);
    op->attempts = 0;
    must_break(op, *state, "op->attempts > 0");
}

static void an_end_is_none(void **state)
{
    kl_operation_t *op = confirmed(*state);

    op->next_at = NOW;
    must_break(op, *state, "op->next_at == 0");
    op = confirmed(*state);
    op->result_id = "";
    must_break(op, *state, "has_result");
    op = sent(*state);
    op->mark = KL_OP_KEY_EXPIRED;
    must_break(op, *state, "KL_OP_KEY_EXPIRED");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(what_the_machine_makes_passes),
        WITH_POOL(a_name_is_missing),
        WITH_POOL(a_number_can_not_be),
        WITH_POOL(an_end_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
