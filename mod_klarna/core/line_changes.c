/* SPDX-License-Identifier: Apache-2.0 */
/* See line_changes.h. */
#include "core/line_changes.h"

#include <string.h>

#include "core/agree.h"
#include "core/limits.h"
#include "core/money.h"
#include "core/plan_selection.h"

static const kl_line_t *theirs_of(const apr_array_header_t *lines, const char *reference)
{
    for (int i = 0; i < lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(lines, i, kl_line_t);

        if (strcmp(line->reference, reference) == 0) {
            return line;
        }
    }
    return NULL;
}

/* Fewer pieces of the same worth. */
static int is_fewer(const kl_line_t *line, const kl_line_t *theirs)
{
    return theirs->tax_rate == line->tax_rate && theirs->quantity < line->quantity
           && theirs->total_amount
                  == kl_money_share(line->total_amount, theirs->quantity, line->quantity);
}

/* 1 when all that happened to a line is that an open part of it came off. */
static int taken_off(const kl_line_t *line, const kl_line_t *theirs, kl_part_t *off)
{
    kl_part_t open = kl_plan_selection_open(line);

    off->quantity = line->quantity - line->cancelled_quantity - (theirs ? theirs->quantity : 0);
    off->amount = line->total_amount - line->cancelled_amount - (theirs ? theirs->total_amount : 0);
    return (!theirs || is_fewer(line, theirs)) && kl_money_within(off->quantity, open.quantity)
           && kl_money_within(off->amount, open.amount);
}

static int holds_captured(const kl_line_t *line, const kl_line_t *theirs)
{
    return theirs && kl_money_within(line->captured_quantity, theirs->quantity)
           && kl_money_within(line->captured_amount, theirs->total_amount);
}

int kl_line_changes_fit(const kl_order_t *order, const apr_array_header_t *lines)
{
    int more = lines->nelts;

    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);
        const kl_line_t *theirs = theirs_of(lines, line->reference);
        kl_part_t off;

        if (!kl_agree_line(line, theirs) && !taken_off(line, theirs, &off)
            && !holds_captured(line, theirs)) {
            return 0;
        }
        more -= theirs != NULL;
    }
    return lines->nelts > 0 && more <= KL_MAX_LINES - order->lines->nelts;
}

/* Theirs in full. What was taken off it before is no more of it. */
static void replace(kl_line_t *line, const kl_line_t *theirs)
{
    kl_line_t now = *theirs;

    now.reference = line->reference;
    now.captured_quantity = line->captured_quantity;
    now.captured_amount = line->captured_amount;
    now.credited_quantity = line->credited_quantity;
    now.credited_amount = line->credited_amount;
    *line = now;
}

static void change(kl_line_t *line, const kl_line_t *theirs)
{
    kl_part_t off;

    if (kl_agree_line(line, theirs)) {
        return;
    }
    if (taken_off(line, theirs, &off)) {
        line->cancelled_quantity += off.quantity;
        line->cancelled_amount += off.amount;
        return;
    }
    if (theirs) { /* else the lines do not fit, and nobody takes them */
        replace(line, theirs);
    }
}

void kl_line_changes_take(kl_order_t *order, const apr_array_header_t *lines)
{
    for (int i = 0; i < order->lines->nelts; i++) {
        kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);

        change(line, theirs_of(lines, line->reference));
    }
    for (int i = 0; i < lines->nelts; i++) {
        const kl_line_t *theirs = &APR_ARRAY_IDX(lines, i, kl_line_t);

        if (kl_order_find_line(order, theirs->reference) < 0) {
            APR_ARRAY_PUSH(order->lines, kl_line_t) = *theirs;
        }
    }
}
