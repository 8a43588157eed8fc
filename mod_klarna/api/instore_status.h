/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a payment in a store has come, as Klarna answers it: a hosted page and a QR session show
 * the same, the latter with its link.
 */
#ifndef KL_INSTORE_STATUS_H
#define KL_INSTORE_STATUS_H

#include "api/reply.h"
#include "core/instore_state.h"

/**
 * Reads the answer to kl_hosted_page_read or kl_qr_session_read, whatever its status: Klarna's
 * 404 is KL_OK with KL_INSTORE_GONE for a word. Who the customer is, is not read.
 * @return KL_OK; KL_PROTOCOL, also when it is completed without an order; else what it means
 */
kl_kind_t kl_instore_status_reply(kl_instore_seen_t *out, apr_pool_t *p,
                                  const kl_klarna_response_t *resp, kl_error_t *err);

#endif
