/* SPDX-License-Identifier: Apache-2.0 */
/* See paced.h. The lock is not held while a call is made or waited for. */
#include "service/paced.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <string.h>

#include "api/url.h"

#define LONGEST_SLEEP apr_time_from_msec(20) /* room may come earlier than it seemed */
#define SESSIONS "/payments/v1/sessions"

/* Those who wait for room: the first looks at the clock, the others wait for it to go. However long
 * the line, it costs what one costs, and nobody passes those who came before. */
typedef struct line_t {
    int has_first;
    apr_thread_cond_t *first_has_gone;
} line_t;

typedef struct gate_t {
    kl_pace_t *pace;
    line_t lines[2]; /* by kl_pace_who_t */
} gate_t;

/* Klarna counts new sessions apart from all other calls. */
typedef struct gates_t {
    gate_t sessions, others;
} gates_t;

typedef struct engine_t {
    kl_http_t http;
    kl_paced_t *paced;
    kl_pace_who_t who;
} engine_t;

struct kl_paced_t {
    kl_http_t *inner;
    kl_paced_clock_t clock;
    engine_t engines[2]; /* by kl_pace_who_t */
    apr_thread_mutex_t *mutex;
    apr_pool_t *p;  /* used under the lock only */
    apr_hash_t *of; /* "https://host user" -> gates_t * */
};

static void make_gate(gate_t *gate, apr_pool_t *p)
{
    gate->pace = kl_pace_make(p);
    for (int who = KL_PACE_PERSON; who <= KL_PACE_WORKER; who++) {
        apr_thread_cond_create(&gate->lines[who].first_has_gone, p);
    }
}

/* Under the lock. */
static gates_t *gates_of(kl_paced_t *paced, apr_pool_t *p, const char *url, const char *username)
{
    const char *key = apr_pstrcat(p, apr_pstrmemdup(p, url, kl_url_origin(url)), " ",
                                  username ? username : "", NULL);
    gates_t *gates = apr_hash_get(paced->of, key, APR_HASH_KEY_STRING);

    if (!gates) {
        gates = apr_pcalloc(paced->p, sizeof(*gates));
        make_gate(&gates->sessions, paced->p);
        make_gate(&gates->others, paced->p);
        apr_hash_set(paced->of, apr_pstrdup(paced->p, key), APR_HASH_KEY_STRING, gates);
    }
    return gates;
}

static gate_t *gate_of(kl_paced_t *paced, apr_pool_t *p, const kl_http_request_t *req)
{
    const char *path = req->url + kl_url_origin(req->url);
    gates_t *gates = gates_of(paced, p, req->url, req->username);

    return strcmp(req->method, "POST") == 0 && strcmp(path, SESSIONS) == 0 ? &gates->sessions
                                                                           : &gates->others;
}

/* Under the lock, but while it waits: until nobody is before us; 0 when the deadline came first. */
static int become_first(kl_paced_t *paced, line_t *line, apr_time_t deadline)
{
    while (line->has_first) {
        apr_interval_time_t left = deadline - paced->clock.now();

        if (left <= 0) {
            return 0;
        }
        apr_thread_cond_timedwait(line->first_has_gone, paced->mutex, left);
    }
    line->has_first = 1;
    return 1;
}

/* Under the lock, but while it sleeps: when the call may go out, or 0 when there is no room before
 * its deadline. */
static apr_time_t wait_as_first(engine_t *engine, kl_pace_t *pace, apr_time_t deadline)
{
    kl_paced_t *paced = engine->paced;

    for (;;) {
        apr_time_t now = paced->clock.now();
        apr_interval_time_t wait = kl_pace_take(pace, engine->who, now);

        if (wait == 0) {
            return now;
        }
        if (now + wait >= deadline) {
            return 0;
        }
        apr_thread_mutex_unlock(paced->mutex);
        paced->clock.sleep(wait < LONGEST_SLEEP ? wait : LONGEST_SLEEP);
        apr_thread_mutex_lock(paced->mutex);
    }
}

/* Under the lock, but while it waits. The result is as above. */
static apr_time_t wait_for_room(engine_t *engine, gate_t *gate, apr_time_t deadline)
{
    line_t *line = &gate->lines[engine->who];
    apr_time_t sent = 0;

    if (become_first(engine->paced, line, deadline)) {
        sent = wait_as_first(engine, gate->pace, deadline);
        line->has_first = 0;
    }
    if (!line->has_first) {
        apr_thread_cond_signal(line->first_has_gone);
    }
    return sent;
}

/* The call has ended, and whatever its answer says of the limit is learnt. */
static void learn(kl_paced_t *paced, kl_pace_t *pace, const kl_http_response_t *answer,
                  kl_pace_answer_t told)
{
    apr_time_t now = paced->clock.now();

    if (answer->delivery == KL_ANSWERED) {
        told.status = answer->status;
        told.rate = kl_rate_read(apr_table_get(answer->headers, "X-Ratelimit-Limit"),
                                 apr_table_get(answer->headers, "X-Ratelimit-Remaining"),
                                 apr_table_get(answer->headers, "X-Ratelimit-Reset"));
    }
    apr_thread_mutex_lock(paced->mutex);
    if (answer->delivery == KL_ANSWERED) {
        kl_pace_answered(pace, &told, now);
    }
    else {
        kl_pace_lost(pace, now);
    }
    apr_thread_mutex_unlock(paced->mutex);
}

static kl_http_response_t exchange(kl_http_t *self, apr_pool_t *p, const kl_http_request_t *req)
{
    engine_t *engine = self->impl;
    kl_paced_t *paced = engine->paced;
    kl_http_response_t answer = {.delivery = KL_NOT_SENT,
                                 .why = "Klarna's rate limit leaves no room in time"};
    gate_t *gate;
    apr_time_t sent;

    apr_thread_mutex_lock(paced->mutex);
    gate = gate_of(paced, p, req);
    sent = wait_for_room(engine, gate, req->deadline);
    apr_thread_mutex_unlock(paced->mutex);
    if (sent == 0) {
        return answer;
    }
    answer = paced->inner->exchange(paced->inner, p, req);
    learn(paced, gate->pace, &answer,
          (kl_pace_answer_t){.is_read = strcmp(req->method, "GET") == 0, .sent = sent});
    return answer;
}

kl_paced_t *kl_paced_make(apr_pool_t *p, kl_http_t *http, const kl_paced_clock_t *clock)
{
    kl_paced_t *paced = apr_pcalloc(p, sizeof(*paced));

    paced->inner = http;
    paced->clock = *clock;
    for (int who = KL_PACE_PERSON; who <= KL_PACE_WORKER; who++) {
        paced->engines[who] = (engine_t){{exchange, &paced->engines[who]}, paced, who};
    }
    if (apr_thread_mutex_create(&paced->mutex, APR_THREAD_MUTEX_DEFAULT, p) != APR_SUCCESS
        || apr_pool_create(&paced->p, NULL) != APR_SUCCESS) {
        return NULL;
    }
    paced->of = apr_hash_make(paced->p);
    return paced;
}

kl_http_t *kl_paced_http(kl_paced_t *paced, kl_pace_who_t who)
{
    return &paced->engines[who].http;
}

apr_interval_time_t kl_paced_wait(kl_paced_t *paced, const kl_account_t *account)
{
    apr_time_t now = paced->clock.now();
    apr_interval_time_t wait;
    apr_pool_t *p = NULL;

    if (apr_pool_create(&p, NULL) != APR_SUCCESS) {
        return 0;
    }
    apr_thread_mutex_lock(paced->mutex);
    wait = kl_pace_wait(gates_of(paced, p, account->base_url, account->username)->others.pace,
                        KL_PACE_WORKER, now);
    apr_thread_mutex_unlock(paced->mutex);
    apr_pool_destroy(p);
    return wait;
}
