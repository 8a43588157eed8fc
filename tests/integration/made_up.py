# SPDX-License-Identifier: Apache-2.0
"""Orders, payments and operations nobody made: copies of a real row with other values, for lists that need
many or rare ones."""
import os
import re

from sandbox_client import ROOT


def _columns(table):
    """From the schema file, so that a new column needs no change here."""
    path = os.path.join(ROOT, "conf", "schema", "sqlite3.sql")
    with open(path, encoding="utf-8") as file:
        body = re.search(rf"CREATE TABLE {table} \((.*?)\n\) STRICT", file.read(), re.S)[1]
    return re.findall(r"(?m)^    ([a-z]\w+) +(?:TEXT|INTEGER) ", body)


COLUMNS = {table: _columns(table) for table in ("klarna_order", "klarna_payment",
                                                   "klarna_operation")}


def _literal(value):
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def copy(server, table, row_id, **values):
    """A copy of a row with these values; texts must hold no backslash (MariaDB)."""
    unknown = set(values) - set(COLUMNS[table])
    assert not unknown, unknown
    names = ", ".join(COLUMNS[table])
    taken = ", ".join(_literal(values[name]) if name in values else name
                      for name in COLUMNS[table])
    server.sql(f"INSERT INTO {table} ({names}) SELECT {taken} FROM {table}"
               f" WHERE id = '{row_id}'")


def order(server, row_id, new_id, **values):
    copy(server, "klarna_order", row_id, id=new_id,
         **({"klarna_order_id": new_id} | values))


def payment(server, row_id, new_id, **values):
    copy(server, "klarna_payment", row_id, id=new_id, cart_claim=new_id, **values)


def operation(server, row_id, new_id, **values):
    copy(server, "klarna_operation", row_id, id=new_id, client_key="-" + new_id, **values)
