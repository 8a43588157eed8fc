/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: any document as what a host tells of its invoice (a till's request, or the answer of
 * KlarnaInvoiceFinalize), as the stored credit notes of one, and as what a payment of it holds of
 * them. What is taken is within its bounds and is read again as itself; what is refused names its
 * member.
 */
#include "core/credit_note.h"
#include "core/invoice.h"
#include "core/limits.h"
#include "core/negative.h"
#include "orders.h"

static void try_told(apr_pool_t *p, const kl_json_t *v)
{
    kl_error_t *err = kl_error_make(p);
    kl_reader_t rd = kl_reader(p, v, "", err);
    kl_invoice_told_t told;

    kl_invoice_read_told(&told, &rd);
    if (err->kind != KL_OK) {
        check_refusal(err);
        return;
    }
    check(strlen(told.number) <= 4 * KL_MAX_STRING);
    check(told.total >= 0 && told.total <= KL_BOUND);
    check(told.already_paid >= 0 && told.already_paid <= KL_BOUND);
    check(told.credits >= 0 && told.credits <= KL_BOUND);
}

static void try_notes(apr_pool_t *p, const char *text)
{
    apr_array_header_t *notes, *again;
    kl_error_t *err = kl_error_make(p);

    if (kl_invoice_notes_parse(&notes, p, text, err) == KL_OK) {
        const char *stored = kl_invoice_notes_text(p, notes);

        check(kl_invoice_notes_parse(&again, p, stored, err) == KL_OK);
        check(strcmp(kl_invoice_notes_text(p, again), stored) == 0);
    }
}

/* However little of it adds up, nothing negative comes out, and a note takes only what is free. */
static void try_payment(apr_pool_t *p, const kl_json_t *v, int seed)
{
    kl_order_t *order = make_order(p, (unsigned char)seed);
    kl_error_t *err = kl_error_make(p);
    kl_reader_t rd = kl_reader(p, v, "", err);
    apr_int64_t before;

    order->instore = kl_instore_read(&rd);
    if (err->kind != KL_OK) {
        return;
    }
    before = kl_credit_note_takes(order);
    check(kl_negative_net(p, order) >= 0 && before >= 0);
    kl_credit_note_take(order, "one more", 1);
    check(kl_credit_note_takes(order) == 0 || kl_credit_note_takes(order) <= before);
    check(kl_negative_net(p, order) >= 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    apr_pool_t *p = new_pool();
    kl_json_t *v = size > 1 ? kl_json_parse(p, (const char *)data + 1, size - 1, kl_error_make(p))
                            : NULL;

    if (v) {
        try_told(p, v);
        try_notes(p, kl_json_text(p, v));
        try_payment(p, v, data[0]);
    }
    apr_pool_destroy(p);
    return 0;
}
