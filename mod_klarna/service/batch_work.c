/* SPDX-License-Identifier: Apache-2.0 */
/* See batch_work.h. */
#include "service/batch_work.h"

#include <apr_strings.h>
#include "core/refusal.h"
#include "service/capture.h"

#define SOON apr_time_from_sec(1)
#define LATER apr_time_from_sec(KL_LEASE_S)

kl_kind_t kl_batch_work_due(kl_service_t *svc, int limit, apr_array_header_t **out, kl_error_t *err)
{
    kl_due_query_t query = {.account = svc->account->name, .now = svc->now(), .limit = limit};
    apr_array_header_t *found = NULL;
    kl_kind_t rv = svc->store->batch_items_due(svc->store, svc->p, &query, &found, err);

    *out = apr_array_make(svc->p, limit, sizeof(kl_due_t));
    for (int i = 0; rv == KL_OK && i < found->nelts; i++) {
        kl_batch_item_t *item = APR_ARRAY_IDX(found, i, kl_batch_item_t *);

        APR_ARRAY_PUSH(*out, kl_due_t) = (kl_due_t){item->order_id, item};
    }
    return rv;
}

/* --- what became of it --------------------------------------------------------------------- */

static void postpone(kl_batch_item_t *item, const char *state, apr_time_t at)
{
    item->state = state;
    item->due_at = at;
}

static void refuse(kl_batch_item_t *item, const kl_error_t *why)
{
    item->state = KL_ITEM_REFUSED;
    item->reason = why->klarna_code && why->klarna_code[0] ? why->klarna_code : why->code;
    item->sentence = why->detail;
    item->next_step = why->next ? why->next : "";
    item->due_at = 0;
}

/* Its operation is the worker's too, which is done with it before the item is looked at again. */
static void fold_operation(kl_service_t *svc, kl_batch_item_t *item, const kl_acted_t *acted)
{
    const kl_operation_t *op = acted->last;
    kl_error_t *why = kl_error_make(svc->p);
    apr_time_t now = svc->now();

    switch (op->state) {
    case KL_OP_CONFIRMED:
        postpone(item, KL_ITEM_CONFIRMED, 0);
        return;
    case KL_OP_REFUSED:
        kl_refusal_error(why, op, acted->order);
        refuse(item, why);
        return;
    case KL_OP_QUEUED:
    case KL_OP_SENT:
    case KL_OP_UNKNOWN:
        break;
    }
    postpone(item, op->state == KL_OP_UNKNOWN ? KL_ITEM_UNKNOWN : KL_ITEM_WORKING,
             (op->next_at > now ? op->next_at : now) + SOON);
}

/* An error that is about now: the same is asked again. */
static int will_pass(const kl_error_t *why)
{
    return kl_unit_is_outage(why->kind) || why->retry_after > 0 || why->kind == KL_STALE
           || why->kind == KL_TAKEN || why->kind == KL_PROTOCOL;
}

/* Nothing was sent, unless there is an operation: that is followed then, whatever the error says.
 * A database that does not tell is none that says no. */
static void fold_error(kl_service_t *svc, kl_batch_item_t *item, const kl_client_t *client,
                       const kl_error_t *why)
{
    apr_interval_time_t pause = kl_unit_is_outage(why->kind) ? LATER : SOON;
    kl_operation_t *op = NULL;
    kl_kind_t rv = will_pass(why)
                       ? KL_OK
                       : svc->store->operation_load_by_client_key(svc->store, svc->p, client->key,
                                                                  &op, kl_error_make(svc->p));

    if (rv == KL_NOT_FOUND) {
        refuse(item, why);
    }
    else {
        postpone(item, item->state, svc->now() + pause);
    }
}

/* --- the work ------------------------------------------------------------------------------ */

static kl_kind_t capture(kl_service_t *svc, kl_batch_item_t *item, kl_error_t *err)
{
    const kl_capture_request_t want = {.what = {.everything = 1},
                                       .reference = "",
                                       .description = "",
                                       .shipping_info = "[]"};
    const kl_client_t client = {apr_pstrcat(svc->p, "batch ", item->batch_id, " ", item->order_id,
                                            NULL),
                                "batch"};
    const kl_ask_t ask = {.order_id = item->order_id, .client = &client, .capture = &want};
    kl_service_t for_actor = *svc;
    kl_acted_t acted;
    kl_kind_t rv;

    for_actor.actor = item->actor;
    rv = kl_act(&for_actor, &kl_capture_action, &ask, &acted, err);
    if (rv != KL_OK) {
        fold_error(svc, item, &client, err);
        return rv;
    }
    fold_operation(svc, item, &acted);
    return !kl_op_is_final(acted.last->state)
                   && (acted.last->http_status == 0 || acted.last->http_status == 429)
               ? kl_error_set(err, KL_UNAVAILABLE, "no_answer", "Klarna did not answer.")
               : KL_OK;
}

static kl_kind_t store(kl_service_t *svc, kl_batch_item_t *item, kl_error_t *err)
{
    kl_kind_t rv;

    item->updated_at = svc->now();
    rv = svc->store->batch_item_save(svc->store, svc->p, item, err);
    if (rv == KL_STALE) { /* someone else was quicker, with the same end */
        kl_error_clear(err);
        rv = KL_OK;
    }
    return rv;
}

kl_kind_t kl_batch_work(kl_service_t *svc, void *due, kl_told_t *told, kl_error_t *err)
{
    kl_batch_item_t *item = due;
    kl_kind_t rv = capture(svc, item, err);
    kl_error_t *why = kl_error_make(svc->p);

    if (store(svc, item, why) != KL_OK) {
        kl_unit_tell(told, svc->p, KL_TOLD_WARNING, "KLA0039: order %s of batch %s: %s: %s",
                     item->order_id, item->batch_id, why->code,
                     why->where ? why->where : why->detail);
        return kl_unit_is_outage(rv) ? rv
                                     : kl_error_set(err, why->kind, why->code, "%s", why->detail);
    }
    kl_unit_tell(told, svc->p, KL_TOLD_INFO, "KLA0040: order %s of batch %s is %s%s%s",
                 item->order_id, item->batch_id, item->state, item->reason[0] ? ": " : "",
                 item->reason);
    return kl_unit_is_outage(rv) ? rv : KL_OK;
}
