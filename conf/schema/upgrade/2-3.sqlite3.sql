-- SPDX-License-Identifier: Apache-2.0
--
-- mod_klarna's tables on SQLite from version 2 to version 3, in one transaction. For
-- klarna-schema, which shows these lines first:
--
-- : klarna_order and klarna_payment get columns for payments in store: department, till, terminal,
-- : cashier and invoice, and indexes by till and by invoice. klarna_payment loses link and
-- : distribution. Orders, payments and operations stay as they are.
-- : klarna_invoice, a new table, keeps what the host says of an invoice that is paid in store.
-- : klarna_payment.addresses, which some tables of version 2 lack, is in all of version 3.
--
-- SQLite cannot drop a default: what it adds to a table keeps it. The two tables are made anew.

-- In kB: the indexes are made in memory.
PRAGMA cache_size = -200000;
BEGIN IMMEDIATE;

-- What the host said of an invoice that is paid in store, and its credit notes. First: whoever
-- comes second finds it here, and goes no further.
CREATE TABLE klarna_invoice (
    merchant          TEXT    NOT NULL,
    department        TEXT    NOT NULL,
    number            TEXT    NOT NULL,
    version           INTEGER NOT NULL,
    currency          TEXT    NOT NULL,
    total             INTEGER NOT NULL,
    already_paid      INTEGER NOT NULL,
    credits           INTEGER NOT NULL,
    notes             TEXT    NOT NULL, -- JSON, its credit notes
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    PRIMARY KEY (merchant, department, number)
) STRICT, WITHOUT ROWID;

ALTER TABLE klarna_payment RENAME TO klarna_payment_2;
DROP INDEX klarna_payment_by_state;
DROP INDEX klarna_payment_due;

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
    department        TEXT    NOT NULL, -- in store, else ''
    till              TEXT    NOT NULL,
    terminal          TEXT    NOT NULL,
    cashier           TEXT    NOT NULL,
    invoice           TEXT    NOT NULL, -- the host's number
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

-- In the subquery addresses is the payment's if it has that column, else the one beside it: it is
-- not known then, and Klarna is asked.
INSERT INTO klarna_payment
    (id, version, merchant, environment, kind, payment_key, callback_secret, client_hash,
     department, till, terminal, cashier, invoice, cart_claim, keep_until, state, session_id,
     client_token, country, currency, locale, order_amount, order_tax_amount, reference1,
     reference2, confirmation_url, pending_op, cart, reason_code, reason, addresses,
     created_at, updated_at, expires_at, check_at)
SELECT id, version, merchant, environment, kind, payment_key, callback_secret, client_hash, '',
       till, '', '', invoice, cart_claim, keep_until, state, session_id, client_token, country,
       currency, locale, order_amount, order_tax_amount, reference1, reference2,
       confirmation_url, pending_op, cart, reason_code, reason,
       (SELECT addresses FROM klarna_payment_2 AS own WHERE own.id = old.id), created_at,
       updated_at, expires_at, check_at
FROM klarna_payment_2 AS old, (SELECT 'gone' AS addresses);
DROP TABLE klarna_payment_2;

CREATE INDEX klarna_payment_by_state ON klarna_payment (merchant, state, created_at, id);
CREATE INDEX klarna_payment_due ON klarna_payment (merchant, check_at)
    WHERE check_at > 0;
CREATE INDEX klarna_payment_by_till ON klarna_payment (merchant, till, created_at, id)
    WHERE till <> '';
CREATE INDEX klarna_payment_by_invoice ON klarna_payment (merchant, invoice, created_at, id)
    WHERE invoice <> '';

ALTER TABLE klarna_order RENAME TO klarna_order_2;
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
    department        TEXT    NOT NULL, -- in store, else ''
    till              TEXT    NOT NULL,
    terminal          TEXT    NOT NULL,
    cashier           TEXT    NOT NULL,
    invoice           TEXT    NOT NULL, -- the host's number
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
    (id, version, merchant, environment, channel, department, till, terminal, cashier, invoice,
     order_key, callback_secret, client_hash, state, fraud_status, session_id, klarna_order_id,
     klarna_reference, reference1, reference2, country, currency, locale, original_amount,
     order_amount, order_tax_amount, captured_amount, refunded_amount, remaining_amount,
     created_at, updated_at, expires_at, open_until, check_at, checks, attention, waiting,
     pending_op, confirmation_url, ledger)
SELECT id, version, merchant, environment, channel, '', '', '', '', '', order_key,
       callback_secret, client_hash, state, fraud_status, session_id, klarna_order_id,
       klarna_reference, reference1, reference2, country, currency, locale, original_amount,
       order_amount, order_tax_amount, captured_amount, refunded_amount, remaining_amount,
       created_at, updated_at, expires_at, open_until, check_at, checks, attention, waiting,
       pending_op, confirmation_url, ledger
FROM klarna_order_2;
DROP TABLE klarna_order_2;

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
CREATE INDEX klarna_order_by_till ON klarna_order (merchant, till, created_at, id)
    WHERE till <> '';
CREATE INDEX klarna_order_by_invoice ON klarna_order (merchant, invoice, created_at, id)
    WHERE invoice <> '';

-- Some tables of version 2 have another one, or none.
DROP INDEX IF EXISTS klarna_operation_kept;
CREATE INDEX klarna_operation_kept ON klarna_operation (merchant, updated_at)
    WHERE next_at = 0 AND (path <> '' OR (kind IN ('place_order', 'shipping_address', 'distribute') AND refusal <> ''));

UPDATE klarna_schema SET version = 3;
COMMIT;
