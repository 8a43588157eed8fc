-- SPDX-License-Identifier: Apache-2.0
--
-- mod_klarna's tables on PostgreSQL from version 2 to version 3, in one transaction. For
-- klarna-schema, which shows these lines first:
--
-- : klarna_order and klarna_payment get columns for payments in store: department, till, terminal,
-- : cashier and invoice, and indexes by till and by invoice. klarna_payment loses link and
-- : distribution. Orders, payments and operations stay as they are.
-- : klarna_invoice, a new table, keeps what the host says of an invoice that is paid in store.
-- : klarna_payment.addresses, which some tables of version 2 lack, is in all of version 3.

BEGIN;
SET LOCAL client_min_messages = warning; -- nothing is said of what is there already

-- Nobody writes meanwhile, and a second upgrade waits here and then finds nothing to do.
LOCK TABLE klarna_schema, klarna_order, klarna_operation, klarna_payment IN ACCESS EXCLUSIVE MODE;
DO $$ BEGIN
    IF (SELECT version FROM klarna_schema) <> 2 THEN
        RAISE EXCEPTION 'somebody else has upgraded these tables in the meantime';
    END IF;
END $$;

-- With a default they are added without a word written to the rows; it is not wanted after that.
-- Where addresses are not known, Klarna is asked.
ALTER TABLE klarna_payment
    DROP COLUMN link,
    DROP COLUMN distribution,
    ADD COLUMN IF NOT EXISTS addresses TEXT NOT NULL DEFAULT 'gone',
    ADD COLUMN department TEXT NOT NULL DEFAULT '',
    ADD COLUMN terminal TEXT NOT NULL DEFAULT '',
    ADD COLUMN cashier TEXT NOT NULL DEFAULT '';
ALTER TABLE klarna_payment
    ALTER COLUMN addresses DROP DEFAULT,
    ALTER COLUMN department DROP DEFAULT,
    ALTER COLUMN terminal DROP DEFAULT,
    ALTER COLUMN cashier DROP DEFAULT;
CREATE INDEX klarna_payment_by_till ON klarna_payment (merchant, till, created_at, id)
    WHERE till <> '';
CREATE INDEX klarna_payment_by_invoice ON klarna_payment (merchant, invoice, created_at, id)
    WHERE invoice <> '';

ALTER TABLE klarna_order
    ADD COLUMN department TEXT NOT NULL DEFAULT '',
    ADD COLUMN till TEXT NOT NULL DEFAULT '',
    ADD COLUMN terminal TEXT NOT NULL DEFAULT '',
    ADD COLUMN cashier TEXT NOT NULL DEFAULT '',
    ADD COLUMN invoice TEXT NOT NULL DEFAULT '';
ALTER TABLE klarna_order
    ALTER COLUMN department DROP DEFAULT,
    ALTER COLUMN till DROP DEFAULT,
    ALTER COLUMN terminal DROP DEFAULT,
    ALTER COLUMN cashier DROP DEFAULT,
    ALTER COLUMN invoice DROP DEFAULT;
CREATE INDEX klarna_order_by_till ON klarna_order (merchant, till, created_at, id)
    WHERE till <> '';
CREATE INDEX klarna_order_by_invoice ON klarna_order (merchant, invoice, created_at, id)
    WHERE invoice <> '';

-- Some tables of version 2 have other ones, or none.
DROP INDEX IF EXISTS klarna_order_by_reference,
    klarna_order_by_reference1,
    klarna_order_by_reference2,
    klarna_order_by_channel,
    klarna_operation_kept;
CREATE INDEX klarna_order_by_reference ON klarna_order (merchant, klarna_reference)
    WHERE klarna_reference <> '';
CREATE INDEX klarna_order_by_reference1 ON klarna_order (merchant, reference1)
    WHERE reference1 <> '';
CREATE INDEX klarna_order_by_reference2 ON klarna_order (merchant, reference2)
    WHERE reference2 <> '';
CREATE INDEX klarna_order_by_channel ON klarna_order (merchant, channel, created_at, id)
    WHERE channel <> 'online';
CREATE INDEX klarna_operation_kept ON klarna_operation (merchant, updated_at)
    WHERE next_at = 0 AND (path <> '' OR (kind IN ('place_order', 'shipping_address', 'distribute') AND refusal <> ''));

-- What the host said of an invoice that is paid in store, and its credit notes.
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

UPDATE klarna_schema SET version = 3;
COMMIT;
