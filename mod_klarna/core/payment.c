/* SPDX-License-Identifier: Apache-2.0 */
/* See payment.h. */
#include "core/payment.h"
#include "core/addresses.h"

int kl_payment_is_state(kl_order_state_t state)
{
    return state == KL_ORDER_CREATED || state == KL_ORDER_DECLINED || state == KL_ORDER_ABANDONED;
}

int kl_payment_is_only(const kl_order_t *order)
{
    return order->stored == KL_STORED_PAYMENT && kl_payment_is_state(order->state)
           && !order->klarna_order_id[0] && order->attention == KL_ATTENTION_NONE;
}

int kl_payment_is_open(const kl_order_t *order)
{
    return (order->state == KL_ORDER_CREATED || order->state == KL_ORDER_DECLINED)
           && order->session_id[0] && order->attention != KL_ATTENTION_ORPHAN;
}

void kl_payment_decline(kl_order_t *order, const char *code, const char *words)
{
    if (order->attention == KL_ATTENTION_ORPHAN) {
        return;
    }
    order->state = KL_ORDER_DECLINED;
    order->reason_code = code;
    order->reason = words;
    order->addresses = kl_addresses_wiped(order->addresses);
}
