/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders as CSV (RFC 4180) for spreadsheets. Written page by page: neither a connection to
 * the database nor more than a page of orders is held while the client reads. It begins with
 * a byte order mark, because Excel reads a file without one in the machine's old code page
 * and spoils every name that is not English. What a spreadsheet would run as a formula is
 * made text: references are what shoppers and other systems wrote.
 */
#include "handlers/list.h"

#include <apr_buckets.h>
#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>
#include <string.h>
#include "core/view.h"
#include "klarna_module.h"

#define ID_SIZE 37 /* of a UUID as text */
#define BOM "\xEF\xBB\xBF"

static const char header[] = BOM
    "id,state,store,channel,environment,merchant_reference1,merchant_reference2,"
    "klarna_reference,klarna_order_id,currency,order_amount,captured_amount,refunded_amount,"
    "remaining_authorized_amount,created_at,expires_at,attention,waiting\r\n";

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

static const char *row(apr_pool_t *p, const kl_order_t *order)
{
    const char *texts =
        apr_pstrcat(p, text_cell(p, order->id), ",",
                    text_cell(p, kl_order_state_name(order->state)), ",",
                    text_cell(p, order->merchant), ",", text_cell(p, order->channel), ",",
                    text_cell(p, order->environment), ",", text_cell(p, order->reference1), ",",
                    text_cell(p, order->reference2), ",", text_cell(p, order->klarna_reference),
                    ",", text_cell(p, order->klarna_order_id), ",", text_cell(p, order->currency),
                    NULL);
    const char *amounts = apr_pstrcat(p, amount_cell(p, order->order_amount), ",",
                                      amount_cell(p, order->captured_amount), ",",
                                      amount_cell(p, order->refunded_amount), ",",
                                      amount_cell(p, order->remaining_amount), NULL);

    return apr_pstrcat(p, texts, ",", amounts, ",", time_cell(p, order->created_at), ",",
                       time_cell(p, order->expires_at), ",", text_cell(p, order->attention), ",",
                       text_cell(p, order->waiting), "\r\n", NULL);
}

static void start(request_rec *r)
{
    ap_set_content_type(r, "text/csv; charset=utf-8");
    apr_table_setn(r->headers_out, "Content-Disposition", "attachment; filename=\"orders.csv\"");
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->err_headers_out, "X-Content-Type-Options", "nosniff");
    ap_rputs(header, r);
}

/* The status is on its way already: the answer ends without its end, so that no client takes
 * a part for the whole. */
static int break_off(kl_call_t *call)
{
    request_rec *r = call->r;
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, alloc);

    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "KLA0023: an export broke off: %s: %s",
                  call->err->code, call->err->detail);
    r->connection->keepalive = AP_CONN_CLOSE;
    APR_BRIGADE_INSERT_TAIL(bb, ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL, r->pool, alloc));
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(alloc));
    ap_pass_brigade(r->output_filters, bb);
    return OK;
}

static void write_rows(kl_call_t *call, apr_pool_t *p, const kl_list_page_t *page)
{
    int i;

    for (i = 0; i < page->orders->nelts; i++) {
        ap_rputs(row(p, APR_ARRAY_IDX(page->orders, i, kl_order_t *)), call->r);
    }
}

/* The limit was reached, perhaps just so. */
static int tell_of_more(kl_call_t *call, apr_pool_t *p, kl_order_query_t *query)
{
    kl_list_page_t page;

    query->limit = 1;
    if (kl_order_lists_page(&call->svc, p, query, &page, call->err) != KL_OK) {
        return break_off(call);
    }
    if (page.orders->nelts > 0) {
        ap_rputs("\"There are more than " APR_STRINGIFY(KL_MAX_EXPORT) " orders: narrow the filter "
                                                                       "to see the rest.\"\r\n",
                 call->r);
    }
    return OK;
}

/* After the first page; p is cleared for each. id is the cursor's, which outlives its page. */
static int write_rest(kl_call_t *call, apr_pool_t *p, kl_order_query_t *query, kl_list_page_t *page)
{
    char *id = apr_palloc(call->r->pool, ID_SIZE);
    int rows = page->orders->nelts;

    query->before_id = id;
    while (page->more && !call->r->connection->aborted) {
        query->before_at = page->at;
        apr_cpystrn(id, page->id, ID_SIZE);
        apr_pool_clear(p);
        if (rows >= KL_MAX_EXPORT) {
            return tell_of_more(call, p, query);
        }
        if (kl_order_lists_page(&call->svc, p, query, page, call->err) != KL_OK) {
            return break_off(call);
        }
        write_rows(call, p, page);
        rows += page->orders->nelts;
    }
    return OK;
}

/* All pages: parameters that choose one contradict it. */
static kl_kind_t check_paging(kl_call_t *call)
{
    static const char *const names[] = {"limit", "cursor"};
    unsigned i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (kl_query_text(call, names[i])[0]) {
            return kl_error_field(call->err, "not_with_csv", names[i], "a value",
                                  "none: format=csv gives all pages");
        }
    }
    return call->err->kind;
}

int kl_export(kl_call_t *call, kl_order_query_t *query)
{
    kl_list_page_t page;
    apr_pool_t *p;

    apr_pool_create(&p, call->r->pool);
    query->limit = KL_MAX_PAGE;
    if (check_paging(call) != KL_OK
        || kl_order_lists_page(&call->svc, p, query, &page, call->err) != KL_OK) {
        return kl_reply_error(call);
    }
    start(call->r);
    if (call->r->header_only) {
        return OK;
    }
    write_rows(call, p, &page);
    return write_rest(call, p, query, &page);
}
