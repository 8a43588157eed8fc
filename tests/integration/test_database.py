# SPDX-License-Identifier: Apache-2.0
"""The database is missing, empty, of another version, or held by somebody else."""
import os
import sqlite3
import threading
import time

import pytest

import carts
from httpd import SLOW, Httpd
from sandbox import klarna_url
from shop import CHECKOUT, EXTRA, HEALTH, ORDERS, Shop, new_key, problem
from waiting import HELD, eventually

AUTHENTICATED_HEALTH = """
<Location /status>
    SetHandler klarna-status
    AuthType Basic
    AuthName "Operator"
    AuthUserFile ${DIR}/users
    Require valid-user
</Location>
"""


@pytest.fixture
def broken(box):
    """Starts a server whose database is not right; stopped when the test ends."""
    servers = []

    def start(prepare=lambda server: None, change=None):
        server = Httpd(klarna_url(box), EXTRA + AUTHENTICATED_HEALTH, change, start=False)
        prepare(server)
        server.hand_over()
        server.allow_log("KLA0019: DBDParams: |KLA0041: the database works again")
        server.start()
        servers.append(server)
        return server
    yield start
    for server in servers:
        server.stop()


def _sql(*statements):
    def prepare(server):
        database = sqlite3.connect(server.database)
        for statement in statements:
            database.execute(statement)
        database.commit()
        database.close()
    return prepare


def _remove(server):
    os.remove(server.database)


def _truncate(server):
    with open(server.database, "wb") as file:
        file.write(b"this is no database, whatever its name says\n" * 100)


# What is wrong with it, the cure that is told, and what the database itself says to the log.
CURES = {
    "no file": (_remove, "Run klarna-schema sqlite3 on", "no such table"),
    "no tables": (_sql("DROP TABLE klarna_schema"), "Run klarna-schema sqlite3 on", "no such table"),
    "half a schema": (_sql("DELETE FROM klarna_schema"), "tables are incomplete", None),
    "a newer schema": (_sql("UPDATE klarna_schema SET version = 99"), "version 99", None),
    "an older schema": (_sql("UPDATE klarna_schema SET version = 1"), "holds version 1", None),
    "no database at all": (_truncate, "is no database, or is damaged", "file is not a database"),
}


@pytest.mark.parametrize("what", CURES)
def test_a_database_that_cannot_be_used(broken, box, what):
    prepare, cure, words = CURES[what]
    server = broken(prepare)
    server.expect_log("KLA0020: .* 503 schema: ")
    if words:
        server.expect_log(f"KLA0011: statement klarna_schema_version: {words}")
    # Anybody learns that it is not ready, the operator why.
    told = problem(server.get(HEALTH, None), 503, "not_ready")
    assert cure not in str(told)
    told = problem(server.get("/status/health"), 503, "schema")
    assert cure in told["detail"] and told["next"]
    box.forget_requests()
    problem(server.post(CHECKOUT + "/sessions", {"signed_cart": carts.sign()}, None), 503,
            "not_ready")
    problem(server.get(ORDERS), 503, "schema")
    assert box.requests() == []


def test_a_database_that_cannot_be_opened(broken, box):
    server = broken(change=lambda text: text.replace("${DIR}/klarna.db",
                                                     "${DIR}/missing/klarna.db"))
    server.expect_log("KLA0020: .* 503 ")
    server.allow_log(r"\[dbd:(error|crit)\] ")
    server.allow_log(r"\[core:error\] .*AH00632|AH00629|AH00633|AH00634|AH00635")
    problem(server.get(HEALTH, None), 503, "not_ready")
    told = problem(server.get("/status/health"), 503, "store")
    assert "database" in told["detail"]
    box.forget_requests()
    problem(server.post(CHECKOUT + "/sessions", {"signed_cart": carts.sign()}, None), 503,
            "not_ready")
    assert box.requests() == []


def test_a_schema_that_is_made_later(broken):
    """The operator repairs it; no restart is needed."""
    server = broken(_sql("UPDATE klarna_schema SET version = version + 90"))
    server.expect_log("KLA0020: .* 503 ")
    assert server.get(HEALTH, None).status == 503
    _sql("UPDATE klarna_schema SET version = version - 90")(server)
    assert server.get(HEALTH, None).status == 200
    answer = server.post(CHECKOUT + "/sessions", {"signed_cart": carts.sign()}, None)
    assert answer.status == 201


class Lock:
    """Another process's write transaction."""

    def __init__(self, server):
        self.database = sqlite3.connect(server.database, isolation_level=None, timeout=5,
                                        check_same_thread=False)

    def __enter__(self):
        self.database.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, *_):
        if self.database.in_transaction:
            self.database.execute("COMMIT")
        self.database.close()


def test_somebody_else_writes_for_a_while(shop, httpd):
    order_id = shop.placed()
    shop.agrees(order_id)
    with Lock(httpd) as lock:
        assert shop.order(order_id)["state"] == "AUTHORIZED"    # readers do not wait
        began = time.monotonic()
        threading.Timer(1.2, lambda: lock.database.execute("COMMIT")).start()
        shop.done(shop.act(order_id, "captures", {"everything": True}))
        assert time.monotonic() - began > 1
    shop.agrees(order_id, "CAPTURED")


def test_somebody_else_writes_for_too_long(broken, box):
    """A clear answer before anything goes to Klarna; later the same key does it once."""
    server = broken(change=lambda text: _busy_timeout(text, 20))
    shop = Shop(server, box)
    order_id, key = shop.placed(), new_key()
    box.forget_requests()
    with Lock(server):
        server.expect_log("KLA0020: .* 503 store: ")
        server.expect_log("KLA0011: statement klarna_(operation_insert|order_save): database is locked")
        answer = shop.act(order_id, "captures", {"everything": True}, key)
        problem(answer, 503, "store")
    assert [seen for seen in box.requests() if seen["method"] != "GET"] == []
    shop.done(shop.finish(lambda key: shop.act(order_id, "captures", {"everything": True}, key),
                          key))
    shop.agrees(order_id, "CAPTURED")


def test_the_outcome_cannot_be_stored(broken, box):
    """Klarna executed the refund; the database is locked when the answer comes."""
    server = broken(change=lambda text: _busy_timeout(text, 20))
    shop = Shop(server, box)
    order_id, key = shop.captured(), new_key()
    klarna_id = shop.order(order_id)["klarna_order_id"]
    box.fault("delay", path="/refunds$", seconds=HELD)
    server.allow_log("KLA002[0-9]: ")
    server.expect_log("KLA0011: statement klarna_operation_save: database is locked")
    answers = []
    sender = threading.Thread(target=lambda: answers.append(
        shop.act(order_id, "credit-invoices", {"amount": 900}, key)))
    sender.start()
    eventually(lambda: box.ledger(klarna_id)["refunds"])
    with Lock(server):
        box.clear()
        sender.join()
    problem(answers[0], 503, "store")
    # The operation is still "sent" and leased: it is told as under way, and not sent again.
    box.forget_requests()
    again = shop.act(order_id, "credit-invoices", {"amount": 900}, key)
    problem(again, 409, "in_progress")
    assert int(again.headers["Retry-After"]) > 0
    problem(shop.act(order_id, "credit-invoices", {"amount": 900}), 409, "order_busy")
    assert box.requests() == []
    # The lease ends (moved back here, so as not to wait for a minute): the same key finishes it.
    _sql("UPDATE klarna_operation SET lease_until = 1 WHERE state = 'sent'")(server)
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 900}, key))
    assert shop.agrees(order_id)["refunded_amount"] == 900


def _busy_timeout(text, milliseconds):
    head, _, rest = text.partition("PRAGMA busy_timeout=")
    assert rest
    return f"{head}PRAGMA busy_timeout={milliseconds}" + rest.lstrip("0123456789")
