/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna's Hosted Payment Page v1 for a payment in a store: a page on a session of Klarna Payments,
 * whose link is sent by SMS or e-mail or shown as a QR code. Klarna places the order itself, so
 * there is no authorization callback. Builds requests, reads answers, sends nothing. These
 * endpoints know no idempotency key.
 */
#ifndef KL_HOSTED_PAGE_H
#define KL_HOSTED_PAGE_H

#include "api/reply.h"
#include "core/addresses.h"
#include "core/instore.h"

/* A page that was made. Strings are never NULL: "" means none. */
typedef struct kl_hosted_page_t {
    const char *id;
    const char *link;   /* Klarna's description has it for e-commerce, so it may be missing */
    const char *qr_url; /* Klarna's picture of a code */
    const char *result_path, *send_path; /* below the account's address */
    const char *id_check_url;
    apr_time_t link_until; /* 0 = not told */
} kl_hosted_page_t;

/** POST /payments/v1/sessions: what the page is made on, answered by kl_payments_session_id. told
 *  fills in the customer's form, may be NULL. callback_base as for kl_payments_create_session. */
kl_klarna_request_t kl_hosted_page_session(apr_pool_t *p, const kl_order_t *order,
                                           const kl_addresses_t *told, const char *callback_base);

/** POST /hpp/v1/sessions, on the order's session of the account with this base_url. profile_id of
 *  Klarna's, or "". */
kl_klarna_request_t kl_hosted_page_create(apr_pool_t *p, const kl_order_t *order,
                                          const char *base_url, const char *profile_id,
                                          const char *callback_base);
kl_kind_t kl_hosted_page_reply(kl_hosted_page_t *out, apr_pool_t *p, const char *base_url,
                               const kl_klarna_response_t *resp, kl_error_t *err);

/** POST …/distribution: Klarna sends the link, each time that this is asked. phone is as it is
 *  dialled in that country. */
kl_klarna_request_t kl_hosted_page_send_sms(apr_pool_t *p, const kl_instore_t *instore,
                                            const char *phone, const char *country);
kl_klarna_request_t kl_hosted_page_send_email(apr_pool_t *p, const kl_instore_t *instore,
                                              const char *email);

/** GET, answered by kl_instore_status_reply. */
kl_klarna_request_t kl_hosted_page_read(apr_pool_t *p, const kl_instore_t *instore);

/** DELETE, answered by kl_reply_deleted: nobody can pay on it any more. */
kl_klarna_request_t kl_hosted_page_disable(apr_pool_t *p, const kl_instore_t *instore);

#endif
