/* SPDX-License-Identifier: Apache-2.0 */
/* See pace.h. */
#include "service/pace.h"

#define REMEMBERED (2 * KL_PACE_MAX + 48)
#define CATCH_UP apr_time_from_msec(50)    /* that a thread was late is made up for */
#define FORGET_S 10                        /* without a call: what was learnt may not hold */
#define OUT_OF_ORDER apr_time_from_sec(1)  /* the most that remembered calls are */
#define ASK_AGAIN apr_time_from_msec(5)    /* how long calls under way take is not known */
#define QUICKEST_FOR apr_time_from_sec(30) /* to 60: how long a quick answer is remembered */

#define FEW 8 /* answers, of which even the quickest may have been slow */

/* The quickest answers of late, in two spans of which the older is forgotten. */
typedef struct quickest_t {
    apr_interval_time_t now, before; /* 0 = there was none */
    apr_time_t since;
    int n; /* answers of all time, up to FEW */
} quickest_t;

struct kl_pace_t {
    int limit;                  /* calls in a window; 0 = none, or not known */
    int heard;                  /* 1: an answer has come */
    apr_interval_time_t window; /* a little longer than Klarna's */
    int under_way;              /* calls that have not ended */
    /* When, at the latest, Klarna has counted those that have; nearly in their order. */
    apr_time_t counted[REMEMBERED];
    apr_int64_t n; /* so many; the last is counted[(n - 1) % REMEMBERED] */
    quickest_t quickest[2];

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
    return pace->counted[(pace->n - 1 - back) % REMEMBERED];
}

/* How many of our calls that have ended were counted after `from` and not after `to`. */
static int calls_between(const kl_pace_t *pace, apr_time_t from, apr_time_t to)
{
    int count = 0;

    for (int back = 0; back < REMEMBERED && back < pace->n; back++) {
        apr_time_t at = call_before_last(pace, back);

        if (at <= from - OUT_OF_ORDER) {
            break;
        }
        count += at > from && at <= to;
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

/* 0, or how long until fewer than most calls of ours take room. */
static apr_interval_time_t until_fewer(const kl_pace_t *pace, int most, apr_time_t now)
{
    apr_interval_time_t wait;
    int most_ended = most - pace->under_way;

    if (calls_between(pace, now - pace->window, now) < most_ended) {
        return 0;
    }
    if (most_ended < 1) {
        return ASK_AGAIN;
    }
    wait = call_before_last(pace, most_ended - 1) + pace->window - now;
    return wait > 0 ? wait : ASK_AGAIN;
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
        return who == KL_PACE_WORKER && !pace->heard && pace->under_way ? ASK_AGAIN : 0;
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
    pace->under_way++;
    return 0;
}

/* --- the end of a call --------------------------------------------------------------------- */

static void end_call(kl_pace_t *pace, apr_time_t counted)
{
    pace->under_way--;
    pace->counted[pace->n++ % REMEMBERED] = counted;
}

/* The time that such a call takes at the least; an eighth less, for not every way there is the
 * shortest when the answer's is. */
static apr_interval_time_t learn_quickest(quickest_t *quickest, apr_interval_time_t took,
                                          apr_time_t now)
{
    apr_interval_time_t least;

    if (now - quickest->since > QUICKEST_FOR) {
        *quickest = (quickest_t){.before = quickest->now, .since = now, .n = quickest->n};
    }
    if (quickest->now == 0 || took < quickest->now) {
        quickest->now = took;
    }
    if (quickest->n < FEW) {
        quickest->n++;
        return 0;
    }
    least = quickest->before && quickest->before < quickest->now ? quickest->before : quickest->now;
    return least - least / 8;
}

/* When Klarna has counted it at the latest. A refusal is quick and says nothing of other calls. */
static apr_time_t counted_at(kl_pace_t *pace, const kl_pace_answer_t *answer, apr_time_t now)
{
    quickest_t *quickest = &pace->quickest[answer->is_read ? 1 : 0];

    return answer->status < 400 ? now - learn_quickest(quickest, now - answer->sent, now) : now;
}

static void learn_limit(kl_pace_t *pace, const kl_rate_t *rate, apr_time_t now)
{
    int limit = rate->limit <= KL_PACE_MAX ? rate->limit : 0;
    apr_interval_time_t window = apr_time_from_msec(1010) * rate->window;

    if (limit != pace->limit) {
        pace->limit = limit;
        pace->others = limit / 2;
        pace->since = now + window; /* the first is longer: it holds one of Klarna's as a whole */
    }
    pace->window = window;
}

/* A few calls that overtook each other on the way are nobody's. */
static void learn_others(kl_pace_t *pace, const kl_rate_t *rate, apr_time_t counted)
{
    int own = calls_between(pace, counted - apr_time_from_sec(rate->window), counted);
    int others = rate->limit - rate->remaining - own;

    if (others > at_least(pace->limit / 50, 1)) {
        pace->seen = others > pace->seen ? others : pace->seen;
        pace->others = others > pace->others ? others : pace->others;
    }
}

void kl_pace_answered(kl_pace_t *pace, const kl_pace_answer_t *answer, apr_time_t now)
{
    const kl_rate_t *rate = &answer->rate;
    apr_time_t counted = counted_at(pace, answer, now);

    end_call(pace, counted);
    pace->heard = 1;
    if (rate->limit > 0) {
        learn_limit(pace, rate, now);
        if (rate->remaining >= 0) {
            learn_others(pace, rate, counted);
        }
    }
    if (answer->status == 429) {
        pace->rests_to = now + apr_time_from_sec(at_least(rate->reset, 1));
        pace->others += (pace->limit - pace->others) / 2;
    }
}

void kl_pace_lost(kl_pace_t *pace, apr_time_t now)
{
    end_call(pace, now);
}
