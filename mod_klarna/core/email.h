/* SPDX-License-Identifier: Apache-2.0 */
/* Customers' e-mail addresses. An address is personal: no error ever quotes it. */
#ifndef KL_EMAIL_H
#define KL_EMAIL_H

#include "core/error.h"

/** Finds what a typing error mostly comes to: no or a second @, no dot after it, a space, something
 *  too long. @return KL_OK, or KL_INVALID that names field. */
kl_kind_t kl_email_check(const char *address, const char *field, kl_error_t *err);

#endif
