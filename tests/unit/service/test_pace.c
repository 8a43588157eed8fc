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
    thread->refused = klarna.used > klarna.limit;
    thread->remaining = thread->refused ? 0 : klarna.limit - klarna.used;
    klarna.refused += thread->refused;
    klarna.executed += !thread->refused;
}

static void send_call(thread_t *thread)
{
    int way = (int)test_random_in(&klarna.dice, 20, 32);

    *thread = (thread_t){.sent = now, .arrives = now + way * MS, .answered = now + 50 * MS};
}

static void answer(host_t *host, thread_t *thread)
{
    kl_rate_t rate = {klarna.limit, 1, thread->remaining, 1};

    kl_pace_learn(host->pace, &rate, thread->refused, thread->sent, now);
    thread->sent = 0;
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

        if (thread->sent && !thread->counted && thread->arrives <= now) {
            arrive(thread);
        }
        if (thread->sent && thread->answered <= now) {
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

static void persons_may_use_all_of_it(void **state)
{
    kl_pace_t *pace = kl_pace_make(*state);
    kl_rate_t rate = {5, 1, 4, 1};
    apr_interval_time_t wait;

    start(5);
    kl_pace_learn(pace, &rate, 0, now, now);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(kl_pace_take(pace, KL_PACE_PERSON, now + i), 0);
    }
    wait = kl_pace_take(pace, KL_PACE_PERSON, now + 5);
    assert_true(wait > SECOND && wait < SECOND + 40 * MS);
    assert_int_equal(kl_pace_take(pace, KL_PACE_PERSON, now + 5 + wait), 0);
}

static void nothing_is_limited_before_an_answer(void **state)
{
    kl_pace_t *pace = kl_pace_make(*state);
    kl_rate_t says_nothing = {0, 1, -1, 0};

    start(200);
    kl_pace_learn(pace, &says_nothing, 0, now, now);
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(kl_pace_take(pace, KL_PACE_WORKER, now), 0);
    }
}

static void the_worker_rests_after_a_429(void **state)
{
    kl_pace_t *pace = kl_pace_make(*state);
    kl_rate_t rate = {200, 1, 0, 3};

    start(200);
    kl_pace_learn(pace, &rate, 1, now, now);
    assert_int_equal(kl_pace_take(pace, KL_PACE_WORKER, now + 1), 3 * SECOND - 1);
    assert_int_equal(kl_pace_take(pace, KL_PACE_PERSON, now + 1), 0);
    assert_int_equal(kl_pace_take(pace, KL_PACE_WORKER, now + 3 * SECOND), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(one_host_uses_the_limit),
        WITH_POOL(two_hosts_share_it),
        WITH_POOL(a_second_host_that_comes_later_finds_room),
        WITH_POOL(a_person_never_waits_for_the_worker),
        WITH_POOL(persons_may_use_all_of_it),
        WITH_POOL(nothing_is_limited_before_an_answer),
        WITH_POOL(the_worker_rests_after_a_429),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
