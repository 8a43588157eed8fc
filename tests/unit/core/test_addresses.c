/* SPDX-License-Identifier: Apache-2.0 */
/* What Klarna was told of the shopper: read, added up, completed, kept as text. */
#include "tests/unit/support.h"

#include <apr_strings.h>
#include "core/addresses.h"

#define HOME "{\"given_name\":\"Ada\",\"street_address2\":\"Door 2\",\"postal_code\":\"111 22\"}"

static kl_json_t *object(apr_pool_t *p, const char *text)
{
    kl_json_t *v = kl_json_parse(p, text, strlen(text), kl_error_make(p));

    assert_non_null(v);
    return v;
}

/* A billing address alone. */
static kl_addresses_t billing(apr_pool_t *p, const char *text)
{
    return (kl_addresses_t){.billing_address = object(p, text)};
}

static void the_later_is_added_member_by_member(void **state)
{
    apr_pool_t *p = *state;
    kl_addresses_t told = billing(p, HOME);
    kl_addresses_t later = billing(p, "{\"postal_code\":\"11122\",\"email\":\"a@example.test\"}");

    later.shipping_address = object(p, "{\"city\":\"Lund\"}");
    kl_addresses_add(p, &told, &later);
    assert_string_equal(kl_addresses_text(p, &told),
                        "{\"billing_address\":{\"given_name\":\"Ada\","
                        "\"street_address2\":\"Door 2\",\"postal_code\":\"11122\","
                        "\"email\":\"a@example.test\"},\"shipping_address\":{\"city\":\"Lund\"}}");
    later = (kl_addresses_t){.customer = object(p, "{\"type\":\"person\"}")};
    kl_addresses_add(p, &told, &later);
    later.customer = object(p, "{\"date_of_birth\":\"1971-03-29\"}");
    kl_addresses_add(p, &told, &later);
    assert_string_equal(kl_json_text(p, told.customer),
                        "{\"type\":\"person\",\"date_of_birth\":\"1971-03-29\"}");
    assert_string_equal(kl_json_str(told.billing_address, "given_name"), "Ada");
}

static void what_a_later_cart_leaves_out_is_said_to_be_empty(void **state)
{
    apr_pool_t *p = *state;
    kl_addresses_t before = billing(p, HOME);
    kl_addresses_t later = billing(p, "{\"given_name\":\"Bo\",\"city\":\"Lund\"}");

    before.shipping_address = object(p, HOME);
    kl_json_set_str(before.billing_address, "country", "SE");
    kl_addresses_complete(p, &later, &before);
    assert_string_equal(kl_json_text(p, later.billing_address),
                        "{\"given_name\":\"Bo\",\"street_address2\":\"\",\"postal_code\":\"\","
                        "\"city\":\"Lund\",\"country\":\"SE\"}");
    assert_null(later.shipping_address); /* not told again: Klarna keeps the earlier */
    before = (kl_addresses_t){.customer = object(p, "{\"type\":\"person\"}")};
    later = billing(p, HOME);
    kl_addresses_complete(p, &later, &before);
    assert_string_equal(kl_json_text(p, later.billing_address), HOME);
}

static void text_and_back(void **state)
{
    apr_pool_t *p = *state;
    kl_addresses_t told = billing(p, HOME), nothing = {NULL}, again;
    const char *text = kl_addresses_text(p, &told);

    assert_true(kl_addresses_parse(&again, p, text));
    assert_string_equal(kl_addresses_text(p, &again), text);
    assert_string_equal(kl_addresses_text(p, &nothing), "");
    assert_true(kl_addresses_parse(&again, p, ""));
    assert_false(kl_addresses_are_told(&again));
    assert_false(kl_addresses_parse(&again, p, KL_ADDRESSES_GONE));
    assert_false(kl_addresses_are_told(&again));
    assert_false(kl_addresses_parse(&again, p, "{\"billing_address\":"));
}

static void wiped_says_that_there_was_something(void **state)
{
    (void)state;
    assert_string_equal(kl_addresses_wiped(HOME), KL_ADDRESSES_GONE);
    assert_string_equal(kl_addresses_wiped(KL_ADDRESSES_GONE), KL_ADDRESSES_GONE);
    assert_string_equal(kl_addresses_wiped(""), "");
}

static void a_wrong_one_is_named_and_never_quoted(void **state)
{
    static const struct {
        const char *member, *value, *code, *field;
    } wrong[] = {
        {"billing_address", "\"Greta\"", "wrong_type", "billing_address"},
        {"shipping_address", "{\"surname\":\"Greta\"}", "unknown_field", "shipping_address"},
        {"shipping_address", "{\"postal_code\":\"Greta Greta\"}", "too_long",
         "shipping_address.postal_code"},
        {"customer", "{\"date_of_birth\":19710329}", "wrong_type", "customer.date_of_birth"},
        {"customer", "{\"type\":\"Greta\\n\"}", "control_character", "customer.type"},
    };
    apr_pool_t *p = *state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        kl_error_t *err = kl_error_make(p);
        kl_json_t *v = object(p, apr_psprintf(p, "{\"%s\":%s}", wrong[i].member, wrong[i].value));
        kl_reader_t rd = kl_reader(p, v, "", err);

        kl_addresses_read(&rd, KL_TO_BE_TOLD);
        assert_string_equal(err->code, wrong[i].code);
        assert_non_null(strstr(err->field, wrong[i].field));
        assert_null(strstr(err->detail, "Greta"));
        assert_true(!err->got || !strstr(err->got, "Greta"));
    }
}

/* Klarna compares it, whether its pages name it or not. */
static void what_klarna_took_is_kept_whole(void **state)
{
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_json_t *v = object(p, "{\"billing_address\":{\"care_of\":\"Bo\",\"city\":\"Lund\"}}");
    kl_reader_t rd = kl_reader(p, v, "", err);
    kl_addresses_t told = billing(p, HOME), later = kl_addresses_read(&rd, KL_WAS_TOLD);

    assert_int_equal(err->kind, KL_OK);
    kl_addresses_add(p, &told, &later);
    assert_string_equal(kl_json_str(told.billing_address, "care_of"), "Bo");
    v = object(p, "{\"billing_address\":{\"care_of\":1,\"city\":2}}");
    rd = kl_reader(p, v, "", err);
    kl_addresses_read(&rd, KL_WAS_TOLD);
    check_field(err, "wrong_type", "billing_address.city");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(the_later_is_added_member_by_member),
        WITH_POOL(what_a_later_cart_leaves_out_is_said_to_be_empty),
        WITH_POOL(text_and_back),
        WITH_POOL(wiped_says_that_there_was_something),
        WITH_POOL(a_wrong_one_is_named_and_never_quoted),
        WITH_POOL(what_klarna_took_is_kept_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
