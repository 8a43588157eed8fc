/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is true of every operation that is stored, whatever became of it: asked before it is first
 * written, before it is sent and after its answer is read.
 */
#ifndef KL_OPERATION_CHECK_H
#define KL_OPERATION_CHECK_H

#include "core/operation.h"

/** KL_OK, or KL_INTERNAL "contract". */
kl_kind_t kl_operation_check(const kl_operation_t *op, kl_error_t *err);

#endif
