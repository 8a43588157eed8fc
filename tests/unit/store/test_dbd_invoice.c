/* SPDX-License-Identifier: Apache-2.0 */
/* Invoices that are paid in store, in their table: each once, saved by whoever is first. */
#include "tests/unit/database.h"

#include "core/limits.h"

static kl_invoice_t *sample(apr_pool_t *p, const char *department)
{
    kl_invoice_t *invoice = apr_pcalloc(p, sizeof(*invoice));
    kl_invoice_note_t *note;

    *invoice = (kl_invoice_t){.account = "shop",
                              .department = department,
                              .number = "F-17 '\"%lld\\",
                              .currency = "SEK",
                              .total = KL_BOUND,
                              .already_paid = 12,
                              .credits = 13,
                              .notes = apr_array_make(p, 1, sizeof(kl_invoice_note_t)),
                              .created_at = 14,
                              .updated_at = 15};
    note = apr_array_push(invoice->notes);
    *note = (kl_invoice_note_t){"C-1 '\"\\", "clerk", 16,
                                apr_array_make(p, 2, sizeof(const char *))};
    APR_ARRAY_PUSH(note->payments, const char *) = "payment-1";
    APR_ARRAY_PUSH(note->payments, const char *) = "payment-2";
    return invoice;
}

static kl_kind_t insert(database_t *db, kl_invoice_t *invoice)
{
    kl_error_clear(db->err);
    return db->store->invoice_insert(db->store, db->p, invoice, db->err);
}

static kl_kind_t save(database_t *db, kl_invoice_t *invoice)
{
    kl_error_clear(db->err);
    return db->store->invoice_save(db->store, db->p, invoice, db->err);
}

static kl_invoice_t *load(database_t *db, const kl_invoice_t *key)
{
    kl_invoice_t *invoice = NULL;

    kl_error_clear(db->err);
    if (db->store->invoice_load(db->store, db->p, key, &invoice, db->err) != KL_OK) {
        return NULL;
    }
    return invoice;
}

static void check_same(database_t *db, const kl_invoice_t *x, const kl_invoice_t *y)
{
    struct {
        kl_invoice_t invoice;
        const char *notes;
    } a = {*x, kl_invoice_notes_text(db->p, x->notes)},
      b = {*y, kl_invoice_notes_text(db->p, y->notes)};

#define SAME_TEXT(column, member) assert_string_equal(a.member, b.member);
#define SAME_NUMBER(column, member) assert_int_equal(a.member, b.member);
    KL_INVOICE_FIXED(SAME_TEXT, SAME_NUMBER, SAME_NUMBER)
    KL_INVOICE_SAVED(SAME_TEXT, SAME_NUMBER, SAME_NUMBER)
    assert_int_equal(x->version, y->version);
}

static void one_comes_back_whole(void **state)
{
    database_t *db = *state;
    kl_invoice_t *invoice = sample(db->p, "clinic");

    assert_null(load(db, invoice));
    assert_int_equal(db->err->kind, KL_NOT_FOUND);
    assert_int_equal(insert(db, invoice), KL_OK);
    check_same(db, invoice, load(db, invoice));
    invoice->total = 1;
    invoice->already_paid = 2;
    invoice->credits = 3;
    invoice->updated_at = 4;
    apr_array_clear(invoice->notes);
    assert_int_equal(save(db, invoice), KL_OK);
    assert_int_equal(invoice->version, 2);
    check_same(db, invoice, load(db, invoice));
}

static void each_department_has_its_own_numbers(void **state)
{
    database_t *db = *state;
    kl_invoice_t *clinic = sample(db->p, "clinic"), *shoes = sample(db->p, "shoes");

    assert_int_equal(insert(db, clinic), KL_OK);
    assert_int_equal(insert(db, sample(db->p, "clinic")), KL_TAKEN);
    assert_null(load(db, shoes));
    assert_int_equal(insert(db, shoes), KL_OK);
    shoes->total = 7;
    assert_int_equal(save(db, shoes), KL_OK);
    assert_int_equal(load(db, clinic)->total, KL_BOUND);
}

static void of_two_that_save_one_is_first(void **state)
{
    database_t *db = *state;
    kl_invoice_t *invoice = sample(db->p, "clinic"), *other;

    assert_int_equal(save(db, invoice), KL_STALE); /* there is none */
    assert_int_equal(insert(db, invoice), KL_OK);
    other = load(db, invoice);
    assert_int_equal(save(db, invoice), KL_OK);
    assert_int_equal(save(db, other), KL_STALE);
    assert_int_equal(other->version, 1);
}

static void what_cannot_be_read_is_said(void **state)
{
    database_t *db = *state;
    kl_invoice_t *invoice = sample(db->p, "clinic");

    assert_int_equal(insert(db, invoice), KL_OK);
    assert_int_equal(database_run(database_connect(db, db->p),
                                  "UPDATE klarna_invoice SET notes = '[{'"),
                     0);
    assert_null(load(db, invoice));
    check_error(db->err, KL_INTERNAL, "invoice_notes");
    assert_int_equal(database_run(database_connect(db, db->p), "DROP TABLE klarna_invoice"), 0);
    assert_null(load(db, invoice));
    assert_int_equal(db->err->kind, KL_UNAVAILABLE);
    assert_int_equal(insert(db, sample(db->p, "shoes")), KL_UNAVAILABLE);
    assert_int_equal(save(db, invoice), KL_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DATABASE(one_comes_back_whole),
        WITH_DATABASE(each_department_has_its_own_numbers),
        WITH_DATABASE(of_two_that_save_one_is_first),
        WITH_DATABASE(what_cannot_be_read_is_said),
    };

    return cmocka_run_group_tests(tests, database_group_setup, database_group_teardown);
}
