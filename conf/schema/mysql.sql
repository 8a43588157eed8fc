-- SPDX-License-Identifier: Apache-2.0
--
-- mod_klarna's tables for MariaDB 10.3 or later and MySQL 8.0.16 or later (older ones do not
-- enforce CHECK). klarna-schema creates and upgrades them, before httpd starts; httpd's user needs
-- SELECT, INSERT, UPDATE and DELETE:
--
--     klarna-schema mysql --defaults-extra-file=/root/klarna.cnf klarna
--
-- In httpd.conf:
--
--     DBDriver  mysql
--     DBDParams "sock=/run/mysqld/mysqld.sock dbname=klarna user=klarna pass=... reconnect=0"
--     DBDInitSQL "SET SESSION sql_mode = 'STRICT_ALL_TABLES', NAMES utf8mb4"
--
-- A strict sql_mode is required, or a value that is too long would be cut without an error;
-- the module checks it. reconnect=0: a connection the library opened anew by itself would
-- have lost what DBDInitSQL set; mod_dbd then opens a new one properly.
--
-- utf8mb4_bin compares byte by byte: keys that differ in case only are different keys.
-- No column is ever NULL: '' means none, 0 means never.

CREATE TABLE klarna_order (
    id                VARCHAR(36)   NOT NULL PRIMARY KEY,
    version           BIGINT        NOT NULL,
    merchant          VARCHAR(255)  NOT NULL,
    environment       VARCHAR(32)   NOT NULL,
    channel           VARCHAR(32)   NOT NULL,
    department        VARCHAR(255)  NOT NULL, -- in store, else ''
    till              VARCHAR(255)  NOT NULL,
    terminal          VARCHAR(255)  NOT NULL,
    cashier           VARCHAR(255)  NOT NULL,
    invoice           VARCHAR(255)  NOT NULL, -- the host's number
    order_key         VARCHAR(64)   NOT NULL,
    callback_secret   VARCHAR(64)   NOT NULL,
    client_hash       VARCHAR(128)  NOT NULL,
    state             VARCHAR(32)   NOT NULL,
    fraud_status      VARCHAR(255)  NOT NULL,
    session_id        VARCHAR(255)  NOT NULL,
    klarna_order_id   VARCHAR(255)  NOT NULL, -- the own id until Klarna gave one
    klarna_reference  VARCHAR(255)  NOT NULL,
    reference1        VARCHAR(255)  NOT NULL,
    reference2        VARCHAR(255)  NOT NULL,
    country           VARCHAR(8)    NOT NULL,
    currency          VARCHAR(8)    NOT NULL,
    locale            VARCHAR(35)   NOT NULL,
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
    confirmation_url  VARCHAR(2000) NOT NULL,
    ledger            MEDIUMTEXT    NOT NULL,
    -- MariaDB has no index of an expression
    klarna_reference_folded VARCHAR(255) AS (LOWER(klarna_reference)) STORED,
    reference1_folded VARCHAR(255) AS (LOWER(reference1)) STORED,
    reference2_folded VARCHAR(255) AS (LOWER(reference2)) STORED,
    CONSTRAINT klarna_order_klarna_id UNIQUE (merchant, klarna_order_id), -- For order_list_found.
    CONSTRAINT klarna_order_version CHECK (version >= 1),
    CONSTRAINT klarna_order_amounts CHECK (original_amount >= 0 AND order_amount >= 0
        AND captured_amount >= 0 AND refunded_amount >= 0
        AND remaining_amount >= 0),
    CONSTRAINT klarna_order_captured CHECK (captured_amount <= order_amount - remaining_amount),
    CONSTRAINT klarna_order_refunded CHECK (refunded_amount <= captured_amount),
    CONSTRAINT klarna_order_state CHECK (state IN ('CREATED', 'AUTHORIZED', 'PART_CAPTURED',
        'CAPTURED', 'CANCELLED', 'EXPIRED', 'CLOSED', 'DECLINED', 'ABANDONED'))
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Each index says which statements of mod_klarna/store need it.

-- For order_list_newest.
CREATE INDEX klarna_order_newest ON klarna_order (merchant, created_at, id);
-- For order_list_state: channel last, so that one that no order of a state has is found to be
-- none without reading them.
CREATE INDEX klarna_order_by_state ON klarna_order (merchant, state, created_at, id, channel);
-- For order_list_found: capitals do not matter.
CREATE INDEX klarna_order_by_reference ON klarna_order (merchant, klarna_reference_folded);
-- For order_list_found, order_same_reference: capitals do not matter.
CREATE INDEX klarna_order_by_reference1 ON klarna_order (merchant, reference1_folded);
-- For order_list_found: capitals do not matter.
CREATE INDEX klarna_order_by_reference2 ON klarna_order (merchant, reference2_folded);
-- For order_list_attention.
CREATE INDEX klarna_order_by_attention ON klarna_order (merchant, attention, created_at, id);
-- For order_list_channel.
CREATE INDEX klarna_order_by_channel ON klarna_order (merchant, channel, created_at, id);
-- For order_list_waiting.
CREATE INDEX klarna_order_waiting ON klarna_order (merchant, waiting, created_at, id);
-- For order_list_open.
CREATE INDEX klarna_order_open
    ON klarna_order (merchant, open_until, id, created_at, order_amount);
-- For orders_due.
CREATE INDEX klarna_order_due ON klarna_order (merchant, check_at);
-- For order_list_till.
CREATE INDEX klarna_order_by_till ON klarna_order (merchant, till, created_at, id);
-- For order_list_invoice.
CREATE INDEX klarna_order_by_invoice ON klarna_order (merchant, invoice, created_at, id);
-- For order_list_amount, order_list_of_amount.
CREATE INDEX klarna_order_by_amount ON klarna_order (merchant, order_amount, created_at, id, state);
-- For order_list_review.
CREATE INDEX klarna_order_review ON klarna_order (merchant, fraud_status, created_at, id);
-- For order_list_department.
CREATE INDEX klarna_order_by_department ON klarna_order (merchant, department, created_at, id);
-- For order_list_terminal.
CREATE INDEX klarna_order_by_terminal ON klarna_order (merchant, terminal, created_at, id);
-- For order_list_cashier.
CREATE INDEX klarna_order_by_cashier ON klarna_order (merchant, cashier, created_at, id);

CREATE TABLE klarna_operation (
    id                VARCHAR(36)   NOT NULL PRIMARY KEY,
    version           BIGINT        NOT NULL,
    order_id          VARCHAR(36)   NOT NULL,
    merchant          VARCHAR(255)  NOT NULL,
    kind              VARCHAR(32)   NOT NULL,
    state             VARCHAR(32)   NOT NULL,
    mark              VARCHAR(32)   NOT NULL,
    method            VARCHAR(16)   NOT NULL,
    path              TEXT          NOT NULL,
    body              MEDIUMTEXT    NOT NULL,
    intent            MEDIUMTEXT    NOT NULL,
    amount            BIGINT        NOT NULL,
    actor             VARCHAR(255)  NOT NULL,
    client_key        VARCHAR(128)  NOT NULL,
    client_hash       VARCHAR(128)  NOT NULL,
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
    result_id         VARCHAR(255)  NOT NULL,
    result            MEDIUMTEXT    NOT NULL,
    hint              TEXT          NOT NULL,
    refusal           MEDIUMTEXT    NOT NULL,
    error_code        TEXT          NOT NULL,
    error_messages    MEDIUMTEXT    NOT NULL,
    correlation_id    TEXT          NOT NULL,
    -- when it ended, as long as it has its request, or Klarna's words about a person
    kept              BIGINT AS (IF(next_at = 0 AND (path <> '' OR (
        kind IN ('place_order', 'shipping_address', 'distribute') AND refusal <> '')), updated_at, 0)) STORED,
    CONSTRAINT klarna_operation_client_key UNIQUE (client_key), -- For operation_load_by_client_key.
    CONSTRAINT klarna_operation_version CHECK (version >= 1),
    CONSTRAINT klarna_operation_amount CHECK (amount >= 0),
    CONSTRAINT klarna_operation_attempts CHECK (attempts >= 0 AND doubtful IN (0, 1)),
    CONSTRAINT klarna_operation_mark CHECK (mark IN ('', 'not_started', 'unclaimed', 'key_expired')),
    CONSTRAINT klarna_operation_state CHECK (state IN ('queued', 'sent', 'confirmed', 'refused',
        'unknown'))
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- For operation_list, refused_sweep.
CREATE INDEX klarna_operation_by_order ON klarna_operation (order_id, created_at, id);
-- For operations_unfinished, operations_asked_for, operations_placements, requests_find.
CREATE INDEX klarna_operation_due ON klarna_operation (merchant, next_at, kept);
-- For operations_by_state, operation_hours: figures of an hour come from the index alone.
CREATE INDEX klarna_operation_by_state
    ON klarna_operation (merchant, state, updated_at, kind, took);

-- An attempt to be paid. When Klarna accepts it, an order with the same id stands in
-- klarna_order and this row goes with its time. Few indexes: most payments never become an
-- order.
CREATE TABLE klarna_payment (
    id                VARCHAR(36)   NOT NULL PRIMARY KEY,
    version           BIGINT        NOT NULL,
    merchant          VARCHAR(255)  NOT NULL,
    environment       VARCHAR(32)   NOT NULL,
    kind              VARCHAR(32)   NOT NULL,
    payment_key       VARCHAR(64)   NOT NULL,
    callback_secret   VARCHAR(64)   NOT NULL,
    client_hash       VARCHAR(128)  NOT NULL,
    department        VARCHAR(255)  NOT NULL, -- in store, else ''
    till              VARCHAR(255)  NOT NULL,
    terminal          VARCHAR(255)  NOT NULL,
    cashier           VARCHAR(255)  NOT NULL,
    invoice           VARCHAR(255)  NOT NULL, -- the host's number
    cart_claim        VARCHAR(255)  NOT NULL, -- what only one payment may claim; the own id: nothing
    keep_until        BIGINT        NOT NULL, -- not deleted before
    state             VARCHAR(32)   NOT NULL,
    session_id        VARCHAR(255)  NOT NULL,
    client_token      TEXT          NOT NULL,
    country           VARCHAR(8)    NOT NULL,
    currency          VARCHAR(8)    NOT NULL,
    locale            VARCHAR(35)   NOT NULL,
    order_amount      BIGINT        NOT NULL,
    order_tax_amount  BIGINT        NOT NULL,
    reference1        VARCHAR(255)  NOT NULL,
    reference2        VARCHAR(255)  NOT NULL,
    confirmation_url  VARCHAR(2000) NOT NULL,
    pending_op        VARCHAR(36)   NOT NULL, -- holds the claim
    cart              MEDIUMTEXT    NOT NULL,
    reason_code       VARCHAR(255)  NOT NULL, -- why it was declined
    reason            TEXT          NOT NULL,
    addresses         MEDIUMTEXT    NOT NULL, -- JSON, what Klarna was told of the shopper; wiped: gone
    created_at        BIGINT        NOT NULL,
    updated_at        BIGINT        NOT NULL,
    expires_at        BIGINT        NOT NULL,
    check_at          BIGINT        NOT NULL, -- when the worker looks at it, 0: never
    CONSTRAINT klarna_payment_cart_claim UNIQUE (cart_claim), -- For payment_insert.
    CONSTRAINT klarna_payment_version CHECK (version >= 1),
    CONSTRAINT klarna_payment_kind CHECK (kind IN ('online', 'hosted_page', 'qr', 'network')),
    CONSTRAINT klarna_payment_state CHECK (state IN ('CREATED', 'DECLINED', 'ABANDONED', 'WAITING',
        'IN_PROGRESS', 'COMPLETED', 'CANCELLED', 'EXPIRED', 'FAILED'))
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- For order_list_payments, unfinished_find.
CREATE INDEX klarna_payment_by_state ON klarna_payment (merchant, state, created_at, id);
-- For payments_due, placed_find.
CREATE INDEX klarna_payment_due ON klarna_payment (merchant, check_at);
-- For order_list_payments_till.
CREATE INDEX klarna_payment_by_till ON klarna_payment (merchant, till, created_at, id);
-- For order_list_payments_invoice.
CREATE INDEX klarna_payment_by_invoice ON klarna_payment (merchant, invoice, created_at, id);

-- What the host said of an invoice that is paid in store, and its credit notes. Which payments it
-- has is in their own rows; version is advanced by each that is begun.
CREATE TABLE klarna_invoice (
    merchant          VARCHAR(255)  NOT NULL,
    department        VARCHAR(255)  NOT NULL,
    number            VARCHAR(255)  NOT NULL,
    version           BIGINT        NOT NULL,
    currency          VARCHAR(255)  NOT NULL,
    total             BIGINT        NOT NULL,
    already_paid      BIGINT        NOT NULL,
    credits           BIGINT        NOT NULL,
    notes             MEDIUMTEXT    NOT NULL, -- JSON, its credit notes
    created_at        BIGINT        NOT NULL,
    updated_at        BIGINT        NOT NULL,
    PRIMARY KEY (merchant, department, number)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What an order can be found by besides its own columns.
CREATE TABLE klarna_reference (
    merchant          VARCHAR(255)  NOT NULL,
    value             VARCHAR(255)  NOT NULL,
    order_id          VARCHAR(36)   NOT NULL,
    PRIMARY KEY (merchant, value, order_id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Whether Klarna's callbacks arrive.
CREATE TABLE klarna_callback (
    merchant          VARCHAR(255)  NOT NULL,
    kind              VARCHAR(32)   NOT NULL,
    good_at           BIGINT        NOT NULL,
    good              BIGINT        NOT NULL,
    bad_at            BIGINT        NOT NULL,
    bad               BIGINT        NOT NULL,
    bad_why           VARCHAR(32)   NOT NULL,
    PRIMARY KEY (merchant, kind)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Which process polls for a merchant; without a row, or when its time is over, any may.
CREATE TABLE klarna_worker (
    merchant          VARCHAR(255)  NOT NULL PRIMARY KEY,
    holder            VARCHAR(36)   NOT NULL,
    held_until        BIGINT        NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What a person asked for many orders at once. Its row is written after its items': from then on
-- they count.
CREATE TABLE klarna_batch (
    id                VARCHAR(36)   NOT NULL PRIMARY KEY,
    merchant          VARCHAR(255)  NOT NULL, -- of its first order
    action            VARCHAR(32)   NOT NULL,
    actor             VARCHAR(255)  NOT NULL,
    client_key        VARCHAR(128)  NOT NULL,
    client_hash       VARCHAR(128)  NOT NULL,
    total             INTEGER       NOT NULL,
    created_at        BIGINT        NOT NULL,
    CONSTRAINT klarna_batch_client_key UNIQUE (client_key), -- For batch_load_by_client_key.
    CONSTRAINT klarna_batch_action CHECK (action IN ('capture'))
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- For batch_list, batches_find.
CREATE INDEX klarna_batch_newest ON klarna_batch (merchant, created_at, id);

-- One order of a batch: what became of it, and until that is known when it is looked at.
CREATE TABLE klarna_batch_item (
    batch_id          VARCHAR(36)   NOT NULL,
    order_id          VARCHAR(36)   NOT NULL,
    place             INTEGER       NOT NULL, -- in the order in which they were asked for
    merchant          VARCHAR(255)  NOT NULL,
    reference         VARCHAR(255)  NOT NULL,
    state             VARCHAR(32)   NOT NULL,
    reason            VARCHAR(255)  NOT NULL, -- why it was refused: a code
    sentence          MEDIUMTEXT    NOT NULL,
    next_step         MEDIUMTEXT    NOT NULL,
    next_at           BIGINT        NOT NULL, -- 0: it has ended
    updated_at        BIGINT        NOT NULL,
    PRIMARY KEY (batch_id, order_id), -- For batch_items.
    CONSTRAINT klarna_batch_item_state CHECK (state IN ('waiting', 'working', 'confirmed',
        'refused', 'unknown'))
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- For batch_items_due, strays_find.
CREATE INDEX klarna_batch_item_due ON klarna_batch_item (merchant, next_at);

-- What the shop's people write to each other about an order.
CREATE TABLE klarna_note (
    id                VARCHAR(36)   NOT NULL PRIMARY KEY,
    order_id          VARCHAR(36)   NOT NULL,
    merchant          VARCHAR(255)  NOT NULL,
    actor             VARCHAR(255)  NOT NULL,
    note              VARCHAR(2000) NOT NULL,
    created_at        BIGINT        NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- For note_list.
CREATE INDEX klarna_note_by_order ON klarna_note (order_id, created_at, id);

-- What people put on an order and list orders by, newest first: tags, reasons of returns.
CREATE TABLE klarna_label (
    merchant          VARCHAR(255)  NOT NULL,
    kind              VARCHAR(32)   NOT NULL,
    value             VARCHAR(255)  NOT NULL,
    created_at        BIGINT        NOT NULL, -- the order's
    order_id          VARCHAR(36)   NOT NULL,
    PRIMARY KEY (merchant, kind, value, created_at, order_id),
    CONSTRAINT klarna_label_kind CHECK (kind IN ('tag', 'return_reason'))
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- For label_list, label_delete.
CREATE INDEX klarna_label_by_order ON klarna_label (order_id, kind, value);

-- The articles of orders, folded, newest order first.
CREATE TABLE klarna_article (
    merchant          VARCHAR(255)  NOT NULL,
    article           VARCHAR(255)  NOT NULL,
    created_at        BIGINT        NOT NULL, -- the order's
    order_id          VARCHAR(36)   NOT NULL,
    PRIMARY KEY (merchant, article, created_at, order_id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Last, so that a half-made schema is never taken for a whole one.
CREATE TABLE klarna_schema (version INTEGER NOT NULL PRIMARY KEY) ENGINE=InnoDB;
INSERT INTO klarna_schema (version) VALUES (4);
