/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pace of calls, against a Klarna that counts calls in each second of its clock: nothing is
 * refused, nearly everything is used, and a person does not wait for the worker.
 */
#include "tests/unit/support.h"

#include "service/pace.h"

#define MS apr_time_from_msec(1)
#define SECOND apr_time_from_sec(1)
#define THREADS 24

/* --- a Klarna, and hosts that call it ------------------------------------------------------ */

typedef struct thread_t {
    apr_time_t sent, arrives, answered; /* sent 0: it is free */
    apr_interval_time_t back;           /* from there to its answer */
    int counted, refused, remaining;
} thread_t;

typedef struct host_t {
    kl_pace_t *pace;
    thread_t threads[THREADS];
    int works; /* 0: its worker has nothing to do */
    apr_time_t person_since;
    apr_interval_time_t person_waited; /* the longest */
} host_t;

typedef struct klarna_t {
    int limit, used, executed, refused;
    int late;          /* per cent of the calls that take up to a second longer there, or back */
    apr_time_t stands; /* until when it takes no call */
    apr_time_t second;
    test_random_t dice;
} klarna_t;

static klarna_t klarna;
static apr_time_t now;

static void start(int limit)
{
    klarna = (klarna_t){.limit = limit, .dice = {7}};
    now = apr_time_from_sec(1000) + 317 * MS;
}

static void arrive(thread_t *thread)
{
    if (now / SECOND != klarna.second) {
        klarna.second = now / SECOND;
        klarna.used = 0;
    }
    klarna.used++;
    thread->counted = 1;
    thread->answered = now + thread->back;
    thread->refused = klarna.used > klarna.limit;
    thread->remaining = thread->refused ? 0 : klarna.limit - klarna.used;
    klarna.refused += thread->refused;
    klarna.executed += !thread->refused;
}

static void send_call(thread_t *thread)
{
    apr_interval_time_t way = test_random_in(&klarna.dice, 20, 32) * MS;

    *thread = (thread_t){.sent = now, .arrives = now + way, .back = 50 * MS - way};
    if (test_random_in(&klarna.dice, 1, 100) <= klarna.late) {
        apr_interval_time_t more = test_random_in(&klarna.dice, 0, 1000) * MS;

        *(test_random_in(&klarna.dice, 0, 1) ? &thread->arrives : &thread->back) += more;
    }
}

static void answer(host_t *host, thread_t *thread)
{
    kl_pace_answer_t told = {.rate = {klarna.limit, 1, thread->remaining, 1},
                             .status = thread->refused ? 429 : 200,
                             .sent = thread->sent};

    kl_pace_answered(host->pace, &told, now);
    thread->sent = 0;
    thread->counted = 0;
}

static void person(host_t *host, thread_t *thread)
{
    if (kl_pace_take(host->pace, KL_PACE_PERSON, now) == 0) {
        if (now - host->person_since > host->person_waited) {
            host->person_waited = now - host->person_since;
        }
        host->person_since = 0;
        send_call(thread);
    }
}

static void go_on(host_t *host)
{
    for (int i = 0; i < THREADS; i++) {
        thread_t *thread = &host->threads[i];

        if (thread->sent && !thread->counted && thread->arrives <= now && klarna.stands <= now) {
            arrive(thread);
        }
        if (thread->counted && thread->answered <= now) {
            answer(host, thread);
        }
        if (!thread->sent && host->person_since) {
            person(host, thread);
        }
        else if (!thread->sent && host->works && i > 0
                 && kl_pace_take(host->pace, KL_PACE_WORKER, now) == 0) {
            send_call(thread);
        }
    }
}

/* Calls executed in a second, on average. */
static double run(host_t *hosts, int n, int seconds)
{
    int before = klarna.executed;

    for (int ms = 0; ms < seconds * 1000; ms++, now += MS) {
        for (int i = 0; i < n; i++) {
            go_on(&hosts[i]);
        }
    }
    return (double)(klarna.executed - before) / seconds;
}

static host_t host(void **state, int works)
{
    return (host_t){.pace = kl_pace_make(*state), .works = works};
}

static void check_use(double used, int limit, double least)
{
    if (used < limit * least || klarna.refused > 0) {
        fail_msg("of %d calls a second %f were used, %d were refused", limit, used, klarna.refused);
    }
}

/* --- tests ---------------------------------------------------------------------------------- */

static void one_host_uses_the_limit(void **state)
{
    static const int limits[] = {200, 50, 400};

    for (int i = 0; i < 3; i++) {
        host_t one = host(state, 1);

        start(limits[i]);
        run(&one, 1, 15);
        check_use(run(&one, 1, 20), limits[i], 0.95);
    }
}

/* However late a call gets there: never more than the limit in a second. */
static void late_calls_are_never_too_many(void **state)
{
    static const int limits[] = {20, 50, 200}, late[] = {1, 10, 50, 100};

    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 4; k++) {
            host_t one = host(state, 1);

            start(limits[i]);
            run(&one, 1, 2);
            klarna.late = late[k];
            if (run(&one, 1, 60) < 10 || klarna.refused > 0) {
                fail_msg("limit %d, %d %% late: %d executed, %d refused", limits[i], late[k],
                         klarna.executed, klarna.refused);
            }
        }
    }
}

/* A busy machine: what was sent meanwhile gets there all at once. */
static void a_klarna_that_stands_still_is_not_overrun(void **state)
{
    static const int limits[] = {20, 50, 200};

    for (int i = 0; i < 3; i++) {
        host_t one = host(state, 1);

        start(limits[i]);
        run(&one, 1, 2);
        for (int n = 0; n < 60; n++) {
            klarna.stands = now + test_random_in(&klarna.dice, 0, 900) * MS;
            one.person_since = one.person_since ? one.person_since : now;
            run(&one, 1, 1);
        }
        if (klarna.executed < 8 * 62 || klarna.refused > 0) {
            fail_msg("limit %d: %d executed, %d refused", limits[i], klarna.executed,
                     klarna.refused);
        }
    }
}

static void two_hosts_share_it(void **state)
{
    static const int limits[] = {200, 50};

    for (int i = 0; i < 2; i++) {
        host_t two[2] = {host(state, 1), host(state, 1)};

        start(limits[i]);
        run(two, 2, 15);
        check_use(run(two, 2, 60), limits[i], limits[i] == 200 ? 0.95 : 0.94);
    }
}

static void a_second_host_that_comes_later_finds_room(void **state)
{
    host_t two[2] = {host(state, 1), host(state, 0)};
    double alone, executed;

    start(200);
    alone = run(two, 2, 15);
    two[1].works = 1;
    executed = run(two, 2, 15);
    if (alone < 150 || executed < 160) {
        fail_msg("alone %f, then %f, %d refused", alone, executed, klarna.refused);
    }
    if (klarna.refused > 15) { /* until the first has seen the second */
        fail_msg("%d were refused", klarna.refused);
    }
    klarna.refused = 0;
    check_use(run(two, 2, 10), 200, 0.95);
    two[0].works = 0;
    run(two, 2, 15);
    check_use(run(two, 2, 10), 200, 0.95);
}

/* One call of a person every 97 ms, while the worker uses all it may. */
static void a_person_never_waits_for_the_worker(void **state)
{
    host_t one = host(state, 1);

    start(200);
    run(&one, 1, 15);
    for (int i = 0; i < 100; i++) {
        one.person_since = now;
        for (int ms = 0; ms < 97; ms++, now += MS) {
            go_on(&one);
        }
        assert_int_equal(one.person_since, 0);
    }
    assert_true(one.person_waited <= 50 * MS); /* a thread of the test's, no more */
    assert_int_equal(klarna.refused, 0);
}

/* An answer that has taken no time. */
static void answered(kl_pace_t *pace, kl_rate_t rate, int status, apr_time_t at)
{
    kl_pace_answer_t told = {.rate = rate, .status = status, .sent = at};

    kl_pace_answered(pace, &told, at);
}

static void persons_may_use_all_of_it(void **state)
{
    kl_pace_t *pace = kl_pace_make(*state);
    kl_rate_t rate = {5, 1, 4, 1};
    apr_interval_time_t wait;

    start(5);
    assert_int_equal(kl_pace_take(pace, KL_PACE_PERSON, now), 0);
    answered(pace, rate, 200, now);
    for (int i = 1; i < 5; i++) {
        assert_int_equal(kl_pace_take(pace, KL_PACE_PERSON, now + i), 0);
    }
    assert_int_not_equal(kl_pace_take(pace, KL_PACE_PERSON, now + 5), 0);
    for (int i = 1; i < 5; i++) {
        answered(pace, rate, 200, now + i);
    }
    wait = kl_pace_take(pace, KL_PACE_PERSON, now + 5);
    assert_true(wait > SECOND && wait < SECOND + 40 * MS);
    assert_int_equal(kl_pace_take(pace, KL_PACE_PERSON, now + 5 + wait), 0);
}

/* It may be counted when its caller has given it up, and never takes room for longer. */
static void a_lost_call_takes_room_like_any(void **state)
{
    kl_pace_t *pace = kl_pace_make(*state);
    kl_rate_t rate = {1, 1, 0, 1};

    start(1);
    assert_int_equal(kl_pace_take(pace, KL_PACE_PERSON, now), 0);
    answered(pace, rate, 200, now);
    now += 2 * SECOND;
    assert_int_equal(kl_pace_take(pace, KL_PACE_PERSON, now), 0);
    assert_int_not_equal(kl_pace_take(pace, KL_PACE_PERSON, now + 8 * SECOND), 0);
    kl_pace_lost(pace, now + 8 * SECOND);
    assert_int_not_equal(kl_pace_take(pace, KL_PACE_PERSON, now + 9 * SECOND), 0);
    assert_int_equal(kl_pace_take(pace, KL_PACE_PERSON, now + 9 * SECOND + 10 * MS), 0);
}

/* One of two calls in a second, as quick as its kind always was. */
static void call_of(kl_pace_t *pace, int is_read, apr_interval_time_t took)
{
    kl_pace_answer_t told = {.rate = {2, 1, 1, 1}, .status = 200, .is_read = is_read, .sent = now};

    assert_int_equal(kl_pace_take(pace, KL_PACE_PERSON, now), 0);
    kl_pace_answered(pace, &told, now + took);
}

/* A change that takes its own usual time is not late because reads are quicker. */
static void reads_and_changes_are_told_apart(void **state)
{
    kl_pace_t *pace = kl_pace_make(*state);

    start(2);
    for (int i = 0; i < 10; i++, now += 2 * SECOND) {
        call_of(pace, 1, 80 * MS);
        call_of(pace, 0, 800 * MS);
    }
    call_of(pace, 1, 80 * MS);
    call_of(pace, 0, 800 * MS);
    now += 1010 * MS + 800 * MS - 700 * MS; /* less seven eighths of it */
    assert_int_equal(kl_pace_take(pace, KL_PACE_PERSON, now), 0);
    assert_int_equal(kl_pace_take(pace, KL_PACE_PERSON, now), 0);
}

/* The worker's first call finds the limit out; a person waits for nobody. */
static void nothing_is_limited_by_an_answer_that_names_none(void **state)
{
    kl_pace_t *pace = kl_pace_make(*state);
    kl_rate_t says_nothing = {0, 1, -1, 0};

    start(200);
    assert_int_equal(kl_pace_take(pace, KL_PACE_WORKER, now), 0);
    assert_int_not_equal(kl_pace_take(pace, KL_PACE_WORKER, now), 0);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(kl_pace_take(pace, KL_PACE_PERSON, now), 0);
    }
    answered(pace, says_nothing, 200, now);
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(kl_pace_take(pace, KL_PACE_WORKER, now), 0);
    }
}

static void the_worker_rests_after_a_429(void **state)
{
    kl_pace_t *pace = kl_pace_make(*state);
    kl_rate_t rate = {200, 1, 0, 3};

    start(200);
    assert_int_equal(kl_pace_take(pace, KL_PACE_WORKER, now), 0);
    answered(pace, rate, 429, now);
    assert_int_equal(kl_pace_take(pace, KL_PACE_WORKER, now + 1), 3 * SECOND - 1);
    assert_int_equal(kl_pace_take(pace, KL_PACE_PERSON, now + 1), 0);
    kl_pace_lost(pace, now + 2);
    assert_int_equal(kl_pace_take(pace, KL_PACE_WORKER, now + 3 * SECOND), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(one_host_uses_the_limit),
        WITH_POOL(late_calls_are_never_too_many),
        WITH_POOL(a_klarna_that_stands_still_is_not_overrun),
        WITH_POOL(two_hosts_share_it),
        WITH_POOL(a_second_host_that_comes_later_finds_room),
        WITH_POOL(a_person_never_waits_for_the_worker),
        WITH_POOL(persons_may_use_all_of_it),
        WITH_POOL(a_lost_call_takes_room_like_any),
        WITH_POOL(reads_and_changes_are_told_apart),
        WITH_POOL(nothing_is_limited_by_an_answer_that_names_none),
        WITH_POOL(the_worker_rests_after_a_429),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
