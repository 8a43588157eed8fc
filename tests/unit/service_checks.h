/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the services say again and again about a world (service_fixture.h): an action
 * asked, refused or lost, and how the order and its last operation stand then.
 */
#ifndef KL_TEST_SERVICE_CHECKS_H
#define KL_TEST_SERVICE_CHECKS_H

#include "service_fixture.h"

world_t *world_for(void **state);
/** The action with a fresh service; gives the operation where the walk ended. */
kl_kind_t world_try(world_t *world, act_fn prepare, const char *id, const char *key,
                    kl_operation_t **op, kl_error_t **err);
void world_must_refuse(world_t *world, act_fn prepare, const char *id, kl_kind_t kind,
                       const char *code);
void world_check_ours(const world_t *world, const char *id, const char *state, apr_int64_t captured,
                      apr_int64_t refunded, apr_int64_t remaining);
const kl_operation_t *world_last_operation(const world_t *world);
/** One try only: the answer of the next call is lost and stays lost. */
kl_kind_t world_lose(world_t *world, act_fn prepare, const char *id, const char *key,
                     fake_klarna_fault_t how, kl_operation_t **op, kl_error_t **err);
void world_act_until(world_t *world, act_fn prepare, const char *id, const char *key,
                     int (*enough)(const world_t *world));

#endif
