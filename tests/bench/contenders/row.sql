-- SPDX-License-Identifier: Apache-2.0
-- The one row that the contenders store: a primary key and no other index.
CREATE TABLE bench_order (
    id               TEXT   NOT NULL PRIMARY KEY,
    state            TEXT   NOT NULL,
    session_id       TEXT   NOT NULL,
    client_token     TEXT   NOT NULL,
    country          TEXT   NOT NULL,
    currency         TEXT   NOT NULL,
    order_amount     BIGINT NOT NULL,
    order_tax_amount BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    lines            TEXT   NOT NULL
);
