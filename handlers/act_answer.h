/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answering for an operation. The answer is made from what is stored, so the same Idempotency-Key
 * always gives the same answer, whoever asks again.
 */
#ifndef KL_HANDLERS_ACT_ANSWER_H
#define KL_HANDLERS_ACT_ANSWER_H

#include "handlers/handlers.h"

/** "{base}/{id}" of an order in the back office. */
const char *kl_act_answer_url(kl_request_t *req, const char *order_id);

/** Answers for what an action gave; rv is what kl_act returned. */
int kl_act_answer_send(kl_request_t *req, kl_kind_t rv, const kl_acted_t *acted, kl_show_fn show);

/**
 * The shared way of every route that runs an action: kl_act, answered by what became of it:
 * 201 confirmed, 202 not known yet, a problem when Klarna refused. ask->client and, when NULL,
 * ask->order_id are set here. Calls Klarna.
 */
int kl_act_answer(kl_request_t *req, const kl_action_t *action, kl_ask_t *ask, kl_show_fn show);

#endif
