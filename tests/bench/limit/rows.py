# SPDX-License-Identifier: Apache-2.0
"""Authorized orders, written into the tables directly: some to capture, some the worker looks at."""
import json
import sqlite3
import time
import uuid

AMOUNT = 10000
LEDGER = json.dumps({"version": 1, "lines": [{
    "type": "physical", "reference": "cup", "name": "Cup", "quantity": 1, "unit_price": AMOUNT,
    "tax_rate": 0, "total_amount": AMOUNT, "total_tax_amount": 0}], "captures": [],
    "credit_invoices": []})
DAY_US = 86400 * 10**6


class Sqlite:
    """The file of servers.Databases."""
    name, driver = "SQLite", "sqlite3"

    def __init__(self, databases):
        self.path = databases.sqlite
        self.params, self.server = str(self.path), None

    def columns(self):
        with sqlite3.connect(self.path) as db:
            return [row[1:3] for row in db.execute("PRAGMA table_info(klarna_order)")]

    def script(self, text):
        with sqlite3.connect(self.path, timeout=10) as db:
            db.executescript(f"BEGIN; {text} COMMIT;")


class Postgres:
    """The server of servers.Databases."""
    name, driver = "PostgreSQL", "pgsql"

    def __init__(self, databases):
        self.databases, self.server = databases, databases.server
        self.params = f"host={databases.socket} dbname=klarna user=klarna connect_timeout=2"

    def columns(self):
        rows = self.databases.psql("SELECT column_name, data_type FROM information_schema.columns "
                                   "WHERE table_name = 'klarna_order' ORDER BY ordinal_position")
        return [row.split("|") for row in rows.splitlines()]

    def script(self, text):
        self.databases.psql(f"BEGIN; {text} COMMIT;")


def quoted(value):
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def order(number, check_at, now):
    klarna_id = str(uuid.uuid4())
    return {
        "id": str(uuid.uuid4()), "version": 1, "merchant": "default", "environment": "playground",
        "channel": "online", "order_key": f"k{number}", "callback_secret": f"s{number}",
        "state": "AUTHORIZED", "fraud_status": "ACCEPTED",
        "session_id": "s", "klarna_order_id": klarna_id, "klarna_reference": f"R{number}",
        "country": "SE", "currency": "SEK", "locale": "sv-SE", "original_amount": AMOUNT,
        "order_amount": AMOUNT, "remaining_amount": AMOUNT, "created_at": now, "updated_at": now,
        "expires_at": now + 28 * DAY_US, "open_until": now + 28 * DAY_US, "checks": 3,
        "check_at": check_at, "ledger": LEDGER}


def insert(database, number, a_second=0):
    """Writes that many orders; with a_second the worker is to look at so many of them in each second
    from now on, else not before tomorrow. Columns that an order does not name are empty or 0."""
    now = int(time.time() * 10**6)
    orders = [order(i, now + (i * 10**6 // a_second if a_second else DAY_US), now)
              for i in range(number)]
    columns = [(name, "" if kind.lower().startswith(("text", "char", "varchar")) else 0)
               for name, kind in database.columns()]
    names = ", ".join(name for name, _ in columns)
    values = (", ".join(quoted(row.get(name, empty)) for name, empty in columns) for row in orders)
    database.script("".join(f"INSERT INTO klarna_order ({names}) VALUES ({row});\n"
                            for row in values))
    return orders
