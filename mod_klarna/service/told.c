/* SPDX-License-Identifier: Apache-2.0 */
/* See told.h. */
#include "service/told.h"

#include <string.h>
#include "api/payments.h"
#include "core/intent.h"
#include "service/call.h"
#include "service/journal.h"

#define WIPED "wiped"   /* an earlier token's placement had it, or an upgrade did not know it */
#define UNTOLD "untold" /* Klarna's callback came, and not the browser */

const char *kl_told_known(kl_service_t *svc, const kl_order_t *order,
                          const kl_place_request_t *want, kl_addresses_t *told)
{
    int known = kl_addresses_parse(told, svc->p, order->addresses)
                && order->stored == KL_STORED_PAYMENT;

    kl_addresses_add(svc->p, told, &want->told);
    return !known ? WIPED : want->key ? "" : UNTOLD;
}

static const char *why_unknown(kl_service_t *svc, const kl_operation_t *op)
{
    kl_intent_t intent;

    return kl_intent_parse(&intent, svc->p, op, kl_error_make(svc->p)) == KL_OK ? intent.unknown
                                                                                : "";
}

static kl_json_t *body_of(kl_service_t *svc, const kl_operation_t *op)
{
    return kl_json_parse(svc->p, op->body, strlen(op->body), kl_error_make(svc->p));
}

/* It never went out: until then its request may still become another. */
static void put(kl_service_t *svc, kl_operation_t *op, kl_json_t *body, const kl_addresses_t *told)
{
    if (body) {
        kl_addresses_set(body, told);
        op->body = kl_json_text(svc->p, body);
    }
}

void kl_told_by_browser(kl_service_t *svc, const kl_place_request_t *want, kl_operation_t *op)
{
    kl_json_t *body = body_of(svc, op);
    kl_addresses_t told = kl_addresses_of(body);

    if (want->key && strcmp(why_unknown(svc, op), UNTOLD) == 0) {
        kl_addresses_add(svc->p, &told, &want->told);
        put(svc, op, body, &told);
        op->intent = "";
    }
}

static kl_kind_t read_session(kl_service_t *svc, const kl_order_t *order, kl_addresses_t *out,
                              kl_error_t *err)
{
    kl_klarna_request_t req = kl_payments_read_session(svc->p, order);
    kl_klarna_response_t resp;
    kl_kind_t rv = kl_call_klarna(svc, order->account, &req, &resp, err);

    return rv == KL_OK ? kl_payments_session_addresses(out, svc->p, &resp, err) : rv;
}

kl_kind_t kl_told_ask(kl_service_t *svc, kl_operation_t *op, const kl_order_t *order, int *wait,
                      kl_error_t *err)
{
    kl_addresses_t told;
    kl_kind_t rv;

    *wait = 0;
    if (op->attempts > 0 || !why_unknown(svc, op)[0]) {
        return KL_OK;
    }
    rv = read_session(svc, order, &told, kl_error_make(svc->p));
    if (rv == KL_OK) {
        put(svc, op, body_of(svc, op), &told);
    }
    *wait = rv != KL_OK
            && rv != KL_REFUSED; /* a session that Klarna has forgotten: it will say so */
    return *wait ? kl_journal_postpone(svc, op, apr_time_from_sec(KL_LEASE_S), err) : KL_OK;
}
