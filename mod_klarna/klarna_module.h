/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module record, the only exported symbol, and logging under the module's name:
 * every file of the Apache side but mod_klarna.c says APLOG_USE_MODULE through this.
 */
#ifndef KLARNA_MODULE_H
#define KLARNA_MODULE_H

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

extern module AP_MODULE_DECLARE_DATA klarna_module;

/* What SetHandler may name, and the same for people (handlers/dispatch.c has them). */
#define KL_HANDLERS \
    "klarna-checkout", "klarna-orders", "klarna-operator", "klarna-callbacks", "klarna-instore", \
        "klarna-display", "klarna-status"
#define KL_HANDLERS_TEXT \
    "klarna-checkout, klarna-orders, klarna-operator, klarna-callbacks, klarna-instore, " \
    "klarna-display and klarna-status"

#ifndef KL_IS_MODULE_RECORD
APLOG_USE_MODULE(klarna);
#endif

#endif
