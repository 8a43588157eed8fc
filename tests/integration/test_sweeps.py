# SPDX-License-Identifier: Apache-2.0
"""What the worker finds by looking: orders read back on a schedule, what was done in Klarna's portal,
payments nobody finished, authorizations that end. Time passes by the sandbox's clock, or by moving
an order's own times back in the database."""
import json
import re

import pytest

import carts
from httpd import Httpd
from sandbox import PASSWORD, USERNAME, Sandbox
from sandbox_client import OM, basic
from shop import EXTRA, ORDERS, Shop, problem
from waiting import eventually, is_free, order_is_due

MINUTE, DAY = 60, 86400
AUTH = basic(USERNAME, PASSWORD)


@pytest.fixture(scope="module")
def box():
    """A sandbox of its own: authorizations are short here."""
    box = Sandbox()
    yield box
    box.stop()


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(box.url, EXTRA + "KlarnaWorker On\n")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def extending(box):
    server = Httpd(box.url, EXTRA + "KlarnaWorker On\nKlarnaAutoExtend On\n")
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def usual_days(box):
    yield
    box.control("POST", "behaviour", {"authorization_days": 28})


def _row(httpd, order_id):
    [(checks, pause)] = httpd.sql("SELECT checks, CASE check_at WHEN 0 THEN 0 ELSE "
                                  "(check_at - updated_at) / 1000000 END FROM klarna_order "
                                  f"WHERE id = '{order_id}'")
    return int(checks), float(pause)


def _next_look(httpd, order_id):
    """One more look by the worker, with what it has to say to Klarna; the pause after it in
    seconds."""
    before, _ = _row(httpd, order_id)
    order_is_due(httpd, order_id)
    eventually(lambda: _row(httpd, order_id)[0] != before)
    eventually(lambda: not httpd.sql("SELECT id FROM klarna_order WHERE (pending_op <> '' OR ledger "
                                     "LIKE '%unacknowledged%' AND checks > 1 AND open_until > 0) "
                                     f"AND id = '{order_id}'"))
    return _row(httpd, order_id)[1]


def _notes(httpd, order_id):
    """What the log says of this order."""
    log = dict(httpd.texts())["error_log"]
    return re.findall(rf"KLA0032: order {order_id}: (.*)", log)


# --- reading back ----------------------------------------------------------------------------------

def test_an_order_is_read_back_with_growing_pauses(shop, httpd, box):
    """At once after it was placed, because its expiry is not known, and then ever more rarely."""
    order_id = shop.placed()
    eventually(lambda: _row(httpd, order_id)[0] >= 1)
    pauses = [_row(httpd, order_id)[1]] + [_next_look(httpd, order_id) for _ in range(5)]
    assert [round(pause) for pause in pauses] == [4 * MINUTE, 16 * MINUTE, 64 * MINUTE,
                                                  256 * MINUTE, 1024 * MINUTE, DAY]
    # What happens to it brings it back to the front.
    shop.done(shop.act(order_id, "captures", {"amount": 100}))
    # At once again, for the capture's invoice number.
    eventually(lambda: [round(figure) for figure in _row(httpd, order_id)] == [1, 4 * MINUTE])
    assert shop.order(order_id)["captures"][0]["klarna_reference"]
    assert _notes(httpd, order_id) == []


def test_nothing_is_polled_for_ever(shop, httpd):
    order_id = shop.captured()
    httpd.sql(f"UPDATE klarna_order SET checks = 18, version = version + 1 WHERE id = '{order_id}'")
    assert _next_look(httpd, order_id) == 7 * DAY
    assert _next_look(httpd, order_id) == 0
    assert shop.agrees(order_id, "CAPTURED")


def test_a_look_at_an_order_that_an_operation_holds(shop, httpd, box):
    """Reading it asks Klarna once for the expiry, and leaves the next look where it was."""
    order_id = shop.captured()
    httpd.sql(f"UPDATE klarna_order SET expires_at = 0, version = version + 1 "
              f"WHERE id = '{order_id}'")
    httpd.expect_log("KLA0021: ")
    httpd.allow_log("KLA0030: ")
    box.fault("rate_limit", -1, path="/refunds$")
    assert shop.act(order_id, "credit-invoices", {"amount": 100}).status == 202
    due = f"SELECT check_at FROM klarna_order WHERE id = '{order_id}'"
    before = httpd.sql(due)
    box.forget_requests()
    for _ in range(5):
        assert shop.order(order_id)["expires_at"]
    assert len([r for r in box.requests() if r["method"] == "GET"]) == 1
    assert httpd.sql(due) == before
    box.clear()
    eventually(lambda: is_free(shop, order_id))
    assert shop.agrees(order_id)["refunded_amount"] == 100


# --- made outside ------------------------------------------------------------------------------------

def _portal(box, klarna_id, action, amount=None):
    box.control("POST", f"orders/{klarna_id}/portal",
                {"action": action} | ({"amount": amount} if amount else {}))


def _release(box, klarna_id, _=None):
    answer = box.ask("POST", f"{OM}/{klarna_id}/release-remaining-authorization", auth=AUTH)
    assert answer.status == 204


OUTSIDE = {
    "a capture": (False, [("capture", 5000)], "PART_CAPTURED"),
    "two captures of one amount": (False, [("capture", 5000)] * 2, "PART_CAPTURED"),
    "a capture of everything": (False, [("capture", 81600)], "CAPTURED"),
    "a refund": (True, [("refund", 700)], "CAPTURED"),
    "two refunds of one amount": (True, [("refund", 700)] * 2, "CAPTURED"),
    "a capture and its refund": (False, [("capture", 5000), ("refund", 5000)], "PART_CAPTURED"),
    "a release": (False, [("capture", 5000), ("release", None)], "CAPTURED"),
    "a cancellation": (False, [("cancel", None)], "CANCELLED"),
}


def _in_the_portal(shop, box, what):
    """An order to which that was done; its id."""
    captured, steps, _ = OUTSIDE[what]
    order_id = shop.captured() if captured else shop.placed()
    klarna_id = shop.order(order_id)["klarna_order_id"]
    if not captured:
        eventually(lambda: _row(shop.httpd, order_id)[0] >= 1)
    for action, amount in steps:
        if action == "release":
            _release(box, klarna_id)
        else:
            _portal(box, klarna_id, action, amount)
    order_is_due(shop.httpd, order_id)
    return order_id


def _foreign(order):
    return ([c for c in order["captures"] if not c["operation_id"]],
            [i for i in order["credit_invoices"] if i["comment"] == "made outside"])


@pytest.mark.databases
def test_what_is_done_in_the_portal_is_booked_once(shop, httpd, box):
    httpd.allow_log("KLA0032: order .*: changes made at Klarna by others were booked")
    orders = {what: _in_the_portal(shop, box, what) for what in OUTSIDE}
    for what, order_id in orders.items():
        _, steps, state = OUTSIDE[what]
        mark = None if what == "a cancellation" else "outside"
        eventually(lambda: (lambda order: (order["state"], order["attention"]))(
            shop.order(order_id)) == (state, mark))                 # noqa: B023
        captures, invoices = _foreign(shop.agrees(order_id, state))
        assert len(captures) == sum(action == "capture" for action, _ in steps), what
        assert len(invoices) == sum(action == "refund" for action, _ in steps), what
    marked = [order["id"] for order in shop.get("?attention=outside&limit=100")["orders"]]
    assert set(orders.values()) - set(marked) == {orders["a cancellation"]}
    # Looking again books nothing again.
    before = {order_id: shop.order(order_id) for order_id in orders.values()}
    for order_id in marked:
        order_is_due(httpd, order_id)
    for what, order_id in orders.items():
        if order_id in marked:
            eventually(lambda: _row(httpd, order_id)[0] > 0)        # noqa: B023
        again = shop.agrees(order_id, OUTSIDE[what][2])
        assert _foreign(again) == _foreign(before[order_id])
        assert len([note for note in _notes(httpd, order_id) if "booked" in note]) == (
            1 if order_id in marked else 0)


def test_what_is_left_after_the_portal_can_still_be_done(shop, httpd, box):
    """And no more than that."""
    httpd.allow_log("KLA0032: ")
    order_id = shop.captured()
    klarna_id = shop.order(order_id)["klarna_order_id"]
    _portal(box, klarna_id, "refund", 81000)
    order_is_due(httpd, order_id)
    eventually(lambda: shop.order(order_id)["refunded_amount"] == 81000)
    assert shop.act(order_id, "credit-invoices", {"amount": 601}).status in (400, 409)
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 600}))
    assert shop.agrees(order_id)["refunded_amount"] == 81600


def test_books_that_cannot_agree(shop, httpd, box):
    """What Klarna has does not add up from what is known: nobody guesses."""
    httpd.expect_log("KLA0032: order .*: its amounts at Klarna differ from ours")
    httpd.allow_log("KLA0032: ")
    order_id = shop.placed(carts.of(carts.line("hat", 1, 10000)))
    eventually(lambda: _row(httpd, order_id)[0] >= 1)
    amounts = "captured_amount = {}, remaining_amount = {}, version = version + 1"
    set_to = lambda *of: httpd.sql(f"UPDATE klarna_order SET {amounts.format(*of)} "  # noqa: E731
                                   f"WHERE id = '{order_id}'")
    set_to(100, 9900)
    _next_look(httpd, order_id)
    assert shop.order(order_id)["attention"] == "differs"
    assert order_id in [o["id"] for o in shop.get("?attention=differs")["orders"]]
    # It is put right there, and the mark goes by itself.
    set_to(0, 10000)
    _next_look(httpd, order_id)
    assert shop.agrees(order_id, "AUTHORIZED")["attention"] is None


def test_what_others_raised_is_booked(shop, httpd, box):
    httpd.allow_log("KLA0032: order .*: changes made at Klarna by others were booked")
    order_id = shop.placed(carts.of(carts.line("hat", 1, 10000)))
    klarna_id = shop.order(order_id)["klarna_order_id"]
    eventually(lambda: _row(httpd, order_id)[0] >= 1)
    answer = box.ask("PATCH", f"{OM}/{klarna_id}/authorization",
                     {"order_amount": 12000, "order_lines": [carts.line("hat", 1, 12000)]},
                     auth=AUTH)
    assert answer.status == 204, answer.raw
    order_is_due(httpd, order_id)
    eventually(lambda: shop.order(order_id)["order_amount"] == 12000 and is_free(shop, order_id))
    assert shop.agrees(order_id, "AUTHORIZED")["attention"] == "outside"


# --- payments nobody finished --------------------------------------------------------------------------

@pytest.mark.databases
def test_an_intent_is_given_up_after_49_hours(shop, httpd, box):
    payment = shop.start()
    order_id = payment.order_id
    pause = f"SELECT check_at - created_at FROM klarna_payment WHERE id = '{order_id}'"
    assert [int(row[0]) for row in httpd.sql(pause)] == [49 * 3600 * 1000000]
    order_is_due(httpd, order_id)
    eventually(lambda: shop.order(order_id)["state"] == "ABANDONED")
    due = f"SELECT check_at FROM klarna_payment WHERE id = '{order_id}'"
    assert [int(row[0]) for row in httpd.sql(due)] == [0]
    assert order_id in [o["id"] for o in shop.get("?state=ABANDONED")["orders"]]
    payment.token = box.authorize(payment.session_id)
    problem(shop.place(payment), 409, "not_open")
    assert box.orders_of_session(payment.session_id) == []


@pytest.mark.databases
def test_the_row_of_a_placed_payment_goes(shop, httpd):
    """With the session's token, which buys nothing any more; the order stays."""
    payment = shop.authorized()
    other = shop.start()
    assert shop.place(payment).status == 201
    ids = [row[0] for row in httpd.sql("SELECT id FROM klarna_payment")]
    assert payment.order_id in ids and other.order_id in ids
    order_is_due(httpd, payment.order_id)
    eventually(lambda: payment.order_id not in
               [row[0] for row in httpd.sql("SELECT id FROM klarna_payment")])
    assert payment.client_token not in json.dumps(httpd.rows())
    assert other.client_token in json.dumps(httpd.rows())
    shop.agrees(payment.order_id, "AUTHORIZED")


def test_a_session_that_klarna_never_made_leaves_nothing(shop, httpd, box):
    httpd.expect_log("KLA0020: ")
    before = httpd.rows()
    box.fault("rate_limit", -1, path="/sessions$")
    assert shop.send_cart().status == 429
    box.clear()
    assert httpd.rows() == before


@pytest.mark.databases
@pytest.mark.parametrize("session", ["readable", "not_found"])
def test_a_session_that_was_completed_without_us(shop, httpd, box, session):
    """An order at Klarna and none here: found, listed with what to do, adopted."""
    httpd.expect_log("KLA0032: order .*: the session is complete.* adopt it")
    box.control("POST", "behaviour", {"completed_session": session})
    payment = shop.authorized()
    order_id = payment.order_id
    answer = box.ask("POST", f"/payments/v1/authorizations/{payment.token}/order",
                     carts.cart(), auth=AUTH)
    assert answer.status == 200, answer.raw
    order_is_due(httpd, order_id)
    eventually(lambda: shop.order(order_id)["attention"] == "orphan")
    assert order_id in [o["id"] for o in shop.get("?attention=orphan")["orders"]]
    answer = httpd.post(f"{ORDERS}/{order_id}/adopt",
                        {"klarna_order_id": answer.json["order_id"]})
    assert answer.status == 200, answer.raw
    assert shop.agrees(order_id, "AUTHORIZED")["attention"] is None


# --- the end of an authorization -------------------------------------------------------------------------

def _look_as_if_the_last_was_yesterday(httpd, order_id):
    """A mark has passed since the last look, and since the last extension was asked for."""
    httpd.sql(f"UPDATE klarna_operation SET created_at = created_at - {DAY}000000 "
              f"WHERE order_id = '{order_id}'")
    httpd.sql(f"UPDATE klarna_order SET updated_at = updated_at - {DAY}000000, check_at = 1, "
              f"version = version + 1 WHERE id = '{order_id}'")
    eventually(lambda: httpd.sql(f"SELECT check_at FROM klarna_order WHERE id = '{order_id}'"
                                 )[0][0] not in (1, "1"))
    eventually(lambda: _row(httpd, order_id)[1] > MINUTE)


@pytest.mark.databases
def test_an_authorization_that_ends_is_told_once(shop, httpd, box):
    orders = {}
    for days in (7, 3, 1):
        httpd.expect_log(f"KLA0032: order .*: its authorization ends within {days} day")
        box.control("POST", "behaviour", {"authorization_days": days})
        orders[days] = shop.placed()
    for days, order_id in orders.items():
        eventually(lambda: _notes(httpd, order_id))                 # noqa: B023
    for days, order_id in orders.items():
        _next_look(httpd, order_id)
        assert _notes(httpd, order_id) == [
            f"its authorization ends within {days} day" + ("s" if days > 1 else "")]
        assert shop.order(order_id)["attention"] == "expiring"
        assert order_id in [o["id"] for o in shop.get("?attention=expiring")["orders"]]
    # A person extends them: the mark goes.
    box.control("POST", "behaviour", {"authorization_days": 28})
    for order_id in orders.values():
        shop.done(shop.act(order_id, "extend", {}))
        eventually(lambda: shop.order(order_id)["attention"] is None)   # noqa: B023
        shop.agrees(order_id, "AUTHORIZED")


@pytest.mark.databases
def test_an_authorization_is_extended_by_itself(extending, box):
    """At its limit Klarna says yes and the end stays where it is: a person is told, and it is not asked
    again at every look. Where the end moves, that is told."""
    shop = Shop(extending, box)
    extending.expect_log("KLA0032: order .*: its authorization ends within 3 days")
    extending.expect_log("KLA0032: order .*: its authorization was extended")

    def extends():
        return [op["actor"] for op in shop.started(order_id)
                if op["kind"] == "extend"]
    box.control("POST", "behaviour", {"authorization_days": 3})
    order_id = shop.placed()
    eventually(lambda: _notes(extending, order_id))
    for _ in range(2):
        _next_look(extending, order_id)
    assert extends() == ["worker"]
    assert _notes(extending, order_id) == ["its authorization ends within 3 days"]
    order = shop.agrees(order_id, "AUTHORIZED")
    assert order["attention"] == "expiring"
    box.control("POST", "behaviour", {"authorization_days": 28})
    _look_as_if_the_last_was_yesterday(extending, order_id)
    eventually(lambda: len(_notes(extending, order_id)) == 2)
    assert _notes(extending, order_id)[1] == "its authorization was extended"
    assert extends() == ["worker", "worker"]
    after = shop.agrees(order_id, "AUTHORIZED")
    assert after["attention"] is None and after["expires_at"] > order["expires_at"]


def test_expired_is_final(httpd):
    """Klarna's clock moves on: another sandbox, whose time is past afterwards."""
    box = Sandbox()
    server = Httpd(box.url, EXTRA + "KlarnaWorker On\n")
    shop = Shop(server, box)
    untouched, shipped = shop.placed(), shop.placed()
    shop.done(shop.act(shipped, "captures", {"amount": 600}))
    for order_id in (untouched, shipped):
        assert shop.order(order_id)["expires_at"]
    box.advance(29 * DAY)
    server.allow_log("KLA0032: order .*: changes made at Klarna by others were booked")
    for order_id in (untouched, shipped):
        order_is_due(server, order_id)
    eventually(lambda: shop.order(untouched)["state"] == "EXPIRED")
    assert _row(server, untouched)[1] == DAY          # only Klarna can open it again
    for action, body in (("captures", {"everything": True}), ("extend", {}), ("release", {}),
                         ("cancel", {"confirm_final": True})):
        answer = shop.act(untouched, action, body)
        assert answer.status == 409 and "expired" in answer.json["detail"], answer.raw
    shop.agrees(untouched, "EXPIRED")
    # What was captured can still be returned.
    eventually(lambda: shop.order(shipped)["remaining_authorized_amount"] == 0)
    shop.done(shop.act(shipped, "credit-invoices", {"amount": 600}))
    assert shop.agrees(shipped, "CAPTURED")["refunded_amount"] == 600
    server.stop()
    box.stop()
