/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a caller learns whom Apache has not authenticated, a shopper above all: that it did not work
 * and what to do, never what Klarna said, whose credentials were refused or what is the matter with
 * the database. The log has all of it.
 */
#ifndef KL_STRANGER_H
#define KL_STRANGER_H

#include "core/error.h"

/** Leaves in the error what anybody may read. What the caller has done wrong stays as it is. */
void kl_stranger_hide(kl_error_t *err);

#endif
