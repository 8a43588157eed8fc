/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Per-child context; see child.h. A child that cannot make its HTTP engine logs why and answers
 * 503: exiting would make the parent fork forever.
 */
#include "child.h"

#include <ap_mpm.h>
#include <apr_general.h>
#include <apr_optional.h>
#include <apr_strings.h>
#include "api/http_curl.h"
#include "connections.h"
#include "klarna_module.h"
#include "service/paced.h"
#include "settings.h"
#include "store/store_dbd.h"
#include "service/waiters.h"
#include "warm.h"

/* Offered by the crash tests' module only: it dies at the step it was given. */
APR_DECLARE_OPTIONAL_FN(void, klarna_step, (const char *name));

static kl_http_t *http; /* of this process; set once in child_init */
static kl_paced_t *paced;
static APR_OPTIONAL_FN_TYPE(klarna_step) * step;

static kl_http_response_t not_made(kl_http_t *self, apr_pool_t *p, const kl_http_request_t *req)
{
    (void)self, (void)p, (void)req;
    return (kl_http_response_t){.delivery = KL_NOT_SENT,
                                .why = "the HTTP engine could not be made at start"};
}

static kl_http_t broken = {.exchange = not_made};

/* Virtual hosts with one database have its trouble in common. */
static kl_trouble_t *trouble_of(apr_pool_t *pchild, server_rec *first, server_rec *s)
{
    const kl_database_t *database = kl_settings_server(s)->database;

    for (; first != s; first = first->next) {
        if (kl_database_is_same(kl_settings_server(first)->database, database)) {
            return kl_settings_server(first)->trouble;
        }
    }
    return kl_trouble_make(pchild);
}

static void make_store(apr_pool_t *pchild, server_rec *first, server_rec *s)
{
    kl_server_settings_t *cfg = kl_settings_server(s);

    cfg->trouble = trouble_of(pchild, first, s);
    cfg->store = kl_store_dbd_make(pchild,
                                   kl_connections_make(pchild, s, cfg->database, cfg->trouble));
}

/* Each thread may hold a connection to Klarna at the same moment. Keeping fewer makes a busy
 * server connect anew for most of its calls. */
static int threads(server_rec *s)
{
    int n = 0;

    return (ap_mpm_query(AP_MPMQ_MAX_THREADS, &n) == APR_SUCCESS ? n : 0)
           + kl_settings_most_threads(s);
}

/* A quarter of the threads may wait for news: the others serve. */
static int waiters(void)
{
    int n = 0;

    ap_mpm_query(AP_MPMQ_MAX_THREADS, &n);
    return n < 8 ? 1 : n / 4;
}

static void pause_for(apr_interval_time_t t)
{
    apr_sleep(t);
}

void kl_child_init(apr_pool_t *pchild, server_rec *s)
{
    kl_server_settings_t *cfg = kl_settings_server(s);
    kl_error_t *err = kl_error_make(pchild);
    kl_http_curl_config_t curl = {0};

    step = APR_RETRIEVE_OPTIONAL_FN(klarna_step);
    kl_json_init();
    curl.ca_file = cfg->trust_store;
    curl.proxy = cfg->proxy ? cfg->proxy : "";
    curl.connect_timeout = kl_settings_connect_timeout(cfg);
    curl.max_idle = threads(s);
    if (kl_http_curl_make(&http, pchild, &curl, err) != KL_OK) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s, "KLA0010: Klarna cannot be called: %s",
                     err->detail);
        http = &broken;
    }
    else {
        kl_warm_start(pchild, s, http);
    }
    kl_waiters_init(pchild, waiters());
    paced = kl_paced_make(pchild, http, &(kl_paced_clock_t){apr_time_now, pause_for});
    for (server_rec *each = s; each; each = each->next) {
        make_store(pchild, s, each);
    }
}

static int random_bytes(unsigned char *buf, apr_size_t len)
{
    return apr_generate_random_bytes(buf, len) == APR_SUCCESS;
}

static void give_departments(kl_service_t *svc, const kl_server_settings_t *cfg,
                             const kl_account_t *account)
{
    const kl_account_settings_t *store =
        kl_settings_store_of(cfg, kl_settings_account(cfg, account->name));

    svc->departments = (const kl_department_t *const *)store->departments->elts;
    svc->departments_n = store->departments->nelts;
}

void kl_child_service(kl_service_t *svc, apr_pool_t *p, server_rec *s, const kl_account_t *account,
                      const char *actor)
{
    kl_server_settings_t *cfg = kl_settings_server(s);

    svc->p = p;
    svc->store = cfg->store;
    svc->http = paced ? kl_paced_http(paced, KL_PACE_PERSON) : http;
    svc->account = account;
    svc->accounts = NULL;
    svc->accounts_n = 0;
    give_departments(svc, cfg, account);
    svc->actor = actor;
    svc->callback_base = cfg->callback_base ? cfg->callback_base : "";
    svc->timeout = kl_settings_timeout(cfg);
    svc->auto_extend = cfg->auto_extend == 1;
    svc->retention = kl_settings_retention(cfg);
    svc->now = apr_time_now;
    svc->sleep = pause_for;
    svc->random = random_bytes;
    svc->tell = kl_waiters_tell;
    svc->step = step;
}

void kl_child_worker_service(kl_service_t *svc, apr_pool_t *p, server_rec *s,
                             const kl_account_t *account)
{
    kl_child_service(svc, p, s, account, "worker");
    svc->http = paced ? kl_paced_http(paced, KL_PACE_WORKER) : http;
}

apr_interval_time_t kl_child_worker_waits(const kl_account_t *account)
{
    return paced ? kl_paced_wait(paced, account) : 0;
}

void kl_child_expect_payment(const kl_account_t *account)
{
    kl_warm_expect(account);
}

const char *kl_child_http_version(apr_pool_t *p)
{
    return kl_http_curl_version(p);
}
