/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifiers and secrets: their form, and none at all without randomness.
 */
#include "tests/unit/support.h"

#include "core/id.h"

static int counting(unsigned char *buf, apr_size_t len)
{
    for (apr_size_t i = 0; i < len; i++) {
        buf[i] = (unsigned char)(i * 17);
    }
    return 1;
}

static int all_ones(unsigned char *buf, apr_size_t len)
{
    memset(buf, 0xff, len);
    return 1;
}

static int broken(unsigned char *buf, apr_size_t len)
{
    (void)buf;
    (void)len;
    return 0;
}

static void uuid_has_version_and_variant(void **state)
{
    assert_string_equal(kl_id_uuid(*state, counting), "00112233-4455-4677-8899-aabbccddeeff");
    assert_string_equal(kl_id_uuid(*state, all_ones), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert_true(kl_id_is_uuid(kl_id_uuid(*state, counting)));
}

static void secret_is_hex(void **state)
{
    assert_string_equal(kl_id_secret(*state, counting), "00112233445566778899aabbccddeeff");
}

static void nothing_without_randomness(void **state)
{
    assert_null(kl_id_uuid(*state, broken));
    assert_null(kl_id_secret(*state, broken));
}

static void uuid_form(void **state)
{
    (void)state;
    assert_true(kl_id_is_uuid("0b1d9815-165e-42e2-8867-35bc03789e00"));
    assert_false(kl_id_is_uuid(NULL));
    assert_false(kl_id_is_uuid(""));
    assert_false(kl_id_is_uuid("0B1D9815-165e-42e2-8867-35bc03789e00"));
    assert_false(kl_id_is_uuid("0b1d9815-165e-42e2-8867-35bc03789e0"));
    assert_false(kl_id_is_uuid("0b1d9815-165e-42e2-8867-35bc03789e000"));
    assert_false(kl_id_is_uuid("0b1d9815x165e-42e2-8867-35bc03789e00"));
    assert_false(kl_id_is_uuid("0b1d9815-165e-42e2-8867-35bc03789e0/"));
    assert_false(kl_id_is_uuid("0b1d98151165e-42e2-8867-35bc03789e0-"));
}

static void secrets_compared(void **state)
{
    (void)state;
    assert_true(kl_id_equal_secret("abc", "abc"));
    assert_true(kl_id_equal_secret("", ""));
    assert_false(kl_id_equal_secret("abc", "abd"));
    assert_false(kl_id_equal_secret("xbc", "abc"));
    assert_false(kl_id_equal_secret("abc", "ab"));
    assert_false(kl_id_equal_secret("ab", "abc"));
    assert_false(kl_id_equal_secret(NULL, "abc"));
    assert_false(kl_id_equal_secret("abc", NULL));
    assert_false(kl_id_equal_secret(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(uuid_has_version_and_variant),
        WITH_POOL(secret_is_hex),
        WITH_POOL(nothing_without_randomness),
        WITH_POOL(uuid_form),
        WITH_POOL(secrets_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
