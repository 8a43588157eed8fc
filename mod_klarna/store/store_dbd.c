/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store in rows: orders and operations to columns and back, over the statements of
 * statements.h. The column lists there drive binding and reading, so that a column is
 * named in one place. Nothing here keeps a connection or a value between two calls.
 */
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "core/contract.h"
#include "core/limits.h"
#include "store/dbd_batch.h"
#include "store/dbd_figures.h"
#include "store/dbd_invoice.h"
#include "store/dbd_lease.h"
#include "store/dbd_notes.h"
#include "store/dbd_payment.h"
#include "store/dbd_rows.h"
#include "store/dbd_sweep.h"
#include "store/order_query.h"
#include "core/ledger.h"
#include "core/order_check.h"
#include "core/payment.h"

#define MAX_OPERATIONS (KL_MAX_PAGE * 5) /* of one order, as store.h promises */

static kl_row_fn order_read, operation_read;

/* A statement about rows of one kind. */
#define ORDERS(id, values) (&(kl_dbd_rows_query_t){id, values, "order", order_read})
#define OPERATIONS(id, values) (&(kl_dbd_rows_query_t){id, values, "operation", operation_read})

/* --- orders ------------------------------------------------------------------------- */

/* Whoever has booked, the sums hold; and what could not be read whole is not written over. */
static kl_kind_t check_order(const kl_order_t *order, kl_error_t *err)
{
    const char *fault = order->broken ? order->broken : kl_order_check_fault(order);

    KL_CONTRACT(order->id[0], err);
    return fault ? kl_contract_broken(err, fault, __FILE__, __LINE__) : KL_OK;
}

static kl_kind_t order_to_row(kl_order_row_t *row, apr_pool_t *p, const kl_order_t *order,
                              kl_error_t *err)
{
    kl_kind_t rv = check_order(order, err);

    if (rv != KL_OK) {
        return rv;
    }
    row->order = *order;
    row->state = kl_order_state_name(order->state);
    row->attention = kl_attention_name(order->attention);
    row->klarna_order_id = order->klarna_order_id[0] ? order->klarna_order_id : order->id;
    row->ledger = kl_ledger_text(p, order);
    row->shop = kl_dbd_rows_shop(p, order);
    row->open_until = kl_order_open_until(order);
    if (strlen(row->ledger) > KL_MAX_LEDGER) {
        return kl_error_set(err, KL_INTERNAL, "ledger",
                            "The order's lines, captures and credit invoices exceed %d bytes.",
                            KL_MAX_LEDGER);
    }
    return KL_OK;
}

static kl_kind_t order_insert(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err)
{
    const void *v[KL_ORDER_VALUES];
    kl_order_row_t made, *row = &made;
    int n = 0;
    kl_kind_t rv = order_to_row(row, p, order, err);

    if (rv != KL_OK) {
        return rv;
    }
    KL_BIND(KL_ORDER_FIXED)
    KL_BIND(KL_ORDER_SAVED)
    rv = kl_dbd_rows_insert(self, p, ORDERS(KL_SQL_order_insert, v), err);
    if (rv == KL_OK) {
        order->version = 1;
        order->stored = KL_STORED_ORDER;
    }
    return rv;
}

/*
 * Two writers must never each save one of the two rows. A placement that Klarna confirmed holds its
 * payment for good, so that its order may simply appear; for any other reason the payment is first
 * closed to all who have it in memory.
 */
static kl_kind_t become_order(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err)
{
    kl_kind_t rv = KL_OK;

    if (order->stored == KL_STORED_PAYMENT && !order->klarna_order_id[0]) {
        rv = kl_dbd_payment_leave(self, p, order, err);
    }
    if (rv == KL_OK) {
        rv = order_insert(self, p, order, err);
    }
    if (rv == KL_TAKEN) {
        kl_error_clear(err);
        rv = kl_error_set(err, KL_STALE, "version", "The payment has become an order meanwhile.");
    }
    return rv;
}

static kl_kind_t save_order(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err)
{
    const void *v[KL_ORDER_SETS + 2];
    kl_order_row_t made, *row = &made;
    int n = 0;
    kl_kind_t rv = order_to_row(row, p, order, err);

    if (rv != KL_OK) {
        return rv;
    }
    KL_BIND(KL_ORDER_SAVED)
    v[n++] = order->id;
    v[n++] = &order->version;
    rv = kl_dbd_rows_save(self, p, ORDERS(KL_SQL_order_save, v), err);
    if (rv == KL_OK) {
        order->version++;
    }
    return rv;
}

static kl_kind_t order_save(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err)
{
    if (order->stored == KL_STORED_ORDER) {
        return save_order(self, p, order, err);
    }
    return kl_payment_is_only(order) ? kl_dbd_payment_save(self, p, order, err)
                                     : become_order(self, p, order, err);
}

static kl_kind_t order_mark(kl_store_t *self, apr_pool_t *p, const kl_order_t *order,
                            kl_error_t *err)
{
    const char *attention = kl_attention_name(order->attention);
    const void *v[] = {attention,       &order->check_at, order->id,
                       &order->version, attention,        &order->check_at};

    if (order->stored != KL_STORED_ORDER) {
        return kl_dbd_payment_mark(self, p, order, err);
    }
    return kl_dbd_rows_either_way(kl_dbd_rows_save(self, p, ORDERS(KL_SQL_order_mark, v), err),
                                  err);
}

static kl_kind_t order_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    kl_order_row_t made, *row = &made;
    kl_order_t *order = kl_order_make(p);
    int n = 0;

    row->order = *order;
    row->shop = kl_dbd_rows_shop(p, order);
    row->order.version = kl_dbd_run_int64(db, n++);
    KL_READ(KL_ORDER_FIXED)
    KL_READ(KL_ORDER_SAVED)
    if (db->failed) {
        return kl_dbd_run_end(db);
    }
    *order = row->order;
    order->klarna_order_id = strcmp(row->klarna_order_id, order->id) == 0 ? ""
                                                                          : row->klarna_order_id;
    if (!kl_order_state_parse(row->state, &order->state)
        || !kl_attention_parse(row->attention, &order->attention)) {
        return kl_dbd_rows_unknown_word(db->err, "order", order->id);
    }
    kl_dbd_rows_ledger(order, p, row->ledger);
    APR_ARRAY_PUSH(out, kl_order_t *) = order;
    return KL_OK;
}

static kl_kind_t order_load(kl_store_t *self, apr_pool_t *p, const char *id, kl_order_t **out,
                            kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(kl_order_t *));
    const void *v[] = {id};
    kl_kind_t rv = kl_dbd_rows_load(self, p, ORDERS(KL_SQL_order_load, v), found, err);

    if (rv == KL_NOT_FOUND) {
        kl_error_clear(err);
        return kl_dbd_payment_load(self, p, id, out, err);
    }
    if (rv == KL_OK) {
        *out = APR_ARRAY_IDX(found, 0, kl_order_t *);
    }
    return rv;
}

static kl_kind_t order_by_klarna_id(kl_store_t *self, apr_pool_t *p, const kl_klarna_id_t *key,
                                    kl_order_t **out, kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(kl_order_t *));
    const void *v[] = {key->account, key->id};
    kl_kind_t rv = kl_dbd_rows_load(self, p, ORDERS(KL_SQL_order_by_klarna_id, v), found, err);

    if (rv == KL_OK) {
        *out = APR_ARRAY_IDX(found, 0, kl_order_t *);
    }
    return rv;
}

static int between(int n, int least, int most)
{
    return n < least ? least : n > most ? most : n;
}

static kl_kind_t int64_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    (void)p;
    APR_ARRAY_PUSH(out, apr_int64_t) = kl_dbd_run_int64(db, 0);
    return KL_OK;
}

/* Adds one statement's number to *count. */
static kl_kind_t count_rows(kl_store_t *self, apr_pool_t *p, const kl_dbd_made_query_t *query,
                            int *count, kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(apr_int64_t));
    kl_kind_t rv = kl_dbd_rows_select_made(self, p, query, found, err);

    if (rv == KL_OK && found->nelts) {
        *count += (int)APR_ARRAY_IDX(found, 0, apr_int64_t);
    }
    return rv;
}

/* *out->statement.label is NULL when no order can fit. */
static kl_kind_t select_orders(kl_store_t *self, apr_pool_t *p, const kl_order_query_t *query,
                               kl_ask_t ask, kl_order_select_t *out, kl_error_t *err)
{
    int found = 0;
    kl_kind_t rv = KL_OK;

    if (kl_order_query_probe(out, p, query)) {
        rv = count_rows(self, p, &(kl_dbd_made_query_t){&out->statement, out->values, int64_read},
                        &found, err);
    }
    if (rv == KL_OK && !kl_order_query_select(out, p, query, ask, found > KL_FEW)) {
        out->statement.label = NULL;
    }
    return rv;
}

static kl_kind_t order_list(kl_store_t *self, apr_pool_t *p, const kl_order_query_t *asked,
                            apr_array_header_t **out, kl_error_t *err)
{
    kl_order_query_t query = *asked;
    kl_order_select_t select;
    kl_order_page_t page;
    kl_kind_t rv;

    query.limit = between(query.limit, 1, KL_MAX_PAGE);
    *out = apr_array_make(p, query.limit, sizeof(kl_order_t *));
    rv = select_orders(self, p, &query, KL_ASK_ROWS, &select, err);
    if (rv == KL_OK && select.statement.label) {
        const kl_dbd_made_query_t rows = {&select.statement, select.values, order_read};

        rv = kl_dbd_rows_select_made(self, p, &rows, *out, err);
    }
    if (rv == KL_OK && kl_order_query_payments(&page, &query, query.limit)) {
        rv = kl_dbd_payment_list(self, p, &page, *out, err);
        qsort((*out)->elts, (*out)->nelts, sizeof(kl_order_t *),
              kl_order_query_compare(KL_SORT_NEWEST));
        (*out)->nelts = between((*out)->nelts, 0, query.limit);
    }
    return rv;
}

static kl_kind_t order_count(kl_store_t *self, apr_pool_t *p, const kl_order_query_t *query,
                             int *count, kl_error_t *err)
{
    kl_order_select_t select;
    kl_order_page_t page;
    kl_kind_t rv = select_orders(self, p, query, KL_ASK_COUNT, &select, err);

    *count = 0;
    if (rv == KL_OK && select.statement.label) {
        const kl_dbd_made_query_t rows = {&select.statement, select.values, int64_read};

        rv = count_rows(self, p, &rows, count, err);
    }
    if (rv == KL_OK && kl_order_query_payments(&page, query, query->limit)) {
        const kl_dbd_made_query_t rows = {kl_statements_get(page.count), page.values, int64_read};

        rv = count_rows(self, p, &rows, count, err);
    }
    *count = between(*count, 0, query->limit);
    return rv;
}

static kl_kind_t total_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    kl_total_t *total = apr_array_push(out);

    total->currency = kl_dbd_run_text(db, p, 0);
    total->count = kl_dbd_run_int64(db, 1);
    total->order_amount = kl_dbd_run_int64(db, 2);
    total->captured_amount = kl_dbd_run_int64(db, 3);
    total->refunded_amount = kl_dbd_run_int64(db, 4);
    return kl_dbd_run_end(db);
}

static kl_kind_t order_totals(kl_store_t *self, apr_pool_t *p, const kl_order_query_t *query,
                              apr_array_header_t **out, kl_error_t *err)
{
    kl_order_select_t select;
    kl_kind_t rv = select_orders(self, p, query, KL_ASK_TOTALS, &select, err);

    *out = apr_array_make(p, 2, sizeof(kl_total_t));
    if (rv == KL_OK && select.statement.label) {
        const kl_dbd_made_query_t rows = {&select.statement, select.values, total_read};

        rv = kl_dbd_rows_select_made(self, p, &rows, *out, err);
    }
    return rv;
}

/* --- in store --------------------------------------------------------------------------- */

/* Of the two rows of one that became an order meanwhile, the order's: it was read last. */
static void drop_placed(apr_array_header_t *list)
{
    kl_order_t **row = (kl_order_t **)list->elts;
    int kept = 0;

    for (int i = 0; i < list->nelts; i++) {
        if (kept == 0 || strcmp(row[kept - 1]->id, row[i]->id) != 0) {
            row[kept++] = row[i];
        }
        else if (row[i]->stored == KL_STORED_ORDER) {
            row[kept - 1] = row[i];
        }
    }
    list->nelts = kept;
}

/* Payments first: one that becomes an order in between is found as both, never as neither. */
static kl_kind_t instore_list(kl_store_t *self, apr_pool_t *p, const kl_instore_query_t *query,
                              apr_array_header_t **out, kl_error_t *err)
{
    int limit = between(query->limit, 1, KL_MAX_PAGE);
    kl_order_page_t orders, payments;
    kl_kind_t rv;

    *out = apr_array_make(p, limit, sizeof(kl_order_t *));
    kl_order_query_instore(&orders, query, limit);
    kl_order_query_instore(&payments, query, limit);
    payments.list = payments.count;
    rv = kl_dbd_payment_list(self, p, &payments, *out, err);
    if (rv == KL_OK) {
        rv = kl_dbd_rows_select(self, p, ORDERS(orders.list, orders.values), *out, err);
        qsort((*out)->elts, (*out)->nelts, sizeof(kl_order_t *),
              kl_order_query_compare(KL_SORT_NEWEST));
        drop_placed(*out);
        (*out)->nelts = between((*out)->nelts, 0, limit);
    }
    return rv;
}

static int is_reference(const char *value)
{
    apr_size_t len = strlen(value);

    return len > 0 && len <= KL_MAX_STRING;
}

/* At most KL_REFERENCES values; the last repeats itself where there are fewer. */
static kl_kind_t insert_references(kl_store_t *self, apr_pool_t *p, const kl_references_t *texts,
                                   kl_error_t *err)
{
    const void *v[3 * KL_REFERENCES];
    const kl_dbd_rows_query_t insert = {KL_SQL_reference_insert, v, "reference", NULL};
    int i, last = texts->values->nelts - 1;

    for (i = 0; i < KL_REFERENCES; i++) {
        v[3 * i] = texts->account;
        v[3 * i + 1] = APR_ARRAY_IDX(texts->values, i < last ? i : last, const char *);
        v[3 * i + 2] = texts->order_id;
    }
    return kl_dbd_rows_either_way(kl_dbd_rows_insert(self, p, &insert, err), err);
}

static kl_kind_t reference_add(kl_store_t *self, apr_pool_t *p, const kl_references_t *texts,
                               kl_error_t *err)
{
    apr_array_header_t *batch = apr_array_make(p, KL_REFERENCES, sizeof(const char *));
    const kl_references_t part = {texts->account, texts->order_id, batch};
    kl_kind_t rv = KL_OK;

    for (int i = 0, n = texts->values->nelts; i < n && rv == KL_OK; i++) {
        const char *value = APR_ARRAY_IDX(texts->values, i, const char *);

        if (is_reference(value)) {
            APR_ARRAY_PUSH(batch, const char *) = value;
        }
        if (batch->nelts == KL_REFERENCES || (batch->nelts > 0 && i == n - 1)) {
            rv = insert_references(self, p, &part, err);
            apr_array_clear(batch);
        }
    }
    return rv;
}

/* From the i-th on, at most `rows` of them; the last repeats itself where there are fewer. */
static kl_kind_t insert_articles(kl_store_t *self, apr_pool_t *p, const kl_articles_t *articles,
                                 int i, kl_error_t *err)
{
    int last = articles->references->nelts - 1;
    int rows = last - i < KL_ARTICLES ? KL_ARTICLES : KL_MANY_ARTICLES;
    const void *v[4 * KL_MANY_ARTICLES];
    const kl_dbd_rows_query_t insert = {rows == KL_ARTICLES ? KL_SQL_article_insert
                                                            : KL_SQL_article_insert_many,
                                        v, "article", NULL};

    for (int row = 0; row < rows; row++, i += i < last) {
        v[4 * row] = articles->account;
        v[4 * row + 1] = APR_ARRAY_IDX(articles->references, i, const char *);
        v[4 * row + 2] = &articles->created_at;
        v[4 * row + 3] = articles->order_id;
    }
    return kl_dbd_rows_either_way(kl_dbd_rows_insert(self, p, &insert, err), err);
}

static kl_kind_t article_add(kl_store_t *self, apr_pool_t *p, const kl_articles_t *articles,
                             kl_error_t *err)
{
    int n = articles->references->nelts;
    kl_kind_t rv = KL_OK;

    for (int i = 0; i < n && rv == KL_OK;
         i += n - i <= KL_ARTICLES ? KL_ARTICLES : KL_MANY_ARTICLES) {
        rv = insert_articles(self, p, articles, i, err);
    }
    return rv;
}

static kl_kind_t order_same_reference(kl_store_t *self, apr_pool_t *p, const kl_order_t *order,
                                      int *count, kl_error_t *err)
{
    const int most = KL_MAX_PAGE;
    const void *v[] = {order->account, order->reference1, order->id, &most};
    const kl_dbd_made_query_t query = {kl_statements_get(KL_SQL_order_same_reference), v,
                                       int64_read};

    *count = 0;
    return count_rows(self, p, &query, count, err);
}

static kl_kind_t orders_due(kl_store_t *self, apr_pool_t *p, const kl_due_query_t *query,
                            apr_array_header_t **out, kl_error_t *err)
{
    const void *v[] = {query->account, &query->now, &query->limit};

    kl_kind_t rv;

    *out = apr_array_make(p, query->limit, sizeof(kl_order_t *));
    rv = kl_dbd_rows_select(self, p, ORDERS(KL_SQL_orders_due, v), *out, err);
    return rv == KL_OK && (*out)->nelts < query->limit
               ? kl_dbd_payment_due(self, p, query, *out, err)
               : rv;
}

/* --- operations --------------------------------------------------------------------- */

static void operation_to_row(kl_operation_row_t *row, const kl_operation_t *op)
{
    row->op = *op;
    row->kind = kl_op_kind_name(op->kind);
    row->state = kl_op_state_name(op->state);
    row->mark = kl_op_mark_name(op->mark);
}

static kl_kind_t operation_insert(kl_store_t *self, apr_pool_t *p, kl_operation_t *op,
                                  kl_error_t *err)
{
    const void *v[KL_OPERATION_VALUES];
    kl_operation_row_t made, *row = &made;
    int n = 0;
    kl_kind_t rv;

    operation_to_row(row, op);
    KL_BIND(KL_OPERATION_FIXED)
    KL_BIND(KL_OPERATION_SAVED)
    rv = kl_dbd_rows_insert(self, p, OPERATIONS(KL_SQL_operation_insert, v), err);
    if (rv == KL_OK) {
        op->version = 1;
        op->stored = op->state;
    }
    return rv;
}

static kl_kind_t operation_save(kl_store_t *self, apr_pool_t *p, kl_operation_t *op,
                                kl_error_t *err)
{
    const void *v[KL_OPERATION_SETS + 2];
    kl_operation_row_t made, *row = &made;
    int n = 0;
    kl_kind_t rv = kl_operation_may_be_stored(op, err);

    if (rv != KL_OK) {
        return rv;
    }
    operation_to_row(row, op);
    KL_BIND(KL_OPERATION_SAVED)
    v[n++] = op->id;
    v[n++] = &op->version;
    rv = kl_dbd_rows_save(self, p, OPERATIONS(KL_SQL_operation_save, v), err);
    if (rv == KL_OK) {
        op->version++;
        op->stored = op->state;
    }
    return rv;
}

static kl_kind_t operation_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    kl_operation_row_t made, *row = &made;
    kl_operation_t *op = kl_operation_make(p);
    int n = 0;

    row->op = *op;
    row->op.version = kl_dbd_run_int64(db, n++);
    KL_READ(KL_OPERATION_FIXED)
    KL_READ(KL_OPERATION_SAVED)
    if (db->failed) {
        return kl_dbd_run_end(db);
    }
    *op = row->op;
    if (!kl_op_kind_parse(row->kind, &op->kind) || !kl_op_state_parse(row->state, &op->state)
        || !kl_op_mark_parse(row->mark, &op->mark)) {
        return kl_dbd_rows_unknown_word(db->err, "operation", op->id);
    }
    op->stored = op->state;
    APR_ARRAY_PUSH(out, kl_operation_t *) = op;
    return KL_OK;
}

static kl_kind_t load_operation(kl_store_t *self, apr_pool_t *p, const kl_dbd_rows_query_t *query,
                                kl_operation_t **out, kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(kl_operation_t *));
    kl_kind_t rv = kl_dbd_rows_load(self, p, query, found, err);

    if (rv == KL_OK) {
        *out = APR_ARRAY_IDX(found, 0, kl_operation_t *);
    }
    return rv;
}

static kl_kind_t operation_load(kl_store_t *self, apr_pool_t *p, const char *id,
                                kl_operation_t **out, kl_error_t *err)
{
    const void *v[] = {id};

    return load_operation(self, p, OPERATIONS(KL_SQL_operation_load, v), out, err);
}

static kl_kind_t operation_load_by_client_key(kl_store_t *self, apr_pool_t *p,
                                              const char *client_key, kl_operation_t **out,
                                              kl_error_t *err)
{
    const void *v[] = {client_key};

    return load_operation(self, p, OPERATIONS(KL_SQL_operation_load_by_client_key, v), out, err);
}

static kl_kind_t operation_list(kl_store_t *self, apr_pool_t *p, const char *order_id,
                                apr_array_header_t **out, kl_error_t *err)
{
    int limit = MAX_OPERATIONS;
    const void *v[] = {order_id, &limit};

    *out = apr_array_make(p, 8, sizeof(kl_operation_t *));
    return kl_dbd_rows_select(self, p, OPERATIONS(KL_SQL_operation_list, v), *out, err);
}

static kl_kind_t operations_due(kl_store_t *self, apr_pool_t *p, const kl_due_query_t *query,
                                apr_array_header_t **out, kl_error_t *err)
{
    static const kl_sql_t texts[] = {[KL_DUE_ASKED_FOR] = KL_SQL_operations_asked_for,
                                     [KL_DUE_PLACEMENTS] = KL_SQL_operations_placements};
    const void *v[] = {query->account, &query->now, &query->now, &query->limit};

    *out = apr_array_make(p, query->limit, sizeof(kl_operation_t *));
    return kl_dbd_rows_select(self, p, OPERATIONS(texts[query->whose], v), *out, err);
}

static kl_kind_t operations_unfinished(kl_store_t *self, apr_pool_t *p,
                                       const kl_unfinished_query_t *query, apr_array_header_t **out,
                                       kl_error_t *err)
{
    const void *v[] = {query->account, &query->limit};

    *out = apr_array_make(p, query->limit, sizeof(kl_operation_t *));
    return kl_dbd_rows_select(self, p, OPERATIONS(KL_SQL_operations_unfinished, v), *out, err);
}

static kl_kind_t operations_by_state(kl_store_t *self, apr_pool_t *p, const kl_state_query_t *query,
                                     apr_array_header_t **out, kl_error_t *err)
{
    const void *v[] = {query->account, kl_op_state_name(query->state), &query->limit};

    *out = apr_array_make(p, query->limit, sizeof(kl_operation_t *));
    return kl_dbd_rows_select(self, p, OPERATIONS(KL_SQL_operations_by_state, v), *out, err);
}

static kl_kind_t driver(kl_store_t *self, apr_pool_t *p, const char **name, kl_error_t *err)
{
    kl_dbd_t db;
    kl_kind_t rv = kl_dbd_rows_open(&db, self, p, err);

    if (rv == KL_OK) {
        *name = kl_statements_dialect_name(db.dialect);
        kl_dbd_run_close(&db);
    }
    return rv;
}

static const kl_store_t functions = {
    .ready = kl_dbd_rows_ready,
    .check = kl_dbd_rows_check,
    .driver = driver,
    .order_insert = order_insert,
    .order_load = order_load,
    .order_by_klarna_id = order_by_klarna_id,
    .payment_insert = kl_dbd_payment_insert,
    .payment_load = kl_dbd_payment_load,
    .order_save = order_save,
    .order_mark = order_mark,
    .order_list = order_list,
    .order_count = order_count,
    .order_totals = order_totals,
    .instore_list = instore_list,
    .invoice_load = kl_dbd_invoice_load,
    .invoice_insert = kl_dbd_invoice_insert,
    .invoice_save = kl_dbd_invoice_save,
    .reference_add = reference_add,
    .article_add = article_add,
    .order_same_reference = order_same_reference,
    .operation_insert = operation_insert,
    .operation_load = operation_load,
    .operation_load_by_client_key = operation_load_by_client_key,
    .operation_save = operation_save,
    .operation_list = operation_list,
    .orders_due = orders_due,
    .operations_due = operations_due,
    .operations_unfinished = operations_unfinished,
    .operations_by_state = operations_by_state,
    .operation_hours = kl_dbd_figures_operation_hours,
    .sweep_find = kl_dbd_sweep_find,
    .sweep = kl_dbd_sweep_take,
    .worker_lease = kl_dbd_lease_take,
    .callback_note = kl_dbd_figures_callback_note,
    .callback_list = kl_dbd_figures_callback_list,
};

kl_store_t *kl_store_dbd_make(apr_pool_t *p, kl_connections_t *connections)
{
    kl_dbd_rows_t rows = {.connections = connections, .probe = kl_dbd_probe_make(p)};
    kl_store_t *store = apr_pmemdup(p, &functions, sizeof(functions));

    kl_dbd_batch_functions(store);
    kl_dbd_notes_functions(store);
    store->impl = apr_pmemdup(p, &rows, sizeof(rows));
    return store;
}
