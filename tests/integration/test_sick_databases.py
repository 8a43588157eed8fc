# SPDX-License-Identifier: Apache-2.0
"""A database that answers and cannot be used, on SQLite, PostgreSQL and MariaDB: readiness tells what
is the matter and its cure, nothing is sent to Klarna, strangers learn nothing, the log says it once,
and when the cause is gone everything works again without a restart."""
import contextlib
import os
import re
import sqlite3
import subprocess

import pytest

import carts
import stores
from databases import DatabaseError
from httpd import RUN_AS, SLOW, Httpd
from sandbox import klarna_url
from shop import CHECKOUT, EXTRA, HEALTH, ORDERS, problem
from test_database import AUTHENTICATED_HEALTH
from waiting import eventually

pytestmark = pytest.mark.databases

FILE = stores.CHOSEN == "sqlite3"
PGSQL = stores.CHOSEN == "pgsql"
of_a_file = pytest.mark.skipif(not FILE, reason="of a database in a file")
of_a_server = pytest.mark.skipif(FILE, reason="of a database server")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can do this to a file")
STATUS = "/status/health"


@pytest.fixture
def start(box):
    """Starts a server, prepared before; stopped when the test ends."""
    servers = []

    def begin(prepare=lambda server: None, change=None, more=""):
        server = Httpd(klarna_url(box), EXTRA + AUTHENTICATED_HEALTH + more, change, start=False)
        prepare(server)
        # At the start, from httpd's own log of the database, and when it is over.
        server.allow_log("KLA0019: |KLA0041: the database works again|KLA0011: |AH006[23]|AH02655")
        server.start()
        servers.append(server)
        return server
    yield begin
    for server in servers:
        server.stop()


def start_payment(server):
    return server.post(CHECKOUT + "/sessions", {"signed_cart": carts.sign()}, None)


def is_sick(server, box, reason, *words):
    """What everybody is told."""
    told = eventually(lambda: _told(server, reason))
    for word in words:
        assert word in told["detail"] + " " + told["next"], told
    server.expect_log("KLA0020: .* 503 ")
    stranger = problem(server.get(HEALTH, None), 503, "not_ready")
    assert set(stranger) == {"type", "title", "status", "code", "detail", "next"}, stranger
    assert stranger["detail"] == "Payments cannot be taken now."
    box.forget_requests()
    refused = problem(start_payment(server), 503, "not_ready")
    assert refused["detail"] == stranger["detail"] and "reason" not in refused
    assert [seen for seen in box.requests() if seen["method"] != "GET"
            and "/sessions" not in seen["path"]] == []


def _told(server, reason):
    answer = server.get(STATUS)
    return answer.json if answer.status == 503 and answer.json.get("reason") == reason else None


def works_again(server):
    eventually(lambda: server.get(HEALTH, None).status == 200)
    assert start_payment(server).status == 201


# --- readiness ---------------------------------------------------------------------------------

def test_readiness_writes_one_row_and_no_other(start):
    server = start()
    before = server.rows()
    for _ in range(3):
        assert server.get(HEALTH, None).status == 200
    assert len(server.sql("SELECT merchant FROM klarna_worker WHERE merchant = ''")) == 1
    assert server.rows() == before


def test_readiness_does_not_write_while_others_do(start):
    """What was stored a moment ago proves it."""
    server = start()
    assert start_payment(server).status == 201
    assert server.get(HEALTH, None).status == 200
    assert server.sql("SELECT merchant FROM klarna_worker WHERE merchant = ''") == []


def _tables():
    with open(os.path.join(os.path.dirname(stores.SCHEMA), "pgsql.sql"), encoding="utf-8") as file:
        return re.findall(r"^CREATE TABLE (\w+)", file.read(), re.M)


@pytest.mark.parametrize("table", _tables())
def test_a_table_that_is_missing(start, box, table):
    server = start(lambda server: server.sql(f"ALTER TABLE {table} RENAME TO away"))
    told = eventually(lambda: _told(server, "no_table"))
    assert "tables are missing" in told["detail"] and "klarna-schema" in told["detail"]
    problem(server.get(HEALTH, None), 503, "not_ready")
    server.expect_log("KLA0020: .* 503 schema: .*klarna-schema")
    server.sql(f"ALTER TABLE away RENAME TO {table}")
    works_again(server)


# --- a file ------------------------------------------------------------------------------------

def _give(server, owner, names=("klarna.db",)):
    for name in names:
        path = os.path.join(server.dir, name)
        if os.path.exists(path):
            os.chown(path, *((0, 0) if owner == "root" else _ids()))


def _ids():
    import pwd      # pylint: disable=import-outside-toplevel
    entry = pwd.getpwnam(RUN_AS)
    return entry.pw_uid, entry.pw_gid


@of_a_file
@as_root
def test_anothers_file_is_not_healthy_and_heals(start, box):
    """The demo's usual accident: klarna-schema was run by root."""
    server = start(lambda server: _give(server, "root"))
    is_sick(server, box, "read_only", "can be read and not be written", "apachectl configtest",
            "no restart")
    _give(server, RUN_AS)
    works_again(server)


@of_a_file
@as_root
def test_all_kept_connections_heal_at_once(start, box):
    """Several were opened while the file could not be written: each is opened again when it is next
    used, and no payment fails for it."""
    server = start(lambda server: _give(server, "root"), more="DBDMin 8\n")
    is_sick(server, box, "read_only")
    _give(server, RUN_AS)
    for _ in range(20):
        assert start_payment(server).status == 201


@of_a_file
@as_root
def test_anothers_folder(start, box):
    """SQLite makes files beside the file."""
    server = start(lambda server: _give(server, "root", ["."]))
    is_sick(server, box, "read_only", "can be read and not be written", "file and its folder")
    _give(server, RUN_AS, ["."])
    works_again(server)


@of_a_file
@as_root
def test_a_full_disk(start, box, tmp_path):
    """A disk of 2 MB."""
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", tmp_path],
                      check=False, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        path = os.path.join(tmp_path, "klarna.db")
        stores.File(path)
        for name in (tmp_path, path):
            os.chown(name, *_ids())
        os.chmod(os.path.dirname(tmp_path), 0o755)
        os.chmod(tmp_path, 0o755)
        for parent in list(tmp_path.parents)[:3]:
            os.chmod(parent, os.stat(parent).st_mode | 0o055)
        server = start(change=lambda text: text.replace("${DIR}/klarna.db", path))
        works_again(server)
        ballast = os.path.join(tmp_path, "ballast")
        _fill(ballast)
        eventually(lambda: start_payment(server).status == 503)
        is_sick(server, box, "disk_full", "disk with the database is full", "df shows it")
        os.remove(ballast)
        works_again(server)
        server.stop()
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def _fill(path):
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


@of_a_file
def test_a_lock_that_stays(start, box):
    server = start(change=lambda text: text.replace("busy_timeout=500", "busy_timeout=20"))
    other = sqlite3.connect(server.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    is_sick(server, box, "database_busy", "held a lock for too long", "fuser")
    other.execute("COMMIT")
    other.close()
    works_again(server)


@of_a_file
def test_a_file_that_is_no_database(start, box):
    def spoil(server):
        os.rename(server.database, server.database + ".good")
        with open(server.database, "wb") as file:
            file.write(b"this is no database, whatever its name says\n" * 100)
        server.hand_over()
    server = start(spoil)
    is_sick(server, box, "database_damaged", "is no database", "integrity_check")
    os.rename(server.database + ".good", server.database)
    works_again(server)


@of_a_file
def test_a_file_that_was_replaced_is_noticed(start, box):
    """A backup is put in the place of the file while httpd runs. A connection would go on writing the
    file that nobody sees any more."""
    server = start()
    assert start_payment(server).status == 201
    fresh = server.database + ".fresh"
    stores.File(fresh)
    os.chmod(fresh, 0o640)
    os.rename(server.database, server.database + ".old")
    for end in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.rename(server.database + end, server.database + ".old" + end)
    os.rename(fresh, server.database)
    server.hand_over()
    for _ in range(10):
        assert start_payment(server).status == 201
    assert len(server.sql("SELECT id FROM klarna_payment")) == 10


# --- a server ----------------------------------------------------------------------------------

def _weak(server):
    """A user who may only read and write, as in production."""
    name = f"weak_{server.store.name}"
    if PGSQL:
        server.sql(f"CREATE ROLE {name} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES "
                   f"IN SCHEMA public TO {name}")
    else:
        server.sql(f"CREATE USER {name}@localhost; GRANT SELECT, INSERT, UPDATE, DELETE ON "
                   f"{server.store.name}.* TO {name}@localhost")
    server.configure(server.endpoint, server.extra, lambda text: _as_user(text, name))
    return name


def _as_user(text, name):
    text = text.replace("user=klarna" if PGSQL else "user=root", f"user={name}")
    return text.replace("target_session_attrs=read-write ", "")


@pytest.fixture
def weak(box):
    """A server whose database user is nobody special."""
    servers = []

    def begin():
        extra = EXTRA + AUTHENTICATED_HEALTH
        server = Httpd(klarna_url(box), extra, start=False)
        server.endpoint, server.extra = klarna_url(box), extra
        server.user = _weak(server)
        server.hand_over()
        server.allow_log("KLA0041: the database works again|KLA0011: |AH006[23]|AH02655")
        server.start()
        servers.append(server)
        return server
    yield begin
    for server in servers:
        server.stop()


@of_a_server
def test_a_server_that_only_reads(weak, box):
    """Sessions that began while it was so stay so on PostgreSQL: they are begun again."""
    server = weak()
    works_again(server)
    name = server.store.name
    if PGSQL:
        server.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = "
                   f"'{server.user}'")
    else:
        server.sql("SET GLOBAL read_only = 1")
    try:
        eventually(lambda: start_payment(server).status == 503)
        is_sick(server, box, "read_only", "can be read and not be written",
                "primary" if PGSQL else "read_only to OFF")
    finally:
        server.sql(f"SET default_transaction_read_only = off; ALTER DATABASE {name} RESET "
                   "default_transaction_read_only" if PGSQL else "SET GLOBAL read_only = 0")
    works_again(server)


@of_a_server
def test_a_user_who_may_not_write(weak, box):
    server = weak()
    works_again(server)
    who = server.user if PGSQL else f"{server.user}@localhost"
    what = ("ALL TABLES IN SCHEMA public" if PGSQL else f"{server.store.name}.*")
    server.sql(f"REVOKE INSERT, UPDATE, DELETE ON {what} FROM {who}"
               + ("" if PGSQL else f"; KILL USER {who}"))     # a session keeps what it may there
    eventually(lambda: start_payment(server).status == 503)
    is_sick(server, box, "database_denied", "may not do this", "GRANT SELECT, INSERT, UPDATE, DELETE")
    server.sql(f"GRANT INSERT, UPDATE, DELETE ON {what} TO {who}")
    works_again(server)


@contextlib.contextmanager
def _holding(server, text):
    """A session of the database's own client with an open transaction."""
    # pylint: disable=protected-access
    command = server.store.server._client(server.store.name) + ([] if PGSQL else ["--unbuffered"])
    client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env=server.store.server._environment())
    client.stdin.write(f"{text};\nSELECT 'held';\n")
    client.stdin.flush()
    assert "held" in client.stdout.readline()
    try:
        yield
    finally:
        client.stdin.close()
        client.wait()
        client.stdout.close()


@of_a_server
def test_a_row_that_somebody_holds(start, box):
    server = start()
    assert server.get(HEALTH, None).status == 200
    lock = ("BEGIN; LOCK TABLE klarna_worker, klarna_payment" if PGSQL else
            "BEGIN; UPDATE klarna_worker SET holder = 'x' WHERE merchant = ''")
    with _holding(server, lock):
        told = eventually(lambda: _told(server, "database_busy"))
        assert "held a lock for too long" in told["detail"]
        assert ("pg_locks" if PGSQL else "PROCESSLIST") in told["next"]
        server.expect_log("KLA0020: .* 503 ")
    works_again(server)


@of_a_server
def test_a_server_that_is_away(start, box):
    """It says so once, mod_dbd too, however many ask, and the reason is told."""
    server = start(more="KlarnaWorker On\n")
    works_again(server)
    server.allow_log(r"KLA003\d: .*database|\[dbd:error\]")
    server.new_log()
    stores.server().stop()
    try:
        told = eventually(lambda: _told(server, "database_unreachable"))
        assert re.search("cannot be reached: .*(refused|No such file|Can't connect|shutting down)", told["detail"],
                         re.I), told
        assert "DBDParams" in told["next"]
        for _ in range(50):
            problem(server.get(HEALTH, None), 503, "not_ready")
            problem(start_payment(server), 503, "not_ready")
            problem(server.get(ORDERS), 503, "store")
        lines = server.new_log()
        for tag in ("KLA0011", "KLA0020", "KLA0034"):
            assert sum(tag in line for line in lines) <= 2, lines
        assert sum("[dbd:" in line for line in lines) <= 24, lines
    finally:
        stores.server().start()
    works_again(server)
    eventually(lambda: any("KLA0041" in line for line in server.new_log()))
