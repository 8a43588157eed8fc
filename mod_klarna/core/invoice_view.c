/* SPDX-License-Identifier: Apache-2.0 */
/* See invoice_view.h. */
#include "core/invoice_view.h"

#include <string.h>

#include "core/credit_note.h"
#include "core/negative.h"
#include "core/view.h"

static kl_json_t *negative_view(apr_pool_t *p, const kl_negative_t *made)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "id", made->id);
    kl_json_set_str(v, "payment_id", made->payment_id);
    kl_json_set_int(v, "amount", made->amount);
    kl_view_time(p, v, "at", made->at);
    kl_json_set_str(v, "reason", made->reason);
    kl_view_word(v, "credit_note", made->credit_note);
    return v;
}

static kl_json_t *negatives_view(apr_pool_t *p, const apr_array_header_t *payments)
{
    kl_json_t *arr = kl_json_array(p);

    for (int i = 0; i < payments->nelts; i++) {
        const apr_array_header_t *list = kl_negative_list(p, APR_ARRAY_IDX(payments, i,
                                                                           const kl_order_t *));

        for (int j = 0; j < list->nelts; j++) {
            kl_json_append(arr, negative_view(p, &APR_ARRAY_IDX(list, j, kl_negative_t)));
        }
    }
    return arr;
}

static kl_json_t *make_note(apr_pool_t *p, const char *reference, int preview, kl_json_t *entries)
{
    kl_json_t *v = kl_json_object(p);

    kl_view_word(v, "reference", reference);
    kl_json_set_bool(v, "preview", preview);
    kl_json_set(v, "entries", entries);
    return v;
}

static void add_entry(apr_pool_t *p, kl_json_t *entries, const kl_order_t *payment,
                      apr_int64_t amount, int refunded)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "payment_id", payment->id);
    kl_json_set_int(v, "amount", amount);
    kl_json_set_bool(v, "refunded", refunded);
    kl_json_append(entries, v);
}

kl_json_t *kl_invoice_view_note(apr_pool_t *p, const kl_invoice_note_t *note,
                                const apr_array_header_t *payments)
{
    kl_json_t *entries = kl_json_array(p), *v = make_note(p, note->reference, 0, entries);

    kl_view_time(p, v, "at", note->at);
    kl_json_set_str(v, "actor", note->actor);
    for (int i = 0; i < payments->nelts; i++) {
        const kl_order_t *payment = APR_ARRAY_IDX(payments, i, const kl_order_t *);
        const kl_noted_t *noted = kl_credit_note_find(payment, note->reference);

        if (noted && noted->amount > 0) {
            add_entry(p, entries, payment, noted->amount,
                      kl_credit_note_is_refunded(payment, noted));
        }
    }
    return v;
}

kl_json_t *kl_invoice_view_preview(apr_pool_t *p, const char *reference,
                                   const apr_array_header_t *payments)
{
    kl_json_t *entries = kl_json_array(p);

    for (int i = 0; i < payments->nelts; i++) {
        const kl_order_t *payment = APR_ARRAY_IDX(payments, i, const kl_order_t *);

        if (kl_credit_note_takes(payment) > 0) {
            add_entry(p, entries, payment, kl_credit_note_takes(payment), 0);
        }
    }
    return make_note(p, reference, 1, entries);
}

kl_json_t *kl_invoice_view(apr_pool_t *p, const kl_invoice_t *invoice,
                           const apr_array_header_t *payments, kl_json_t *shown)
{
    kl_json_t *v = kl_json_object(p), *notes = kl_json_array(p);

    kl_json_set_str(v, "number", invoice->number);
    kl_json_set_str(v, "department", invoice->department);
    kl_json_set_str(v, "currency", invoice->currency);
    kl_json_set_int(v, "total", invoice->total);
    kl_json_set_int(v, "already_paid", invoice->already_paid);
    kl_json_set_int(v, "credits", invoice->credits);
    kl_json_set_int(v, "remaining", kl_invoice_remaining(p, invoice, payments));
    kl_json_set(v, "payments", shown);
    kl_json_set(v, "negative_payments", negatives_view(p, payments));
    for (int i = 0; i < invoice->notes->nelts; i++) {
        kl_json_append(notes,
                       kl_invoice_view_note(p, &APR_ARRAY_IDX(invoice->notes, i, kl_invoice_note_t),
                                            payments));
    }
    kl_json_set(v, "credit_notes", notes);
    return v;
}
