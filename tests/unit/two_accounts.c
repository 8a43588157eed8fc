/* SPDX-License-Identifier: Apache-2.0 */
/* See two_accounts.h. */
#include "two_accounts.h"

office_t *two_accounts(apr_pool_t *p)
{
    world_t *world = world_make(p);
    kl_account_t *accounts = apr_pcalloc(p, 2 * sizeof(*accounts));
    const kl_account_t **both = apr_pcalloc(p, 2 * sizeof(*both));
    office_t *office = apr_pcalloc(p, sizeof(*office));

    accounts[0] = accounts[1] = world->account;
    accounts[0].name = "sweden";
    accounts[1].name = "norway";
    both[0] = &accounts[0];
    both[1] = &accounts[1];
    office->p = p;
    office->store = world->store;
    office->err = kl_error_make(p);
    office->svc = world_service(world, p);
    office->svc->account = both[0];
    office->svc->accounts = both;
    office->svc->accounts_n = 2;
    return office;
}

kl_order_t *add_order(office_t *office, const char *account, const char *id, int age, int days)
{
    kl_order_t *order = kl_order_make(office->p);

    order->id = id;
    order->account = account;
    order->state = KL_ORDER_AUTHORIZED;
    order->order_amount = order->remaining_amount = 1000;
    order->created_at = fake_clock_now() - apr_time_from_sec(age);
    order->expires_at = fake_clock_now() + apr_time_from_sec(86400) * days;
    APR_ARRAY_PUSH(office->store->orders, kl_order_t *) = order;
    return order;
}

kl_operation_t *add_operation(office_t *office, const char *account, const char *id,
                              kl_op_state_t state, int age)
{
    kl_operation_t *op = kl_operation_make(office->p);

    op->id = id;
    op->account = account;
    op->state = state;
    op->attempts = 1;
    op->updated_at = fake_clock_now() - apr_time_from_sec(age);
    op->next_at = kl_op_is_final(state) ? 0 : op->updated_at;
    APR_ARRAY_PUSH(office->store->operations, kl_operation_t *) = op;
    return op;
}
