/* SPDX-License-Identifier: Apache-2.0 */
/* See invoice.h. */
#include "service/invoice.h"

#include <string.h>

#include "core/credit_note.h"
#include "core/limits.h"
#include "service/change.h"

static kl_invoice_t *named(kl_service_t *svc, const kl_invoice_ask_t *ask)
{
    kl_invoice_t *invoice = apr_pcalloc(svc->p, sizeof(*invoice));

    invoice->account = ask->department->store;
    invoice->department = ask->department->name;
    invoice->number = ask->told.number;
    invoice->currency = ask->currency;
    invoice->notes = apr_array_make(svc->p, 1, sizeof(kl_invoice_note_t));
    invoice->created_at = svc->now();
    return invoice;
}

static void tell(kl_invoice_t *invoice, const kl_invoice_told_t *told)
{
    invoice->total = told->total;
    invoice->already_paid = told->already_paid;
    invoice->credits = told->credits;
}

/* Those that were made with one account. */
static kl_kind_t add_payments(kl_service_t *svc, const kl_instore_query_t *of,
                              apr_array_header_t *out, kl_error_t *err)
{
    kl_instore_query_t query = *of;
    apr_array_header_t *page;

    do {
        const kl_order_t *last;

        if (out->nelts >= KL_MAX_INVOICE_PAYMENTS) {
            return kl_error_set(err, KL_CONFLICT, "too_many_payments",
                                "Invoice %s has %d payments or more, attempts included.",
                                query.invoice, KL_MAX_INVOICE_PAYMENTS);
        }
        if (svc->store->instore_list(svc->store, svc->p, &query, &page, err) != KL_OK) {
            return err->kind;
        }
        apr_array_cat(out, page);
        last = page->nelts ? APR_ARRAY_IDX(page, page->nelts - 1, const kl_order_t *) : NULL;
        query.before_at = last ? last->created_at : 0;
        query.before_id = last ? last->id : "";
    } while (page->nelts == query.limit);
    return KL_OK;
}

/* All payments of the invoice, those that wait and those that came to nothing included, and those
 * from before the department had an account of its own. */
static kl_kind_t list_payments(kl_service_t *svc, const kl_invoice_ask_t *ask,
                               apr_array_header_t **out, kl_error_t *err)
{
    const kl_department_t *department = ask->department;
    kl_instore_query_t query = {.account = department->account,
                                .till = "",
                                .invoice = ask->told.number,
                                .department = department->name,
                                .before_id = "",
                                .limit = KL_MAX_PAGE};

    *out = apr_array_make(svc->p, 4, sizeof(kl_order_t *));
    if (add_payments(svc, &query, *out, err) == KL_OK
        && strcmp(department->account, department->store) != 0) {
        query.account = department->store;
        (void)add_payments(svc, &query, *out, err);
    }
    return err->kind;
}

/* Without the one that asks. */
static void drop(apr_array_header_t *payments, const char *id)
{
    kl_order_t **row = (kl_order_t **)payments->elts;
    int kept = 0;

    for (int i = 0; i < payments->nelts; i++) {
        row[kept] = row[i];
        kept += strcmp(row[i]->id, id) != 0;
    }
    payments->nelts = kept;
}

static kl_kind_t check_amount(kl_service_t *svc, const kl_invoice_ask_t *ask,
                              const kl_invoice_t *invoice, kl_error_t *err)
{
    apr_array_header_t *payments;
    apr_int64_t left;

    if (list_payments(svc, ask, &payments, err) != KL_OK) {
        return err->kind;
    }
    drop(payments, ask->payment_id);
    left = kl_invoice_remaining(svc->p, invoice, payments);
    if (ask->amount > left) {
        kl_error_set(err, KL_CONFLICT, "invoice_paid",
                     "Of invoice %s, %" APR_INT64_T_FMT " remain to be paid, in minor units of %s. "
                     "Payments that are waiting count. Nothing was started.",
                     invoice->number, left, invoice->currency);
        kl_error_next(err, left > 0 ? "Ask for no more than that, or end the payment that waits."
                                    : "If a payment of it is waiting, end it or let it be paid.");
    }
    return err->kind;
}

/* The invoice before its payments: whoever begins one in between has stored its row by then, and
 * advances the version after it. */
kl_kind_t kl_invoice_begin(kl_service_t *svc, const kl_invoice_ask_t *ask, kl_invoice_t **out,
                           kl_error_t *err)
{
    kl_invoice_t *key = named(svc, ask);
    kl_kind_t rv = svc->store->invoice_load(svc->store, svc->p, key, out, err);

    if (rv == KL_NOT_FOUND) {
        kl_error_clear(err);
        *out = key;
        rv = KL_OK;
    }
    if (rv != KL_OK) {
        return rv;
    }
    if (strcmp((*out)->currency, ask->currency) != 0) {
        return kl_error_set(err, KL_CONFLICT, "invoice_currency",
                            "Invoice %s is in %s; it cannot be paid in %s.", (*out)->number,
                            (*out)->currency, ask->currency);
    }
    tell(*out, &ask->told);
    return check_amount(svc, ask, *out, err);
}

/* From the version that it was read with. */
static kl_kind_t advance(kl_service_t *svc, kl_invoice_t *invoice, kl_error_t *err)
{
    kl_store_t *store = svc->store;
    kl_kind_t rv;

    invoice->updated_at = svc->now();
    rv = invoice->version ? store->invoice_save(store, svc->p, invoice, err)
                          : store->invoice_insert(store, svc->p, invoice, err);
    kl_service_step(svc, "invoice_advanced");
    return rv == KL_TAKEN ? KL_STALE : rv;
}

kl_kind_t kl_invoice_join(kl_service_t *svc, const kl_invoice_ask_t *ask, kl_invoice_t *invoice,
                          kl_error_t *err)
{
    kl_kind_t rv = advance(svc, invoice, err);

    for (int tries = 1; rv == KL_STALE && tries < KL_MAX_TRIES; tries++) {
        kl_error_clear(err);
        rv = kl_invoice_begin(svc, ask, &invoice, err);
        rv = rv == KL_OK ? advance(svc, invoice, err) : rv;
    }
    return rv == KL_STALE ? kl_service_in_progress(err) : rv;
}

kl_kind_t kl_invoice_show(kl_service_t *svc, const kl_invoice_ask_t *ask, kl_invoice_shown_t *out,
                          kl_error_t *err)
{
    kl_kind_t rv = svc->store->invoice_load(svc->store, svc->p, named(svc, ask), &out->invoice,
                                            err);

    if (rv == KL_NOT_FOUND) {
        kl_error_clear(err);
        return kl_error_set(err, KL_NOT_FOUND, "no_such_invoice",
                            "No payment of an invoice with this number was begun in department %s.",
                            ask->department->name);
    }
    return rv == KL_OK ? list_payments(svc, ask, &out->payments, err) : rv;
}

/* --- credit notes -------------------------------------------------------------------------- */

static kl_kind_t add_note(kl_service_t *svc, const kl_invoice_shown_t *shown, const char *reference,
                          kl_error_t *err)
{
    kl_invoice_t *invoice = shown->invoice;
    kl_invoice_note_t *note;

    if (invoice->notes->nelts >= KL_MAX_CREDIT_NOTES) {
        return kl_error_set(err, KL_CONFLICT, "too_many_credit_notes",
                            "An invoice has at most %d credit notes.", KL_MAX_CREDIT_NOTES);
    }
    note = apr_array_push(invoice->notes);
    *note = (kl_invoice_note_t){reference, svc->actor, svc->now(),
                                apr_array_make(svc->p, 4, sizeof(const char *))};
    for (int i = 0; i < shown->payments->nelts; i++) {
        const kl_order_t *payment = APR_ARRAY_IDX(shown->payments, i, const kl_order_t *);

        if (kl_credit_note_takes(payment) > 0) {
            APR_ARRAY_PUSH(note->payments, const char *) = payment->id;
        }
    }
    return KL_OK;
}

/* The note is stored with the payments that it takes from; from here on it is finalised. */
static kl_kind_t bind_note(kl_service_t *svc, const kl_invoice_ask_t *ask, const char *reference,
                           kl_invoice_shown_t *shown, kl_error_t *err)
{
    kl_kind_t rv = KL_STALE;

    for (int tries = 0; rv == KL_STALE && tries < KL_MAX_TRIES; tries++) {
        kl_error_clear(err);
        rv = kl_invoice_show(svc, ask, shown, err);
        if (rv != KL_OK || kl_invoice_find_note(shown->invoice, reference)) {
            return rv;
        }
        rv = add_note(svc, shown, reference, err);
        rv = rv == KL_OK ? advance(svc, shown->invoice, err) : rv;
    }
    return rv;
}

static kl_kind_t take(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    const char *reference = change->baton;

    change->nothing = kl_credit_note_find(order, reference) != NULL;
    if (!change->nothing && !kl_order_has_room(p, order, 4 * KL_MAX_STRING)) {
        return kl_error_set(err, KL_CONFLICT, "record_full",
                            "The payment's record is full; no credit note can be added to it.");
    }
    kl_credit_note_take(order, reference, change->now);
    return KL_OK;
}

/* In each payment, whose row alone says how much: its own refunds are planned from it. */
static kl_kind_t take_all(kl_service_t *svc, const kl_invoice_note_t *note, kl_error_t *err)
{
    for (int i = 0; err->kind == KL_OK && i < note->payments->nelts; i++) {
        kl_change_t change = {.make = take,
                              .baton = (void *)note->reference,
                              .step = "credit_note_taken"};
        kl_order_t *order = NULL;

        (void)kl_change_order(svc, &change, APR_ARRAY_IDX(note->payments, i, const char *), &order,
                              err);
    }
    return err->kind;
}

kl_kind_t kl_invoice_credit(kl_service_t *svc, const kl_invoice_ask_t *ask, const char *reference,
                            kl_invoice_shown_t *out, kl_error_t *err)
{
    kl_kind_t rv = bind_note(svc, ask, reference, out, err);

    if (rv == KL_OK) {
        rv = take_all(svc, kl_invoice_find_note(out->invoice, reference), err);
    }
    if (rv == KL_STALE) {
        return kl_service_in_progress(err);
    }
    return rv == KL_OK ? kl_invoice_show(svc, ask, out, err) : rv;
}
