/* SPDX-License-Identifier: Apache-2.0 */
/*
 * <KlarnaDepartment NAME> and the directives that stand in it. Each checks its own value;
 * department_check.c checks what needs several of them.
 */
#ifndef KL_DEPARTMENT_DIRECTIVES_H
#define KL_DEPARTMENT_DIRECTIVES_H

#include <httpd.h>
#include <http_config.h>
#include "settings.h"

/** The account of the department that is being read, made when it is new: KlarnaCredentials. */
kl_account_settings_t *kl_department_directives_account(cmd_parms *cmd);

const char *kl_department_directives_open(cmd_parms *cmd, void *unused, const char *arguments);
const char *kl_department_directives_way(cmd_parms *cmd, void *unused, const char *word);
const char *kl_department_directives_market(cmd_parms *cmd, void *unused, const char *pair);
const char *kl_department_directives_place(cmd_parms *cmd, void *unused, const char *word);
const char *kl_department_directives_refunds(cmd_parms *cmd, void *unused, int on);
const char *kl_department_directives_send(cmd_parms *cmd, void *unused, const char *word);
const char *kl_department_directives_time_out(cmd_parms *cmd, void *unused, const char *text);
const char *kl_department_directives_profile(cmd_parms *cmd, void *unused, const char *id);
const char *kl_department_directives_address(cmd_parms *cmd, void *unused, int argc,
                                             char *const argv[]);
const char *kl_department_directives_logo(cmd_parms *cmd, void *unused, const char *path);
const char *kl_department_directives_finalize(cmd_parms *cmd, void *unused, const char *url);

/* Rows of the command table (directives.c). */
#define KL_DEPARTMENT_DIRECTIVES \
    AP_INIT_RAW_ARGS("<KlarnaDepartment", kl_department_directives_open, NULL, RSRC_CONF, \
                     "Container: one department of a store, where customers pay at a till"), \
        AP_INIT_TAKE1("KlarnaInStore", kl_department_directives_way, NULL, RSRC_CONF, \
                      "how this department's customers pay: hosted_page, qr or off (default)"), \
        AP_INIT_ITERATE( \
            "KlarnaInStoreMarkets", kl_department_directives_market, NULL, RSRC_CONF, \
            "countries with their currency, as SE/SEK; default all of the account's region"), \
        AP_INIT_TAKE1("KlarnaInStorePlace", kl_department_directives_place, NULL, RSRC_CONF, \
                      "CAPTURE_ORDER (default), or PLACE_ORDER: captured when it is verified"), \
        AP_INIT_FLAG("KlarnaInStoreRefunds", kl_department_directives_refunds, NULL, RSRC_CONF, \
                     "refunding verified in-store payments is agreed with Klarna; default Off"), \
        AP_INIT_ITERATE("KlarnaInStoreSend", kl_department_directives_send, NULL, RSRC_CONF, \
                        "how a link may be sent: sms, email (default both) or none"), \
        AP_INIT_TAKE1("KlarnaTillTimeout", kl_department_directives_time_out, NULL, RSRC_CONF, \
                      "how long a payment may wait at the till, 1s to 46h or off; default 30m"), \
        AP_INIT_TAKE1("KlarnaInStoreProfile", kl_department_directives_profile, NULL, RSRC_CONF, \
                      "id of a profile of Klarna's hosted payment page"), \
        AP_INIT_TAKE_ARGV("KlarnaInStoreAddress", kl_department_directives_address, NULL, \
                          RSRC_CONF, \
                          "the store for Klarna: store-id street postal-code city country"), \
        AP_INIT_TAKE1("KlarnaInStoreLogo", kl_department_directives_logo, NULL, RSRC_CONF, \
                      "PNG file for the middle of the department's QR codes"), \
        AP_INIT_TAKE1("KlarnaInvoiceFinalize", kl_department_directives_finalize, NULL, RSRC_CONF, \
                      "local URL of the host's program that finalises an invoice")

#endif
