# SPDX-License-Identifier: Apache-2.0
"""klarna-schema: it creates the tables and upgrades those of versions 1 to 3 with what is in them, can
be killed anywhere, and does nothing twice."""
import os
import re
import subprocess
import time

import pytest

import stores
import version_1
from sandbox_client import ROOT
from waiting import eventually

pytestmark = pytest.mark.databases

COMMAND = os.path.join(ROOT, "scripts", "klarna-schema")
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}


def run(*arguments, answer="", driver=stores.CHOSEN):
    done = subprocess.run([COMMAND, *arguments[:-1], driver, *arguments[-1]], input=answer,
                          text=True, env=ENVIRONMENT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120)
    return done.returncode, done.stdout


def right(store, *words):
    """It ends well and says this."""
    status, told = run("--yes", store.arguments())
    assert status == 0 and all(word in told for word in words), told


def wrong(store, *words):
    """It refuses, says this, and leaves everything as it was."""
    before = version_1.describe(store)
    status, told = run("--yes", store.arguments())
    assert status == 1 and all(word in told for word in words), told
    assert version_1.describe(store) == before


@pytest.fixture
def new_store(tmp_path):
    made = []

    def new(schema=False):
        made.append(stores.new(os.path.join(tmp_path, f"{len(made)}.db"), schema))
        return made[-1]
    return new


@pytest.fixture
def old(new_store):
    """A database of version 1, and what must come of it."""
    store = new_store()
    data = version_1.as_if_new(version_1.read("v1_data.sql"))
    version_1.fill(store, data)
    return store, version_1.Expected(data)


@pytest.fixture(params=["1", "2-whole", "2-early", "2-by_hand", "3"])
def older(request, new_store):
    """A database of each version, what must come of it, and the file that is the next step."""
    store, (version, _, kind) = new_store(), request.param.partition("-")
    data = version_1.as_if_new(version_1.read("v1_data.sql"))
    version_1.fill(store, data)
    expected = version_1.Expected(data)
    if version == "2":
        expected = version_1.Expected(data, version_1.to_version_2(store, kind))
    if version == "3":
        version_1.to_version_3(store)
    return store, expected, version_1.upgrade(f"{version}-{int(version) + 1}")


@pytest.fixture
def fresh(new_store):
    return version_1.describe(new_store(True))


def test_create(new_store, fresh):
    store = new_store()
    status, told = run(store.arguments(), answer="n\n")
    assert status == 1 and "version 4 will be created" in told and "Nothing was done" in told
    assert run(store.arguments())[0] == 1       # nobody answers
    assert stores.CHOSEN != "sqlite3" or not os.path.exists(store.path)
    status, told = run(store.arguments(), answer="y\n")
    assert status == 0 and "They are created." in told
    assert version_1.describe(store) == fresh
    right(store, "are version 4, as they should be")
    assert version_1.describe(store) == fresh


def test_a_creation_that_was_not_finished(new_store, fresh):
    store = new_store(True)
    store.sql("DROP TABLE klarna_callback")
    store.sql("DELETE FROM klarna_schema")
    right(store, "a creation that was not finished", "They are created.")
    assert version_1.describe(store) == fresh
    # What holds a row is never dropped.
    store.sql("DELETE FROM klarna_schema")
    store.sql("INSERT INTO klarna_worker (merchant, holder, held_until) VALUES ('m', 'h', 1)")
    wrong(store, "not empty", "klarna_worker 1", "Restore a backup")
    store.sql("DROP TABLE klarna_schema")
    wrong(store, "not empty", "klarna_worker 1", "Restore a backup")
    assert store.sql("SELECT merchant FROM klarna_worker") == [("m",)]


def test_tables_of_another_version(new_store):
    store = new_store(True)
    store.sql("UPDATE klarna_schema SET version = 5")
    wrong(store, "are version 5", "needs version 4", "Install the mod_klarna")
    store.sql("UPDATE klarna_schema SET version = 0")
    wrong(store, "no way from version 0")
    store.sql("INSERT INTO klarna_schema (version) VALUES (2)")
    wrong(store, "more than one version")


def test_upgrade(old, fresh):
    store, expected = old
    before = version_1.describe(store)
    status, told = run(store.arguments(), answer="no\n")
    assert status == 1 and "Nothing was done" in told
    assert all(f"{table}, a new table" in told for table in ("klarna_payment", "klarna_invoice"))
    assert "New tables: klarna_batch and klarna_batch_item" in told
    assert version_1.describe(store) == before
    rows = {table: len(rows) for table, rows in expected.tables.items()}
    orders, payments = rows["klarna_order"], rows["klarna_payment"]
    right(store, "are version 1", f"klarna_order: {orders + payments}", "version 4 now",
          f"klarna_order: {orders}\n", f"klarna_payment: {payments}\n")
    assert version_1.describe(store) == fresh
    expected.check(store)
    right(store, "are version 4, as they should be")
    # Whoever began at the same moment and comes second changes nothing either.
    for step in ("1-2", "2-3", "3-4"):
        with open(version_1.upgrade(step), "rb") as file:
            status = subprocess.run([*_client(), *store.arguments()], stdin=file, env=ENVIRONMENT,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    check=False).returncode
        assert status != 0
        assert version_1.describe(store) == fresh
        expected.check(store)


# --- killed --------------------------------------------------------------------------------------

def _client():
    return {"sqlite3": ["sqlite3", "-batch", "-bail"],
            "pgsql": ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"],
            "mysql": ["mariadb"]}[stores.CHOSEN]


def _statements(upgrade):
    """Of that file, each with the comment before it."""
    statements, block = [""], False
    with open(upgrade, encoding="utf-8") as file:
        for line in file:
            statements[-1] += line
            code = line.partition("--")[0].rstrip()
            block ^= code.count("$$") == 1      # PostgreSQL's block of code is one statement
            if code.endswith(";") and not block:
                statements.append("")
    return statements[:-1]


def _begun(store, statements, path):
    """A client that has executed these and wants more."""
    tell = ".shell touch" if stores.CHOSEN == "sqlite3" else "\\! touch"
    client = subprocess.Popen([*_client(), *store.arguments()], stdin=subprocess.PIPE, text=True,
                              env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    client.stdin.write("".join(statements) + f"{tell} {path}\n")
    client.stdin.flush()

    def come():
        assert client.poll() is None, client.stdout.read()
        return os.path.exists(path)
    eventually(come)
    return client


def test_killed_after_each_statement(older, fresh, tmp_path):
    """Again and again, each time one statement later. In a transaction nothing has changed then;
    MariaDB goes on with what is left."""
    store, expected, upgrade = older
    statements = _statements(upgrade)
    version = store.sql("SELECT version FROM klarna_schema")
    assert len(statements) > 12
    before = version_1.describe(store)
    for n in range(1, len(statements)):
        with _begun(store, statements[:n], os.path.join(tmp_path, f"after-{n}")) as client:
            client.kill()
        if stores.CHOSEN != "mysql":
            assert "COMMIT" not in statements[n - 1]
            eventually(lambda: version_1.describe(store) == before)
        else:
            eventually(lambda: store.sql("SELECT COUNT(*) FROM information_schema.processlist "
                                         "WHERE db = DATABASE()") == [("1",)])
        assert store.sql("SELECT version FROM klarna_schema") == version
    right(store, "version 4 now")
    assert version_1.describe(store) == fresh
    expected.check(store)


def test_two_at_once(older, fresh, tmp_path):
    """Whoever began ends well. The other may have to be run again; nothing is done twice."""
    store, expected, upgrade = older
    statements = _statements(upgrade)
    first = _begun(store, statements[:6], os.path.join(tmp_path, "begun"))
    second = subprocess.Popen([COMMAND, "--yes", stores.CHOSEN, *store.arguments()], text=True,
                              env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    time.sleep(0.5)         # time enough to get in each other's way
    told = [process.communicate(text, timeout=60)[0] for process, text in
            ((first, "".join(statements[6:])), (second, None))]
    assert first.returncode == 0, told
    right(store, "version 4")
    assert version_1.describe(store) == fresh
    expected.check(store)


# --- the command line ----------------------------------------------------------------------------

@pytest.mark.parametrize("driver, arguments, words", [
    ("oracle", ["klarna"], "Say which database"), ("", [], "Say which database"),
    ("sqlite3", [], "one file"), ("sqlite3", ["a", "b"], "one file"),
    ("pgsql", ["dbname=klarna password=x"], "no password"),
    ("pgsql", ["postgresql://klarna:x@db/klarna"], "no password"),
    ("mysql", ["-px", "klarna"], "no password"),
    ("mysql", ["--password=x", "klarna"], "no password")])
def test_wrong_usage(driver, arguments, words):
    status, told = run("--yes", arguments, driver=driver)
    assert status == 2 and words in told and "--help" in told


def test_help():
    done = subprocess.run([COMMAND, "--help"], env=ENVIRONMENT, text=True, stdout=subprocess.PIPE,
                          check=True)
    assert all(word in done.stdout for word in ("sqlite3", "pgsql", "mysql", "--yes", "backup"))


def test_a_client_that_is_missing(tmp_path):
    done = subprocess.run([COMMAND, "sqlite3", "x"], env={"PATH": str(tmp_path)}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 1 and "sqlite3 is missing" in done.stdout


def test_a_database_that_cannot_be_reached(tmp_path):
    """The client says why; nothing is taken for an empty database."""
    missing = {"sqlite3": [os.path.join(tmp_path, "missing", "klarna.db")],
               "pgsql": ["-h", str(tmp_path), "-d", "klarna"],
               "mysql": ["--no-defaults", "-S", os.path.join(tmp_path, "sock"), "klarna"]}
    status, told = run("--yes", missing[stores.CHOSEN])
    assert status == 1
    assert re.search("unable to open|No such file|Can't connect", told), told
    assert stores.CHOSEN == "sqlite3" or "will be created" not in told
