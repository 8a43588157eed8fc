/* SPDX-License-Identifier: Apache-2.0 */
/* See dbd_fault.h. */
#include "store/dbd_fault.h"

#include <string.h>

#define ANY "" /* stands in every text */

/* Both parts must stand in the text. */
typedef struct words_t {
    const char *one, *two;
    kl_fault_t fault;
} words_t;

typedef struct code_t {
    int rc;
    kl_fault_t fault;
} code_t;

static const words_t sqlite_words[] = {{"readonly database", ANY, KL_FAULT_READ_ONLY},
                                       {"unable to open database", ANY, KL_FAULT_CLOSED},
                                       {"disk is full", ANY, KL_FAULT_FULL},
                                       {"is locked", ANY, KL_FAULT_BUSY},
                                       {"no such table", ANY, KL_FAULT_NO_TABLE},
                                       {"no such column", ANY, KL_FAULT_NO_TABLE},
                                       {"has no column", ANY, KL_FAULT_NO_TABLE},
                                       {"not a database", ANY, KL_FAULT_DAMAGED},
                                       {"malformed", ANY, KL_FAULT_DAMAGED},
                                       {"disk I/O error", ANY, KL_FAULT_DAMAGED},
                                       {NULL, NULL, KL_FAULT_OTHER}};

static const words_t pgsql_words[] = {{"read-only transaction", ANY, KL_FAULT_READ_ONLY},
                                      {"permission denied", ANY, KL_FAULT_DENIED},
                                      {"No space left", ANY, KL_FAULT_FULL},
                                      {"disk full", ANY, KL_FAULT_FULL},
                                      {"could not extend file", ANY, KL_FAULT_FULL},
                                      {"lock timeout", ANY, KL_FAULT_BUSY},
                                      {"statement timeout", ANY, KL_FAULT_BUSY},
                                      {"relation \"", "does not exist", KL_FAULT_NO_TABLE},
                                      {"column ", "does not exist", KL_FAULT_NO_TABLE},
                                      {"invalid page", ANY, KL_FAULT_DAMAGED},
                                      {"could not read block", ANY, KL_FAULT_DAMAGED},
                                      {NULL, NULL, KL_FAULT_OTHER}};

/* The system's error number stands in the text. */
static const words_t mysql_words[] = {{"rror: 28", ANY, KL_FAULT_FULL},
                                      {"rrcode: 28", ANY, KL_FAULT_FULL},
                                      {NULL, NULL, KL_FAULT_OTHER}};

static const code_t mysql_codes[] = {
    {1290, KL_FAULT_READ_ONLY}, /* --read-only */
    {1792, KL_FAULT_READ_ONLY}, /* a read-only transaction */
    {1836, KL_FAULT_READ_ONLY}, {1142, KL_FAULT_DENIED},  {1143, KL_FAULT_DENIED},
    {1044, KL_FAULT_DENIED},    {1227, KL_FAULT_DENIED},  {1146, KL_FAULT_NO_TABLE},
    {1054, KL_FAULT_NO_TABLE},  {1205, KL_FAULT_BUSY},    {1213, KL_FAULT_BUSY},
    {1223, KL_FAULT_BUSY}, /* FLUSH TABLES WITH READ LOCK */
    {1969, KL_FAULT_BUSY}, /* max_statement_time */
    {1021, KL_FAULT_FULL},      {1114, KL_FAULT_FULL},    {1034, KL_FAULT_DAMAGED},
    {1194, KL_FAULT_DAMAGED},   {1712, KL_FAULT_DAMAGED}, {0, KL_FAULT_OTHER},
};

static kl_fault_t by_words(const words_t *words, const char *text)
{
    while (words->one && !(strstr(text, words->one) && strstr(text, words->two))) {
        words++;
    }
    return words->fault;
}

static kl_fault_t by_code(int rc)
{
    const code_t *code = mysql_codes;

    while (code->rc && code->rc != rc) {
        code++;
    }
    return code->fault;
}

kl_fault_t kl_dbd_fault_of(kl_dialect_t dialect, int rc, const char *text)
{
    kl_fault_t fault = KL_FAULT_OTHER;

    text = text ? text : "";
    if (dialect == KL_DIALECT_SQLITE3) {
        return by_words(sqlite_words, text);
    }
    if (dialect == KL_DIALECT_PGSQL) {
        return by_words(pgsql_words, text);
    }
    fault = by_code(rc);
    return fault == KL_FAULT_OTHER ? by_words(mysql_words, text) : fault;
}

const char *kl_dbd_fault_name(kl_fault_t fault)
{
    static const char *const names[] =
        {[KL_FAULT_OTHER] = "database_error",   [KL_FAULT_NO_TABLE] = "no_table",
         [KL_FAULT_READ_ONLY] = "read_only",    [KL_FAULT_DENIED] = "database_denied",
         [KL_FAULT_BUSY] = "database_busy",     [KL_FAULT_FULL] = "disk_full",
         [KL_FAULT_CLOSED] = "file_not_opened", [KL_FAULT_DAMAGED] = "database_damaged"};

    return names[fault];
}

const char *kl_dbd_fault_sentence(kl_fault_t fault)
{
    static const char *const sentences[] =
        {[KL_FAULT_OTHER] = "The database could not carry this out",
         [KL_FAULT_NO_TABLE] = "A table of mod_klarna's is missing, or is another version's",
         [KL_FAULT_READ_ONLY] = "The database can be read and not be written",
         [KL_FAULT_DENIED] = "The user in DBDParams may not do this in the database",
         [KL_FAULT_BUSY] = "The database is busy: somebody else has held a lock for too long",
         [KL_FAULT_FULL] = "The disk with the database is full",
         [KL_FAULT_CLOSED] = "The database file, or one beside it, cannot be opened",
         [KL_FAULT_DAMAGED] = "The file is no database, or is damaged, or its disk fails"};

    return sentences[fault];
}

/* What is the same for all three stands alone. */
static const char *const cures[KL_FAULTS][KL_DIALECTS] = {
    [KL_FAULT_OTHER] = {"Look into the server's error log, which has the database's own words."},
    [KL_FAULT_NO_TABLE] = {"Run klarna-schema sqlite3 on the file that DBDParams names.",
                           "Run klarna-schema pgsql on the database that DBDParams names.",
                           "Run klarna-schema mysql on the database that DBDParams names."},
    [KL_FAULT_READ_ONLY] =
        {"Give the file and its folder to the user that httpd runs as (apachectl configtest names "
         "them), or mount its disk for writing. httpd needs no restart.",
         "Let DBDParams name the primary (target_session_attrs=read-write), or end what makes the "
         "database read-only (default_transaction_read_only). httpd needs no restart.",
         "Let DBDParams name the server that takes writes, or set its read_only to OFF. httpd "
         "needs no restart."},
    [KL_FAULT_DENIED] = {"Look into the server's error log, which has the database's own words.",
                         "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public to "
                         "that user.",
                         "GRANT SELECT, INSERT, UPDATE, DELETE on that database to that user."},
    [KL_FAULT_BUSY] =
        {"End what holds it: another program with the file open (fuser names it), such as a "
         "backup.",
         "End what holds it: pg_stat_activity and pg_locks name it.",
         "End what holds it: SHOW PROCESSLIST and SHOW ENGINE INNODB STATUS name it."},
    [KL_FAULT_FULL] = {"Make room on that disk (df shows it). httpd needs no restart."},
    [KL_FAULT_CLOSED] =
        {"See that folder and file are there and belong to the user that httpd runs "
         "as (apachectl configtest names them). httpd needs no restart."},
    [KL_FAULT_DAMAGED] = {"Stop httpd, check the disk and the database (SQLite: PRAGMA "
                          "integrity_check), and restore the last backup if it is damaged. What is "
                          "missing then is found at Klarna."},
};

const char *kl_dbd_fault_cure(kl_fault_t fault, kl_dialect_t dialect)
{
    const char *cure = cures[fault][dialect];

    return cure ? cure : cures[fault][KL_DIALECT_SQLITE3];
}

int kl_dbd_fault_sticks(kl_fault_t fault, kl_dialect_t dialect)
{
    return fault == KL_FAULT_READ_ONLY || fault == KL_FAULT_CLOSED
           || (fault == KL_FAULT_NO_TABLE && dialect == KL_DIALECT_SQLITE3)
           || (fault == KL_FAULT_DENIED && dialect == KL_DIALECT_MYSQL);
}
