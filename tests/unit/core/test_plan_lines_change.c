/* SPDX-License-Identifier: Apache-2.0 */
/* What an authorization is to become: shirt 4 x 10000, off -100, ship 1000 is the fixture's order.
 */
#include "tests/unit/order_fixture.h"

#include <apr_strings.h>
#include "core/plan_lines_change.h"

#define LAMP \
    "{'reference':'lamp','name':'Lamp','quantity':1,'unit_price':9000,'tax_rate':2500," \
    "'total_amount':9000,'total_tax_amount':1800}"

static kl_kind_t plan(kl_lines_plan_t *out, const kl_order_t *order, apr_pool_t *p,
                      const char *lines, kl_error_t *err)
{
    char *text = apr_psprintf(p, "{'order_lines':[%s]}", lines);
    kl_lines_request_t want;

    for (char *c = text; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    if (kl_plan_lines_change_read(&want, p, kl_json_parse(p, text, strlen(text), err), err)
        != KL_OK) {
        return err->kind;
    }
    return kl_plan_lines_change(out, p, order, &want, err);
}

static kl_lines_plan_t must_plan(const kl_order_t *order, apr_pool_t *p, const char *lines)
{
    kl_error_t *err = kl_error_make(p);
    kl_lines_plan_t out;

    if (plan(&out, order, p, lines, err) != KL_OK) {
        fail_msg("%s: %s", err->code, err->detail);
    }
    return out;
}

static const kl_line_t *planned(const kl_lines_plan_t *plan, const char *reference)
{
    for (int i = 0; i < plan->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(plan->lines, i, kl_line_t);

        if (strcmp(line->reference, reference) == 0) {
            return line;
        }
    }
    return NULL;
}

/* What is not named stays as it is. */
static void lines_are_added_swapped_and_taken_off(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    int before = order->lines->nelts;
    kl_lines_plan_t out = must_plan(order, *state, LAMP);

    assert_int_equal(out.amount, 40900 + 9000);
    assert_int_equal(out.lines->nelts, before + 1);
    out = must_plan(order, *state, "{'reference':'shirt','quantity':0}," LAMP);
    assert_null(planned(&out, "shirt"));
    assert_non_null(planned(&out, "lamp"));
    assert_int_equal(out.lines->nelts, before);
    out = must_plan(order, *state, "{'reference':'shirt','quantity':1}");
    assert_int_equal(planned(&out, "shirt")->total_amount, planned(&out, "shirt")->unit_price);
    assert_int_equal(order->lines->nelts, before); /* nothing is changed by planning */
    check_amounts(order, KL_ORDER_AUTHORIZED, 40900, 0, 0, 40900);
}

static void what_was_captured_cannot_be_taken_off(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);
    kl_lines_plan_t out;

    must_capture(order, *state, "{'lines':[{'reference':'shirt','quantity':2}]}");
    assert_int_equal(plan(&out, order, *state, "{'reference':'shirt','quantity':1}," LAMP, err),
                     KL_INVALID);
    assert_string_equal(err->code, "captured_line");
    out = must_plan(order, *state, "{'reference':'shirt','quantity':2}," LAMP);
    assert_int_equal(planned(&out, "shirt")->quantity, 2);
}

static void what_cannot_be_is_told_with_its_place(void **state)
{
    static const struct {
        const char *lines, *code, *field;
    } bad[] = {
        {"", "out_of_range", "order_lines"},
        {"{'reference':'hat','quantity':1}", "line_change", "order_lines[0].reference"},
        {"{'quantity':1}", "missing", "order_lines[0].reference"},
        {"{'reference':'shirt','quantity':-1}", "out_of_range", "order_lines[0].quantity"},
        {"{'reference':'shirt','quantity':1,'total_amount':1}", "unknown_field",
         "order_lines[0].total_amount"},
        {LAMP "," LAMP, "duplicate_reference", "order_lines[1].reference"},
        {"{'reference':'lamp','name':'L','quantity':1,'unit_price':2,'total_amount':1}",
         "line_total", "order_lines[0].total_amount"},
        {"{'reference':'lamp','name':'L','quantity':1,'unit_price':199999999,"
         "'total_amount':199999999}",
         "order_amount", "order_lines"},
        {"{'reference':'shirt','quantity':900000000}", "line_change", "order_lines[0].quantity"},
    };
    kl_order_t *order = fixture_shop(*state);
    kl_lines_plan_t out;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        kl_error_t *err = kl_error_make(*state);

        plan(&out, order, *state, bad[i].lines, err);
        check_field(err, bad[i].code, bad[i].field);
    }
}

static void nothing_changed_and_nothing_open(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_error_t *err = kl_error_make(*state);
    char same[64];
    kl_lines_plan_t out;

    apr_snprintf(same, sizeof(same), "{'reference':'shirt','quantity':%d}",
                 (int)fixture_at(order, "shirt")->quantity);
    plan(&out, order, *state, same, err);
    check_field(err, "nothing_changed", "order_lines");
    must_capture(order, *state, "{'everything':true}");
    kl_error_clear(err);
    plan(&out, order, *state, LAMP, err);
    check_error(err, KL_CONFLICT, "lines_not_changeable");
}

static void the_preview_says_what_it_comes_to(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    kl_lines_plan_t out = must_plan(order, *state, LAMP);
    kl_json_t *v = kl_plan_lines_change_view(*state, order, &out);

    assert_int_equal(kl_json_int(v, "order_amount", 0), 49900);
    assert_int_equal(kl_json_int(v, "order_amount_before", 0), 40900);
    assert_int_equal(kl_json_int(v, "difference", 0), 9000);
    assert_int_equal(kl_json_size(kl_json_get(v, "order_lines")), out.lines->nelts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(lines_are_added_swapped_and_taken_off),
        WITH_POOL(what_was_captured_cannot_be_taken_off),
        WITH_POOL(what_cannot_be_is_told_with_its_place),
        WITH_POOL(nothing_changed_and_nothing_open),
        WITH_POOL(the_preview_says_what_it_comes_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
