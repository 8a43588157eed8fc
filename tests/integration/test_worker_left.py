# SPDX-License-Identifier: Apache-2.0
"""What the worker takes over: operations that could not be sent, whose answers were lost, and those
of processes that were killed. Each ends by itself, once, under its first key."""
import concurrent.futures
import os

import pytest

from httpd import SLOW, Httpd
from sandbox import Sandbox
from shop import EXTRA, Shop, new_key
from test_faults import ACTIONS, FAULTS
from waiting import HELD, eventually, is_free, leases_are_over, operations_are_due

PATIENCE = 1 if SLOW == 1 else 4    # seconds the module gives Klarna here


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """A sandbox of its own, which is stopped and started."""
    box = Sandbox(state=os.path.join(tmp_path_factory.mktemp("sandbox"), "books.db"))
    yield box
    if box.process.poll() is None:
        box.stop()


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(box.url, EXTRA + f"KlarnaWorker On\nKlarnaTimeout {PATIENCE}s\n"
                   "KlarnaConnectTimeout 500ms\n")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def patient(box):
    """Waits long enough for Klarna that what is to be killed does not end by itself."""
    server = Httpd(box.url, EXTRA + "KlarnaWorker On\n")
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def worker_lines(httpd):
    httpd.allow_log("KLA0021: |KLA003[02]: ")


def _operation(shop, answer):
    """The open operation that a 202 points to."""
    order_id = answer.json["order_id"]
    operation_id = answer.json.get("operation_id") or shop.order(order_id)["pending_operation"]
    return order_id, shop.get(f"/{order_id}/operations/{operation_id}")


def _ends_by_itself(shop, httpd, order_id):
    eventually(lambda: is_free(shop, order_id), meanwhile=lambda: operations_are_due(httpd))


def _executed_once(box, operation):
    """Every request for it has its key and its body, and one of them was executed."""
    mine = [request for request in box.requests()
            if request["idempotency_key"] == operation["id"]]
    assert len({str(request["body"]) for request in mine}) == 1
    assert sum(request["executed"] for request in mine) == 1


@pytest.mark.parametrize("name, fault", [
    (name, fault) for name in ("place", "refund")
    for fault in ("dropped after", "500", "rate limit", "answered late")
] + [("capture", "answered late"), ("cancel", "500")])
def test_what_could_not_be_finished_is_finished(shop, httpd, box, name, fault):
    action, subject = ACTIONS[name], ACTIONS[name].prepare(shop)
    box.forget_requests()
    options = dict(FAULTS[fault])
    if "seconds" in options:
        options["seconds"] = PATIENCE * 1.4
    box.fault(options.pop("kind"), -1, method=action.method, path=action.path, **options)
    answer = action.ask(shop, subject, new_key())
    assert answer.status == 202, answer.raw
    order_id, operation = _operation(shop, answer)
    assert operation["state"] == ("queued" if fault == "rate limit" else "unknown")
    # Anybody who may see the back office sees what is open and why.
    [listed] = [op for op in shop.get("/operations")["operations"] if op["id"] == operation["id"]]
    assert listed["error_code"] and listed["state"] in ("queued", "unknown", "sent")
    box.clear()
    _ends_by_itself(shop, httpd, order_id)
    if name != "place":
        _executed_once(box, operation)
    assert action.count(shop, box, subject) == 1
    shop.agrees(order_id, action.status)
    ended = shop.get(f"/{order_id}/operations/{operation['id']}")
    assert ended["state"] == "confirmed" and ended["attempts"] > 1
    assert operation["id"] not in str(shop.get("/operations"))


def test_klarna_is_down_and_comes_back(shop, httpd, box):
    httpd.allow_log("KLA0033: ")        # the worker may be looking at an order
    order_id = shop.captured()
    box.kill()
    answer = shop.act(order_id, "credit-invoices", {"amount": 700})
    assert answer.status == 202 and answer.json["state"] == "queued"
    box.start()
    _ends_by_itself(shop, httpd, order_id)
    assert shop.agrees(order_id)["refunded_amount"] == 700


# --- killed in the middle -----------------------------------------------------------------------

def _kill_child(httpd):
    httpd.kill_child()


def _kill_all(httpd):
    httpd.kill()
    httpd.start()


WHERE = {  # of a chain of two: what Klarna is slow at, and what its ledger shows then
    "release, not sent yet": ("/release-remaining-authorization$", "before", None),
    "release, executed": ("/release-remaining-authorization$", None,
                          lambda order: order["remaining_authorized_amount"] == 0),
    "refund, not sent yet": ("/refunds$", "before",
                             lambda order: order["remaining_authorized_amount"] == 0),
    "refund, executed": ("/refunds$", None, lambda order: order["refunds"]),
}


@pytest.mark.parametrize("kill", [_kill_child, pytest.param(_kill_all,
                                                            marks=pytest.mark.databases)])
@pytest.mark.parametrize("where", WHERE)
def test_a_chain_whose_process_is_killed(patient, box, where, kill):
    """Cancelling a part-captured order releases the rest and refunds what was captured."""
    httpd, shop = patient, Shop(patient, box)
    httpd.allow_log("KLA0021: |KLA003[02]: ")
    path, when, shown = WHERE[where]
    order_id = shop.placed()
    shop.done(shop.act(order_id, "captures", {"lines": [{"reference": "book", "quantity": 1}]}))
    klarna_id = shop.order(order_id)["klarna_order_id"]
    box.fault("delay", 1, path=path, seconds=HELD, **({"when": when} if when else {}))
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        asked = threads.submit(lambda: pytest.raises(
            OSError, shop.act, order_id, "cancel", {"confirm_final": True}))
        eventually(lambda: box.control("GET", "faults")["faults"][0]["hits"]
                   and (not shown or shown(box.ledger(klarna_id))))
        kill(httpd)
        asked.result()
    box.clear()
    # The lease of the dead process stands: nobody touches its operation.
    [held] = httpd.sql("SELECT id, state FROM klarna_operation WHERE lease_until > 0 "
                       f"AND order_id = '{order_id}' AND attempts > 0")
    assert held[1] == "sent"
    eventually(lambda: is_free(shop, order_id), meanwhile=lambda: leases_are_over(httpd))
    order = shop.agrees(order_id, "CAPTURED")
    assert (order["refunded_amount"], order["remaining_authorized_amount"]) == (13988, 0)
    [invoice] = order["credit_invoices"]
    assert invoice["state"] == "paid"
    assert [step["state"] for step in invoice["steps"]] == ["confirmed", "confirmed"]


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_whose_process_is_killed(patient, box, name):
    """Klarna executes it and nobody is there to hear."""
    httpd, shop = patient, Shop(patient, box)
    httpd.allow_log("KLA0021: |KLA003[02]: ")
    action, subject, key = ACTIONS[name], ACTIONS[name].prepare(shop), new_key()
    order_id = getattr(subject, "order_id", subject)
    box.fault("delay", 1, method=action.method, path=action.path, seconds=HELD)
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        asked = threads.submit(lambda: pytest.raises(OSError, action.ask, shop, subject, key))
        eventually(lambda: box.control("GET", "faults")["faults"][0]["hits"])
        httpd.kill_child()
        asked.result()
    box.clear()
    eventually(lambda: is_free(shop, order_id), meanwhile=lambda: leases_are_over(httpd))
    shop.agrees(order_id, action.status)
    assert action.count(shop, box, subject) == 1
    # The client that asks again with its key learns what came of it.
    assert action.ask(shop, subject, key).status == 201
    assert action.count(shop, box, subject) == 1


def test_what_was_stored_and_never_claimed_was_promised_to_nobody(shop, httpd):
    """A process died between storing an operation and claiming its order with it, two minutes
    ago."""
    order_id = shop.captured()
    done = shop.done(shop.act(order_id, "credit-invoices", {"amount": 100}))
    [step] = done["credit_invoice"]["steps"]
    columns = ("order_id, merchant, kind, method, path, body, intent, amount, actor, client_hash, "
               "credit_invoice_id, next_op, updated_at, result_id, result, hint, refusal, mark, error_code, "
               "error_messages, correlation_id, took")
    httpd.sql(f"INSERT INTO klarna_operation (id, version, client_key, state, attempts, doubtful, "
              f"lease_until, sent_at, next_at, http_status, created_at, {columns}) SELECT "
              f"'{new_key()}', 1, '-never-claimed-{order_id}', 'queued', 0, 0, 0, 0, 1, 0, "
              f"created_at - 120000000, {columns} FROM klarna_operation WHERE id = '{step['operation_id']}'")
    found = f"SELECT state, error_code FROM klarna_operation WHERE client_key <> '' " \
            f"AND order_id = '{order_id}' AND attempts = 0"
    eventually(lambda: [tuple(row) for row in httpd.sql(found)] == [("refused", "not_started")])
    assert shop.agrees(order_id)["refunded_amount"] == 100
    assert shop.get("/operations")["operations"] == []
