/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Invoices of the host's that are paid in store. How much may still be paid is never stored: it is
 * what the host told less what the invoice's payments are. So that two payments that are begun at
 * the same moment do not both take what is left, each stores its own row first and then advances
 * the invoice's version from what it was when it looked: of the two, one is too late.
 */
#ifndef KL_SERVICE_INVOICE_H
#define KL_SERVICE_INVOICE_H

#include "core/invoice.h"
#include "service/service.h"

/* Which invoice, what the host told of it, and the payment that is begun. */
typedef struct kl_invoice_ask_t {
    const kl_department_t *department;
    const char *currency; /* of the payment */
    kl_invoice_told_t told;
    const char *payment_id; /* its own row does not count */
    apr_int64_t amount;     /* more than 0 */
} kl_invoice_ask_t;

/**
 * Before the payment's row is stored: looks whether its amount may still be paid. Stores nothing.
 * @param out the invoice with what the host told now, for kl_invoice_join
 * @return KL_OK; KL_CONFLICT "invoice_paid", naming what remains, or "invoice_currency";
 *   KL_UNAVAILABLE
 */
kl_kind_t kl_invoice_begin(kl_service_t *svc, const kl_invoice_ask_t *ask, kl_invoice_t **out,
                           kl_error_t *err);

/**
 * After the row is stored, before anybody can pay it: stores what the host told, and looks once
 * more if another payment of the invoice was begun meanwhile.
 * @return KL_OK; as kl_invoice_begin, or KL_CONFLICT "in_progress": then the payment must end
 */
kl_kind_t kl_invoice_join(kl_service_t *svc, const kl_invoice_ask_t *ask, kl_invoice_t *invoice,
                          kl_error_t *err);

/* An invoice as it stands, with all its payments, newest first. */
typedef struct kl_invoice_shown_t {
    kl_invoice_t *invoice;
    apr_array_header_t *payments; /* of kl_order_t * */
} kl_invoice_shown_t;

/** Only department and told.number of ask count.
 *  @return KL_OK; KL_NOT_FOUND "no_such_invoice"; KL_UNAVAILABLE */
kl_kind_t kl_invoice_show(kl_service_t *svc, const kl_invoice_ask_t *ask, kl_invoice_shown_t *out,
                          kl_error_t *err);

/**
 * Finalises a credit note: it takes what is left of each verified payment. The same number again is
 * the same note; one that somebody could not finish is finished. Calls nobody.
 * @param out the invoice and its payments as stored now; the note is kl_invoice_find_note's
 * @return KL_OK; KL_NOT_FOUND "no_such_invoice"; KL_CONFLICT "too_many_credit_notes"; KL_CONFLICT
 *   "in_progress", KL_UNAVAILABLE or KL_INTERNAL: say the same again
 */
kl_kind_t kl_invoice_credit(kl_service_t *svc, const kl_invoice_ask_t *ask, const char *reference,
                            kl_invoice_shown_t *out, kl_error_t *err);

#endif
