/* SPDX-License-Identifier: Apache-2.0 */
/* See invoice.h. */
#include "core/invoice.h"

#include <string.h>

#include "core/limits.h"
#include "core/instore.h"
#include "core/negative.h"

void kl_invoice_read_told(kl_invoice_told_t *out, const kl_reader_t *rd)
{
    kl_reader_t told = kl_reader_object(rd, "invoice", KL_OPTIONAL);

    memset(out, 0, sizeof(*out));
    out->number = "";
    if (told.obj) {
        const char *number = kl_reader_str(&told, "number", KL_REQUIRED, 1, KL_MAX_STRING);

        kl_reader_only(&told, "number", "total", "already_paid", "credits", NULL);
        out->number = number ? number : "";
        out->total = kl_reader_int(&told, "total", KL_REQUIRED, 0, 0, KL_BOUND);
        out->already_paid = kl_reader_int(&told, "already_paid", KL_REQUIRED, 0, 0, KL_BOUND);
        out->credits = kl_reader_int(&told, "credits", KL_OPTIONAL, 0, 0, KL_BOUND);
    }
}

const kl_invoice_note_t *kl_invoice_find_note(const kl_invoice_t *invoice, const char *reference)
{
    for (int i = 0; i < invoice->notes->nelts; i++) {
        const kl_invoice_note_t *note = &APR_ARRAY_IDX(invoice->notes, i, kl_invoice_note_t);

        if (strcmp(note->reference, reference) == 0) {
            return note;
        }
    }
    return NULL;
}

/* What our credit notes took of a payment. */
static apr_int64_t noted(const kl_order_t *order)
{
    apr_int64_t sum = 0;

    for (int i = 0; i < order->instore->notes->nelts; i++) {
        sum += APR_ARRAY_IDX(order->instore->notes, i, kl_noted_t).amount;
    }
    return sum;
}

/* What was credited is not owed any more, whether or not the host counts our notes in what it
 * tells: else the customer could pay it anew. */
apr_int64_t kl_invoice_remaining(apr_pool_t *p, const kl_invoice_t *invoice,
                                 const apr_array_header_t *payments)
{
    apr_int64_t left = invoice->total - invoice->already_paid, credits = 0;

    for (int i = 0; i < payments->nelts; i++) {
        const kl_order_t *order = APR_ARRAY_IDX(payments, i, const kl_order_t *);

        left -= kl_negative_net(p, order);
        credits += noted(order);
    }
    left -= credits > invoice->credits ? credits : invoice->credits;
    return left > 0 ? left : 0;
}

/* --- as stored --------------------------------------------------------------------------- */

static kl_json_t *note_json(apr_pool_t *p, const kl_invoice_note_t *note)
{
    kl_json_t *v = kl_json_object(p), *payments = kl_json_array(p);

    kl_json_set_str(v, "reference", note->reference);
    kl_json_set_str(v, "actor", note->actor);
    kl_json_set_int(v, "at", note->at);
    for (int i = 0; i < note->payments->nelts; i++) {
        kl_json_append_str(payments, APR_ARRAY_IDX(note->payments, i, const char *));
    }
    kl_json_set(v, "payments", payments);
    return v;
}

const char *kl_invoice_notes_text(apr_pool_t *p, const apr_array_header_t *notes)
{
    kl_json_t *arr = kl_json_array(p);

    for (int i = 0; i < notes->nelts; i++) {
        kl_json_append(arr, note_json(p, &APR_ARRAY_IDX(notes, i, kl_invoice_note_t)));
    }
    return kl_json_text(p, arr);
}

static int read_note(kl_invoice_note_t *out, apr_pool_t *p, const kl_json_t *v)
{
    const kl_json_t *payments = kl_json_get(v, "payments");

    out->reference = kl_json_str(v, "reference");
    out->actor = kl_json_str(v, "actor");
    out->at = kl_json_int(v, "at", 0);
    out->payments = apr_array_make(p, 2, sizeof(const char *));
    for (apr_size_t i = 0; i < kl_json_size(payments); i++) {
        const char *id = kl_json_str_at(payments, i);

        if (!id) {
            return 0;
        }
        APR_ARRAY_PUSH(out->payments, const char *) = id;
    }
    return out->reference && out->actor && kl_json_is_array(payments);
}

kl_kind_t kl_invoice_notes_parse(apr_array_header_t **out, apr_pool_t *p, const char *text,
                                 kl_error_t *err)
{
    const kl_json_t *arr = kl_json_parse(p, text, strlen(text), kl_error_make(p));
    int good = kl_json_is_array(arr);

    *out = apr_array_make(p, 2, sizeof(kl_invoice_note_t));
    for (apr_size_t i = 0; good && i < kl_json_size(arr); i++) {
        good = read_note(apr_array_push(*out), p, kl_json_at(arr, i));
    }
    return good ? KL_OK
                : kl_error_set(err, KL_INTERNAL, "invoice_notes",
                               "The stored credit notes of an invoice cannot be read.");
}
