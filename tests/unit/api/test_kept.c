/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept for the next user: the last one first, and never more than there is room for. */
#include "tests/unit/support.h"

#include "api/kept.h"

static void test_keeps_the_warmest_first(void **state)
{
    kl_kept_t *kept = kl_kept_make(*state, 2);
    int a, b, c;

    assert_non_null(kept);
    assert_null(kl_kept_take(kept));
    assert_true(kl_kept_put(kept, &a));
    assert_true(kl_kept_put(kept, &b));
    assert_false(kl_kept_put(kept, &c));
    assert_ptr_equal(kl_kept_take(kept), &b);
    assert_ptr_equal(kl_kept_take(kept), &a);
    assert_null(kl_kept_take(kept));
    assert_true(kl_kept_put(kept, &c));
    assert_ptr_equal(kl_kept_take(kept), &c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_POOL(test_keeps_the_warmest_first)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
