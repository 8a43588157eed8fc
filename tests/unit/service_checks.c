/* SPDX-License-Identifier: Apache-2.0 */
/* See service_checks.h. */
#include "service_checks.h"

world_t *world_for(void **state)
{
    return world_make(*state);
}

kl_kind_t world_try(world_t *world, act_fn prepare, const char *id, const char *key,
                    kl_operation_t **op, kl_error_t **err)
{
    *err = kl_error_make(world->p);
    return world_act(world_service(world, world->p), prepare, id, key, op, *err);
}

void world_must_refuse(world_t *world, act_fn prepare, const char *id, kl_kind_t kind,
                       const char *code)
{
    const char *before = world_ledgers(world, world->p, id);
    int operations = world->store->operations->nelts;
    kl_operation_t *op = NULL;
    kl_error_t *err;

    world_try(world, prepare, id, "refused", &op, &err);
    check_error(err, kind, code);
    assert_string_equal(world_ledgers(world, world->p, id), before);
    assert_int_equal(world->store->operations->nelts, operations); /* nothing half-stored */
}

void world_check_ours(const world_t *world, const char *id, const char *state, apr_int64_t captured,
                      apr_int64_t refunded, apr_int64_t remaining)
{
    const kl_order_t *order = world_order(world, id);

    assert_string_equal(kl_order_state_name(order->state), state);
    assert_int_equal(order->captured_amount, captured);
    assert_int_equal(order->refunded_amount, refunded);
    assert_int_equal(order->remaining_amount, remaining);
    world_check(world, id, "at the end");
}

const kl_operation_t *world_last_operation(const world_t *world)
{
    const apr_array_header_t *all = world->store->operations;

    assert_true(all->nelts > 0);
    return APR_ARRAY_IDX(all, all->nelts - 1, kl_operation_t *);
}

kl_kind_t world_lose(world_t *world, act_fn prepare, const char *id, const char *key,
                     fake_klarna_fault_t how, kl_operation_t **op, kl_error_t **err)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_kind_t rv;

    svc->timeout = 1;
    *err = kl_error_make(world->p);
    fake_klarna_arm(world->klarna, 1 + world_reads_first(world, prepare, id), how);
    world->klarna->reads_lost_from = world->klarna->fail_at + 1;
    rv = world_act(svc, prepare, id, key, op, *err);
    fake_klarna_arm(world->klarna, 0, how);
    return rv;
}

/* Runs the action in a process that dies as soon as `enough` says so. */
typedef struct mortal_t {
    world_t *world;
    int (*enough)(const world_t *world);
} mortal_t;

static void die_when_enough(void *baton)
{
    mortal_t *mortal = baton;

    if (mortal->enough(mortal->world)) {
        mortal->world->process.in_hook = 0;
        longjmp(mortal->world->process.death, 1);
    }
}

void world_act_until(world_t *world, act_fn prepare, const char *id, const char *key,
                     int (*enough)(const world_t *world))
{
    mortal_t mortal = {world, enough};
    kl_operation_t *op;
    kl_error_t *err;

    if (setjmp(world->process.death) == 0) {
        world->process.hook = die_when_enough;
        world->process.baton = &mortal;
        world_try(world, prepare, id, key, &op, &err);
        fail_msg("the process did not die");
    }
    fake_process_calm(&world->process);
}
