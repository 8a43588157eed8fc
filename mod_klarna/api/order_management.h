/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna Order Management v1. Builds requests, reads answers, sends nothing. Every POST and
 * PATCH carries the operation's id as Klarna-Idempotency-Key (Klarna remembers it 24 h).
 * The order must have a klarna_order_id.
 */
#ifndef KL_ORDER_MANAGEMENT_H
#define KL_ORDER_MANAGEMENT_H

#include "api/reply.h"
#include "core/klarna_record.h"
#include "core/plan.h"
#include "core/plan_due_date.h"
#include "core/plan_lines_change.h"

/** POST captures; lines are sent when the movement has some. */
kl_klarna_request_t kl_order_management_capture(apr_pool_t *p, const kl_order_t *order,
                                                const kl_movement_t *m,
                                                const kl_capture_request_t *want, const char *key);
/** POST refunds; want's comment is Klarna's description. */
kl_klarna_request_t kl_order_management_refund(apr_pool_t *p, const kl_order_t *order,
                                               const kl_movement_t *m,
                                               const kl_credit_request_t *want, const char *key);
/** PATCH authorization with the lines that stay. */
kl_klarna_request_t kl_order_management_reduce(apr_pool_t *p, const kl_order_t *order,
                                               const kl_movement_t *m, const char *description,
                                               const char *key);
/** PATCH authorization with these lines and the amount that they come to. */
kl_klarna_request_t kl_order_management_authorize(apr_pool_t *p, const kl_order_t *order,
                                                  const kl_lines_plan_t *plan,
                                                  const char *description, const char *key);
kl_klarna_request_t kl_order_management_cancel(apr_pool_t *p, const kl_order_t *order,
                                               const char *key);
kl_klarna_request_t kl_order_management_release(apr_pool_t *p, const kl_order_t *order,
                                                const char *key);
kl_klarna_request_t kl_order_management_extend(apr_pool_t *p, const kl_order_t *order,
                                               const char *key);
/** POST captures/{id}/shipping-info; shipping_info is a JSON array text. */
kl_klarna_request_t kl_order_management_shipping_info(apr_pool_t *p, const kl_order_t *order,
                                                      const char *capture_id,
                                                      const char *shipping_info, const char *key);
kl_klarna_request_t kl_order_management_acknowledge(apr_pool_t *p, const kl_order_t *order,
                                                    const char *key);
/** PATCH merchant-references; NULL: that one stays, "": it is cleared. */
kl_klarna_request_t kl_order_management_refer(apr_pool_t *p, const kl_order_t *order,
                                              const char *reference1, const char *reference2,
                                              const char *key);
/** PATCH customer-details. */
kl_klarna_request_t kl_order_management_deliver_to(apr_pool_t *p, const kl_order_t *order,
                                                   kl_json_t *shipping_address, const char *key);
/** GET captures/{id}/extend-due-date-options. */
kl_klarna_request_t kl_order_management_due_options(apr_pool_t *p, const kl_order_t *order,
                                                    const char *capture_id);
/** Options that cannot be read are left out. */
kl_kind_t kl_order_management_due_options_reply(kl_due_options_t *out, apr_pool_t *p,
                                                const kl_klarna_response_t *resp, kl_error_t *err);
/** PATCH captures/{id}/extend-due-date. */
kl_klarna_request_t kl_order_management_due_date(apr_pool_t *p, const kl_order_t *order,
                                                 const char *capture_id, apr_int64_t days,
                                                 const char *key);
/** POST captures/{id}/trigger-send-out. */
kl_klarna_request_t kl_order_management_send_out(apr_pool_t *p, const kl_order_t *order,
                                                 const char *capture_id, const char *key);
/** GET order, by Klarna's id. */
kl_klarna_request_t kl_order_management_read(apr_pool_t *p, const char *id);
kl_kind_t kl_order_management_read_reply(kl_klarna_record_t *out, apr_pool_t *p,
                                         const kl_klarna_response_t *resp, kl_error_t *err);

#endif
