/* SPDX-License-Identifier: Apache-2.0 */
/* See list_query.h. */
#include "handlers/list_query.h"

#include <apr_strings.h>
#include <string.h>
#include "core/amount_text.h"
#include "core/attention.h"
#include "core/iso_time.h"
#include "core/payment.h"
#include "handlers/accounts.h"
#include "handlers/query.h"

#define DEFAULT_PAGE 25
#define DAY apr_time_from_sec(86400)
#define FEW_IDS 100

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
                      "to_ship, expiring, capture_unconfirmed, refund_unconfirmed, orphans or "
                      "in_review");
    }
    return list;
}

/* The beginning of that day ("2026-11-22"), UTC; 0 when it is no day from 1970 on. */
static apr_time_t parse_day(apr_pool_t *p, const char *text)
{
    return strlen(text) == 10 ? kl_iso_time(apr_pstrcat(p, text, "T00:00:00Z", NULL)) : 0;
}

/* A day, or a time. *length: how long what is named lasts. */
static apr_time_t read_time(kl_request_t *req, const char *name, apr_time_t *length)
{
    const char *text = kl_query_text(req, name);
    apr_time_t day = parse_day(req->r->pool, text), at = day ? day : kl_iso_time(text);

    *length = strlen(text) == 10 ? DAY : 0;
    if (text[0] && !at && strcmp(text, "1970-01-01") != 0) {
        kl_error_field(req->err, "not_a_date", name, "some other text",
                       "a day as YYYY-MM-DD or a time as YYYY-MM-DDThh:mm:ss+hh:mm, 1970-01-01 or "
                       "later");
    }
    return at;
}

/* A day ends with its end, a time with itself. */
static void read_times(kl_request_t *req, kl_order_query_t *query)
{
    apr_time_t length;

    query->from = read_time(req, "from", &length);
    query->to = read_time(req, "to", &length) + length;
    if (query->to && query->to <= query->from) {
        kl_error_field(req->err, "out_of_range", "to", "an earlier day or time",
                       "a later one than from, or the same day");
    }
}

static int is_by_amount(const kl_order_query_t *query)
{
    return query->sort == KL_SORT_AMOUNT_DESC || query->sort == KL_SORT_AMOUNT_ASC;
}

/* "at_id", and by amount "amount.at_id". */
static void read_cursor(kl_request_t *req, kl_order_query_t *query)
{
    const char *cursor = kl_query_text(req, "cursor");
    char *end = NULL;

    if (!cursor[0]) {
        return;
    }
    if (is_by_amount(query)) {
        query->before_amount = apr_strtoi64(cursor, &end, 10);
        cursor = *end == '.' ? end + 1 : "";
    }
    query->before_at = apr_strtoi64(cursor, &end, 10);
    if (query->before_at <= 0 || query->before_amount < 0 || *end != '_'
        || !kl_id_is_uuid(end + 1)) {
        kl_error_field(req->err, "cursor", "cursor", "some other text",
                       "the next_cursor of a previous answer");
        return;
    }
    query->before_id = end + 1;
}

static kl_sort_t read_sort(kl_request_t *req)
{
    static const char *const sorts[] = {
        [KL_SORT_USUAL] = "",
        [KL_SORT_NEWEST] = "newest",
        [KL_SORT_OLDEST] = "oldest",
        [KL_SORT_AMOUNT_DESC] = "amount_desc",
        [KL_SORT_AMOUNT_ASC] = "amount_asc",
        [KL_SORT_EXPIRY] = "expiry",
    };
    const char *word = kl_query_text(req, "sort");

    for (int i = 0; i <= KL_SORT_EXPIRY; i++) {
        if (strcmp(sorts[i], word) == 0) {
            return (kl_sort_t)i;
        }
    }
    unknown_value(req, "sort", "newest, oldest, amount_desc, amount_asc or expiry");
    return KL_SORT_USUAL;
}

/* Payments that became no order have no end and no index of their amounts. */
static void check_sort(kl_request_t *req, const kl_order_query_t *query)
{
    kl_order_state_t state;

    if (query->sort > KL_SORT_NEWEST && kl_order_state_parse(query->state, &state)
        && kl_payment_is_state(state)) {
        kl_error_field(req->err, "not_with_state", "sort", kl_query_text(req, "sort"),
                       "newest: payments that became no order come in no other order");
    }
}

/* NULL: not asked for. */
static const apr_array_header_t *read_ids(kl_request_t *req, int most)
{
    char *state = NULL, *text = apr_pstrdup(req->r->pool, kl_query_text(req, KL_QUERY_IDS));
    apr_array_header_t *ids = apr_array_make(req->r->pool, 8, sizeof(const char *));
    const char *id;

    for (id = apr_strtok(text, ",", &state); id; id = apr_strtok(NULL, ",", &state)) {
        APR_ARRAY_PUSH(ids, const char *) = id;
        if (ids->nelts > most || !kl_id_is_uuid(id)) {
            kl_error_field(req->err, "ids", KL_QUERY_IDS, "some other text",
                           apr_psprintf(req->r->pool, "at most %d ids of orders, with commas",
                                        most));
            return NULL;
        }
    }
    return ids->nelts ? ids : NULL;
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

int kl_list_query_is_csv(kl_request_t *req)
{
    return strcmp(read_word(req, "format", formats, "json or csv"), "csv") == 0;
}

static void read_filters(kl_request_t *req, kl_order_query_t *query)
{
    query->state = read_state(req);
    query->channel = read_word(req, "channel", channels, "online or instore");
    query->shop = (kl_shop_query_t){.department = kl_query_text(req, "department"),
                                    .till = kl_query_text(req, "till"),
                                    .terminal = kl_query_text(req, "terminal"),
                                    .cashier = kl_query_text(req, "cashier"),
                                    .invoice = kl_query_text(req, "invoice")};
    query->attention = read_attention(req);
    query->list = read_list(req);
    query->tag = kl_query_text(req, "tag");
    query->return_reason = kl_query_text(req, "return_reason");
    query->account = read_store(req);
    read_times(req, query);
}

static kl_kind_t read_query(kl_request_t *req, const char *const *names, kl_order_query_t *query)
{
    if (kl_query_only(req, names) != KL_OK) {
        return req->err->kind;
    }
    *query = kl_order_lists_query(&req->svc, KL_LIST_NONE);
    query->search = kl_query_text(req, "q");
    query->amounts = kl_amount_text_read(query->search, query->amount);
    read_filters(req, query);
    query->sort = read_sort(req);
    check_sort(req, query);
    query->ids = read_ids(req, kl_list_query_is_csv(req) ? KL_MAX_IDS : FEW_IDS);
    return req->err->kind;
}

#define FILTERS \
    "q", "state", "store", "channel", "attention", "list", "from", "to", "sort", KL_QUERY_IDS, \
        "tag", "return_reason", "till", "department", "cashier", "terminal", "invoice"

kl_kind_t kl_list_query_read(kl_request_t *req, kl_order_query_t *query)
{
    static const char *const names[] = {FILTERS, "limit", "cursor", "format", NULL};

    if (read_query(req, names, query) == KL_OK) {
        query->limit = kl_query_number(req, "limit", DEFAULT_PAGE, 1, KL_MAX_PAGE);
        read_cursor(req, query);
    }
    return req->err->kind;
}

kl_kind_t kl_list_query_read_totals(kl_request_t *req, kl_order_query_t *query)
{
    static const char *const names[] = {FILTERS, NULL};

    return read_query(req, names, query);
}

const char *kl_list_query_cursor(apr_pool_t *p, const kl_order_query_t *query,
                                 const kl_list_page_t *page)
{
    const char *cursor = apr_psprintf(p, "%" APR_TIME_T_FMT "_%s", page->at, page->id);

    return is_by_amount(query) ? apr_psprintf(p, "%" APR_INT64_T_FMT ".%s", page->amount, cursor)
                               : cursor;
}
