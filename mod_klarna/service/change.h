/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one door through which a stored order changes. A change is a function from the order as it
 * stands to the order as it should be; what must happen at every change happens here: the
 * invariants are checked, what the order can be found by is stored, the worker's next look is set,
 * the row is saved by compare-and-set, and everything is done again from the order as it stands if
 * someone else was quicker.
 */
#ifndef KL_CHANGE_H
#define KL_CHANGE_H

#include "core/schedule.h"
#include "service/service.h"

typedef struct kl_change_t kl_change_t;
struct kl_change_t {
    /** Changes order in memory; changes and reads nothing else. May set `look` and `nothing`. */
    kl_kind_t (*make)(kl_change_t *self, kl_order_t *order, apr_pool_t *p, kl_error_t *err);
    void *baton;              /* make's own */
    const kl_operation_t *op; /* the operation this change comes from, or NULL */
    apr_time_t now;           /* set for make */
    kl_look_when_t look;
    int nothing;      /* set by make: nothing is to be saved */
    int note;         /* 1: a mark or the worker's date, not the order itself; its
                         updated_at stays */
    int once;         /* 1: made once only; KL_STALE if someone else was quicker */
    const char *step; /* named when it is saved, or NULL */
};

/**
 * Makes a change and saves it.
 * @param order the order as stored, or *order NULL: it is loaded. Then it is the order as stored
 *   now, or NULL when that is not known: what was in memory must no longer be used
 * @param id of the order
 * @return KL_OK, also when there was nothing to change; what make returned; KL_INTERNAL
 *   "invariant"; KL_INTERNAL "contract" for an order that is broken; KL_STALE when the order keeps
 *   changing; KL_UNAVAILABLE
 */
kl_kind_t kl_change_order(kl_service_t *svc, kl_change_t *change, const char *id,
                          kl_order_t **order, kl_error_t *err);

/** Marks the order for a person to look at: something about it does not add up. look is when the
 *  worker does. */
kl_kind_t kl_change_mark_differs(kl_service_t *svc, const char *id, kl_look_when_t look,
                                 kl_error_t *err);

#endif
