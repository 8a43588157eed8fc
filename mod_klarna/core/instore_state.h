/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna's states of an in-store payment become ours here and nowhere else. Klarna has other words
 * for each way; whatever is new or unclear in them counts as open, because an end that is taken
 * back would have told the till that nothing was paid.
 */
#ifndef KL_INSTORE_STATE_H
#define KL_INSTORE_STATE_H

#include "core/instore.h"

/* In place of Klarna's word: it knows no such session (any more). */
#define KL_INSTORE_GONE "404"

/* What Klarna shows of it. Strings are never NULL: "" means not told. */
typedef struct kl_instore_seen_t {
    const char *word;       /* Klarna's, or KL_INSTORE_GONE */
    const char *error_code; /* Klarna's, of a QR session that failed */
    const char *link;       /* what the customer opens */
    const char *qr_url;     /* Klarna's picture of it */
    const char *order_id, *klarna_reference;
    apr_time_t link_until; /* 0 = not told */
} kl_instore_seen_t;

/**
 * Folds in what Klarna shows: state, reason, who ended it, link and its end, when it was completed.
 * It never leaves a final state, and never goes back to WAITING: what the customer has opened stays
 * as it is. Strings of seen are borrowed, so they must live as long as instore; what is made is
 * in p.
 * @return 1 when anything has changed
 */
int kl_instore_state_fold(apr_pool_t *p, kl_instore_t *instore, const kl_instore_seen_t *seen,
                          apr_time_t now);

/** How long Klarna keeps a session of that way, for when it does not say. */
apr_interval_time_t kl_instore_state_life(kl_way_t way);

#endif
