/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether Klarna's record of an order and ours say the same of what can still be captured, line by
 * line. An authorization is written as a whole: written from a copy that others have made old, it
 * would undo what they did.
 */
#ifndef KL_AGREE_H
#define KL_AGREE_H

#include "core/klarna_record.h"

/** NULL when the authorization is the same on both sides, as far as the record tells it; else what
 *  differs, for people, in p. */
const char *kl_agree_authorization(apr_pool_t *p, const kl_order_t *order,
                                   const kl_klarna_record_t *seen);

/**
 * What others took off the authorization, when its lines tell it.
 * @param amount that is missing in all
 * @return its lines, in p; empty when they do not come to that amount, or the record lists none
 */
apr_array_header_t *kl_agree_taken_off(apr_pool_t *p, const kl_order_t *order,
                                       const kl_klarna_record_t *seen, apr_int64_t amount);

#endif
