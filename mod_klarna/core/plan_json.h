/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person asks for, read from JSON: a selection (everything, an amount or lines) and
 * what goes with it. Only the form is judged here; whether the order can bear it is the
 * plan's business. A misspelt member is refused, never ignored.
 */
#ifndef KL_PLAN_JSON_H
#define KL_PLAN_JSON_H

#include "core/plan.h"
#include "core/reader.h"

/** Reads the array shipping_info, in Klarna's words, into JSON text; "[]" when it is absent. */
kl_kind_t kl_plan_json_shipping_info(const char **text, const kl_reader_t *rd, int required);

kl_kind_t kl_plan_json_capture(kl_capture_request_t *want, apr_pool_t *p, const kl_json_t *v,
                               kl_error_t *err);

kl_kind_t kl_plan_json_credit(kl_credit_request_t *want, apr_pool_t *p, const kl_json_t *v,
                              kl_error_t *err);

#endif
