/* SPDX-License-Identifier: Apache-2.0 */
/* See instore_send.h. */
#include "service/instore_send.h"

#include <string.h>

#include "api/hosted_page.h"
#include "core/instore.h"
#include "service/change.h"
#include "service/instore.h"

static kl_kind_t must_wait(const kl_order_t *order, kl_error_t *err)
{
    const kl_instore_t *shop = order->instore;

    if (kl_instore_is_final(shop->state) || shop->abort_by[0]) {
        return kl_error_set(err, KL_CONFLICT, "not_open", "This payment is %s.",
                            kl_instore_state_name(shop->state));
    }
    if (shop->way != KL_WAY_HOSTED_PAGE || shop->start != KL_START_MADE) {
        kl_error_set(err, KL_CONFLICT, "no_link", "Klarna has no link of this payment to send.");
        kl_error_next(err, "Let the customer scan the code.");
    }
    return err->kind;
}

static kl_kind_t load(kl_service_t *svc, const kl_ask_t *ask, int again, kl_order_t **out,
                      kl_error_t *err)
{
    (void)again;
    return kl_instore_load(svc, ask->order_id, out, err);
}

static kl_kind_t plan_send(kl_service_t *svc, const kl_ask_t *ask, kl_plan_t *plan, kl_error_t *err)
{
    const kl_send_request_t *want = ask->send;
    kl_instore_t *shop = plan->order->instore;
    kl_klarna_request_t req;
    kl_operation_t *op;

    if (must_wait(plan->order, err) != KL_OK) {
        return err->kind;
    }
    op = kl_journal_add(svc, plan, KL_OP_DISTRIBUTE, err);
    if (!op) {
        return err->kind;
    }
    req = strcmp(want->method, "sms") == 0
              ? kl_hosted_page_send_sms(svc->p, shop, want->phone, want->country)
              : kl_hosted_page_send_email(svc->p, shop, want->to);
    kl_journal_request(op, &req);
    shop->method = want->method;
    shop->sent = KL_SEND_SENDING;
    shop->sent_to = want->to;
    shop->send_refusal = "";
    return KL_OK;
}

const kl_action_t kl_instore_send_action = {.load = load, .plan = plan_send};

static kl_kind_t show(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    kl_instore_t *shop = order->instore;

    (void)p;
    if (kl_instore_is_final(shop->state)) {
        return kl_error_set(err, KL_CONFLICT, "not_open", "This payment is %s.",
                            kl_instore_state_name(shop->state));
    }
    change->nothing = strcmp(shop->method, "qr") == 0;
    shop->method = "qr";
    return KL_OK;
}

kl_kind_t kl_instore_send_show(kl_service_t *svc, const char *id, kl_order_t **out, kl_error_t *err)
{
    kl_change_t change = {.make = show, .look = KL_LOOK_CHANGED};
    kl_kind_t rv = kl_instore_load(svc, id, out, err);

    return rv == KL_OK ? kl_change_order(svc, &change, id, out, err) : rv;
}
