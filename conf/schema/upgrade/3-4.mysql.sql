-- SPDX-License-Identifier: Apache-2.0
--
-- mod_klarna's tables on MariaDB or MySQL from version 3 to version 4. For klarna-schema, which
-- shows these lines first:
--
-- : New tables: klarna_batch and klarna_batch_item (what was asked for many orders at once),
-- : klarna_note, klarna_label (tags, reasons of returns), klarna_article.
-- : Orders, payments and operations stay as they are.
-- : References are found whatever their capitals are, articles of every order by klarna_article,
-- : which is filled; orders are listed by amount, by review, by department, terminal and cashier:
-- : other and new indexes of klarna_order.
--
-- Each ALTER commits by itself, so there is no one transaction: every step may be killed, and a
-- second run goes on with what is not done. A step that could not be repeated as it stands asks
-- first, by way of a prepared statement, which is all that SQL has for that.

SET SESSION sql_mode = 'STRICT_ALL_TABLES';

-- Two at once: one waits here for the other's end (or for its client's), then finds it done, and
-- changes nothing. Without it each could be where the other cannot go on.
SET @step = IF(GET_LOCK(CONCAT('klarna_schema ', MD5(DATABASE())), 600) = 1, 'DO 0',
    'SELECT `Somebody else is upgrading these tables.`');
PREPARE step FROM @step;
EXECUTE step;
SET @step = IF((SELECT version FROM klarna_schema) = 3, 'DO 0',
    'SELECT `Somebody else has upgraded these tables in the meantime.`');
PREPARE step FROM @step;
EXECUTE step;

-- Without klarna_order no module, running or started by mistake, can work meanwhile.
SET @step = IF((SELECT COUNT(*) FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_name = 'klarna_order_3') = 0,
    'RENAME TABLE klarna_order TO klarna_order_3', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;

-- What a person asked for many orders at once. Its row is written after its items': from then on
-- they count.
CREATE TABLE IF NOT EXISTS klarna_batch (
    id                VARCHAR(36)   NOT NULL PRIMARY KEY,
    merchant          VARCHAR(255)  NOT NULL, -- of its first order
    action            VARCHAR(32)   NOT NULL,
    actor             VARCHAR(255)  NOT NULL,
    client_key        VARCHAR(128)  NOT NULL,
    client_hash       VARCHAR(128)  NOT NULL,
    total             INTEGER       NOT NULL,
    created_at        BIGINT        NOT NULL,
    CONSTRAINT klarna_batch_client_key UNIQUE (client_key), -- For batch_load_by_client_key.
    CONSTRAINT klarna_batch_action CHECK (action IN ('capture')),
    KEY klarna_batch_newest (merchant, created_at, id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One order of a batch: what became of it, and until that is known when it is looked at.
CREATE TABLE IF NOT EXISTS klarna_batch_item (
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
        'refused', 'unknown')),
    KEY klarna_batch_item_due (merchant, next_at)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What the shop's people write to each other about an order.
CREATE TABLE IF NOT EXISTS klarna_note (
    id                VARCHAR(36)   NOT NULL PRIMARY KEY,
    order_id          VARCHAR(36)   NOT NULL,
    merchant          VARCHAR(255)  NOT NULL,
    actor             VARCHAR(255)  NOT NULL,
    note              VARCHAR(2000) NOT NULL,
    created_at        BIGINT        NOT NULL,
    KEY klarna_note_by_order (order_id, created_at, id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What people put on an order and list orders by, newest first: tags, reasons of returns.
CREATE TABLE IF NOT EXISTS klarna_label (
    merchant          VARCHAR(255)  NOT NULL,
    kind              VARCHAR(32)   NOT NULL,
    value             VARCHAR(255)  NOT NULL,
    created_at        BIGINT        NOT NULL, -- the order's
    order_id          VARCHAR(36)   NOT NULL,
    PRIMARY KEY (merchant, kind, value, created_at, order_id),
    CONSTRAINT klarna_label_kind CHECK (kind IN ('tag', 'return_reason')),
    KEY klarna_label_by_order (order_id, kind, value)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The articles of orders, folded, newest order first.
CREATE TABLE IF NOT EXISTS klarna_article (
    merchant          VARCHAR(255)  NOT NULL,
    article           VARCHAR(255)  NOT NULL,
    created_at        BIGINT        NOT NULL, -- the order's
    order_id          VARCHAR(36)   NOT NULL,
    PRIMARY KEY (merchant, article, created_at, order_id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One ALTER: it is done as a whole, or not at all.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name = 'klarna_order_3'
        AND column_name = 'reference1_folded') = 0,
    'ALTER TABLE klarna_order_3
    ADD COLUMN klarna_reference_folded VARCHAR(255) AS (LOWER(klarna_reference)) STORED
        AFTER ledger,
    ADD COLUMN reference1_folded VARCHAR(255) AS (LOWER(reference1)) STORED
        AFTER klarna_reference_folded,
    ADD COLUMN reference2_folded VARCHAR(255) AS (LOWER(reference2)) STORED
        AFTER reference1_folded,
    DROP INDEX klarna_order_by_reference,
    DROP INDEX klarna_order_by_reference1,
    DROP INDEX klarna_order_by_reference2,
    DROP INDEX klarna_order_open,
    ADD INDEX klarna_order_by_reference (merchant, klarna_reference_folded),
    ADD INDEX klarna_order_by_reference1 (merchant, reference1_folded),
    ADD INDEX klarna_order_by_reference2 (merchant, reference2_folded),
    ADD INDEX klarna_order_open (merchant, open_until, id, created_at, order_amount),
    ADD INDEX klarna_order_by_amount (merchant, order_amount, created_at, id, state),
    ADD INDEX klarna_order_review (merchant, fraud_status, created_at, id),
    ADD INDEX klarna_order_by_department (merchant, department, created_at, id),
    ADD INDEX klarna_order_by_terminal (merchant, terminal, created_at, id),
    ADD INDEX klarna_order_by_cashier (merchant, cashier, created_at, id)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;

-- Without their capitals, as they are stored from now on.
INSERT IGNORE INTO klarna_reference (merchant, value, order_id)
SELECT merchant, LOWER(value), order_id FROM klarna_reference WHERE value <> LOWER(value);
DELETE FROM klarna_reference WHERE value <> LOWER(value);

-- From the lines in the ledgers, of which there are at most a thousand; one that cannot be read has
-- none.
INSERT IGNORE INTO klarna_article (merchant, article, created_at, order_id)
WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 999)
SELECT o.merchant, LOWER(JSON_UNQUOTE(JSON_EXTRACT(o.ledger, CONCAT('$.lines[', i, '].reference')))),
    o.created_at, o.id
FROM klarna_order_3 o JOIN n ON i < IF(JSON_VALID(o.ledger), JSON_LENGTH(o.ledger, '$.lines'), 0)
WHERE COALESCE(JSON_UNQUOTE(JSON_EXTRACT(o.ledger, CONCAT('$.lines[', i, '].reference'))), '') <> ''
    AND JSON_UNQUOTE(JSON_EXTRACT(o.ledger, CONCAT('$.lines[', i, '].type')))
        NOT IN ('shipping_fee', 'sales_tax');

-- Also when the very last step was killed and all this is done a second time.
RENAME TABLE klarna_order_3 TO klarna_order;
UPDATE klarna_schema SET version = 4;
