/* SPDX-License-Identifier: Apache-2.0 */
/* See fake_store.h. */
#include "fake_store.h"

#include "fake_batch.h"
#include "core/limits.h"
#include "store/order_query.h"
#include "core/instore.h"
#include "core/ledger.h"
#include "core/order_check.h"
#include "core/payment.h"
#include "core/schedule.h"

#include <apr_strings.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static kl_order_t *order_at(const fake_store_t *fake, int i)
{
    return APR_ARRAY_IDX(fake->orders, i, kl_order_t *);
}

static kl_operation_t *operation_at(const fake_store_t *fake, int i)
{
    return APR_ARRAY_IDX(fake->operations, i, kl_operation_t *);
}

/* --- copies: a string that is NULL is a defect of the service ------------------------ */

static void copy_strings(apr_pool_t *p, const char **strings[], int n)
{
    for (int i = 0; i < n; i++) {
        assert_non_null(*strings[i]);
        *strings[i] = apr_pstrdup(p, *strings[i]);
    }
}

static kl_order_t *copy_of_order(apr_pool_t *p, const kl_order_t *order)
{
    kl_order_t *copy = apr_pmemdup(p, order, sizeof(*order));
    kl_order_t *empty = kl_order_make(p);
    kl_error_t *err = kl_error_make(p);
    const char **strings[] = {
        &copy->id,
        &copy->account,
        &copy->environment,
        &copy->client_hash,
        &copy->reason_code,
        &copy->reason,
        &copy->addresses,
        &copy->key,
        &copy->fraud_status,
        &copy->session_id,
        &copy->client_token,
        &copy->klarna_order_id,
        &copy->klarna_reference,
        &copy->reference1,
        &copy->reference2,
        &copy->country,
        &copy->currency,
        &copy->locale,
        &copy->pending_op,
        &copy->confirmation_url,
        &copy->callback_secret,
        &copy->channel,
        &copy->waiting,
    };

    copy_strings(p, strings, COUNT(strings));
    copy->lines = empty->lines;
    copy->captures = empty->captures;
    copy->credit_invoices = empty->credit_invoices;
    copy->payment_methods = NULL;
    copy->waiting_too = "";
    kl_ledger_parse(copy, p, kl_ledger_text(p, order), err);
    assert_int_equal(err->kind, KL_OK);
    return copy;
}

static kl_operation_t *copy_of_operation(apr_pool_t *p, const kl_operation_t *op)
{
    kl_operation_t *copy = apr_pmemdup(p, op, sizeof(*op));
    const char **strings[] = {
        &copy->id,
        &copy->order_id,
        &copy->account,
        &copy->method,
        &copy->path,
        &copy->body,
        &copy->intent,
        &copy->actor,
        &copy->client_key,
        &copy->client_hash,
        &copy->credit_invoice_id,
        &copy->next_op,
        &copy->result_id,
        &copy->result,
        &copy->hint,
        &copy->refusal,
        &copy->error_code,
        &copy->error_messages,
        &copy->correlation_id,
    };

    copy_strings(p, strings, COUNT(strings));
    copy->stored = copy->state;
    return copy;
}

/* --- faults -------------------------------------------------------------------------- */

static kl_kind_t gone(kl_error_t *err)
{
    return kl_error_set(err, KL_UNAVAILABLE, "store", "The database does not answer.");
}

/* -1 for none, else the fault of this call. */
static int fault_now(fake_store_t *fake)
{
    if (fake->process->in_hook) {
        return -1;
    }
    fake->calls++;
    if (fake->dice && test_random_in(fake->dice, 1, 100) <= fake->percent) {
        return (int)test_random_in(fake->dice, 0, 1);
    }
    if (fake->fail_at == fake->calls
        || (fake->fail_at > 0 && fake->fault == FAKE_STORE_IS_GONE
            && fake->calls > fake->fail_at)) {
        return (int)fake->fault;
    }
    return -1;
}

kl_kind_t fake_store_call(kl_store_t *self, apr_pool_t *p, fake_store_do_fn *execute, void *what,
                          kl_error_t *err)
{
    fake_store_t *fake = self->impl;
    int fault;
    kl_kind_t rv;

    fake_step_begins(fake->process);
    fault = fault_now(fake);
    if (fault == FAKE_STORE_FAILS_BEFORE || fault == FAKE_STORE_IS_GONE) {
        return gone(err);
    }
    rv = execute(fake, p, what, fault < 0 ? err : kl_error_make(p));
    fake_step_ends(fake->process);
    return fault < 0 ? rv : gone(err);
}

static kl_kind_t exists(kl_error_t *err)
{
    return kl_error_set(err, KL_TAKEN, "exists", "There is one with this id or key.");
}

static kl_kind_t moved_on(kl_error_t *err)
{
    return kl_error_set(err, KL_STALE, "version", "It was changed by somebody else.");
}

static kl_kind_t missing(kl_error_t *err)
{
    return kl_error_set(err, KL_NOT_FOUND, "not_found", "There is no such row.");
}

/* --- orders -------------------------------------------------------------------------- */

static kl_order_t *row_of(const apr_array_header_t *rows, const char *id)
{
    for (int i = 0; i < rows->nelts; i++) {
        kl_order_t *row = APR_ARRAY_IDX(rows, i, kl_order_t *);

        if (strcmp(row->id, id) == 0) {
            return row;
        }
    }
    return NULL;
}

kl_order_t *fake_store_order(const fake_store_t *fake, const char *id)
{
    kl_order_t *order = row_of(fake->orders, id);

    return order ? order : row_of(fake->payments, id);
}

/* The real table has a unique index. */
static int klarna_id_taken(const fake_store_t *fake, const kl_order_t *order)
{
    for (int i = 0; order->klarna_order_id[0] && i < fake->orders->nelts; i++) {
        const kl_order_t *other = order_at(fake, i);

        if (strcmp(other->id, order->id) != 0
            && strcmp(other->klarna_order_id, order->klarna_order_id) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The CHECKs of the real table and the invariants. */
static void check_order_row(const kl_order_t *order)
{
    kl_error_t *err = kl_error_make(order->lines->pool);

    if (kl_order_check(order, err) != KL_OK) {
        fail_msg("An order was saved that breaks a rule: %s", err->detail);
    }
    assert_true(order->captured_amount <= order->order_amount - order->remaining_amount);
}

static kl_kind_t insert(fake_store_t *fake, apr_array_header_t *rows, const kl_order_t *order,
                        kl_error_t *err)
{
    kl_order_t *row;

    if (row_of(rows, order->id) || row_of(fake->orders, order->id)) {
        return exists(err);
    }
    row = copy_of_order(fake->p, order);
    check_order_row(row);
    row->version = 1;
    row->addresses = rows == fake->orders ? "" : row->addresses;
    row->stored = rows == fake->orders ? KL_STORED_ORDER : KL_STORED_PAYMENT;
    APR_ARRAY_PUSH(rows, kl_order_t *) = row;
    return KL_OK;
}

static kl_kind_t insert_order(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    (void)p;
    return insert(fake, fake->orders, what, err);
}

static kl_kind_t insert_payment(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    (void)p;
    return insert(fake, fake->payments, what, err);
}

static kl_kind_t order_insert(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err)
{
    kl_kind_t rv = fake_store_call(self, p, insert_order, order, err);

    if (rv == KL_OK) {
        order->version = 1;
        order->stored = KL_STORED_ORDER;
    }
    return rv;
}

static kl_kind_t ready(kl_store_t *self, apr_pool_t *p, kl_error_t *err)
{
    (void)self, (void)p, (void)err;
    return KL_OK;
}

static kl_kind_t payment_insert(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err)
{
    kl_kind_t rv = fake_store_call(self, p, insert_payment, order, err);

    if (rv == KL_OK) {
        order->version = 1;
    }
    return rv;
}

static kl_kind_t save_order(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const kl_order_t *order = what;
    apr_array_header_t *rows = order->stored == KL_STORED_ORDER ? fake->orders : fake->payments;
    kl_order_t *row = row_of(rows, order->id);

    (void)p;
    if (!row || row->version != order->version) {
        return moved_on(err);
    }
    assert_false(klarna_id_taken(fake, order));
    *row = *copy_of_order(fake->p, order);
    check_order_row(row);
    row->version++;
    return KL_OK;
}

/* As in the real store: the payment is closed to all who have it in memory. */
static kl_kind_t leave_payment(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const kl_order_t *order = what;
    kl_order_t *row = row_of(fake->payments, order->id);

    (void)p;
    if (!row || row->version != order->version) {
        return moved_on(err);
    }
    row->stored = KL_STORED_LEAVING;
    row->state = KL_ORDER_CREATED;
    row->addresses = "";
    row->check_at = row->updated_at;
    row->version++;
    return KL_OK;
}

static kl_kind_t become_order(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err)
{
    kl_kind_t rv = KL_OK;

    if (order->stored == KL_STORED_PAYMENT && !order->klarna_order_id[0]) {
        rv = fake_store_call(self, p, leave_payment, order, err);
    }
    if (rv == KL_OK) {
        rv = order_insert(self, p, order, err);
    }
    if (rv == KL_TAKEN) {
        kl_error_clear(err);
        rv = moved_on(err);
    }
    return rv;
}

static kl_kind_t order_save(kl_store_t *self, apr_pool_t *p, kl_order_t *order, kl_error_t *err)
{
    kl_kind_t rv;

    if (order->stored != KL_STORED_ORDER && !kl_payment_is_only(order)) {
        return become_order(self, p, order, err);
    }
    rv = fake_store_call(self, p, save_order, order, err);
    if (rv == KL_OK) {
        order->version++;
    }
    return rv;
}

/* Where the real one leaves the rest of the row alone, so does this. */
static kl_kind_t mark_order(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const kl_order_t *order = *(const kl_order_t **)what;
    kl_order_t *row = fake_store_order(fake, order->id);

    (void)p, (void)err;
    assert_non_null(order->broken);
    if (row && row->version == order->version
        && (row->attention != order->attention || row->check_at != order->check_at)) {
        row->attention = order->attention;
        row->check_at = order->check_at;
        row->version++;
    }
    return KL_OK;
}

static kl_kind_t order_mark(kl_store_t *self, apr_pool_t *p, const kl_order_t *order,
                            kl_error_t *err)
{
    return fake_store_call(self, p, mark_order, &order, err);
}

/* A row as it is read: a test may have broken it. */
static kl_order_t *read_order(apr_pool_t *p, const kl_order_t *row)
{
    kl_order_t *order = copy_of_order(p, row);

    order->broken = kl_order_check_fault(order);
    if (order->broken) {
        kl_attention_raise(order, KL_ATTENTION_DIFFERS);
    }
    return order;
}

typedef struct wanted_order_t {
    const char *id;
    int payment; /* 1: the payment's own row */
    kl_order_t **out;
} wanted_order_t;

static kl_kind_t find_order(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const wanted_order_t *wanted = what;
    const kl_order_t *row = wanted->payment ? row_of(fake->payments, wanted->id)
                                            : fake_store_order(fake, wanted->id);

    if (!row) {
        return missing(err);
    }
    *wanted->out = read_order(p, row);
    return KL_OK;
}

static kl_kind_t order_load(kl_store_t *self, apr_pool_t *p, const char *id, kl_order_t **out,
                            kl_error_t *err)
{
    return fake_store_call(self, p, find_order, &(wanted_order_t){id, 0, out}, err);
}

static kl_kind_t payment_load(kl_store_t *self, apr_pool_t *p, const char *id, kl_order_t **out,
                              kl_error_t *err)
{
    return fake_store_call(self, p, find_order, &(wanted_order_t){id, 1, out}, err);
}

/* --- references and notes ------------------------------------------------------------- */

int fake_store_finds(const fake_store_t *fake, const char *value, const char *order_id)
{
    for (int i = 0; i < fake->references->nelts; i++) {
        const fake_reference_t *row = &APR_ARRAY_IDX(fake->references, i, fake_reference_t);

        if (strcmp(row->value, value) == 0 && strcmp(row->order_id, order_id) == 0) {
            return 1;
        }
    }
    return 0;
}

static kl_kind_t add_references(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const kl_references_t *texts = *(const kl_references_t **)what;

    (void)p;
    (void)err;
    for (int i = 0; i < texts->values->nelts; i++) {
        const char *value = APR_ARRAY_IDX(texts->values, i, const char *);

        assert_non_null(value);
        if (!fake_store_finds(fake, value, texts->order_id)) {
            APR_ARRAY_PUSH(fake->references, fake_reference_t) =
                (fake_reference_t){apr_pstrdup(fake->p, texts->account),
                                   apr_pstrdup(fake->p, value),
                                   apr_pstrdup(fake->p, texts->order_id)};
        }
    }
    return KL_OK;
}

static kl_kind_t reference_add(kl_store_t *self, apr_pool_t *p, const kl_references_t *texts,
                               kl_error_t *err)
{
    return fake_store_call(self, p, add_references, &texts, err);
}

static kl_kind_t add_articles(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const kl_articles_t *articles = *(const kl_articles_t **)what;

    (void)p;
    (void)err;
    for (int i = 0; i < articles->references->nelts; i++) {
        const char *article = APR_ARRAY_IDX(articles->references, i, const char *);

        APR_ARRAY_PUSH(fake->articles, fake_reference_t) =
            (fake_reference_t){apr_pstrdup(fake->p, articles->account),
                               apr_pstrdup(fake->p, article),
                               apr_pstrdup(fake->p, articles->order_id)};
    }
    return KL_OK;
}

static kl_kind_t article_add(kl_store_t *self, apr_pool_t *p, const kl_articles_t *articles,
                             kl_error_t *err)
{
    return fake_store_call(self, p, add_articles, &articles, err);
}

static kl_kind_t count_same(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const kl_order_t *order = *(const kl_order_t **)what;
    int n = 0;

    (void)p;
    (void)err;
    for (int i = 0; i < fake->orders->nelts; i++) {
        n += strcmp(order_at(fake, i)->reference1, order->reference1) == 0
             && strcmp(order_at(fake, i)->id, order->id) != 0;
    }
    fake->same = n;
    return KL_OK;
}

static kl_kind_t order_same_reference(kl_store_t *self, apr_pool_t *p, const kl_order_t *order,
                                      int *count, kl_error_t *err)
{
    kl_kind_t rv = fake_store_call(self, p, count_same, &order, err);

    *count = ((fake_store_t *)self->impl)->same;
    return rv;
}

typedef struct wanted_klarna_id_t {
    const kl_klarna_id_t *key;
    kl_order_t **out;
} wanted_klarna_id_t;

static kl_kind_t find_by_klarna_id(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const wanted_klarna_id_t *wanted = what;

    for (int i = 0; i < fake->orders->nelts; i++) {
        const kl_order_t *row = order_at(fake, i);

        if (strcmp(row->account, wanted->key->account) == 0
            && strcmp(row->klarna_order_id, wanted->key->id) == 0) {
            *wanted->out = read_order(p, row);
            return KL_OK;
        }
    }
    return kl_error_set(err, KL_NOT_FOUND, "not_found", "There is no such order.");
}

static kl_kind_t order_by_klarna_id(kl_store_t *self, apr_pool_t *p, const kl_klarna_id_t *key,
                                    kl_order_t **out, kl_error_t *err)
{
    return fake_store_call(self, p, find_by_klarna_id, &(wanted_klarna_id_t){key, out}, err);
}

static kl_kind_t add_note(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    (void)p;
    (void)err;
    APR_ARRAY_PUSH(fake->notes, kl_callback_note_t) = **(const kl_callback_note_t **)what;
    return KL_OK;
}

static kl_kind_t callback_note(kl_store_t *self, apr_pool_t *p, const kl_callback_note_t *note,
                               kl_error_t *err)
{
    return fake_store_call(self, p, add_note, &note, err);
}

/* --- lists ---------------------------------------------------------------------------- */

typedef struct wanted_list_t {
    const char *account;
    apr_time_t now;
    int limit;
    kl_due_whose_t whose;
    apr_array_header_t **out;
} wanted_list_t;

static int by_check_at(const void *a, const void *b)
{
    apr_time_t one = (*(kl_order_t *const *)a)->check_at, two = (*(kl_order_t *const *)b)->check_at;

    return (one > two) - (one < two);
}

static int by_next_at(const void *a, const void *b)
{
    apr_time_t one = (*(kl_operation_t *const *)a)->next_at,
               two = (*(kl_operation_t *const *)b)->next_at;

    return (one > two) - (one < two);
}

static void sort_and_cut(apr_array_header_t *list, int limit,
                         int (*compare)(const void *a, const void *b))
{
    qsort(list->elts, (size_t)list->nelts, (size_t)list->elt_size, compare);
    list->nelts = list->nelts < limit ? list->nelts : limit;
}

static void add_due(const apr_array_header_t *rows, const wanted_list_t *wanted,
                    const fake_store_t *fake, apr_array_header_t *list)
{
    for (int i = 0; i < rows->nelts; i++) {
        const kl_order_t *row = APR_ARRAY_IDX(rows, i, kl_order_t *);

        if (row->check_at > 0 && row->check_at <= wanted->now
            && strcmp(row->account, wanted->account) == 0
            && fake_store_order(fake, row->id) == row) {
            APR_ARRAY_PUSH(list, kl_order_t *) = read_order(list->pool, row);
        }
    }
}

static kl_kind_t list_orders_due(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    wanted_list_t *wanted = what;
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(kl_order_t *));

    (void)err;
    add_due(fake->orders, wanted, fake, list);
    add_due(fake->payments, wanted, fake, list);
    sort_and_cut(list, wanted->limit, by_check_at);
    *wanted->out = list;
    return KL_OK;
}

static kl_kind_t orders_due(kl_store_t *self, apr_pool_t *p, const kl_due_query_t *query,
                            apr_array_header_t **out, kl_error_t *err)
{
    wanted_list_t wanted = {query->account, query->now, query->limit, query->whose, out};

    return fake_store_call(self, p, list_orders_due, &wanted, err);
}

static int is_due(const kl_operation_t *row, const wanted_list_t *wanted)
{
    int is_placement = row->kind == KL_OP_PLACE_ORDER;

    return row->next_at > 0 && row->next_at <= wanted->now && row->lease_until <= wanted->now
           && strcmp(row->account, wanted->account) == 0
           && is_placement == (wanted->whose == KL_DUE_PLACEMENTS);
}

static int is_unfinished(const kl_operation_t *row, const wanted_list_t *wanted)
{
    return row->next_at > 0 && strcmp(row->account, wanted->account) == 0;
}

static void list_operations(fake_store_t *fake, apr_pool_t *p, const wanted_list_t *wanted,
                            int (*fits)(const kl_operation_t *row, const wanted_list_t *wanted))
{
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(kl_operation_t *));

    for (int i = 0; i < fake->operations->nelts; i++) {
        const kl_operation_t *row = operation_at(fake, i);

        if (fits(row, wanted)) {
            APR_ARRAY_PUSH(list, kl_operation_t *) = copy_of_operation(p, row);
        }
    }
    sort_and_cut(list, wanted->limit, by_next_at);
    *wanted->out = list;
}

static kl_kind_t list_due(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    (void)err;
    list_operations(fake, p, what, is_due);
    return KL_OK;
}

static kl_kind_t list_unfinished(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    (void)err;
    list_operations(fake, p, what, is_unfinished);
    return KL_OK;
}

static kl_kind_t operations_due(kl_store_t *self, apr_pool_t *p, const kl_due_query_t *query,
                                apr_array_header_t **out, kl_error_t *err)
{
    wanted_list_t wanted = {query->account, query->now, query->limit, query->whose, out};

    return fake_store_call(self, p, list_due, &wanted, err);
}

static kl_kind_t operations_unfinished(kl_store_t *self, apr_pool_t *p,
                                       const kl_unfinished_query_t *query, apr_array_header_t **out,
                                       kl_error_t *err)
{
    wanted_list_t wanted = {.account = query->account, .limit = query->limit, .out = out};

    return fake_store_call(self, p, list_unfinished, &wanted, err);
}

/* A time that is never over. */
typedef struct wanted_state_t {
    const kl_state_query_t *query;
    apr_array_header_t **out;
} wanted_state_t;

static int by_last_change(const void *a, const void *b)
{
    apr_time_t one = (*(kl_operation_t *const *)a)->updated_at,
               two = (*(kl_operation_t *const *)b)->updated_at;

    return (one < two) - (one > two);
}

static kl_kind_t list_by_state(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    wanted_state_t *wanted = what;
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(kl_operation_t *));

    (void)err;
    for (int i = 0; i < fake->operations->nelts; i++) {
        const kl_operation_t *row = operation_at(fake, i);

        if (row->state == wanted->query->state && row->attempts > 0
            && strcmp(row->account, wanted->query->account) == 0) {
            APR_ARRAY_PUSH(list, kl_operation_t *) = copy_of_operation(p, row);
        }
    }
    sort_and_cut(list, wanted->query->limit, by_last_change);
    *wanted->out = list;
    return KL_OK;
}

static kl_kind_t operations_by_state(kl_store_t *self, apr_pool_t *p, const kl_state_query_t *query,
                                     apr_array_header_t **out, kl_error_t *err)
{
    return fake_store_call(self, p, list_by_state, &(wanted_state_t){query, out}, err);
}

/* --- orders by a query ------------------------------------------------------------------ */

typedef struct wanted_page_t {
    const kl_order_query_t *query;
    apr_array_header_t **out;
} wanted_page_t;

static int is_word(const char *wanted, const char *word)
{
    return !wanted || !wanted[0] || strcmp(wanted, word) == 0;
}

static int is_hit(const kl_order_t *row, const kl_order_query_t *query)
{
    const char *search = query->search;

    for (int i = 0; i < query->amounts; i++) {
        if (row->order_amount == query->amount[i]) {
            return 1;
        }
    }
    return is_word(search, row->id) || strcmp(row->klarna_order_id, search) == 0
           || strcmp(row->klarna_reference, search) == 0 || strcmp(row->reference1, search) == 0
           || strcmp(row->reference2, search) == 0;
}

static int is_listed(const kl_order_t *row, const kl_order_query_t *query)
{
    apr_time_t end = kl_order_open_until(row);

    switch (query->list) {
    case KL_LIST_TO_SHIP:
        return end > 0;
    case KL_LIST_EXPIRING:
        return end > 0 && end <= query->until;
    case KL_LIST_CAPTURE_UNCONFIRMED:
        return strcmp(row->waiting, "capture") == 0;
    case KL_LIST_REFUND_UNCONFIRMED:
        return strcmp(row->waiting, "refund") == 0;
    case KL_LIST_ORPHANS:
        return row->attention == KL_ATTENTION_ORPHAN;
    case KL_LIST_IN_REVIEW:
        return kl_order_is_in_review(row);
    default:
        return (query->list != KL_LIST_TO_SHIP && query->sort != KL_SORT_EXPIRY) || end > 0;
    }
}

/* After the row that the page before ended with. */
static int is_after(const kl_order_t *row, const kl_order_query_t *query)
{
    kl_sort_t sort = kl_order_query_sort(query);
    kl_order_t last = *row;
    const kl_order_t *pair[] = {&last, row};

    if (!query->before_at) {
        return 1;
    }
    last.id = query->before_id;
    last.order_amount = query->before_amount;
    if (sort == KL_SORT_EXPIRY) {
        last.expires_at = query->before_at == APR_INT64_MAX ? 0 : query->before_at;
    }
    else {
        last.created_at = query->before_at;
    }
    return kl_order_query_compare(sort)(&pair[0], &pair[1]) < 0;
}

static int is_there(const kl_order_t *row, const kl_shop_query_t *shop)
{
    const kl_instore_t *at = row->instore;

    return is_word(shop->department, at ? at->department : "")
           && is_word(shop->till, at ? at->till : "")
           && is_word(shop->terminal, at ? at->terminal : "")
           && is_word(shop->cashier, at ? at->cashier : "")
           && is_word(shop->invoice, at ? at->invoice : "");
}

static int fits(const kl_order_t *row, const kl_order_query_t *query)
{
    return strcmp(row->account, query->account) == 0
           && is_word(query->state, kl_order_state_name(row->state))
           && is_word(query->attention, kl_attention_name(row->attention))
           && is_word(query->channel, row->channel) && is_there(row, &query->shop)
           && is_hit(row, query) && is_listed(row, query) && row->created_at >= query->from
           && (!query->to || row->created_at < query->to) && is_after(row, query);
}

static kl_kind_t list_orders(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    wanted_page_t *wanted = what;
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(kl_order_t *));

    (void)err;
    for (int i = 0; i < fake->orders->nelts; i++) {
        if (fits(order_at(fake, i), wanted->query)) {
            APR_ARRAY_PUSH(list, kl_order_t *) = read_order(p, order_at(fake, i));
        }
    }
    sort_and_cut(list, wanted->query->limit,
                 kl_order_query_compare(kl_order_query_sort(wanted->query)));
    *wanted->out = list;
    return KL_OK;
}

typedef struct wanted_instore_t {
    const kl_instore_query_t *query;
    apr_array_header_t **out;
} wanted_instore_t;

static int is_of_store(const kl_order_t *row, const kl_instore_query_t *query)
{
    const kl_instore_t *shop = row->instore;

    return shop && strcmp(row->account, query->account) == 0
           && strcmp(query->invoice[0] ? shop->invoice : shop->till,
                     query->invoice[0] ? query->invoice : query->till)
                  == 0
           && (!query->department[0] || strcmp(shop->department, query->department) == 0)
           && row->created_at >= query->from && (!query->to || row->created_at < query->to)
           && (!query->before_at || row->created_at < query->before_at
               || (row->created_at == query->before_at && strcmp(row->id, query->before_id) < 0));
}

static kl_kind_t find_of_store(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const wanted_instore_t *wanted = what;
    const apr_array_header_t *tables[] = {fake->orders, fake->payments};

    (void)err;
    *wanted->out = apr_array_make(p, 4, sizeof(kl_order_t *));
    for (int t = 0; t < 2; t++) {
        for (int i = 0; i < tables[t]->nelts; i++) {
            const kl_order_t *row = APR_ARRAY_IDX(tables[t], i, kl_order_t *);

            if (is_of_store(row, wanted->query) && (t == 0 || !row_of(fake->orders, row->id))) {
                APR_ARRAY_PUSH(*wanted->out, kl_order_t *) = read_order(p, row);
            }
        }
    }
    sort_and_cut(*wanted->out, wanted->query->limit, kl_order_query_compare(KL_SORT_NEWEST));
    return KL_OK;
}

static kl_kind_t instore_list(kl_store_t *self, apr_pool_t *p, const kl_instore_query_t *query,
                              apr_array_header_t **out, kl_error_t *err)
{
    return fake_store_call(self, p, find_of_store, &(wanted_instore_t){query, out}, err);
}

/* --- invoices ------------------------------------------------------------------------ */

static kl_invoice_t *copy_of_invoice(apr_pool_t *p, const kl_invoice_t *invoice)
{
    kl_invoice_t *copy = apr_pmemdup(p, invoice, sizeof(*copy));
    const char **strings[] = {&copy->account, &copy->department, &copy->number, &copy->currency};
    kl_error_t *err = kl_error_make(p);

    copy_strings(p, strings, COUNT(strings));
    kl_invoice_notes_parse(&copy->notes, p, kl_invoice_notes_text(p, invoice->notes), err);
    assert_int_equal(err->kind, KL_OK);
    return copy;
}

static kl_invoice_t **invoice_row(const fake_store_t *fake, const kl_invoice_t *key)
{
    for (int i = 0; i < fake->invoices->nelts; i++) {
        kl_invoice_t **row = &APR_ARRAY_IDX(fake->invoices, i, kl_invoice_t *);

        if (strcmp((*row)->account, key->account) == 0
            && strcmp((*row)->department, key->department) == 0
            && strcmp((*row)->number, key->number) == 0) {
            return row;
        }
    }
    return NULL;
}

typedef struct wanted_invoice_t {
    const kl_invoice_t *key;
    kl_invoice_t **out;
} wanted_invoice_t;

static kl_kind_t find_invoice(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const wanted_invoice_t *wanted = what;
    kl_invoice_t **row = invoice_row(fake, wanted->key);

    if (row) {
        *wanted->out = copy_of_invoice(p, *row);
    }
    return row ? KL_OK : missing(err);
}

static kl_kind_t invoice_load(kl_store_t *self, apr_pool_t *p, const kl_invoice_t *key,
                              kl_invoice_t **out, kl_error_t *err)
{
    return fake_store_call(self, p, find_invoice, &(wanted_invoice_t){key, out}, err);
}

static kl_kind_t insert_invoice(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    kl_invoice_t *row;

    (void)p;
    if (invoice_row(fake, what)) {
        return exists(err);
    }
    row = copy_of_invoice(fake->p, what);
    row->version = 1;
    APR_ARRAY_PUSH(fake->invoices, kl_invoice_t *) = row;
    return KL_OK;
}

static kl_kind_t invoice_insert(kl_store_t *self, apr_pool_t *p, kl_invoice_t *invoice,
                                kl_error_t *err)
{
    kl_kind_t rv = fake_store_call(self, p, insert_invoice, invoice, err);

    if (rv == KL_OK) {
        invoice->version = 1;
    }
    return rv;
}

static kl_kind_t save_invoice(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const kl_invoice_t *invoice = what;
    kl_invoice_t **row = invoice_row(fake, invoice);

    (void)p;
    if (!row || (*row)->version != invoice->version) {
        return moved_on(err);
    }
    *row = copy_of_invoice(fake->p, invoice);
    (*row)->version++;
    return KL_OK;
}

static kl_kind_t invoice_save(kl_store_t *self, apr_pool_t *p, kl_invoice_t *invoice,
                              kl_error_t *err)
{
    kl_kind_t rv = fake_store_call(self, p, save_invoice, invoice, err);

    if (rv == KL_OK) {
        invoice->version++;
    }
    return rv;
}

static kl_kind_t order_list(kl_store_t *self, apr_pool_t *p, const kl_order_query_t *query,
                            apr_array_header_t **out, kl_error_t *err)
{
    assert_in_range(query->limit, 1, KL_MAX_PAGE);
    return fake_store_call(self, p, list_orders, &(wanted_page_t){query, out}, err);
}

static kl_kind_t order_count(kl_store_t *self, apr_pool_t *p, const kl_order_query_t *query,
                             int *count, kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 0, sizeof(kl_order_t *));
    kl_kind_t rv = fake_store_call(self, p, list_orders, &(wanted_page_t){query, &found}, err);

    *count = found->nelts;
    return rv;
}

static kl_kind_t order_totals(kl_store_t *self, apr_pool_t *p, const kl_order_query_t *query,
                              apr_array_header_t **out, kl_error_t *err)
{
    apr_array_header_t *found = apr_array_make(p, 0, sizeof(kl_order_t *));
    kl_kind_t rv = fake_store_call(self, p, list_orders, &(wanted_page_t){query, &found}, err);

    *out = apr_array_make(p, 1, sizeof(kl_total_t));
    for (int i = 0; i < found->nelts; i++) { /* a currency may stand there more than once */
        const kl_order_t *row = APR_ARRAY_IDX(found, i, kl_order_t *);

        APR_ARRAY_PUSH(*out, kl_total_t) = (kl_total_t){row->currency, 1, row->order_amount,
                                                        row->captured_amount, row->refunded_amount};
    }
    return rv;
}

/* --- what an operator is shown ----------------------------------------------------------- */

static kl_kind_t nothing(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    (void)fake, (void)p, (void)what, (void)err;
    return KL_OK;
}

static kl_kind_t check(kl_store_t *self, apr_pool_t *p, kl_error_t *err)
{
    return fake_store_call(self, p, nothing, NULL, err);
}

static kl_kind_t driver(kl_store_t *self, apr_pool_t *p, const char **name, kl_error_t *err)
{
    *name = "memory";
    return fake_store_call(self, p, nothing, NULL, err);
}

typedef struct wanted_hours_t {
    const kl_hours_query_t *query;
    apr_array_header_t *out;
} wanted_hours_t;

/* A row for each operation: whoever adds them up comes to the same. */
static kl_kind_t list_hours(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    wanted_hours_t *wanted = what;

    (void)p, (void)err;
    for (int i = 0; i < fake->operations->nelts; i++) {
        const kl_operation_t *op = operation_at(fake, i);
        apr_time_t hour = op->updated_at - op->updated_at % apr_time_from_sec(3600);

        if (strcmp(op->account, wanted->query->account) == 0
            && op->updated_at >= wanted->query->from && op->updated_at < wanted->query->to) {
            APR_ARRAY_PUSH(wanted->out, kl_operation_hour_t) =
                (kl_operation_hour_t){.hour = hour,
                                      .kind = op->kind,
                                      .state = op->state,
                                      .count = 1,
                                      .called = op->took > 0,
                                      .took_sum = op->took,
                                      .took_max = op->took,
                                      .slow = op->took > KL_SLOW_MS};
        }
    }
    return KL_OK;
}

static kl_kind_t operation_hours(kl_store_t *self, apr_pool_t *p, const kl_hours_query_t *query,
                                 apr_array_header_t **out, kl_error_t *err)
{
    *out = apr_array_make(p, 8, sizeof(kl_operation_hour_t));
    return fake_store_call(self, p, list_hours, &(wanted_hours_t){query, *out}, err);
}

/* One entry for each note, good or bad. */
static kl_kind_t list_notes(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    wanted_list_t *wanted = what;

    (void)p, (void)err;
    for (int i = 0; i < fake->notes->nelts; i++) {
        const kl_callback_note_t *note = &APR_ARRAY_IDX(fake->notes, i, kl_callback_note_t);
        int bad = note->why[0] != '\0';

        if (strcmp(note->account, wanted->account) == 0) {
            APR_ARRAY_PUSH(*wanted->out,
                           kl_callback_t) = (kl_callback_t){.account = note->account,
                                                            .kind = note->kind,
                                                            .good_at = bad ? 0 : note->at,
                                                            .good = !bad,
                                                            .bad_at = bad ? note->at : 0,
                                                            .bad = bad,
                                                            .bad_why = note->why};
        }
    }
    return KL_OK;
}

static kl_kind_t callback_list(kl_store_t *self, apr_pool_t *p, const char *account,
                               apr_array_header_t **out, kl_error_t *err)
{
    *out = apr_array_make(p, 2, sizeof(kl_callback_t));
    return fake_store_call(self, p, list_notes, &(wanted_list_t){.account = account, .out = out},
                           err);
}

/* --- operations ---------------------------------------------------------------------- */

kl_operation_t *fake_store_operation(const fake_store_t *fake, const char *id)
{
    for (int i = 0; i < fake->operations->nelts; i++) {
        if (strcmp(operation_at(fake, i)->id, id) == 0) {
            return operation_at(fake, i);
        }
    }
    return NULL;
}

static int operation_key_taken(const fake_store_t *fake, const kl_operation_t *op)
{
    for (int i = 0; i < fake->operations->nelts; i++) {
        const kl_operation_t *other = operation_at(fake, i);

        if (strcmp(other->id, op->id) != 0 && strcmp(other->client_key, op->client_key) == 0) {
            return 1;
        }
    }
    return 0;
}

static kl_kind_t insert_operation(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const kl_operation_t *op = what;
    kl_operation_t *row;

    (void)p;
    if (fake_store_operation(fake, op->id) || operation_key_taken(fake, op)) {
        return exists(err);
    }
    row = copy_of_operation(fake->p, op);
    row->version = 1;
    APR_ARRAY_PUSH(fake->operations, kl_operation_t *) = row;
    return KL_OK;
}

static kl_kind_t operation_insert(kl_store_t *self, apr_pool_t *p, kl_operation_t *op,
                                  kl_error_t *err)
{
    kl_kind_t rv = fake_store_call(self, p, insert_operation, op, err);

    if (rv == KL_OK) {
        op->stored = op->state;
        op->version = 1;
    }
    return rv;
}

static kl_kind_t save_operation(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    const kl_operation_t *op = what;
    kl_operation_t *row = fake_store_operation(fake, op->id);

    (void)p;
    if (!row || row->version != op->version) {
        return moved_on(err);
    }
    assert_false(operation_key_taken(fake, op));
    assert_int_equal(op->stored, row->state);
    if (kl_operation_may_be_stored(op, err) != KL_OK) {
        fail_msg("%s", err->detail);
    }
    *row = *copy_of_operation(fake->p, op);
    row->version++;
    return KL_OK;
}

static kl_kind_t operation_save(kl_store_t *self, apr_pool_t *p, kl_operation_t *op,
                                kl_error_t *err)
{
    kl_kind_t rv = fake_store_call(self, p, save_operation, op, err);

    if (rv == KL_OK) {
        op->stored = op->state;
        op->version++;
    }
    return rv;
}

typedef struct wanted_operation_t {
    const char *id, *client_key;
    kl_operation_t **out;
} wanted_operation_t;

static kl_kind_t find_operation(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    wanted_operation_t *wanted = what;

    for (int i = 0; i < fake->operations->nelts; i++) {
        const kl_operation_t *row = operation_at(fake, i);

        if (wanted->id ? strcmp(row->id, wanted->id) == 0
                       : strcmp(row->client_key, wanted->client_key) == 0) {
            *wanted->out = copy_of_operation(p, row);
            return KL_OK;
        }
    }
    return missing(err);
}

static kl_kind_t operation_load(kl_store_t *self, apr_pool_t *p, const char *id,
                                kl_operation_t **out, kl_error_t *err)
{
    return fake_store_call(self, p, find_operation, &(wanted_operation_t){id, NULL, out}, err);
}

static kl_kind_t operation_load_by_client_key(kl_store_t *self, apr_pool_t *p,
                                              const char *client_key, kl_operation_t **out,
                                              kl_error_t *err)
{
    return fake_store_call(self, p, find_operation, &(wanted_operation_t){NULL, client_key, out},
                           err);
}

typedef struct wanted_operations_t {
    const char *order_id;
    apr_array_header_t **out;
} wanted_operations_t;

/* Rows stand in the order they were made. */
static kl_kind_t operations_of(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    wanted_operations_t *wanted = what;
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(kl_operation_t *));

    (void)err;
    for (int i = 0; i < fake->operations->nelts; i++) {
        const kl_operation_t *row = operation_at(fake, i);

        if (strcmp(row->order_id, wanted->order_id) == 0) {
            APR_ARRAY_PUSH(list, kl_operation_t *) = copy_of_operation(p, row);
        }
    }
    *wanted->out = list;
    return KL_OK;
}

static kl_kind_t operation_list(kl_store_t *self, apr_pool_t *p, const char *order_id,
                                apr_array_header_t **out, kl_error_t *err)
{
    return fake_store_call(self, p, operations_of, &(wanted_operations_t){order_id, out}, err);
}

/* --- what has had its time ------------------------------------------------------------ */

/* Payments that an operation may still work on, or that had one lately. */
static int has_its_time(const fake_store_t *fake, const kl_order_t *row, apr_time_t before)
{
    for (int i = 0; i < fake->operations->nelts; i++) {
        const kl_operation_t *op = operation_at(fake, i);

        if (strcmp(op->order_id, row->id) == 0
            && ((op->state != KL_OP_REFUSED && op->kind != KL_OP_DISTRIBUTE)
                || op->updated_at > before)) {
            return 0;
        }
    }
    return row->pending_op[0] == '\0' && row->updated_at <= before;
}

static int is_swept_payment(const fake_store_t *fake, const kl_order_t *row,
                            const kl_sweep_t *sweep)
{
    int placed = row_of(fake->orders, row->id) != NULL;
    apr_time_t look = row->created_at + KL_INTENT_LIFETIME;

    if (strcmp(row->account, sweep->account) != 0) {
        return 0;
    }
    if (sweep->what == KL_SWEEP_PLACED) {
        return placed && row->check_at > 0 && row->check_at <= sweep->now;
    }
    return !placed && row->stored == KL_STORED_PAYMENT && look <= sweep->before
           && has_its_time(fake, row, sweep->before)
           && ((row->state != KL_ORDER_CREATED && row->check_at == 0)
               || look + KL_AUTHORIZATION_LIFETIME <= sweep->now);
}

static int is_swept_operation(const kl_operation_t *row, const kl_sweep_t *sweep)
{
    int has = row->path[0] || (row->kind == KL_OP_PLACE_ORDER && row->refusal[0]);

    return strcmp(row->account, sweep->account) == 0 && kl_op_is_final(row->state) && has
           && row->updated_at <= sweep->before;
}

typedef struct wanted_sweep_t {
    const kl_sweep_t *sweep;
    apr_array_header_t *ids;
} wanted_sweep_t;

#define FAKE_SWEPT 3 /* fewer than in the real store: a test needs few rows */

static kl_kind_t find_swept(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    wanted_sweep_t *wanted = what;
    int operations = wanted->sweep->what == KL_SWEEP_REQUESTS;
    apr_array_header_t *rows = operations ? fake->operations : fake->payments;

    (void)err;
    if (wanted->sweep->what > KL_SWEEP_REQUESTS) { /* batches do not go in memory */
        return KL_OK;
    }
    for (int i = 0; i < rows->nelts && wanted->ids->nelts < FAKE_SWEPT; i++) {
        const char *id = operations ? operation_at(fake, i)->id
                                    : APR_ARRAY_IDX(rows, i, kl_order_t *)->id;

        if (operations
                ? is_swept_operation(operation_at(fake, i), wanted->sweep)
                : is_swept_payment(fake, APR_ARRAY_IDX(rows, i, kl_order_t *), wanted->sweep)) {
            APR_ARRAY_PUSH(wanted->ids, const char *) = apr_pstrdup(p, id);
        }
    }
    return KL_OK;
}

static void wipe(kl_operation_t *row)
{
    row->path = row->body = "";
    if (row->kind == KL_OP_PLACE_ORDER) {
        row->refusal = "";
        row->error_messages = "[]";
    }
    row->version++;
}

static void drop(apr_array_header_t *rows, int i)
{
    kl_order_t **elts = (kl_order_t **)rows->elts;

    memmove(elts + i, elts + i + 1, (size_t)(rows->nelts - i - 1) * sizeof(*elts));
    rows->nelts--;
}

static void drop_payment(fake_store_t *fake, const char *id)
{
    for (int i = fake->operations->nelts - 1; i >= 0; i--) {
        if (!row_of(fake->orders, id) && strcmp(operation_at(fake, i)->order_id, id) == 0) {
            drop(fake->operations, i);
        }
    }
    for (int i = fake->payments->nelts - 1; i >= 0; i--) {
        if (strcmp(APR_ARRAY_IDX(fake->payments, i, kl_order_t *)->id, id) == 0) {
            drop(fake->payments, i);
        }
    }
}

static kl_kind_t take_swept(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err)
{
    wanted_sweep_t *wanted = what;

    (void)p, (void)err;
    for (int i = 0; i < wanted->ids->nelts; i++) {
        const char *id = APR_ARRAY_IDX(wanted->ids, i, const char *);
        kl_order_t *payment = row_of(fake->payments, id);
        kl_operation_t *op = fake_store_operation(fake, id);

        if (payment && is_swept_payment(fake, payment, wanted->sweep)) {
            drop_payment(fake, id);
        }
        else if (op && is_swept_operation(op, wanted->sweep)) {
            wipe(op);
        }
    }
    return KL_OK;
}

static kl_kind_t sweep_find(kl_store_t *self, apr_pool_t *p, const kl_sweep_t *sweep,
                            apr_array_header_t **out, kl_error_t *err)
{
    *out = apr_array_make(p, FAKE_SWEPT, sizeof(const char *));
    return fake_store_call(self, p, find_swept, &(wanted_sweep_t){sweep, *out}, err);
}

static kl_kind_t sweep(kl_store_t *self, apr_pool_t *p, const kl_sweep_t *sweep,
                       const apr_array_header_t *ids, kl_error_t *err)
{
    return fake_store_call(self, p, take_swept, &(wanted_sweep_t){sweep, (apr_array_header_t *)ids},
                           err);
}

fake_store_t *fake_store_make(apr_pool_t *p, fake_process_t *process)
{
    fake_store_t *fake = apr_pcalloc(p, sizeof(*fake));

    fake->p = p;
    fake->process = process;
    fake->orders = apr_array_make(p, 4, sizeof(kl_order_t *));
    fake->payments = apr_array_make(p, 4, sizeof(kl_order_t *));
    fake->operations = apr_array_make(p, 8, sizeof(kl_operation_t *));
    fake->references = apr_array_make(p, 8, sizeof(fake_reference_t));
    fake->articles = apr_array_make(p, 8, sizeof(fake_reference_t));
    fake->invoices = apr_array_make(p, 2, sizeof(kl_invoice_t *));
    fake->notes = apr_array_make(p, 2, sizeof(kl_callback_note_t));
    fake->batches = apr_array_make(p, 2, sizeof(kl_batch_t *));
    fake->items = apr_array_make(p, 8, sizeof(kl_batch_item_t *));
    fake->store = (kl_store_t){
        .check = check,
        .driver = driver,
        .order_insert = order_insert,
        .order_load = order_load,
        .ready = ready,
        .payment_insert = payment_insert,
        .payment_load = payment_load,
        .sweep_find = sweep_find,
        .sweep = sweep,
        .order_save = order_save,
        .order_mark = order_mark,
        .order_list = order_list,
        .instore_list = instore_list,
        .invoice_load = invoice_load,
        .invoice_insert = invoice_insert,
        .invoice_save = invoice_save,
        .order_count = order_count,
        .order_totals = order_totals,
        .reference_add = reference_add,
        .order_by_klarna_id = order_by_klarna_id,
        .article_add = article_add,
        .order_same_reference = order_same_reference,
        .callback_note = callback_note,
        .callback_list = callback_list,
        .operation_insert = operation_insert,
        .operation_load = operation_load,
        .operation_load_by_client_key = operation_load_by_client_key,
        .operation_save = operation_save,
        .operation_list = operation_list,
        .orders_due = orders_due,
        .operations_due = operations_due,
        .operations_unfinished = operations_unfinished,
        .operations_by_state = operations_by_state,
        .operation_hours = operation_hours,
        .impl = fake,
    };
    fake_batch_functions(&fake->store);
    return fake;
}

void fake_store_arm(fake_store_t *fake, int n, fake_store_fault_t fault)
{
    fake->calls = 0;
    fake->fail_at = n;
    fake->fault = fault;
}
