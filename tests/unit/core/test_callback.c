/* SPDX-License-Identifier: Apache-2.0 */
/* How the callbacks of an account are doing, as it is shown. */
#include "tests/unit/support.h"

#include "core/callback.h"

static void each_kind_is_shown_with_its_account(void **state)
{
    apr_array_header_t *list = apr_array_make(*state, 2, sizeof(kl_callback_t));
    const kl_json_t *shown, *v;

    APR_ARRAY_PUSH(list, kl_callback_t) =
        (kl_callback_t){"sweden", "authorization", apr_time_from_sec(1790000000), 0, 12, 0, ""};
    APR_ARRAY_PUSH(list, kl_callback_t) =
        (kl_callback_t){"norway", "fraud", 0, apr_time_from_sec(1790000000), 0, 3, "no_such_order"};
    shown = kl_callback_view(*state, list);
    assert_int_equal(kl_json_size(shown), 2);
    v = kl_json_at(shown, 0);
    assert_string_equal(kl_json_str(v, "store"), "sweden");
    assert_string_equal(kl_json_str(v, "kind"), "authorization");
    assert_string_equal(kl_json_str(v, "last_good"), "2026-09-21T14:13:20Z");
    assert_int_equal(kl_json_int(v, "good", -1), 12);
    assert_non_null(kl_json_get(v, "last_bad"));
    assert_null(kl_json_str(v, "last_bad"));
    assert_null(kl_json_str(v, "why"));
    v = kl_json_at(shown, 1);
    assert_string_equal(kl_json_str(v, "store"), "norway");
    assert_null(kl_json_str(v, "last_good"));
    assert_string_equal(kl_json_str(v, "last_bad"), "2026-09-21T14:13:20Z");
    assert_int_equal(kl_json_int(v, "bad", -1), 3);
    assert_string_equal(kl_json_str(v, "why"), "no_such_order");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(each_kind_is_shown_with_its_account),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
