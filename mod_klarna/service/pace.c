/* SPDX-License-Identifier: Apache-2.0 */
/* See pace.h. Calls are remembered for two windows: what an answer says is some time old. */
#include "service/pace.h"

#define REMEMBERED (2 * KL_PACE_MAX + 48)
#define CATCH_UP apr_time_from_msec(50) /* that a thread was late is made up for */
#define FORGET_S 10                     /* without a call: what was learnt may not hold */

struct kl_pace_t {
    int limit;                  /* calls in a window; 0 = not known */
    apr_interval_time_t window; /* a little longer than Klarna's */
    apr_time_t sent[REMEMBERED];
    apr_int64_t n; /* calls so far; the last is sent[(n - 1) % REMEMBERED] */

    int others;       /* calls that are left to others */
    int seen;         /* the most that others were seen to use in this window */
    apr_time_t since; /* when it began */

    apr_time_t next_call; /* of the worker's next call */
    apr_time_t rests_to;  /* Klarna refused a call: the worker pauses */
};

kl_pace_t *kl_pace_make(apr_pool_t *p)
{
    return apr_pcalloc(p, sizeof(kl_pace_t));
}

static apr_time_t call_before_last(const kl_pace_t *pace, int back)
{
    return pace->sent[(pace->n - 1 - back) % REMEMBERED];
}

/* How many of our calls were counted after `from` and not after `to`. */
static int calls_between(const kl_pace_t *pace, apr_time_t from, apr_time_t to)
{
    int count = 0;

    for (int back = 0; back < REMEMBERED && back < pace->n; back++) {
        apr_time_t at = call_before_last(pace, back);

        if (at <= from) {
            break;
        }
        count += at <= to;
    }
    return count;
}

static int at_least(int n, int least)
{
    return n < least ? least : n;
}

/* What the worker never uses: for persons, and when others call too, for what their part was
 * misjudged by. */
static int reserve(const kl_pace_t *pace)
{
    return at_least(pace->limit / 100, 1) * (pace->others > 0 ? 2 : 1);
}

/* Once in a window. What others use counts at once, what they leave a quarter at a time: several
 * hosts that see the same room at the same moment do not take it twice. */
static void begin_window(kl_pace_t *pace, apr_time_t now)
{
    if (now - pace->since < pace->window) {
        return;
    }
    if (now - pace->since > apr_time_from_sec(FORGET_S)) {
        pace->others = pace->limit / 2;
    }
    else if (pace->others > pace->seen) {
        pace->others -= pace->seen ? (pace->others - pace->seen + 1) / 4
                                   : at_least(pace->others / 4, 1);
    }
    pace->since = now;
    pace->seen = 0;
}

/* 0, or how long until fewer than most calls of ours are in the window. */
static apr_interval_time_t until_fewer(const kl_pace_t *pace, int most, apr_time_t now)
{
    if (calls_between(pace, now - pace->window, now) < most) {
        return 0;
    }
    return call_before_last(pace, most - 1) + pace->window - now;
}

/* Even when nothing is left, one call at a time goes out. */
static int most_for_worker(const kl_pace_t *pace)
{
    return at_least(pace->limit - pace->others - reserve(pace), 1);
}

static apr_interval_time_t worker_waits(const kl_pace_t *pace, apr_time_t now)
{
    apr_interval_time_t wait = until_fewer(pace, most_for_worker(pace), now);
    apr_time_t at = pace->next_call > pace->rests_to ? pace->next_call : pace->rests_to;

    return at - now > wait ? at - now : wait;
}

apr_interval_time_t kl_pace_wait(kl_pace_t *pace, kl_pace_who_t who, apr_time_t now)
{
    if (pace->limit == 0) {
        return 0;
    }
    begin_window(pace, now);
    return who == KL_PACE_WORKER ? worker_waits(pace, now) : until_fewer(pace, pace->limit, now);
}

apr_interval_time_t kl_pace_take(kl_pace_t *pace, kl_pace_who_t who, apr_time_t now)
{
    apr_interval_time_t wait = kl_pace_wait(pace, who, now);

    if (wait > 0) {
        return wait;
    }
    if (who == KL_PACE_WORKER && pace->limit > 0) {
        pace->next_call = (pace->next_call > now - CATCH_UP ? pace->next_call : now - CATCH_UP)
                          + pace->window / most_for_worker(pace);
    }
    pace->sent[pace->n++ % REMEMBERED] = now;
    return 0;
}

static void learn_limit(kl_pace_t *pace, const kl_rate_t *rate, apr_time_t now)
{
    int limit = rate->limit <= KL_PACE_MAX ? rate->limit : 0;

    if (limit != pace->limit) {
        pace->limit = limit;
        pace->others = limit / 2;
        pace->since = now;
    }
    pace->window = apr_time_from_msec(1030) * rate->window;
}

/* A few calls that overtook each other on the way are nobody's. */
static void learn_others(kl_pace_t *pace, const kl_rate_t *rate, apr_time_t sent)
{
    int own = calls_between(pace, sent - apr_time_from_sec(rate->window), sent);
    int others = rate->limit - rate->remaining - own;

    if (others > at_least(pace->limit / 50, 1)) {
        pace->seen = others > pace->seen ? others : pace->seen;
        pace->others = others > pace->others ? others : pace->others;
    }
}

void kl_pace_learn(kl_pace_t *pace, const kl_rate_t *rate, int refused, apr_time_t sent,
                   apr_time_t now)
{
    if (rate->limit > 0) {
        learn_limit(pace, rate, now);
        if (rate->remaining >= 0) {
            learn_others(pace, rate, sent);
        }
    }
    if (refused) {
        pace->rests_to = now + apr_time_from_sec(at_least(rate->reset, 1));
        pace->others += (pace->limit - pace->others) / 2;
    }
}
