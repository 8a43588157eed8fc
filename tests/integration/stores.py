# SPDX-License-Identifier: Apache-2.0
"""The databases the module's orders are kept in. KLARNA_DATABASE chooses: sqlite3 (a file of its
own for each server root), pgsql or mysql (one private database server for the session, a
database of its own for each server root)."""
import os
import re
import sqlite3
import subprocess

import sandbox      # noqa: F401  (puts these on the path)
import databases
from sandbox_client import ROOT

CHOSEN = os.environ.get("KLARNA_DATABASE") or "sqlite3"
SCHEMA = os.path.join(ROOT, "conf", "schema", "sqlite3.sql")
_servers = []


class File:
    """SQLite, configured as conf/demo.conf does it."""

    def __init__(self, path, schema=True):
        self.path = path
        if schema:
            with open(SCHEMA, encoding="utf-8") as file:
                self.script(file.read())

    def script(self, text):
        """Any number of statements."""
        database = sqlite3.connect(self.path)
        database.executescript(text)
        database.close()

    def arguments(self):
        """For klarna-schema, and with it for the client."""
        return [self.path]

    def sql(self, text):
        database = sqlite3.connect(self.path, timeout=60)
        try:
            with database:
                return database.execute(text).fetchall()
        finally:
            database.close()

    def dump(self):
        """All of it as text, as the database's own client writes it."""
        return subprocess.run(["sqlite3", "-batch", "-init", "/dev/null", self.path, ".dump"],
                              check=True, capture_output=True, text=True).stdout

    def configure(self, text):
        return text


class OnServer:
    """A database on a server."""

    def __init__(self, server, schema=True):
        self.server = server
        self.name = server.new_database(schema)

    def sql(self, text):
        return self.server.sql(text, self.name)

    script = sql

    def arguments(self):
        return self.server.arguments(self.name)

    def dump(self):
        return self.server.dump(self.name)

    def configure(self, text):
        """The demo's configuration with this database in the place of its own."""
        text, found = re.subn(r"(?m)^DBDInitSQL .*\n", "", text)
        assert found == 1
        text = re.sub(r"(?m)^DBDParams .*\n", "", text)
        return re.sub(r"(?m)^DBDriver .*\n", lambda _: self.server.configuration(self.name), text)


def server():
    """The session's database server, started when it is first asked for."""
    if not _servers:
        _servers.append(databases.SERVERS[CHOSEN]())
    return _servers[0]


def new(path, schema=True):
    return File(path, schema) if CHOSEN == "sqlite3" else OnServer(server(), schema)


def stop():
    while _servers:
        _servers.pop().remove()
