/* SPDX-License-Identifier: Apache-2.0 */
/* See take_over.h. */
#include "service/take_over.h"

#include <apr_strings.h>
#include "api/order_management.h"
#include "core/payment.h"
#include "core/record_order.h"
#include "core/schedule.h"
#include "service/call.h"
#include "service/reconcile.h"
#include "service/verify.h"

/* --- what is here already ---------------------------------------------------------------- */

static kl_kind_t already_here(const kl_order_t *order, kl_error_t *err)
{
    kl_error_set(err, KL_CONFLICT, "already_here", "It is here already, as order %s.", order->id);
    kl_error_next(err, "Nothing needs to be done.");
    return err->kind;
}

static kl_kind_t may_be_ours(const kl_order_t *order, kl_error_t *err)
{
    kl_error_set(err, KL_CONFLICT, "may_be_ours",
                 "It may be what payment %s led to, which waits for Klarna's order id.", order->id);
    kl_error_next(err, "If it is, adopt it there. If it is not, try again when that payment has "
                       "ended.");
    return err->kind;
}

static kl_kind_t check_here(kl_service_t *svc, const char *account, const char *klarna_id,
                            kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv = kl_service_by_klarna_id(svc, account, klarna_id, &order, err);

    return rv == KL_OK && order ? already_here(order, err) : rv;
}

/* An orphan waits for its id, maybe for this one. */
static kl_kind_t check_orphans(kl_service_t *svc, const char *account,
                               const kl_klarna_record_t *seen, kl_error_t *err)
{
    kl_order_query_t query = {.account = account,
                              .state = "",
                              .attention = "",
                              .search = "",
                              .before_id = "",
                              .list = KL_LIST_ORPHANS,
                              .limit = KL_MAX_PAGE};
    apr_array_header_t *list = NULL;
    kl_kind_t rv = svc->store->order_list(svc->store, svc->p, &query, &list, err);

    for (int i = 0; rv == KL_OK && i < list->nelts; i++) {
        const kl_order_t *order = APR_ARRAY_IDX(list, i, kl_order_t *);

        rv = kl_verify_is_placed(order, seen) ? may_be_ours(order, err) : KL_OK;
    }
    return rv;
}

/* So does a placement whose answer is lost or on its way. */
static kl_kind_t check_placements(kl_service_t *svc, const char *account,
                                  const kl_klarna_record_t *seen, kl_error_t *err)
{
    kl_unfinished_query_t query = {.account = account, .limit = KL_MAX_PAGE};
    apr_array_header_t *list = NULL;
    kl_order_t *order = NULL;
    kl_kind_t rv = svc->store->operations_unfinished(svc->store, svc->p, &query, &list, err);

    for (int i = 0; rv == KL_OK && i < list->nelts; i++) {
        const kl_operation_t *op = APR_ARRAY_IDX(list, i, kl_operation_t *);

        if (op->kind != KL_OP_PLACE_ORDER) {
            continue;
        }
        rv = svc->store->order_load(svc->store, svc->p, op->order_id, &order, err);
        if (rv == KL_OK && kl_verify_is_placed(order, seen)) {
            rv = may_be_ours(order, err);
        }
    }
    return rv;
}

/* --- the payment that it begins as ------------------------------------------------------- */

static kl_kind_t make(kl_service_t *svc, const kl_account_t *account, const char *id,
                      const kl_klarna_record_t *seen, kl_order_t **out)
{
    kl_order_t *order = kl_record_order_make(svc->p, seen);

    order->stored = KL_STORED_PAYMENT;
    order->id = id;
    order->key = kl_id_secret(svc->p, svc->random);
    order->callback_secret = kl_id_secret(svc->p, svc->random);
    order->account = account->name;
    order->environment = account->environment;
    order->updated_at = svc->now();
    order->created_at = order->created_at ? order->created_at : order->updated_at;
    kl_schedule_set(order, KL_LOOK_CHANGED, order->updated_at);
    *out = order;
    return order->key && order->callback_secret ? KL_OK : KL_INTERNAL;
}

static kl_kind_t begin(kl_service_t *svc, const kl_account_t *account, const char *id,
                       const char *klarna_id, kl_order_t **out, kl_error_t *err)
{
    kl_klarna_record_t seen;
    kl_kind_t rv = kl_call_read_record(svc, account->name, klarna_id, &seen, err);

    if (rv == KL_OK) {
        rv = check_orphans(svc, account->name, &seen, err);
    }
    if (rv == KL_OK) {
        rv = check_placements(svc, account->name, &seen, err);
    }
    if (rv == KL_OK) { /* as Klarna spells its id; and it may have been placed meanwhile */
        rv = check_here(svc, account->name, seen.order_id, err);
    }
    if (rv != KL_OK) {
        return rv;
    }
    if (make(svc, account, id, &seen, out) != KL_OK) {
        return kl_error_set(err, KL_INTERNAL, "no_randomness",
                            "The system provided no random bytes.");
    }
    rv = svc->store->payment_insert(svc->store, svc->p, *out, err);
    kl_service_step(svc, "payment_stored");
    return rv == KL_TAKEN ? err->kind = KL_STALE : rv; /* somebody was quicker: theirs */
}

/* One that did not get far before is gone on with. */
static kl_kind_t load(kl_service_t *svc, const kl_ask_t *ask, int again, kl_order_t **out,
                      kl_error_t *err)
{
    const kl_account_t *account = kl_service_account(svc, ask->take_over->account);
    const char *klarna_id = ask->take_over->klarna_order_id;
    const char *id = kl_id_from_text(svc->p,
                                     apr_pstrcat(svc->p, account->name, "\n", klarna_id, NULL));
    kl_kind_t rv = check_here(svc, account->name, klarna_id, err);

    (void)again;
    if (rv != KL_OK) {
        return rv;
    }
    rv = kl_service_order(svc, id, out, err);
    if (rv == KL_NOT_FOUND) {
        kl_error_clear(err);
        rv = begin(svc, account, id, klarna_id, out, err);
    }
    return rv;
}

static kl_kind_t plan_take_over(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan,
                                kl_error_t *err)
{
    kl_klarna_request_t req = kl_order_management_read(svc->p, ask->take_over->klarna_order_id);
    kl_operation_t *op;

    if (!kl_payment_is_state(plan->order->state)) {
        return already_here(plan->order, err); /* what was left of it was just booked */
    }
    op = kl_journal_add(svc, plan, KL_OP_TAKE_OVER, err);
    if (!op) {
        return err->kind;
    }
    kl_journal_request(op, &req);
    op->amount = plan->order->order_amount;
    plan->order->state = KL_ORDER_CREATED;
    return KL_OK;
}

static const kl_action_t take_over = {.load = load, .plan = plan_take_over};

kl_kind_t kl_take_over(kl_service_t *svc, const kl_ask_t *ask, kl_acted_t *acted, kl_error_t *err)
{
    kl_order_t *order;
    kl_look_t look;
    kl_kind_t rv = kl_act(svc, &take_over, ask, acted, err);

    order = rv == KL_OK ? acted->order : NULL;
    if (order && acted->last->state == KL_OP_CONFIRMED && !order->klarna_reference[0]
        && kl_reconcile_order(svc, &order, &look, kl_error_make(svc->p)) == KL_OK) {
        acted->order = order;
    }
    return rv;
}
