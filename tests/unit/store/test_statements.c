/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements as texts: labels that every driver takes, as many places as values, no
 * value in a text, compare-and-set in every change.
 */
#include "tests/unit/support.h"

#include <ctype.h>
#include <stdio.h>

#include "store/statements.h"

/* Places as apr_dbd_prepare counts them. */
static int places(const char *text)
{
    int n = 0;

    for (; *text; text++) {
        if (text[0] == '%' && isalpha((unsigned char)text[1])) {
            n++;
        }
        else if (text[0] == '%' && text[1] == '%') {
            text++;
        }
    }
    return n;
}

static void test_places(void **state)
{
    (void)state;
    for (int id = 0; id < KL_SQL_COUNT; id++) {
        const kl_statement_t *statement = kl_statements_get((kl_sql_t)id);

        for (int dialect = 0; dialect < KL_DIALECTS; dialect++) {
            if (places(statement->text[dialect]) != statement->values) {
                fail_msg("%s (%s) has %d places for %d values", statement->label,
                         kl_statements_dialect_name((kl_dialect_t)dialect),
                         places(statement->text[dialect]), statement->values);
            }
        }
    }
}

static void test_labels(void **state)
{
    (void)state;
    for (int id = 0; id < KL_SQL_COUNT; id++) {
        const char *label = kl_statements_get((kl_sql_t)id)->label;

        assert_int_equal(strncmp(label, "klarna_", 7), 0);
        assert_int_equal(strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(label));
        assert_in_range(strlen(label), 8, 63);
        for (int other = 0; other < id; other++) {
            assert_string_not_equal(label, kl_statements_get((kl_sql_t)other)->label);
        }
    }
}

/* PostgreSQL cuts a name after 63 bytes, and folds one that is not quoted. */
static void check_name(const char *name, const char *label)
{
    const char *hash = name + strlen(label) + 1;

    assert_memory_equal(name, label, strlen(label));
    assert_int_equal(hash[-1], '_');
    assert_int_equal(strlen(hash), 16);
    assert_int_equal(strspn(hash, "0123456789abcdef"), 16);
    assert_in_range(strlen(name), 1, 63);
}

static void test_names_of_sessions(void **state)
{
    const char *names[KL_SQL_COUNT];
    int n = 0;

    for (int id = 0; id < KL_SQL_COUNT; id++) {
        const kl_statement_t *statement = kl_statements_get((kl_sql_t)id);

        names[n] = kl_statements_session_name(statement, *state);
        if (strstr(statement->text[KL_DIALECT_PGSQL], "(%s = '' OR ")) {
            assert_null(names[n]);
            continue;
        }
        check_name(names[n], statement->label);
        for (int before = 0; before < n; before++) { /* of another text */
            assert_string_not_equal(names[n] + strlen(names[n]) - 16,
                                    names[before] + strlen(names[before]) - 16);
        }
        n++;
    }
    assert_true(n > 20);
}

/* An update names what it replaces: the row's version, the time of the note before, or the lease
 * as it was. */
static int has_guard(const char *text)
{
    if (strstr(text, "UPDATE klarna_worker")) {
        return strstr(text, " AND holder = %s AND held_until = %lld") != NULL;
    }
    if (strstr(text, "UPDATE klarna_callback")) {
        return strstr(text, "SET good = good + 1, good_at = %lld")
                   ? strstr(text, " AND good_at = %lld") != NULL
                   : strstr(text, " AND bad_at = %lld") != NULL;
    }
    if (strstr(text, "UPDATE klarna_batch_item")) { /* what has ended stays */
        return strstr(text, " WHERE batch_id = %s AND order_id = %s AND next_at > 0") != NULL;
    }
    if (strstr(text, " id IN (%s")) { /* a sweep: only what is final */
        return strstr(text, " WHERE updated_at <= %lld AND state IN ('confirmed', 'refused')")
               != NULL;
    }
    return strstr(text, "SET version = version + 1,")
           && (strstr(text, " WHERE id = %s AND version = %lld")
               || strstr(text, " AND number = %s AND version = %lld"));
}

/* Only sweeps delete, and only what is still as old as it was found to be; and a person takes back
 * a label. */
static int may_delete(int id, const char *text)
{
    switch (id) {
    case KL_SQL_placed_sweep:
        return strstr(text, " WHERE keep_until <= %lld AND id IN (") != NULL;
    case KL_SQL_unfinished_sweep:
        return strstr(text, " WHERE updated_at <= %lld AND pending_op = ''") != NULL;
    case KL_SQL_refused_sweep:
        return strstr(text, " next_at = 0 AND (state <> 'confirmed' OR kind = 'distribute')")
               != NULL;
    case KL_SQL_batch_items_sweep:
        return strstr(text, " WHERE updated_at <= %lld AND batch_id IN (") != NULL;
    case KL_SQL_batches_sweep:
        return strstr(text, " WHERE created_at <= %lld AND id IN (") != NULL;
    case KL_SQL_label_delete:
        return strstr(text, " WHERE order_id = %s AND kind = %s AND value = %s") != NULL;
    default:
        return 0;
    }
}

static void test_changes_are_compare_and_set(void **state)
{
    int updates = 0, inserts = 0;

    (void)state;
    for (int id = 0; id < KL_SQL_COUNT; id++) {
        for (int dialect = 0; dialect < KL_DIALECTS; dialect++) {
            const char *text = kl_statements_get((kl_sql_t)id)->text[dialect];

            assert_int_equal(strstr(text, "DELETE") != NULL, may_delete(id, text));
            assert_null(strstr(text, "IGNORE"));
            if (strncmp(text, "UPDATE", 6) == 0) {
                assert_true(has_guard(text));
                updates++;
            }
            if (strncmp(text, "INSERT", 6) == 0 && id != KL_SQL_probe_write) { /* of no value */
                assert_int_equal(dialect != KL_DIALECT_MYSQL,
                                 strstr(text, " ON CONFLICT DO NOTHING") != NULL);
                inserts++;
            }
        }
    }
    assert_int_equal(updates, 12 * KL_DIALECTS);
    assert_int_equal(inserts, 13 * KL_DIALECTS);
}

/* Every column is either written once or saved, and read: the lists must not overlap. */
static void test_columns_are_named_once(void **state)
{
#define COLUMN(column, member) #column,
    static const char *const columns[] = {KL_ORDER_FIXED(COLUMN, COLUMN, COLUMN)
                                              KL_ORDER_SAVED(COLUMN, COLUMN, COLUMN)};
#undef COLUMN
    const int n = (int)(sizeof(columns) / sizeof(columns[0]));

    (void)state;
    assert_int_equal(n, KL_ORDER_VALUES);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(columns[i], columns[j]);
        }
    }
}

static void test_dialects(void **state)
{
    kl_dialect_t dialect = KL_DIALECTS;

    (void)state;
    for (int i = 0; i < KL_DIALECTS; i++) {
        assert_true(
            kl_statements_dialect_parse(kl_statements_dialect_name((kl_dialect_t)i), &dialect));
        assert_int_equal(dialect, i);
    }
    assert_false(kl_statements_dialect_parse("oracle", &dialect));
    assert_false(kl_statements_dialect_parse("", &dialect));
    assert_int_equal(dialect, KL_DIALECTS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_labels),
        WITH_POOL(test_names_of_sessions),
        cmocka_unit_test(test_changes_are_compare_and_set),
        cmocka_unit_test(test_columns_are_named_once),
        cmocka_unit_test(test_dialects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
