/* SPDX-License-Identifier: Apache-2.0 */
/* See plan_credit.h. */
#include "core/plan_credit.h"
#include <apr_strings.h>
#include <string.h>

#include "core/country.h"
#include "core/limits.h"
#include "core/plan_selection.h"
#include "core/why_not.h"

/* Bytes a credit invoice may add to the ledger beside its texts: ids, two steps, a
 * reduction line; and its parts of every line with their growing counters. */
#define ROOM_CREDIT 3072
#define ROOM_LINE 192

/* The two sides of a credit. */
typedef struct split_t {
    kl_movement_t open;     /* not captured: comes off the authorization */
    kl_movement_t captured; /* captured: goes back to the shopper, before any fee */
} split_t;

/* Adds all parts of all lines when they come to exactly amount, else the amount alone. */
static kl_kind_t add_all(kl_movement_t *out, const kl_order_t *order,
                         kl_part_t (*part)(const kl_line_t *), apr_int64_t amount, kl_error_t *err)
{
    for (int i = 0; amount > 0 && i < order->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);

        if (kl_plan_selection_add(out, i, part(line), err) != KL_OK) {
            return err->kind;
        }
    }
    if (out->amount != amount) {
        apr_array_clear(out->lines);
        out->amount = amount;
    }
    return KL_OK;
}

static kl_kind_t refuse(kl_error_t *err, const kl_words_t *why)
{
    return kl_error_because(err, KL_CONFLICT, "not_creditable", why);
}

static kl_kind_t split_everything(split_t *out, const kl_order_t *order, kl_error_t *err)
{
    static const kl_words_t only_fees =
        {"only_fees_left", "Everything has been credited, except the return fees kept."};
    apr_int64_t open = kl_order_open_amount(order);
    apr_int64_t back = kl_order_creditable_amount(order);
    kl_kind_t rv = add_all(&out->open, order, kl_plan_selection_open, open, err);

    if (rv == KL_OK) {
        rv = add_all(&out->captured, order, kl_plan_selection_creditable, back, err);
    }
    if (rv == KL_OK && open + back <= 0) {
        return refuse(err, &only_fees);
    }
    return rv;
}

/* Captured money first, then the open rest, and a fee that was kept comes back last. */
static kl_kind_t split_amount(split_t *out, const kl_order_t *order, apr_int64_t amount,
                              kl_error_t *err)
{
    apr_int64_t open = kl_order_open_amount(order);
    apr_int64_t back = kl_order_creditable_amount(order);
    apr_int64_t rest;

    if (kl_plan_selection_check_sum(amount, kl_order_credit_limit(order), "amount", err) != KL_OK) {
        return err->kind;
    }
    out->captured.amount = kl_plan_selection_nearer(amount, back);
    rest = amount - out->captured.amount;
    out->open.amount = kl_plan_selection_nearer(rest, open);
    out->captured.amount += rest - out->open.amount;
    return KL_OK;
}

/* What a pick is worth as a whole: its own amount, else that of its units. */
static apr_int64_t pick_worth(const kl_line_t *line, const kl_pick_t *pick, kl_part_t back,
                              kl_part_t rest)
{
    kl_part_t left = {back.quantity + rest.quantity, back.amount + rest.amount};

    if (pick->has_amount) {
        return pick->amount;
    }
    if (pick->quantity <= back.quantity && pick->quantity < left.quantity) {
        return kl_plan_selection_worth(line, pick->quantity, back);
    }
    return kl_plan_selection_worth(line, pick->quantity, left);
}

/* Divides one pick: units come from the captured part as far as it goes, and value goes
 * with the units; what the one part lacks comes from the other. */
static void split_pick(const kl_line_t *line, const kl_pick_t *pick, kl_part_t *captured,
                       kl_part_t *open)
{
    kl_part_t back = kl_plan_selection_creditable(line), rest = kl_plan_selection_open(line);
    apr_int64_t whole = pick_worth(line, pick, back, rest);

    captured->quantity = kl_plan_selection_nearer(pick->quantity, back.quantity);
    open->quantity = pick->quantity - captured->quantity;
    captured->amount = pick->has_amount ? back.amount
                                        : kl_plan_selection_worth(line, captured->quantity, back);
    captured->amount = kl_plan_selection_nearer(whole, captured->amount);
    open->amount = kl_plan_selection_nearer(whole - captured->amount, rest.amount);
    captured->amount = whole - open->amount;
}

static kl_kind_t check_side(const kl_movement_t *m, const kl_movement_t *other, apr_int64_t most,
                            kl_error_t *err)
{
    if (m->lines->nelts == 0 && other->lines->nelts > 0) {
        return KL_OK;
    }
    if (kl_plan_selection_check_sum(m->amount, most, "lines", err) != KL_OK
        && other->lines->nelts > 0) {
        kl_error_next(err, "These lines are only partly captured: credit the captured and the "
                           "uncaptured part in two requests.");
    }
    return err->kind;
}

static kl_kind_t split_picks(split_t *out, apr_pool_t *p, const kl_order_t *order,
                             const apr_array_header_t *picks, kl_error_t *err)
{
    apr_array_header_t *lines;
    kl_kind_t rv = kl_plan_selection_lines(&lines, p, order, picks, err);

    for (int i = 0; rv == KL_OK && i < picks->nelts; i++) {
        const kl_pick_t *pick = &APR_ARRAY_IDX(picks, i, kl_pick_t);
        int at = APR_ARRAY_IDX(lines, i, int);
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, at, kl_line_t);
        kl_part_t captured, open, most;

        kl_order_line_credit_limit(order, line, &most.quantity, &most.amount);
        rv = kl_plan_selection_check(pick, i, most, err);
        if (rv == KL_OK) {
            split_pick(line, pick, &captured, &open);
            rv = kl_plan_selection_add(&out->captured, at, captured, err);
        }
        if (rv == KL_OK) {
            rv = kl_plan_selection_add(&out->open, at, open, err);
        }
    }
    if (rv == KL_OK) {
        rv = check_side(&out->open, &out->captured, kl_order_open_amount(order), err);
    }
    return rv == KL_OK
               ? check_side(&out->captured, &out->open, kl_order_creditable_amount(order), err)
               : rv;
}

static kl_kind_t split(split_t *out, apr_pool_t *p, const kl_order_t *order,
                       const kl_selection_t *what, kl_error_t *err)
{
    out->open = kl_plan_selection_none(p);
    out->captured = kl_plan_selection_none(p);
    if (what->everything) {
        return split_everything(out, order, err);
    }
    if (what->has_amount) {
        return split_amount(out, order, what->amount, err);
    }
    return split_picks(out, p, order, what->picks, err);
}

/* Why a refund of lines cannot have a line for a fee at Klarna; NULL: it can. An amount has no
 * lines: what the shop keeps back of it is just not refunded. */
static const char *why_no_fee(const kl_order_t *order, const kl_movement_t *refund)
{
    const kl_country_t *country = kl_country_find(order->country);

    if (refund->amount == 0) {
        return "0, because nothing captured is refunded";
    }
    if (refund->lines->nelts == 0) {
        return NULL;
    }
    if (!country || !country->return_fee) {
        return "0: Klarna has no return fees in this country";
    }
    return order->captures->nelts == 1 && order->captured_amount == order->order_amount
               ? NULL
               : "0: Klarna has return fees only where everything was captured at once";
}

/* The shop keeps the fee: the lines go back as a whole, the shopper gets so much less. */
static kl_kind_t keep_fee(kl_movement_t *refund, const kl_order_t *order,
                          const kl_credit_request_t *want, kl_error_t *err)
{
    const char *got = apr_psprintf(err->pool, "%" APR_INT64_T_FMT, want->return_fee);
    const char *expected = want->return_fee ? why_no_fee(order, refund) : NULL;

    if (want->return_fee == 0) {
        return KL_OK;
    }
    if (expected) {
        kl_error_field(err, "return_fee", "return_fee", got, expected);
        kl_error_next(err, "Refund an amount without lines, less the fee.");
        return err->kind;
    }
    if (want->return_fee < 0 || want->return_fee >= refund->amount) {
        return kl_error_field(err, "return_fee", "return_fee", got,
                              apr_psprintf(err->pool,
                                           "less than the %" APR_INT64_T_FMT " that are refunded",
                                           refund->amount));
    }
    refund->return_fee = want->return_fee;
    refund->return_fee_tax_rate = want->return_fee_tax_rate;
    refund->amount -= want->return_fee;
    return KL_OK;
}

static kl_verb_t verb_for_open(const kl_order_t *order, apr_int64_t amount)
{
    if (amount < order->remaining_amount) {
        return KL_VERB_REDUCE;
    }
    return order->captured_amount == 0 ? KL_VERB_CANCEL : KL_VERB_RELEASE;
}

static void add_step(kl_credit_plan_t *plan, kl_verb_t verb, const kl_movement_t *moved)
{
    plan->step[plan->steps++] = (kl_credit_step_plan_t){verb, *moved};
    plan->amount += moved->amount;
}

static kl_kind_t check_room(apr_pool_t *p, const kl_order_t *order, const kl_credit_request_t *want,
                            const split_t *both, kl_error_t *err)
{
    static const kl_words_t full =
        {"record_full", "The order's record is full; no credit invoice can be added to it."};
    static const kl_words_t lines_full = {"too_many_lines",
                                          "The order has the maximum number of lines; name the "
                                          "lines to take off instead of an amount."};
    apr_size_t texts = strlen(want->reference) + strlen(want->comment);

    if (!kl_order_has_room(p, order,
                           ROOM_CREDIT + 2 * texts + (apr_size_t)order->lines->nelts * ROOM_LINE)) {
        return refuse(err, &full);
    }
    if (both->open.amount > 0 && both->open.lines->nelts == 0
        && verb_for_open(order, both->open.amount) == KL_VERB_REDUCE
        && order->lines->nelts >= KL_MAX_LINES) {
        return refuse(err, &lines_full);
    }
    return KL_OK;
}

kl_kind_t kl_plan_credit(kl_credit_plan_t *out, apr_pool_t *p, const kl_order_t *order,
                         const kl_credit_request_t *want, kl_error_t *err)
{
    const kl_words_t *why = kl_why_not_credit(order);
    split_t both;

    memset(out, 0, sizeof(*out));
    if (why != NULL) {
        return refuse(err, why);
    }
    if (split(&both, p, order, &want->what, err) != KL_OK
        || keep_fee(&both.captured, order, want, err) != KL_OK
        || check_room(p, order, want, &both, err) != KL_OK
        || kl_plan_selection_prove(order, &both.open, kl_plan_selection_open, err) != KL_OK
        || kl_plan_selection_prove(order, &both.captured, kl_plan_selection_creditable, err)
               != KL_OK) {
        return err->kind;
    }
    if (both.open.amount > 0) {
        add_step(out, verb_for_open(order, both.open.amount), &both.open);
    }
    if (both.captured.amount > 0) {
        add_step(out, KL_VERB_REFUND, &both.captured);
    }
    return KL_OK;
}

const kl_words_t *kl_plan_credit_sentence(const kl_credit_step_plan_t *step)
{
    static const kl_words_t sentences[] = {
        [KL_VERB_CANCEL] = {"cancel", "Klarna cancels the order; the shopper pays nothing."},
        [KL_VERB_REDUCE] =
            {"reduce",
             "Klarna takes this off what can still be captured; the shopper will not pay it."},
        [KL_VERB_RELEASE] =
            {"release", "Klarna releases everything not captured; the shopper will not pay it."},
        [KL_VERB_REFUND] = {"refund", "Klarna pays this back to the shopper."},
    };
    static const kl_words_t less_fee =
        {"refund_less_fee",
         "Klarna pays this back to the shopper; the return fee has already been deducted."};

    return step->moved.return_fee > 0 ? &less_fee : &sentences[step->verb];
}

apr_int64_t kl_plan_credit_max_fee(const kl_order_t *order, const kl_credit_plan_t *plan)
{
    for (int i = 0; i < plan->steps; i++) {
        const kl_credit_step_plan_t *step = &plan->step[i];

        if (step->verb == KL_VERB_REFUND && !why_no_fee(order, &step->moved)) {
            return step->moved.amount + step->moved.return_fee - 1;
        }
    }
    return 0;
}

const char *kl_plan_credit_verb_name(kl_verb_t verb)
{
    static const char *const names[] = {
        [KL_VERB_CANCEL] = "cancel",
        [KL_VERB_REDUCE] = "reduce",
        [KL_VERB_RELEASE] = "release",
        [KL_VERB_REFUND] = "refund",
    };

    return names[verb];
}
