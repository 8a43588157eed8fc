/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Picks of lines. A pick never takes more units or more value than are left, never from
 * the same line twice in one request, and an amount always carries the sign of its line.
 */
#include <apr_strings.h>

#include "core/contract.h"
#include "core/line.h"
#include "core/money.h"
#include "core/plan_selection.h"

kl_part_t kl_plan_selection_open(const kl_line_t *line)
{
    return (kl_part_t){kl_line_open_quantity(line), kl_line_open_amount(line)};
}

kl_part_t kl_plan_selection_creditable(const kl_line_t *line)
{
    return (kl_part_t){kl_line_creditable_quantity(line), kl_line_creditable_amount(line)};
}

kl_movement_t kl_plan_selection_none(apr_pool_t *p)
{
    return (kl_movement_t){.lines = apr_array_make(p, 4, sizeof(kl_movement_line_t))};
}

kl_kind_t kl_plan_selection_add(kl_movement_t *m, int line, kl_part_t part, kl_error_t *err)
{
    kl_movement_line_t *moved;

    if (part.quantity == 0 && part.amount == 0) {
        return KL_OK;
    }
    if (!kl_money_add(m->amount, part.amount, &m->amount)) {
        return kl_error_set(err, KL_INTERNAL, "overflow", "The sum of the lines is too large.");
    }
    moved = apr_array_push(m->lines);
    *moved = (kl_movement_line_t){line, part.quantity, part.amount};
    return KL_OK;
}

static const char *member(kl_error_t *err, int i, const char *name)
{
    return apr_psprintf(err->pool, "lines[%d].%s", i, name);
}

static const char *text(kl_error_t *err, apr_int64_t n)
{
    return apr_psprintf(err->pool, "%" APR_INT64_T_FMT, n);
}

static const char *at_most(kl_error_t *err, apr_int64_t n)
{
    return apr_psprintf(err->pool, "at most %" APR_INT64_T_FMT, n);
}

kl_kind_t kl_plan_selection_lines(apr_array_header_t **lines, apr_pool_t *p,
                                  const kl_order_t *order, const apr_array_header_t *picks,
                                  kl_error_t *err)
{
    char *seen = apr_pcalloc(p, (apr_size_t)order->lines->nelts + 1);

    *lines = apr_array_make(p, picks->nelts, sizeof(int));
    if (picks->nelts == 0) {
        return kl_error_field(err, "nothing", "lines", "none", "at least one line");
    }
    for (int i = 0; i < picks->nelts; i++) {
        const kl_pick_t *pick = &APR_ARRAY_IDX(picks, i, kl_pick_t);
        int line = kl_order_find_line(order, pick->reference);

        if (line < 0) {
            return kl_error_field(err, "unknown_line", member(err, i, "reference"), pick->reference,
                                  "the reference of a line of this order");
        }
        if (seen[line]) {
            return kl_error_field(err, "duplicate_reference", member(err, i, "reference"),
                                  pick->reference, "every line at most once");
        }
        seen[line] = 1;
        APR_ARRAY_PUSH(*lines, int) = line;
    }
    return KL_OK;
}

static kl_kind_t check_amount(apr_int64_t amount, int i, kl_part_t left, kl_error_t *err)
{
    const char *field = member(err, i, "amount");

    if ((amount < 0 && left.amount > 0) || (amount > 0 && left.amount < 0)) {
        return kl_error_field(err, "line_sign", field, text(err, amount),
                              left.amount < 0 ? "0 or less, because the line reduces the total"
                                              : "0 or more");
    }
    if (left.amount >= 0 ? amount < 0 || amount > left.amount : amount < left.amount) {
        return kl_error_field(err, "too_much", field, text(err, amount),
                              left.amount < 0
                                  ? apr_psprintf(err->pool, "at least %" APR_INT64_T_FMT,
                                                 left.amount)
                                  : at_most(err, left.amount));
    }
    return KL_OK;
}

kl_kind_t kl_plan_selection_check(const kl_pick_t *pick, int i, kl_part_t left, kl_error_t *err)
{
    if (pick->quantity < 0 || pick->quantity > left.quantity) {
        return kl_error_field(err, "too_many", member(err, i, "quantity"),
                              text(err, pick->quantity), at_most(err, left.quantity));
    }
    if (pick->has_amount && check_amount(pick->amount, i, left, err) != KL_OK) {
        return err->kind;
    }
    if (pick->quantity == 0 && (!pick->has_amount || pick->amount == 0)) {
        return kl_error_field(err, "nothing", member(err, i, "quantity"), "0",
                              "at least 1, or an amount");
    }
    return KL_OK;
}

apr_int64_t kl_plan_selection_nearer(apr_int64_t a, apr_int64_t b)
{
    return a < 0 || b < 0 ? (a > b ? a : b) : (a < b ? a : b);
}

apr_int64_t kl_plan_selection_worth(const kl_line_t *line, apr_int64_t quantity, kl_part_t left)
{
    if (quantity == 0) {
        return 0;
    }
    if (quantity == left.quantity) {
        return left.amount;
    }
    return kl_plan_selection_nearer(kl_money_share(line->total_amount, quantity, line->quantity),
                                    left.amount);
}

apr_int64_t kl_plan_selection_units(const kl_line_t *line, kl_part_t left, apr_int64_t amount)
{
    apr_int64_t low = 0, high = left.quantity + 1;

    while (high - low > 1) {
        apr_int64_t middle = low + (high - low) / 2;
        apr_int64_t worth = kl_plan_selection_worth(line, middle, left);

        if (kl_money_within(worth, amount)) {
            low = middle;
        }
        else {
            high = middle;
        }
    }
    return low;
}

kl_kind_t kl_plan_selection_check_sum(apr_int64_t sum, apr_int64_t most, const char *field,
                                      kl_error_t *err)
{
    if (sum <= 0) {
        return kl_error_field(err, "nothing", field, text(err, sum), "a sum greater than 0");
    }
    if (sum > most) {
        return kl_error_field(err, "too_much", field, text(err, sum), at_most(err, most));
    }
    return KL_OK;
}

kl_kind_t kl_plan_selection_prove(const kl_order_t *order, const kl_movement_t *m,
                                  kl_part_t (*left)(const kl_line_t *line), kl_error_t *err)
{
    apr_int64_t sum = -m->return_fee;

    for (int i = 0; i < m->lines->nelts; i++) {
        const kl_movement_line_t *part = &APR_ARRAY_IDX(m->lines, i, kl_movement_line_t);
        kl_part_t most;

        KL_CONTRACT(part->line >= 0 && part->line < order->lines->nelts, err);
        most = left(&APR_ARRAY_IDX(order->lines, part->line, kl_line_t));
        KL_CONTRACT(kl_money_within(part->quantity, most.quantity), err);
        KL_CONTRACT(kl_money_within(part->amount, most.amount), err);
        sum += part->amount;
    }
    KL_CONTRACT(m->lines->nelts == 0 ? m->amount >= 0 : sum == m->amount, err);
    return KL_OK;
}
