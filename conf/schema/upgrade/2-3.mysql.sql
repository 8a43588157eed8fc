-- SPDX-License-Identifier: Apache-2.0
--
-- mod_klarna's tables on MariaDB or MySQL from version 2 to version 3. For klarna-schema, which
-- shows these lines first:
--
-- : klarna_order and klarna_payment get columns for payments in store: department, till, terminal,
-- : cashier and invoice, and indexes by till and by invoice. klarna_payment loses link and
-- : distribution. Orders, payments and operations stay as they are.
-- : klarna_invoice, a new table, keeps what the host says of an invoice that is paid in store.
-- : klarna_payment.addresses, which some tables of version 2 lack, is in all of version 3.
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
SET @step = IF((SELECT version FROM klarna_schema) = 2, 'DO 0',
    'SELECT `Somebody else has upgraded these tables in the meantime.`');
PREPARE step FROM @step;
EXECUTE step;

-- Without klarna_order no module, running or started by mistake, can work meanwhile.
SET @step = IF((SELECT COUNT(*) FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_name = 'klarna_order_2') = 0,
    'RENAME TABLE klarna_order TO klarna_order_2', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;

-- What the host said of an invoice that is paid in store, and its credit notes.
CREATE TABLE IF NOT EXISTS klarna_invoice (
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

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name = 'klarna_order_2'
        AND column_name = 'department') = 0,
    'ALTER TABLE klarna_order_2
    ADD COLUMN department VARCHAR(255) NOT NULL AFTER channel,
    ADD COLUMN till VARCHAR(255) NOT NULL AFTER department,
    ADD COLUMN terminal VARCHAR(255) NOT NULL AFTER till,
    ADD COLUMN cashier VARCHAR(255) NOT NULL AFTER terminal,
    ADD COLUMN invoice VARCHAR(255) NOT NULL AFTER cashier,
    ADD INDEX klarna_order_by_till (merchant, till, created_at, id),
    ADD INDEX klarna_order_by_invoice (merchant, invoice, created_at, id)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;

-- Some tables of version 2 lack it. The rows get what the default says: Klarna is asked.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name = 'klarna_payment'
        AND column_name = 'addresses') = 0,
    "ALTER TABLE klarna_payment
    ADD COLUMN addresses MEDIUMTEXT NOT NULL DEFAULT ('gone') AFTER reason", 'DO 0');
PREPARE step FROM @step;
EXECUTE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name = 'klarna_payment'
        AND column_name = 'department') = 0,
    'ALTER TABLE klarna_payment
    MODIFY COLUMN addresses MEDIUMTEXT NOT NULL AFTER reason,
    DROP COLUMN link,
    DROP COLUMN distribution,
    ADD COLUMN department VARCHAR(255) NOT NULL AFTER client_hash,
    MODIFY COLUMN till VARCHAR(255) NOT NULL AFTER department,
    ADD COLUMN terminal VARCHAR(255) NOT NULL AFTER till,
    ADD COLUMN cashier VARCHAR(255) NOT NULL AFTER terminal,
    MODIFY COLUMN invoice VARCHAR(255) NOT NULL AFTER cashier,
    ADD INDEX klarna_payment_by_till (merchant, till, created_at, id),
    ADD INDEX klarna_payment_by_invoice (merchant, invoice, created_at, id)', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;

-- Tables of version 2 have it of other operations, or not at all.
SET @kept = (SELECT COALESCE(MAX(IF(generation_expression LIKE '%distribute%', 'right',
    'DROP COLUMN kept,')), '') FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'klarna_operation' AND column_name = 'kept');
SET @step = IF(@kept = 'right', 'DO 0', CONCAT('ALTER TABLE klarna_operation
    DROP INDEX klarna_operation_due, ', @kept, "
    ADD COLUMN kept BIGINT AS (IF(next_at = 0 AND (path <> '' OR (
        kind IN ('place_order', 'shipping_address', 'distribute') AND refusal <> '')), updated_at, 0)) STORED
        AFTER correlation_id,
    ADD INDEX klarna_operation_due (merchant, next_at, kept)"));
PREPARE step FROM @step;
EXECUTE step;

-- Also when the very last step was killed and all this is done a second time.
RENAME TABLE klarna_order_2 TO klarna_order;
UPDATE klarna_schema SET version = 3;
