-- SPDX-License-Identifier: Apache-2.0
-- The others' table: the columns, checks and indexes of the module's own.
CREATE TABLE bench_payment (LIKE klarna_payment INCLUDING ALL);
