/* SPDX-License-Identifier: Apache-2.0 */
/* A payment as the till's routes answer it. */
#ifndef KL_HANDLERS_TILL_ANSWER_H
#define KL_HANDLERS_TILL_ANSWER_H

#include "handlers/handlers.h"

/** The department that it was made in; NULL when it is not configured any more. */
const kl_department_t *kl_till_answer_department(kl_request_t *req, const kl_order_t *order);

/** "{base}/payments/{id}" */
const char *kl_till_answer_url(kl_request_t *req, const kl_order_t *order);

/** Answers with the payment. Returns what a handler returns. */
int kl_till_answer(kl_request_t *req, int status, const kl_order_t *order);

#endif
