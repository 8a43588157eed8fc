/* SPDX-License-Identifier: Apache-2.0 */
/* See plan_credit.h. */
#include "core/plan_credit.h"
#include <apr_strings.h>
#include <string.h>

#include "core/country.h"
#include "core/limits.h"
#include "core/line.h"
#include "core/money.h"
#include "core/plan_lines.h"
#include "core/plan_selection.h"
#include "core/plan_shares.h"
#include "core/why_not.h"

/* Bytes a credit invoice may add to the ledger beside its texts: ids, two steps, a
 * reduction line; and its parts of every line with their growing counters. */
#define ROOM_CREDIT 3072
#define ROOM_LINE 192
#define ROOM_ADDED 512 /* a line that is added */

/* One side of a credit: what it moves, and what is left for it of a line and of money. */
typedef struct side_t {
    kl_movement_t moved;
    kl_part_t (*left)(const kl_line_t *line);
    apr_int64_t most;
    const kl_part_t *bears; /* of each line, with its share of what belongs to the whole order */
} side_t;

/* What a credit comes from. */
typedef struct split_t {
    side_t captured; /* goes back to the shopper, before any fee */
    side_t open;     /* not captured: comes off the authorization */
    int loose;       /* 1: some was captured by amount, so that any line may be captured */
} split_t;

/* What may be captured of a line. */
static kl_part_t returnable(const kl_line_t *line)
{
    kl_part_t back = kl_plan_selection_creditable(line), rest = kl_plan_selection_open(line);

    return (kl_part_t){back.quantity + rest.quantity, back.amount + rest.amount};
}

static side_t make_side(apr_pool_t *p, const kl_order_t *order,
                        kl_part_t (*left)(const kl_line_t *line), apr_int64_t most)
{
    return (side_t){kl_plan_selection_none(p), left, most,
                    kl_plan_shares_most(p, order, left, most)};
}

/* Captured by amount and not paid back, as far as no line accounts for it. */
static apr_int64_t loose_money(const kl_order_t *order)
{
    apr_int64_t money = kl_order_creditable_amount(order);

    for (int i = 0; i < order->lines->nelts; i++) {
        money -= kl_line_creditable_amount(&APR_ARRAY_IDX(order->lines, i, kl_line_t));
    }
    return money > 0 ? money : 0;
}

/* Money that was captured by amount is taken first, unless what waits is to be released. */
static void make_split(split_t *out, apr_pool_t *p, const kl_order_t *order, int release)
{
    int waits = kl_order_open_amount(order) > 0;

    out->loose = kl_order_captured_loose(order) > 0 && !(release && waits);
    out->captured = make_side(p, order, out->loose ? returnable : kl_plan_selection_creditable,
                              kl_order_creditable_amount(order));
    out->open = make_side(p, order, kl_plan_selection_open, kl_order_open_amount(order));
}

/* Adds all parts of all lines when they come to exactly amount, else the amount alone. */
static kl_kind_t add_all(side_t *side, const kl_order_t *order, kl_error_t *err)
{
    kl_movement_t *out = &side->moved;

    for (int i = 0; side->most > 0 && i < order->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);

        if (kl_plan_selection_add(out, i, side->left(line), err) != KL_OK) {
            return err->kind;
        }
    }
    if (out->amount != side->most) {
        apr_array_clear(out->lines);
        out->amount = side->most;
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

    if (out->open.most + out->captured.most <= 0) {
        return refuse(err, &only_fees);
    }
    return add_all(&out->open, order, err) == KL_OK ? add_all(&out->captured, order, err)
                                                    : err->kind;
}

static void name_it(kl_movement_t *m, const kl_credit_request_t *want)
{
    m->name = want->name;
    m->taxed = want->taxed;
    m->tax_rate = want->tax_rate;
}

/* Captured money first, then the open rest, and a fee that was kept comes back last. What waits to
 * be shipped stays, unless nothing was captured or the caller wants it released. */
static kl_kind_t split_amount(split_t *out, const kl_order_t *order,
                              const kl_credit_request_t *want, kl_error_t *err)
{
    int takes_open = want->release || order->captured_amount == 0;
    apr_int64_t amount = want->what.amount;
    apr_int64_t most = kl_order_credit_limit(order) - (takes_open ? 0 : out->open.most);
    apr_int64_t rest;

    if (kl_plan_selection_check_sum(amount, most, "amount", err) != KL_OK) {
        if (!takes_open && out->open.most > 0) {
            kl_error_next(err, "What waits to be shipped is not released by that. To take it off "
                               "as well, say \"release\": true.");
        }
        return err->kind;
    }
    out->captured.moved.amount = kl_plan_selection_nearer(amount, out->captured.most);
    rest = amount - out->captured.moved.amount;
    out->open.moved.amount = takes_open ? kl_plan_selection_nearer(rest, out->open.most) : 0;
    out->captured.moved.amount += rest - out->open.moved.amount;
    name_it(&out->open.moved, want);
    name_it(&out->captured.moved, want);
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
static void split_pick(const split_t *both, const kl_line_t *line, const kl_pick_t *pick, int at,
                       kl_part_t part[2])
{
    kl_part_t back = kl_plan_selection_creditable(line), rest = kl_plan_selection_open(line);
    apr_int64_t whole = pick_worth(line, pick, back, rest);

    part[0].quantity = kl_plan_selection_nearer(pick->quantity, back.quantity);
    part[1].quantity = pick->quantity - part[0].quantity;
    part[0].amount = pick->has_amount ? both->captured.bears[at].amount
                                      : kl_plan_selection_worth(line, part[0].quantity, back);
    part[0].amount = kl_plan_selection_nearer(whole, part[0].amount);
    part[1].amount = kl_plan_selection_nearer(whole - part[0].amount, rest.amount);
    part[0].amount = whole - part[1].amount;
}

/* The picks of a request: of which order, and of which of its lines. */
typedef struct picks_t {
    const kl_order_t *order;
    const apr_array_header_t *picks; /* of kl_pick_t */
    apr_array_header_t *lines;       /* of int */
} picks_t;

static const kl_pick_t *pick_at(const picks_t *in, int i)
{
    return &APR_ARRAY_IDX(in->picks, i, kl_pick_t);
}

static const kl_line_t *line_of(const picks_t *in, int i)
{
    return &APR_ARRAY_IDX(in->order->lines, APR_ARRAY_IDX(in->lines, i, int), kl_line_t);
}

static kl_kind_t add_pick(split_t *out, const picks_t *in, int i, kl_error_t *err)
{
    int at = APR_ARRAY_IDX(in->lines, i, int);
    const kl_line_t *line = line_of(in, i);
    int any = out->loose || out->open.most > 0;
    kl_part_t part[2];

    if (kl_plan_selection_check(pick_at(in, i), i,
                                any ? returnable(line) : kl_plan_selection_creditable(line), err)
        != KL_OK) {
        return err->kind;
    }
    split_pick(out, line, pick_at(in, i), at, part);
    if (out->loose) {
        part[0].quantity += part[1].quantity;
        part[0].amount += part[1].amount;
        part[1] = (kl_part_t){0, 0};
    }
    return kl_plan_selection_add(&out->captured.moved, at, part[0], err) == KL_OK
               ? kl_plan_selection_add(&out->open.moved, at, part[1], err)
               : err->kind;
}

/* What was said of a line that belongs to the whole order goes with the goods: where they all come
 * from one side, it does too. */
static kl_kind_t add_said(split_t *out, const picks_t *in, int i, kl_error_t *err)
{
    int back = out->captured.moved.lines->nelts > 0, open = out->open.moved.lines->nelts > 0;
    side_t *side = back ? &out->captured : &out->open;
    kl_pick_t pick = *pick_at(in, i);
    kl_part_t left = side->left(line_of(in, i));

    if (back == open) {
        return add_pick(out, in, i, err);
    }
    if (left.amount != 0 && (!pick.has_amount || pick.amount == left.amount)) {
        pick = (kl_pick_t){pick.reference, left.quantity, 1, left.amount};
    }
    if (kl_plan_selection_check(&pick, i, left, err) != KL_OK) {
        return err->kind;
    }
    return kl_plan_selection_add(&side->moved, APR_ARRAY_IDX(in->lines, i, int),
                                 (kl_part_t){pick.quantity, pick.amount}, err);
}

/* The goods first: what belongs to all of them goes where they go. */
static kl_kind_t add_picks(split_t *out, const picks_t *in, kl_error_t *err)
{
    for (int shared = 0; shared <= 1; shared++) {
        for (int i = 0; err->kind == KL_OK && i < in->picks->nelts; i++) {
            if (kl_plan_shares_has(line_of(in, i)) != shared
                || kl_plan_shares_declined(line_of(in, i), pick_at(in, i))) {
                continue;
            }
            (void)(shared ? add_said(out, in, i, err) : add_pick(out, in, i, err));
        }
    }
    return err->kind;
}

static kl_kind_t check_side(const kl_order_t *order, const side_t *side, const side_t *other,
                            kl_error_t *err)
{
    if (side->moved.lines->nelts == 0 && other->moved.lines->nelts > 0) {
        return KL_OK;
    }
    if (kl_plan_selection_check_sum(side->moved.amount, side->most, "lines", err) != KL_OK) {
        kl_plan_shares_name(err, order, &side->moved, side->left);
        if (other->moved.lines->nelts > 0) {
            kl_error_next(err, "These lines are only partly captured: credit the captured and the "
                               "uncaptured part in two requests.");
        }
    }
    return err->kind;
}

/* What the lines of a refund prove to be captured, of what was captured by amount. */
static apr_int64_t proved_by(const kl_order_t *order, const kl_movement_t *m)
{
    apr_int64_t sum = 0;

    for (int i = 0; i < m->lines->nelts; i++) {
        const kl_movement_line_t *part = &APR_ARRAY_IDX(m->lines, i, kl_movement_line_t);
        apr_int64_t known = kl_line_creditable_amount(
            &APR_ARRAY_IDX(order->lines, part->line, kl_line_t));

        sum += kl_money_within(part->amount, known) ? 0 : part->amount - known;
    }
    return sum;
}

static kl_kind_t check_loose(const kl_order_t *order, const kl_movement_t *m, kl_error_t *err)
{
    static const kl_words_t by_amount = {
        "captured_by_amount",
        "Captured by amount: credit by amount. What was captured so and not paid back yet does not "
        "cover these lines, and what waits to be shipped is released only with \"release\": true."};

    return proved_by(order, m) > loose_money(order) ? refuse(err, &by_amount) : KL_OK;
}

static kl_kind_t prove(const kl_order_t *order, const split_t *both, kl_error_t *err)
{
    const side_t *back = &both->captured, *open = &both->open;

    return kl_plan_selection_prove(order, &back->moved, back->left, err) == KL_OK
               ? kl_plan_selection_prove(order, &open->moved, open->left, err)
               : err->kind;
}

static kl_kind_t split_picks(split_t *out, apr_pool_t *p, const kl_order_t *order,
                             const apr_array_header_t *picks, kl_error_t *err)
{
    picks_t in = {.order = order, .picks = picks};

    if (kl_plan_selection_lines(&in.lines, p, order, picks, err) != KL_OK
        || add_picks(out, &in, err) != KL_OK
        || kl_plan_shares_add(&out->captured.moved, order, out->captured.left, in.lines, err)
               != KL_OK
        || kl_plan_shares_add(&out->open.moved, order, out->open.left, in.lines, err) != KL_OK
        || check_loose(order, &out->captured.moved, err) != KL_OK
        || check_side(order, &out->open, &out->captured, err) != KL_OK) {
        return err->kind;
    }
    return check_side(order, &out->captured, &out->open, err);
}

static kl_kind_t split(split_t *out, apr_pool_t *p, const kl_order_t *order,
                       const kl_credit_request_t *want, kl_error_t *err)
{
    const kl_selection_t *what = &want->what;

    make_split(out, p, order, want->release);
    if ((what->picks        ? split_picks(out, p, order, what->picks, err)
         : what->everything ? split_everything(out, order, err)
                            : split_amount(out, order, want, err))
        != KL_OK) {
        return err->kind;
    }
    return prove(order, out, err);
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

/* Bytes of the lines that a reduction by an amount adds. */
static apr_size_t room_added(apr_pool_t *p, const kl_order_t *order, const kl_movement_t *open)
{
    apr_size_t name = open->name ? strlen(open->name) : 0;

    return open->amount > 0 && open->lines->nelts == 0
               ? (apr_size_t)kl_plan_lines_reduction(p, order, open)->nelts
                     * (ROOM_ADDED + 2 * name)
               : 0;
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
                           ROOM_CREDIT + 2 * texts + room_added(p, order, &both->open.moved)
                               + (apr_size_t)order->lines->nelts * ROOM_LINE)) {
        return refuse(err, &full);
    }
    if (both->open.moved.amount > 0 && both->open.moved.lines->nelts == 0
        && verb_for_open(order, both->open.moved.amount) == KL_VERB_REDUCE
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
    if (split(&both, p, order, want, err) != KL_OK
        || keep_fee(&both.captured.moved, order, want, err) != KL_OK
        || check_room(p, order, want, &both, err) != KL_OK) {
        return err->kind;
    }
    if (both.open.moved.amount > 0) {
        add_step(out, verb_for_open(order, both.open.moved.amount), &both.open.moved);
    }
    if (both.captured.moved.amount > 0) {
        add_step(out, KL_VERB_REFUND, &both.captured.moved);
    }
    return KL_OK;
}

/* Of a line that may be captured by amount: no more than what was captured so pays for, after the
 * tax that may come with it. */
static kl_part_t loose_limit(const kl_order_t *order, int i, kl_part_t most)
{
    const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);
    kl_part_t back = kl_plan_selection_creditable(line);
    apr_int64_t money = loose_money(order);

    for (int j = 0; j < order->lines->nelts; j++) {
        const kl_line_t *other = &APR_ARRAY_IDX(order->lines, j, kl_line_t);
        apr_int64_t open = kl_plan_shares_has(other) ? kl_line_open_amount(other) : 0;

        money -= open > 0 ? open : 0;
    }
    money = back.amount + (money > 0 ? money : 0);
    most.amount = most.amount > money ? money : most.amount;
    return kl_plan_shares_pieces(line, returnable(line), most,
                                 kl_plan_selection_nearer(money,
                                                          kl_order_creditable_amount(order)));
}

kl_part_t *kl_plan_credit_limits(apr_pool_t *p, const kl_order_t *order)
{
    kl_part_t *most = apr_pcalloc(p, ((apr_size_t)order->lines->nelts + 1) * sizeof(*most));
    split_t both;

    make_split(&both, p, order, 0);
    for (int i = 0; i < order->lines->nelts; i++) {
        kl_part_t back = both.captured.bears[i], open = both.open.bears[i];

        most[i] = both.loose
                      ? loose_limit(order, i, back)
                      : (kl_part_t){back.quantity + open.quantity, back.amount + open.amount};
    }
    return most;
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
