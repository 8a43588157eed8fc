/* SPDX-License-Identifier: Apache-2.0 */
/* A later due date: one of Klarna's options, at the price that it asks. */
#include "tests/unit/support.h"

#include "core/plan_due_date.h"

static kl_due_options_t offered(apr_pool_t *p)
{
    kl_due_options_t options = {"SEK", apr_array_make(p, 2, sizeof(kl_due_option_t))};

    APR_ARRAY_PUSH(options.list, kl_due_option_t) = (kl_due_option_t){14, 3900};
    APR_ARRAY_PUSH(options.list, kl_due_option_t) = (kl_due_option_t){28, 0};
    return options;
}

static void an_option_is_taken_at_its_price(void **state)
{
    static const kl_due_date_request_t taken[] = {{14, 3900}, {14, -1}, {28, 0}, {28, -1}};
    kl_due_options_t options = offered(*state);
    kl_error_t *err = kl_error_make(*state);

    for (int i = 0; i < 4; i++) {
        kl_due_option_t out = {0, 0};

        assert_int_equal(kl_plan_due_date(&out, &options, &taken[i], err), KL_OK);
        assert_int_equal(out.days, taken[i].days);
        assert_int_equal(out.price, i < 2 ? 3900 : 0);
    }
}

static void what_is_not_offered_is_refused(void **state)
{
    static const kl_due_date_request_t other_days = {21, -1}, other_price = {14, 3899};
    kl_due_options_t options = offered(*state);
    kl_due_option_t out;
    kl_error_t *err = kl_error_make(*state);

    kl_plan_due_date(&out, &options, &other_days, err);
    check_field(err, "not_offered", "number_of_days");
    assert_string_equal(err->got, "21");
    assert_string_equal(err->expected, "an option of Klarna's: 14, 28");
    kl_error_clear(err);
    kl_plan_due_date(&out, &options, &other_price, err);
    check_error(err, KL_CONFLICT, "price_changed");
    assert_non_null(strstr(err->detail, "3900 for that now, not 3899"));
    kl_error_clear(err);
    apr_array_clear(options.list);
    kl_plan_due_date(&out, &options, &other_days, err);
    check_error(err, KL_CONFLICT, "no_due_date_options");
}

static void options_are_shown_with_their_prices(void **state)
{
    kl_due_options_t options = offered(*state);
    kl_json_t *v = kl_json_object(*state);

    kl_plan_due_date_view(*state, v, &options);
    assert_string_equal(
        kl_json_text(*state, v),
        "{\"currency\":\"SEK\",\"options\":[{\"number_of_days\":14,\"amount\":3900},"
        "{\"number_of_days\":28,\"amount\":0}]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(an_option_is_taken_at_its_price),
        WITH_POOL(what_is_not_offered_is_refused),
        WITH_POOL(options_are_shown_with_their_prices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
