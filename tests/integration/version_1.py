# SPDX-License-Identifier: Apache-2.0
"""Databases of version 1 of the schema with what its module left in one (tests/schema), those of
versions 2 and 3 that come of them, and what must be in them after the upgrade."""
import os
import json
import re
import sqlite3
import time

import stores
from sandbox_client import ROOT

FILES = os.path.join(ROOT, "tests", "schema")
UPGRADES = os.path.join(ROOT, "conf", "schema", "upgrade")
TABLES = ("klarna_order", "klarna_operation", "klarna_reference", "klarna_callback")
NEW_TABLES = ("klarna_invoice", "klarna_batch", "klarna_batch_item", "klarna_note", "klarna_label",
              "klarna_article")
MOMENT = re.compile(r"(?<![\w.-])(1[78]\d{8})(\d{6})?(?=[^\w-])")   # seconds, microseconds
ISO = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d")
LIFETIME = 48 * 3600 * 1000000     # of a session, microseconds
TOLD = '{"customer":{"date_of_birth":"1980-01-01"}}'
IN_STORE = {name: "" for name in ("department", "till", "terminal", "cashier", "invoice")}
ISO_FORMAT = "%Y-%m-%dT%H:%M:%S"


def read(name):
    with open(os.path.join(FILES, name), encoding="utf-8") as file:
        return file.read()


def as_if_new(text):
    """The dump, made so many seconds later: its sessions and keys are as young as they were."""
    made = int(re.search(r"at (\d{10})\d{6} ", text)[1])
    later = int(time.time()) - made

    def iso(found):
        moment = time.mktime(time.strptime(found[0], ISO_FORMAT))
        return time.strftime(ISO_FORMAT, time.localtime(moment + later))
    text = MOMENT.sub(lambda found: str(int(found[1]) + later) + (found[2] or ""), text)
    return ISO.sub(iso, text)


def fill(store, data):
    store.script(read(f"v1.{stores.CHOSEN}.sql"))
    # A backslash is a character, as it is everywhere but in MariaDB.
    head = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES';\n"
    store.script((head if stores.CHOSEN == "mysql" else "BEGIN;\n") + data
                 + ("" if stores.CHOSEN == "mysql" else "COMMIT;\n"))


def upgrade(step):
    """The file of SQL, for step "1-2"."""
    return os.path.join(UPGRADES, f"{step}.{stores.CHOSEN}.sql")


def to_version_2(store, kind):
    """From version 1, as a checkout of its time made it: "whole"; "early", from before payments kept
    addresses and operations had their last index; "by_hand", that one with its column added.
    Returns how the addresses of a payment are after the next upgrade."""
    with open(upgrade("1-2"), encoding="utf-8") as file:
        store.script(file.read())
    if kind != "whole":
        store.script("ALTER TABLE klarna_payment DROP COLUMN addresses;\n" + {
            "mysql": "ALTER TABLE klarna_operation DROP INDEX klarna_operation_due, DROP COLUMN kept,"
                     " ADD INDEX klarna_operation_due (merchant, next_at);\n"
        }.get(stores.CHOSEN, "DROP INDEX klarna_operation_kept;\n"))
    if kind == "by_hand":
        store.script("ALTER TABLE klarna_payment ADD COLUMN addresses "
                     + ("MEDIUM" if stores.CHOSEN == "mysql" else "") + "TEXT NOT NULL DEFAULT '';")
    if kind == "early":
        return lambda row: "gone"
    store.sql(f"UPDATE klarna_payment SET addresses = '{TOLD}' WHERE reference1 = 'created'")
    return lambda row: TOLD if row["reference1"] == "created" else \
        "gone" if kind == "whole" else ""


def to_version_3(store):
    """From version 1, by way of version 2."""
    for step in ("1-2", "2-3"):
        with open(upgrade(step), encoding="utf-8") as file:
            store.script(file.read())


def klarna(path):
    """What the sandbox knew at the same moment, as its state file."""
    database = sqlite3.connect(path)
    database.executescript(as_if_new(read("v1_klarna.sql")))
    database.close()


class Expected:
    """Computed from the dump, without SQL."""

    def __init__(self, data, addresses=lambda row: "gone"):
        database = sqlite3.connect(":memory:")
        database.row_factory = sqlite3.Row
        database.executescript(read("v1.sqlite3.sql") + data)
        old = {table: [dict(row) for row in database.execute(f"SELECT * FROM {table}")]
               for table in TABLES}
        database.close()
        self.tables = {table: old[table] for table in TABLES[2:]}
        self.tables["klarna_operation"] = [_operation(row) for row in old["klarna_operation"]]
        moved = [row for row in old["klarna_order"] if row["klarna_order_id"] == row["id"]
                 and not row["attention"]]
        self.tables["klarna_payment"] = [_payment(row) | {"addresses": addresses(row)} for row in moved]
        self.tables["klarna_order"] = [_order(row) for row in old["klarna_order"]
                                       if row not in moved]
        self.tables["klarna_reference"] = _distinct(
            row | {"value": row["value"].lower()} for row in old["klarna_reference"])
        self.tables["klarna_worker"] = []
        self.tables |= {table: [] for table in NEW_TABLES}
        self.tables["klarna_article"] = _distinct(
            {"merchant": row["merchant"], "article": line["reference"].lower(),
             "created_at": row["created_at"], "order_id": row["id"]}
            for row in self.tables["klarna_order"] for line in json.loads(row["ledger"])["lines"]
            if line.get("reference") and line["type"] not in ("shipping_fee", "sales_tax"))
        self.tables["klarna_schema"] = [{"version": 4}]

    def check(self, store):
        for table, rows in self.tables.items():
            assert contents(store, table, list(rows[0]) if rows else ["1"]) == _sorted(
                [[str(value) for value in row.values()] for row in rows]), table


def _distinct(rows):
    return [dict(row) for row in sorted({tuple(row.items()) for row in rows})]


def _order(row):
    return {name: value for name, value in row.items()
            if name not in ("client_key", "client_token")} | IN_STORE


def _operation(row):
    final, code, result = row["state"] == "confirmed", row["error_code"], row["result"]
    marked = {"not_started": "refused", "unclaimed": "unknown", "key_expired": "unknown"}
    hint = re.fullmatch(r'\{"hint":"([0-9a-f-]{36})"\}', result)
    adopts = row["kind"] == "place_order" and row["method"] == "GET"
    return row | {"kind": "adopt" if adopts else row["kind"],
                  "mark": code if marked.get(code) == row["state"] else "",
                  "hint": hint[1] if hint else "",
                  "refusal": "" if final or hint else result,
                  "result": result if final else ""}


def _payment(row):
    same = ("id version merchant environment callback_secret client_hash state session_id "
            "client_token country currency locale order_amount order_tax_amount reference1 "
            "reference2 confirmation_url pending_op created_at updated_at check_at").split()
    return {name: row[name] for name in same} | IN_STORE | {
        "kind": "online", "payment_key": row["order_key"], "cart_claim": row["id"],
        "keep_until": row["created_at"] + LIFETIME, "cart": row["ledger"], "reason_code": "", "reason": "",
        "expires_at": row["created_at"] + LIFETIME}


def _sorted(rows):
    return sorted(rows)


def contents(store, table, names):
    rows = [[str(value) for value in row]
            for row in store.sql(f"SELECT {', '.join(names)} FROM {table}")]
    if stores.CHOSEN == "mysql":    # its client writes a backslash twice
        rows = [[value.replace("\\\\", "\\") for value in row] for row in rows]
    return _sorted(rows)


# --- the tables themselves -----------------------------------------------------------------------

DESCRIPTIONS = {
    "sqlite3": ["SELECT type, name, tbl_name, sql FROM sqlite_master"],
    # Where a column stands is not a difference: nothing asks for all of them without their names.
    "pgsql": ["SELECT table_name, column_name, data_type, character_maximum_length, is_nullable,"
              " column_default, collation_name FROM information_schema.columns"
              " WHERE table_schema = 'public'",
              "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
              "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
              " WHERE connamespace = 'public'::regnamespace"],
    "mysql": ["SELECT table_name, ordinal_position, column_name, column_type, is_nullable,"
              " column_default, collation_name, extra FROM information_schema.columns"
              " WHERE table_schema = DATABASE()",
              "SELECT table_name, index_name, seq_in_index, column_name, sub_part, non_unique"
              " FROM information_schema.statistics WHERE table_schema = DATABASE()",
              "SELECT table_name, constraint_name, check_clause"
              " FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()",
              "SELECT table_name, engine, table_collation FROM information_schema.tables"
              " WHERE table_schema = DATABASE()"],
}


def describe(store):
    """Everything but the rows."""
    return sorted(tuple(map(str, row)) for question in DESCRIPTIONS[stores.CHOSEN]
                  for row in store.sql(question))
