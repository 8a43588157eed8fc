/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The prepared statements of one connection, kept in ap_dbd_t.prepared under their labels,
 * each in a pool of its own below the connection's.
 *
 * PostgreSQL keeps a prepared statement in the server's session under a name. That session is
 * not always the connection's own: it is lost when the server restarts, and a pooler (PgBouncer
 * in transaction mode) lends another one for each transaction. So a name may be missing, or be
 * there although this connection never made it. The name carries a hash of the text: what is
 * there already is the same statement. After a failure the text is sent without a name once,
 * and always on that connection when the name keeps failing.
 */
#ifndef KL_DBD_PREPARED_H
#define KL_DBD_PREPARED_H

#include "store/dbd_run.h"

typedef struct kl_dbd_prepared_t {
    apr_dbd_prepared_t *statement;
    apr_pool_t *pool; /* this struct's own */
    const char *name; /* in PostgreSQL's session; NULL: none */
    int faults;       /* of the name, in a row */
    int settled;      /* 0: the next call tries the name again */
} kl_dbd_prepared_t;

/**
 * The statement with the label db->label, prepared at its first use.
 * @param again after a failed run: prepared afresh, in PostgreSQL without a name
 * @param out lives until the next call for this label; NULL when this one fails
 * @return 0 or the driver's code
 */
int kl_dbd_prepared_get(kl_dbd_t *db, const kl_statement_t *text, int again,
                        kl_dbd_prepared_t **out);

/** Gives up all of them: the connection is about to be opened again. */
void kl_dbd_prepared_forget(kl_dbd_t *db);

/** 1 when the run that just failed with rc did so because the session has no such name, so that
 *  nothing was executed. */
int kl_dbd_prepared_is_missing(const kl_dbd_t *db, const kl_dbd_prepared_t *prepared, int rc);

/** The run went well under its name. */
void kl_dbd_prepared_held(kl_dbd_prepared_t *prepared);

/** The run failed under its name, and went well without.
 *  @param missing what kl_dbd_prepared_is_missing said */
void kl_dbd_prepared_failed(kl_dbd_prepared_t *prepared, int missing);

#endif
