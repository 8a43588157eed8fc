/* SPDX-License-Identifier: Apache-2.0 */
/* See waiters.h. */
#include "service/waiters.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <string.h>

static struct {
    apr_thread_mutex_t *mutex; /* guards the rest; NULL: nobody may wait */
    apr_thread_cond_t *news;
    kl_waiter_t *first;
    int count, looking, most, stopping;
} waiters;

void kl_waiters_init(apr_pool_t *pchild, int most)
{
    memset(&waiters, 0, sizeof(waiters));
    waiters.most = most;
    if (apr_thread_cond_create(&waiters.news, pchild) != APR_SUCCESS
        || apr_thread_mutex_create(&waiters.mutex, APR_THREAD_MUTEX_DEFAULT, pchild)
               != APR_SUCCESS) {
        waiters.mutex = NULL;
    }
}

int kl_waiters_enter(kl_waiter_t *waiter, const char *id)
{
    int may;

    if (!waiters.mutex) {
        return 0;
    }
    *waiter = (kl_waiter_t){.id = id};
    apr_thread_mutex_lock(waiters.mutex);
    may = !waiters.stopping && waiters.count < waiters.most;
    if (may) {
        waiter->next = waiters.first;
        waiters.first = waiter;
        waiters.count++;
    }
    apr_thread_mutex_unlock(waiters.mutex);
    return may;
}

int kl_waiters_wait(kl_waiter_t *waiter, apr_interval_time_t most)
{
    apr_time_t end = apr_time_now() + most;
    int stopping;

    apr_thread_mutex_lock(waiters.mutex);
    for (apr_time_t now = apr_time_now(); !waiter->news && !waiters.stopping && now < end;
         now = apr_time_now()) {
        (void)apr_thread_cond_timedwait(waiters.news, waiters.mutex, end - now);
    }
    waiter->news = 0;
    stopping = waiters.stopping;
    apr_thread_mutex_unlock(waiters.mutex);
    return !stopping;
}

void kl_waiters_leave(kl_waiter_t *waiter)
{
    kl_waiter_t **at = &waiters.first;

    apr_thread_mutex_lock(waiters.mutex);
    while (*at != waiter) {
        at = &(*at)->next;
    }
    *at = waiter->next;
    waiters.count--;
    apr_thread_mutex_unlock(waiters.mutex);
}

int kl_waiters_look(void)
{
    int may;

    if (!waiters.mutex) {
        return 0;
    }
    apr_thread_mutex_lock(waiters.mutex);
    may = !waiters.stopping && waiters.looking < waiters.most;
    waiters.looking += may;
    apr_thread_mutex_unlock(waiters.mutex);
    return may;
}

void kl_waiters_looked(void)
{
    apr_thread_mutex_lock(waiters.mutex);
    waiters.looking--;
    apr_thread_mutex_unlock(waiters.mutex);
}

void kl_waiters_tell(const char *id)
{
    int heard = 0;

    if (!waiters.mutex) {
        return;
    }
    apr_thread_mutex_lock(waiters.mutex);
    for (kl_waiter_t *one = waiters.first; one; one = one->next) {
        if (strcmp(one->id, id) == 0) {
            one->news = heard = 1;
        }
    }
    if (heard) {
        apr_thread_cond_broadcast(waiters.news);
    }
    apr_thread_mutex_unlock(waiters.mutex);
}

void kl_waiters_stop(apr_pool_t *pchild, int graceful)
{
    (void)pchild, (void)graceful;
    if (waiters.mutex) {
        apr_thread_mutex_lock(waiters.mutex);
        waiters.stopping = 1;
        apr_thread_cond_broadcast(waiters.news);
        apr_thread_mutex_unlock(waiters.mutex);
    }
}
