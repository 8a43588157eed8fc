/* SPDX-License-Identifier: Apache-2.0 */
/* See order_csv.h. */
#include "core/order_csv.h"

#include <apr_strings.h>
#include <string.h>
#include "core/instore.h"
#include "core/view.h"

#define BOM "\xEF\xBB\xBF"

const char kl_order_csv_header[] = BOM
    "id,state,store,channel,environment,merchant_reference1,merchant_reference2,"
    "klarna_reference,klarna_order_id,currency,order_amount,captured_amount,refunded_amount,"
    "remaining_authorized_amount,created_at,expires_at,attention,waiting,"
    "capture_klarna_references,department,till,terminal,cashier,invoice\r\n";

static int is_separator(char c)
{
    return c == ';' || c == '\t' || c == '\r' || c == '\n';
}

static int starts_formula(char c)
{
    return c == '=' || c == '+' || c == '-' || c == '@';
}

/*
 * text as one quoted cell. An apostrophe goes before what would be a formula, at its
 * beginning and after what another country's spreadsheet takes for the end of a cell (most of
 * Europe's split at semicolons and find the quotes in the middle then).
 */
static const char *text_cell(apr_pool_t *p, const char *text)
{
    char *cell = apr_palloc(p, 3 * strlen(text) + 4), *out = cell;
    int fresh = 1; /* nothing of the cell was seen yet */

    *out++ = '"';
    if (is_separator(*text)) {
        *out++ = '\'';
    }
    for (; *text; text++) {
        if (fresh && starts_formula(*text)) {
            *out++ = '\'';
        }
        if (*text == '"') {
            *out++ = '"';
        }
        *out++ = *text;
        fresh = is_separator(*text) || (fresh && (*text == ' ' || *text == '"'));
    }
    *out++ = '"';
    *out = '\0';
    return cell;
}

/* Minor units as a decimal number; each of Klarna's currencies has a hundred of them. */
static const char *amount_cell(apr_pool_t *p, apr_int64_t amount)
{
    return apr_psprintf(p, "%s%" APR_INT64_T_FMT ".%02d", amount < 0 ? "-" : "",
                        amount < 0 ? -(amount / 100) : amount / 100,
                        (int)(amount < 0 ? -(amount % 100) : amount % 100));
}

static const char *time_cell(apr_pool_t *p, apr_time_t t)
{
    kl_json_t *v = kl_json_object(p);
    const char *text;

    kl_view_time(p, v, "t", t);
    text = kl_json_str(v, "t");
    return text ? text : "";
}

/* Klarna's invoice numbers, with a blank between. */
static const char *invoice_numbers(apr_pool_t *p, const kl_order_t *order)
{
    apr_array_header_t *numbers = apr_array_make(p, 2, sizeof(const char *));

    for (int i = 0; i < order->captures->nelts; i++) {
        const char *number = APR_ARRAY_IDX(order->captures, i, kl_capture_t).klarna_reference;

        if (number[0]) {
            APR_ARRAY_PUSH(numbers, const char *) = number;
        }
    }
    return apr_array_pstrcat(p, numbers, ' ');
}

/* Where in a store it was paid: empty cells online. */
static const char *shop_cells(apr_pool_t *p, const kl_order_t *order)
{
    const kl_instore_t *shop = order->instore ? order->instore : kl_instore_make(p);

    return apr_pstrcat(p, text_cell(p, shop->department), ",", text_cell(p, shop->till), ",",
                       text_cell(p, shop->terminal), ",", text_cell(p, shop->cashier), ",",
                       text_cell(p, shop->invoice), NULL);
}

const char *kl_order_csv_row(apr_pool_t *p, const kl_order_t *order)
{
    const char *texts = apr_pstrcat(p, text_cell(p, order->id), ",",
                                    text_cell(p, kl_order_state_name(order->state)), ",",
                                    text_cell(p, order->account), ",", text_cell(p, order->channel),
                                    ",", text_cell(p, order->environment), ",",
                                    text_cell(p, order->reference1), ",",
                                    text_cell(p, order->reference2), ",",
                                    text_cell(p, order->klarna_reference), ",",
                                    text_cell(p, order->klarna_order_id), ",",
                                    text_cell(p, order->currency), NULL);
    const char *amounts = apr_pstrcat(p, amount_cell(p, order->order_amount), ",",
                                      amount_cell(p, order->captured_amount), ",",
                                      amount_cell(p, order->refunded_amount), ",",
                                      amount_cell(p, order->remaining_amount), NULL);

    return apr_pstrcat(p, texts, ",", amounts, ",", time_cell(p, order->created_at), ",",
                       time_cell(p, order->expires_at), ",",
                       text_cell(p, kl_attention_name(order->attention)), ",",
                       text_cell(p, order->waiting), ",", text_cell(p, invoice_numbers(p, order)),
                       ",", shop_cells(p, order), "\r\n", NULL);
}
