/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Picks of lines, for the plans of captures and credits: which line is meant, how much may
 * be taken of it, and what a number of its units is worth.
 */
#ifndef KL_PLAN_SELECTION_H
#define KL_PLAN_SELECTION_H

#include "core/plan.h"

/* A part of one line: units and their value, which carries the sign of the line. */
typedef struct kl_part_t {
    apr_int64_t quantity, amount;
} kl_part_t;

/** What is left of a line to be captured or taken off, and to be given back. */
kl_part_t kl_plan_selection_open(const kl_line_t *line);
kl_part_t kl_plan_selection_creditable(const kl_line_t *line);

/** A movement of nothing. */
kl_movement_t kl_plan_selection_none(apr_pool_t *p);
/** Adds a part of line number `line`, unless it is nothing at all. KL_INTERNAL on overflow. */
kl_kind_t kl_plan_selection_add(kl_movement_t *m, int line, kl_part_t part, kl_error_t *err);

/**
 * Finds the line of every pick; *lines gets as many int indexes as there are picks.
 * @return KL_OK, or KL_INVALID "nothing", "unknown_line", "duplicate_reference".
 */
kl_kind_t kl_plan_selection_lines(apr_array_header_t **lines, apr_pool_t *p,
                                  const kl_order_t *order, const apr_array_header_t *picks,
                                  kl_error_t *err);

/**
 * Checks pick number i against what is left of its line.
 * @return KL_OK, or KL_INVALID "too_many", "too_much", "line_sign", "nothing".
 */
kl_kind_t kl_plan_selection_check(const kl_pick_t *pick, int i, kl_part_t left, kl_error_t *err);

/** What `quantity` units of line are worth when `left` is left of it: all of it for the
 *  last units, else their share of the line's total, never more than is left. */
apr_int64_t kl_plan_selection_worth(const kl_line_t *line, apr_int64_t quantity, kl_part_t left);

/** The most units of line that are worth no more than `amount` when `left` is left of it. */
apr_int64_t kl_plan_selection_units(const kl_line_t *line, kl_part_t left, apr_int64_t amount);

/** The nearer to zero of a and b, which have the same sign. */
apr_int64_t kl_plan_selection_nearer(apr_int64_t a, apr_int64_t b);

/** KL_INVALID for a sum of picks or an amount that is not in 1..most, else KL_OK. */
kl_kind_t kl_plan_selection_check_sum(apr_int64_t sum, apr_int64_t most, const char *field,
                                      kl_error_t *err);

/**
 * What a plan came to, before a request is made of it: each part lies within what left() gives for
 * its line, and together they are the amount; a movement of nothing is none.
 * @return KL_OK, or KL_INTERNAL "contract"
 */
kl_kind_t kl_plan_selection_prove(const kl_order_t *order, const kl_movement_t *m,
                                  kl_part_t (*left)(const kl_line_t *line), kl_error_t *err);

#endif
