/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that wait for news of a payment: whoever has news goes on, nobody else does, not too
 * many wait, and none when the child stops. A wait that is not ended hangs the test. */
#include "tests/unit/support.h"

#include <apr_thread_proc.h>

#include "service/waiters.h"

#define LONG apr_time_from_sec(86400)
#define MANY 8

static void *APR_THREAD_FUNC wait_for_news(apr_thread_t *thread, void *waiter)
{
    apr_thread_exit(thread, kl_waiters_wait(waiter, LONG));
    return NULL;
}

static apr_thread_t *begin(void **state, apr_thread_start_t run, void *baton)
{
    apr_thread_t *thread = NULL;

    assert_int_equal(apr_thread_create(&thread, NULL, run, baton, *state), APR_SUCCESS);
    return thread;
}

static int result_of(apr_thread_t *thread)
{
    apr_status_t result = APR_EGENERAL, joined = apr_thread_join(&result, thread);

    assert_int_equal(joined, APR_SUCCESS);
    return result;
}

static void nobody_waits_before_a_child_begins(void **state)
{
    kl_waiter_t waiter;

    (void)state;
    assert_false(kl_waiters_enter(&waiter, "a"));
    assert_false(kl_waiters_look());
    kl_waiters_tell("a");
    kl_waiters_stop(NULL, 1);
}

/* The other one has no news: only the end of the child lets it go. */
static void who_has_news_goes_on_and_nobody_else(void **state)
{
    kl_waiter_t a, also_a, b;
    apr_thread_t *threads[3];

    kl_waiters_init(*state, 3);
    assert_true(kl_waiters_enter(&a, "a"));
    assert_true(kl_waiters_enter(&b, "b"));
    assert_true(kl_waiters_enter(&also_a, "a"));
    threads[0] = begin(state, wait_for_news, &a);
    threads[1] = begin(state, wait_for_news, &b);
    threads[2] = begin(state, wait_for_news, &also_a);
    kl_waiters_tell("c");
    kl_waiters_tell("a");
    assert_true(result_of(threads[0]));
    assert_true(result_of(threads[2]));
    kl_waiters_stop(NULL, 1);
    assert_false(result_of(threads[1]));
}

/* It came between looking at the payment and waiting; it is news once. */
static void no_news_is_missed(void **state)
{
    kl_waiter_t waiter;

    kl_waiters_init(*state, 1);
    assert_true(kl_waiters_enter(&waiter, "a"));
    kl_waiters_tell("a");
    assert_true(waiter.news);
    assert_true(kl_waiters_wait(&waiter, LONG));
    assert_false(waiter.news);
    assert_true(kl_waiters_wait(&waiter, 0)); /* its time is over, the child goes on */
    kl_waiters_leave(&waiter);
}

static void only_so_many_wait(void **state)
{
    kl_waiter_t waiters[3], other;

    kl_waiters_init(*state, 3);
    for (int i = 0; i < 3; i++) {
        assert_true(kl_waiters_enter(&waiters[i], "a"));
    }
    assert_false(kl_waiters_enter(&other, "b"));
    kl_waiters_leave(&waiters[1]);
    assert_true(kl_waiters_enter(&other, "b"));
    assert_false(kl_waiters_enter(&waiters[1], "a"));
    kl_waiters_tell("a");
    assert_true(waiters[0].news && waiters[2].news && !other.news && !waiters[1].news);
}

/* Klarna is slow: those who look have places of their own, and no more than those who wait. */
static void only_so_many_look(void **state)
{
    kl_waiter_t waiters[2];

    kl_waiters_init(*state, 2);
    assert_true(kl_waiters_enter(&waiters[0], "a"));
    assert_true(kl_waiters_enter(&waiters[1], "b"));
    assert_true(kl_waiters_look());
    assert_true(kl_waiters_look());
    assert_false(kl_waiters_look());
    kl_waiters_looked();
    assert_true(kl_waiters_look());
    kl_waiters_looked();
    kl_waiters_stop(NULL, 0);
    assert_false(kl_waiters_look());
}

static void nobody_waits_when_a_child_stops(void **state)
{
    kl_waiter_t waiter, late;

    kl_waiters_init(*state, 2);
    assert_true(kl_waiters_enter(&waiter, "a"));
    kl_waiters_stop(NULL, 0);
    assert_false(kl_waiters_wait(&waiter, LONG));
    assert_false(kl_waiters_enter(&late, "a"));
    kl_waiters_leave(&waiter);
}

#define COMES 200

/* It comes and goes, and has news each time; where all places are taken it comes again. */
static void *APR_THREAD_FUNC come_and_go(apr_thread_t *thread, void *id)
{
    int waited = 0;

    for (int come = 0; come < COMES;) {
        kl_waiter_t waiter;

        if (!kl_waiters_enter(&waiter, id)) {
            apr_thread_yield();
            continue;
        }
        kl_waiters_tell(id);
        waited += kl_waiters_wait(&waiter, LONG);
        kl_waiters_leave(&waiter);
        come++;
    }
    apr_thread_exit(thread, waited);
    return NULL;
}

static void many_come_and_go(void **state)
{
    static char ids[MANY][2] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    apr_thread_t *threads[MANY];
    kl_waiter_t waiters[MANY / 2], other;

    kl_waiters_init(*state, MANY / 2);
    for (int i = 0; i < MANY; i++) {
        threads[i] = begin(state, come_and_go, ids[i]);
    }
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(result_of(threads[i]), COMES);
    }
    for (int i = 0; i < MANY / 2; i++) { /* every place is free again */
        assert_true(kl_waiters_enter(&waiters[i], "a"));
    }
    assert_false(kl_waiters_enter(&other, "a"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(nobody_waits_before_a_child_begins),
        WITH_POOL(who_has_news_goes_on_and_nobody_else),
        WITH_POOL(no_news_is_missed),
        WITH_POOL(only_so_many_wait),
        WITH_POOL(only_so_many_look),
        WITH_POOL(nobody_waits_when_a_child_stops),
        WITH_POOL(many_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
