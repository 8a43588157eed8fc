/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Amounts as people type them, who may or may not mean minor units and write thousands in every
 * way there is. Each of Klarna's currencies has a hundred minor units.
 */
#ifndef KL_AMOUNT_TEXT_H
#define KL_AMOUNT_TEXT_H

#include <apr.h>

/**
 * What a text may mean: "129.00" and "1 290,00" one amount, "12900" minor units or whole ones.
 * @param out minor units, 1..KL_MAX_AMOUNT
 * @return how many of out are set; 0 when it is no amount
 */
int kl_amount_text_read(const char *text, apr_int64_t out[2]);

#endif
