/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call to Klarna led to, as far as its answer shows.
 */
#ifndef KL_MEANING_H
#define KL_MEANING_H

typedef enum {
    KL_MEANS_DONE,     /* 2xx: executed */
    KL_MEANS_REFUSED,  /* Klarna's own no: not executed, and will not be */
    KL_MEANS_NOT_DONE, /* certainly not executed this time (429, 401, edge 403, not sent) */
    KL_MEANS_UNKNOWN   /* 5xx, lost, unreadable */
} kl_meaning_t;

#endif
