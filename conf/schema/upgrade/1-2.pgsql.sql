-- SPDX-License-Identifier: Apache-2.0
--
-- mod_klarna's tables on PostgreSQL from version 1 to version 2, in one transaction. For
-- klarna-schema, which shows these lines first:
--
-- : Payments that never became an order move from klarna_order to klarna_payment, a new table.
-- : klarna_order loses client_key and client_token. Orders and operations stay as they are.
-- : An operation's mark, hint and refusal get columns of their own; adoptions, a kind.
-- : klarna_worker, a new table, says which process polls Klarna.
-- : An index finds the operations that still have the request that was sent.

BEGIN;

-- Nobody writes meanwhile, and a second upgrade waits here and then finds nothing to do.
LOCK TABLE klarna_schema, klarna_order, klarna_operation IN ACCESS EXCLUSIVE MODE;
DO $$ BEGIN
    IF (SELECT version FROM klarna_schema) <> 1 THEN
        RAISE EXCEPTION 'somebody else has upgraded these tables in the meantime';
    END IF;
END $$;

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
    link              TEXT          NOT NULL, -- in store: what the customer opens
    distribution      TEXT          NOT NULL,
    till              TEXT          NOT NULL,
    invoice           TEXT          NOT NULL,
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

DELETE FROM klarna_order WHERE id IN (SELECT id FROM klarna_payment);
ALTER TABLE klarna_order DROP COLUMN client_key, DROP COLUMN client_token;

-- Only of the orders that are looked for: the others cost nothing when they are written.
DROP INDEX klarna_order_by_reference,
    klarna_order_by_reference1,
    klarna_order_by_reference2,
    klarna_order_by_channel;
CREATE INDEX klarna_order_by_reference ON klarna_order (merchant, klarna_reference)
    WHERE klarna_reference <> '';
CREATE INDEX klarna_order_by_reference1 ON klarna_order (merchant, reference1)
    WHERE reference1 <> '';
CREATE INDEX klarna_order_by_reference2 ON klarna_order (merchant, reference2)
    WHERE reference2 <> '';
CREATE INDEX klarna_order_by_channel ON klarna_order (merchant, channel, created_at, id)
    WHERE channel <> 'online';

-- Which process polls for a merchant; without a row, or when its time is over, any may.
CREATE TABLE klarna_worker (
    merchant          TEXT          NOT NULL PRIMARY KEY,
    holder            VARCHAR(36)   NOT NULL,
    held_until        BIGINT        NOT NULL
);

-- With a default they are added without a word written to the rows; it is not wanted after that.
ALTER TABLE klarna_operation
    ADD COLUMN mark TEXT NOT NULL DEFAULT '',
    ADD COLUMN hint TEXT NOT NULL DEFAULT '',
    ADD COLUMN refusal TEXT NOT NULL DEFAULT '';
ALTER TABLE klarna_operation
    ALTER COLUMN mark DROP DEFAULT,
    ALTER COLUMN hint DROP DEFAULT,
    ALTER COLUMN refusal DROP DEFAULT;

-- What decided something was read from error_code, which people still read.
UPDATE klarna_operation SET mark = error_code
WHERE state = 'unknown' AND error_code IN ('unclaimed', 'key_expired')
    OR state = 'refused' AND error_code = 'not_started';

-- Until confirmed, result held {"hint"} or {"detail", "next"}.
UPDATE klarna_operation
SET hint = COALESCE(result::jsonb ->> 'hint', ''),
    refusal = CASE WHEN result::jsonb ? 'hint' THEN '' ELSE result END,
    result = ''
WHERE state <> 'confirmed' AND result <> '';

UPDATE klarna_operation SET kind = 'adopt' WHERE kind = 'place_order' AND method = 'GET';

ALTER TABLE klarna_operation ADD CONSTRAINT klarna_operation_mark
    CHECK (mark IN ('', 'not_started', 'unclaimed', 'key_expired'));

-- Only of what has ended and still has its request, or Klarna's words about a person.
CREATE INDEX klarna_operation_kept ON klarna_operation (merchant, updated_at)
    WHERE next_at = 0 AND (path <> '' OR (kind IN ('place_order', 'shipping_address') AND refusal <> ''));

UPDATE klarna_schema SET version = 2;
COMMIT;
