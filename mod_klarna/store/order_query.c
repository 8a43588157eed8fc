/* SPDX-License-Identifier: Apache-2.0 */
/* See order_query.h. */
#include "store/order_query.h"

#include <string.h>

#include "core/instore.h"
#include "core/payment.h"

/* What a query comes to when its list is put into words. */
typedef struct words_t {
    const char *state, *attention, *channel, *waiting, *till, *invoice;
    int is_shop;
} words_t;

static const char *word(const char *text)
{
    return text ? text : "";
}

int kl_order_query_by_newest(const void *a, const void *b)
{
    const kl_order_t *left = *(kl_order_t *const *)a, *right = *(kl_order_t *const *)b;
    apr_time_t l = left->created_at, r = right->created_at;

    return l > r ? -1 : l < r ? 1 : strcmp(right->id, left->id);
}

int kl_order_query_is_open(const kl_order_query_t *query)
{
    return query->list == KL_LIST_TO_SHIP || query->list == KL_LIST_EXPIRING;
}

static int asks_where(const kl_shop_query_t *shop)
{
    return word(shop->department)[0] || word(shop->till)[0] || word(shop->terminal)[0]
           || word(shop->cashier)[0] || word(shop->invoice)[0];
}

/* Only what was paid in a store has a place in one. */
static int read_shop(words_t *words, const kl_shop_query_t *shop)
{
    words->till = word(shop->till);
    words->invoice = word(shop->invoice);
    words->is_shop = asks_where(shop);
    if (!words->is_shop) {
        return 1;
    }
    if (words->channel[0] && strcmp(words->channel, KL_CHANNEL_INSTORE) != 0) {
        return 0;
    }
    words->channel = KL_CHANNEL_INSTORE;
    return 1;
}

static int read_words(words_t *words, const kl_order_query_t *query)
{
    *words = (words_t){.state = word(query->state),
                       .attention = word(query->attention),
                       .channel = word(query->channel),
                       .waiting = ""};
    if (query->list == KL_LIST_CAPTURE_UNCONFIRMED) {
        words->waiting = "capture";
    }
    else if (query->list == KL_LIST_REFUND_UNCONFIRMED) {
        words->waiting = "refund";
    }
    else if (query->list == KL_LIST_ORPHANS) {
        if (words->attention[0]
            && strcmp(words->attention, kl_attention_name(KL_ATTENTION_ORPHAN)) != 0) {
            return 0; /* an order has one mark only */
        }
        words->attention = kl_attention_name(KL_ATTENTION_ORPHAN);
    }
    return read_shop(words, &query->shop);
}

#define BOTH(page, id) \
    ((page)->list = KL_SQL_order_list_##id, (page)->count = KL_SQL_order_count_##id)
/* The same, or those that see where in a store as well. */
#define EITHER(page, words, id) ((words)->is_shop ? BOTH(page, id##_shop) : BOTH(page, id))

static void add(kl_order_page_t *page, const void *value)
{
    page->values[page->n++] = value;
}

/* The few hits of a search drive it, wherever there is one. */
static void drive_by_search(kl_order_page_t *page, const kl_order_query_t *query,
                            const words_t *words)
{
    for (int i = 0; i < KL_SEARCHED; i++) {
        add(page, query->account);
        add(page, query->search);
    }
    if (kl_order_query_is_open(query)) {
        EITHER(page, words, open_found);
    }
    else {
        EITHER(page, words, found);
    }
}

/* The rarest mark first. */
static void drive(kl_order_page_t *page, const kl_order_query_t *query, const words_t *words)
{
    const char *by = "";

    if (kl_order_query_is_open(query)) {
        EITHER(page, words, open);
    }
    else if (words->attention[0]) {
        by = words->attention;
        EITHER(page, words, attention);
    }
    else if (words->waiting[0]) {
        by = words->waiting;
        EITHER(page, words, waiting);
    }
    else if (words->till[0]) {
        by = words->till;
        BOTH(page, till_shop);
    }
    else if (words->invoice[0]) {
        by = words->invoice;
        BOTH(page, invoice_shop);
    }
    else if (words->state[0] && !words->is_shop) {
        by = words->state;
        BOTH(page, state);
    }
    else if (words->channel[0] && strcmp(words->channel, KL_USUAL_CHANNEL) != 0) {
        by = words->channel;
        EITHER(page, words, channel);
    }
    else {
        BOTH(page, newest);
    }
    add(page, query->account);
    if (by[0]) {
        add(page, by);
    }
}

static void add_twice(kl_order_page_t *page, const char *text)
{
    add(page, word(text));
    add(page, word(text));
}

static void filter_shop(kl_order_page_t *page, const kl_shop_query_t *shop)
{
    add_twice(page, shop->department);
    add_twice(page, shop->till);
    add_twice(page, shop->terminal);
    add_twice(page, shop->cashier);
    add_twice(page, shop->invoice);
}

static void filter(kl_order_page_t *page, const kl_order_query_t *query, const words_t *words)
{
    add_twice(page, words->state);
    add_twice(page, words->attention);
    add_twice(page, words->channel);
    add_twice(page, words->waiting);
    page->from = query->from;
    add(page, &page->from);
    if (words->is_shop) {
        filter_shop(page, &query->shop);
    }
}

/* What is older than the row before, and than `to`: whichever is less. */
static void newest_first(kl_order_page_t *page, apr_time_t before_at, const char *before_id,
                         apr_time_t to)
{
    const char *id = before_at ? word(before_id) : "";

    page->at = before_at ? before_at : APR_INT64_MAX;
    if (to && to <= page->at) {
        page->at = to;
        id = "";
    }
    add(page, &page->at);
    add(page, &page->at);
    add(page, id);
}

static void soonest_first(kl_order_page_t *page, const kl_order_query_t *query)
{
    page->to = query->to ? query->to : APR_INT64_MAX;
    page->at = query->before_at ? query->before_at : 1; /* 0: nothing is open */
    page->until = query->list == KL_LIST_EXPIRING && query->until ? query->until : APR_INT64_MAX;
    add(page, &page->to);
    add(page, &page->at);
    add(page, &page->until);
    add(page, &page->at);
    add(page, query->before_at ? word(query->before_id) : "");
}

int kl_order_query_page(kl_order_page_t *page, const kl_order_query_t *query, int limit)
{
    words_t words;

    memset(page, 0, sizeof(*page));
    if (!read_words(&words, query)) {
        return 0;
    }
    if (word(query->search)[0]) {
        drive_by_search(page, query, &words);
    }
    else {
        drive(page, query, &words);
    }
    filter(page, query, &words);
    if (kl_order_query_is_open(query)) {
        soonest_first(page, query);
    }
    else {
        newest_first(page, query->before_at, query->before_id, query->to);
    }
    page->limit = limit;
    add(page, &page->limit);
    return 1;
}

int kl_order_query_payments(kl_order_page_t *page, const kl_order_query_t *query, int limit)
{
    kl_order_state_t state;

    memset(page, 0, sizeof(*page));
    if (!kl_order_state_parse(query->state, &state) || !kl_payment_is_state(state)
        || query->list != KL_LIST_NONE || word(query->attention)[0] || word(query->search)[0]) {
        return 0;
    }
    BOTH(page, payments);
    add(page, query->account);
    add(page, query->state);
    add_twice(page, query->channel);
    page->from = query->from;
    add(page, &page->from);
    filter_shop(page, &query->shop);
    newest_first(page, query->before_at, query->before_id, query->to);
    page->limit = limit;
    add(page, &page->limit);
    return 1;
}

void kl_order_query_instore(kl_order_page_t *page, const kl_instore_query_t *query, int limit)
{
    const char *by = query->till;

    memset(page, 0, sizeof(*page));
    page->list = KL_SQL_order_list_till;
    page->count = KL_SQL_order_list_payments_till;
    if (query->invoice[0]) {
        by = query->invoice;
        page->list = KL_SQL_order_list_invoice;
        page->count = KL_SQL_order_list_payments_invoice;
    }
    add(page, query->account);
    add(page, by);
    add(page, query->department);
    add(page, query->department);
    page->from = query->from;
    add(page, &page->from);
    newest_first(page, query->before_at, query->before_id, query->to);
    page->limit = limit;
    add(page, &page->limit);
}
