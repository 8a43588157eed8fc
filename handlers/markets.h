/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET markets: the countries of an account's region. POST market-test: whether Klarna lets the
 * account sell in one of them; a call for each, so that no request holds its thread for long.
 */
#ifndef KL_HANDLERS_MARKETS_H
#define KL_HANDLERS_MARKETS_H

#include "handlers/handlers.h"

int kl_markets(kl_request_t *req);     /* markets.c */
int kl_market_test(kl_request_t *req); /* markets.c */

#endif
