/* SPDX-License-Identifier: Apache-2.0 */
/* See plan_shares.h. */
#include "core/plan_shares.h"

#include <apr_strings.h>

#include "core/share.h"

typedef kl_part_t (*left_fn)(const kl_line_t *line);

int kl_plan_shares_has(const kl_line_t *line)
{
    return line->type == KL_LINE_DISCOUNT || line->type == KL_LINE_GIFT_CARD
           || line->type == KL_LINE_STORE_CREDIT || line->type == KL_LINE_SALES_TAX;
}

int kl_plan_shares_declined(const kl_line_t *line, const kl_pick_t *pick)
{
    return kl_plan_shares_has(line) && pick->quantity == 0 && pick->has_amount && pick->amount == 0;
}

static int is_goods(const kl_line_t *line)
{
    return line->type == KL_LINE_PHYSICAL || line->type == KL_LINE_DIGITAL;
}

static const kl_line_t *line_at(const kl_order_t *order, int i)
{
    return &APR_ARRAY_IDX(order->lines, i, kl_line_t);
}

/* Spread over the goods; over freight and fees too where the goods alone cannot bear it. */
static int goods_bear_it(const kl_order_t *order)
{
    apr_int64_t goods = 0, off = 0;

    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *line = line_at(order, i);

        goods += is_goods(line) ? line->total_amount : 0;
        off += kl_plan_shares_has(line) && line->total_amount < 0 ? line->total_amount : 0;
    }
    return goods > 0 && goods + off >= 0;
}

static int bears(const kl_line_t *line, int only_goods)
{
    return only_goods ? is_goods(line) : !kl_plan_shares_has(line);
}

static apr_int64_t base_left(const kl_order_t *order, left_fn left, int only_goods)
{
    apr_int64_t base = 0;

    for (int i = 0; i < order->lines->nelts; i++) {
        base += bears(line_at(order, i), only_goods) ? left(line_at(order, i)).amount : 0;
    }
    return base;
}

static apr_int64_t base_moved(const kl_order_t *order, const kl_movement_t *m, int only_goods)
{
    apr_int64_t moved = 0;

    for (int i = 0; i < m->lines->nelts; i++) {
        const kl_movement_line_t *part = &APR_ARRAY_IDX(m->lines, i, kl_movement_line_t);

        moved += part->quantity > 0 && bears(line_at(order, part->line), only_goods) ? part->amount
                                                                                     : 0;
    }
    return moved;
}

static int is_named(const apr_array_header_t *named, int line)
{
    for (int i = 0; i < named->nelts; i++) {
        if (APR_ARRAY_IDX(named, i, int) == line) {
            return 1;
        }
    }
    return 0;
}

kl_kind_t kl_plan_shares_add(kl_movement_t *m, const kl_order_t *order, left_fn left,
                             const apr_array_header_t *named, kl_error_t *err)
{
    int only_goods = goods_bear_it(order);
    apr_int64_t base = base_left(order, left, only_goods);
    apr_int64_t moved = base_moved(order, m, only_goods);

    for (int i = 0; moved > 0 && i < order->lines->nelts; i++) {
        const kl_line_t *line = line_at(order, i);
        kl_part_t part = left(line);

        if (!kl_plan_shares_has(line) || is_named(named, i)) {
            continue;
        }
        if (moved < base) {
            part = (kl_part_t){0, kl_share_of(part.amount, moved, base)};
        }
        if (kl_plan_selection_add(m, i, part, err) != KL_OK) {
            return err->kind;
        }
    }
    return KL_OK;
}

kl_part_t *kl_plan_shares_most(apr_pool_t *p, const kl_order_t *order, left_fn left,
                               apr_int64_t money)
{
    int n = order->lines->nelts, only_goods = goods_bear_it(order);
    kl_part_t *most = apr_pcalloc(p, ((apr_size_t)n + 1) * sizeof(*most));
    apr_int64_t *own = apr_palloc(p, ((apr_size_t)n + 1) * sizeof(*own));
    kl_share_pot_t pot = {.base = base_left(order, left, only_goods), .own = own};
    const kl_share_pot_t none = {.base = 0};

    for (int i = 0; i < n; i++) {
        if (kl_plan_shares_has(line_at(order, i))) {
            own[pot.n++] = left(line_at(order, i)).amount;
        }
    }
    for (int i = 0; money > 0 && i < n; i++) {
        const kl_line_t *line = line_at(order, i);

        most[i] = left(line);
        if (most[i].amount > 0) {
            most[i].amount = kl_share_most(most[i].amount, money,
                                           most[i].quantity > 0 && bears(line, only_goods) ? &pot
                                                                                           : &none);
        }
    }
    return most;
}

kl_part_t kl_plan_shares_pieces(const kl_line_t *line, kl_part_t left, kl_part_t most,
                                apr_int64_t money)
{
    if (money <= 0) {
        return (kl_part_t){0, 0};
    }
    most.quantity = kl_plan_selection_units(line, left, most.amount);
    if (most.quantity == 0 && most.amount > money) {
        most.amount = money; /* value without goods takes no share along */
    }
    return most;
}

/* What m leaves of a line. */
static apr_int64_t stays(const kl_movement_t *m, int line, apr_int64_t left)
{
    for (int i = 0; i < m->lines->nelts; i++) {
        const kl_movement_line_t *part = &APR_ARRAY_IDX(m->lines, i, kl_movement_line_t);

        left -= part->line == line ? part->amount : 0;
    }
    return left;
}

void kl_plan_shares_name(kl_error_t *err, const kl_order_t *order, const kl_movement_t *m,
                         left_fn left)
{
    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *line = line_at(order, i);
        apr_int64_t amount = kl_plan_shares_has(line) ? stays(m, i, left(line).amount) : 0;

        if (amount < 0) {
            kl_error_next(err, apr_psprintf(err->pool,
                                            "%" APR_INT64_T_FMT " of the line %s (%s) is still to "
                                            "be deducted: name that line with more of it.",
                                            amount, line->reference, line->name));
        }
    }
}
