/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every SQL text of the module, once. A row of KL_STATEMENTS is a statement: its id, how
 * many values it takes, and one text or one for each dialect where they differ. The columns
 * of orders and operations stand in one list each, from which the texts, the order of the
 * values and the order of the result columns are made, so that these never disagree.
 *
 * Texts are in apr_dbd's notation: %s a string, %d an int, %lld a 64-bit integer; a percent
 * sign itself would be %%. Labels are lower case because PostgreSQL folds them. No text
 * ever holds a value, and none needs a transaction.
 */
#ifndef KL_STATEMENTS_H
#define KL_STATEMENTS_H

#include <apr_pools.h>

typedef enum { KL_DIALECT_SQLITE3, KL_DIALECT_PGSQL, KL_DIALECT_MYSQL, KL_DIALECTS } kl_dialect_t;

/* Tables of text, a row each. */
/* clang-format off */

/*
 * Columns: S(column, member) holds text, N a 64-bit integer, I an int. `member` is how
 * store_dbd.c reaches the value in its row struct. `version` is not listed: it stands first
 * in every result and only the statements themselves write it.
 */

/* klarna_order, written once */
#define KL_ORDER_FIXED(S, N, I) \
    S(id, order.id) \
    S(merchant, order.account) \
    S(environment, order.environment) \
    S(channel, order.channel) \
    S(order_key, order.key) \
    S(callback_secret, order.callback_secret) \
    S(department, shop.department) \
    S(till, shop.till) \
    S(terminal, shop.terminal) \
    S(cashier, shop.cashier) \
    S(invoice, shop.invoice) \
    N(created_at, order.created_at)

/* klarna_order, written by every save. Lists read the ledger too: what an order can still bear
 * cannot be computed without its credit invoices. */
#define KL_ORDER_SAVED(S, N, I) \
    S(client_hash, order.client_hash) \
    S(state, state) \
    S(fraud_status, order.fraud_status) \
    S(session_id, order.session_id) \
    S(klarna_order_id, klarna_order_id) \
    S(klarna_reference, order.klarna_reference) \
    S(reference1, order.reference1) \
    S(reference2, order.reference2) \
    S(country, order.country) \
    S(currency, order.currency) \
    S(locale, order.locale) \
    N(original_amount, order.original_amount) \
    N(order_amount, order.order_amount) \
    N(order_tax_amount, order.order_tax_amount) \
    N(captured_amount, order.captured_amount) \
    N(refunded_amount, order.refunded_amount) \
    N(remaining_amount, order.remaining_amount) \
    N(updated_at, order.updated_at) \
    N(expires_at, order.expires_at) \
    N(open_until, open_until) \
    N(check_at, order.check_at) \
    I(checks, order.checks) \
    S(attention, attention) \
    S(waiting, order.waiting) \
    S(pending_op, order.pending_op) \
    S(confirmation_url, order.confirmation_url) \
    S(ledger, ledger)

/* klarna_payment, written once */
#define KL_PAYMENT_FIXED(S, N, I) \
    S(id, order.id) \
    S(merchant, order.account) \
    S(environment, order.environment) \
    S(kind, kind) \
    S(payment_key, order.key) \
    S(callback_secret, order.callback_secret) \
    S(client_hash, order.client_hash) \
    S(department, shop.department) \
    S(till, shop.till) \
    S(terminal, shop.terminal) \
    S(cashier, shop.cashier) \
    S(invoice, shop.invoice) \
    N(created_at, order.created_at)

/* klarna_payment, written by every save */
#define KL_PAYMENT_SAVED(S, N, I) \
    S(state, state) \
    S(session_id, order.session_id) \
    S(client_token, order.client_token) \
    S(country, order.country) \
    S(currency, order.currency) \
    S(locale, order.locale) \
    N(order_amount, order.order_amount) \
    N(order_tax_amount, order.order_tax_amount) \
    S(reference1, order.reference1) \
    S(reference2, order.reference2) \
    N(updated_at, order.updated_at) \
    N(check_at, order.check_at) \
    S(pending_op, order.pending_op) \
    S(confirmation_url, order.confirmation_url) \
    S(reason_code, order.reason_code) \
    S(reason, order.reason) \
    S(addresses, order.addresses) \
    S(cart, ledger)

/* klarna_invoice, written once */
#define KL_INVOICE_FIXED(S, N, I) \
    S(merchant, invoice.account) \
    S(department, invoice.department) \
    S(number, invoice.number) \
    S(currency, invoice.currency) \
    N(created_at, invoice.created_at)

/* klarna_invoice, written by every save */
#define KL_INVOICE_SAVED(S, N, I) \
    N(total, invoice.total) \
    N(already_paid, invoice.already_paid) \
    N(credits, invoice.credits) \
    S(notes, notes) \
    N(updated_at, invoice.updated_at)

/* klarna_batch, written once */
#define KL_BATCH_FIXED(S, N, I) \
    S(id, batch.id) \
    S(merchant, batch.account) \
    S(action, batch.action) \
    S(actor, batch.actor) \
    S(client_key, batch.client_key) \
    S(client_hash, batch.client_hash) \
    I(total, batch.total) \
    N(created_at, batch.created_at)

/* klarna_batch_item, written once; the rest of a new one is the same for all */
#define KL_BATCH_ITEM_FIXED(S, N, I) \
    S(batch_id, batch_id) \
    S(order_id, order_id) \
    I(place, place) \
    S(merchant, account) \
    S(reference, reference)

/* klarna_batch_item, written by every save */
#define KL_BATCH_ITEM_SAVED(S, N, I) \
    S(state, state) \
    S(reason, reason) \
    S(sentence, sentence) \
    S(next_step, next_step) \
    N(next_at, due_at) \
    N(updated_at, updated_at)

/* klarna_note, written once */
#define KL_NOTE_FIXED(S, N, I) \
    S(id, id) \
    S(order_id, order_id) \
    S(merchant, account) \
    S(actor, actor) \
    S(note, text) \
    N(created_at, created_at)

/* klarna_operation, written once */
#define KL_OPERATION_FIXED(S, N, I) \
    S(id, op.id) \
    S(order_id, op.order_id) \
    S(merchant, op.account) \
    S(kind, kind) \
    S(method, op.method) \
    N(amount, op.amount) \
    S(actor, op.actor) \
    S(client_hash, op.client_hash) \
    N(created_at, op.created_at)

/* klarna_operation, written by every save: path and body because they are wiped when a
 * placement ends, client_key because an operation that was never started gives it back */
#define KL_OPERATION_SAVED(S, N, I) \
    S(state, state) \
    S(mark, mark) \
    S(path, op.path) \
    S(body, op.body) \
    S(intent, op.intent) \
    S(client_key, op.client_key) \
    S(credit_invoice_id, op.credit_invoice_id) \
    S(next_op, op.next_op) \
    I(attempts, op.attempts) \
    I(doubtful, op.doubtful) \
    N(lease_until, op.lease_until) \
    N(updated_at, op.updated_at) \
    N(sent_at, op.sent_at) \
    N(next_at, op.next_at) \
    I(took, op.took) \
    I(http_status, op.http_status) \
    S(result_id, op.result_id) \
    S(result, op.result) \
    S(hint, op.hint) \
    S(refusal, op.refusal) \
    S(error_code, op.error_code) \
    S(error_messages, op.error_messages) \
    S(correlation_id, op.correlation_id)

/* The pieces of text a column list gives; each begins with its comma. */
#define KL_COUNT_(column, member) + 1
#define KL_NAME_(column, member) ", " #column
#define KL_TEXT_(column, member) ", %s"
#define KL_INT64_(column, member) ", %lld"
#define KL_INT_(column, member) ", %d"
#define KL_SET_TEXT_(column, member) ", " #column " = %s"
#define KL_SET_INT64_(column, member) ", " #column " = %lld"
#define KL_SET_INT_(column, member) ", " #column " = %d"
#define KL_NAMES(COLUMNS) COLUMNS(KL_NAME_, KL_NAME_, KL_NAME_)
#define KL_VALUES(COLUMNS) COLUMNS(KL_TEXT_, KL_INT64_, KL_INT_)
#define KL_SETS(COLUMNS) COLUMNS(KL_SET_TEXT_, KL_SET_INT64_, KL_SET_INT_)
#define KL_COUNT(COLUMNS) (0 COLUMNS(KL_COUNT_, KL_COUNT_, KL_COUNT_))

#define KL_ORDER_ALL_ "version" KL_NAMES(KL_ORDER_FIXED) KL_NAMES(KL_ORDER_SAVED)
#define KL_ORDER_VALUES (KL_COUNT(KL_ORDER_FIXED) + KL_COUNT(KL_ORDER_SAVED))
#define KL_ORDER_SETS KL_COUNT(KL_ORDER_SAVED)

#define KL_PAYMENT_ALL_ "version" KL_NAMES(KL_PAYMENT_FIXED) KL_NAMES(KL_PAYMENT_SAVED)
#define KL_PAYMENT_VALUES (KL_COUNT(KL_PAYMENT_FIXED) + KL_COUNT(KL_PAYMENT_SAVED))
#define KL_PAYMENT_SETS KL_COUNT(KL_PAYMENT_SAVED)

#define KL_OPERATION_ALL_ "version" KL_NAMES(KL_OPERATION_FIXED) KL_NAMES(KL_OPERATION_SAVED)
#define KL_OPERATION_VALUES (KL_COUNT(KL_OPERATION_FIXED) + KL_COUNT(KL_OPERATION_SAVED))
#define KL_OPERATION_SETS KL_COUNT(KL_OPERATION_SAVED)

#define KL_INVOICE_ALL_ "version" KL_NAMES(KL_INVOICE_FIXED) KL_NAMES(KL_INVOICE_SAVED)
#define KL_INVOICE_VALUES (KL_COUNT(KL_INVOICE_FIXED) + KL_COUNT(KL_INVOICE_SAVED))
#define KL_INVOICE_SETS KL_COUNT(KL_INVOICE_SAVED)

#define KL_BATCH_ALL_ "1" KL_NAMES(KL_BATCH_FIXED)
#define KL_BATCH_VALUES KL_COUNT(KL_BATCH_FIXED)
/* Many at a time, as they were asked for; a short statement repeats its last. */
#define KL_BATCH_ROWS 8
#define KL_BATCH_ITEM_ALL_ "1" KL_NAMES(KL_BATCH_ITEM_FIXED) KL_NAMES(KL_BATCH_ITEM_SAVED)
#define KL_BATCH_ITEM_VALUES (KL_COUNT(KL_BATCH_ITEM_FIXED) + KL_COUNT(KL_BATCH_ITEM_SAVED))
#define KL_BATCH_ITEM_SETS KL_COUNT(KL_BATCH_ITEM_SAVED)
#define KL_NOTE_ALL_ "1" KL_NAMES(KL_NOTE_FIXED)
#define KL_NOTE_VALUES KL_COUNT(KL_NOTE_FIXED)

#define KL_ORDER_INSERT_ \
    "INSERT INTO klarna_order (" KL_ORDER_ALL_ ") VALUES (1" \
    KL_VALUES(KL_ORDER_FIXED) KL_VALUES(KL_ORDER_SAVED) ")"
/* Never beside its order: a client's old key would make a placed one anew. */
#define KL_PAYMENT_INSERT_(from) \
    "INSERT INTO klarna_payment (" KL_PAYMENT_ALL_ ", cart_claim, keep_until, expires_at)" \
    " SELECT 1" \
    KL_VALUES(KL_PAYMENT_FIXED) KL_VALUES(KL_PAYMENT_SAVED) \
    ", %s, %lld, %lld" from \
    " WHERE NOT EXISTS (SELECT 1 FROM klarna_order WHERE id = %s)"
#define KL_OPERATION_INSERT_ \
    "INSERT INTO klarna_operation (" KL_OPERATION_ALL_ ") VALUES (1" \
    KL_VALUES(KL_OPERATION_FIXED) KL_VALUES(KL_OPERATION_SAVED) ")"

#define KL_INVOICE_INSERT_ \
    "INSERT INTO klarna_invoice (" KL_INVOICE_ALL_ ") VALUES (1" \
    KL_VALUES(KL_INVOICE_FIXED) KL_VALUES(KL_INVOICE_SAVED) ")"
#define KL_INVOICE_IS_ " WHERE merchant = %s AND department = %s AND number = %s"

/* A taken key makes an insert change no row. MariaDB's INSERT IGNORE would also swallow a
 * value that is too long or breaks a CHECK, so there the insert is a plain one and the
 * duplicate is known by its error number (dbd_run.c). */
#define KL_UNLESS_TAKEN_ " ON CONFLICT DO NOTHING"


/* Where in a store it was paid. */
#define KL_PLACES_ \
    " AND (%s = '' OR department = %s) AND (%s = '' OR till = %s)" \
    " AND (%s = '' OR terminal = %s) AND (%s = '' OR cashier = %s) AND (%s = '' OR invoice = %s)"
#define KL_PLACE_VALUES 10

/* A page, newest first. The first comparison is what the index serves. */
#define KL_NEWEST_ \
    " AND created_at <= %lld AND (created_at < %lld OR id < %s)" \
    " ORDER BY created_at DESC, id DESC LIMIT %d"
#define KL_NEWEST_VALUES 4

/* Most orders are bought online. */
#define KL_USUAL_CHANNEL "online"

/* What has had its time goes some at a time, by id; a short batch repeats its last. It is read
 * first by a SELECT, which locks nothing, as a DELETE with a SELECT in it would. The time before
 * each list of ids sees that what was used since stays. */
#define KL_SWEPT 32
#define KL_FOUR_IDS_ "%s, %s, %s, %s"
#define KL_IDS_ \
    KL_FOUR_IDS_ ", " KL_FOUR_IDS_ ", " KL_FOUR_IDS_ ", " KL_FOUR_IDS_ ", " \
    KL_FOUR_IDS_ ", " KL_FOUR_IDS_ ", " KL_FOUR_IDS_ ", " KL_FOUR_IDS_

/* The row of a payment that became an order stays for its time; the order is shown instead. */
#define KL_NOT_PLACED_ \
    " AND NOT EXISTS (SELECT 1 FROM klarna_order placed WHERE placed.id = klarna_payment.id)"

/* A payment's row says by which way it is made; all but one are ways in a store. */
#define KL_PAYMENT_CHANNEL_ \
    "CASE WHEN kind = '" KL_USUAL_CHANNEL "' THEN '" KL_USUAL_CHANNEL "' ELSE 'instore' END"

/* Payments in one state, newest first, with the same filters as far as a payment has them. */
#define KL_PAYMENT_PAGE_ \
    " FROM klarna_payment WHERE merchant = %s AND state = %s AND (%s = '' OR " \
    KL_PAYMENT_CHANNEL_ " = %s) AND created_at >= %lld" KL_PLACES_ KL_NOT_PLACED_ KL_NEWEST_
#define KL_PAYMENT_PAGE_VALUES (5 + KL_PLACE_VALUES + KL_NEWEST_VALUES)
#define KL_PAYMENTS_(SAME) \
    SAME(order_list_payments, KL_PAYMENT_PAGE_VALUES, \
         "SELECT " KL_PAYMENT_ALL_ KL_PAYMENT_PAGE_) \
    SAME(order_count_payments, KL_PAYMENT_PAGE_VALUES, \
         "SELECT COUNT(*) FROM (SELECT id" KL_PAYMENT_PAGE_ ") found")

/* Payments and orders of one till, or of one invoice of the host's, newest first. */
#define KL_INSTORE_(all, table, column, more) \
    "SELECT " all " FROM " table " WHERE merchant = %s AND " column " = %s AND " column " <> ''" \
    " AND (%s = '' OR department = %s) AND created_at >= %lld" more KL_NEWEST_
#define KL_INSTORE_VALUES (5 + KL_NEWEST_VALUES)
#define KL_INSTORE_LISTS_(SAME) \
    SAME(order_list_till, KL_INSTORE_VALUES, \
         KL_INSTORE_(KL_ORDER_ALL_, "klarna_order", "till", "")) \
    SAME(order_list_invoice, KL_INSTORE_VALUES, \
         KL_INSTORE_(KL_ORDER_ALL_, "klarna_order", "invoice", "")) \
    SAME(order_list_payments_till, KL_INSTORE_VALUES, \
         KL_INSTORE_(KL_PAYMENT_ALL_, "klarna_payment", "till", KL_NOT_PLACED_)) \
    SAME(order_list_payments_invoice, KL_INSTORE_VALUES, \
         KL_INSTORE_(KL_PAYMENT_ALL_, "klarna_payment", "invoice", KL_NOT_PLACED_))

/* Found by the index of what is due; of those few, the kind is looked at row by row. */
#define KL_OPERATIONS_DUE_(kinds) \
    "SELECT " KL_OPERATION_ALL_ " FROM klarna_operation WHERE merchant = %s" \
    " AND next_at > 0 AND next_at <= %lld AND lease_until <= %lld" kinds \
    " ORDER BY next_at LIMIT %d"

/* Payments that may have had their time, the oldest of a state: few of them are kept by something.
 * In the index's order and so many only, or PostgreSQL would read or join all there is for 32. */
#define KL_OLD_PAYMENTS_(state, more) \
    "SELECT * FROM (SELECT id FROM klarna_payment WHERE merchant = %s AND state = '" state "'" \
    " AND created_at <= %lld AND keep_until <= %lld AND updated_at <= %lld AND pending_op = ''" \
    more " ORDER BY created_at LIMIT %d) " state
#define KL_OLD_PAYMENTS_VALUES 5
#define KL_LOOKED_AT_ " AND (check_at = 0 OR created_at <= %lld)"

/* As kl_op_is_personal. */
#define KL_PERSONAL_ "kind IN ('place_order', 'shipping_address', 'distribute')"
/* Of operations that have ended: the request that was sent, and Klarna's words where they may quote
 * what the shopper gave Klarna. As the index of those that have them says it. */
#define KL_KEPT_ \
    "next_at = 0 AND (path <> '' OR (" KL_PERSONAL_ " AND refusal <> ''))"
#define KL_KEPT_FIND_(kept, at) \
    "SELECT id FROM klarna_operation WHERE merchant = %s AND " kept \
    " AND " at " <= %lld ORDER BY " at " LIMIT %d"

/* Folded: letters without their case. In PostgreSQL those of the C locale only, as in SQLite, or
 * they would depend on the database. */
#define KL_FOLDED "LOWER(%s)"
#define KL_FOLDED_PGSQL "LOWER(%s COLLATE \"C\")"
/* To be compared with a column: one of another collation has no index to PostgreSQL. */
#define KL_FOLDED_PGSQL_COLUMN KL_FOLDED_PGSQL " COLLATE \"default\""

/* References are stored some at a time; a short batch repeats its last. */
#define KL_REFERENCES 4
#define KL_REFERENCE_(folded) "(%s, " folded ", %s)"
#define KL_REFERENCE_INSERT_(folded) \
    "INSERT INTO klarna_reference (merchant, value, order_id) VALUES " \
    KL_REFERENCE_(folded) ", " KL_REFERENCE_(folded) ", " KL_REFERENCE_(folded) ", " \
    KL_REFERENCE_(folded)
/* MariaDB: a taken one is written as it is, because one duplicate would refuse them all. */
#define KL_UNLESS_KNOWN_ " ON DUPLICATE KEY UPDATE order_id = order_id"

/* So are articles: most orders have few. */
#define KL_ARTICLES 4
#define KL_MANY_ARTICLES 32
#define KL_ARTICLE_(folded) "(%s, " folded ", %lld, %s)"
#define KL_FOUR_ARTICLES_(folded) \
    KL_ARTICLE_(folded) ", " KL_ARTICLE_(folded) ", " KL_ARTICLE_(folded) ", " KL_ARTICLE_(folded)
#define KL_ALL_ARTICLES_(folded) \
    KL_FOUR_ARTICLES_(folded) ", " KL_FOUR_ARTICLES_(folded) ", " KL_FOUR_ARTICLES_(folded) ", " \
    KL_FOUR_ARTICLES_(folded) ", " KL_FOUR_ARTICLES_(folded) ", " KL_FOUR_ARTICLES_(folded) ", " \
    KL_FOUR_ARTICLES_(folded) ", " KL_FOUR_ARTICLES_(folded)
#define KL_ARTICLE_INSERT_ \
    "INSERT INTO klarna_article (merchant, article, created_at, order_id) VALUES "
#define KL_ARTICLES_(EACH, id, places, rows) \
    EACH(id, 4 * places, \
         KL_ARTICLE_INSERT_ rows(KL_FOLDED) KL_UNLESS_TAKEN_, \
         KL_ARTICLE_INSERT_ rows(KL_FOLDED_PGSQL) KL_UNLESS_TAKEN_, \
         KL_ARTICLE_INSERT_ rows(KL_FOLDED) KL_UNLESS_KNOWN_)

#define KL_SAME_REFERENCE_(column, folded) \
    "SELECT COUNT(*) FROM (SELECT id FROM klarna_order WHERE merchant = %s AND " column \
    " = " folded " AND reference1 <> '' AND id <> %s LIMIT %d) found"

/* Batches, notes and labels. An item counts once its batch is there. */
#define KL_BATCH_INSERT_ \
    "INSERT INTO klarna_batch (id, merchant, action, actor, client_key, client_hash, total," \
    " created_at) VALUES (%s, %s, %s, %s, %s, %s, %d, %lld)"
#define KL_ITEM_ROW_ "(%s, %s, %d, %s, %s, %s, %s, %s, %s, %lld, %lld)"
#define KL_FOUR_ITEM_ROWS_ KL_ITEM_ROW_ ", " KL_ITEM_ROW_ ", " KL_ITEM_ROW_ ", " KL_ITEM_ROW_
#define KL_BATCH_ITEMS_INSERT_ \
    "INSERT INTO klarna_batch_item (batch_id, order_id, place, merchant, reference, state," \
    " reason, sentence, next_step, next_at, updated_at) VALUES " \
    KL_FOUR_ITEM_ROWS_ ", " KL_FOUR_ITEM_ROWS_
/* The joined batch's own words are not read: with the actor, it says that the item counts. */
#define KL_BATCH_ITEMS_DUE_ \
    "SELECT 1, i.batch_id, i.order_id, i.place, i.merchant, i.reference, i.state, i.reason," \
    " i.sentence, i.next_step, i.next_at, i.updated_at, b.actor FROM klarna_batch_item i" \
    " JOIN klarna_batch b ON b.id = i.batch_id WHERE i.merchant = %s" \
    " AND i.next_at > 0 AND i.next_at <= %lld ORDER BY i.next_at, i.place LIMIT %d"
#define KL_NOTE_INSERT_ \
    "INSERT INTO klarna_note (id, order_id, merchant, actor, note, created_at)" \
    " VALUES (%s, %s, %s, %s, %s, %lld)"
#define KL_LABELS 10 /* in a statement; a short one repeats its last */
#define KL_LABEL_ROW_ "(%s, %s, %s, %lld, %s)"
#define KL_FIVE_LABEL_ROWS_ \
    KL_LABEL_ROW_ ", " KL_LABEL_ROW_ ", " KL_LABEL_ROW_ ", " KL_LABEL_ROW_ ", " KL_LABEL_ROW_
#define KL_LABEL_INSERT_ \
    "INSERT INTO klarna_label (merchant, kind, value, created_at, order_id) VALUES " \
    KL_FIVE_LABEL_ROWS_ ", " KL_FIVE_LABEL_ROWS_
#define KL_BATCHES_(SAME, EACH) \
    EACH(batch_insert, KL_BATCH_VALUES, \
         KL_BATCH_INSERT_ KL_UNLESS_TAKEN_, \
         KL_BATCH_INSERT_ KL_UNLESS_TAKEN_, \
         KL_BATCH_INSERT_) \
    SAME(batch_load, 1, \
         "SELECT " KL_BATCH_ALL_ " FROM klarna_batch WHERE id = %s") \
    SAME(batch_load_by_client_key, 1, \
         "SELECT " KL_BATCH_ALL_ " FROM klarna_batch WHERE client_key = %s") \
    SAME(batch_list, 2, \
         "SELECT " KL_BATCH_ALL_ " FROM klarna_batch WHERE merchant = %s" \
         " ORDER BY created_at DESC, id DESC LIMIT %d") \
    EACH(batch_items_insert, KL_BATCH_ROWS * KL_BATCH_ITEM_VALUES, \
         KL_BATCH_ITEMS_INSERT_ KL_UNLESS_TAKEN_, \
         KL_BATCH_ITEMS_INSERT_ KL_UNLESS_TAKEN_, \
         KL_BATCH_ITEMS_INSERT_ " ON DUPLICATE KEY UPDATE batch_id = batch_id") \
    SAME(batch_items, 1, \
         "SELECT " KL_BATCH_ITEM_ALL_ " FROM klarna_batch_item WHERE batch_id = %s" \
         " ORDER BY place") \
    SAME(batch_counts, 1, \
         "SELECT state, COUNT(*) FROM klarna_batch_item WHERE batch_id = %s GROUP BY state") \
    SAME(batch_items_due, 3, KL_BATCH_ITEMS_DUE_) \
    /* one that has ended stays as it is */ \
    SAME(batch_item_save, KL_BATCH_ITEM_SETS + 2, \
         "UPDATE klarna_batch_item SET place = place" KL_SETS(KL_BATCH_ITEM_SAVED) \
         " WHERE batch_id = %s AND order_id = %s AND next_at > 0") \
    SAME(batches_find, 4, \
         "SELECT id FROM klarna_batch WHERE merchant = %s AND created_at <= %lld" \
         " AND NOT EXISTS (SELECT 1 FROM klarna_batch_item i" \
         " WHERE i.batch_id = klarna_batch.id AND (i.next_at > 0 OR i.updated_at > %lld))" \
         " ORDER BY created_at LIMIT %d") \
    /* whoever was to write their batch has died before */ \
    SAME(strays_find, 3, \
         "SELECT DISTINCT batch_id FROM klarna_batch_item WHERE merchant = %s" \
         " AND next_at > 0 AND next_at <= %lld AND NOT EXISTS (SELECT 1 FROM klarna_batch b" \
         " WHERE b.id = klarna_batch_item.batch_id) LIMIT %d") \
    SAME(batch_items_sweep, 1 + KL_SWEPT, \
         "DELETE FROM klarna_batch_item WHERE updated_at <= %lld AND batch_id IN (" KL_IDS_ ")") \
    SAME(batches_sweep, 1 + KL_SWEPT, \
         "DELETE FROM klarna_batch WHERE created_at <= %lld AND id IN (" KL_IDS_ ")")
#define KL_NOTES_(SAME, EACH) \
    EACH(note_insert, KL_NOTE_VALUES, \
         KL_NOTE_INSERT_ KL_UNLESS_TAKEN_, \
         KL_NOTE_INSERT_ KL_UNLESS_TAKEN_, \
         KL_NOTE_INSERT_) \
    SAME(note_list, 2, \
         "SELECT " KL_NOTE_ALL_ " FROM klarna_note WHERE order_id = %s" \
         " ORDER BY created_at DESC, id DESC LIMIT %d") \
    EACH(label_insert, 5 * KL_LABELS, \
         KL_LABEL_INSERT_ KL_UNLESS_TAKEN_, \
         KL_LABEL_INSERT_ KL_UNLESS_TAKEN_, \
         KL_LABEL_INSERT_ " ON DUPLICATE KEY UPDATE order_id = order_id") \
    SAME(label_delete, 3, \
         "DELETE FROM klarna_label WHERE order_id = %s AND kind = %s AND value = %s") \
    SAME(label_list, 1 + KL_SWEPT, \
         "SELECT order_id, value FROM klarna_label WHERE kind = %s" \
         " AND order_id IN (" KL_IDS_ ") ORDER BY order_id, value") \
    SAME(label_counts, 3, \
         "SELECT value, COUNT(*) FROM klarna_label WHERE merchant = %s AND kind = %s" \
         " GROUP BY value ORDER BY value LIMIT %d")


#define KL_WORKER_INSERT_ \
    "INSERT INTO klarna_worker (merchant, holder, held_until) VALUES (%s, %s, %lld)"

/* Readiness: whether every table is there, of which no row is read; and one row that is written
 * over and over, with a name that no account has. */
#define KL_PROBE_READ_ \
    "SELECT 1 FROM klarna_order o, klarna_payment p, klarna_operation q, klarna_reference r," \
    " klarna_invoice i, klarna_callback c, klarna_worker w, klarna_batch b, klarna_batch_item bi," \
    " klarna_note n, klarna_label l, klarna_article a WHERE 1 = 0"
#define KL_PROBE_WRITE_ \
    "INSERT INTO klarna_worker (merchant, holder, held_until) VALUES ('', '', %lld) "
#define KL_PROBE_AGAIN_ "ON CONFLICT (merchant) DO UPDATE SET held_until = excluded.held_until"

#define KL_CALLBACK_ALL_ "kind, good_at, good, bad_at, bad, bad_why"
#define KL_CALLBACK_INSERT_ \
    "INSERT INTO klarna_callback (merchant, " KL_CALLBACK_ALL_ ")" \
    " VALUES (%s, %s, %lld, %lld, %lld, %lld, %s)"

/* Figures of each hour, from the index alone; hours counted since 1970. */
#define KL_OPERATION_HOURS_(hour) \
    "SELECT " hour ", kind, state, COUNT(*), SUM(CASE WHEN took > 0 THEN 1 ELSE 0 END)," \
    " SUM(took), MAX(took), SUM(CASE WHEN took > %d THEN 1 ELSE 0 END)" \
    " FROM klarna_operation WHERE merchant = %s" \
    " AND state IN ('queued', 'sent', 'confirmed', 'refused', 'unknown')" \
    " AND updated_at >= %lld AND updated_at < %lld GROUP BY 1, 2, 3"

/*
 * SAME(id, values, text) where the dialects agree, EACH(id, values, sqlite3, pgsql, mysql)
 * where they do not. The label is klarna_<id>.
 */
#define KL_STATEMENTS(SAME, EACH) \
    /* the version, and 1 when the session refuses values that do not fit */ \
    EACH(schema_version, 0, \
         "SELECT version, 1 FROM klarna_schema", \
         "SELECT version, 1 FROM klarna_schema", \
         "SELECT version, INSTR(@@SESSION.sql_mode, 'STRICT_') > 0 FROM klarna_schema") \
    EACH(order_insert, KL_ORDER_VALUES, \
         KL_ORDER_INSERT_ KL_UNLESS_TAKEN_, \
         KL_ORDER_INSERT_ KL_UNLESS_TAKEN_, \
         KL_ORDER_INSERT_) \
    SAME(order_load, 1, \
         "SELECT " KL_ORDER_ALL_ " FROM klarna_order WHERE id = %s") \
    SAME(order_by_klarna_id, 2, \
         "SELECT " KL_ORDER_ALL_ " FROM klarna_order WHERE merchant = %s" \
         " AND klarna_order_id = %s") \
    SAME(order_save, KL_ORDER_SETS + 2, \
         "UPDATE klarna_order SET version = version + 1" KL_SETS(KL_ORDER_SAVED) \
         " WHERE id = %s AND version = %lld") \
    /* nothing of what is broken is written over, and nothing twice */ \
    SAME(order_mark, 6, \
         "UPDATE klarna_order SET version = version + 1, attention = %s, check_at = %lld" \
         " WHERE id = %s AND version = %lld AND (attention <> %s OR check_at <> %lld)") \
    SAME(orders_due, 3, \
         "SELECT " KL_ORDER_ALL_ " FROM klarna_order WHERE merchant = %s" \
         " AND check_at > 0 AND check_at <= %lld ORDER BY check_at LIMIT %d") \
    EACH(payment_insert, KL_PAYMENT_VALUES + 4, \
         KL_PAYMENT_INSERT_("") KL_UNLESS_TAKEN_, \
         KL_PAYMENT_INSERT_("") KL_UNLESS_TAKEN_, \
         KL_PAYMENT_INSERT_(" FROM DUAL")) \
    SAME(payment_load, 1, \
         "SELECT " KL_PAYMENT_ALL_ " FROM klarna_payment WHERE id = %s") \
    SAME(payment_save, KL_PAYMENT_SETS + 2, \
         "UPDATE klarna_payment SET version = version + 1" KL_SETS(KL_PAYMENT_SAVED) \
         " WHERE id = %s AND version = %lld") \
    /* due: its order is made if that was not, then this row is swept */ \
    SAME(payment_leave, 3, \
         "UPDATE klarna_payment SET version = version + 1, state = %s, check_at = updated_at," \
         " addresses = '' WHERE id = %s AND version = %lld") \
    SAME(payment_mark, 4, \
         "UPDATE klarna_payment SET version = version + 1, check_at = %lld" \
         " WHERE id = %s AND version = %lld AND check_at <> %lld") \
    SAME(placed_find, 4, \
         "SELECT p.id FROM klarna_payment p JOIN klarna_order o ON o.id = p.id" \
         " WHERE p.merchant = %s AND p.check_at > 0 AND p.check_at <= %lld" \
         " AND p.keep_until <= %lld ORDER BY p.check_at LIMIT %d") \
    SAME(placed_sweep, 1 + KL_SWEPT, \
         "DELETE FROM klarna_payment WHERE keep_until <= %lld AND id IN (" KL_IDS_ ")") \
    /* one that nobody has looked at stays until Klarna cannot have an order of it any more */ \
    SAME(unfinished_find, 3 * KL_OLD_PAYMENTS_VALUES + 5 * (KL_OLD_PAYMENTS_VALUES + 1) + 2, \
         "SELECT id FROM (" KL_OLD_PAYMENTS_("CREATED", "") \
         " UNION ALL " KL_OLD_PAYMENTS_("WAITING", "") \
         " UNION ALL " KL_OLD_PAYMENTS_("IN_PROGRESS", "") \
         " UNION ALL " KL_OLD_PAYMENTS_("DECLINED", KL_LOOKED_AT_) \
         " UNION ALL " KL_OLD_PAYMENTS_("ABANDONED", KL_LOOKED_AT_) \
         " UNION ALL " KL_OLD_PAYMENTS_("CANCELLED", KL_LOOKED_AT_) \
         " UNION ALL " KL_OLD_PAYMENTS_("EXPIRED", KL_LOOKED_AT_) \
         " UNION ALL " KL_OLD_PAYMENTS_("FAILED", KL_LOOKED_AT_) ") old" \
         " WHERE (SELECT COUNT(*) FROM klarna_order o WHERE o.id = old.id) = 0" \
         " AND (SELECT COUNT(*) FROM klarna_operation o WHERE o.order_id = old.id" \
         " AND ((o.state <> 'refused' AND o.kind <> 'distribute') OR o.updated_at > %lld)) = 0" \
         " LIMIT %d") \
    SAME(unfinished_sweep, 1 + KL_SWEPT, \
         "DELETE FROM klarna_payment WHERE updated_at <= %lld AND pending_op = ''" \
         " AND state IN ('CREATED', 'WAITING', 'IN_PROGRESS', 'DECLINED', 'ABANDONED'," \
         " 'CANCELLED', 'EXPIRED', 'FAILED')" \
         " AND id IN (" KL_IDS_ ")") \
    SAME(refused_sweep, 1 + KL_SWEPT, \
         /* refused, so that no index of the states is tried; or the link was sent */ \
         "DELETE FROM klarna_operation" \
         " WHERE updated_at <= %lld AND next_at = 0" \
         " AND (state <> 'confirmed' OR kind = 'distribute')" \
         " AND order_id IN (" KL_IDS_ ")") \
    KL_PAYMENTS_(SAME) \
    KL_INSTORE_LISTS_(SAME) \
    SAME(payments_due, 3, \
         "SELECT " KL_PAYMENT_ALL_ " FROM klarna_payment WHERE merchant = %s" \
         " AND check_at > 0 AND check_at <= %lld" KL_NOT_PLACED_ \
         " ORDER BY check_at LIMIT %d") \
    EACH(operation_insert, KL_OPERATION_VALUES, \
         KL_OPERATION_INSERT_ KL_UNLESS_TAKEN_, \
         KL_OPERATION_INSERT_ KL_UNLESS_TAKEN_, \
         KL_OPERATION_INSERT_) \
    SAME(operation_load, 1, \
         "SELECT " KL_OPERATION_ALL_ " FROM klarna_operation WHERE id = %s") \
    SAME(operation_load_by_client_key, 1, \
         "SELECT " KL_OPERATION_ALL_ " FROM klarna_operation WHERE client_key = %s") \
    SAME(operation_save, KL_OPERATION_SETS + 2, \
         "UPDATE klarna_operation SET version = version + 1" KL_SETS(KL_OPERATION_SAVED) \
         " WHERE id = %s AND version = %lld") \
    SAME(operation_list, 2, \
         "SELECT " KL_OPERATION_ALL_ " FROM klarna_operation WHERE order_id = %s" \
         " ORDER BY created_at, id LIMIT %d") \
    SAME(operations_unfinished, 2, \
         "SELECT " KL_OPERATION_ALL_ " FROM klarna_operation WHERE merchant = %s" \
         " AND next_at > 0 ORDER BY next_at LIMIT %d") \
    SAME(operations_asked_for, 4, KL_OPERATIONS_DUE_(" AND kind <> 'place_order'")) \
    SAME(operations_placements, 4, KL_OPERATIONS_DUE_(" AND kind = 'place_order'")) \
    SAME(operations_by_state, 3, \
         "SELECT " KL_OPERATION_ALL_ " FROM klarna_operation WHERE merchant = %s" \
         " AND state = %s AND attempts > 0 ORDER BY updated_at DESC LIMIT %d") \
    /* MariaDB has no index of some rows: a column shows these by when they last changed */ \
    EACH(requests_find, 3, \
         KL_KEPT_FIND_(KL_KEPT_, "updated_at"), \
         KL_KEPT_FIND_(KL_KEPT_, "updated_at"), \
         KL_KEPT_FIND_("next_at = 0 AND kept > 0", "kept")) \
    /* a refusal in general words is left: the same key still gives the same answer */ \
    SAME(requests_sweep, 1 + KL_SWEPT, \
         "UPDATE klarna_operation SET version = version + 1, path = '', body = ''," \
         " refusal = CASE WHEN " KL_PERSONAL_ " THEN '' ELSE refusal END," \
         " error_messages = CASE WHEN " KL_PERSONAL_ " THEN '[]' ELSE error_messages END" \
         " WHERE updated_at <= %lld AND state IN ('confirmed', 'refused')" \
         " AND id IN (" KL_IDS_ ")") \
    EACH(operation_hours, 4, \
         KL_OPERATION_HOURS_("updated_at / 3600000000"), \
         KL_OPERATION_HOURS_("updated_at / 3600000000"), \
         KL_OPERATION_HOURS_("updated_at DIV 3600000000")) \
    EACH(reference_insert, 3 * KL_REFERENCES, \
         KL_REFERENCE_INSERT_(KL_FOLDED) KL_UNLESS_TAKEN_, \
         KL_REFERENCE_INSERT_(KL_FOLDED_PGSQL) KL_UNLESS_TAKEN_, \
         KL_REFERENCE_INSERT_(KL_FOLDED) KL_UNLESS_KNOWN_) \
    KL_ARTICLES_(EACH, article_insert, KL_ARTICLES, KL_FOUR_ARTICLES_) \
    KL_ARTICLES_(EACH, article_insert_many, KL_MANY_ARTICLES, KL_ALL_ARTICLES_) \
    EACH(order_same_reference, 4, \
         KL_SAME_REFERENCE_("LOWER(reference1)", KL_FOLDED), \
         KL_SAME_REFERENCE_("LOWER(reference1 COLLATE \"C\")", KL_FOLDED_PGSQL), \
         KL_SAME_REFERENCE_("reference1_folded", KL_FOLDED)) \
    EACH(invoice_insert, KL_INVOICE_VALUES, \
         KL_INVOICE_INSERT_ KL_UNLESS_TAKEN_, \
         KL_INVOICE_INSERT_ KL_UNLESS_TAKEN_, \
         KL_INVOICE_INSERT_) \
    SAME(invoice_load, 3, \
         "SELECT " KL_INVOICE_ALL_ " FROM klarna_invoice" KL_INVOICE_IS_) \
    SAME(invoice_save, KL_INVOICE_SETS + 4, \
         "UPDATE klarna_invoice SET version = version + 1" KL_SETS(KL_INVOICE_SAVED) \
         KL_INVOICE_IS_ " AND version = %lld") \
    KL_BATCHES_(SAME, EACH) \
    KL_NOTES_(SAME, EACH) \
    SAME(probe_read, 0, KL_PROBE_READ_) \
    EACH(probe_write, 1, \
         KL_PROBE_WRITE_ KL_PROBE_AGAIN_, KL_PROBE_WRITE_ KL_PROBE_AGAIN_, \
         KL_PROBE_WRITE_ "ON DUPLICATE KEY UPDATE held_until = VALUES(held_until)") \
    SAME(worker_load, 1, "SELECT holder, held_until FROM klarna_worker WHERE merchant = %s") \
    EACH(worker_insert, 3, \
         KL_WORKER_INSERT_ KL_UNLESS_TAKEN_, \
         KL_WORKER_INSERT_ KL_UNLESS_TAKEN_, \
         KL_WORKER_INSERT_) \
    SAME(worker_save, 5, \
         "UPDATE klarna_worker SET holder = %s, held_until = %lld" \
         " WHERE merchant = %s AND holder = %s AND held_until = %lld") \
    EACH(callback_insert, 7, \
         KL_CALLBACK_INSERT_ KL_UNLESS_TAKEN_, \
         KL_CALLBACK_INSERT_ KL_UNLESS_TAKEN_, \
         KL_CALLBACK_INSERT_) \
    /* each guarded by the time it replaces */ \
    SAME(callback_good, 4, \
         "UPDATE klarna_callback SET good = good + 1, good_at = %lld" \
         " WHERE merchant = %s AND kind = %s AND good_at = %lld") \
    SAME(callback_bad, 5, \
         "UPDATE klarna_callback SET bad = bad + 1, bad_at = %lld, bad_why = %s" \
         " WHERE merchant = %s AND kind = %s AND bad_at = %lld") \
    SAME(callback_load, 2, \
         "SELECT " KL_CALLBACK_ALL_ " FROM klarna_callback WHERE merchant = %s AND kind = %s") \
    SAME(callback_list, 1, \
         "SELECT " KL_CALLBACK_ALL_ " FROM klarna_callback WHERE merchant = %s ORDER BY kind")

/* clang-format on */

typedef enum {
#define KL_ID_(id, ...) KL_SQL_##id,
    KL_STATEMENTS(KL_ID_, KL_ID_)
#undef KL_ID_
        KL_SQL_COUNT
} kl_sql_t;

typedef struct kl_statement_t {
    const char *label; /* "klarna_order_load": [a-z][a-z0-9_]* */
    int values;        /* how many it takes */
    const char *text[KL_DIALECTS];
} kl_statement_t;

/** The statement; static. */
const kl_statement_t *kl_statements_get(kl_sql_t id);

/** What a session of PostgreSQL's keeps it by, at most 63 bytes: the label and a hash of the text,
 *  so that another text never has the name. In p; NULL: it is better planned each time. */
const char *kl_statements_session_name(const kl_statement_t *statement, apr_pool_t *p);

/** Tells texts apart. */
apr_uint64_t kl_statements_hash(const char *text);

/** "sqlite3", "pgsql", "mysql": apr_dbd's name of the driver and the schema file's. Static. */
const char *kl_statements_dialect_name(kl_dialect_t dialect);
/** 1 and sets *out, or 0 for a driver we have no texts for. */
int kl_statements_dialect_parse(const char *name, kl_dialect_t *out);

#endif
