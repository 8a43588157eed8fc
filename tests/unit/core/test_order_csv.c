/* SPDX-License-Identifier: Apache-2.0 */
/* Orders for spreadsheets: whole cells, exact amounts, and nothing that would be run. */
#include "tests/unit/support.h"

#include <apr_strings.h>

#include "core/instore.h"
#include "core/order_csv.h"

/* Cell number n (from 0) of order's row, as it stands there. */
static const char *cell(apr_pool_t *p, const kl_order_t *order, int n)
{
    const char *text = kl_order_csv_row(p, order), *end;

    for (;; text = end + 1) {
        int quoted = 0;

        for (end = text; *end && (quoted || (*end != ',' && *end != '\r')); end++) {
            quoted ^= *end == '"';
        }
        if (n-- == 0) {
            return apr_pstrmemdup(p, text, (apr_size_t)(end - text));
        }
        assert_int_equal(*end, ',');
    }
}

enum {
    ID,
    STATE,
    STORE,
    REFERENCE1 = 5,
    ORDER_AMOUNT = 10,
    CREATED = 14,
    EXPIRES,
    ATTENTION,
    WAITING,
    INVOICES,
    DEPARTMENT,
    CASHIER = DEPARTMENT + 3,
    LAST
};

static void a_row_has_a_cell_for_each_column(void **state)
{
    kl_order_t *order = kl_order_make(*state);
    int columns = 1;

    for (const char *c = kl_order_csv_header; *c; c++) {
        columns += *c == ',';
    }
    assert_int_equal(columns, LAST + 1);
    assert_memory_equal(kl_order_csv_header, "\xEF\xBB\xBFid,state,store,", 18);
    order->id = "order-1";
    order->account = "shop";
    order->state = KL_ORDER_PART_CAPTURED;
    order->waiting = "refund";
    order->created_at = apr_time_from_sec(1790000000);
    assert_string_equal(cell(*state, order, ID), "\"order-1\"");
    assert_string_equal(cell(*state, order, STATE), "\"PART_CAPTURED\"");
    assert_string_equal(cell(*state, order, STORE), "\"shop\"");
    assert_string_equal(cell(*state, order, CREATED), "2026-09-21T14:13:20Z");
    assert_string_equal(cell(*state, order, EXPIRES), "");
    assert_string_equal(cell(*state, order, WAITING), "\"refund\"");
    assert_string_equal(cell(*state, order, INVOICES), "\"\"");
    assert_string_equal(cell(*state, order, LAST), "\"\"");
    for (int i = 0; i < 3; i++) {
        static const char *const numbers[] = {"K4MADNY-1", "", "K4MADNY-3"};

        APR_ARRAY_PUSH(order->captures,
                       kl_capture_t) = (kl_capture_t){.klarna_reference = numbers[i]};
    }
    assert_string_equal(cell(*state, order, INVOICES), "\"K4MADNY-1 K4MADNY-3\"");
    assert_string_equal(strstr(kl_order_csv_row(*state, order), "\r\n"), "\r\n");
}

static void of_a_store_it_has_the_place(void **state)
{
    kl_order_t *order = kl_order_make(*state);

    order->instore = kl_instore_make(*state);
    order->instore->department = "eyes";
    order->instore->till = "Till 4";
    order->instore->terminal = "T-9";
    order->instore->cashier = "=anna";
    order->instore->invoice = "F-1";
    assert_non_null(strstr(kl_order_csv_row(*state, order),
                           ",\"eyes\",\"Till 4\",\"T-9\",\"'=anna\",\"F-1\"\r\n"));
    assert_string_equal(cell(*state, order, DEPARTMENT), "\"eyes\"");
    assert_string_equal(cell(*state, order, CASHIER), "\"'=anna\"");
    assert_non_null(strstr(kl_order_csv_header, ",department,till,terminal,cashier,invoice\r\n"));
}

static void amounts_are_decimal_numbers(void **state)
{
    static const struct {
        apr_int64_t amount;
        const char *text;
    } amounts[] = {{0, "0.00"},   {5, "0.05"},         {105, "1.05"},
                   {-5, "-0.05"}, {-12345, "-123.45"}, {1000000000000, "10000000000.00"}};
    kl_order_t *order = kl_order_make(*state);

    for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
        order->order_amount = amounts[i].amount;
        assert_string_equal(cell(*state, order, ORDER_AMOUNT), amounts[i].text);
    }
}

/* Also where another country's spreadsheet takes the cell for ended. */
static void nothing_is_run_as_a_formula(void **state)
{
    static const struct {
        const char *reference, *cell;
    } texts[] = {
        {"R-1+2=3", "\"R-1+2=3\""},
        {"=1+1", "\"'=1+1\""},
        {"+46", "\"'+46\""},
        {"-1", "\"'-1\""},
        {"@SUM(A1)", "\"'@SUM(A1)\""},
        {" =1", "\" '=1\""},
        {"\"=1", "\"\"\"'=1\""},
        {"a;=1", "\"a;'=1\""},
        {"a\t@x", "\"a\t'@x\""},
        {";x", "\"';x\""},
        {"say \"hi\"", "\"say \"\"hi\"\"\""},
        {"", "\"\""},
    };
    kl_order_t *order = kl_order_make(*state);

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        order->reference1 = texts[i].reference;
        assert_string_equal(cell(*state, order, REFERENCE1), texts[i].cell);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_row_has_a_cell_for_each_column),
        WITH_POOL(of_a_store_it_has_the_place),
        WITH_POOL(amounts_are_decimal_numbers),
        WITH_POOL(nothing_is_run_as_a_formula),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
