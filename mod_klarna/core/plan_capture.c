/* SPDX-License-Identifier: Apache-2.0 */
/* See plan_capture.h. */
#include "core/plan_capture.h"
#include <string.h>

#include "core/plan_selection.h"
#include "core/plan_shares.h"
#include "core/why_not.h"

/* Bytes a capture may add to the ledger beside its texts: ids, names of members, and a
 * growing counter or two in every line. */
#define ROOM_CAPTURE 1024
#define ROOM_LINE 128

static kl_kind_t capture_everything(kl_movement_t *out, apr_pool_t *p, const kl_order_t *order,
                                    kl_error_t *err)
{
    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);
        if (kl_plan_selection_add(out, i, kl_plan_selection_open(line), err) != KL_OK) {
            return err->kind;
        }
    }
    if (out->amount != order->remaining_amount) {
        *out = kl_plan_selection_none(
            p); /* free amounts moved: the lines cannot show what is left */
        out->amount = order->remaining_amount;
    }
    return KL_OK;
}

static kl_kind_t capture_picks(kl_movement_t *out, apr_pool_t *p, const kl_order_t *order,
                               const apr_array_header_t *picks, kl_error_t *err)
{
    apr_array_header_t *lines;
    kl_kind_t rv = kl_plan_selection_lines(&lines, p, order, picks, err);

    for (int i = 0; rv == KL_OK && i < picks->nelts; i++) {
        const kl_pick_t *pick = &APR_ARRAY_IDX(picks, i, kl_pick_t);
        int at = APR_ARRAY_IDX(lines, i, int);
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, at, kl_line_t);
        kl_part_t left = kl_plan_selection_open(line);
        kl_part_t part = {.quantity = pick->quantity};

        if (kl_plan_shares_declined(line, pick)) {
            continue;
        }
        rv = kl_plan_selection_check(pick, i, left, err);
        if (rv == KL_OK) {
            part.amount = pick->has_amount ? pick->amount
                                           : kl_plan_selection_worth(line, pick->quantity, left);
            rv = kl_plan_selection_add(out, at, part, err);
        }
    }
    return rv == KL_OK ? kl_plan_shares_add(out, order, kl_plan_selection_open, lines, err) : rv;
}

static kl_kind_t capture_lines(kl_movement_t *out, apr_pool_t *p, const kl_order_t *order,
                               const apr_array_header_t *picks, kl_error_t *err)
{
    if (capture_picks(out, p, order, picks, err) == KL_OK
        && kl_plan_selection_check_sum(out->amount, order->remaining_amount, "lines", err)
               != KL_OK) {
        kl_plan_shares_name(err, order, out, kl_plan_selection_open);
    }
    return err->kind;
}

static kl_kind_t select_it(kl_movement_t *out, apr_pool_t *p, const kl_order_t *order,
                           const kl_selection_t *what, kl_error_t *err)
{
    if (what->everything) {
        return capture_everything(out, p, order, err);
    }
    if (what->has_amount) {
        out->amount = what->amount;
        return kl_plan_selection_check_sum(out->amount, order->remaining_amount, "amount", err);
    }
    return capture_lines(out, p, order, what->picks, err);
}

static kl_kind_t refuse(kl_error_t *err, const kl_words_t *why)
{
    return kl_error_because(err, KL_CONFLICT, "not_capturable", why);
}

kl_kind_t kl_plan_capture(kl_movement_t *out, apr_pool_t *p, const kl_order_t *order,
                          const kl_capture_request_t *want, kl_error_t *err)
{
    static const kl_words_t full = {"record_full",
                                    "The order's record is full; no capture can be added to it."};
    const kl_words_t *why = kl_why_not_capture(order);
    apr_size_t texts = strlen(want->reference) + strlen(want->description)
                       + strlen(want->shipping_info);

    *out = kl_plan_selection_none(p);
    if (why != NULL) {
        return refuse(err, why);
    }
    /* A quote or backslash of a text takes two bytes, and four inside shipping_info. */
    if (!kl_order_has_room(p, order,
                           ROOM_CAPTURE + 4 * texts
                               + (apr_size_t)order->lines->nelts * ROOM_LINE)) {
        return refuse(err, &full);
    }
    if (select_it(out, p, order, &want->what, err) != KL_OK) {
        return err->kind;
    }
    return kl_plan_selection_prove(order, out, kl_plan_selection_open, err);
}

kl_part_t *kl_plan_capture_limits(apr_pool_t *p, const kl_order_t *order)
{
    apr_int64_t money = kl_order_open_amount(order);
    kl_part_t *most = kl_plan_shares_most(p, order, kl_plan_selection_open, money);

    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);

        most[i] = kl_plan_shares_pieces(line, kl_plan_selection_open(line), most[i], money);
    }
    return most;
}
