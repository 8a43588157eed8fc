/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is the matter with a database, told from the driver's code and words, with the cure for
 * whoever runs it. SQLite's words are always English, MariaDB has codes; PostgreSQL's driver has
 * neither, so that its words are known in English only, and anything else is KL_FAULT_OTHER.
 */
#ifndef KL_DBD_FAULT_H
#define KL_DBD_FAULT_H

#include "store/statements.h"

typedef enum {
    KL_FAULT_OTHER,
    KL_FAULT_NO_TABLE,  /* a table or a column of ours is missing */
    KL_FAULT_READ_ONLY, /* the file, a standby, or what the server was told */
    KL_FAULT_DENIED,    /* to this user */
    KL_FAULT_BUSY,      /* someone else has held a lock for too long */
    KL_FAULT_FULL,      /* the disk */
    KL_FAULT_CLOSED,    /* the file or one beside it cannot be opened */
    KL_FAULT_DAMAGED,   /* no database, or not any more */
    KL_FAULTS
} kl_fault_t;

/** @param text the driver's, may be NULL */
kl_fault_t kl_dbd_fault_of(kl_dialect_t dialect, int rc, const char *text);

/** Its slug ("read_only"), a sentence, and what the administrator does about it. */
const char *kl_dbd_fault_name(kl_fault_t fault);
const char *kl_dbd_fault_sentence(kl_fault_t fault);
const char *kl_dbd_fault_cure(kl_fault_t fault, kl_dialect_t dialect);

/** 1 when a connection keeps the fault after its cause is gone, as one does that was opened while
 * the file could not be written, or before it was replaced. Nothing was executed then. */
int kl_dbd_fault_sticks(kl_fault_t fault, kl_dialect_t dialect);

#endif
