/* SPDX-License-Identifier: Apache-2.0 */
/* See dbd_payment.h. */
#include "store/dbd_payment.h"

#include <string.h>

#include "core/contract.h"
#include "core/ledger.h"
#include "core/limits.h"
#include "core/order_check.h"
#include "core/payment.h"
#include "core/schedule.h"

#define LEAVING "COMPLETED" /* its order is being written, or is there */

/* A payment as its row holds it. */
typedef struct payment_row_t {
    kl_order_t order;
    kl_instore_t shop;
    const char *kind, *state, *ledger;
} payment_row_t;

static kl_row_fn payment_read;

#define PAYMENTS(id, values) (&(kl_dbd_rows_query_t){id, values, "payment", payment_read})

/* Before a row is written: nothing of a payment was ever moved. */
static kl_kind_t check_payment(const kl_order_t *order, kl_error_t *err)
{
    KL_CONTRACT(order->id[0] && kl_payment_is_state(order->state), err);
    KL_CONTRACT(kl_order_check(order, kl_error_make(order->lines->pool)) == KL_OK, err);
    KL_CONTRACT(order->captured_amount == 0 && order->remaining_amount == order->order_amount, err);
    KL_CONTRACT(order->original_amount == order->order_amount, err);
    return KL_OK;
}

static kl_kind_t to_row(payment_row_t *row, apr_pool_t *p, const kl_order_t *order, kl_error_t *err)
{
    kl_kind_t rv = check_payment(order, err);

    if (rv != KL_OK) {
        return rv;
    }
    row->order = *order;
    row->shop = kl_dbd_rows_shop(p, order);
    row->kind = order->instore ? kl_instore_way_name(order->instore->way) : order->channel;
    row->state = order->instore ? kl_instore_state_name(order->instore->state)
                                : kl_order_state_name(order->state);
    row->ledger = kl_ledger_text(p, order);
    return strlen(row->ledger) <= KL_MAX_LEDGER
               ? KL_OK
               : kl_error_set(err, KL_INTERNAL, "ledger", "The payment's lines exceed %d bytes.",
                              KL_MAX_LEDGER);
}

kl_kind_t kl_dbd_payment_insert(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err)
{
    const void *v[KL_PAYMENT_VALUES + 4];
    payment_row_t made, *row = &made;
    apr_time_t until = order->created_at + KL_SESSION_LIFETIME, keep_until = 0;
    int n = 0;
    kl_kind_t rv = to_row(row, p, order, err);

    if (rv != KL_OK) {
        return rv;
    }
    KL_BIND(KL_PAYMENT_FIXED)
    KL_BIND(KL_PAYMENT_SAVED)
    v[n++] = order->id; /* cart_claim: it claims nothing, and is kept for nothing */
    v[n++] = &keep_until;
    v[n++] = &until;
    v[n++] = order->id;
    rv = kl_dbd_rows_insert(self, p, PAYMENTS(KL_SQL_payment_insert, v), err);
    if (rv == KL_OK) {
        order->version = 1;
    }
    return rv;
}

kl_kind_t kl_dbd_payment_save(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err)
{
    const void *v[KL_PAYMENT_SETS + 2];
    payment_row_t made, *row = &made;
    int n = 0;
    kl_kind_t rv = to_row(row, p, order, err);

    if (rv != KL_OK) {
        return rv;
    }
    KL_BIND(KL_PAYMENT_SAVED)
    v[n++] = order->id;
    v[n++] = &order->version;
    rv = kl_dbd_rows_save(self, p, PAYMENTS(KL_SQL_payment_save, v), err);
    if (rv == KL_OK) {
        order->version++;
    }
    return rv;
}

kl_kind_t kl_dbd_payment_leave(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err)
{
    const void *v[] = {LEAVING, order->id, &order->version};
    kl_kind_t rv = kl_dbd_rows_save(self, p, PAYMENTS(KL_SQL_payment_leave, v), err);

    if (rv == KL_OK) {
        order->stored = KL_STORED_LEAVING;
        order->version++;
    }
    return rv;
}

kl_kind_t kl_dbd_payment_mark(kl_store_t *self, apr_pool_t *p, const kl_order_t *order,
                              kl_error_t *err)
{
    const void *v[] = {&order->check_at, order->id, &order->version, &order->check_at};
    kl_kind_t rv = kl_dbd_rows_save(self, p, PAYMENTS(KL_SQL_payment_mark, v), err);

    return kl_dbd_rows_either_way(rv, err);
}

/* What it is, by its kind: in a store it has states of its own. */
static int set_state(kl_order_t *order, const payment_row_t *row)
{
    if (strcmp(order->channel, KL_CHANNEL_INSTORE) != 0) {
        return kl_order_state_parse(row->state, &order->state);
    }
    order->instore = order->instore ? order->instore : kl_instore_make(order->lines->pool);
    if (!kl_instore_state_parse(row->state, &order->instore->state)) {
        return 0;
    }
    order->state = kl_instore_order_state(order->instore->state);
    return 1;
}

static kl_kind_t payment_read(kl_dbd_t *db, apr_pool_t *p, apr_array_header_t *out)
{
    kl_way_t way;
    payment_row_t made, *row = &made;
    kl_order_t *order = kl_order_make(p);
    int n = 0;

    row->order = *order;
    row->shop = kl_dbd_rows_shop(p, order);
    row->order.version = kl_dbd_run_int64(db, n++);
    KL_READ(KL_PAYMENT_FIXED)
    KL_READ(KL_PAYMENT_SAVED)
    if (db->failed) {
        return kl_dbd_run_end(db);
    }
    *order = row->order;
    order->stored = strcmp(row->state, LEAVING) == 0 ? KL_STORED_LEAVING : KL_STORED_PAYMENT;
    order->original_amount = order->remaining_amount = order->order_amount;
    kl_dbd_rows_ledger(order, p, row->ledger);
    order->channel = kl_instore_way_parse(row->kind, &way) ? KL_CHANNEL_INSTORE : row->kind;
    if (order->stored == KL_STORED_PAYMENT && !set_state(order, row)) {
        return kl_dbd_rows_unknown_word(db->err, "payment", order->id);
    }
    APR_ARRAY_PUSH(out, kl_order_t *) = order;
    return KL_OK;
}

kl_kind_t kl_dbd_payment_load(kl_store_t *self, apr_pool_t *p, const char *id, kl_order_t **out,
                              kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 1, sizeof(kl_order_t *));
    const void *v[] = {id};
    kl_kind_t rv = kl_dbd_rows_load(self, p, PAYMENTS(KL_SQL_payment_load, v), found, err);

    if (rv == KL_OK) {
        *out = APR_ARRAY_IDX(found, 0, kl_order_t *);
    }
    return rv;
}

kl_kind_t kl_dbd_payment_list(kl_store_t *self, apr_pool_t *p, const kl_order_page_t *page,
                              apr_array_header_t *out, kl_error_t *err)
{
    return kl_dbd_rows_select(self, p, PAYMENTS(page->list, (const void **)page->values), out, err);
}

kl_kind_t kl_dbd_payment_due(kl_store_t *self, apr_pool_t *p, const kl_due_query_t *query,
                             apr_array_header_t *out, kl_error_t *err)
{
    const void *v[] = {query->account, &query->now, &query->limit};

    return kl_dbd_rows_select(self, p, PAYMENTS(KL_SQL_payments_due, v), out, err);
}
