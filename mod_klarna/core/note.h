/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the shop's people put on an order for each other: notes, and labels by which it is listed.
 * Klarna is told none of it.
 */
#ifndef KL_NOTE_H
#define KL_NOTE_H

#include <apr_tables.h>
#include <apr_time.h>

#define KL_MAX_NOTE 2000 /* bytes */
#define KL_MAX_NOTES 100 /* of an order */
#define KL_MAX_TAG 32    /* bytes */
#define KL_MAX_TAGS 10   /* of an order */
#define KL_LABEL_TAG "tag"

typedef struct kl_note_t {
    const char *id, *order_id, *account, *actor, *text;
    apr_time_t created_at;
} kl_note_t;

/* Labels of one kind on one order. */
typedef struct kl_labels_t {
    const char *kind, *account, *order_id;
    apr_time_t created_at;            /* the order's */
    const apr_array_header_t *values; /* of const char * */
} kl_labels_t;

typedef struct kl_label_t {
    const char *order_id, *value;
} kl_label_t;

/* How many orders have it. */
typedef struct kl_label_count_t {
    const char *value;
    int count;
} kl_label_count_t;

#endif
