/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An invoice of the host's that is paid in store. What the host told last stands here, and which
 * credit notes were finalised; what its payments are is never stored here, but read from them. So
 * the invoice never says anything that they do not.
 */
#ifndef KL_INVOICE_H
#define KL_INVOICE_H

#include "core/order.h"
#include "core/reader.h"

/* What the host tells with a call: minor units of the payment's currency. */
typedef struct kl_invoice_told_t {
    const char *number;       /* "" when no invoice was told */
    apr_int64_t total;        /* what the invoice comes to */
    apr_int64_t already_paid; /* by other means than payments made here */
    apr_int64_t credits;      /* taken off it by credit notes */
} kl_invoice_told_t;

/* A credit note that was finalised. What it took of each payment stands there. */
typedef struct kl_invoice_note_t {
    const char *reference; /* the host's number of it */
    const char *actor;
    apr_time_t at;
    apr_array_header_t *payments; /* of const char *: the ids of those that it takes from */
} kl_invoice_note_t;

typedef struct kl_invoice_t {
    const char *account; /* of the store, also where the department has one of its own */
    const char *department, *number;
    apr_int64_t version; /* 0: not stored yet; advanced by every payment that is begun */
    const char *currency;
    apr_int64_t total, already_paid, credits;
    apr_array_header_t *notes; /* of kl_invoice_note_t */
    apr_time_t created_at, updated_at;
} kl_invoice_t;

/** Reads the member `invoice` of a body; faults go to rd->err. */
void kl_invoice_read_told(kl_invoice_told_t *out, const kl_reader_t *rd);

/** The finalised note with that number, or NULL. */
const kl_invoice_note_t *kl_invoice_find_note(const kl_invoice_t *invoice, const char *reference);

/** What may still be paid of it here; payments: of kl_order_t *, all that it has. 0 or more. */
apr_int64_t kl_invoice_remaining(apr_pool_t *p, const kl_invoice_t *invoice,
                                 const apr_array_header_t *payments);

/** The notes as stored. */
const char *kl_invoice_notes_text(apr_pool_t *p, const apr_array_header_t *notes);
kl_kind_t kl_invoice_notes_parse(apr_array_header_t **out, apr_pool_t *p, const char *text,
                                 kl_error_t *err);

#endif
