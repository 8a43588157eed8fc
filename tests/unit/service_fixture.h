/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shop, its store and its Klarna, all in memory, for the tests of the services: orders
 * brought to a state by the services themselves, actions done as a route does them, and
 * the two ledgers as one text that can be compared.
 */
#ifndef KL_TEST_SERVICE_FIXTURE_H
#define KL_TEST_SERVICE_FIXTURE_H

#include "fake_klarna.h"
#include "fake_store.h"
#include "service/authorization.h"
#include "service/capture.h"
#include "service/checkout.h"
#include "service/credit_invoice.h"
#include "service/details.h"
#include "service/due_date.h"
#include "service/lines.h"
#include "service/placement.h"
#include "service/resolve.h"
#include "service/take_over.h"

typedef struct world_t {
    apr_pool_t *p;
    fake_process_t process;
    fake_store_t *store;
    fake_klarna_t *klarna;
    kl_account_t account;
    const char *told;          /* the worker's last line for the log, or NULL */
    apr_array_header_t *tells; /* all of them, of const char *, when it is made */
    int is_acknowledging;      /* 1: what the ledgers say of acknowledgements counts; else when the
                                  worker comes to one is a matter of time */
    int one_try;               /* 1: the worker has time for one try of a call */
} world_t;

world_t *world_make(apr_pool_t *p);
/** A service as a request makes one. */
kl_service_t *world_service(world_t *world, apr_pool_t *p);
/** The client's key with the hash of its one request. */
kl_client_t world_client(const char *key);
/** The same for a start, whose key is a digest: the payment's id is made of it. */
kl_client_t world_starter(apr_pool_t *p, const char *key);

/** cup 2 x 50.00, freight 9.00, voucher -4.00: 105.00 SEK, in pool p. */
kl_cart_t *world_cart(apr_pool_t *p);
#define CART_AMOUNT 10500
#define TOKEN "token-1"

/* An action with what it wants built in, by the flow that production runs. *out is the last
 * operation run. */
typedef kl_kind_t (*act_fn)(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                            kl_operation_t **out, kl_error_t *err);

/* Lets the n-th call, or step, from now fail, or be the process's last; n 0: none. kind: one of
 * fake_klarna_fault_t, of fake_store_fault_t, or 1 for a death after the step. */
typedef void (*world_arm_fn)(world_t *world, int n, int kind);
void world_arm_klarna(world_t *world, int n, int kind);
void world_arm_store(world_t *world, int n, int kind);
void world_arm_death(world_t *world, int n, int kind);

/** 1 when that action reads Klarna's record before anything is sent. */
int world_reads_first(const world_t *world, act_fn prepare, const char *order_id);

/** An action by a client with that key; an error always has its reason. */
kl_kind_t world_act(kl_service_t *svc, act_fn act, const char *order_id, const char *key,
                    kl_operation_t **out, kl_error_t *err);
/** The same with a service of its own, which must end confirmed. */
void world_must(world_t *world, act_fn prepare, const char *order_id, const char *key);

/* Setups; each gives the id of its order. */
const char *world_created(world_t *world); /* a session, and TOKEN to buy it */
const char *world_placed(world_t *world);
const char *world_part_captured(world_t *world); /* one cup, 50.00 */
const char *world_captured(world_t *world);

/** An order of Klarna's, as which nobody knows it here, whose take-over died early. */
const char *world_half_taken_over(world_t *world);

/** kl_run_resume for an operation as loaded. */
kl_kind_t world_resume(kl_service_t *svc, kl_operation_t **op, kl_error_t *err);

/* Actions. */
kl_kind_t act_place(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                    kl_operation_t **out, kl_error_t *err);
kl_kind_t act_capture_all(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                          kl_operation_t **out, kl_error_t *err);
kl_kind_t act_capture_cup(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                          kl_operation_t **out, kl_error_t *err);
kl_kind_t act_credit_cup(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                         kl_operation_t **out, kl_error_t *err);
/** One cup less a return fee of 5.00. */
kl_kind_t act_credit_cup_less_fee(kl_service_t *svc, const char *order_id,
                                  const kl_client_t *client, kl_operation_t **out, kl_error_t *err);
/** 80.00: more than a cup, so that it reaches over what was captured and what was not. */
kl_kind_t act_credit_8000(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                          kl_operation_t **out, kl_error_t *err);
kl_kind_t act_cancel(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                     kl_operation_t **out, kl_error_t *err);
kl_kind_t act_extend(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                     kl_operation_t **out, kl_error_t *err);
kl_kind_t act_release(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                      kl_operation_t **out, kl_error_t *err);
kl_kind_t act_tracking(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                       kl_operation_t **out, kl_error_t *err);
/** The first capture: paid 14 days later, for 3900; its mail once more. */
kl_kind_t act_due_date(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                       kl_operation_t **out, kl_error_t *err);
kl_kind_t act_send_out(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                       kl_operation_t **out, kl_error_t *err);
/** "shop-2" and "till 7". */
kl_kind_t act_acknowledge(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                          kl_operation_t **out, kl_error_t *err);
kl_kind_t act_references(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                         kl_operation_t **out, kl_error_t *err);
/** The first order at Klarna, whoever's. order_id may be "". */
kl_kind_t act_take_over(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                        kl_operation_t **out, kl_error_t *err);
/** One cup, and a lamp of 90.00 added: 145.00 in all. */
kl_kind_t act_lines(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                    kl_operation_t **out, kl_error_t *err);
/** To SHOPPERS_STREET. */
kl_kind_t act_shipping_address(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                               kl_operation_t **out, kl_error_t *err);
#define SHOPPERS_STREET "Zwischenallee 42"

/** One round of the worker (round.h) with one thread; how many units there were. */
int world_round(world_t *world, apr_pool_t *p);
/** The worker alone, while time goes on to what is due next, until no operation is left open
 *  and nothing holds an order; 0 when it does not come to that in a long time. */
int world_drain(world_t *world);
/** One look of the worker at an order, due or not; what an operator is told, or NULL. */
const char *world_look(world_t *world, const char *order_id, int auto_extend);

/** The action while the answer of its only try is lost in this way; it must end unknown. */
kl_operation_t *world_in_doubt(world_t *world, act_fn prepare, const char *order_id,
                               const char *key, fake_klarna_fault_t how);

/** kl_resolve_give_up by a person who says nothing else. */
kl_kind_t act_give_up(kl_service_t *svc, const char *order_id, const char *op_id,
                      kl_operation_t **op, kl_error_t *err);

/** The store's rows. */
kl_order_t *world_order(const world_t *world, const char *order_id);
/** The row of Klarna's order that belongs to ours, NULL when none does. */
fake_order_t *world_klarna_order(const world_t *world, const char *order_id);

/**
 * Both ledgers of an order and its operations as one text: order, credit invoices,
 * operations that went out, Klarna's order and what Klarna executed.
 */
const char *world_ledgers(const world_t *world, apr_pool_t *p, const char *order_id);

/** Fails when one key or token moved something twice. where names the run. */
void world_check_moved_once(const world_t *world, const char *where);

/**
 * Fails unless store and Klarna agree on an order that nothing holds, refunded <= captured,
 * no key moved twice, a credit invoice is paid exactly when its steps are, and every
 * operation is final.
 */
void world_check(const world_t *world, const char *order_id, const char *where);

#endif
