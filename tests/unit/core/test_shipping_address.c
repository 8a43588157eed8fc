/* SPDX-License-Identifier: Apache-2.0 */
/* An address as it comes and as it is sent. */
#include "tests/unit/support.h"

#include <apr_strings.h>
#include "core/shipping_address.h"

#define WHOLE \
    "'given_name':'A','family_name':'B','street_address':'C 1','postal_code':'1','city':'D'," \
    "'country':'SE'"

static const char *sent(apr_pool_t *p, const char *address, kl_error_t *err)
{
    char *text = apr_psprintf(p, "{'shipping_address':{%s}}", address);
    kl_json_t *read;
    kl_reader_t rd;

    for (char *c = text; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    rd = kl_reader(p, kl_json_parse(p, text, strlen(text), err), "", err);
    read = kl_shipping_address_read(&rd);

    return read ? kl_json_text(p, read) : NULL;
}

/* What else was of the old place is said to be empty. */
static void nothing_is_left_of_the_old_place(void **state)
{
    kl_error_t *err = kl_error_make(*state);
    const char *text = sent(*state, WHOLE, err);

    assert_non_null(text);
    assert_non_null(strstr(text, "\"street_address2\":\"\""));
    assert_non_null(strstr(text, "\"attention\":\"\""));
    assert_null(strstr(text, "phone"));
    assert_null(strstr(text, "email"));
}

static void what_is_said_is_sent(void **state)
{
    const char *text = sent(*state, WHOLE ",'street_address2':'E','phone':'+46','region':'F'",
                            kl_error_make(*state));

    assert_non_null(strstr(text, "\"street_address2\":\"E\""));
    assert_non_null(strstr(text, "\"phone\":\"+46\""));
    assert_non_null(strstr(text, "\"region\":\"F\""));
}

static void what_is_wrong_is_named_and_never_quoted(void **state)
{
    static const struct {
        const char *address, *code, *field;
    } bad[] = {
        {"", "missing", "shipping_address.given_name"},
        {"'given_name':''", "too_short", "shipping_address.given_name"},
        {WHOLE ",'stret':'secret'", "unknown_field", "shipping_address.stret"},
        {WHOLE ",'title':'secret, and longer than that'", "too_long", "shipping_address.title"},
        {WHOLE ",'phone':7", "wrong_type", "shipping_address.phone"},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        kl_error_t *err = kl_error_make(*state);

        assert_null(sent(*state, bad[i].address, err));
        check_error(err, KL_INVALID, bad[i].code);
        assert_string_equal(err->field, bad[i].field);
        assert_null(strstr(err->detail, "secret"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(nothing_is_left_of_the_old_place),
        WITH_POOL(what_is_said_is_sent),
        WITH_POOL(what_is_wrong_is_named_and_never_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
