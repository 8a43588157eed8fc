/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A till that dies, loses Klarna's answers or its database at every step of a payment in a store,
 * and a customer who pays whenever they can: they are charged once or not at all, the till learns
 * which, what goes back went in, and nobody gets a message that nobody asked for.
 */
#include "tests/unit/fake_instore.h"
#include "tests/unit/service_checks.h"

#include <apr_strings.h>
#include "core/instore.h"
#include "service/adopt.h"
#include "service/callbacks.h"
#include "service/instore.h"
#include "service/instore_send.h"
#include "service/look.h"

#define MAX_STEPS 120
#define TRIES 8 /* how often a till asks again; a lease is over before each */
#define AMOUNT CART_AMOUNT
#define PART 4000

/* --- the store -------------------------------------------------------------------------------- */

typedef enum { PAGE, PAGE_PLACES, QR, SHORT_CODE, WAYS } way_t;

static const char *const way_names[WAYS] = {"page", "page that places", "qr", "short code"};

typedef struct desk_t {
    world_t *world;
    fake_instore_t *klarna;
    way_t way;
    const char *id;    /* of the payment, once the till knows it */
    int asked_to_send; /* how many messages the till asked for */
} desk_t;

static kl_department_t department;
static const kl_department_t *const departments[] = {&department};

static kl_service_t *service(world_t *world)
{
    kl_service_t *svc = world_service(world, world->p);

    svc->departments = departments;
    svc->departments_n = 1;
    return svc;
}

static desk_t desk_for(void **state, way_t way)
{
    world_t *world = world_for(state);

    department = (kl_department_t){.name = "clinic",
                                   .store = "shop",
                                   .account = "shop",
                                   .on = 1,
                                   .way = way == QR || way == SHORT_CODE ? KL_WAY_QR
                                                                         : KL_WAY_HOSTED_PAGE,
                                   .places_only = way == PAGE_PLACES,
                                   .refunds = 1,
                                   .sends_sms = 1,
                                   .sends_email = 1,
                                   .profile_id = "",
                                   .store_id = "",
                                   .street = "",
                                   .postal_code = "",
                                   .city = "",
                                   .country = ""};
    return (desk_t){.world = world, .klarna = fake_instore_make(world->klarna), .way = way};
}

static kl_order_t *row(const desk_t *desk)
{
    const apr_array_header_t *all = desk->world->store->payments;

    if (!desk->id) {
        return all->nelts ? world_order(desk->world, APR_ARRAY_IDX(all, 0, kl_order_t *)->id)
                          : NULL;
    }
    return world_order(desk->world, desk->id);
}

/* --- what a till does. Each can be done again, with the same key. ------------------------------
 */

static kl_kind_t begins(desk_t *desk)
{
    kl_client_t client = world_starter(desk->world->p, "begin");
    kl_instore_ask_t ask = {.department = &department,
                            .cart = world_cart(desk->world->p),
                            .till = "till 1",
                            .terminal = "",
                            .cashier = "clerk",
                            .invoice = {.number = ""},
                            .replaces = "",
                            .phone = "+46701740605",
                            .email = "",
                            .short_code = desk->way == SHORT_CODE ? "4711" : "",
                            .client = &client};
    kl_error_t *err = kl_error_make(desk->world->p);
    kl_order_t *order = NULL;
    kl_kind_t rv = kl_instore_begin(service(desk->world), &ask, &order, err);

    if (rv == KL_OK) {
        desk->id = order->id;
    }
    return rv;
}

static kl_kind_t looks(desk_t *desk)
{
    kl_service_t *svc = service(desk->world);
    kl_error_t *err = kl_error_make(desk->world->p);
    kl_order_t *order = NULL;
    const char *note;
    kl_kind_t rv = kl_instore_load(svc, row(desk)->id, &order, err);

    return rv == KL_OK ? kl_look_at(svc, order, &note, err) : rv;
}

static kl_kind_t sends(desk_t *desk)
{
    kl_client_t client = world_client("send");
    kl_send_request_t want = {"sms", "+46701740605", "0701740605", "SE"};
    kl_ask_t ask = {.order_id = desk->id, .client = &client, .send = &want};
    kl_acted_t acted;

    return kl_act(service(desk->world), &kl_instore_send_action, &ask, &acted,
                  kl_error_make(desk->world->p));
}

static kl_kind_t aborts(desk_t *desk)
{
    kl_error_t *err = kl_error_make(desk->world->p);
    kl_order_t *order = NULL;
    kl_kind_t rv = kl_instore_abort(service(desk->world), desk->id, "cashier", &order, err);

    return rv == KL_CONFLICT && strcmp(err->code, "paid") == 0 ? KL_OK : rv;
}

static kl_kind_t gives_back(desk_t *desk)
{
    kl_order_t *order = NULL;

    return kl_instore_give_back(service(desk->world), desk->id, NULL, &order,
                                kl_error_make(desk->world->p));
}

static kl_kind_t verifies(desk_t *desk)
{
    kl_order_t *order = NULL;

    return kl_instore_verify(service(desk->world), desk->id, &order, kl_error_make(desk->world->p));
}

static kl_kind_t refunds(desk_t *desk)
{
    kl_client_t client = world_client("refund");
    kl_credit_request_t want = {.what = {.has_amount = 1, .amount = PART},
                                .reference = "",
                                .comment = "",
                                .name = ""};
    kl_ask_t ask = {.order_id = desk->id, .client = &client, .credit = &want};
    kl_acted_t acted;

    return kl_act(service(desk->world), &kl_credit_invoice_action, &ask, &acted,
                  kl_error_make(desk->world->p));
}

/* The customer pays if the link stands somewhere where they could see it. */
static int pays(desk_t *desk)
{
    kl_order_t *order = row(desk);
    int paid = 0;

    for (int i = 0; i < desk->klarna->sales->nelts; i++) {
        fake_sale_t *sale = fake_instore_sale(desk->klarna, i);

        if (sale->shown || (order && sale->link && strcmp(order->instore->link, sale->link) == 0)) {
            paid += fake_instore_pay(desk->klarna, sale);
        }
    }
    return paid;
}

static int waits(const desk_t *desk)
{
    const kl_order_t *order = row(desk);

    return order && !kl_instore_is_final(order->instore->state)
           && order->attention != KL_ATTENTION_ORPHAN;
}

/* --- stories ---------------------------------------------------------------------------------- */

static kl_kind_t paid(desk_t *desk)
{
    kl_kind_t rv = begins(desk);

    if (rv == KL_OK && !kl_instore_is_final(row(desk)->instore->state)) {
        pays(desk);
        rv = looks(desk);
    }
    return rv;
}

static kl_kind_t sent(desk_t *desk)
{
    kl_kind_t rv = begins(desk);

    if (rv == KL_OK && row(desk)->instore->start == KL_START_MADE && waits(desk)) {
        rv = sends(desk);
    }
    return rv == KL_OK ? paid(desk) : rv;
}

static kl_kind_t aborted(desk_t *desk)
{
    kl_kind_t rv = begins(desk);

    return rv == KL_OK ? aborts(desk) : rv;
}

static kl_kind_t aborted_too_late(desk_t *desk)
{
    kl_kind_t rv = begins(desk);

    if (rv == KL_OK) {
        pays(desk);
        rv = aborts(desk);
    }
    return rv;
}

static int is_paid(const desk_t *desk)
{
    return desk->id && row(desk)->instore->state == KL_INSTORE_COMPLETED;
}

static kl_kind_t given_back(desk_t *desk)
{
    kl_kind_t rv = paid(desk);

    return rv == KL_OK && is_paid(desk) ? gives_back(desk) : rv;
}

static kl_kind_t verified(desk_t *desk)
{
    kl_kind_t rv = paid(desk);

    return rv == KL_OK && is_paid(desk) ? verifies(desk) : rv;
}

static kl_kind_t refunded(desk_t *desk)
{
    kl_kind_t rv = verified(desk);

    return rv == KL_OK && is_paid(desk) && row(desk)->instore->verified_at ? refunds(desk) : rv;
}

typedef struct story_t {
    const char *name;
    kl_kind_t (*tell)(desk_t *desk);
    int sends;                /* how many messages it asks for */
    kl_instore_state_t state; /* when nothing goes wrong */
    /* How it ends when it is paid. */
    apr_int64_t refunded; /* -1: all of it */
    int is_verified;
} story_t;

static const story_t stories[] = {
    {"paid", paid, 0, KL_INSTORE_COMPLETED, 0, 0},
    {"sent", sent, 1, KL_INSTORE_COMPLETED, 0, 0},
    {"aborted", aborted, 0, KL_INSTORE_CANCELLED, 0, 0},
    {"aborted too late", aborted_too_late, 0, KL_INSTORE_COMPLETED, 0, 0},
    {"given back", given_back, 0, KL_INSTORE_COMPLETED, -1, 0},
    {"verified", verified, 0, KL_INSTORE_COMPLETED, 0, 1},
    {"refunded", refunded, 0, KL_INSTORE_COMPLETED, PART, 1},
};
#define STORIES (sizeof(stories) / sizeof(stories[0]))

static int fits(const story_t *story, way_t way)
{
    return !story->sends || way == PAGE || way == PAGE_PLACES;
}

/* --- what must hold in the end ------------------------------------------------------------------
 */

/* The worker alone, while time goes on, until nothing waits, and once more. */
static void time_passes(const desk_t *desk)
{
    for (int i = 0, more = 1; i < 40 && more; i++) {
        apr_pool_t *p;

        more = waits(desk);
        fake_clock_advance(apr_time_from_sec(i < 6 ? 61 : 3 * 3600));
        apr_pool_create(&p, desk->world->p);
        world_round(desk->world, p);
        apr_pool_destroy(p);
    }
    assert_true(world_drain(desk->world));
}

static void judge_refunds(const desk_t *desk, const kl_order_t *order, const char *where)
{
    const fake_order_t *theirs = fake_klarna_order(desk->world->klarna, order->klarna_order_id);

    if (!theirs) {
        fail_msg("%s: the till was told of an order that Klarna does not have", where);
    }
    if (order->refunded_amount != theirs->refunded || order->captured_amount != theirs->captured) {
        fail_msg("%s: captured %d, refunded %d here, %d and %d at Klarna", where,
                 (int)order->captured_amount, (int)order->refunded_amount, (int)theirs->captured,
                 (int)theirs->refunded);
    }
    world_check(desk->world, order->id, where);
}

/* 1: only of a start with a short code whose answer was lost, a person must look for its order. */
static int is_for_a_person(const desk_t *desk, const kl_order_t *order)
{
    return desk->way == SHORT_CODE && order->attention == KL_ATTENTION_ORPHAN;
}

static void judge(const desk_t *desk, const char *where)
{
    const kl_order_t *order = row(desk);
    int paid_n = fake_instore_paid(desk->klarna);

    if (paid_n > 1) {
        fail_msg("%s: the customer was charged %d times", where, paid_n);
    }
    if (fake_instore_messages(desk->klarna) > desk->asked_to_send) {
        fail_msg("%s: %d messages, %d asked for", where, fake_instore_messages(desk->klarna),
                 desk->asked_to_send);
    }
    if (!order) {
        assert_int_equal(paid_n, 0);
        return;
    }
    if (is_for_a_person(desk, order)) {
        assert_true(order->instore->start == KL_START_UNKNOWN);
        return;
    }
    if (!kl_instore_is_final(order->instore->state)) {
        fail_msg("%s: the till still waits: %s, start %d", where,
                 kl_instore_state_name(order->instore->state), order->instore->start);
    }
    if ((order->instore->state == KL_INSTORE_COMPLETED) != (paid_n == 1)) {
        fail_msg("%s: %s, but %d at Klarna", where, kl_instore_state_name(order->instore->state),
                 paid_n);
    }
    if (paid_n) {
        judge_refunds(desk, order, where);
    }
}

/* What was asked for of one that was paid was done, once. */
static void judge_story(const desk_t *desk, const story_t *story, const char *where)
{
    const kl_order_t *order = row(desk);
    apr_int64_t back = story->refunded < 0 ? AMOUNT : story->refunded;

    if (!order || is_for_a_person(desk, order) || order->instore->state != KL_INSTORE_COMPLETED) {
        return;
    }
    if (back == AMOUNT && order->captured_amount == 0) { /* it was given back before it was taken */
        assert_string_equal(world_klarna_order(desk->world, order->id)->status, "CANCELLED");
        back = 0;
    }
    if (order->refunded_amount != back) {
        fail_msg("%s: %d went back, not %d: %s", where, (int)order->refunded_amount, (int)back,
                 world_ledgers(desk->world, desk->world->p, order->id));
    }
    if ((order->instore->verified_at != 0) != story->is_verified) {
        fail_msg("%s: verified: %d", where, order->instore->verified_at != 0);
    }
}

/* --- one run --------------------------------------------------------------------------------- */

/* Who finishes it: the till alone, with no worker anywhere, or a worker whom no till helps. */
typedef enum { TILL, WORKER, FINISHERS } finisher_t;

typedef struct run_t {
    const story_t *story;
    way_t way;
    finisher_t finisher;
    world_arm_fn arm;
    int n, kind;
} run_t;

/* 1 when it happened. */
static int strikes(desk_t *desk, const run_t *run)
{
    world_t *world = desk->world;
    volatile int died = 0;

    fake_process_calm(&world->process);
    run->arm(world, run->n, run->kind);
    if (setjmp(world->process.death) == 0) {
        kl_kind_t rv = run->story->tell(desk);

        died = (world->klarna->fail_at && world->klarna->calls >= run->n)
               || (world->store->fail_at && world->store->calls >= run->n);
        assert_true(died || rv == KL_OK);
    }
    else {
        died = 1;
    }
    fake_process_calm(&world->process);
    world_arm_klarna(world, 0, 0);
    world_arm_store(world, 0, 0);
    return died;
}

static void asks_again(desk_t *desk, const story_t *story)
{
    for (int i = 0, more = 1; i < TRIES && more; i++) {
        fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
        fake_klarna_catch_up(desk->world->klarna);
        more = story->tell(desk) != KL_OK || waits(desk);
    }
}

/* Gives 0 when nothing happened any more. */
static int survives(void **state, const run_t *run)
{
    desk_t desk = desk_for(state, run->way);
    const char *where = apr_psprintf(desk.world->p, "%s, %s, step %d, kind %d, %s",
                                     run->story->name, way_names[run->way], run->n, run->kind,
                                     run->finisher == TILL ? "till" : "worker");
    int struck;

    desk.asked_to_send = run->story->sends;
    struck = strikes(&desk, run);
    if (struck && run->finisher == TILL) {
        asks_again(&desk, run->story);
        if (waits(&desk) && row(&desk)->instore->start == KL_START_MADE) {
            fail_msg("%s: without a worker the till waits for ever", where);
        }
    }
    else if (struck) {
        time_passes(&desk);
        judge(&desk, where);
        asks_again(&desk, run->story);
    }
    judge_story(&desk, run->story, where);
    assert_true(struck || row(&desk)->instore->state == run->story->state);
    time_passes(&desk);
    judge(&desk, where);
    return struck;
}

static void check_story(void **state, const run_t *first)
{
    run_t run = *first;
    int goes_on = 1;

    for (run.n = 1; goes_on; run.n++) {
        apr_pool_t *p;
        void *inner;

        apr_pool_create(&p, *state);
        inner = p;
        run.finisher = (finisher_t)((run.n + run.kind) % FINISHERS);
        goes_on = survives(&inner, &run);
        apr_pool_destroy(p);
        assert_true(run.n < MAX_STEPS);
    }
    assert_true(run.n > 3);
}

static void check_every_step(void **state, world_arm_fn arm, int kinds)
{
    for (size_t s = 0; s < STORIES; s++) {
        for (int i = 0; i < WAYS * kinds; i++) {
            run_t run = {.story = &stories[s],
                         .way = (way_t)(i / kinds),
                         .kind = i % kinds,
                         .arm = arm};

            if (fits(run.story, run.way)) {
                check_story(state, &run);
            }
        }
    }
}

static void a_till_dies_at_every_step(void **state)
{
    check_every_step(state, world_arm_death, 2);
}

static void every_exchange_fails(void **state)
{
    check_every_step(state, world_arm_klarna, FAKE_KLARNA_FAULTS);
}

static void every_store_call_fails(void **state)
{
    check_every_step(state, world_arm_store, FAKE_STORE_FAULTS);
}

/* --- somebody else at the same time ------------------------------------------------------------
 */

/* Who comes before step `at` of what the till does. */
typedef struct other_t {
    desk_t *desk;
    void (*comes)(desk_t *desk);
    int at, came;
} other_t;

static void come(void *baton)
{
    other_t *other = baton;

    if (other->desk->world->process.steps == other->at) {
        other->came = 1;
        other->comes(other->desk);
    }
}

static void customer(desk_t *desk)
{
    pays(desk);
}

/* Another till's wishes; what it knows is what stands in the store. */
static void other_till(desk_t *desk, kl_kind_t (*wish)(desk_t *desk))
{
    desk_t other = *desk;

    if (row(desk)) {
        other.id = row(desk)->id;
        (void)wish(&other);
    }
}

static void other_begins(desk_t *desk)
{
    desk_t other = *desk;

    (void)begins(&other);
}

static void other_aborts(desk_t *desk)
{
    other_till(desk, aborts);
}

static void other_verifies(desk_t *desk)
{
    other_till(desk, verifies);
}

static void other_gives_back(desk_t *desk)
{
    other_till(desk, gives_back);
}

static void other_sends(desk_t *desk)
{
    if (row(desk) && row(desk)->instore->start == KL_START_MADE) {
        other_till(desk, sends);
    }
}

static void other_looks(desk_t *desk)
{
    other_till(desk, looks);
}

static void worker(desk_t *desk)
{
    world_round(desk->world, desk->world->p);
}

/* Klarna calls, as soon as the customer has paid. */
static void klarna_calls(desk_t *desk)
{
    kl_service_t *svc = service(desk->world);
    kl_error_t *err = kl_error_make(desk->world->p);
    kl_order_t *order = NULL;
    const char *id = "";

    pays(desk);
    for (int i = 0; i < desk->klarna->sales->nelts; i++) {
        if (fake_instore_sale(desk->klarna, i)->order_id[0]) {
            id = fake_instore_sale(desk->klarna, i)->order_id;
        }
    }
    if (row(desk) && kl_service_order(svc, row(desk)->id, &order, err) == KL_OK) {
        (void)kl_callbacks_change(svc, order, id, err);
    }
}

static const struct {
    const char *name;
    void (*comes)(desk_t *desk);
} others[] = {
    {"the customer pays", customer},          {"another till begins", other_begins},
    {"another till aborts", other_aborts},    {"another till verifies", other_verifies},
    {"another gives back", other_gives_back}, {"another till sends", other_sends},
    {"another till looks", other_looks},      {"the worker", worker},
    {"Klarna calls", klarna_calls},
};
#define OTHERS (sizeof(others) / sizeof(others[0]))

/* Whoever verifies, nothing went back before; whoever gives it back, nothing was verified. */
static void judge_contest(const desk_t *desk, const char *where)
{
    const kl_order_t *order = row(desk);

    if (order && order->instore->verified_at && order->instore->abort_by[0]) {
        fail_msg("%s: it was verified and given back", where);
    }
}

/* Gives 0 when the till was at its end before step n. */
static int both_come(void **state, const story_t *story, way_t way, size_t who, int n)
{
    desk_t desk = desk_for(state, way);
    world_t *world = desk.world;
    other_t other = {&desk, others[who].comes, n, 0};
    const char *where = apr_psprintf(world->p, "%s, %s, %s before step %d", story->name,
                                     way_names[way], others[who].name, n);

    desk.asked_to_send = 1; /* both with the same key */
    fake_process_calm(&world->process);
    world->process.baton = &other;
    world->process.hook = come;
    (void)story->tell(&desk);
    fake_process_calm(&world->process);
    time_passes(&desk);
    judge(&desk, where);
    judge_contest(&desk, where);
    return other.came;
}

static void somebody_else_comes_at_every_step(void **state)
{
    static const way_t ways[] = {PAGE_PLACES, QR, SHORT_CODE};

    for (size_t i = 0; i < STORIES * OTHERS * 3; i++) {
        const story_t *story = &stories[i % STORIES];
        size_t who = i / STORIES % OTHERS;
        way_t way = ways[i / STORIES / OTHERS];
        int goes_on = fits(story, way);

        for (int n = 1; goes_on; n++) {
            apr_pool_t *p;
            void *inner;

            apr_pool_create(&p, *state);
            inner = p;
            goes_on = both_come(&inner, story, way, who, n);
            apr_pool_destroy(p);
            assert_true(n < MAX_STEPS);
        }
    }
}

/* --- a person -------------------------------------------------------------------------------- */

static void die_when_sent(void *baton)
{
    world_t *world = baton;

    if (world->store->operations->nelts && world_last_operation(world)->state == KL_OP_SENT) {
        world->process.in_hook = 0;
        longjmp(world->process.death, 1);
    }
}

/* Its message was on the way when the process died: that is no placement that waits for its id. */
static void a_message_is_not_taken_for_a_placement(void **state)
{
    desk_t desk = desk_for(state, PAGE);
    kl_error_t *err = kl_error_make(desk.world->p);
    kl_order_t *order = NULL;

    assert_int_equal(begins(&desk), KL_OK);
    fake_process_calm(&desk.world->process);
    desk.world->process.hook = die_when_sent;
    desk.world->process.baton = desk.world;
    if (setjmp(desk.world->process.death) == 0) {
        (void)sends(&desk);
        fail_msg("the process did not die");
    }
    fake_process_calm(&desk.world->process);
    assert_int_equal(world_last_operation(desk.world)->kind, KL_OP_DISTRIBUTE);
    assert_int_equal(world_last_operation(desk.world)->state, KL_OP_SENT);
    fake_clock_advance(apr_time_from_sec(KL_LEASE_S + 1));
    assert_int_equal(pays(&desk), 1);
    (void)kl_adopt_order(service(desk.world), desk.id, fake_instore_sale(desk.klarna, 0)->order_id,
                         &order, err);
    assert_int_not_equal(row(&desk)->instore->sent, KL_SEND_SENT);
    time_passes(&desk);
    judge(&desk, "adopted while a message was on its way");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(a_till_dies_at_every_step),
        WITH_POOL(every_exchange_fails),
        WITH_POOL(every_store_call_fails),
        WITH_POOL(somebody_else_comes_at_every_step),
        WITH_POOL(a_message_is_not_taken_for_a_placement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
