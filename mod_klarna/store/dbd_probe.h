/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the database can be written, found out by writing: one row of its own in klarna_worker,
 * which no account has, is written over. While this process stores other things it need not be
 * done, and however often it is asked for, it is done once a second at most: in between, and while
 * another thread does it, the last answer holds.
 */
#ifndef KL_DBD_PROBE_H
#define KL_DBD_PROBE_H

#include <apr_thread_mutex.h>

#include "core/error.h"
#include "store/dbd_run.h"

#define KL_PROBE_WORDS 400 /* bytes of a sentence and of its cure */

typedef struct kl_dbd_probe_t {
    apr_thread_mutex_t *mutex; /* held by who writes */
    volatile apr_uint32_t at;  /* seconds: the last answer */
    volatile apr_uint32_t bad; /* 1: that was no */
    apr_thread_mutex_t *words; /* guards what follows */
    const char *reason;
    char detail[KL_PROBE_WORDS], next[KL_PROBE_WORDS];
} kl_dbd_probe_t;

kl_dbd_probe_t *kl_dbd_probe_make(apr_pool_t *p);

/** On a borrowed connection. @return KL_OK or KL_UNAVAILABLE "store" */
kl_kind_t kl_dbd_probe_write(kl_dbd_probe_t *probe, kl_dbd_t *db);

#endif
