/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with the configuration, for configtest and the start. Each fault is said once,
 * however many virtual hosts inherit it. A setting that is wrong stops the start. What is wrong
 * with the machine (a file's owner) fails configtest only: it can be put right while httpd runs,
 * and a reload must not take the rest of the site down for it. The rest is advice, or a note.
 */
#ifndef KL_COMPLAINTS_H
#define KL_COMPLAINTS_H

#include <httpd.h>

typedef enum {
    KL_COMPLAINT_SETTING,
    KL_COMPLAINT_MACHINE,
    KL_COMPLAINT_ADVICE,
    KL_COMPLAINT_NOTE
} kl_complaint_t;

typedef struct kl_complaints_t kl_complaints_t;

/** None yet. @param p of this pass over the configuration */
kl_complaints_t *kl_complaints_make(apr_pool_t *p);

/** The pool that texts may live in. */
apr_pool_t *kl_complaints_pool(const kl_complaints_t *all);

/** Says it, unless that was said: text begins with its tag. */
void kl_complaints_add(kl_complaints_t *all, kl_complaint_t what, server_rec *s, const char *fmt,
                       ...) __attribute__((format(printf, 4, 5)));

/** 1 when httpd must not start, or configtest not pass. */
int kl_complaints_stop(const kl_complaints_t *all);

#endif
