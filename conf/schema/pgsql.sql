-- SPDX-License-Identifier: Apache-2.0
--
-- mod_klarna's tables for PostgreSQL 12 or later. klarna-schema creates and upgrades them, before
-- httpd starts, in a database with UTF-8 encoding, as the user httpd connects as (or grant it
-- SELECT, INSERT, UPDATE and DELETE on the eight tables):
--
--     klarna-schema pgsql "dbname=klarna user=klarna"
--
-- In httpd.conf (one line; connect_timeout because mod_dbd opens connections under a lock):
--
--     DBDriver  pgsql
--     DBDParams "dbname=klarna user=klarna connect_timeout=2
--                options='-c statement_timeout=5000 -c lock_timeout=2000'"
--
-- No column is ever NULL: '' means none, 0 means never.

BEGIN;

CREATE TABLE klarna_order (
    id                VARCHAR(36)   NOT NULL PRIMARY KEY,
    version           BIGINT        NOT NULL,
    merchant          TEXT          NOT NULL,
    environment       TEXT          NOT NULL,
    channel           TEXT          NOT NULL,
    department        TEXT          NOT NULL, -- in store, else ''
    till              TEXT          NOT NULL,
    terminal          TEXT          NOT NULL,
    cashier           TEXT          NOT NULL,
    invoice           TEXT          NOT NULL, -- the host's number
    order_key         TEXT          NOT NULL,
    callback_secret   TEXT          NOT NULL,
    client_hash       TEXT          NOT NULL,
    state             TEXT          NOT NULL,
    fraud_status      TEXT          NOT NULL,
    session_id        TEXT          NOT NULL,
    klarna_order_id   TEXT          NOT NULL, -- the own id until Klarna gave one
    klarna_reference  TEXT          NOT NULL,
    reference1        TEXT          NOT NULL,
    reference2        TEXT          NOT NULL,
    country           TEXT          NOT NULL,
    currency          TEXT          NOT NULL,
    locale            TEXT          NOT NULL,
    original_amount   BIGINT        NOT NULL, -- amounts: minor units of currency
    order_amount      BIGINT        NOT NULL,
    order_tax_amount  BIGINT        NOT NULL,
    captured_amount   BIGINT        NOT NULL,
    refunded_amount   BIGINT        NOT NULL,
    remaining_amount  BIGINT        NOT NULL,
    created_at        BIGINT        NOT NULL, -- times: microseconds since 1970, UTC
    updated_at        BIGINT        NOT NULL,
    expires_at        BIGINT        NOT NULL,
    open_until        BIGINT        NOT NULL, -- 0: nothing is open
    check_at          BIGINT        NOT NULL,
    checks            INTEGER       NOT NULL,
    attention         VARCHAR(20)   NOT NULL,
    waiting           VARCHAR(20)   NOT NULL,
    pending_op        VARCHAR(36)   NOT NULL,
    confirmation_url  TEXT          NOT NULL,
    ledger            TEXT          NOT NULL,
    CONSTRAINT klarna_order_klarna_id UNIQUE (merchant, klarna_order_id), -- For order_list_found.
    CONSTRAINT klarna_order_version CHECK (version >= 1),
    CONSTRAINT klarna_order_amounts CHECK (original_amount >= 0 AND order_amount >= 0
        AND captured_amount >= 0 AND refunded_amount >= 0
        AND remaining_amount >= 0),
    CONSTRAINT klarna_order_captured CHECK (captured_amount <= order_amount - remaining_amount),
    CONSTRAINT klarna_order_refunded CHECK (refunded_amount <= captured_amount),
    CONSTRAINT klarna_order_state CHECK (state IN ('CREATED', 'AUTHORIZED', 'PART_CAPTURED',
        'CAPTURED', 'CANCELLED', 'EXPIRED', 'CLOSED', 'DECLINED', 'ABANDONED'))
);

-- Each index says which statements of mod_klarna/store need it. Most hold only the
-- rows those look for: the others cost nothing when they are written.

-- For order_list_newest.
CREATE INDEX klarna_order_newest ON klarna_order (merchant, created_at, id);
-- For order_list_state: channel last, so that one that no order of a state has is found to be
-- none without reading them.
CREATE INDEX klarna_order_by_state ON klarna_order (merchant, state, created_at, id, channel);
-- For order_list_found: capitals do not matter.
CREATE INDEX klarna_order_by_reference
    ON klarna_order (merchant, LOWER(klarna_reference COLLATE "C"))
    WHERE klarna_reference <> '';
-- For order_list_found, order_same_reference: capitals do not matter.
CREATE INDEX klarna_order_by_reference1 ON klarna_order (merchant, LOWER(reference1 COLLATE "C"))
    WHERE reference1 <> '';
-- For order_list_found: capitals do not matter.
CREATE INDEX klarna_order_by_reference2 ON klarna_order (merchant, LOWER(reference2 COLLATE "C"))
    WHERE reference2 <> '';
-- For order_list_channel.
CREATE INDEX klarna_order_by_channel ON klarna_order (merchant, channel, created_at, id)
    WHERE channel <> 'online';
-- For order_list_attention.
CREATE INDEX klarna_order_by_attention ON klarna_order (merchant, attention, created_at, id)
    WHERE attention <> '';
-- For order_list_waiting.
CREATE INDEX klarna_order_waiting ON klarna_order (merchant, waiting, created_at, id)
    WHERE waiting <> '';
-- For order_list_open.
CREATE INDEX klarna_order_open ON klarna_order (merchant, open_until, id, created_at, order_amount)
    WHERE open_until > 0;
-- For orders_due.
CREATE INDEX klarna_order_due ON klarna_order (merchant, check_at)
    WHERE check_at > 0;
-- For order_list_till.
CREATE INDEX klarna_order_by_till ON klarna_order (merchant, till, created_at, id)
    WHERE till <> '';
-- For order_list_invoice.
CREATE INDEX klarna_order_by_invoice ON klarna_order (merchant, invoice, created_at, id)
    WHERE invoice <> '';
-- For order_list_amount, order_list_of_amount.
CREATE INDEX klarna_order_by_amount ON klarna_order (merchant, order_amount, created_at, id, state);
-- For order_list_review.
CREATE INDEX klarna_order_review ON klarna_order (merchant, created_at, id)
    WHERE fraud_status NOT IN ('', 'ACCEPTED', 'REJECTED', 'STOPPED')
        AND state IN ('AUTHORIZED', 'PART_CAPTURED');
-- For order_list_department.
CREATE INDEX klarna_order_by_department ON klarna_order (merchant, department, created_at, id)
    WHERE department <> '';
-- For order_list_terminal.
CREATE INDEX klarna_order_by_terminal ON klarna_order (merchant, terminal, created_at, id)
    WHERE terminal <> '';
-- For order_list_cashier.
CREATE INDEX klarna_order_by_cashier ON klarna_order (merchant, cashier, created_at, id)
    WHERE cashier <> '';

CREATE TABLE klarna_operation (
    id                VARCHAR(36)   NOT NULL PRIMARY KEY,
    version           BIGINT        NOT NULL,
    order_id          VARCHAR(36)   NOT NULL,
    merchant          TEXT          NOT NULL,
    kind              TEXT          NOT NULL,
    state             TEXT          NOT NULL,
    mark              TEXT          NOT NULL,
    method            TEXT          NOT NULL,
    path              TEXT          NOT NULL,
    body              TEXT          NOT NULL,
    intent            TEXT          NOT NULL,
    amount            BIGINT        NOT NULL,
    actor             TEXT          NOT NULL,
    client_key        TEXT          NOT NULL,
    client_hash       TEXT          NOT NULL,
    credit_invoice_id VARCHAR(36)   NOT NULL,
    next_op           VARCHAR(36)   NOT NULL,
    attempts          INTEGER       NOT NULL,
    doubtful          SMALLINT      NOT NULL,
    lease_until       BIGINT        NOT NULL,
    created_at        BIGINT        NOT NULL,
    updated_at        BIGINT        NOT NULL,
    sent_at           BIGINT        NOT NULL,
    next_at           BIGINT        NOT NULL,
    took              INTEGER       NOT NULL, -- milliseconds
    http_status       INTEGER       NOT NULL,
    result_id         TEXT          NOT NULL,
    result            TEXT          NOT NULL,
    hint              TEXT          NOT NULL,
    refusal           TEXT          NOT NULL,
    error_code        TEXT          NOT NULL,
    error_messages    TEXT          NOT NULL,
    correlation_id    TEXT          NOT NULL,
    CONSTRAINT klarna_operation_client_key UNIQUE (client_key), -- For operation_load_by_client_key.
    CONSTRAINT klarna_operation_version CHECK (version >= 1),
    CONSTRAINT klarna_operation_amount CHECK (amount >= 0),
    CONSTRAINT klarna_operation_attempts CHECK (attempts >= 0 AND doubtful IN (0, 1)),
    CONSTRAINT klarna_operation_mark CHECK (mark IN ('', 'not_started', 'unclaimed', 'key_expired')),
    CONSTRAINT klarna_operation_state CHECK (state IN ('queued', 'sent', 'confirmed', 'refused',
        'unknown'))
);

-- For operation_list, refused_sweep.
CREATE INDEX klarna_operation_by_order ON klarna_operation (order_id, created_at, id);
-- For operations_unfinished, operations_asked_for, operations_placements.
CREATE INDEX klarna_operation_due ON klarna_operation (merchant, next_at)
    WHERE next_at > 0;
-- For requests_find: what has ended and still has its request, or Klarna's words about a person.
CREATE INDEX klarna_operation_kept ON klarna_operation (merchant, updated_at)
    WHERE next_at = 0 AND (path <> '' OR (kind IN ('place_order', 'shipping_address', 'distribute') AND refusal <> ''));
-- For operations_by_state, operation_hours: figures of an hour come from the index alone.
CREATE INDEX klarna_operation_by_state
    ON klarna_operation (merchant, state, updated_at, kind, took);

-- An attempt to be paid. When Klarna accepts it, an order with the same id stands in
-- klarna_order and this row goes with its time. Few indexes: most payments never become an
-- order.
CREATE TABLE klarna_payment (
    id                VARCHAR(36)   NOT NULL PRIMARY KEY,
    version           BIGINT        NOT NULL,
    merchant          TEXT          NOT NULL,
    environment       TEXT          NOT NULL,
    kind              TEXT          NOT NULL,
    payment_key       TEXT          NOT NULL,
    callback_secret   TEXT          NOT NULL,
    client_hash       TEXT          NOT NULL,
    department        TEXT          NOT NULL, -- in store, else ''
    till              TEXT          NOT NULL,
    terminal          TEXT          NOT NULL,
    cashier           TEXT          NOT NULL,
    invoice           TEXT          NOT NULL, -- the host's number
    cart_claim        TEXT          NOT NULL, -- what only one payment may claim; the own id: nothing
    keep_until        BIGINT        NOT NULL, -- not deleted before
    state             TEXT          NOT NULL,
    session_id        TEXT          NOT NULL,
    client_token      TEXT          NOT NULL,
    country           TEXT          NOT NULL,
    currency          TEXT          NOT NULL,
    locale            TEXT          NOT NULL,
    order_amount      BIGINT        NOT NULL,
    order_tax_amount  BIGINT        NOT NULL,
    reference1        TEXT          NOT NULL,
    reference2        TEXT          NOT NULL,
    confirmation_url  TEXT          NOT NULL,
    pending_op        VARCHAR(36)   NOT NULL, -- holds the claim
    cart              TEXT          NOT NULL,
    reason_code       TEXT          NOT NULL, -- why it was declined
    reason            TEXT          NOT NULL,
    addresses         TEXT          NOT NULL, -- JSON, what Klarna was told of the shopper; wiped: gone
    created_at        BIGINT        NOT NULL,
    updated_at        BIGINT        NOT NULL,
    expires_at        BIGINT        NOT NULL,
    check_at          BIGINT        NOT NULL, -- when the worker looks at it, 0: never
    CONSTRAINT klarna_payment_cart_claim UNIQUE (cart_claim), -- For payment_insert.
    CONSTRAINT klarna_payment_version CHECK (version >= 1),
    CONSTRAINT klarna_payment_kind CHECK (kind IN ('online', 'hosted_page', 'qr', 'network')),
    CONSTRAINT klarna_payment_state CHECK (state IN ('CREATED', 'DECLINED', 'ABANDONED', 'WAITING',
        'IN_PROGRESS', 'COMPLETED', 'CANCELLED', 'EXPIRED', 'FAILED'))
);

-- For order_list_payments, unfinished_find.
CREATE INDEX klarna_payment_by_state ON klarna_payment (merchant, state, created_at, id);
-- For payments_due, placed_find.
CREATE INDEX klarna_payment_due ON klarna_payment (merchant, check_at)
    WHERE check_at > 0;
-- For order_list_payments_till.
CREATE INDEX klarna_payment_by_till ON klarna_payment (merchant, till, created_at, id)
    WHERE till <> '';
-- For order_list_payments_invoice.
CREATE INDEX klarna_payment_by_invoice ON klarna_payment (merchant, invoice, created_at, id)
    WHERE invoice <> '';

-- What the host said of an invoice that is paid in store, and its credit notes. Which payments it
-- has is in their own rows; version is advanced by each that is begun.
CREATE TABLE klarna_invoice (
    merchant          TEXT          NOT NULL,
    department        TEXT          NOT NULL,
    number            TEXT          NOT NULL,
    version           BIGINT        NOT NULL,
    currency          TEXT          NOT NULL,
    total             BIGINT        NOT NULL,
    already_paid      BIGINT        NOT NULL,
    credits           BIGINT        NOT NULL,
    notes             TEXT          NOT NULL, -- JSON, its credit notes
    created_at        BIGINT        NOT NULL,
    updated_at        BIGINT        NOT NULL,
    PRIMARY KEY (merchant, department, number)
);

-- What an order can be found by besides its own columns.
CREATE TABLE klarna_reference (
    merchant          TEXT          NOT NULL,
    value             TEXT          NOT NULL,
    order_id          VARCHAR(36)   NOT NULL,
    PRIMARY KEY (merchant, value, order_id)
);

-- Whether Klarna's callbacks arrive.
CREATE TABLE klarna_callback (
    merchant          TEXT          NOT NULL,
    kind              TEXT          NOT NULL,
    good_at           BIGINT        NOT NULL,
    good              BIGINT        NOT NULL,
    bad_at            BIGINT        NOT NULL,
    bad               BIGINT        NOT NULL,
    bad_why           TEXT          NOT NULL,
    PRIMARY KEY (merchant, kind)
);

-- Which process polls for a merchant; without a row, or when its time is over, any may.
CREATE TABLE klarna_worker (
    merchant          TEXT          NOT NULL PRIMARY KEY,
    holder            VARCHAR(36)   NOT NULL,
    held_until        BIGINT        NOT NULL
);

-- What a person asked for many orders at once. Its row is written after its items': from then on
-- they count.
CREATE TABLE klarna_batch (
    id                VARCHAR(36)   NOT NULL PRIMARY KEY,
    merchant          TEXT          NOT NULL, -- of its first order
    action            TEXT          NOT NULL,
    actor             TEXT          NOT NULL,
    client_key        TEXT          NOT NULL,
    client_hash       TEXT          NOT NULL,
    total             INTEGER       NOT NULL,
    created_at        BIGINT        NOT NULL,
    CONSTRAINT klarna_batch_client_key UNIQUE (client_key), -- For batch_load_by_client_key.
    CONSTRAINT klarna_batch_action CHECK (action IN ('capture'))
);

-- For batch_list, batches_find.
CREATE INDEX klarna_batch_newest ON klarna_batch (merchant, created_at, id);

-- One order of a batch: what became of it, and until that is known when it is looked at.
CREATE TABLE klarna_batch_item (
    batch_id          VARCHAR(36)   NOT NULL,
    order_id          VARCHAR(36)   NOT NULL,
    place             INTEGER       NOT NULL, -- in the order in which they were asked for
    merchant          TEXT          NOT NULL,
    reference         TEXT          NOT NULL,
    state             TEXT          NOT NULL,
    reason            TEXT          NOT NULL, -- why it was refused: a code
    sentence          TEXT          NOT NULL,
    next_step         TEXT          NOT NULL,
    next_at           BIGINT        NOT NULL, -- 0: it has ended
    updated_at        BIGINT        NOT NULL,
    PRIMARY KEY (batch_id, order_id), -- For batch_items.
    CONSTRAINT klarna_batch_item_state CHECK (state IN ('waiting', 'working', 'confirmed',
        'refused', 'unknown'))
);

-- For batch_items_due, strays_find.
CREATE INDEX klarna_batch_item_due ON klarna_batch_item (merchant, next_at)
    WHERE next_at > 0;

-- What the shop's people write to each other about an order.
CREATE TABLE klarna_note (
    id                VARCHAR(36)   NOT NULL PRIMARY KEY,
    order_id          VARCHAR(36)   NOT NULL,
    merchant          TEXT          NOT NULL,
    actor             TEXT          NOT NULL,
    note              TEXT          NOT NULL,
    created_at        BIGINT        NOT NULL
);

-- For note_list.
CREATE INDEX klarna_note_by_order ON klarna_note (order_id, created_at, id);

-- What people put on an order and list orders by, newest first: tags, reasons of returns.
CREATE TABLE klarna_label (
    merchant          TEXT          NOT NULL,
    kind              TEXT          NOT NULL,
    value             TEXT          NOT NULL,
    created_at        BIGINT        NOT NULL, -- the order's
    order_id          VARCHAR(36)   NOT NULL,
    PRIMARY KEY (merchant, kind, value, created_at, order_id),
    CONSTRAINT klarna_label_kind CHECK (kind IN ('tag', 'return_reason'))
);

-- For label_list, label_delete.
CREATE INDEX klarna_label_by_order ON klarna_label (order_id, kind, value);

-- The articles of orders, folded, newest order first.
CREATE TABLE klarna_article (
    merchant          TEXT          NOT NULL,
    article           TEXT          NOT NULL,
    created_at        BIGINT        NOT NULL, -- the order's
    order_id          VARCHAR(36)   NOT NULL,
    PRIMARY KEY (merchant, article, created_at, order_id)
);

-- Last, so that a half-made schema is never taken for a whole one.
CREATE TABLE klarna_schema (version INTEGER NOT NULL PRIMARY KEY);
INSERT INTO klarna_schema (version) VALUES (4);

COMMIT;
