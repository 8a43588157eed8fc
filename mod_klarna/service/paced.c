/* SPDX-License-Identifier: Apache-2.0 */
/* See paced.h. The lock is not held while a call is made or waited for. */
#include "service/paced.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <string.h>

#include "api/url.h"

#define LONGEST_SLEEP apr_time_from_msec(20) /* room may come earlier than it seemed */
#define SESSIONS "/payments/v1/sessions"

/* Klarna counts new sessions apart from all other calls. */
typedef struct paces_t {
    kl_pace_t *sessions, *others;
} paces_t;

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
    apr_hash_t *of; /* "https://host user" -> paces_t * */
};

/* Under the lock. */
static paces_t *paces_of(kl_paced_t *paced, apr_pool_t *p, const char *url, const char *username)
{
    const char *key = apr_pstrcat(p, apr_pstrmemdup(p, url, kl_url_origin(url)), " ",
                                  username ? username : "", NULL);
    paces_t *paces = apr_hash_get(paced->of, key, APR_HASH_KEY_STRING);

    if (!paces) {
        paces = apr_palloc(paced->p, sizeof(*paces));
        paces->sessions = kl_pace_make(paced->p);
        paces->others = kl_pace_make(paced->p);
        apr_hash_set(paced->of, apr_pstrdup(paced->p, key), APR_HASH_KEY_STRING, paces);
    }
    return paces;
}

static kl_pace_t *pace_of(kl_paced_t *paced, apr_pool_t *p, const kl_http_request_t *req)
{
    const char *path = req->url + kl_url_origin(req->url);
    paces_t *paces = paces_of(paced, p, req->url, req->username);

    return strcmp(req->method, "POST") == 0 && strcmp(path, SESSIONS) == 0 ? paces->sessions
                                                                           : paces->others;
}

/* When the call may go out, or 0 when there is no room before its deadline. */
static apr_time_t wait_for_room(engine_t *engine, kl_pace_t *pace, apr_time_t deadline)
{
    kl_paced_t *paced = engine->paced;

    for (;;) {
        apr_time_t now = paced->clock.now();
        apr_interval_time_t wait;

        apr_thread_mutex_lock(paced->mutex);
        wait = kl_pace_take(pace, engine->who, now);
        apr_thread_mutex_unlock(paced->mutex);
        if (wait == 0) {
            return now;
        }
        if (now + wait >= deadline) {
            return 0;
        }
        paced->clock.sleep(wait < LONGEST_SLEEP ? wait : LONGEST_SLEEP);
    }
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
    kl_pace_t *pace;
    apr_time_t sent;

    apr_thread_mutex_lock(paced->mutex);
    pace = pace_of(paced, p, req);
    apr_thread_mutex_unlock(paced->mutex);
    sent = wait_for_room(engine, pace, req->deadline);
    if (sent == 0) {
        return answer;
    }
    answer = paced->inner->exchange(paced->inner, p, req);
    learn(paced, pace, &answer,
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
    wait = kl_pace_wait(paces_of(paced, p, account->base_url, account->username)->others,
                        KL_PACE_WORKER, now);
    apr_thread_mutex_unlock(paced->mutex);
    apr_pool_destroy(p);
    return wait;
}
