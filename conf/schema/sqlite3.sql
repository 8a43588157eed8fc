-- SPDX-License-Identifier: Apache-2.0
--
-- mod_klarna's tables for SQLite 3.37 or later. klarna-schema creates and upgrades them, before
-- httpd starts and as the user httpd runs as:
--
--     klarna-schema sqlite3 /var/lib/klarna/klarna.db
--
-- (httpd writes the file and, beside it, the -wal and -shm files, so its user needs the
-- directory too.) In httpd.conf:
--
--     DBDriver  sqlite3
--     DBDParams /var/lib/klarna/klarna.db
--     DBDInitSQL "PRAGMA synchronous=FULL; PRAGMA busy_timeout=500"
--
-- synchronous=FULL: a stored payment survives a power cut; it belongs to the connection, not
-- to the file, and is therefore set there. Keep all PRAGMAs in that one string: mod_dbd
-- leaves out what follows a PRAGMA that returns a row. One httpd child with many threads
-- suits SQLite best; several hosts need PostgreSQL or MariaDB.
--
-- STRICT makes a column refuse what is not of its type: an amount is an integer, always.
-- No column is ever NULL: '' means none, 0 means never.

-- Kept in the file: readers do not wait for the writer.
PRAGMA journal_mode=WAL;

BEGIN;

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

-- Each index says which statements of mod_klarna/store need it. Most hold only the
-- rows those look for: the others cost nothing when they are written.

-- For order_list_newest.
CREATE INDEX klarna_order_newest ON klarna_order (merchant, created_at, id);
-- For order_list_state: channel last, so that one that no order of a state has is found to be
-- none without reading them.
CREATE INDEX klarna_order_by_state ON klarna_order (merchant, state, created_at, id, channel);
-- For order_list_found: capitals do not matter.
CREATE INDEX klarna_order_by_reference ON klarna_order (merchant, LOWER(klarna_reference))
    WHERE klarna_reference <> '';
-- For order_list_found, order_same_reference: capitals do not matter.
CREATE INDEX klarna_order_by_reference1 ON klarna_order (merchant, LOWER(reference1))
    WHERE reference1 <> '';
-- For order_list_found: capitals do not matter.
CREATE INDEX klarna_order_by_reference2 ON klarna_order (merchant, LOWER(reference2))
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

-- What an order can be found by besides its own columns.
CREATE TABLE klarna_reference (
    merchant          TEXT    NOT NULL,
    value             TEXT    NOT NULL,
    order_id          TEXT    NOT NULL,
    PRIMARY KEY (merchant, value, order_id)
) STRICT, WITHOUT ROWID;

-- Whether Klarna's callbacks arrive.
CREATE TABLE klarna_callback (
    merchant          TEXT    NOT NULL,
    kind              TEXT    NOT NULL,
    good_at           INTEGER NOT NULL,
    good              INTEGER NOT NULL,
    bad_at            INTEGER NOT NULL,
    bad               INTEGER NOT NULL,
    bad_why           TEXT    NOT NULL,
    PRIMARY KEY (merchant, kind)
) STRICT;

-- Which process polls for a merchant; without a row, or when its time is over, any may.
CREATE TABLE klarna_worker (
    merchant          TEXT    NOT NULL PRIMARY KEY,
    holder            TEXT    NOT NULL,
    held_until        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a person asked for many orders at once. Its row is written after its items': from then on
-- they count.
CREATE TABLE klarna_batch (
    id                TEXT    NOT NULL PRIMARY KEY,
    merchant          TEXT    NOT NULL, -- of its first order
    action            TEXT    NOT NULL,
    actor             TEXT    NOT NULL,
    client_key        TEXT    NOT NULL,
    client_hash       TEXT    NOT NULL,
    total             INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    CONSTRAINT klarna_batch_client_key UNIQUE (client_key), -- For batch_load_by_client_key.
    CONSTRAINT klarna_batch_action CHECK (action IN ('capture'))
) STRICT;

-- For batch_list, batches_find.
CREATE INDEX klarna_batch_newest ON klarna_batch (merchant, created_at, id);

-- One order of a batch: what became of it, and until that is known when it is looked at.
CREATE TABLE klarna_batch_item (
    batch_id          TEXT    NOT NULL,
    order_id          TEXT    NOT NULL,
    place             INTEGER NOT NULL, -- in the order in which they were asked for
    merchant          TEXT    NOT NULL,
    reference         TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    reason            TEXT    NOT NULL, -- why it was refused: a code
    sentence          TEXT    NOT NULL,
    next_step         TEXT    NOT NULL,
    next_at           INTEGER NOT NULL, -- 0: it has ended
    updated_at        INTEGER NOT NULL,
    PRIMARY KEY (batch_id, order_id), -- For batch_items.
    CONSTRAINT klarna_batch_item_state CHECK (state IN ('waiting', 'working', 'confirmed',
        'refused', 'unknown'))
) STRICT, WITHOUT ROWID;

-- For batch_items_due, strays_find.
CREATE INDEX klarna_batch_item_due ON klarna_batch_item (merchant, next_at)
    WHERE next_at > 0;

-- What the shop's people write to each other about an order.
CREATE TABLE klarna_note (
    id                TEXT    NOT NULL PRIMARY KEY,
    order_id          TEXT    NOT NULL,
    merchant          TEXT    NOT NULL,
    actor             TEXT    NOT NULL,
    note              TEXT    NOT NULL,
    created_at        INTEGER NOT NULL
) STRICT;

-- For note_list.
CREATE INDEX klarna_note_by_order ON klarna_note (order_id, created_at, id);

-- What people put on an order and list orders by, newest first: tags, reasons of returns.
CREATE TABLE klarna_label (
    merchant          TEXT    NOT NULL,
    kind              TEXT    NOT NULL,
    value             TEXT    NOT NULL,
    created_at        INTEGER NOT NULL, -- the order's
    order_id          TEXT    NOT NULL,
    PRIMARY KEY (merchant, kind, value, created_at, order_id),
    CONSTRAINT klarna_label_kind CHECK (kind IN ('tag', 'return_reason'))
) STRICT, WITHOUT ROWID;

-- For label_list, label_delete.
CREATE INDEX klarna_label_by_order ON klarna_label (order_id, kind, value);

-- The articles of orders, folded, newest order first.
CREATE TABLE klarna_article (
    merchant          TEXT    NOT NULL,
    article           TEXT    NOT NULL,
    created_at        INTEGER NOT NULL, -- the order's
    order_id          TEXT    NOT NULL,
    PRIMARY KEY (merchant, article, created_at, order_id)
) STRICT, WITHOUT ROWID;

-- Last, so that a half-made schema is never taken for a whole one.
CREATE TABLE klarna_schema (version INTEGER NOT NULL PRIMARY KEY) STRICT;
INSERT INTO klarna_schema (version) VALUES (4);

COMMIT;
