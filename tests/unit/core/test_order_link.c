/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of an order elsewhere: what a template may be, and what values become in it. */
#include "tests/unit/support.h"

#include "core/order_link.h"

static void templates(void **state)
{
    static const char *const good[] = {"https://shop.example/", "/orders/{id}",
                                       "https://s.example/{merchant_reference1}?b="
                                       "{merchant_reference2}&k={klarna_order_id}#"
                                       "{klarna_reference}"};
    static const char *const bad[] = {"",
                                      "http://shop.example/{id}",
                                      "//other.example/",
                                      "javascript:alert(1)",
                                      "/{order}",
                                      "/{id",
                                      "/{}",
                                      "ftp://x",
                                      "/{id}{"};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_null(kl_order_link_fault(*state, good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_non_null(kl_order_link_fault(*state, bad[i]));
    }
}

static void values(void **state)
{
    kl_order_t *order = kl_order_make(*state);

    order->id = "1-2";
    order->reference1 = "A/1 ?&\"\xC3\xA5<.~_-";
    assert_string_equal(kl_order_link_url(*state, "https://s.example/{merchant_reference1}/{id}!",
                                          order),
                        "https://s.example/A%2F1%20%3F%26%22%C3%A5%3C.~_-/1-2!");
    assert_string_equal(kl_order_link_url(*state, "/x", order), "/x");
    assert_null(kl_order_link_url(*state, "/{merchant_reference2}", order)); /* it has none */
}

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_POOL(templates), WITH_POOL(values)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
