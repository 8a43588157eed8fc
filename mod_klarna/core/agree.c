/* SPDX-License-Identifier: Apache-2.0 */
/* See agree.h. */
#include "core/agree.h"

#include <apr_strings.h>
#include <string.h>

#include "core/plan_lines.h"

/* The one line of that reference; NULL when there is none, or more than one. */
static const kl_line_t *line_of(const apr_array_header_t *lines, const char *reference)
{
    const kl_line_t *found = NULL;
    int alike = 0;

    for (int i = 0; i < lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(lines, i, kl_line_t);

        if (strcmp(line->reference, reference) == 0) {
            found = line;
            alike++;
        }
    }
    return alike == 1 ? found : NULL;
}

/* Both as they are authorized. */
static int alike(const kl_line_t *ours, const kl_line_t *theirs)
{
    return ours->quantity == theirs->quantity && ours->total_amount == theirs->total_amount
           && ours->tax_rate == theirs->tax_rate;
}

int kl_agree_line(const kl_line_t *line, const kl_line_t *theirs)
{
    kl_line_t left;

    return kl_plan_lines_authorized(line, &left) ? theirs && alike(&left, theirs) : !theirs;
}

static const char *both(apr_pool_t *p, const kl_line_t *line, const kl_line_t *theirs)
{
    if (theirs->quantity == line->quantity && theirs->total_amount == line->total_amount) {
        return apr_psprintf(p,
                            "the line %s has the tax rate %" APR_INT64_T_FMT
                            ", here %" APR_INT64_T_FMT,
                            line->reference, theirs->tax_rate, line->tax_rate);
    }
    return apr_psprintf(p,
                        "the line %s has %" APR_INT64_T_FMT " pieces for %" APR_INT64_T_FMT
                        ", here %" APR_INT64_T_FMT " for %" APR_INT64_T_FMT,
                        line->reference, theirs->quantity, theirs->total_amount, line->quantity,
                        line->total_amount);
}

const char *kl_agree_authorization(apr_pool_t *p, const kl_order_t *order,
                                   const kl_klarna_record_t *seen)
{
    const char *fault = kl_klarna_record_fault(seen);
    int known = 0;

    if (fault) {
        return fault;
    }
    if (seen->order_amount != order->order_amount) {
        return apr_psprintf(p, "order_amount is %" APR_INT64_T_FMT ", here %" APR_INT64_T_FMT,
                            seen->order_amount, order->order_amount);
    }
    if (!seen->lines) {
        return NULL;
    }
    if (seen->lines->nelts == 0) {
        return "its lines cannot be read";
    }
    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *theirs;
        kl_line_t left;

        if (!kl_plan_lines_authorized(&APR_ARRAY_IDX(order->lines, i, kl_line_t), &left)) {
            continue;
        }
        theirs = line_of(seen->lines, left.reference);
        if (!theirs) {
            return apr_psprintf(p, "the line %s is not there, or more than once", left.reference);
        }
        if (!alike(&left, theirs)) {
            return both(p, &left, theirs);
        }
        known++;
    }
    return seen->lines->nelts == known ? NULL : "it has lines that are not known here";
}

const char *kl_agree_amounts(apr_pool_t *p, const kl_order_t *order, const kl_klarna_record_t *seen)
{
    const struct {
        const char *name;
        apr_int64_t theirs, ours;
    } amounts[] = {{"captured_amount", seen->captured_amount, order->captured_amount},
                   {"refunded_amount", seen->refunded_amount, order->refunded_amount},
                   {"remaining_authorized_amount", seen->remaining_authorized_amount,
                    kl_order_open_amount(order)}};
    /* What an authorization that has ended still shows as remaining cannot be captured. */
    size_t n = kl_order_open_amount(order) > 0 || order->state == KL_ORDER_CAPTURED ? 3 : 2;

    for (size_t i = 0; i < n; i++) {
        if (amounts[i].theirs != amounts[i].ours) {
            return apr_psprintf(p, "%s is %" APR_INT64_T_FMT ", here %" APR_INT64_T_FMT,
                                amounts[i].name, amounts[i].theirs, amounts[i].ours);
        }
    }
    return NULL;
}

/* --- a reduction of ours ------------------------------------------------------------ */

/* Of one reference, as it was, as it was to be, and as it is. NULL: no line. */
typedef struct sides_t {
    const kl_line_t *before, *after, *theirs;
} sides_t;

static int is_same(const kl_line_t *a, const kl_line_t *b)
{
    return a && b ? alike(a, b) : a == b;
}

/* 1 when the reduction leaves the line as it was, or it is as it must be on that side. */
static int stands(const sides_t *sides, const kl_line_t *as)
{
    return is_same(sides->before, sides->after) || is_same(sides->theirs, as);
}

kl_agree_side_t kl_agree_reduction(apr_pool_t *p, const kl_order_t *order,
                                   const kl_movement_t *reduction, const kl_klarna_record_t *seen)
{
    const kl_movement_t nothing = {.lines = apr_array_make(p, 1, sizeof(kl_movement_line_t))};
    apr_array_header_t *before = kl_plan_lines_reduced(p, order, &nothing);
    apr_array_header_t *after = kl_plan_lines_reduced(p, order, reduction);
    apr_array_header_t *all = apr_array_append(p, before, after);
    int is_before = 1, is_after = 1;

    for (int i = 0; i < all->nelts; i++) {
        const char *reference = APR_ARRAY_IDX(all, i, kl_line_t).reference;
        sides_t sides = {line_of(before, reference), line_of(after, reference),
                         line_of(seen->lines, reference)};

        is_before &= stands(&sides, sides.before);
        is_after &= stands(&sides, sides.after);
    }
    return is_before == is_after ? KL_AGREE_NEITHER : is_before ? KL_AGREE_BEFORE : KL_AGREE_AFTER;
}
