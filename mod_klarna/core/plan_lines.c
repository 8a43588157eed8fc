/* SPDX-License-Identifier: Apache-2.0 */
/* See plan_lines.h. */
#include "core/plan_lines.h"
#include <apr_strings.h>

#include "core/limits.h"
#include "core/line.h"
#include "core/money.h"
#include "core/share.h"

/* The least price whose quantity-fold is not below amount. */
static apr_int64_t price_covering(apr_int64_t amount, apr_int64_t quantity)
{
    apr_int64_t price = amount / quantity; /* rounds towards zero */

    return price * quantity < amount ? price + 1 : price;
}

/* Value without goods is one piece of that value. The line's own unit price stays where it
 * leaves a possible discount. */
static kl_line_t part_of(const kl_line_t *line, apr_int64_t quantity, apr_int64_t amount)
{
    kl_line_t part = *line;
    apr_int64_t gross, discount;

    part.quantity = quantity > 0 ? quantity : 1;
    if (quantity == 0 || !kl_money_mul(part.quantity, line->unit_price, &gross)
        || !kl_money_sub(gross, amount, &discount) || discount < 0 || discount > KL_MAX_AMOUNT) {
        part.unit_price = price_covering(amount, part.quantity);
        discount = part.quantity * part.unit_price - amount;
    }
    part.total_amount = amount;
    part.total_discount_amount = discount;
    part.total_tax_amount = kl_money_tax_within(amount, line->tax_rate);
    part.cancelled_quantity = part.cancelled_amount = 0;
    part.captured_quantity = part.captured_amount = 0;
    part.credited_quantity = part.credited_amount = 0;
    return part;
}

/* word-*n with the next *n that no line has. */
static const char *unused(apr_pool_t *p, const kl_order_t *order, const char *word, int *n)
{
    const char *reference;

    do {
        reference = apr_psprintf(p, "%s-%d", word, ++*n);
    } while (kl_order_find_line(order, reference) >= 0);
    return reference;
}

/* What is left of all lines that have the rate of line number i; 0 when one before it has that. */
static apr_int64_t left_at_rate(const kl_order_t *order, int i,
                                apr_int64_t (*left)(const kl_line_t *line))
{
    const kl_line_t *all = (const kl_line_t *)order->lines->elts;
    apr_int64_t sum = 0;

    for (int j = 0; j < order->lines->nelts; j++) {
        if (all[j].tax_rate == all[i].tax_rate) {
            if (j < i) {
                return 0;
            }
            sum += left(&all[j]);
        }
    }
    return sum > 0 ? sum : 0;
}

/* What an amount without lines is of each VAT rate, as lines without a reference, at most `most`
 * of them: the last one takes what is left. */
static apr_array_header_t *by_rate(apr_pool_t *p, const kl_order_t *order, const kl_movement_t *m,
                                   apr_int64_t (*left)(const kl_line_t *line), int most)
{
    apr_array_header_t *lines = apr_array_make(p, 2, sizeof(kl_line_t));
    const char *name = m->name && m->name[0] ? m->name : "Reduction";
    apr_int64_t rest = m->amount, base = 0;

    for (int i = 0; i < order->lines->nelts; i++) {
        base += left_at_rate(order, i, left);
    }
    for (int i = 0; !m->taxed && rest > 0 && i < order->lines->nelts; i++) {
        apr_int64_t at_rate = left_at_rate(order, i, left);
        apr_int64_t part = lines->nelts + 1 >= most && at_rate > 0
                               ? rest
                               : kl_share_of(rest, at_rate, base);

        base -= at_rate;
        rest -= part;
        if (part > 0) {
            APR_ARRAY_PUSH(lines, kl_line_t) =
                kl_line_plain(KL_LINE_PHYSICAL, "", name, part,
                              APR_ARRAY_IDX(order->lines, i, kl_line_t).tax_rate);
        }
    }
    if (rest > 0) {
        APR_ARRAY_PUSH(lines, kl_line_t) = kl_line_plain(KL_LINE_PHYSICAL, "", name, rest,
                                                         m->taxed ? m->tax_rate : 0);
    }
    return lines;
}

apr_array_header_t *kl_plan_lines_reduction(apr_pool_t *p, const kl_order_t *order,
                                            const kl_movement_t *m)
{
    apr_array_header_t *lines = by_rate(p, order, m, kl_line_open_amount,
                                        KL_MAX_LINES - order->lines->nelts);
    int n = 0;

    for (int i = 0; i < lines->nelts; i++) {
        kl_line_t *line = &APR_ARRAY_IDX(lines, i, kl_line_t);

        *line = kl_line_plain(KL_LINE_DISCOUNT, unused(p, order, "reduction", &n), line->name,
                              -line->total_amount, line->tax_rate);
    }
    return lines;
}

/* What the shopper paid or still has to pay of a line. */
static apr_int64_t not_given_back(const kl_line_t *line)
{
    return kl_line_open_amount(line) + kl_line_creditable_amount(line);
}

apr_array_header_t *kl_plan_lines_klarna(apr_pool_t *p, const kl_order_t *order,
                                         const kl_movement_t *m)
{
    apr_array_header_t *lines = apr_array_make(p, m->lines->nelts + 1, sizeof(kl_line_t));

    if (m->lines->nelts == 0 && (m->taxed || (m->name && m->name[0]))) {
        return by_rate(p, order, m, not_given_back, KL_MAX_LINES);
    }
    for (int i = 0; i < m->lines->nelts; i++) {
        const kl_movement_line_t *part = &APR_ARRAY_IDX(m->lines, i, kl_movement_line_t);
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, part->line, kl_line_t);

        APR_ARRAY_PUSH(lines, kl_line_t) = part_of(line, part->quantity, part->amount);
    }
    if (m->return_fee > 0 && lines->nelts > 0) {
        APR_ARRAY_PUSH(lines, kl_line_t) = kl_line_plain(KL_LINE_RETURN_FEE, "return-fee",
                                                         "Return fee", -m->return_fee,
                                                         m->return_fee_tax_rate);
    }
    return lines;
}

kl_line_t kl_plan_lines_raise(apr_pool_t *p, const kl_order_t *order, apr_int64_t amount)
{
    int n = 0;

    return kl_line_plain(KL_LINE_SURCHARGE, unused(p, order, "raise", &n), "Raise", amount, 0);
}

/* What m takes off the line with that index; a line occurs once in a movement. */
static kl_movement_line_t taken(const kl_movement_t *m, int line)
{
    for (int i = 0; i < m->lines->nelts; i++) {
        const kl_movement_line_t *part = &APR_ARRAY_IDX(m->lines, i, kl_movement_line_t);

        if (part->line == line) {
            return *part;
        }
    }
    return (kl_movement_line_t){line, 0, 0};
}

/* What is left of a line after that much was taken off it, besides what was before. */
static int left_of(const kl_line_t *line, kl_movement_line_t off, kl_line_t *left)
{
    apr_int64_t quantity = line->quantity - line->cancelled_quantity - off.quantity;
    apr_int64_t amount = line->total_amount - line->cancelled_amount - off.amount;

    if (quantity <= 0 && amount == 0) {
        return 0;
    }
    *left = part_of(line, quantity, amount);
    return 1;
}

int kl_plan_lines_authorized(const kl_line_t *line, kl_line_t *left)
{
    return left_of(line, (kl_movement_line_t){.line = 0}, left);
}

apr_array_header_t *kl_plan_lines_reduced(apr_pool_t *p, const kl_order_t *order,
                                          const kl_movement_t *m)
{
    apr_array_header_t *lines = apr_array_make(p, order->lines->nelts + 1, sizeof(kl_line_t));

    for (int i = 0; i < order->lines->nelts; i++) {
        kl_line_t left;

        if (left_of(&APR_ARRAY_IDX(order->lines, i, kl_line_t), taken(m, i), &left)) {
            APR_ARRAY_PUSH(lines, kl_line_t) = left;
        }
    }
    if (m->lines->nelts == 0 && m->amount > 0) {
        apr_array_cat(lines, kl_plan_lines_reduction(p, order, m));
    }
    return lines;
}
