/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running one statement on a borrowed connection, with everything mod_dbd and the three
 * drivers need to be told: prepare lazily, prepare again once what went stale, believe
 * affected rows only after a return code of zero, read every row, copy every value.
 * What a driver says about an error may hold data: it goes to the log callback with its
 * quoted parts blanked, never into a kl_error_t.
 */
#ifndef KL_DBD_RUN_H
#define KL_DBD_RUN_H

#include "store/dbd_fault.h"
#include "store/statements.h"
#include "store/store_dbd.h"

typedef struct kl_dbd_t {
    kl_connections_t *connections;
    ap_dbd_t *conn;
    kl_dialect_t dialect;
    apr_pool_t *scratch; /* what drivers allocate; gone at kl_dbd_run_close */
    kl_error_t *err;
    const char *label;          /* of the statement that ran last */
    apr_dbd_results_t *results; /* of the select that ran last */
    apr_dbd_row_t *row;
    int rownum;
    int failed;       /* a row could not be read to its end */
    kl_fault_t fault; /* what the last error was about */
} kl_dbd_t;

/**
 * Borrows a connection; tries a second time when there was none.
 * @param p only the parent of what is freed by kl_dbd_run_close
 * @return KL_OK, or KL_UNAVAILABLE "store": then nothing is to be closed.
 */
kl_kind_t kl_dbd_run_open(kl_dbd_t *db, kl_connections_t *connections, apr_pool_t *p,
                          kl_error_t *err);

/** Gives the connection back and frees what the drivers allocated. */
void kl_dbd_run_close(kl_dbd_t *db);

/**
 * Runs a statement that changes rows.
 * @param values in the statement's order: const char *, const apr_int64_t *, const int *
 * @param changed rows, 0 or more; set only when KL_OK is returned
 * @return KL_OK, or KL_UNAVAILABLE "store": nothing is known to have been changed, but when
 *   the connection broke in the middle it may have been.
 */
kl_kind_t kl_dbd_run_change(kl_dbd_t *db, kl_sql_t id, const void **values, int *changed);

/** As kl_dbd_run_change for an insert: a taken key changes no row and is no error. */
kl_kind_t kl_dbd_run_insert(kl_dbd_t *db, kl_sql_t id, const void **values, int *changed);

/** When this process last stored anything, in seconds; 0: a change has failed since. */
apr_uint32_t kl_dbd_run_stored_at(const kl_dbd_t *db);

/** Runs a select; its rows are then read with kl_dbd_run_next until that returns 0. */
kl_kind_t kl_dbd_run_select(kl_dbd_t *db, kl_sql_t id, const void **values);
/** The same with a statement that was put together (text_builder.h), whose label is its own. */
kl_kind_t kl_dbd_run_select_made(kl_dbd_t *db, const kl_statement_t *text, const void **values);

/** 1 when there is another row; 0 at the end or when it cannot be read (kl_dbd_run_end says why).
 */
int kl_dbd_run_next(kl_dbd_t *db);

/** KL_OK, or KL_UNAVAILABLE "store" when any row or value could not be read. */
kl_kind_t kl_dbd_run_end(kl_dbd_t *db);

/* A value of the present row by column number, counted from 0. Text is copied into p. */
const char *kl_dbd_run_text(kl_dbd_t *db, apr_pool_t *p, int column);
apr_int64_t kl_dbd_run_int64(kl_dbd_t *db, int column);
int kl_dbd_run_int(kl_dbd_t *db, int column);

#endif
