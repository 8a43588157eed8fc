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

/** The same for what was captured and refunded, and what can still be captured. */
const char *kl_agree_amounts(apr_pool_t *p, const kl_order_t *order,
                             const kl_klarna_record_t *seen);

typedef enum { KL_AGREE_NEITHER, KL_AGREE_BEFORE, KL_AGREE_AFTER } kl_agree_side_t;

/** Whether the lines that a reduction of ours touches are in the record as they were before it, or
 *  as it leaves them. Others may have changed other lines.
 *  @param seen with lines that can be read */
kl_agree_side_t kl_agree_reduction(apr_pool_t *p, const kl_order_t *order,
                                   const kl_movement_t *reduction, const kl_klarna_record_t *seen);

/** 1 when what is authorized of our line is theirs. @param theirs NULL: nothing is authorized there
 */
int kl_agree_line(const kl_line_t *line, const kl_line_t *theirs);

#endif
