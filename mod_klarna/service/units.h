/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the background worker does, as a table of units: for each, what is due and how one of
 * it is worked on. Any worker of any host may take any of it; the compare-and-set of its first
 * save decides who does. In which order, and when to stop, is round.c's business.
 */
#ifndef KL_UNITS_H
#define KL_UNITS_H

#include "service/unit.h"

typedef struct kl_unit_t {
    const char *name;
    /** The account's due things, the longest due first, at most limit. *out: of kl_due_t. */
    kl_kind_t (*due)(kl_service_t *svc, int limit, apr_array_header_t **out, kl_error_t *err);
    /** Works on one of them; may call Klarna. An error that kl_unit_is_outage knows says that the
     *  rest of what is due would meet the same. */
    kl_kind_t (*work)(kl_service_t *svc, void *item, kl_told_t *told, kl_error_t *err);
} kl_unit_t;

/** The most urgent first: what a person asked for, then what shoppers' callbacks left, then a share
 *  of what has had its time, then what is only read. Ends with a name that is NULL. */
extern const kl_unit_t kl_units[];

/** Runs one operation that is due as far as it gets. Calls Klarna. */
kl_kind_t kl_units_operation(kl_service_t *svc, kl_operation_t **op, kl_error_t *err);

#endif
