/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the worker's units have in common: the thing that is due, the line that the operator reads
 * of it, and whether a failure is one that the next would meet as well.
 */
#ifndef KL_UNIT_H
#define KL_UNIT_H

#include "service/service.h"

/* One thing that is due. */
typedef struct kl_due_t {
    const char *id;
    void *item;
} kl_due_t;

/* A line for the operator's log. */
typedef enum { KL_TOLD_INFO, KL_TOLD_WARNING } kl_told_level_t;
typedef struct kl_told_t {
    kl_told_level_t level;
    int database;     /* 1: it is the database's fault */
    const char *text; /* begins with its tag; NULL: nothing to say */
} kl_told_t;

/** Says it, in p. */
void kl_unit_tell(kl_told_t *told, apr_pool_t *p, kl_told_level_t level, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** 1 when Klarna or the database cannot be asked now. */
int kl_unit_is_outage(kl_kind_t kind);

#endif
