/* SPDX-License-Identifier: Apache-2.0 */
/* See dbd_invoice.h. */
#include "store/dbd_invoice.h"

#include "store/dbd_rows.h"

/* An invoice as its row holds it. */
typedef struct invoice_row_t {
    kl_invoice_t invoice;
    const char *notes;
} invoice_row_t;

static kl_row_fn invoice_read;

#define INVOICES(id, values) (&(kl_dbd_rows_query_t){id, values, "invoice", invoice_read})

static kl_kind_t invoice_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    invoice_row_t *row = apr_pcalloc(p, sizeof(*row));
    int n = 0;

    row->invoice.version = kl_dbd_run_int64(db, n++);
    KL_READ(KL_INVOICE_FIXED)
    KL_READ(KL_INVOICE_SAVED)
    if (db->failed) {
        return kl_dbd_run_end(db);
    }
    APR_ARRAY_PUSH(out, kl_invoice_t *) = &row->invoice;
    return kl_invoice_notes_parse(&row->invoice.notes, p, row->notes, db->err);
}

kl_kind_t kl_dbd_invoice_load(kl_store_t *self, apr_pool_t *p, const kl_invoice_t *key,
                              kl_invoice_t **out, kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(kl_invoice_t *));
    const void *v[] = {key->account, key->department, key->number};
    kl_kind_t rv = kl_dbd_rows_load(self, p, INVOICES(KL_SQL_invoice_load, v), found, err);

    if (rv == KL_OK) {
        *out = APR_ARRAY_IDX(found, 0, kl_invoice_t *);
    }
    return rv;
}

kl_kind_t kl_dbd_invoice_insert(kl_store_t *self, apr_pool_t *p, kl_invoice_t *invoice,
                                kl_error_t *err)
{
    const void *v[KL_INVOICE_VALUES];
    invoice_row_t made = {*invoice, kl_invoice_notes_text(p, invoice->notes)}, *row = &made;
    int n = 0;
    kl_kind_t rv;

    KL_BIND(KL_INVOICE_FIXED)
    KL_BIND(KL_INVOICE_SAVED)
    rv = kl_dbd_rows_insert(self, p, INVOICES(KL_SQL_invoice_insert, v), err);
    if (rv == KL_OK) {
        invoice->version = 1;
    }
    return rv;
}

kl_kind_t kl_dbd_invoice_save(kl_store_t *self, apr_pool_t *p, kl_invoice_t *invoice,
                              kl_error_t *err)
{
    const void *v[KL_INVOICE_SETS + 4];
    invoice_row_t made = {*invoice, kl_invoice_notes_text(p, invoice->notes)}, *row = &made;
    int n = 0;
    kl_kind_t rv;

    KL_BIND(KL_INVOICE_SAVED)
    v[n++] = invoice->account;
    v[n++] = invoice->department;
    v[n++] = invoice->number;
    v[n++] = &invoice->version;
    rv = kl_dbd_rows_save(self, p, INVOICES(KL_SQL_invoice_save, v), err);
    if (rv == KL_OK) {
        invoice->version++;
    }
    return rv;
}
