/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module's settings: per server (accounts, time-outs) and per Location (which account).
 * Made at configuration time in the configuration pool and read-only afterwards, but for
 * what child_init hangs on it in its own process.
 */
#ifndef KL_SETTINGS_H
#define KL_SETTINGS_H

#include <apr_hash.h>
#include <httpd.h>
#include <http_config.h>
#include "api/signed_cart.h"
#include "api/account.h"
#include "core/department.h"
#include "core/order_link.h"
#include "database.h"
#include "store/store.h"
#include "trouble.h"

#define KL_DEFAULT_STORE "default"

/* One merchant account: a <KlarnaStore> container, the directives outside of any, or a
 * <KlarnaDepartment> with credentials of its own. */
typedef struct kl_account_settings_t {
    kl_account_t account; /* complete after kl_check_settings */
    int has_environment, has_region;
    const char *source;   /* KlarnaCredentials as given, without a program's command line */
    const char *endpoint; /* KlarnaEndpoint, NULL = Klarna's own host */
    apr_array_header_t *cart_keys; /* of kl_cart_key_t */
    const char *store;             /* the store of the department whose account this is, or NULL */
    apr_array_header_t *departments; /* of kl_department_t *, in the order of the configuration */
} kl_account_settings_t;

typedef struct kl_server_settings_t {
    apr_hash_t *accounts;                /* name -> kl_account_settings_t * */
    apr_array_header_t *used;            /* of const char *: the names given to KlarnaUseStore */
    kl_account_settings_t *open;         /* the container being read, NULL outside */
    kl_department_t *open_department;    /* the same */
    apr_interval_time_t timeout;         /* -1 = unset */
    apr_interval_time_t connect_timeout; /* -1 = unset */
    const char *trust_store;             /* file, NULL = the system's */
    const char *proxy;                   /* NULL = unset, "" = none */
    const char *callback_base;           /* NULL = unset */
    int worker;                          /* KlarnaWorker: threads, 0 = off, -1 = unset (on) */
    int auto_extend;                     /* KlarnaAutoExtend: 1, 0, -1 = unset (off) */
    int retention;                       /* KlarnaRetention: days, -1 = unset */
    apr_array_header_t *links;           /* of kl_order_link_t: KlarnaOrderLink, NULL = none */
    kl_database_t *database;             /* mod_dbd's settings, after kl_check_settings */
    kl_store_t *store;                   /* set in child_init */
    kl_trouble_t *trouble;               /* the database's, set in child_init */
} kl_server_settings_t;

typedef struct kl_location_settings_t {
    apr_array_header_t *stores; /* of const char *: KlarnaUseStore, NULL = "default" */
} kl_location_settings_t;

/* Three accounts at Klarna's limit of 200 calls a second keep about 30 calls of 50 ms in flight. */
#define KL_WORKER_THREADS_DEFAULT 32
#define KL_TIMEOUT_DEFAULT apr_time_from_sec(20)
#define KL_CONNECT_TIMEOUT_DEFAULT apr_time_from_sec(5)

void *kl_settings_server_make(apr_pool_t *p, server_rec *s);
void *kl_settings_server_merge(apr_pool_t *p, void *base, void *add);
void *kl_settings_location_make(apr_pool_t *p, char *path);
void *kl_settings_location_merge(apr_pool_t *p, void *base, void *add);

kl_server_settings_t *kl_settings_server(server_rec *s);
kl_location_settings_t *kl_settings_location(request_rec *r);

apr_interval_time_t kl_settings_timeout(const kl_server_settings_t *cfg);
apr_interval_time_t kl_settings_connect_timeout(const kl_server_settings_t *cfg);
apr_interval_time_t kl_settings_retention(const kl_server_settings_t *cfg);
/** Threads of the background worker in each process; 0 when it is off. */
int kl_settings_worker_threads(const kl_server_settings_t *cfg);
/** The most that any server asks for. */
int kl_settings_most_threads(server_rec *s);

/** The account by name, or NULL. */
kl_account_settings_t *kl_settings_account(const kl_server_settings_t *cfg, const char *name);
/** The same, made in p when it is new. */
kl_account_settings_t *kl_settings_account_made(apr_pool_t *p, kl_server_settings_t *cfg,
                                                const char *name);
/** The store that an account belongs to: itself, or that of the department whose it is. */
kl_account_settings_t *kl_settings_store_of(const kl_server_settings_t *cfg,
                                            kl_account_settings_t *account);

/** The command table (directives.c). */
extern const command_rec kl_directives[];

#endif
