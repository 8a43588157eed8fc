-- SPDX-License-Identifier: Apache-2.0
--
-- mod_klarna's tables on PostgreSQL from version 3 to version 4, in one transaction. For
-- klarna-schema, which shows these lines first:
--
-- : New tables: klarna_batch and klarna_batch_item (what was asked for many orders at once),
-- : klarna_note, klarna_label (tags, reasons of returns), klarna_article.
-- : Orders, payments and operations stay as they are.
-- : References are found whatever their capitals are, articles of every order by klarna_article,
-- : which is filled; orders are listed by amount, by review, by department, terminal and cashier:
-- : other and new indexes of klarna_order.

BEGIN;
SET LOCAL client_min_messages = warning; -- nothing is said of what is there already

-- Nobody writes meanwhile, and a second upgrade waits here and then finds nothing to do.
LOCK TABLE klarna_schema, klarna_order, klarna_operation, klarna_payment IN ACCESS EXCLUSIVE MODE;
DO $$ BEGIN
    IF (SELECT version FROM klarna_schema) <> 3 THEN
        RAISE EXCEPTION 'somebody else has upgraded these tables in the meantime';
    END IF;
END $$;

DROP INDEX klarna_order_by_reference,
    klarna_order_by_reference1,
    klarna_order_by_reference2,
    klarna_order_open;
CREATE INDEX klarna_order_by_reference
    ON klarna_order (merchant, LOWER(klarna_reference COLLATE "C"))
    WHERE klarna_reference <> '';
CREATE INDEX klarna_order_by_reference1 ON klarna_order (merchant, LOWER(reference1 COLLATE "C"))
    WHERE reference1 <> '';
CREATE INDEX klarna_order_by_reference2 ON klarna_order (merchant, LOWER(reference2 COLLATE "C"))
    WHERE reference2 <> '';
CREATE INDEX klarna_order_open ON klarna_order (merchant, open_until, id, created_at, order_amount)
    WHERE open_until > 0;
CREATE INDEX klarna_order_by_amount ON klarna_order (merchant, order_amount, created_at, id, state);
CREATE INDEX klarna_order_review ON klarna_order (merchant, created_at, id)
    WHERE fraud_status NOT IN ('', 'ACCEPTED', 'REJECTED', 'STOPPED')
        AND state IN ('AUTHORIZED', 'PART_CAPTURED');
CREATE INDEX klarna_order_by_department ON klarna_order (merchant, department, created_at, id)
    WHERE department <> '';
CREATE INDEX klarna_order_by_terminal ON klarna_order (merchant, terminal, created_at, id)
    WHERE terminal <> '';
CREATE INDEX klarna_order_by_cashier ON klarna_order (merchant, cashier, created_at, id)
    WHERE cashier <> '';

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

CREATE INDEX klarna_label_by_order ON klarna_label (order_id, kind, value);

-- The articles of orders, folded, newest order first.
CREATE TABLE klarna_article (
    merchant          TEXT          NOT NULL,
    article           TEXT          NOT NULL,
    created_at        BIGINT        NOT NULL, -- the order's
    order_id          VARCHAR(36)   NOT NULL,
    PRIMARY KEY (merchant, article, created_at, order_id)
);

-- Without their capitals, as they are stored from now on.
INSERT INTO klarna_reference (merchant, value, order_id)
SELECT merchant, LOWER(value COLLATE "C"), order_id FROM klarna_reference
WHERE value <> LOWER(value COLLATE "C")
ON CONFLICT DO NOTHING;
DELETE FROM klarna_reference WHERE value <> LOWER(value COLLATE "C");

-- From the lines in the ledgers; one that cannot be read has none.
CREATE FUNCTION pg_temp.lines_of(ledger TEXT) RETURNS JSONB LANGUAGE plpgsql AS $$ BEGIN
    RETURN CASE WHEN jsonb_typeof(ledger::JSONB -> 'lines') = 'array'
        THEN ledger::JSONB -> 'lines' ELSE '[]' END;
EXCEPTION WHEN OTHERS THEN
    RETURN '[]';
END $$;
INSERT INTO klarna_article (merchant, article, created_at, order_id)
SELECT o.merchant, LOWER((line ->> 'reference') COLLATE "C"), o.created_at, o.id
FROM klarna_order o, jsonb_array_elements(pg_temp.lines_of(o.ledger)) line
WHERE COALESCE(line ->> 'reference', '') <> ''
    AND line ->> 'type' NOT IN ('shipping_fee', 'sales_tax')
ON CONFLICT DO NOTHING;

UPDATE klarna_schema SET version = 4;
COMMIT;
