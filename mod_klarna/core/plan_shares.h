/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What belongs to the whole order (discounts, gift cards, store credit, US sales tax) in a plan
 * that moves a part of it: the shopper paid the goods with it, so it is shipped and given back with
 * them.
 */
#ifndef KL_PLAN_SHARES_H
#define KL_PLAN_SHARES_H

#include "core/plan_selection.h"

/** 1 when the line belongs to the whole order: it gets a share in each part. */
int kl_plan_shares_has(const kl_line_t *line);

/** 1 when the pick says that the line takes no part: a share of 0. */
int kl_plan_shares_declined(const kl_line_t *line, const kl_pick_t *pick);

/**
 * Adds to m the share of each line that belongs to the whole order, in proportion to the goods that
 * m moves of those that are left; value without goods takes none along.
 * @param left what is left of a line to be moved
 * @param named indexes (int) of the lines that a person decided about: they are left alone
 * @return KL_OK, or KL_INTERNAL on overflow
 */
kl_kind_t kl_plan_shares_add(kl_movement_t *m, const kl_order_t *order,
                             kl_part_t (*left)(const kl_line_t *line),
                             const apr_array_header_t *named, kl_error_t *err);

/**
 * The most of each line that can be moved when `money` is all there is, together with its shares.
 * @return of kl_part_t, as many as the order has lines; all zero when there is no money
 */
kl_part_t *kl_plan_shares_most(apr_pool_t *p, const kl_order_t *order,
                               kl_part_t (*left)(const kl_line_t *line), apr_int64_t money);

/** The same of one line, without more pieces than that value pays for. */
kl_part_t kl_plan_shares_pieces(const kl_line_t *line, kl_part_t left, kl_part_t most,
                                apr_int64_t money);

/** Says of a sum that was refused which discount still belongs to it, if one does. */
void kl_plan_shares_name(kl_error_t *err, const kl_order_t *order, const kl_movement_t *m,
                         kl_part_t (*left)(const kl_line_t *line));

#endif
