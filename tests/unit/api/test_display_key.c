/* SPDX-License-Identifier: Apache-2.0 */
/* The key of a customer's screen: what it says, and that nobody else can make one. */
#include "tests/unit/support.h"

#include <apr_strings.h>

#include "api/display_key.h"

static const kl_account_t ACCOUNT = {.name = "default", .password = "a password"};
static const kl_display_key_t KEY = {"clinic", "Counter 1", 1000};

static void it_says_what_it_was_made_for(void **state)
{
    const char *text = kl_display_key_text(*state, &KEY, &ACCOUNT);
    kl_error_t *err = kl_error_make(*state);
    kl_display_key_t said;

    assert_int_equal(kl_display_key_read(&said, *state, text, err), KL_OK);
    assert_string_equal(said.department, "clinic");
    assert_string_equal(said.till, "Counter 1");
    assert_int_equal(said.until, 1000);
    assert_int_equal(kl_display_key_check(&said, text, &ACCOUNT, 999, err), KL_OK);
    assert_int_equal(kl_display_key_check(&said, text, &ACCOUNT, 1000, err), KL_DENIED);
    check_error(err, KL_DENIED, "display_key");
}

static void another_accounts_key_is_none(void **state)
{
    const kl_account_t same_name = {.name = "default", .password = "another"};
    const kl_account_t same_password = {.name = "other", .password = "a password"};
    const char *text = kl_display_key_text(*state, &KEY, &ACCOUNT);

    assert_int_equal(kl_display_key_check(&KEY, text, &same_name, 1, kl_error_make(*state)),
                     KL_DENIED);
    assert_int_equal(kl_display_key_check(&KEY, text, &same_password, 1, kl_error_make(*state)),
                     KL_DENIED);
}

/* Each character changed, left out, or put behind. */
static void a_changed_key_is_none(void **state)
{
    const char *text = kl_display_key_text(*state, &KEY, &ACCOUNT);

    for (apr_size_t i = 0; i < strlen(text); i++) {
        char *changed = apr_pstrdup(*state, text);
        kl_error_t *err = kl_error_make(*state);
        kl_display_key_t said;

        changed[i] = changed[i] == 'x' ? 'y' : 'x';
        if (kl_display_key_read(&said, *state, changed, err) == KL_OK) {
            assert_int_equal(kl_display_key_check(&said, changed, &ACCOUNT, 1, err), KL_DENIED);
        }
    }
}

static void what_is_no_key_is_refused(void **state)
{
    static const char *const texts[] = {"", ".", "x", "Y2xpbmlj.00", "\xff\xff.00", "....", "AAAA"};

    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        kl_error_t *err = kl_error_make(*state);
        kl_display_key_t said;

        assert_int_equal(kl_display_key_read(&said, *state, texts[i], err), KL_DENIED);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(it_says_what_it_was_made_for),
        WITH_POOL(another_accounts_key_is_none),
        WITH_POOL(a_changed_key_is_none),
        WITH_POOL(what_is_no_key_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
