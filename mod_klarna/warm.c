/* SPDX-License-Identifier: Apache-2.0 */
/* See warm.h. */
#include "warm.h"

#include <ap_mpm.h>
#include <apr_atomic.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_proc.h>
#include <string.h>
#include "api/http_curl.h"
#include "core/limits.h"
#include "klarna_module.h"
#include "settings.h"

#define MAX_HOSTS 16               /* Klarna has six; more are not kept warm */
#define STAY 900                   /* seconds that a shopper is waited for */
#define IDLE apr_time_from_sec(35) /* with a round and a call still short of KL_KEPT_LONGEST */
#define ROUND apr_time_from_sec(5)
#define LIMIT apr_time_from_sec(3) /* of the call, and so of the child's end */

typedef struct host_t {
    const char *url; /* "https://api.klarna.com/" */
    apr_time_t tried;
} host_t;

/* When a shopper was last seen, in seconds, by host; the same order in each child. */
static volatile apr_uint32_t *seen;

static struct { /* of this process; made in child_init */
    host_t hosts[MAX_HOSTS];
    int count;
    kl_http_t *http;
    apr_thread_t *thread;
    apr_thread_mutex_t *mutex; /* guards stopping */
    apr_thread_cond_t *wake;
    int stopping;
} warm;

/* --- hosts ------------------------------------------------------------------------------------ */

/* Where the account's host is in the list, or count. */
static int place_of(const kl_account_t *account)
{
    size_t length = strlen(account->base_url);
    int i = 0;

    while (i < warm.count
           && (strncmp(warm.hosts[i].url, account->base_url, length) != 0
               || strcmp(warm.hosts[i].url + length, "/") != 0)) {
        i++;
    }
    return i;
}

static void add_host(apr_pool_t *p, const kl_account_t *account)
{
    int i = place_of(account);

    if (i == warm.count && i < MAX_HOSTS) {
        warm.hosts[i] = (host_t){.url = apr_pstrcat(p, account->base_url, "/", NULL)};
        warm.count++;
    }
}

static void add_hosts(apr_pool_t *p, server_rec *s)
{
    for (; s; s = s->next) {
        apr_hash_t *accounts = kl_settings_server(s)->accounts;
        apr_hash_index_t *hi;

        for (hi = apr_hash_first(p, accounts); hi; hi = apr_hash_next(hi)) {
            kl_account_settings_t *account = apr_hash_this_val(hi);

            add_host(p, &account->account);
        }
    }
}

void kl_warm_expect(const kl_account_t *account)
{
    int i = place_of(account);

    if (i < warm.count) {
        apr_atomic_set32(&seen[i], (apr_uint32_t)apr_time_sec(apr_time_now()));
    }
}

/* --- the thread ------------------------------------------------------------------------------- */

static int is_due(const host_t *host, apr_time_t last_seen, apr_time_t now)
{
    return now - last_seen < apr_time_from_sec(STAY) && now - host->tried >= IDLE
           && now - kl_http_curl_last_used(warm.http, host->url) >= IDLE;
}

static void call(host_t *host)
{
    kl_http_request_t get = {.method = "GET", .url = host->url, .body = "", .repeatable = 1};
    apr_table_t *headers;
    apr_pool_t *p = NULL;

    if (apr_pool_create(&p, NULL) != APR_SUCCESS) {
        return;
    }
    headers = apr_table_make(p, 1);
    apr_table_setn(headers, "User-Agent", "mod_klarna/" KL_VERSION);
    get.headers = headers;
    get.max_body = KL_MAX_REPLY;
    host->tried = apr_time_now();
    get.deadline = host->tried + LIMIT;
    (void)warm.http->exchange(warm.http, p, &get);
    apr_pool_destroy(p);
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *unused)
{
    (void)thread, (void)unused;
    apr_setup_signal_thread(); /* signals are the main thread's */
    apr_thread_mutex_lock(warm.mutex);
    while (!warm.stopping) {
        apr_thread_mutex_unlock(warm.mutex);
        for (int i = 0; i < warm.count; i++) {
            if (is_due(&warm.hosts[i], apr_time_from_sec(apr_atomic_read32(&seen[i])),
                       apr_time_now())) {
                call(&warm.hosts[i]);
            }
        }
        apr_thread_mutex_lock(warm.mutex);
        if (!warm.stopping) {
            apr_thread_cond_timedwait(warm.wake, warm.mutex, ROUND);
        }
    }
    apr_thread_mutex_unlock(warm.mutex);
    return NULL;
}

/* A pre-cleanup: what the thread uses is still there. */
static apr_status_t stop(void *unused)
{
    apr_status_t rv;

    (void)unused;
    apr_thread_mutex_lock(warm.mutex);
    warm.stopping = 1;
    apr_thread_cond_signal(warm.wake);
    apr_thread_mutex_unlock(warm.mutex);
    return apr_thread_join(&rv, warm.thread);
}

/* --- beginning -------------------------------------------------------------------------------- */

void kl_warm_prepare(apr_pool_t *pconf)
{
    static volatile apr_uint32_t own[MAX_HOSTS];
    apr_shm_t *shm = NULL;

    seen = own; /* each child knows its own shoppers, at least */
    if (apr_shm_create(&shm, sizeof(own), NULL, pconf) == APR_SUCCESS) {
        seen = apr_shm_baseaddr_get(shm);
        memset((void *)seen, 0, sizeof(own));
    }
}

void kl_warm_start(apr_pool_t *pchild, server_rec *s, kl_http_t *http)
{
    int threaded = 0;

    memset(&warm, 0, sizeof(warm));
    ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded);
    add_hosts(pchild, s);
    if (threaded == AP_MPMQ_NOT_SUPPORTED || warm.count == 0) {
        warm.count = 0;
        return;
    }
    warm.http = http;
    if (apr_thread_mutex_create(&warm.mutex, APR_THREAD_MUTEX_DEFAULT, pchild) != APR_SUCCESS
        || apr_thread_cond_create(&warm.wake, pchild) != APR_SUCCESS
        || apr_thread_create(&warm.thread, NULL, run, NULL, pchild) != APR_SUCCESS) {
        warm.count = 0;
        return;
    }
    apr_pool_pre_cleanup_register(pchild, NULL, stop);
}
