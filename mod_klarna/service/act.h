/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THE FLOW of everything that moves money or changes an order at Klarna:
 *
 *     same Idempotency-Key seen before?   continue that operation: the same answer
 *     load the order, finish what was left on it
 *     plan: is it legal, which calls, which amounts and lines      (the action; pure)
 *     write the operations, claim the order                        the intent binds here
 *     run: call, record, book, next
 *
 * Every story (capture, return, cancellation, extension, release, placement) is an action, a
 * row that this flow runs.
 */
#ifndef KL_ACT_H
#define KL_ACT_H

#include "core/plan.h"
#include "core/plan_lines_change.h"
#include "service/journal.h"
#include "service/run.h"
#include "service/told.h"

typedef struct kl_tracking_request_t {
    const char *capture_id;
    const char *shipping_info; /* JSON array text */
} kl_tracking_request_t;

typedef struct kl_take_over_request_t {
    const char *klarna_order_id;
    const char *account; /* one of the caller's */
} kl_take_over_request_t;

/* What Klarna is told of an order beside its money. NULL: stays as it is. */
typedef struct kl_details_request_t {
    const char *reference1, *reference2; /* "" clears it */
    kl_json_t *shipping_address;         /* as kl_shipping_address_read gave it */
} kl_details_request_t;

/* How the link of a payment in a store is sent to the customer. */
typedef struct kl_send_request_t {
    const char *method; /* "sms" or "email" */
    const char *to;     /* E.164, or an e-mail address */
    const char *phone;  /* of an SMS: the number as Klarna takes it, and its country */
    const char *country;
} kl_send_request_t;

/* What is asked for; of the requests, the one that the action reads. */
typedef struct kl_ask_t {
    const char *order_id;
    const char *capture_id;    /* of what concerns one capture, without tracking */
    const kl_client_t *client; /* NULL: no client key */
    apr_interval_time_t after; /* as in kl_plan_t */
    const kl_capture_request_t *capture;
    const kl_credit_request_t *credit;
    const kl_tracking_request_t *tracking;
    const kl_place_request_t *place;
    const kl_details_request_t *details;
    const kl_due_date_request_t *due_date;
    const kl_take_over_request_t *take_over;
    const kl_lines_request_t *lines;
    const kl_send_request_t *send;
} kl_ask_t;

typedef struct kl_action_t {
    /** Loads what is acted on; NULL: the order that is asked for.
     *  @param again 1 when the first try met someone else's change */
    kl_kind_t (*load)(kl_service_t *svc, const kl_ask_t *ask, int again, kl_order_t **out,
                      kl_error_t *err);
    /** 1 when Klarna may have decided something since that the plan must know: its record is
     *  read first. NULL: never. */
    int (*wants_record)(const kl_order_t *order, const kl_ask_t *ask);
    /** Reads at Klarna what else the plan must know. NULL: nothing. */
    kl_kind_t (*read)(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan, kl_error_t *err);
    /** From plan->order as it stands to the operations it needs (kl_journal_add), each with its
     *  request and intent; adds to the order in memory what the claim writes. Makes no calls. */
    kl_kind_t (*plan)(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan, kl_error_t *err);
    /** The same is asked again: adds to op in memory what only this caller knows, as long as it
     *  never went out. NULL: nobody knows more. */
    void (*add)(kl_service_t *svc, const kl_ask_t *ask, kl_operation_t *op);
} kl_action_t;

/** A wants_record: whatever is asked of whatever order. */
int kl_act_always(const kl_order_t *order, const kl_ask_t *ask);

/** Refuses what was planned from amounts that are not those of Klarna's record, if that was read.
 *  @return KL_OK, or KL_CONFLICT "differs_from_klarna" */
kl_kind_t kl_act_amounts(kl_service_t *svc, const kl_plan_t *plan, kl_error_t *err);

/** Refuses what writes an authorization as a whole, or gives it up, from another one than Klarna's:
 *  written over what others did it would undo it, given up it would take what they added.
 *  @return KL_OK; KL_UNAVAILABLE "record_not_read"; KL_CONFLICT "differs_from_klarna" */
kl_kind_t kl_act_authorization(kl_service_t *svc, const kl_plan_t *plan, kl_error_t *err);

typedef struct kl_acted_t {
    kl_operation_t *first; /* carries the client's key */
    kl_operation_t *last;  /* where the run ended; its state is the outcome */
    kl_order_t *order;     /* as stored now */
} kl_acted_t;

/**
 * Runs an action as far as it gets now. Calls Klarna.
 * @return KL_OK: what became of it is acted->last->state (an unknown one is found out by the
 *   worker); the action's refusal; KL_CONFLICT "order_busy" or "in_progress"; KL_INVALID
 *   "idempotency_key_reused"; KL_UNAVAILABLE
 */
kl_kind_t kl_act(kl_service_t *svc, const kl_action_t *action, const kl_ask_t *ask,
                 kl_acted_t *acted, kl_error_t *err);

/** As far as the claim: the intent is stored and binds, and is left to the worker, not before
 *  ask->after. With a key that was used before nothing is done. May call Klarna, to finish what
 *  was left on the order. */
kl_kind_t kl_act_later(kl_service_t *svc, const kl_action_t *action, const kl_ask_t *ask,
                       kl_error_t *err);

#endif
