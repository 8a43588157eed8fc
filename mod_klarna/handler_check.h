/* SPDX-License-Identifier: Apache-2.0 */
/* Whether something answers at the Locations of mod_klarna: httpd takes any SetHandler. */
#ifndef KL_HANDLER_CHECK_H
#define KL_HANDLER_CHECK_H

#include "complaints.h"

/** Every SetHandler and every Location of the configuration. */
void kl_handler_check(kl_complaints_t *wrong, server_rec *s);

#endif
