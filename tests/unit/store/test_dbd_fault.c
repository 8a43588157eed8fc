/* SPDX-License-Identifier: Apache-2.0 */
/* What a driver's code and words mean, and that each meaning has a sentence and a cure. */
#include "tests/unit/support.h"

#include "store/dbd_fault.h"

static const struct {
    kl_dialect_t dialect;
    int rc;
    const char *text;
    kl_fault_t fault;
} said[] = {
    {KL_DIALECT_SQLITE3, 1, "attempt to write a readonly database", KL_FAULT_READ_ONLY},
    {KL_DIALECT_SQLITE3, 1, "unable to open database file", KL_FAULT_CLOSED},
    {KL_DIALECT_SQLITE3, 1, "database or disk is full", KL_FAULT_FULL},
    {KL_DIALECT_SQLITE3, 5, "database is locked", KL_FAULT_BUSY},
    {KL_DIALECT_SQLITE3, 1, "no such table: klarna_order", KL_FAULT_NO_TABLE},
    {KL_DIALECT_SQLITE3, 1, "table klarna_order has no column named x", KL_FAULT_NO_TABLE},
    {KL_DIALECT_SQLITE3, 26, "file is not a database", KL_FAULT_DAMAGED},
    {KL_DIALECT_SQLITE3, 11, "database disk image is malformed", KL_FAULT_DAMAGED},
    {KL_DIALECT_SQLITE3, 1, "CHECK constraint failed: klarna_order_state", KL_FAULT_OTHER},
    {KL_DIALECT_SQLITE3, 1290, "", KL_FAULT_OTHER},
    {KL_DIALECT_SQLITE3, 1, NULL, KL_FAULT_OTHER},
    {KL_DIALECT_PGSQL, 7, "ERROR:  cannot execute INSERT in a read-only transaction\n",
     KL_FAULT_READ_ONLY},
    {KL_DIALECT_PGSQL, 7, "ERROR:  permission denied for table klarna_worker", KL_FAULT_DENIED},
    {KL_DIALECT_PGSQL, 7, "ERROR:  could not extend file \"base/1/2\": No space left on device",
     KL_FAULT_FULL},
    {KL_DIALECT_PGSQL, 7, "ERROR:  canceling statement due to lock timeout", KL_FAULT_BUSY},
    {KL_DIALECT_PGSQL, 7, "ERROR:  canceling statement due to statement timeout", KL_FAULT_BUSY},
    {KL_DIALECT_PGSQL, 7, "ERROR:  relation \"klarna_order\" does not exist", KL_FAULT_NO_TABLE},
    {KL_DIALECT_PGSQL, 7, "ERROR:  column \"x\" does not exist", KL_FAULT_NO_TABLE},
    {KL_DIALECT_PGSQL, 7, "ERROR:  prepared statement \"klarna_x\" does not exist", KL_FAULT_OTHER},
    {KL_DIALECT_PGSQL, 7,
     "FEHLER:  Relation \xc2\xbb"
     "x\xc2\xab existiert nicht",
     KL_FAULT_OTHER},
    {KL_DIALECT_MYSQL, 1290, "running with the --read-only option", KL_FAULT_READ_ONLY},
    {KL_DIALECT_MYSQL, 1142, "INSERT command denied to user", KL_FAULT_DENIED},
    {KL_DIALECT_MYSQL, 1146, "Table 'a.klarna_order' doesn't exist", KL_FAULT_NO_TABLE},
    {KL_DIALECT_MYSQL, 1205, "Lock wait timeout exceeded", KL_FAULT_BUSY},
    {KL_DIALECT_MYSQL, 1114, "The table 'klarna_order' is full", KL_FAULT_FULL},
    {KL_DIALECT_MYSQL, 1030, "Got error 28 (Errcode: 28 \"No space left on device\")",
     KL_FAULT_FULL},
    {KL_DIALECT_MYSQL, 1062, "Duplicate entry", KL_FAULT_OTHER},
};

static void known_by_code_and_words(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        if (kl_dbd_fault_of(said[i].dialect, said[i].rc, said[i].text) != said[i].fault) {
            fail_msg("%s: not %s", said[i].text, kl_dbd_fault_name(said[i].fault));
        }
    }
}

static void each_has_a_sentence_and_a_cure(void **state)
{
    (void)state;
    for (int fault = 0; fault < KL_FAULTS; fault++) {
        assert_true(strlen(kl_dbd_fault_name((kl_fault_t)fault)) > 3);
        assert_true(strlen(kl_dbd_fault_sentence((kl_fault_t)fault)) > 20);
        for (int dialect = 0; dialect < KL_DIALECTS; dialect++) {
            assert_true(strlen(kl_dbd_fault_cure((kl_fault_t)fault, (kl_dialect_t)dialect)) > 20);
        }
    }
    assert_non_null(
        strstr(kl_dbd_fault_cure(KL_FAULT_NO_TABLE, KL_DIALECT_MYSQL), "klarna-schema mysql"));
}

/* A lock passes by itself, and a table that a server lacks is seen by every session when it is
 * there. */
static void only_some_stick_to_a_connection(void **state)
{
    (void)state;
    assert_true(kl_dbd_fault_sticks(KL_FAULT_READ_ONLY, KL_DIALECT_SQLITE3));
    assert_true(kl_dbd_fault_sticks(KL_FAULT_READ_ONLY, KL_DIALECT_PGSQL));
    assert_true(kl_dbd_fault_sticks(KL_FAULT_NO_TABLE, KL_DIALECT_SQLITE3));
    assert_true(kl_dbd_fault_sticks(KL_FAULT_DENIED, KL_DIALECT_MYSQL));
    assert_false(kl_dbd_fault_sticks(KL_FAULT_DENIED, KL_DIALECT_PGSQL));
    assert_false(kl_dbd_fault_sticks(KL_FAULT_NO_TABLE, KL_DIALECT_PGSQL));
    assert_false(kl_dbd_fault_sticks(KL_FAULT_BUSY, KL_DIALECT_SQLITE3));
    assert_false(kl_dbd_fault_sticks(KL_FAULT_FULL, KL_DIALECT_SQLITE3));
    assert_false(kl_dbd_fault_sticks(KL_FAULT_OTHER, KL_DIALECT_MYSQL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_by_code_and_words),
        cmocka_unit_test(each_has_a_sentence_and_a_cure),
        cmocka_unit_test(only_some_stick_to_a_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
