/* SPDX-License-Identifier: Apache-2.0 */
/* See order_query.h. */
#include "store/order_query.h"

#include <apr_strings.h>
#include <string.h>

#include "core/instore.h"
#include "core/limits.h"
#include "core/payment.h"
#include "store/list_text.h"
#include "store/text_builder.h"

#define FEW_IDS 100

/* What drives a list, the rarest last. */
typedef enum {
    BY_ALL,
    BY_STATE,
    BY_CHANNEL,
    BY_AMOUNT,    /* from the highest or the lowest on */
    BY_AMOUNT_IS, /* all of one amount */
    BY_OPEN,
    BY_DEPARTMENT,
    BY_TERMINAL,
    BY_CASHIER,
    BY_INVOICE,
    BY_TILL,
    BY_TAG,
    BY_REASON,
    BY_ARTICLE,
    BY_REVIEW,
    BY_WAITING,
    BY_ATTENTION,
    BY_IDS,
    BY_FOUND
} by_t;

/* name: of the statement; index: klarna_order_..., by which the rows come in order. SQLite, which
 * knows no values, may take another; MariaDB would use only the equal part of it, and so read every
 * order newer than the page: the deeper, the slower. With its other ways forbidden it starts at the
 * page. PostgreSQL knows values and figures, and is left to decide. */
static const struct {
    const char *name, *index, *where;
} drivers[] = {
    [BY_ALL] = {"newest", "newest", KL_LIST_ALL},
    [BY_STATE] = {"state", "by_state", KL_LIST_BY_("state")},
    [BY_CHANNEL] = {"channel", "by_channel",
                    KL_LIST_BY_("channel") " AND o.channel <> '" KL_USUAL_CHANNEL "'"},
    [BY_AMOUNT] = {"amount", "by_amount", KL_LIST_ALL},
    [BY_AMOUNT_IS] = {"of_amount", "by_amount", KL_LIST_ALL " AND o.order_amount = %lld"},
    [BY_OPEN] = {"open", "open", KL_LIST_ALL},
    [BY_DEPARTMENT] = {"department", "by_department", KL_LIST_MARKED_("department")},
    [BY_TERMINAL] = {"terminal", "by_terminal", KL_LIST_MARKED_("terminal")},
    [BY_CASHIER] = {"cashier", "by_cashier", KL_LIST_MARKED_("cashier")},
    [BY_INVOICE] = {"invoice", "by_invoice", KL_LIST_MARKED_("invoice")},
    [BY_TILL] = {"till", "by_till", KL_LIST_MARKED_("till")},
    [BY_TAG] = {"tag", NULL, KL_LIST_LABELLED_(KL_LIST_TAGGED_)},
    [BY_REASON] = {"return_reason", NULL, KL_LIST_LABELLED_(KL_LIST_RETURNED_)},
    [BY_ARTICLE] = {"article", NULL, NULL},
    [BY_REVIEW] = {"review", "review", KL_LIST_ALL},
    [BY_WAITING] = {"waiting", "waiting", KL_LIST_MARKED_("waiting")},
    [BY_ATTENTION] = {"attention", "by_attention", KL_LIST_MARKED_("attention")},
    [BY_IDS] = {"ids", NULL, KL_LIST_ALL},
    [BY_FOUND] = {"found", NULL, NULL},
};

/* A query put into words, and what is made of it. */
typedef struct ask_t {
    const kl_order_query_t *query;
    const char *state, *attention, *channel, *waiting;
    const char *search, *tag, *reason;
    const kl_shop_query_t *shop;
    int is_shop, is_open;
    kl_sort_t sort;
    int many;
} ask_t;

static const char *word(const char *text)
{
    return text ? text : "";
}

/* --- the order of the rows --------------------------------------------------------------- */

static int by_number(apr_int64_t l, apr_int64_t r)
{
    return l < r ? -1 : l > r;
}

static int by_oldest(const void *a, const void *b)
{
    const kl_order_t *l = *(kl_order_t *const *)a, *r = *(kl_order_t *const *)b;
    int order = by_number(l->created_at, r->created_at);

    return order ? order : strcmp(l->id, r->id);
}

static int by_newest(const void *a, const void *b)
{
    return by_oldest(b, a);
}

static int by_lowest(const void *a, const void *b)
{
    const kl_order_t *l = *(kl_order_t *const *)a, *r = *(kl_order_t *const *)b;
    int order = by_number(l->order_amount, r->order_amount);

    return order ? order : by_oldest(a, b);
}

static int by_highest(const void *a, const void *b)
{
    return by_lowest(b, a);
}

static int by_end(const void *a, const void *b)
{
    const kl_order_t *l = *(kl_order_t *const *)a, *r = *(kl_order_t *const *)b;
    int order = by_number(kl_order_open_until(l), kl_order_open_until(r));

    return order ? order : strcmp(l->id, r->id);
}

kl_order_compare_fn *kl_order_query_compare(kl_sort_t sort)
{
    static kl_order_compare_fn *const all[] = {
        [KL_SORT_USUAL] = by_newest,      [KL_SORT_NEWEST] = by_newest,
        [KL_SORT_OLDEST] = by_oldest,     [KL_SORT_AMOUNT_DESC] = by_highest,
        [KL_SORT_AMOUNT_ASC] = by_lowest, [KL_SORT_EXPIRY] = by_end,
    };

    return all[sort];
}

static int is_list_of_open(const kl_order_query_t *query)
{
    return query->list == KL_LIST_TO_SHIP || query->list == KL_LIST_EXPIRING;
}

kl_sort_t kl_order_query_sort(const kl_order_query_t *query)
{
    if (query->sort != KL_SORT_USUAL) {
        return query->sort;
    }
    return is_list_of_open(query) ? KL_SORT_EXPIRY : KL_SORT_NEWEST;
}

static int is_open_alone(const kl_order_query_t *query)
{
    return is_list_of_open(query) || query->sort == KL_SORT_EXPIRY;
}

static int is_by_amount(kl_sort_t sort)
{
    return sort == KL_SORT_AMOUNT_DESC || sort == KL_SORT_AMOUNT_ASC;
}

/* --- what is asked ----------------------------------------------------------------------- */

static int asks_where(const kl_shop_query_t *shop)
{
    return word(shop->department)[0] || word(shop->till)[0] || word(shop->terminal)[0]
           || word(shop->cashier)[0] || word(shop->invoice)[0];
}

/* Only what was paid in a store has a place in one. */
static int read_shop(ask_t *ask, const kl_shop_query_t *shop)
{
    ask->shop = shop;
    ask->is_shop = asks_where(shop);
    if (!ask->is_shop) {
        return 1;
    }
    if (ask->channel[0] && strcmp(ask->channel, KL_CHANNEL_INSTORE) != 0) {
        return 0;
    }
    ask->channel = KL_CHANNEL_INSTORE;
    return 1;
}

static int read_ask(ask_t *ask, const kl_order_query_t *query)
{
    *ask = (ask_t){.query = query,
                   .state = word(query->state),
                   .attention = word(query->attention),
                   .channel = word(query->channel),
                   .search = word(query->search),
                   .tag = word(query->tag),
                   .reason = word(query->return_reason),
                   .waiting = "",
                   .is_open = is_open_alone(query),
                   .sort = kl_order_query_sort(query)};
    if (query->list == KL_LIST_CAPTURE_UNCONFIRMED) {
        ask->waiting = "capture";
    }
    else if (query->list == KL_LIST_REFUND_UNCONFIRMED) {
        ask->waiting = "refund";
    }
    else if (query->list == KL_LIST_ORPHANS) {
        if (ask->attention[0]
            && strcmp(ask->attention, kl_attention_name(KL_ATTENTION_ORPHAN)) != 0) {
            return 0; /* an order has one mark only */
        }
        ask->attention = kl_attention_name(KL_ATTENTION_ORPHAN);
    }
    return read_shop(ask, &query->shop);
}

/* --- which index ------------------------------------------------------------------------- */

static by_t of_a_shop(const kl_shop_query_t *shop)
{
    return word(shop->till)[0]       ? BY_TILL
           : word(shop->invoice)[0]  ? BY_INVOICE
           : word(shop->cashier)[0]  ? BY_CASHIER
           : word(shop->terminal)[0] ? BY_TERMINAL
                                     : BY_DEPARTMENT;
}

/* The rarest condition, but for a search. */
static by_t rarest(const ask_t *ask)
{
    if (ask->query->ids) {
        return BY_IDS;
    }
    if (ask->is_open) {
        return BY_OPEN;
    }
    if (ask->attention[0] || ask->waiting[0]) {
        return ask->attention[0] ? BY_ATTENTION : BY_WAITING;
    }
    if (ask->query->list == KL_LIST_IN_REVIEW) {
        return BY_REVIEW;
    }
    if (ask->tag[0] || ask->reason[0]) {
        return ask->tag[0] ? BY_TAG : BY_REASON;
    }
    if (ask->is_shop) {
        return of_a_shop(ask->shop);
    }
    if (ask->state[0]) {
        return BY_STATE;
    }
    return ask->channel[0] && strcmp(ask->channel, KL_USUAL_CHANNEL) != 0 ? BY_CHANNEL : BY_ALL;
}

static int is_common(by_t by)
{
    return by <= BY_CHANNEL;
}

/* Whether the index gives its rows in that order. */
static int is_sorted(by_t by, kl_sort_t sort)
{
    switch (by) {
    case BY_IDS:
    case BY_FOUND:
        return 0;
    case BY_OPEN:
        return sort == KL_SORT_EXPIRY;
    case BY_AMOUNT:
        return is_by_amount(sort);
    case BY_AMOUNT_IS:
        return sort != KL_SORT_EXPIRY;
    default:
        return sort == KL_SORT_NEWEST || sort == KL_SORT_OLDEST;
    }
}

/* Those of a time can be few, all there are cannot. */
static int may_be_few(const ask_t *ask, by_t by)
{
    return by != BY_ALL || ask->query->from || ask->query->to;
}

/* What is open and what was picked by hand is never so much that it could not be sorted, the former
 * in its index alone. */
static int is_sortable(by_t by)
{
    return by == BY_OPEN || by == BY_IDS;
}

static by_t drives(const ask_t *ask)
{
    by_t by = rarest(ask);

    if (is_sorted(by, ask->sort) || is_sortable(by)) {
        return by;
    }
    return ask->many || !may_be_few(ask, by) ? BY_AMOUNT : by;
}

/* --- conditions -------------------------------------------------------------------------- */

static void add_both(kl_text_builder_t *b, const char *value)
{
    kl_text_builder_text(b, value);
    kl_text_builder_text(b, value);
}

static void add_ids(kl_text_builder_t *b, const apr_array_header_t *ids)
{
    int places = ids->nelts <= FEW_IDS ? FEW_IDS : KL_MAX_IDS;

    kl_text_builder_add(b, " AND o.id IN (%s");
    for (int i = 0; i < places; i++) {
        if (i > 0) {
            kl_text_builder_add(b, ", %s");
        }
        kl_text_builder_text(b, APR_ARRAY_IDX(ids, i < ids->nelts ? i : 0, const char *));
    }
    kl_text_builder_add(b, ")");
}

static void add_hits(kl_text_builder_t *b, const ask_t *ask)
{
    const char *account = ask->query->account;

    kl_text_builder_add_each(b, KL_LIST_HITS_SQLITE3, KL_LIST_HITS_PGSQL, KL_LIST_HITS_MYSQL);
    kl_text_builder_text(b, ask->search);
    kl_text_builder_text(b, account);
    kl_text_builder_text(b, account);
    add_both(b, ask->search);
    for (int i = 0; i < 4; i++) {
        kl_text_builder_text(b, account);
        kl_text_builder_text(b, ask->search);
    }
}

static void add_from(kl_text_builder_t *b, const ask_t *ask, by_t by)
{
    const char *index = drivers[by].index;

    switch (by) {
    case BY_FOUND:
        add_hits(b, ask);
        break;
    case BY_ARTICLE:
    case BY_TAG:
    case BY_REASON:
        kl_text_builder_add(b, by == BY_ARTICLE ? "klarna_article l" : "klarna_label l");
        kl_text_builder_add_each(b, " CROSS JOIN klarna_order o", " CROSS JOIN klarna_order o",
                                 " STRAIGHT_JOIN klarna_order o");
        break;
    default:
        kl_text_builder_add(b, "klarna_order o");
        if (index) {
            kl_text_builder_add_each(b, apr_pstrcat(b->p, " INDEXED BY klarna_order_", index, NULL),
                                     "",
                                     apr_pstrcat(b->p, " FORCE INDEX (klarna_order_", index, ")",
                                                 NULL));
        }
    }
}

/* What the index is asked for besides the account. */
static const char *driving_word(const ask_t *ask, by_t by)
{
    switch (by) {
    case BY_STATE:
        return ask->state;
    case BY_CHANNEL:
        return ask->channel;
    case BY_DEPARTMENT:
        return ask->shop->department;
    case BY_TERMINAL:
        return ask->shop->terminal;
    case BY_CASHIER:
        return ask->shop->cashier;
    case BY_INVOICE:
        return ask->shop->invoice;
    case BY_TILL:
        return ask->shop->till;
    case BY_TAG:
        return ask->tag;
    case BY_REASON:
        return ask->reason;
    case BY_ARTICLE:
        return ask->search;
    case BY_WAITING:
        return ask->waiting;
    case BY_ATTENTION:
        return ask->attention;
    default:
        return NULL;
    }
}

static void add_where(kl_text_builder_t *b, const ask_t *ask, by_t by)
{
    const char *value = driving_word(ask, by);

    if (by == BY_FOUND) { /* it stands with the hits */
        return;
    }
    if (by == BY_ARTICLE) {
        kl_text_builder_add_each(b, KL_LIST_LABELLED_(KL_LIST_ARTICLE_(KL_FOLDED)),
                                 KL_LIST_LABELLED_(KL_LIST_ARTICLE_(KL_FOLDED_PGSQL_COLUMN)),
                                 KL_LIST_LABELLED_(KL_LIST_ARTICLE_(KL_FOLDED)));
    }
    else {
        kl_text_builder_add(b, drivers[by].where);
    }
    kl_text_builder_text(b, ask->query->account);
    if (value) {
        kl_text_builder_text(b, value);
    }
    if (by == BY_REVIEW) {
        kl_text_builder_add(b, KL_LIST_REVIEWED);
    }
}

static void add_labels(kl_text_builder_t *b, const ask_t *ask, by_t by)
{
    if (ask->tag[0] && by != BY_TAG) {
        kl_text_builder_add(b, KL_LIST_HAS_("klarna_label", KL_LIST_TAGGED_));
        kl_text_builder_text(b, ask->tag);
    }
    if (ask->reason[0] && by != BY_REASON) {
        kl_text_builder_add(b, KL_LIST_HAS_("klarna_label", KL_LIST_RETURNED_));
        kl_text_builder_text(b, ask->reason);
    }
}

/* But for the one that the page begins at. */
static void add_times(kl_text_builder_t *b, const ask_t *ask)
{
    const kl_order_query_t *query = ask->query;

    if (ask->sort != KL_SORT_OLDEST) {
        kl_text_builder_add(b, KL_LIST_FROM);
        kl_text_builder_int64(b, query->from);
    }
    if (ask->sort != KL_SORT_NEWEST) {
        kl_text_builder_add(b, KL_LIST_TO);
        kl_text_builder_int64(b, query->to ? query->to : APR_INT64_MAX);
    }
}

static void add_filters(kl_text_builder_t *b, const ask_t *ask, by_t by)
{
    const kl_order_query_t *query = ask->query;

    kl_text_builder_add(b, KL_LIST_FILTERS);
    add_both(b, ask->state);
    add_both(b, ask->attention);
    add_both(b, ask->channel);
    add_both(b, ask->waiting);
    add_times(b, ask);
    if (ask->is_shop) {
        kl_text_builder_add(b, KL_LIST_PLACES);
        add_both(b, ask->shop->department);
        add_both(b, ask->shop->till);
        add_both(b, ask->shop->terminal);
        add_both(b, ask->shop->cashier);
        add_both(b, ask->shop->invoice);
    }
    add_labels(b, ask, by);
    if (query->ids) {
        add_ids(b, query->ids);
    }
    if (query->list == KL_LIST_IN_REVIEW && by != BY_REVIEW) {
        kl_text_builder_add(b, KL_LIST_REVIEWED);
    }
}

static void add_ends(kl_text_builder_t *b, const kl_order_query_t *query)
{
    kl_text_builder_add(b, KL_LIST_ENDS);
    kl_text_builder_int64(b, query->list == KL_LIST_EXPIRING && query->until ? query->until
                                                                             : APR_INT64_MAX);
}

/* --- a page ------------------------------------------------------------------------------ */

/* After the row before, and where the time that is asked for begins: whichever is further. */
static void add_by_time(kl_text_builder_t *b, const ask_t *ask, int is_label)
{
    const kl_order_query_t *query = ask->query;
    int newest = ask->sort == KL_SORT_NEWEST;
    apr_time_t at = query->before_at ? query->before_at : newest ? APR_INT64_MAX : 0;
    const char *id = query->before_at ? word(query->before_id) : "";

    if (newest ? query->to && query->to <= at : query->from > at) {
        at = newest ? query->to : query->from;
        id = "";
    }
    kl_text_builder_add(b, newest     ? is_label ? KL_LIST_NEWEST_("l.created_at", "l.order_id")
                                                 : KL_LIST_NEWEST_("o.created_at", "o.id")
                               : is_label ? KL_LIST_OLDEST_("l.created_at", "l.order_id")
                                      : KL_LIST_OLDEST_("o.created_at", "o.id"));
    kl_text_builder_int64(b, at);
    kl_text_builder_int64(b, at);
    kl_text_builder_text(b, id);
}

static void add_by_amount(kl_text_builder_t *b, const ask_t *ask)
{
    const kl_order_query_t *query = ask->query;
    int highest = ask->sort == KL_SORT_AMOUNT_DESC;
    apr_int64_t amount = query->before_at ? query->before_amount : highest ? APR_INT64_MAX : -1;

    kl_text_builder_add(b, highest ? KL_LIST_HIGHEST : KL_LIST_LOWEST);
    kl_text_builder_int64(b, amount);
    kl_text_builder_int64(b, amount);
    kl_text_builder_int64(b, query->before_at);
    kl_text_builder_int64(b, query->before_at);
    kl_text_builder_text(b, word(query->before_id));
}

static void add_by_end(kl_text_builder_t *b, const kl_order_query_t *query)
{
    apr_time_t at = query->before_at ? query->before_at : 1; /* 0: nothing is open */

    kl_text_builder_add(b, KL_LIST_SOONEST);
    kl_text_builder_int64(b, at);
    kl_text_builder_int64(b, at);
    kl_text_builder_text(b, query->before_at ? query->before_id : "");
}

static int is_label(by_t by)
{
    return by == BY_TAG || by == BY_REASON || by == BY_ARTICLE;
}

static void add_keyset(kl_text_builder_t *b, const ask_t *ask, by_t by)
{
    if (ask->sort == KL_SORT_EXPIRY) {
        add_by_end(b, ask->query);
    }
    else if (is_by_amount(ask->sort)) {
        add_by_amount(b, ask);
    }
    else {
        add_by_time(b, ask, is_label(by));
    }
}

static void add_order(kl_text_builder_t *b, const ask_t *ask, int label)
{
    switch (ask->sort) {
    case KL_SORT_EXPIRY:
        kl_text_builder_add(b, KL_LIST_BY_SOONEST);
        break;
    case KL_SORT_AMOUNT_DESC:
        kl_text_builder_add(b, KL_LIST_BY_HIGHEST);
        break;
    case KL_SORT_AMOUNT_ASC:
        kl_text_builder_add(b, KL_LIST_BY_LOWEST);
        break;
    case KL_SORT_OLDEST:
        kl_text_builder_add(b, label ? KL_LIST_BY_OLDEST_("l.created_at", "l.order_id")
                                     : KL_LIST_BY_OLDEST_("o.created_at", "o.id"));
        break;
    default:
        kl_text_builder_add(b, label ? KL_LIST_BY_NEWEST_("l.created_at", "l.order_id")
                                     : KL_LIST_BY_NEWEST_("o.created_at", "o.id"));
    }
}

static void add_limit(kl_text_builder_t *b, const ask_t *ask)
{
    kl_text_builder_add(b, " LIMIT %d");
    kl_text_builder_int(b, ask->query->limit);
}

/* --- the statement ----------------------------------------------------------------------- */

/* One way to orders: an index, and one more thing that must hold. */
typedef struct way_t {
    apr_int64_t amount; /* of the order; 0: any */
    by_t by;
    int has_article; /* the search is one's */
} way_t;

static void add_way(kl_text_builder_t *b, const ask_t *ask, const char *columns, const way_t *way)
{
    kl_text_builder_add(b, columns);
    kl_text_builder_add(b, " FROM ");
    add_from(b, ask, way->by);
    add_where(b, ask, way->by);
    if (way->by == BY_AMOUNT_IS) {
        kl_text_builder_int64(b, way->amount);
    }
    else if (way->amount) {
        kl_text_builder_add(b, " AND o.order_amount = %lld");
        kl_text_builder_int64(b, way->amount);
    }
    if (way->has_article) {
        kl_text_builder_add_each(b, KL_LIST_HAS_("klarna_article", KL_LIST_ARTICLE_(KL_FOLDED)),
                                 KL_LIST_HAS_("klarna_article",
                                              KL_LIST_ARTICLE_(KL_FOLDED_PGSQL_COLUMN)),
                                 KL_LIST_HAS_("klarna_article", KL_LIST_ARTICLE_(KL_FOLDED)));
        kl_text_builder_text(b, ask->search);
    }
    add_filters(b, ask, way->by);
    add_keyset(b, ask, way->by);
    if (ask->is_open) {
        add_ends(b, ask->query);
    }
    add_order(b, ask, is_label(way->by));
    add_limit(b, ask);
}

/* A search goes each way that what was typed may mean. */
static int ways_of(const ask_t *ask, way_t ways[2 + KL_MAX_AMOUNTS])
{
    by_t own = drives(ask);
    by_t rare = rarest(ask);
    int n = 0;

    if (!ask->search[0]) {
        ways[0] = (way_t){.by = own};
        return 1;
    }
    ways[n++] = (way_t){.by = BY_FOUND};
    ways[n++] = ask->many ? (way_t){.by = own, .has_article = 1} : (way_t){.by = BY_ARTICLE};
    for (int i = 0; i < ask->query->amounts; i++) {
        ways[n++] = (way_t){.by = is_common(rare) ? BY_AMOUNT_IS : rare,
                            .amount = ask->query->amount[i]};
    }
    return n;
}

static void add_union(kl_text_builder_t *b, const ask_t *ask, const way_t *ways, int n)
{
    for (int i = 0; i < n; i++) {
        kl_text_builder_add(b, i ? " UNION SELECT * FROM (" : "SELECT * FROM (");
        add_way(b, ask, "SELECT o.id AS hit", &ways[i]);
        kl_text_builder_add(b, apr_psprintf(b->p, ") way%d", i));
    }
}

/* Ids first: what is sorted then is short, and nobody's row is read that is not on the page. */
static void add_picked(kl_text_builder_t *b, const ask_t *ask, const way_t *ways, int n)
{
    kl_text_builder_add(b, " FROM (");
    add_union(b, ask, ways, n);
    kl_text_builder_add_each(b, ") picked CROSS JOIN klarna_order o",
                             ") picked CROSS JOIN klarna_order o",
                             ") picked STRAIGHT_JOIN klarna_order o");
    kl_text_builder_add(b, " WHERE o.id = picked.hit");
}

static void add_rows(kl_text_builder_t *b, const ask_t *ask, const way_t *ways, int n)
{
    if (n == 1 && is_sorted(ways[0].by, ask->sort)) {
        add_way(b, ask, "SELECT " KL_LIST_COLUMNS, ways);
        return;
    }
    kl_text_builder_add(b, "SELECT " KL_LIST_COLUMNS);
    add_picked(b, ask, ways, n);
    add_order(b, ask, 0);
    add_limit(b, ask);
}

static void add_totals(kl_text_builder_t *b, const ask_t *ask, const way_t *ways, int n)
{
    static const char *const columns = "SELECT o.currency, o.order_amount, o.captured_amount,"
                                       " o.refunded_amount";

    kl_text_builder_add(b, "SELECT currency, COUNT(*), SUM(order_amount), SUM(captured_amount),"
                           " SUM(refunded_amount) FROM (");
    if (n == 1) {
        add_way(b, ask, columns, ways);
    }
    else {
        kl_text_builder_add(b, columns);
        add_picked(b, ask, ways, n);
        add_limit(b, ask);
    }
    kl_text_builder_add(b, ") found GROUP BY currency ORDER BY currency");
}

static void finish(kl_order_select_t *out, const kl_text_builder_t *b, const char *what,
                   const char *driver)
{
    out->statement = kl_text_builder_statement(b, apr_pstrcat(b->p, "order_", what, "_", driver,
                                                              NULL));
    out->values = (const void **)b->values->elts;
}

int kl_order_query_select(kl_order_select_t *out, apr_pool_t *p, const kl_order_query_t *query,
                          kl_ask_t what, int many)
{
    static const char *const names[] =
        {[KL_ASK_ROWS] = "list", [KL_ASK_COUNT] = "count", [KL_ASK_TOTALS] = "totals"};
    kl_text_builder_t b = kl_text_builder_make(p);
    way_t ways[2 + KL_MAX_AMOUNTS];
    ask_t ask;
    int n;

    if (!read_ask(&ask, query)) {
        return 0;
    }
    ask.many = many;
    n = ways_of(&ask, ways);
    if (what == KL_ASK_ROWS) {
        add_rows(&b, &ask, ways, n);
    }
    else if (what == KL_ASK_TOTALS) {
        add_totals(&b, &ask, ways, n);
    }
    else {
        kl_text_builder_add(&b, "SELECT COUNT(*) FROM (");
        add_union(&b, &ask, ways, n);
        kl_text_builder_add(&b, ") found");
    }
    finish(out, &b, names[what], drivers[ways[0].by].name);
    return 1;
}

/* Which condition alone must be known to be rare; 0: none. */
static int is_in_doubt(const ask_t *ask, by_t *by)
{
    *by = rarest(ask);
    if (ask->search[0]) {
        int doubt = !is_common(*by) || is_by_amount(ask->sort);

        *by = BY_ARTICLE;
        return doubt;
    }
    return !is_sorted(*by, ask->sort) && !is_sortable(*by) && may_be_few(ask, *by);
}

/* Their rows alone say how many: no order is read. */
static void add_labels_alone(kl_text_builder_t *b, const ask_t *ask, by_t by)
{
    if (by == BY_ARTICLE) {
        kl_text_builder_add_each(b, KL_LIST_LABELS_(KL_LIST_ARTICLE_(KL_FOLDED), "klarna_article"),
                                 KL_LIST_LABELS_(KL_LIST_ARTICLE_(KL_FOLDED_PGSQL_COLUMN),
                                                 "klarna_article"),
                                 KL_LIST_LABELS_(KL_LIST_ARTICLE_(KL_FOLDED), "klarna_article"));
    }
    else {
        kl_text_builder_add(b, by == BY_TAG ? KL_LIST_LABELS_(KL_LIST_TAGGED_, "klarna_label")
                                            : KL_LIST_LABELS_(KL_LIST_RETURNED_, "klarna_label"));
    }
    kl_text_builder_text(b, ask->query->account);
    kl_text_builder_text(b, driving_word(ask, by));
    add_limit(b, ask);
}

int kl_order_query_probe(kl_order_select_t *out, apr_pool_t *p, const kl_order_query_t *query)
{
    kl_order_query_t time = {.account = query->account,
                             .from = query->from,
                             .to = query->to,
                             .limit = KL_FEW + 1};
    kl_text_builder_t b = kl_text_builder_make(p);
    ask_t ask, alone;
    by_t by;

    if (!read_ask(&ask, query) || !is_in_doubt(&ask, &by)) {
        return 0;
    }
    alone = (ask_t){.query = &time,
                    .state = by == BY_STATE ? ask.state : "",
                    .attention = by == BY_ATTENTION ? ask.attention : "",
                    .channel = by == BY_CHANNEL ? ask.channel : "",
                    .waiting = by == BY_WAITING ? ask.waiting : "",
                    .tag = by == BY_TAG ? ask.tag : "",
                    .reason = by == BY_REASON ? ask.reason : "",
                    .search = ask.search,
                    .shop = ask.shop,
                    .sort = KL_SORT_NEWEST};
    kl_text_builder_add(&b, "SELECT COUNT(*) FROM (");
    if (is_label(by)) {
        add_labels_alone(&b, &alone, by);
    }
    else {
        add_way(&b, &alone, "SELECT o.id", &(way_t){.by = by});
    }
    kl_text_builder_add(&b, ") found");
    finish(out, &b, "probe", is_label(by) ? "label" : drivers[by].name);
    return 1;
}

/* --- payments, and a store's ------------------------------------------------------------- */

#define PAGE(page, id) \
    ((page)->list = KL_SQL_order_list_##id, (page)->count = KL_SQL_order_count_##id)

static void add(kl_order_page_t *page, const void *value)
{
    page->values[page->n++] = value;
}

static void add_twice(kl_order_page_t *page, const char *text)
{
    add(page, word(text));
    add(page, word(text));
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

/* Of what only orders have nothing is asked. */
static int may_be_payments(const kl_order_query_t *query)
{
    kl_order_state_t state;

    return kl_order_state_parse(query->state, &state) && kl_payment_is_state(state)
           && query->list == KL_LIST_NONE && !word(query->attention)[0] && !word(query->search)[0]
           && !word(query->tag)[0] && !word(query->return_reason)[0] && !query->ids
           && kl_order_query_sort(query) == KL_SORT_NEWEST;
}

int kl_order_query_payments(kl_order_page_t *page, const kl_order_query_t *query, int limit)
{
    memset(page, 0, sizeof(*page));
    if (!may_be_payments(query)) {
        return 0;
    }
    PAGE(page, payments);
    add(page, query->account);
    add(page, query->state);
    add_twice(page, query->channel);
    page->from = query->from;
    add(page, &page->from);
    add_twice(page, query->shop.department);
    add_twice(page, query->shop.till);
    add_twice(page, query->shop.terminal);
    add_twice(page, query->shop.cashier);
    add_twice(page, query->shop.invoice);
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
