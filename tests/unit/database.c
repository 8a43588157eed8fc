/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real database for the store's tests; see database.h.
 */
#include "database.h"

#include <apr_env.h>
#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <unistd.h>

int database_group_setup(void **state)
{
    (void)state;
    kl_json_init();
    return apr_initialize() == APR_SUCCESS ? 0 : -1;
}

int database_group_teardown(void **state)
{
    (void)state;
    apr_terminate();
    return 0;
}

static apr_status_t close_handle(void *data)
{
    ap_dbd_t *conn = data;

    return apr_dbd_close(conn->driver, conn->handle);
}

ap_dbd_t *database_connect(database_t *db, apr_pool_t *parent)
{
    apr_pool_t *p;
    ap_dbd_t *conn;

    apr_pool_create(&p, parent);
    conn = apr_pcalloc(p, sizeof(*conn));
    conn->pool = p;
    conn->driver = db->driver;
    conn->prepared = apr_hash_make(p);
    if (apr_dbd_open(db->driver, p, db->params, &conn->handle) != APR_SUCCESS) {
        apr_pool_destroy(p);
        return NULL;
    }
    apr_pool_cleanup_register(p, conn, close_handle, apr_pool_cleanup_null);
    return conn;
}

int database_run(ap_dbd_t *conn, const char *sql)
{
    int rows = 0;

    return apr_dbd_query(conn->driver, conn->handle, &rows, sql);
}

apr_int64_t database_ask(ap_dbd_t *conn, const char *sql)
{
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;
    apr_int64_t n = -1;
    apr_pool_t *p;

    apr_pool_create(&p, conn->pool);
    assert_int_equal(apr_dbd_select(conn->driver, p, conn->handle, &results, sql, 1), 0);
    if (apr_dbd_get_row(conn->driver, p, results, &row, 1) == 0) {
        n = apr_atoi64(apr_dbd_get_entry(conn->driver, row, 0));
    }
    apr_pool_destroy(p);
    return n;
}

apr_int64_t database_number(database_t *db, const char *sql)
{
    ap_dbd_t *conn = database_connect(db, db->p);
    apr_int64_t n;

    assert_non_null(conn);
    n = database_ask(conn, sql);
    apr_pool_destroy(conn->pool);
    return n;
}

/* The number of a connection's session on the server; 0 for SQLite, which has none. */
static int session_of(database_t *db, ap_dbd_t *conn)
{
    switch (db->dialect) {
    case KL_DIALECT_PGSQL:
        return (int)database_ask(conn, "SELECT pg_backend_pid()");
    case KL_DIALECT_MYSQL:
        return (int)database_ask(conn, "SELECT CONNECTION_ID()");
    default:
        return 0;
    }
}

void database_kill_session(database_t *db)
{
    ap_dbd_t *other = database_connect(db, db->p);
    int session = session_of(db, db->idle[0]);
    const char *sql = db->dialect == KL_DIALECT_PGSQL
                          ? apr_psprintf(db->p, "SELECT pg_terminate_backend(%d)", session)
                          : apr_psprintf(db->p, "KILL %d", session);

    assert_int_equal(db->idle_count, 1);
    assert_int_equal(database_run(other, sql), 0);
    apr_pool_destroy(other->pool);
}

int database_is_pooled(database_t *db)
{
    ap_dbd_t *one = database_connect(db, db->p), *two = database_connect(db, db->p);
    int session = session_of(db, one), is_pooled = session && session == session_of(db, two);

    apr_pool_destroy(one->pool);
    apr_pool_destroy(two->pool);
    return is_pooled;
}

void database_drop(ap_dbd_t *conn)
{
    static const char *const drops[] =
        {"DROP TABLE IF EXISTS klarna_order",   "DROP TABLE IF EXISTS klarna_operation",
         "DROP TABLE IF EXISTS klarna_payment", "DROP TABLE IF EXISTS klarna_reference",
         "DROP TABLE IF EXISTS klarna_invoice", "DROP TABLE IF EXISTS klarna_callback",
         "DROP TABLE IF EXISTS klarna_worker",  "DROP TABLE IF EXISTS klarna_batch",
         "DROP TABLE IF EXISTS klarna_note",    "DROP TABLE IF EXISTS klarna_batch_item",
         "DROP TABLE IF EXISTS klarna_label",   "DROP TABLE IF EXISTS klarna_article",
         "DROP TABLE IF EXISTS klarna_schema"};

    for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++) {
        assert_int_equal(database_run(conn, drops[i]), 0);
    }
}

/* Statement by statement, because not every driver takes several at once. */
static void load_schema(database_t *db, ap_dbd_t *conn)
{
    const char *srcdir = getenv("srcdir");
    const char *path = apr_psprintf(db->p, "%s/conf/schema/%s.sql", srcdir ? srcdir : ".",
                                    kl_statements_dialect_name(db->dialect));
    char *text = apr_pcalloc(db->p, 65536), *end;
    apr_size_t len = 65535;
    apr_file_t *file;

    assert_int_equal(apr_file_open(&file, path, APR_READ, 0, db->p), APR_SUCCESS);
    assert_int_equal(apr_file_read(file, text, &len), APR_SUCCESS);
    apr_file_close(file);
    for (; (end = strstr(text, ";\n")) != NULL; text = end + 1) {
        *end = '\0';
        int rc = database_run(conn, text);
        if (rc != 0 && !strstr(text, "PRAGMA")) { /* which answers with a row: not "done" */
            fail_msg("%s: %s\n%s", path, apr_dbd_error(db->driver, conn->handle, rc), text);
        }
    }
}

/* As mod_dbd does it: an idle connection that fails its check is thrown away, and the
 * caller gets nothing that time. */
static ap_dbd_t *reuse(database_t *db, apr_pool_t *p)
{
    ap_dbd_t *conn = db->idle[--db->idle_count];

    if (apr_dbd_check_conn(db->driver, p, conn->handle) != APR_SUCCESS) {
        apr_pool_destroy(conn->pool);
        return NULL;
    }
    return conn;
}

static ap_dbd_t *give(kl_connections_t *self, apr_pool_t *p)
{
    database_t *db = self->impl;
    ap_dbd_t *conn = NULL;

    apr_thread_mutex_lock(db->mutex);
    if (db->refuse > 0) {
        db->refuse--;
    }
    else {
        conn = db->idle_count > 0 ? reuse(db, p) : database_connect(db, db->p);
        db->opened += conn != NULL;
    }
    apr_thread_mutex_unlock(db->mutex);
    return conn;
}

static void take_back(kl_connections_t *self, ap_dbd_t *conn)
{
    database_t *db = self->impl;

    apr_thread_mutex_lock(db->mutex);
    db->idle[db->idle_count++] = conn;
    db->closed++;
    apr_thread_mutex_unlock(db->mutex);
}

static void keep_log(kl_connections_t *self, const char *label, const char *text)
{
    database_t *db = self->impl;

    apr_thread_mutex_lock(db->mutex);
    db->logged = apr_pstrdup(db->p, text);
    db->logged_label = label;
    db->log_count++;
    apr_thread_mutex_unlock(db->mutex);
}

void database_forget_idle(database_t *db)
{
    while (db->idle_count > 0) {
        apr_pool_destroy(db->idle[--db->idle_count]->pool);
    }
}

/* Where the tests run: what the environment names, or a new file. */
static void choose(database_t *db)
{
    const char *driver = getenv("KL_TEST_DBD_DRIVER"), *params = getenv("KL_TEST_DBD_PARAMS");

    if (!driver) {
        apr_cpystrn(db->directory, "/tmp/klarna-store-XXXXXX", sizeof(db->directory));
        assert_non_null(mkdtemp(db->directory));
        driver = "sqlite3";
        params = apr_pstrcat(db->p, db->directory, "/klarna.db", NULL);
    }
    assert_non_null(params);
    db->params = params;
    assert_true(kl_statements_dialect_parse(driver, &db->dialect));
    assert_int_equal(apr_dbd_init(db->p), APR_SUCCESS);
    assert_int_equal(apr_dbd_get_driver(db->p, driver, &db->driver), APR_SUCCESS);
}

int database_make(void **state)
{
    apr_pool_t *p;
    database_t *db;
    ap_dbd_t *conn;

    apr_pool_create(&p, NULL);
    db = apr_pcalloc(p, sizeof(*db));
    db->p = p;
    choose(db);
    apr_thread_mutex_create(&db->mutex, APR_THREAD_MUTEX_DEFAULT, p);
    db->err = kl_error_make(p);
    db->connections =
        (kl_connections_t){.open = give, .close = take_back, .log = keep_log, .impl = db};
    db->store = kl_store_dbd_make(p, &db->connections);
    conn = database_connect(db, p);
    assert_non_null(conn);
    database_drop(conn);
    load_schema(db, conn);
    apr_pool_destroy(conn->pool);
    *state = db;
    return 0;
}

int database_destroy(void **state)
{
    database_t *db = *state;
    char directory[sizeof(db->directory)];
    static const char *const files[] = {"/klarna.db", "/klarna.db-wal", "/klarna.db-shm",
                                        "/klarna.db-journal"};
    char path[128];
    int i, leaked = db->opened - db->closed;

    apr_cpystrn(directory, db->directory, sizeof(directory));
    apr_pool_destroy(db->p);
    if (directory[0]) {
        for (i = 0; i < 4; i++) {
            apr_snprintf(path, sizeof(path), "%s%s", directory, files[i]);
            unlink(path);
        }
        rmdir(directory);
    }
    return leaked; /* every connection that was borrowed must have come back */
}

static void sample_lines(kl_order_t *order)
{
    kl_line_t *line = apr_array_push(order->lines);
    kl_credit_invoice_t *ci = apr_array_push(order->credit_invoices);

    *line = (kl_line_t){
        .type = KL_LINE_PHYSICAL,
        .reference = "SKU-1",
        .name = "Räksmörgås \"stor\"",
        .quantity_unit = "pcs",
        .image_url = "",
        .product_url = "",
        .merchant_data = "",
        .quantity = 3,
        .unit_price = 5000,
        .tax_rate = 2500,
        .total_amount = 15000,
        .total_tax_amount = 3000,
        .captured_quantity = 2,
        .captured_amount = 10000,
        .credited_quantity = 1,
        .credited_amount = 5000,
    };
    *ci = (kl_credit_invoice_t){
        .id = "c1",
        .reference = "CN-1",
        .comment = "it's broken",
        .actor = "clerk",
        .state = "paid",
        .amount = 4500,
        .paid_amount = 4500,
        .return_fee = 500,
        .created_at = 1700000000000000,
        .lines = apr_array_make(order->lines->pool, 1, sizeof(kl_movement_line_t)),
        .steps = apr_array_make(order->lines->pool, 1, sizeof(kl_credit_step_t)),
    };
    APR_ARRAY_PUSH(ci->lines, kl_movement_line_t) = (kl_movement_line_t){0, 1, 5000};
    APR_ARRAY_PUSH(ci->steps, kl_credit_step_t) = (kl_credit_step_t){"op-9", "refund", 4500,
                                                                     "confirmed", "r-1"};
}

kl_order_t *sample_order(apr_pool_t *p, const char *id)
{
    kl_order_t *order = kl_order_make(p);

    order->id = id;
    order->account = "shop";
    order->environment = "playground";
    order->channel = "online";
    order->client_hash = "order-hash";
    order->key = "0123456789abcdef";
    order->state = KL_ORDER_PART_CAPTURED;
    order->fraud_status = "ACCEPTED";
    order->session_id = "session";
    order->klarna_order_id = apr_pstrcat(p, "kl-", id, NULL);
    order->klarna_reference = "SHORT1";
    order->reference1 = "shop's \"order\" 1";
    order->reference2 = "åäö 漢字 🙂 \\ %s ; --";
    order->country = "SE";
    order->currency = "SEK";
    order->locale = "sv-SE";
    order->original_amount = 15001;
    order->order_amount = 15000;
    order->order_tax_amount = 3000;
    order->captured_amount = 10000;
    order->refunded_amount = 4500;
    order->remaining_amount = 4999;
    order->created_at = 1700000000123456;
    order->updated_at = 1700000001123457;
    order->expires_at = 1702419200000001;
    order->check_at = 1702419200000002;
    order->checks = 3;
    order->attention = KL_ATTENTION_OUTSIDE;
    order->waiting = "refund";
    order->waiting_too = "capture";
    order->seen_at = 1702000000000003;
    order->pending_op = "op-1";
    order->confirmation_url = "https://shop.example/thanks?a=1&b='2'";
    sample_lines(order);
    return order;
}

kl_order_t *sample_payment(apr_pool_t *p, const char *id)
{
    kl_order_t *order = sample_order(p, id);

    order->stored = KL_STORED_PAYMENT;
    order->state = KL_ORDER_CREATED;
    order->klarna_order_id = order->klarna_reference = order->fraud_status = "";
    order->attention = KL_ATTENTION_NONE;
    order->channel = "online";
    order->waiting = order->waiting_too = order->pending_op = "";
    order->client_token = "a-token\n\t'\"%lld";
    order->addresses = "{\"billing_address\":{\"city\":\"L'\xc3\xa5nge %s\"}}";
    order->original_amount = order->remaining_amount = order->order_amount;
    order->captured_amount = order->refunded_amount = 0;
    order->expires_at = 0;
    order->check_at = 500;
    apr_array_clear(order->lines);
    apr_array_clear(order->captures);
    apr_array_clear(order->credit_invoices);
    return order;
}

kl_operation_t *sample_operation(apr_pool_t *p, const char *id, const char *order_id)
{
    kl_operation_t *op = kl_operation_make(p);

    op->id = id;
    op->order_id = order_id;
    op->account = "shop";
    op->kind = KL_OP_REFUND;
    op->state = KL_OP_UNKNOWN;
    op->method = "POST";
    op->path = "/ordermanagement/v1/orders/1/refunds";
    op->body = "{\"refunded_amount\":4500,\"description\":\"Åter's\"}";
    op->intent = "{\"movement\":{}}";
    op->amount = 4500;
    op->actor = "clerk";
    op->client_key = apr_pstrcat(p, "-", id, NULL);
    op->client_hash = "op-hash";
    op->credit_invoice_id = "c1";
    op->next_op = "op-2";
    op->attempts = 2;
    op->doubtful = 1;
    op->lease_until = 1700000060000001;
    op->created_at = 1700000000000002;
    op->updated_at = 1700000000000003;
    op->sent_at = 1700000000000004;
    op->next_at = 1700000000000005;
    op->took = 312;
    op->http_status = 503;
    op->result_id = "r-1";
    op->mark = KL_OP_KEY_EXPIRED;
    op->result = "{\"x\":1}";
    op->hint = "klarna-7";
    op->refusal = "{\"detail\":\"Åter\"}";
    op->error_code = "INTERNAL";
    op->error_messages = "[\"no\"]";
    op->correlation_id = "corr";
    return op;
}
