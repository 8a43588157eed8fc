/* SPDX-License-Identifier: Apache-2.0 */
/* See database_check.h. */
#include <apr_dbd.h>

#include "database_check.h"

#include <ap_mpm.h>
#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_user.h>
#include <http_config.h>
#include <http_log.h>
#include <string.h>
#include "as_user.h"
#include "conftree.h"
#include "klarna_module.h"

#define MAX_WHY 120

static const char *const drivers[] = {"sqlite3", "pgsql", "mysql", NULL};

static int is_known(const char *driver)
{
    int i = 0;

    while (drivers[i] && strcmp(drivers[i], driver) != 0) {
        i++;
    }
    return drivers[i] != NULL;
}

/* --- the driver --------------------------------------------------------------------------------
 */

static int is_used(void)
{
    const ap_directive_t *line = ap_conftree;

    while (line && strncasecmp(line->directive, "Klarna", 6) != 0) {
        line = kl_conftree_after(line);
    }
    return line != NULL;
}

static const char *cure_of(apr_pool_t *p, const char *driver)
{
    return is_known(driver)
               ? apr_psprintf(p,
                              "is not installed: install its package, on Debian with apt-get "
                              "install libaprutil1-dbd-%s",
                              driver)
               : "is not supported: use sqlite3, pgsql or mysql";
}

void kl_database_check_driver(apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const apr_dbd_driver_t *driver;

    apr_dbd_init(pconf);
    for (const ap_directive_t *line = is_used() ? ap_conftree : NULL; line;
         line = kl_conftree_after(line)) {
        const char *name = kl_conftree_says(line, "DBDriver") ? kl_conftree_argument(ptemp, line)
                                                              : NULL;

        if (name && apr_dbd_get_driver(pconf, name, &driver) != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, 0, NULL, "KLA0013: %s line %d: DBDriver %s %s",
                         line->filename, line->line_num, name, cure_of(ptemp, name));
            return;
        }
    }
}

/* NULL, or what is wrong with the lines themselves. */
static const char *check_lines(apr_pool_t *p, const kl_database_t *database)
{
    if (!database->driver) {
        return "DBDriver is missing: add DBDriver sqlite3 (or pgsql, mysql) and DBDParams";
    }
    if (!is_known(database->driver)) {
        return apr_psprintf(p, "DBDriver %s is not supported: use sqlite3, pgsql or mysql",
                            database->driver);
    }
    if (!database->params) {
        return kl_database_is_file(database)
                   ? "DBDParams is missing: add the path of the database file, such as DBDParams "
                     "/var/lib/klarna/klarna.db"
                   : "DBDParams is missing: add the database, such as DBDParams \"host=... "
                     "dbname=klarna user=klarna\"";
    }
    if (kl_database_is_file(database) && database->params[0] != '/') {
        return apr_psprintf(p,
                            "DBDParams %s is no absolute path: httpd has no folder of its own in "
                            "which to look for it; write it from / on",
                            database->params);
    }
    if (database->min > database->keep || database->keep > database->max) {
        return apr_psprintf(p,
                            "DBDMin %d, DBDKeep %d, DBDMax %d: mod_dbd opens no connection unless "
                            "each is at most the next; set DBDKeep and DBDMax to the same number",
                            database->min, database->keep, database->max);
    }
    return NULL;
}

/* --- the file ----------------------------------------------------------------------------------
 */

static const char *reason(apr_pool_t *p, apr_status_t rv)
{
    char text[MAX_WHY];

    return apr_pstrdup(p, apr_strerror(rv, text, sizeof(text)));
}

static const char *owner_of(apr_pool_t *p, const apr_finfo_t *info)
{
    char *name = NULL;

    return apr_uid_name_get(&name, info->user, p) == APR_SUCCESS ? name : "nobody known";
}

/* NULL, or why the file cannot be used. Beside it SQLite keeps two files of its own. */
static const char *check_file(apr_pool_t *p, const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", NULL};

    for (int i = 0; ends[i]; i++) {
        const char *file = apr_pstrcat(p, path, ends[i], NULL);
        const char *user = kl_as_user_name(p);
        apr_finfo_t info;
        apr_status_t rv;

        if (apr_stat(&info, file, APR_FINFO_OWNER, p) != APR_SUCCESS) {
            continue;
        }
        rv = kl_as_user_open(file);
        if (rv != APR_SUCCESS) {
            return apr_psprintf(p,
                                "%s belongs to %s, and %s, as which httpd runs, cannot write it "
                                "(%s): run chown %s %s",
                                file, owner_of(p, &info), user, reason(p, rv), user, file);
        }
    }
    return NULL;
}

/* NULL, or why no file can be there: SQLite makes more files beside it. */
static const char *check_folder(apr_pool_t *p, const char *path)
{
    const char *folder = apr_pstrmemdup(p, path, strrchr(path, '/') - path + 1);
    const char *user = kl_as_user_name(p);
    apr_finfo_t info;
    apr_status_t rv = apr_stat(&info, folder, APR_FINFO_OWNER, p);

    if (rv != APR_SUCCESS) {
        return apr_psprintf(p,
                            "the folder %s cannot be reached (%s): run install -d -o %s -m 750 %s, "
                            "then klarna-schema sqlite3 %s",
                            folder, reason(p, rv), user, folder, path);
    }
    rv = kl_as_user_enter(folder);
    if (rv != APR_SUCCESS) {
        return apr_psprintf(p,
                            "the folder %s belongs to %s, and %s, as which httpd runs, cannot "
                            "write there (%s): run chown %s %s",
                            folder, owner_of(p, &info), user, reason(p, rv), user, folder);
    }
    if (apr_stat(&info, path, APR_FINFO_TYPE, p) != APR_SUCCESS) {
        return apr_psprintf(p,
                            "there is no file %s: make the tables with klarna-schema sqlite3 %s, "
                            "then run chown %s %s",
                            path, path, user, path);
    }
    return NULL;
}

/* --- what SQLite is told -----------------------------------------------------------------------
 */

/* The value of a PRAGMA in the statements that each connection begins with, or "". */
static const char *pragma(apr_pool_t *p, const char *init, const char *name)
{
    char *text = apr_pstrdup(p, init);
    const char *found;

    ap_str_tolower(text);
    found = strstr(text, name);
    if (!found) {
        return "";
    }
    found += strlen(name);
    found += strspn(found, " =(");
    return apr_pstrmemdup(p, found, strspn(found, "abcdefghijklmnopqrstuvwxyz0123456789"));
}

static int is_durable(const char *synchronous)
{
    return strcmp(synchronous, "full") == 0 || strcmp(synchronous, "extra") == 0
           || strcmp(synchronous, "2") == 0 || strcmp(synchronous, "3") == 0;
}

static void check_pragmas(kl_complaints_t *wrong, server_rec *s, const kl_database_t *database)
{
    apr_pool_t *p = kl_complaints_pool(wrong);
    const char *synchronous = pragma(p, database->init, "synchronous");

    if (!is_durable(synchronous)) {
        kl_complaints_add(wrong, KL_COMPLAINT_ADVICE, s,
                          "KLA0015: DBDInitSQL %s%s: after a power cut the database may not know "
                          "what was paid: set DBDInitSQL \"PRAGMA synchronous=FULL; PRAGMA "
                          "busy_timeout=500\" in one string",
                          synchronous[0] ? "has PRAGMA synchronous=" : "has no PRAGMA synchronous",
                          synchronous);
    }
    if (!pragma(p, database->init, "busy_timeout")[0]) {
        kl_complaints_add(wrong, KL_COMPLAINT_ADVICE, s,
                          "KLA0016: DBDInitSQL has no PRAGMA busy_timeout: payments that write at "
                          "the same moment wait longer than they must: set DBDInitSQL \"PRAGMA "
                          "synchronous=FULL; PRAGMA busy_timeout=500\" in one string");
    }
}

static void check_processes(kl_complaints_t *wrong, server_rec *s)
{
    int threaded = 0, children = 0;

    ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded);
    ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &children);
    if (threaded == AP_MPMQ_NOT_SUPPORTED) {
        kl_complaints_add(wrong, KL_COMPLAINT_ADVICE, s,
                          "KLA0017: mpm_prefork with SQLite: up to %d processes write one file and "
                          "wait for each other: use mpm_event (a2dismod mpm_prefork; a2enmod "
                          "mpm_event) with one child, or PostgreSQL or MariaDB",
                          children);
    }
    else if (children > 1) {
        kl_complaints_add(wrong, KL_COMPLAINT_ADVICE, s,
                          "KLA0018: SQLite with up to %d child processes, which write one file and "
                          "wait for each other: set MaxRequestWorkers to ThreadsPerChild for one "
                          "child, or use PostgreSQL or MariaDB",
                          children);
    }
}

void kl_database_check(kl_complaints_t *wrong, server_rec *s, const kl_database_t *database)
{
    apr_pool_t *p = kl_complaints_pool(wrong);
    const char *why = check_lines(p, database);

    if (why) {
        kl_complaints_add(wrong, KL_COMPLAINT_SETTING, s, "KLA0014: %s", why);
        return;
    }
    if (!kl_database_is_file(database)) {
        return;
    }
    why = check_folder(p, database->params);
    why = why ? why : check_file(p, database->params);
    if (why) {
        kl_complaints_add(wrong, KL_COMPLAINT_MACHINE, s, "KLA0019: DBDParams: %s", why);
    }
    check_pragmas(wrong, s, database);
    check_processes(wrong, s);
}
