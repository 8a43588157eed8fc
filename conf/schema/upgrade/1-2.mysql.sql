-- SPDX-License-Identifier: Apache-2.0
--
-- mod_klarna's tables on MariaDB or MySQL from version 1 to version 2. For klarna-schema, which
-- shows these lines first:
--
-- : Payments that never became an order move from klarna_order to klarna_payment, a new table.
-- : klarna_order loses client_key and client_token. Orders and operations stay as they are.
-- : An operation's mark, hint and refusal get columns of their own; adoptions, a kind.
-- : klarna_worker, a new table, says which process polls Klarna.
-- : An index finds the operations that still have the request that was sent.
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
SET @step = IF((SELECT version FROM klarna_schema) = 1, 'DO 0',
    'SELECT `Somebody else has upgraded these tables in the meantime.`');
PREPARE step FROM @step;
EXECUTE step;

-- Without klarna_order no module, running or started by mistake, can work meanwhile.
SET @step = IF((SELECT COUNT(*) FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_name = 'klarna_order_1') = 0,
    'RENAME TABLE klarna_order TO klarna_order_1', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;

CREATE TABLE IF NOT EXISTS klarna_worker (
    merchant          VARCHAR(255)  NOT NULL PRIMARY KEY,
    holder            VARCHAR(36)   NOT NULL,
    held_until        BIGINT        NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS klarna_payment (
    id                VARCHAR(36)   NOT NULL PRIMARY KEY,
    version           BIGINT        NOT NULL,
    merchant          VARCHAR(255)  NOT NULL,
    environment       VARCHAR(32)   NOT NULL,
    kind              VARCHAR(32)   NOT NULL,
    payment_key       VARCHAR(64)   NOT NULL,
    callback_secret   VARCHAR(64)   NOT NULL,
    client_hash       VARCHAR(128)  NOT NULL,
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
    link              VARCHAR(2000) NOT NULL, -- in store: what the customer opens
    distribution      VARCHAR(255)  NOT NULL,
    till              VARCHAR(255)  NOT NULL,
    invoice           VARCHAR(255)  NOT NULL,
    created_at        BIGINT        NOT NULL,
    updated_at        BIGINT        NOT NULL,
    expires_at        BIGINT        NOT NULL,
    check_at          BIGINT        NOT NULL, -- when the worker looks at it, 0: never
    CONSTRAINT klarna_payment_cart_claim UNIQUE (cart_claim), -- For payment_insert.
    CONSTRAINT klarna_payment_version CHECK (version >= 1),
    CONSTRAINT klarna_payment_kind CHECK (kind IN ('online', 'hosted_page', 'qr', 'network')),
    CONSTRAINT klarna_payment_state CHECK (state IN ('CREATED', 'DECLINED', 'ABANDONED', 'WAITING',
        'IN_PROGRESS', 'COMPLETED', 'CANCELLED', 'EXPIRED', 'FAILED')),
    KEY klarna_payment_by_state (merchant, state, created_at, id),
    KEY klarna_payment_due (merchant, check_at)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The old columns go last, and with them the question.
SET @old = (SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'klarna_order_1' AND column_name = 'client_token');

START TRANSACTION;
SET @step = IF(@old, "INSERT INTO klarna_payment
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
FROM klarna_order_1 WHERE klarna_order_id = id AND state IN ('CREATED', 'DECLINED', 'ABANDONED')
    AND attention = ''", 'DO 0');
PREPARE step FROM @step;
EXECUTE step;
DELETE FROM klarna_order_1 WHERE id IN (SELECT id FROM klarna_payment);
COMMIT;

SET @step = IF(@old, 'ALTER TABLE klarna_order_1
    DROP INDEX klarna_order_client_key, DROP COLUMN client_key, DROP COLUMN client_token', 'DO 0');
PREPARE step FROM @step;
EXECUTE step;

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name = 'klarna_operation'
        AND column_name = 'mark') = 0,
    "ALTER TABLE klarna_operation
    ADD COLUMN mark VARCHAR(32) NOT NULL AFTER state,
    ADD COLUMN hint TEXT NOT NULL AFTER result,
    ADD COLUMN refusal MEDIUMTEXT NOT NULL AFTER hint,
    ADD COLUMN kept BIGINT AS (IF(next_at = 0 AND (path <> '' OR (
        kind IN ('place_order', 'shipping_address') AND refusal <> '')), updated_at, 0)) STORED,
    DROP INDEX klarna_operation_due,
    ADD INDEX klarna_operation_due (merchant, next_at, kept),
    ADD CONSTRAINT klarna_operation_mark
        CHECK (mark IN ('', 'not_started', 'unclaimed', 'key_expired'))", 'DO 0');
PREPARE step FROM @step;
EXECUTE step;

-- What decided something was read from error_code, which people still read.
UPDATE klarna_operation SET mark = error_code
WHERE state = 'unknown' AND error_code IN ('unclaimed', 'key_expired')
    OR state = 'refused' AND error_code = 'not_started';

-- Until confirmed, result held {"hint"} or {"detail", "next"}. From left to right.
UPDATE klarna_operation
SET hint = COALESCE(JSON_UNQUOTE(JSON_EXTRACT(result, '$.hint')), ''),
    refusal = IF(hint = '', result, ''),
    result = ''
WHERE state <> 'confirmed' AND result <> '';

UPDATE klarna_operation SET kind = 'adopt' WHERE kind = 'place_order' AND method = 'GET';

-- Also when the very last step was killed and all this is done a second time.
RENAME TABLE klarna_order_1 TO klarna_order;
UPDATE klarna_schema SET version = 2;
