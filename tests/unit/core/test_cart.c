/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carts. Beside single cases there are properties over thousands of random carts: a cart
 * made right by construction is taken, and the same cart with any one amount changed is
 * refused with that very member named.
 */
#include "tests/unit/support.h"

#include <apr_strings.h>

#include "core/cart.h"
#include "core/limits.h"

#define CARTS 3000

/* --- single cases ---------------------------------------------------------------- */

static const char sample[] =
    "{\"purchase_country\":\"SE\",\"purchase_currency\":\"SEK\",\"locale\":\"sv-SE\","
    "\"order_amount\":22299,\"order_tax_amount\":4170,"
    "\"merchant_reference1\":\"A-1\",\"merchant_urls\":{\"confirmation\":\"https://s.example/ok\"},"
    "\"billing_address\":{\"given_name\":\"Test\",\"postal_code\":\"12345\",\"country\":\"SE\"},"
    "\"customer\":{\"type\":\"person\"},"
    "\"order_lines\":["
    "{\"type\":\"physical\",\"reference\":\"sku-1\",\"name\":\"Lamp\",\"quantity\":1,"
    "\"quantity_unit\":\"pcs\",\"unit_price\":9999,\"tax_rate\":2300,\"total_amount\":9999,"
    "\"total_tax_amount\":1870,\"product_url\":\"https://s.example/lamp\"},"
    "{\"name\":\"Shade\",\"quantity\":3,\"unit_price\":4200,\"tax_rate\":2300,"
    "\"total_amount\":12300,\"total_discount_amount\":300,\"total_tax_amount\":2300}]}";

static kl_json_t *parsed(apr_pool_t *p, const char *text)
{
    kl_error_t *err = kl_error_make(p);
    kl_json_t *v = kl_json_parse(p, text, strlen(text), err);

    assert_non_null(v);
    return v;
}

static kl_json_t *line_of(kl_json_t *cart, int i)
{
    return kl_json_at(kl_json_get(cart, "order_lines"), i);
}

static kl_error_t *parse(apr_pool_t *p, kl_cart_t *cart, kl_json_t *v, kl_region_t region)
{
    kl_error_t *err = kl_error_make(p);
    kl_kind_t kind = kl_cart_parse(cart, p, v, region, err);

    assert_int_equal(kind, err->kind);
    return err;
}

static void check_taken(const kl_error_t *err)
{
    if (err->kind != KL_OK) {
        fail_msg("refused: %s %s", err->code, err->detail);
    }
}

static void sample_is_taken(void **state)
{
    kl_cart_t cart;
    kl_json_t *v = parsed(*state, sample);
    const kl_line_t *lines;

    check_taken(parse(*state, &cart, v, KL_REGION_EU));
    assert_string_equal(cart.country, "SE");
    assert_string_equal(cart.currency, "SEK");
    assert_string_equal(cart.locale, "sv-SE");
    assert_int_equal(cart.order_amount, 22299);
    assert_int_equal(cart.order_tax_amount, 4170);
    assert_string_equal(cart.reference1, "A-1");
    assert_string_equal(cart.reference2, "");
    assert_string_equal(cart.confirmation_url, "https://s.example/ok");
    assert_ptr_equal(cart.told.billing_address, kl_json_get(v, "billing_address"));
    assert_null(cart.told.shipping_address);
    assert_non_null(cart.told.customer);
    assert_int_equal(cart.lines->nelts, 2);
    lines = (const kl_line_t *)cart.lines->elts;
    assert_int_equal(lines[0].type, KL_LINE_PHYSICAL);
    assert_string_equal(lines[0].reference, "sku-1");
    assert_string_equal(lines[0].quantity_unit, "pcs");
    assert_string_equal(lines[0].product_url, "https://s.example/lamp");
    assert_int_equal(lines[1].type, KL_LINE_PHYSICAL);
    assert_string_equal(lines[1].reference, "line-2");
    assert_string_equal(lines[1].image_url, "");
    assert_int_equal(lines[1].quantity, 3);
    assert_int_equal(lines[1].total_discount_amount, 300);
    assert_int_equal(lines[1].captured_amount, 0);
}

/* The sample with one member of the cart, or of its line when line >= 0, set to value. */
static const kl_error_t *with(apr_pool_t *p, int line, const char *key, const char *value)
{
    kl_json_t *v = parsed(p, sample);
    kl_json_t *holder = parsed(p, apr_psprintf(p, "{\"v\":%s}", value));
    kl_cart_t cart;

    kl_json_set(line < 0 ? v : line_of(v, line), key, kl_json_get(holder, "v"));
    return parse(p, &cart, v, KL_REGION_EU);
}

static const char *letters(apr_pool_t *p, int n)
{
    char *s = apr_palloc(p, n + 3);

    memset(s, 'x', n + 2);
    s[0] = s[n + 1] = '"';
    s[n + 2] = '\0';
    return s;
}

static void wrong_members(void **state)
{
    static const struct {
        int line;
        const char *key, *value, *code, *field, *got;
    } cases[] = {
        {-1, "purchase_country", "\"SWE\"", "too_long", "purchase_country", "3 characters"},
        {-1, "purchase_country", "\"XX\"", "unknown_country", "purchase_country", "XX"},
        {-1, "purchase_country", "\"US\"", "region_mismatch", "purchase_country", "US"},
        {-1, "purchase_currency", "\"EUR\"", "currency_mismatch", "purchase_currency", "EUR"},
        {-1, "purchase_currency", "7", "wrong_type", "purchase_currency", "an integer"},
        {-1, "locale", "\"de-SE\"", "locale_mismatch", "locale", "de-SE"},
        {-1, "order_amount", "22299.0", "wrong_type", "order_amount", "a real number"},
        {-1, "order_amount", "\"22299\"", "wrong_type", "order_amount", "a string"},
        {-1, "order_amount", "0", "out_of_range", "order_amount", "0"},
        {-1, "order_amount", "200000001", "out_of_range", "order_amount", "200000001"},
        {-1, "order_tax_amount", "-1", "out_of_range", "order_tax_amount", "-1"},
        {-1, "order_lines", "[]", "out_of_range", "order_lines", "0 entries"},
        {-1, "order_lines", "{}", "wrong_type", "order_lines", "an object"},
        {-1, "order_lines", "[7]", "wrong_type", "order_lines[0]", "an integer"},
        {-1, "order_line", "[]", "unknown_field", "order_line", NULL},
        {-1, "merchant_urls", "{\"push\":\"https://x\"}", "unknown_field", "merchant_urls.push",
         NULL},
        {-1, "merchant_urls", "{\"confirmation\":\"javascript:1\"}", "unknown_value",
         "merchant_urls.confirmation", NULL},
        {0, "type", "\"cat\"", "unknown_value", "order_lines[0].type", "cat"},
        {0, "type", "\"return_fee\"", "unknown_value", "order_lines[0].type", "return_fee"},
        {0, "type", "\"sales_tax\"", "sales_tax", "order_lines[0].type", "sales_tax"},
        {0, "name", "\"\"", "too_short", "order_lines[0].name", "0 characters"},
        {0, "name", "null", "wrong_type", "order_lines[0].name", "null"},
        {0, "quantity", "0", "out_of_range", "order_lines[0].quantity", "0"},
        {0, "quantity", "1.5", "wrong_type", "order_lines[0].quantity", "a real number"},
        {0, "quantity_unit", "\"handfulls\"", "too_long", "order_lines[0].quantity_unit",
         "9 characters"},
        {0, "unit_price", "200000001", "out_of_range", "order_lines[0].unit_price", "200000001"},
        {0, "unit_price", "-1", "line_sign", "order_lines[0].unit_price", "-1"},
        {0, "total_amount", "-1", "line_sign", "order_lines[0].total_amount", "-1"},
        {0, "tax_rate", "10001", "out_of_range", "order_lines[0].tax_rate", "10001"},
        {0, "total_discount_amount", "-1", "out_of_range", "order_lines[0].total_discount_amount",
         "-1"},
        {0, "type", "\"discount\"", "line_sign", "order_lines[0].unit_price", "9999"},
        {0, "type", "\"gift_card\"", "line_sign", "order_lines[0].unit_price", "9999"},
        {0, "reference", "\"line-2\"", "duplicate_reference", "order_lines[1].reference", "line-2"},
        {1, "reference", "\"sku-1\"", "duplicate_reference", "order_lines[1].reference", "sku-1"},
        {1, "price", "1", "unknown_field", "order_lines[1].price", NULL},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const kl_error_t *err = with(*state, cases[i].line, cases[i].key, cases[i].value);

        check_field(err, cases[i].code, cases[i].field);
        assert_non_null(err->expected);
        if (cases[i].got) {
            assert_non_null(err->got);
            assert_string_equal(err->got, cases[i].got);
        }
        else {
            assert_null(err->got);
        }
    }
}

static void expected_is_told(void **state)
{
    const kl_error_t *err = with(*state, 1, "total_amount", "12299");

    check_field(err, "line_total", "order_lines[1].total_amount");
    assert_string_equal(err->got, "12299");
    assert_string_equal(err->expected, "12300 (quantity * unit_price - total_discount_amount)");
    err = with(*state, 0, "total_tax_amount", "1872");
    check_field(err, "line_tax", "order_lines[0].total_tax_amount");
    assert_memory_equal(err->expected, "1870, or 1 more or less", 23);
    err = with(*state, -1, "order_amount", "22300");
    check_field(err, "order_total", "order_amount");
    assert_memory_equal(err->expected, "22299 ", 6);
    err = with(*state, -1, "order_tax_amount", "4173");
    check_field(err, "order_tax", "order_tax_amount");
    assert_memory_equal(err->expected, "4170 ", 5);
    check_taken(with(*state, -1, "order_tax_amount", "4172"));
    check_taken(with(*state, 0, "total_tax_amount", "1871"));
}

static void members_are_required(void **state)
{
    static const char *const keys[] = {"purchase_country", "purchase_currency", "order_amount",
                                       "order_lines"};

    for (int i = 0; i < 4; i++) {
        kl_json_t *full = parsed(*state, sample), *v = kl_json_object(*state);
        kl_cart_t cart;

        for (int j = 0; j < 4; j++) {
            if (j != i) {
                kl_json_set(v, keys[j], kl_json_get(full, keys[j]));
            }
        }
        check_field(parse(*state, &cart, v, KL_REGION_EU), "missing", keys[i]);
    }
}

static void line_members_are_required(void **state)
{
    static const char *const keys[] = {"name", "quantity", "unit_price", "total_amount"};

    for (int i = 0; i < 4; i++) {
        kl_json_t *v = parsed(*state, sample), *lines = kl_json_array(*state);
        kl_json_t *line = kl_json_object(*state);
        kl_cart_t cart;

        for (int j = 0; j < 4; j++) {
            if (j != i) {
                kl_json_set(line, keys[j], kl_json_get(line_of(v, 0), keys[j]));
            }
        }
        kl_json_append(lines, line);
        kl_json_set(v, "order_lines", lines);
        check_field(parse(*state, &cart, v, KL_REGION_EU), "missing",
                    apr_psprintf(*state, "order_lines[0].%s", keys[i]));
    }
}

static void too_many_lines(void **state)
{
    kl_json_t *v = parsed(*state, sample), *lines = kl_json_array(*state);
    kl_cart_t cart;

    for (int i = 0; i <= KL_MAX_LINES; i++) {
        kl_json_append(lines, line_of(v, 1));
    }
    kl_json_set(v, "order_lines", lines);
    check_field(parse(*state, &cart, v, KL_REGION_EU), "out_of_range", "order_lines");
}

static void lengths(void **state)
{
    static const struct {
        int line, max;
        const char *key;
    } cases[] = {
        {-1, 255, "merchant_reference1"},
        {-1, 255, "merchant_reference2"},
        {0, 255, "name"},
        {0, 255, "reference"},
        {0, 8, "quantity_unit"},
        {0, 1024, "image_url"},
        {0, 1024, "product_url"},
        {0, 1024, "merchant_data"},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int line = cases[i].line, max = cases[i].max;
        const char *name = line < 0 ? cases[i].key
                                    : apr_psprintf(*state, "order_lines[0].%s", cases[i].key);

        check_taken(with(*state, line, cases[i].key, letters(*state, max)));
        check_field(with(*state, line, cases[i].key, letters(*state, max + 1)), "too_long", name);
    }
}

/* --- personal data --------------------------------------------------------------- */

static const struct {
    const char *key;
    int max;
} address_members[] = {
    {"organization_name", 99},
    {"attention", 99},
    {"given_name", 99},
    {"family_name", 99},
    {"title", 20},
    {"street_address", 99},
    {"street_address2", 99},
    {"postal_code", 10},
    {"city", 99},
    {"region", 99},
    {"country", 2},
    {"email", 99},
    {"phone", 99},
};

static void address_lengths(void **state)
{
    for (unsigned i = 0; i < sizeof(address_members) / sizeof(address_members[0]); i++) {
        const char *key = address_members[i].key;
        int max = address_members[i].max;
        const kl_error_t *err;

        check_taken(with(*state, -1, "shipping_address",
                         apr_psprintf(*state, "{\"%s\":%s}", key, letters(*state, max))));
        err = with(*state, -1, "shipping_address",
                   apr_psprintf(*state, "{\"%s\":%s}", key, letters(*state, max + 1)));
        check_field(err, "too_long", apr_psprintf(*state, "shipping_address.%s", key));
        assert_string_equal(err->got, apr_psprintf(*state, "%d characters", max + 1));
    }
}

static void persons_are_never_quoted(void **state)
{
    static const char *const bad[][2] = {
        {"billing_address", "{\"given_name\":[\"Greta\"]}"},
        {"billing_address", "{\"family_name\":\"Greta\\n\"}"},
        {"shipping_address", "{\"country\":\"Greta\"}"},
        {"shipping_address", "{\"postal_code\":\"Greta Greta\"}"},
        {"shipping_address", "\"Greta\""},
        {"billing_address", "{\"surname\":\"Greta\"}"},
        {"customer", "{\"date_of_birth\":\"Greta 1978-12-31\"}"},
        {"customer", "{\"last_four_ssn\":\"Greta 1234\"}"},
        {"customer", "{\"shoe_size\":\"Greta\"}"},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const kl_error_t *err = with(*state, -1, bad[i][0], bad[i][1]);

        assert_int_equal(err->kind, KL_INVALID);
        assert_memory_equal(err->field, bad[i][0], strlen(bad[i][0]));
        assert_null(strstr(err->detail, "Greta"));
        assert_true(!err->got || !strstr(err->got, "Greta"));
    }
}

/* --- random carts ---------------------------------------------------------------- */

static const apr_int64_t rates[] = {0, 600, 700, 1000, 1200, 1900, 2100, 2300, 2500, 10000};

/* total - round(total * 10000 / (10000 + rate)), in another way than the code under test:
 * the nearest whole net amount is searched for. */
static apr_int64_t tax_of(apr_int64_t total, apr_int64_t rate)
{
    apr_int64_t size = total < 0 ? -total : total, net = size * 10000 / (10000 + rate);

    if (2 * (size * 10000 - net * (10000 + rate)) >= 10000 + rate) {
        net++;
    }
    return total < 0 ? net - size : size - net;
}

typedef struct sums_t {
    apr_int64_t amount, tax;
} sums_t;

static void add_line(apr_pool_t *p, kl_json_t *lines, const char *type, apr_int64_t quantity,
                     apr_int64_t unit_price, apr_int64_t discount, apr_int64_t rate, sums_t *sums)
{
    kl_json_t *line = kl_json_object(p);
    apr_int64_t total = quantity * unit_price - discount, tax = tax_of(total, rate);
    int n = (int)kl_json_size(lines);

    kl_json_set_str(line, "type", type);
    kl_json_set_str(line, "name", "Thing");
    kl_json_set_str(line, "reference", n % 3 ? apr_psprintf(p, "sku-%d", n) : NULL);
    kl_json_set_int(line, "quantity", quantity);
    kl_json_set_int(line, "unit_price", unit_price);
    kl_json_set_int(line, "tax_rate", rate);
    kl_json_set_int(line, "total_amount", total);
    kl_json_set_int(line, "total_discount_amount", discount);
    kl_json_set_int(line, "total_tax_amount", tax);
    kl_json_append(lines, line);
    sums->amount += total;
    sums->tax += tax;
}

/* One line that costs something. */
static void add_goods(apr_pool_t *p, kl_json_t *lines, test_random_t *r, int us, sums_t *sums)
{
    static const char *const types[] = {"physical", "digital", "shipping_fee", "surcharge"};
    apr_int64_t quantity = test_random_in(r, 1, 20), price = test_random_in(r, 1, 90000);
    apr_int64_t discount = test_random_in(r, 0, 2) ? 0 : test_random_in(r, 0, quantity * price - 1);

    add_line(p, lines, types[test_random_in(r, 0, 3)], quantity, price, discount,
             us ? 0 : rates[test_random_in(r, 0, 9)], sums);
}

/* One line that takes something off, never all. */
static void add_relief(apr_pool_t *p, kl_json_t *lines, test_random_t *r, int us, sums_t *sums)
{
    static const char *const types[] = {"discount", "gift_card", "store_credit"};
    apr_int64_t quantity = test_random_in(r, 1, 2), which = test_random_in(r, 0, 2);

    if (sums->amount < 10) {
        return;
    }
    add_line(p, lines, types[which], quantity, -test_random_in(r, 1, sums->amount / 4), 0,
             us || which > 0 ? 0 : rates[test_random_in(r, 0, 9)], sums);
}

typedef struct made_t {
    kl_json_t *v;
    int us;
    int lines;
    sums_t sums;
    kl_region_t region;
} made_t;

static made_t make_cart(apr_pool_t *p, test_random_t *r)
{
    made_t made = {.v = kl_json_object(p), .us = test_random_in(r, 0, 3) == 0};
    kl_json_t *lines = kl_json_array(p);
    int goods = (int)test_random_in(r, 1, 8), reliefs = (int)test_random_in(r, 0, 3);
    apr_int64_t order_tax;

    for (int i = 0; i < goods; i++) {
        add_goods(p, lines, r, made.us, &made.sums);
    }
    for (int i = 0; i < reliefs; i++) {
        add_relief(p, lines, r, made.us, &made.sums);
    }
    /* Discounts may be taxed higher than the goods; Klarna takes no negative tax. */
    while (made.sums.tax < 0) {
        add_goods(p, lines, r, made.us, &made.sums);
    }
    order_tax = made.sums.tax;
    if (made.us && test_random_in(r, 0, 3)) {
        order_tax = test_random_in(r, 1, 5000);
        add_line(p, lines, "sales_tax", 1, order_tax, 0, 0, &made.sums);
    }
    made.lines = (int)kl_json_size(lines);
    made.region = made.us ? KL_REGION_NA : KL_REGION_EU;
    kl_json_set_str(made.v, "purchase_country", made.us ? "US" : "DE");
    kl_json_set_str(made.v, "purchase_currency", made.us ? "USD" : "EUR");
    kl_json_set_int(made.v, "order_amount", made.sums.amount);
    kl_json_set_int(made.v, "order_tax_amount", order_tax);
    kl_json_set(made.v, "order_lines", lines);
    return made;
}

static void right_carts_are_taken(void **state)
{
    test_random_t r = {20261122};

    for (int i = 0; i < CARTS; i++) {
        apr_pool_t *p;
        made_t made;
        kl_cart_t cart;

        apr_pool_create(&p, *state);
        made = make_cart(p, &r);
        check_taken(parse(p, &cart, made.v, made.region));
        assert_int_equal(cart.lines->nelts, made.lines);
        assert_int_equal(cart.order_amount, made.sums.amount);
        apr_pool_destroy(p);
    }
}

/* Changes one member by off, expects that field and code, and puts the value back. */
static void changed(apr_pool_t *p, const made_t *made, int line, const char *key, apr_int64_t off,
                    const char *code, const char *field)
{
    kl_json_t *holder = line < 0 ? made->v : line_of(made->v, line);
    apr_int64_t was = kl_json_int(holder, key, 0);
    kl_cart_t cart;

    kl_json_set_int(holder, key, was + off);
    check_field(parse(p, &cart, made->v, made->region), code,
                line < 0 ? field : apr_psprintf(p, "order_lines[%d].%s", line, field));
    kl_json_set_int(holder, key, was);
}

static void change_line(apr_pool_t *p, const made_t *made, int i)
{
    kl_json_t *line = line_of(made->v, i);
    apr_int64_t price = kl_json_int(line, "unit_price", 0);
    apr_int64_t total = kl_json_int(line, "total_amount", 0);
    int positive = price > 0;

    changed(p, made, i, "quantity", 1, "line_total", "total_amount");
    changed(p, made, i, "unit_price", 1, "line_total", "total_amount");
    changed(p, made, i, "unit_price", -1, "line_total", "total_amount");
    changed(p, made, i, "total_discount_amount", 1, "line_total", "total_amount");
    if (total != 0) {
        changed(p, made, i, "total_amount", positive ? -1 : 1, "line_total", "total_amount");
    }
    changed(p, made, i, "total_amount", positive ? 1 : -1, "line_total", "total_amount");
    /* Klarna itself tolerates 1, so the smallest wrong tax is 2 off. */
    changed(p, made, i, "total_tax_amount", 2, "line_tax", "total_tax_amount");
    changed(p, made, i, "total_tax_amount", -2, "line_tax", "total_tax_amount");
    if (made->us) {
        changed(p, made, i, "total_tax_amount", 1, "sales_tax", "total_tax_amount");
        changed(p, made, i, "total_tax_amount", -1, "sales_tax", "total_tax_amount");
    }
}

static void change_sums(apr_pool_t *p, const made_t *made)
{
    apr_int64_t tax = kl_json_int(made->v, "order_tax_amount", 0);
    apr_int64_t slack = made->us ? 0 : made->lines;
    const char *code = made->us ? "sales_tax" : "order_tax";

    changed(p, made, -1, "order_amount", 1, "order_total", "order_amount");
    changed(p, made, -1, "order_amount", -1, made->sums.amount > 1 ? "order_total" : "out_of_range",
            "order_amount");
    changed(p, made, -1, "order_tax_amount", slack + 1, code, "order_tax_amount");
    changed(p, made, -1, "order_tax_amount", -slack - 1, tax > slack ? code : "out_of_range",
            "order_tax_amount");
}

static void any_wrong_amount_is_named(void **state)
{
    test_random_t r = {4711};

    for (int i = 0; i < CARTS / 3; i++) {
        apr_pool_t *p;
        made_t made;
        kl_cart_t cart;

        apr_pool_create(&p, *state);
        made = make_cart(p, &r);
        for (int line = 0; line < made.lines; line++) {
            change_line(p, &made, line);
        }
        change_sums(p, &made);
        check_taken(parse(p, &cart, made.v, made.region));
        apr_pool_destroy(p);
    }
}

static void tolerance_is_taken(void **state)
{
    test_random_t r = {99};

    for (int i = 0; i < CARTS / 3; i++) {
        apr_pool_t *p;
        made_t made;
        kl_cart_t cart;

        apr_pool_create(&p, *state);
        made = make_cart(p, &r);
        if (!made.us) {
            apr_int64_t tax = made.sums.tax + test_random_in(&r, -made.lines, made.lines);

            kl_json_set_int(made.v, "order_tax_amount", tax < 0 ? 0 : tax);
            check_taken(parse(p, &cart, made.v, made.region));
        }
        apr_pool_destroy(p);
    }
}

/* --- tax rules ------------------------------------------------------------------- */

static kl_error_t *parse_lines(apr_pool_t *p, const char *country, const char *currency,
                               kl_region_t region, apr_int64_t tax, kl_json_t *lines,
                               const sums_t *sums)
{
    kl_json_t *v = kl_json_object(p);
    kl_cart_t cart;

    kl_json_set_str(v, "purchase_country", country);
    kl_json_set_str(v, "purchase_currency", currency);
    kl_json_set_int(v, "order_amount", sums->amount);
    kl_json_set_int(v, "order_tax_amount", tax);
    kl_json_set(v, "order_lines", lines);
    return parse(p, &cart, v, region);
}

static kl_error_t *parse_us(apr_pool_t *p, apr_int64_t tax, kl_json_t *lines, const sums_t *sums)
{
    return parse_lines(p, "US", "USD", KL_REGION_NA, tax, lines, sums);
}

static void us_rules(void **state)
{
    kl_json_t *lines = kl_json_array(*state), *taxed = kl_json_array(*state);
    sums_t sums = {0, 0}, taxed_sums = {0, 0};

    add_line(*state, lines, "physical", 2, 1000, 0, 0, &sums);
    check_taken(parse_us(*state, 0, lines, &sums));
    check_field(parse_us(*state, 1, lines, &sums), "sales_tax", "order_tax_amount");
    add_line(*state, lines, "sales_tax", 1, 165, 0, 0, &sums);
    check_taken(parse_us(*state, 165, lines, &sums));
    check_field(parse_us(*state, 0, lines, &sums), "sales_tax", "order_tax_amount");
    add_line(*state, lines, "sales_tax", 1, 10, 0, 0, &sums);
    check_field(parse_us(*state, 165, lines, &sums), "sales_tax", "order_tax_amount");
    check_taken(parse_us(*state, 175, lines, &sums));
    add_line(*state, taxed, "physical", 1, 1000, 0, 825, &taxed_sums);
    check_field(parse_us(*state, 76, taxed, &taxed_sums), "sales_tax", "order_lines[0].tax_rate");
}

static void relief_is_not_positive(void **state)
{
    static const char *const types[] = {"discount", "gift_card", "store_credit"};

    for (int i = 0; i < 3; i++) {
        kl_json_t *lines = kl_json_array(*state);
        sums_t sums = {0, 0};

        add_line(*state, lines, "physical", 1, 9000, 0, 2500, &sums);
        add_line(*state, lines, types[i], 1, -1000, 0, 0, &sums);
        check_taken(parse_lines(*state, "SE", "SEK", KL_REGION_EU, sums.tax, lines, &sums));
        kl_json_set_int(kl_json_at(lines, 1), "total_amount", 1000);
        check_field(parse_lines(*state, "SE", "SEK", KL_REGION_EU, sums.tax, lines, &sums),
                    "line_sign", "order_lines[1].total_amount");
    }
}

static void paid_value_is_not_taxed(void **state)
{
    static const char *const types[] = {"gift_card", "store_credit"};

    for (int i = 0; i < 2; i++) {
        kl_json_t *lines = kl_json_array(*state);
        sums_t sums = {0, 0};

        add_line(*state, lines, "physical", 1, 9000, 0, 2500, &sums);
        add_line(*state, lines, types[i], 1, -1000, 0, 2500, &sums);
        check_field(parse_lines(*state, "SE", "SEK", KL_REGION_EU, sums.tax, lines, &sums),
                    "line_tax_rate", "order_lines[1].tax_rate");
    }
}

/* --- the order ------------------------------------------------------------------- */

/* The order may outlive the cart. */
static void check_own_strings(const kl_cart_t *cart, const kl_order_t *order)
{
    const kl_line_t *from = (const kl_line_t *)cart->lines->elts;
    const kl_line_t *to = (const kl_line_t *)order->lines->elts;

    assert_ptr_not_equal(order->country, cart->country);
    assert_ptr_not_equal(order->currency, cart->currency);
    assert_ptr_not_equal(order->locale, cart->locale);
    assert_ptr_not_equal(order->reference1, cart->reference1);
    assert_ptr_not_equal(order->reference2, cart->reference2);
    assert_ptr_not_equal(order->confirmation_url, cart->confirmation_url);
    assert_ptr_not_equal(to->reference, from->reference);
    assert_ptr_not_equal(to->name, from->name);
    assert_ptr_not_equal(to->quantity_unit, from->quantity_unit);
    assert_ptr_not_equal(to->image_url, from->image_url);
    assert_ptr_not_equal(to->product_url, from->product_url);
    assert_ptr_not_equal(to->merchant_data, from->merchant_data);
}

static void cart_becomes_order(void **state)
{
    kl_order_t *order = kl_order_make(*state);
    apr_pool_t *shorter;
    kl_cart_t cart;

    apr_pool_create(&shorter, *state);
    check_taken(parse(shorter, &cart, parsed(shorter, sample), KL_REGION_EU));
    kl_cart_to_order(&cart, order);
    kl_cart_to_order(&cart, order); /* an update replaces, it does not add */
    check_own_strings(&cart, order);
    apr_pool_destroy(shorter);
    assert_int_equal(order->state, KL_ORDER_CREATED);
    assert_int_equal(order->original_amount, 22299);
    assert_int_equal(order->order_amount, 22299);
    assert_int_equal(order->remaining_amount, 22299);
    assert_int_equal(order->order_tax_amount, 4170);
    assert_int_equal(order->captured_amount, 0);
    assert_string_equal(order->country, "SE");
    assert_string_equal(order->currency, "SEK");
    assert_string_equal(order->locale, "sv-SE");
    assert_string_equal(order->reference1, "A-1");
    assert_string_equal(order->confirmation_url, "https://s.example/ok");
    assert_int_equal(order->lines->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(order->lines, 0, kl_line_t).name, "Lamp");
    assert_string_equal(APR_ARRAY_IDX(order->lines, 1, kl_line_t).reference, "line-2");
}

static void order_in_klarnas_words(void **state)
{
    kl_order_t *order = kl_order_make(*state);
    kl_cart_t cart, again;
    kl_json_t *v;

    check_taken(parse(*state, &cart, parsed(*state, sample), KL_REGION_EU));
    kl_cart_to_order(&cart, order);
    v = kl_cart_klarna(*state, order);
    assert_string_equal(kl_json_str(v, "purchase_country"), "SE");
    assert_string_equal(kl_json_str(v, "purchase_currency"), "SEK");
    assert_string_equal(kl_json_str(v, "locale"), "sv-SE");
    assert_int_equal(kl_json_int(v, "order_amount", 0), 22299);
    assert_int_equal(kl_json_int(v, "order_tax_amount", 0), 4170);
    assert_string_equal(kl_json_str(v, "merchant_reference1"), "A-1");
    assert_null(kl_json_get(v, "merchant_reference2"));
    assert_int_equal(kl_json_size(kl_json_get(v, "order_lines")), 2);
    /* What we send obeys the rules we check. */
    check_taken(parse(*state, &again, v, KL_REGION_EU));
    assert_int_equal(again.lines->nelts, 2);
}

static void empty_locale_is_not_sent(void **state)
{
    kl_order_t *order = kl_order_make(*state);

    assert_null(kl_json_get(kl_cart_klarna(*state, order), "locale"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(sample_is_taken),
        WITH_POOL(wrong_members),
        WITH_POOL(expected_is_told),
        WITH_POOL(members_are_required),
        WITH_POOL(line_members_are_required),
        WITH_POOL(too_many_lines),
        WITH_POOL(lengths),
        WITH_POOL(address_lengths),
        WITH_POOL(persons_are_never_quoted),
        WITH_POOL(right_carts_are_taken),
        WITH_POOL(any_wrong_amount_is_named),
        WITH_POOL(tolerance_is_taken),
        WITH_POOL(us_rules),
        WITH_POOL(relief_is_not_positive),
        WITH_POOL(paid_value_is_not_taxed),
        WITH_POOL(cart_becomes_order),
        WITH_POOL(order_in_klarnas_words),
        WITH_POOL(empty_locale_is_not_sent),
    };

    kl_json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
