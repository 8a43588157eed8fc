/* SPDX-License-Identifier: Apache-2.0 */
/* See story.h. */
#include "story.h"

#include "tests/unit/scenarios.h"

#include <apr_strings.h>

typedef struct story_t {
    world_t *world;
    test_random_t dice;
    const char *id;
    fake_order_t *there;
    int fails; /* 1: our calls may fail */
    const char *told;
} story_t;

static int64_t roll(story_t *story, int64_t low, int64_t high)
{
    return test_random_in(&story->dice, low, high);
}

static void tell(story_t *story, const char *what)
{
    story->told = apr_pstrcat(story->world->p, story->told, ", ", what, NULL);
}

/* --- others ------------------------------------------------------------------------------ */

static int is_open(const story_t *story)
{
    return strcmp(story->there->status, "AUTHORIZED") == 0
           || strcmp(story->there->status, "PART_CAPTURED") == 0;
}

/* Any lines that come to what was captured at least. */
static void they_write(story_t *story)
{
    static const char *const names[] = {"cup", "freight", "lamp", "mug"};
    apr_pool_t *p = story->world->p;
    const char *lines = "";
    apr_int64_t sum = 0, quantity, price;

    for (int i = 0; i < 4; i++) {
        if (roll(story, 0, 2)) {
            quantity = roll(story, 1, 3);
            price = roll(story, 0, 1) ? 5000 : roll(story, 1, 60) * 100;
            lines = apr_psprintf(p, "%s%s %d %d ", lines, names[i], (int)quantity, (int)price);
            sum += quantity * price;
        }
    }
    if (sum <= story->there->captured) {
        price = story->there->captured - sum + roll(story, 1, 3000);
        lines = apr_psprintf(p, "%spad 1 %d ", lines, (int)price);
    }
    fake_klarna_write(story->world->klarna, story->there->id, lines);
    tell(story, apr_psprintf(p, "they write %s", lines));
}

static void they_move(story_t *story, const char *what, apr_int64_t most)
{
    apr_int64_t amount = roll(story, 1, most);

    fake_klarna_outside(story->world->klarna, story->there->id, what, amount, "");
    tell(story, apr_psprintf(story->world->p, "they %s %d", what, (int)amount));
}

static void klarna_reopens(story_t *story)
{
    story->there->status = "AUTHORIZED";
    story->there->remaining = story->there->order_amount;
    tell(story, "Klarna reopens it");
}

static void others(story_t *story)
{
    fake_order_t *there = story->there;
    int what = (int)roll(story, 0, 9);

    if (what <= 4 && is_open(story)) {
        they_write(story);
    }
    else if (what <= 6 && is_open(story)) {
        they_move(story, "capture", there->remaining);
    }
    else if (what == 7 && there->captured > there->refunded) {
        they_move(story, "refund", there->captured - there->refunded);
    }
    else if (what == 8 && is_open(story) && there->remaining > 0) {
        they_move(story, there->captured ? "release" : "cancel", there->remaining);
    }
    else if (what == 9 && strcmp(there->status, "CANCELLED") == 0) {
        klarna_reopens(story);
    }
}

/* --- we ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    act_fn act;
} acts[] = {{"capture all", act_capture_all},
            {"capture a cup", act_capture_cup},
            {"credit a cup", act_credit_cup},
            {"credit 8000", act_credit_8000},
            {"credit less fee", act_credit_cup_less_fee},
            {"cancel", act_cancel},
            {"release", act_release},
            {"extend", act_extend}};

static void we(story_t *story)
{
    world_t *world = story->world;
    const int which = (int)roll(story, 0, sizeof(acts) / sizeof(acts[0]) - 1);
    const char *key = apr_psprintf(world->p, "step %d", (int)roll(story, 0, 1 << 30));
    kl_error_t *err = kl_error_make(world->p);
    kl_operation_t *op = NULL;
    kl_kind_t rv;

    if (story->fails && roll(story, 0, 1)) {
        fake_klarna_fault_t how = (fake_klarna_fault_t)roll(story, 0, FAKE_KLARNA_FAULTS - 1);

        /* One that is executed later than others write cannot be helped. */
        fake_klarna_arm(world->klarna, (int)roll(story, 1, 4),
                        how == FAKE_LOST_LATE ? FAKE_LOST_BEFORE : how);
        world->klarna->reads_lost_from = (int)roll(story, 0, 1) * world->klarna->fail_at;
    }
    rv = world_act(world_service(world, world->p), acts[which].act, story->id, key, &op, err);
    fake_klarna_arm(world->klarna, 0, FAKE_NOT_SENT);
    tell(story, apr_psprintf(world->p, "we %s: %s", acts[which].name,
                             rv == KL_OK ? kl_op_state_name(op->state) : err->code));
}

/* --- what must hold --------------------------------------------------------------------------- */

/* Each operation of ours moved what it was planned to move: no more was given up than was asked, a
 * reduction took off just that, and nothing of others was undone. */
static void check_moved_as_planned(const story_t *story)
{
    const world_t *world = story->world;
    const apr_array_header_t *all = world->klarna->movements;

    for (int i = 0; i < all->nelts; i++) {
        const fake_movement_t *moved = &APR_ARRAY_IDX(all, i, fake_movement_t);
        const kl_operation_t *op = fake_store_operation(world->store, moved->key);

        if (op && op->kind != KL_OP_EXTEND && op->amount != moved->amount) {
            fail_msg("%s: a %s of %" APR_INT64_T_FMT " moved %" APR_INT64_T_FMT, story->told,
                     moved->what, op->amount, moved->amount);
        }
    }
    if (world->klarna->undone) {
        fail_msg("%s: a reduction raised the order, or undid what others did", story->told);
    }
}

/* Only a person can tell what became of it: it is shown, and was sent no more. */
static int waits_for_a_person(const story_t *story)
{
    const kl_operation_t *op =
        fake_store_operation(story->world->store, world_order(story->world, story->id)->pending_op);

    return story->fails && op && op->state == KL_OP_UNKNOWN && op->doubtful;
}

static void check_end(story_t *story)
{
    check_moved_as_planned(story);
    world_check_moved_once(story->world, story->told);
    if (!world_drain(story->world) || world_order(story->world, story->id)->pending_op[0]) {
        if (!waits_for_a_person(story)) {
            fail_msg("%s: it does not come to an end", story->told);
        }
        return;
    }
    world_look(story->world, story->id, 0);
    world_check(story->world, story->id, story->told);
    check_moved_as_planned(story);
    if (world_order(story->world, story->id)->attention == KL_ATTENTION_DIFFERS) {
        fail_msg("%s: the books differ", story->told);
    }
}

void story_run(apr_pool_t *p, uint64_t seed)
{
    story_t story = {.dice = {seed}, .told = "placed"};

    story.world = world_make(p);
    story.id = world_placed(story.world);
    story.there = world_klarna_order(story.world, story.id);
    story.fails = (int)roll(&story, 0, 1);
    fake_random_seed(test_random(&story.dice));
    for (int64_t steps = roll(&story, 2, 8); steps > 0; steps--) {
        others(&story);
        fake_clock_advance(apr_time_from_sec(roll(&story, 0, 90)));
        if (roll(&story, 0, 3) == 0) {
            world_round(story.world, story.world->p);
        }
        we(&story);
    }
    check_end(&story);
}
