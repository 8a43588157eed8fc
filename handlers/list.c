/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET "" and GET lists: orders page by page, and how many of them wait for whom.
 */
#include "handlers/list.h"

#include <apr_strings.h>
#include <string.h>
#include "core/attention.h"
#include "core/iso_time.h"
#include "core/order_view.h"
#include "handlers/query.h"
#include "handlers/answer.h"
#include "handlers/export.h"
#include "handlers/accounts.h"

#define DEFAULT_PAGE 25
#define DAY apr_time_from_sec(86400)

/* --- what is asked for ------------------------------------------------------------------ */

static void unknown_value(kl_request_t *req, const char *name, const char *expected)
{
    kl_error_field(req->err, "unknown_value", name, "some other word", expected);
}

static const char *read_state(kl_request_t *req)
{
    const char *state = kl_query_text(req, "state");
    kl_order_state_t known;

    if (state[0] && !kl_order_state_parse(state, &known)) {
        unknown_value(req, "state", "an order state such as AUTHORIZED or CAPTURED");
    }
    return state;
}

static const char *read_attention(kl_request_t *req)
{
    const char *mark = kl_query_text(req, "attention");
    kl_attention_t known;

    if (mark[0] && !kl_attention_parse(mark, &known)) {
        unknown_value(req, "attention", "orphan, outside, fraud_rejected, differs or expiring");
    }
    return mark;
}

/* words: ends with NULL; expected: the same for people. */
static const char *read_word(kl_request_t *req, const char *name, const char *const *words,
                             const char *expected)
{
    const char *word = kl_query_text(req, name);

    while (*words && strcmp(*words, word) != 0) {
        words++;
    }
    if (word[0] && !*words) {
        unknown_value(req, name, expected);
    }
    return word;
}

static kl_order_list_t read_list(kl_request_t *req)
{
    const char *name = kl_query_text(req, "list");
    kl_order_list_t list = KL_LIST_NONE;

    if (name[0] && !kl_order_lists_parse(name, &list)) {
        unknown_value(req, "list",
                      "to_ship, expiring, capture_unconfirmed, refund_unconfirmed or orphans");
    }
    return list;
}

/* The beginning of that day ("2026-11-22"), UTC; 0 when it is no day from 1970 on. */
static apr_time_t parse_day(apr_pool_t *p, const char *text)
{
    return strlen(text) == 10 ? kl_iso_time(apr_pstrcat(p, text, "T00:00:00Z", NULL)) : 0;
}

static apr_time_t read_day(kl_request_t *req, const char *name)
{
    const char *text = kl_query_text(req, name);
    apr_time_t day = parse_day(req->r->pool, text);

    if (text[0] && !day && strcmp(text, "1970-01-01") != 0) {
        kl_error_field(req->err, "not_a_date", name, "some other text",
                       "a day as YYYY-MM-DD, 1970-01-01 or later");
    }
    return day;
}

static void read_days(kl_request_t *req, kl_order_query_t *query)
{
    query->from = read_day(req, "from");
    query->to = read_day(req, "to");
    if (query->to && query->to < query->from) {
        kl_error_field(req->err, "out_of_range", "to", "an earlier day", "from or a later day");
    }
    query->to += kl_query_text(req, "to")[0] ? DAY : 0;
}

static void read_cursor(kl_request_t *req, kl_order_query_t *query)
{
    const char *cursor = kl_query_text(req, "cursor");
    char *end = NULL;

    if (!cursor[0]) {
        return;
    }
    query->before_at = apr_strtoi64(cursor, &end, 10);
    if (query->before_at <= 0 || *end != '_' || !kl_id_is_uuid(end + 1)) {
        kl_error_field(req->err, "cursor", "cursor", "some other text",
                       "the next_cursor of a previous answer");
        return;
    }
    query->before_id = end + 1;
}

/* "" = all of the Location's. */
static const char *read_store(kl_request_t *req)
{
    const char *name = kl_query_text(req, "store");

    if (name[0] && !kl_accounts_named(req, name)) {
        unknown_value(req, "store", kl_accounts_names(req));
    }
    return name;
}

static const char *const channels[] = {"online", "instore", NULL};
static const char *const formats[] = {"json", "csv", NULL};

static kl_kind_t read_query(kl_request_t *req, kl_order_query_t *query)
{
    static const char *const names[] = {"q",       "state", "store",      "channel", "attention",
                                        "list",    "from",  "to",         "limit",   "cursor",
                                        "format",  "till",  "department", "cashier", "terminal",
                                        "invoice", NULL};

    if (kl_query_only(req, names) != KL_OK) {
        return req->err->kind;
    }
    *query = kl_order_lists_query(&req->svc, KL_LIST_NONE);
    query->search = kl_query_text(req, "q");
    query->state = read_state(req);
    query->channel = read_word(req, "channel", channels, "online or instore");
    query->shop = (kl_shop_query_t){.department = kl_query_text(req, "department"),
                                    .till = kl_query_text(req, "till"),
                                    .terminal = kl_query_text(req, "terminal"),
                                    .cashier = kl_query_text(req, "cashier"),
                                    .invoice = kl_query_text(req, "invoice")};
    query->attention = read_attention(req);
    query->list = read_list(req);
    query->limit = kl_query_number(req, "limit", DEFAULT_PAGE, 1, KL_MAX_PAGE);
    query->account = read_store(req);
    read_days(req, query);
    read_cursor(req, query);
    return req->err->kind;
}

/* --- a page ------------------------------------------------------------------------------ */

static int reply_page(kl_request_t *req, const kl_list_page_t *page)
{
    apr_pool_t *p = req->r->pool;
    kl_json_t *v = kl_json_object(p), *orders = kl_json_array(p);
    int i;

    for (i = 0; i < page->orders->nelts; i++) {
        kl_json_append(orders, kl_order_view(p, APR_ARRAY_IDX(page->orders, i, kl_order_t *), 0));
    }
    kl_json_set(v, "orders", orders);
    if (page->more) {
        kl_json_set_str(v, "next_cursor",
                        apr_psprintf(p, "%" APR_TIME_T_FMT "_%s", page->at, page->id));
    }
    return kl_answer(req, HTTP_OK, v, NULL);
}

int kl_list(kl_request_t *req)
{
    kl_order_query_t query;
    kl_list_page_t page;

    if (read_query(req, &query) != KL_OK) {
        return kl_answer_error(req);
    }
    if (strcmp(read_word(req, "format", formats, "json or csv"), "csv") == 0) {
        return kl_export(req, &query);
    }
    if (req->err->kind != KL_OK
        || kl_order_lists_page(&req->svc, req->r->pool, &query, &page, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return reply_page(req, &page);
}

/* --- how many ------------------------------------------------------------------------------ */

int kl_list_counts(kl_request_t *req)
{
    static const char *const none[] = {NULL};
    apr_pool_t *p = req->r->pool;
    kl_json_t *v = kl_json_object(p), *counts = kl_json_object(p), *entry;
    kl_list_count_t found;
    int list;

    if (kl_query_only(req, none) != KL_OK) {
        return kl_answer_error(req);
    }
    for (list = KL_LIST_NONE + 1; list < KL_LISTS; list++) {
        if (kl_order_lists_count(&req->svc, list, &found, req->err) != KL_OK) {
            return kl_answer_error(req);
        }
        entry = kl_json_object(p);
        kl_json_set_int(entry, "count", found.count);
        kl_json_set_bool(entry, "more", found.more);
        kl_json_set(counts, kl_order_lists_name(list), entry);
    }
    kl_json_set(v, "lists", counts);
    return kl_answer(req, HTTP_OK, v, NULL);
}
