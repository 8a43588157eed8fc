-- SPDX-License-Identifier: Apache-2.0
--
-- mod_klarna's tables on SQLite from version 1 to version 2, in one transaction. For
-- klarna-schema, which shows these lines first:
--
-- : Payments that never became an order move from klarna_order to klarna_payment, a new table.
-- : klarna_order loses client_key and client_token. Orders and operations stay as they are.
-- : An operation's mark, hint and refusal get columns of their own; adoptions, a kind.
-- : klarna_worker, a new table, says which process polls Klarna.
-- : An index finds the operations that still have the request that was sent.
--
-- SQLite cannot drop a column that has a constraint, nor add one: the two tables are made anew.

-- In kB: the indexes are made in memory.
PRAGMA cache_size = -200000;
BEGIN IMMEDIATE;

-- An attempt to be paid. When Klarna accepts it, an order with the same id stands in
-- klarna_order and this row goes with its time. Few indexes: most payments never become an
-- order.
CREATE TABLE klarna_payment (
    id                TEXT    NOT NULL PRIMARY KEY,
    version           INTEGER NOT NULL,
    merchant          TEXT    NOT NULL,
    environment       TEXT    NOT NULL,
    kind              TEXT    NOT NULL,
    payment_key       TEXT    NOT NULL,
    callback_secret   TEXT    NOT NULL,
    client_hash       TEXT    NOT NULL,
    cart_claim        TEXT    NOT NULL, -- what only one payment may claim; the own id: nothing
    keep_until        INTEGER NOT NULL, -- not deleted before
    state             TEXT    NOT NULL,
    session_id        TEXT    NOT NULL,
    client_token      TEXT    NOT NULL,
    country           TEXT    NOT NULL,
    currency          TEXT    NOT NULL,
    locale            TEXT    NOT NULL,
    order_amount      INTEGER NOT NULL,
    order_tax_amount  INTEGER NOT NULL,
    reference1        TEXT    NOT NULL,
    reference2        TEXT    NOT NULL,
    confirmation_url  TEXT    NOT NULL,
    pending_op        TEXT    NOT NULL, -- holds the claim
    cart              TEXT    NOT NULL,
    reason_code       TEXT    NOT NULL, -- why it was declined
    reason            TEXT    NOT NULL,
    addresses         TEXT    NOT NULL, -- JSON, what Klarna was told of the shopper; wiped: gone
    link              TEXT    NOT NULL, -- in store: what the customer opens
    distribution      TEXT    NOT NULL,
    till              TEXT    NOT NULL,
    invoice           TEXT    NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    check_at          INTEGER NOT NULL, -- when the worker looks at it, 0: never
    CONSTRAINT klarna_payment_cart_claim UNIQUE (cart_claim), -- For payment_insert.
    CONSTRAINT klarna_payment_version CHECK (version >= 1),
    CONSTRAINT klarna_payment_kind CHECK (kind IN ('online', 'hosted_page', 'qr', 'network')),
    CONSTRAINT klarna_payment_state CHECK (state IN ('CREATED', 'DECLINED', 'ABANDONED', 'WAITING',
        'IN_PROGRESS', 'COMPLETED', 'CANCELLED', 'EXPIRED', 'FAILED'))
) STRICT;

INSERT INTO klarna_payment
    (id, version, merchant, environment, kind, payment_key, callback_secret, client_hash,
     cart_claim, keep_until, state, session_id, client_token, country, currency, locale,
     order_amount, order_tax_amount, reference1, reference2, confirmation_url, pending_op, cart,
     reason_code, reason, addresses, link, distribution, till, invoice, created_at, updated_at,
     expires_at, check_at)
SELECT id, version, merchant, environment, 'online', order_key, callback_secret, client_hash,
       id, created_at + 172800000000, state, session_id, client_token, country, currency, locale,
       order_amount, order_tax_amount, reference1, reference2, confirmation_url, pending_op, ledger,
       '', '', 'gone', '', '', '', '', created_at, updated_at, created_at + 172800000000,
       check_at
FROM klarna_order WHERE klarna_order_id = id AND state IN ('CREATED', 'DECLINED', 'ABANDONED')
    AND attention = '';

CREATE INDEX klarna_payment_by_state ON klarna_payment (merchant, state, created_at, id);
CREATE INDEX klarna_payment_due ON klarna_payment (merchant, check_at)
    WHERE check_at > 0;

-- Which process polls for a merchant; without a row, or when its time is over, any may.
CREATE TABLE klarna_worker (
    merchant          TEXT    NOT NULL PRIMARY KEY,
    holder            TEXT    NOT NULL,
    held_until        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE klarna_order RENAME TO klarna_order_1;
DROP INDEX klarna_order_newest;
DROP INDEX klarna_order_by_state;
DROP INDEX klarna_order_by_reference;
DROP INDEX klarna_order_by_reference1;
DROP INDEX klarna_order_by_reference2;
DROP INDEX klarna_order_by_channel;
DROP INDEX klarna_order_by_attention;
DROP INDEX klarna_order_waiting;
DROP INDEX klarna_order_open;
DROP INDEX klarna_order_due;

CREATE TABLE klarna_order (
    id                TEXT    NOT NULL PRIMARY KEY,
    version           INTEGER NOT NULL,
    merchant          TEXT    NOT NULL,
    environment       TEXT    NOT NULL,
    channel           TEXT    NOT NULL,
    order_key         TEXT    NOT NULL,
    callback_secret   TEXT    NOT NULL,
    client_hash       TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    fraud_status      TEXT    NOT NULL,
    session_id        TEXT    NOT NULL,
    klarna_order_id   TEXT    NOT NULL, -- the own id until Klarna gave one
    klarna_reference  TEXT    NOT NULL,
    reference1        TEXT    NOT NULL,
    reference2        TEXT    NOT NULL,
    country           TEXT    NOT NULL,
    currency          TEXT    NOT NULL,
    locale            TEXT    NOT NULL,
    original_amount   INTEGER NOT NULL, -- amounts: minor units of currency
    order_amount      INTEGER NOT NULL,
    order_tax_amount  INTEGER NOT NULL,
    captured_amount   INTEGER NOT NULL,
    refunded_amount   INTEGER NOT NULL,
    remaining_amount  INTEGER NOT NULL,
    created_at        INTEGER NOT NULL, -- times: microseconds since 1970, UTC
    updated_at        INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    open_until        INTEGER NOT NULL, -- 0: nothing is open
    check_at          INTEGER NOT NULL,
    checks            INTEGER NOT NULL,
    attention         TEXT    NOT NULL,
    waiting           TEXT    NOT NULL,
    pending_op        TEXT    NOT NULL,
    confirmation_url  TEXT    NOT NULL,
    ledger            TEXT    NOT NULL,
    CONSTRAINT klarna_order_klarna_id UNIQUE (merchant, klarna_order_id), -- For order_list_found.
    CONSTRAINT klarna_order_version CHECK (version >= 1),
    CONSTRAINT klarna_order_amounts CHECK (original_amount >= 0 AND order_amount >= 0
        AND captured_amount >= 0 AND refunded_amount >= 0
        AND remaining_amount >= 0),
    CONSTRAINT klarna_order_captured CHECK (captured_amount <= order_amount - remaining_amount),
    CONSTRAINT klarna_order_refunded CHECK (refunded_amount <= captured_amount),
    CONSTRAINT klarna_order_state CHECK (state IN ('CREATED', 'AUTHORIZED', 'PART_CAPTURED',
        'CAPTURED', 'CANCELLED', 'EXPIRED', 'CLOSED', 'DECLINED', 'ABANDONED'))
) STRICT;

INSERT INTO klarna_order
    (id, version, merchant, environment, channel, order_key, callback_secret, client_hash,
     state, fraud_status, session_id, klarna_order_id, klarna_reference, reference1, reference2,
     country, currency, locale, original_amount, order_amount, order_tax_amount,
     captured_amount, refunded_amount, remaining_amount, created_at, updated_at, expires_at,
     open_until, check_at, checks, attention, waiting, pending_op, confirmation_url, ledger)
SELECT id, version, merchant, environment, channel, order_key, callback_secret, client_hash,
       state, fraud_status, session_id, klarna_order_id, klarna_reference, reference1,
       reference2, country, currency, locale, original_amount, order_amount, order_tax_amount,
       captured_amount, refunded_amount, remaining_amount, created_at, updated_at, expires_at,
       open_until, check_at, checks, attention, waiting, pending_op, confirmation_url, ledger
FROM klarna_order_1 WHERE id NOT IN (SELECT id FROM klarna_payment);
DROP TABLE klarna_order_1;

CREATE INDEX klarna_order_newest ON klarna_order (merchant, created_at, id);
CREATE INDEX klarna_order_by_state ON klarna_order (merchant, state, created_at, id, channel);
CREATE INDEX klarna_order_by_reference ON klarna_order (merchant, klarna_reference)
    WHERE klarna_reference <> '';
CREATE INDEX klarna_order_by_reference1 ON klarna_order (merchant, reference1)
    WHERE reference1 <> '';
CREATE INDEX klarna_order_by_reference2 ON klarna_order (merchant, reference2)
    WHERE reference2 <> '';
CREATE INDEX klarna_order_by_channel ON klarna_order (merchant, channel, created_at, id)
    WHERE channel <> 'online';
CREATE INDEX klarna_order_by_attention ON klarna_order (merchant, attention, created_at, id)
    WHERE attention <> '';
CREATE INDEX klarna_order_waiting ON klarna_order (merchant, waiting, created_at, id)
    WHERE waiting <> '';
CREATE INDEX klarna_order_open ON klarna_order (merchant, open_until, id)
    WHERE open_until > 0;
CREATE INDEX klarna_order_due ON klarna_order (merchant, check_at)
    WHERE check_at > 0;

ALTER TABLE klarna_operation RENAME TO klarna_operation_1;
DROP INDEX klarna_operation_by_order;
DROP INDEX klarna_operation_due;
DROP INDEX klarna_operation_by_state;

CREATE TABLE klarna_operation (
    id                TEXT    NOT NULL PRIMARY KEY,
    version           INTEGER NOT NULL,
    order_id          TEXT    NOT NULL,
    merchant          TEXT    NOT NULL,
    kind              TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    mark              TEXT    NOT NULL,
    method            TEXT    NOT NULL,
    path              TEXT    NOT NULL,
    body              TEXT    NOT NULL,
    intent            TEXT    NOT NULL,
    amount            INTEGER NOT NULL,
    actor             TEXT    NOT NULL,
    client_key        TEXT    NOT NULL,
    client_hash       TEXT    NOT NULL,
    credit_invoice_id TEXT    NOT NULL,
    next_op           TEXT    NOT NULL,
    attempts          INTEGER NOT NULL,
    doubtful          INTEGER NOT NULL,
    lease_until       INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    sent_at           INTEGER NOT NULL,
    next_at           INTEGER NOT NULL,
    took              INTEGER NOT NULL, -- milliseconds
    http_status       INTEGER NOT NULL,
    result_id         TEXT    NOT NULL,
    result            TEXT    NOT NULL,
    hint              TEXT    NOT NULL,
    refusal           TEXT    NOT NULL,
    error_code        TEXT    NOT NULL,
    error_messages    TEXT    NOT NULL,
    correlation_id    TEXT    NOT NULL,
    CONSTRAINT klarna_operation_client_key UNIQUE (client_key), -- For operation_load_by_client_key.
    CONSTRAINT klarna_operation_version CHECK (version >= 1),
    CONSTRAINT klarna_operation_amount CHECK (amount >= 0),
    CONSTRAINT klarna_operation_attempts CHECK (attempts >= 0 AND doubtful IN (0, 1)),
    CONSTRAINT klarna_operation_mark CHECK (mark IN ('', 'not_started', 'unclaimed', 'key_expired')),
    CONSTRAINT klarna_operation_state CHECK (state IN ('queued', 'sent', 'confirmed', 'refused',
        'unknown'))
) STRICT;

INSERT INTO klarna_operation
    (id, version, order_id, merchant, kind, state, mark, method, path, body, intent, amount,
     actor, client_key, client_hash, credit_invoice_id, next_op, attempts, doubtful,
     lease_until, created_at, updated_at, sent_at, next_at, took, http_status, result_id,
     result, hint, refusal, error_code, error_messages, correlation_id)
SELECT id, version, order_id, merchant,
       CASE WHEN kind = 'place_order' AND method = 'GET' THEN 'adopt' ELSE kind END, state,
       -- what decided something was read from error_code, which people still read
       CASE WHEN state = 'unknown' AND error_code IN ('unclaimed', 'key_expired')
                OR state = 'refused' AND error_code = 'not_started'
            THEN error_code ELSE '' END,
       method, path, body, intent, amount, actor, client_key, client_hash, credit_invoice_id,
       next_op, attempts, doubtful, lease_until, created_at, updated_at, sent_at, next_at, took,
       http_status, result_id,
       -- until confirmed, result held {"hint"} or {"detail", "next"}
       CASE state WHEN 'confirmed' THEN result ELSE '' END,
       CASE WHEN state <> 'confirmed' AND result <> ''
            THEN COALESCE(json_extract(result, '$.hint'), '') ELSE '' END,
       CASE WHEN state <> 'confirmed' AND result <> '' AND json_type(result, '$.hint') IS NULL
            THEN result ELSE '' END,
       error_code, error_messages, correlation_id
FROM klarna_operation_1;
DROP TABLE klarna_operation_1;

CREATE INDEX klarna_operation_by_order ON klarna_operation (order_id, created_at, id);
CREATE INDEX klarna_operation_due ON klarna_operation (merchant, next_at)
    WHERE next_at > 0;
-- Only of what has ended and still has its request, or Klarna's words about a person.
CREATE INDEX klarna_operation_kept ON klarna_operation (merchant, updated_at)
    WHERE next_at = 0 AND (path <> '' OR (kind IN ('place_order', 'shipping_address') AND refusal <> ''));
CREATE INDEX klarna_operation_by_state
    ON klarna_operation (merchant, state, updated_at, kind, took);

UPDATE klarna_schema SET version = 2;
COMMIT;
