# SPDX-License-Identifier: Apache-2.0
"""The three databases, each below a directory of its own, and a million orders into them.

Rows are written without the indexes that only serve reading; these are made when all is there,
as a restored backup does it. What would protect against a power cut is off while filling.
"""
import contextlib
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import time

import orders
from servers import ROOT, Failure, as_root, make_directory, run, takes_queries, unprivileged

SAMPLES = 400         # of each kind of reference
INDEX = re.compile(r"(?ms)^CREATE INDEX .*?;\n")


def schema(driver):
    """(tables, indexes) of conf/schema."""
    text = (ROOT / "conf/schema" / f"{driver}.sql").read_text(encoding="utf-8")
    return INDEX.sub("", text), INDEX.findall(text)


def _newest(pattern):
    return max(glob.glob(pattern), default=None)


class Database:
    """One that holds the orders: made and filled once, then started as often as wanted."""
    driver = owner = None

    def __init__(self, directory, start):
        self.directory, self.start = directory / self.driver, start
        self.note = self.directory / "filled.json"
        if not self.directory.is_dir():
            make_directory(self.directory, self.owner)
            self.make()
        elif not self.note.exists():
            raise Failure(f"{self.directory} is there and was never filled: remove it")

    def fill(self, number, seed):
        """Fills it, unless it is filled; gives the seconds that took."""
        wanted = [number, seed]
        if self.note.exists():
            self.filled = json.loads(self.note.read_text(encoding="utf-8"))
            if self.filled["wanted"] != wanted:
                raise Failure(f"{self.directory} holds {self.filled['wanted']} (orders, seed), "
                              f"not {wanted}")
            return 0.0
        began, now = time.monotonic(), int(time.time()) // 3600 * 3600 * 10**6
        samples = {}
        tables, indexes = schema(self.driver)
        self.script(tables)
        self.check_columns()
        self.load(self._batches(number, seed, now, samples))
        for index in indexes:
            self.script(index)
        self.settle()
        self.filled = {"wanted": wanted, "now": now, "samples": samples}
        self.note.write_text(json.dumps(self.filled), encoding="utf-8")
        return time.monotonic() - began

    def _batches(self, number, seed, now, samples):
        for batch in orders.batches(number, seed, now):
            for kind, values in batch.samples.items():
                samples.setdefault(kind, []).extend(values)
            yield batch
        for kind, values in samples.items():
            step = max(1, len(values) // SAMPLES)
            samples[kind] = values[::step]

    def check_columns(self):
        for table, columns in orders.TABLES.items():
            there = self.columns(table)
            if set(there) != set(columns):
                raise Failure(f"{table}: lists/orders.py and conf/schema differ in "
                              f"{sorted(set(there) ^ set(columns))}")


class Sqlite(Database):
    driver, owner, name = "sqlite3", "www-data", "SQLite"

    @staticmethod
    def missing():
        return None

    @property
    def path(self):
        return self.directory / "klarna.db"

    def make(self):
        """The file is made with the tables."""

    def _connect(self):
        db = sqlite3.connect(self.path, isolation_level=None)
        db.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-1000000;")
        return db

    def script(self, text):
        db = self._connect()
        db.executescript(text)
        db.close()

    def columns(self, table):
        db = self._connect()
        names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        db.close()
        return names

    def load(self, batches):
        """One transaction in a rollback journal that is not written."""
        db = self._connect()
        db.execute("PRAGMA journal_mode=OFF").fetchall()
        db.execute("BEGIN")
        for batch in batches:
            for table, columns in orders.TABLES.items():
                db.executemany(f"INSERT INTO {table} ({','.join(columns)}) "
                               f"VALUES ({','.join('?' * len(columns))})", getattr(batch, table))
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode=WAL").fetchall()
        db.close()

    def settle(self):
        db = self._connect()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        db.close()
        if as_root():
            for path in self.directory.iterdir():
                shutil.chown(path, self.owner, self.owner)

    def serve(self):
        """Starts what is needed; gives DBDriver, DBDParams, DBDInitSQL."""
        return self.driver, str(self.path), "PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000"

    def query(self, sql):
        db = sqlite3.connect(self.path)
        rows = db.execute(sql).fetchall()
        db.close()
        return rows

    def size(self):
        return self.path.stat().st_size

    @staticmethod
    def version():
        return sqlite3.sqlite_version


def tsv(rows):
    """Rows as COPY and LOAD DATA read them. No value holds a tab or a line's end."""
    return ("\n".join("\t".join(map(str, row)) for row in rows) + "\n").replace("\\", "\\\\")


class Served(Database):
    """What both servers have in common."""

    def __init__(self, directory, start):
        self.server = None
        super().__init__(directory, start)
        self.run(() if self.note.exists() else self.fast)

    def run(self, more):
        """Starts the server, again if need be, with more than its usual arguments."""
        if self.server:
            self.server.stop()
        self.server = self.begin(more)

    def fill(self, number, seed):
        seconds = super().fill(number, seed)
        if seconds:
            self.run(())
        return seconds


class Postgres(Served):
    driver, owner, name = "pgsql", "postgres", "PostgreSQL"

    @staticmethod
    def missing():
        found = _newest("/usr/lib/postgresql/*/bin/postgres")
        return None if found else "PostgreSQL is not installed"

    @property
    def bin(self):
        return pathlib.Path(_newest("/usr/lib/postgresql/*/bin/postgres")).parent

    def make(self):
        run([self.bin / "initdb", "-D", self.directory / "data", "-U", "klarna", "-A", "trust",
             "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], cwd="/", **unprivileged(self.owner))

    fast = ("-c", "fsync=off", "-c", "wal_level=minimal", "-c", "max_wal_senders=0")

    def begin(self, more):
        """As Debian configures it, and more."""
        return self.start(
            [str(self.bin / "postgres"), "-D", str(self.directory / "data"), "-k",
             str(self.directory), "-c", "listen_addresses=", *more],
            self.directory / "log", takes_queries(self.bin, self.directory),
            stop=signal.SIGINT, cwd="/", **unprivileged(self.owner))

    def serve(self):
        return self.driver, f"host={self.directory} dbname=klarna user=klarna connect_timeout=2", ""

    def _psql(self, database="klarna"):
        return [str(self.bin / "psql"), "-h", str(self.directory), "-U", "klarna", "-d", database,
                "-qAtX", "-v", "ON_ERROR_STOP=1"]

    def script(self, text):
        if not run(self._psql("postgres"), input="SELECT 1 FROM pg_database "
                                                 "WHERE datname = 'klarna'"):
            run(self._psql("postgres"), input="CREATE DATABASE klarna")
        run(self._psql(), input="SET maintenance_work_mem = '256MB';\n" + text)

    def columns(self, table):
        return [row[0] for row in self.query("SELECT column_name FROM information_schema.columns "
                                             f"WHERE table_name = '{table}'")]

    def load(self, batches):
        """In the transaction that emptied the tables nothing need be written twice."""
        with subprocess.Popen(self._psql(), stdin=subprocess.PIPE, text=True,
                              encoding="utf-8") as psql:
            with contextlib.suppress(BrokenPipeError):  # it has said why on stderr
                psql.stdin.write(f"BEGIN; TRUNCATE {', '.join(orders.TABLES)};\n")
                for batch in batches:
                    for table, columns in orders.TABLES.items():
                        psql.stdin.write(f"COPY {table} ({','.join(columns)}) FROM STDIN (FREEZE);"
                                         f"\n{tsv(getattr(batch, table))}\\.\n")
                psql.stdin.write("COMMIT;\n")
                psql.stdin.close()
            if psql.wait():
                raise Failure("psql could not load the orders")

    def settle(self):
        """As autovacuum leaves it."""
        self.script("VACUUM ANALYZE;")
        self.script("CHECKPOINT;")

    def query(self, sql):
        return [tuple(line.split("|")) for line in run(self._psql(), input=sql).splitlines()]

    def size(self):
        return int(self.query("SELECT pg_database_size('klarna')")[0][0])

    def version(self):
        return run([self.bin / "postgres", "-V"]).split()[2]


class MariaDb(Served):
    driver, owner, name = "mysql", "mysql", "MariaDB"

    @staticmethod
    def missing():
        return None if os.path.exists("/usr/sbin/mariadbd") else "MariaDB is not installed"

    def make(self):
        run(["/usr/bin/mariadb-install-db", "--no-defaults", f"--datadir={self.directory}/data",
             "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
             *([f"--user={self.owner}"] if as_root() else [])], cwd="/")

    # Rows come by random ids: what is filled must fit into memory.
    fast = ("--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=0", "--innodb-buffer-pool-size=8G", "--innodb-log-file-size=4G")

    def begin(self, more):
        """With a pool that holds a good part of the data, as its manual asks for."""
        return self.start(
            ["/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.directory}/data",
             f"--socket={self.directory}/socket", "--skip-networking",
             f"--pid-file={self.directory}/data/pid", "--innodb-buffer-pool-size=1G",
             "--local-infile=1", *more],
            self.directory / "log", self.directory / "socket", cwd="/",
            **unprivileged(self.owner))

    def serve(self):
        return (self.driver, f"sock={self.directory}/socket dbname=klarna user=root reconnect=0",
                "SET SESSION sql_mode = 'STRICT_ALL_TABLES', NAMES utf8mb4")

    def _client(self, database="klarna"):
        return ["/usr/bin/mariadb", "--no-defaults", "--default-character-set=utf8mb4", "-N", "-B",
                "--local-infile=1", "-u", "root", "-S", str(self.directory / "socket"), database]

    def script(self, text):
        run(self._client("mysql"),
            input="CREATE DATABASE IF NOT EXISTS klarna CHARACTER SET utf8mb4")
        run(self._client(), input=text)

    def columns(self, table):
        """Without those the server makes of the others."""
        return [row[0] for row in self.query(f"SHOW COLUMNS FROM {table}")
                if "GENERATED" not in row[-1]]

    def load(self, batches):
        checks = ("SET SESSION unique_checks = 0; SET SESSION foreign_key_checks = 0; "
                  "SET SESSION sql_mode = 'STRICT_ALL_TABLES'; ")
        for batch in batches:
            for table, columns in orders.TABLES.items():
                run([*self._client(), "-e", f"{checks} LOAD DATA LOCAL INFILE '/dev/stdin' INTO "
                     f"TABLE {table} CHARACTER SET utf8mb4 ({','.join(columns)})"],
                    input=tsv(getattr(batch, table)))

    def settle(self):
        self.script("ANALYZE TABLE " + ", ".join(orders.TABLES) + ";")

    def query(self, sql):
        return [tuple(line.split("\t")) for line in run(self._client(), input=sql).splitlines()]

    def size(self):
        return int(self.query("SELECT SUM(data_length + index_length) FROM "
                              "information_schema.tables WHERE table_schema = 'klarna'")[0][0])

    @staticmethod
    def version():
        return run(["/usr/sbin/mariadbd", "--version"]).split()[2]
