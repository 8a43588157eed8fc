/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session of Klarna Payments that Klarna itself brings to the customer ("one_qr"): by a code that
 * the till shows, or by a short code that the customer's phone shows. Klarna places the order
 * itself. Builds requests, reads answers, sends nothing. The order's own part comes from Klarna
 * Payments' description; what is for the store stands only on Klarna's pages.
 */
#ifndef KL_QR_SESSION_H
#define KL_QR_SESSION_H

#include "api/reply.h"
#include "core/addresses.h"
#include "core/department.h"

/* What the order does not say. */
typedef struct kl_qr_start_t {
    const kl_department_t *department;
    const kl_addresses_t *told; /* fills in the customer's form; may be NULL */
    const char *short_code;     /* 2 to 20 digits, or "" */
    const char *callback_base;  /* as for kl_payments_create_session */
} kl_qr_start_t;

typedef struct kl_qr_session_t {
    const char *id;
    const char *result_path; /* below the account's address */
} kl_qr_session_t;

/** POST /payments/v1/sessions; method NULL when the short code is none. */
kl_klarna_request_t kl_qr_session_create(apr_pool_t *p, const kl_order_t *order,
                                         const kl_qr_start_t *start);
kl_kind_t kl_qr_session_reply(kl_qr_session_t *out, apr_pool_t *p, const char *base_url,
                              const kl_klarna_response_t *resp, kl_error_t *err);

/** GET its result, answered by kl_instore_status_reply: the link comes with it. */
kl_klarna_request_t kl_qr_session_read(apr_pool_t *p, const kl_order_t *order);

/** DELETE /payments/v1/sessions/{id}, answered by kl_reply_deleted: nobody can pay it any more. */
kl_klarna_request_t kl_qr_session_cancel(apr_pool_t *p, const kl_order_t *order);

#endif
