/* SPDX-License-Identifier: Apache-2.0 */
/* See agree.h. */
#include "core/agree.h"

#include <apr_strings.h>
#include <string.h>

#include "core/money.h"
#include "core/plan_lines.h"
#include "core/plan_selection.h"

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

/* Our lines as the authorization has them now: as they would be sent if nothing more came off. */
static apr_array_header_t *as_authorized(apr_pool_t *p, const kl_order_t *order)
{
    const kl_movement_t nothing = {.lines = apr_array_make(p, 1, sizeof(kl_movement_line_t))};

    return kl_plan_lines_reduced(p, order, &nothing);
}

const char *kl_agree_authorization(apr_pool_t *p, const kl_order_t *order,
                                   const kl_klarna_record_t *seen)
{
    apr_array_header_t *ours = as_authorized(p, order);
    const char *fault = kl_klarna_record_fault(seen);

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
    for (int i = 0; i < ours->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(ours, i, kl_line_t);
        const kl_line_t *theirs = line_of(seen->lines, line->reference);

        if (!theirs) {
            return apr_psprintf(p, "the line %s is not there, or more than once", line->reference);
        }
        if (theirs->total_amount != line->total_amount || theirs->quantity != line->quantity) {
            return apr_psprintf(p,
                                "the line %s has %" APR_INT64_T_FMT " pieces for %" APR_INT64_T_FMT
                                ", here %" APR_INT64_T_FMT " for %" APR_INT64_T_FMT,
                                line->reference, theirs->quantity, theirs->total_amount,
                                line->quantity, line->total_amount);
        }
    }
    return seen->lines->nelts == ours->nelts ? NULL : "it has lines that are not known here";
}

/* What is missing of one of our lines. 0 when that is not a part that could have been taken off. */
static int missing_of(const kl_line_t *line, const kl_line_t *theirs, kl_movement_line_t *off)
{
    kl_part_t open = kl_plan_selection_open(line);

    off->quantity = line->quantity - line->cancelled_quantity - (theirs ? theirs->quantity : 0);
    off->amount = line->total_amount - line->cancelled_amount - (theirs ? theirs->total_amount : 0);
    if (off->amount == 0) {
        off->quantity = 0;
        return 1;
    }
    return off->quantity >= 0 && off->quantity <= open.quantity
           && (open.amount >= 0 ? off->amount > 0 && off->amount <= open.amount
                                : off->amount < 0 && off->amount >= open.amount);
}

apr_array_header_t *kl_agree_taken_off(apr_pool_t *p, const kl_order_t *order,
                                       const kl_klarna_record_t *seen, apr_int64_t amount)
{
    apr_array_header_t *lines = apr_array_make(p, 4, sizeof(kl_movement_line_t));
    apr_array_header_t *none = apr_array_make(p, 1, sizeof(kl_movement_line_t));
    apr_int64_t sum = 0;
    int known = 0;

    for (int i = 0; seen->lines && i < order->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);
        const kl_line_t *theirs = line_of(seen->lines, line->reference);
        kl_movement_line_t off = {.line = i};

        known += theirs != NULL;
        if (!missing_of(line, theirs, &off) || !kl_money_add(sum, off.amount, &sum)) {
            return none;
        }
        if (off.amount != 0) {
            APR_ARRAY_PUSH(lines, kl_movement_line_t) = off;
        }
    }
    return seen->lines && known == seen->lines->nelts && sum == amount ? lines : none;
}
