# SPDX-License-Identifier: Apache-2.0
"""Klarna's calls and the worker together: shoppers who never come back, who come at the same
moment, decisions that come late, twice or not at all."""
import concurrent.futures
import threading
import time

import pytest

import carts
from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA, new_key, problem
from test_callbacks import LOCATION, Told, call
from waiting import HELD, eventually, is_free, operations_are_due, order_is_due

pytestmark = pytest.mark.databases


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + LOCATION + "KlarnaWorker On\n")
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def worker_lines(httpd):
    httpd.allow_log("KLA003[02]: |KLA0020: POST /klarna/callbacks/[a-z]+/[.]+: 503 ")


def _authorized(shop, outcome="approve"):
    payment = Told(shop, carts.cart(merchant_urls={
        "confirmation": "https://shop.example.test/thanks"}))
    payment.token = shop.box.authorize(payment.session_id, outcome)
    return payment


def _hint(payment):
    return {"authorization_token": payment.token, "session_id": payment.session_id}


def _one_order(shop, payment):
    assert len(shop.box.orders_of_session(payment.session_id)) == 1
    return shop.agrees(payment.order_id, "AUTHORIZED")


# --- the authorization callback --------------------------------------------------------------------

def test_the_shopper_never_comes_back(httpd, shop):
    """The worker places the order, when the browser has had its time."""
    payment = _authorized(shop)
    assert call(httpd, payment.authorization, _hint(payment)).status == 200
    [(state, wait)] = httpd.sql("SELECT state, (next_at - created_at) / 1000000 "
                                "FROM klarna_operation WHERE next_at > 0 "
                                f"AND order_id = '{payment.order_id}'")
    assert state == "queued" and 5 <= float(wait) <= 15
    assert shop.order(payment.order_id)["state"] == "CREATED"
    eventually(lambda: is_free(shop, payment.order_id),
               meanwhile=lambda: operations_are_due(httpd))
    _one_order(shop, payment)
    [placement] = shop.get(f"/{payment.order_id}/events")["operations"]
    assert (placement["kind"], placement["state"]) == ("place_order", "confirmed")
    # The browser comes all the same, later, and is told where to go.
    answer = shop.place(payment)
    assert answer.status == 201 and answer.json["redirect_url"]
    _one_order(shop, payment)


def test_the_callback_comes_after_the_browser(httpd, shop):
    payment = _authorized(shop)
    assert shop.place(payment).status == 201
    for _ in range(3):
        assert call(httpd, payment.authorization, _hint(payment)).status == 200
    _one_order(shop, payment)
    assert len(shop.get(f"/{payment.order_id}/events")["operations"]) == 1


def test_the_callback_comes_while_the_browser_places(httpd, shop, box):
    """Ten of each at the same moment, while Klarna takes its time."""
    payment = _authorized(shop)
    box.fault("delay", 1, path="/order$", seconds=0.4)
    gate = threading.Barrier(20)

    def one(n):
        gate.wait()
        if n % 2:
            return call(httpd, payment.authorization, _hint(payment))
        return shop.place(payment)

    with concurrent.futures.ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(one, range(20)))
    assert {answer.status for answer in answers[0::2]} <= {201, 409}, [a.raw for a in answers]
    # Stored, or to be asked again.
    assert {answer.status for answer in answers[1::2]} <= {200, 503}, [a.raw for a in answers]
    for answer in answers:
        if answer.status in (409, 503):
            assert int(answer.headers["Retry-After"]) > 0
    assert 200 in {call(httpd, payment.authorization, _hint(payment)).status}
    eventually(lambda: is_free(shop, payment.order_id),
               meanwhile=lambda: operations_are_due(httpd))
    assert shop.finish(lambda key: shop.place(payment), None).status == 201
    _one_order(shop, payment)
    assert len([op for op in shop.get(f"/{payment.order_id}/events")["operations"]
                if op["state"] == "confirmed"]) == 1


def test_a_token_that_klarna_never_gave(httpd, shop, box):
    """Who knows the address but not Klarna's token buys nothing, and the shopper still can."""
    payment = _authorized(shop)
    forged = {"authorization_token": "11111111-2222-4333-8444-555555555555"}
    assert call(httpd, payment.authorization, forged).status == 200
    eventually(lambda: is_free(shop, payment.order_id),
               meanwhile=lambda: operations_are_due(httpd))
    assert shop.order(payment.order_id)["state"] in ("CREATED", "DECLINED")
    assert box.orders_of_session(payment.session_id) == []
    assert shop.place(payment).status == 201
    _one_order(shop, payment)


def test_another_orders_token_and_session(httpd, shop):
    payment, other = _authorized(shop), _authorized(shop)
    with shop.nothing_happens():
        problem(call(httpd, payment.authorization, _hint(other)), 400, "session_id",
                "session_id")


def test_a_busy_order_asks_klarna_to_come_again(httpd, shop, box):
    """An older placement is on its way with another token."""
    payment = _authorized(shop)
    box.fault("delay", 1, path="/order$", seconds=HELD)
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        placed = threads.submit(shop.place, payment)
        eventually(lambda: box.control("GET", "faults")["faults"][0]["hits"])
        told = call(httpd, payment.authorization,
                    {"authorization_token": "11111111-2222-4333-8444-555555555555"})
        assert told.status == 503 and int(told.headers["Retry-After"]) > 0
        box.clear()
        assert placed.result().status == 201
    again = call(httpd, payment.authorization, _hint(payment))
    assert again.status == 200
    _one_order(shop, payment)


# --- the fraud review --------------------------------------------------------------------------------

def _reviewed(shop):
    payment = _authorized(shop, "pending")
    assert shop.place(payment).status == 201
    payment.klarna_id = shop.agrees(payment.order_id)["klarna_order_id"]
    return payment


def _decide(box, payment, decision):
    box.control("POST", f"orders/{payment.klarna_id}/fraud", {"decision": decision})


def _told(httpd, payment, decision):
    answer = call(httpd, payment.notification, {"order_id": payment.klarna_id,
                                                "event_type": f"FRAUD_RISK_{decision}"})
    assert answer.status == 200, answer.raw


def _is_acknowledged(shop, payment):
    """By the worker's first look without news, which then has nothing more to do on it."""
    return shop.box.ledger(payment.klarna_id)["acknowledged"] and is_free(shop, payment.order_id)


def _sees(shop, payment, status):
    eventually(lambda: shop.order(payment.order_id)["fraud_status"] == status
               and is_free(shop, payment.order_id))
    shop.agrees(payment.order_id)


@pytest.mark.parametrize("decision, may_capture", [("ACCEPTED", True), ("REJECTED", False)])
def test_a_decision(httpd, shop, box, decision, may_capture):
    payment = _reviewed(shop)
    order_id = payment.order_id
    # Not before, whoever says so.
    _told(httpd, payment, decision)
    order_is_due(httpd, order_id)
    eventually(lambda: _is_acknowledged(shop, payment))
    captured = shop.act(order_id, "captures", {"everything": True})
    assert captured.status == 409 and "review" in captured.json["detail"], captured.raw
    _decide(box, payment, decision)
    for _ in range(2):
        _told(httpd, payment, decision)
    _sees(shop, payment, decision)
    captured = shop.act(order_id, "captures", {"everything": True})
    assert (captured.status == 201) == may_capture, captured.raw
    if not may_capture:
        assert "rejected" in captured.json["detail"]
        shop.done(shop.act(order_id, "cancel", {"confirm_final": True}))
    # Late and repeated, after the end: nothing changes.
    _told(httpd, payment, decision)
    _told(httpd, payment, "ACCEPTED" if decision == "REJECTED" else "REJECTED")
    order_is_due(httpd, order_id)
    shop.agrees(order_id, "CAPTURED" if may_capture else "CANCELLED")


def test_notifications_out_of_order(httpd, shop, box):
    """Klarna's last word is what Klarna's record says, whichever call comes last."""
    payment = _reviewed(shop)
    _decide(box, payment, "ACCEPTED")
    _told(httpd, payment, "ACCEPTED")
    _told(httpd, payment, "REJECTED")
    _sees(shop, payment, "ACCEPTED")
    shop.done(shop.act(payment.order_id, "captures", {"everything": True}))
    shop.agrees(payment.order_id, "CAPTURED")


def test_no_notification_at_all(httpd, shop, box):
    """Nothing depends on an inbound call: the review is looked at by itself."""
    payment = _reviewed(shop)
    [(wait,)] = httpd.sql("SELECT (check_at - updated_at) / 1000000 FROM klarna_order "
                          f"WHERE id = '{payment.order_id}'")
    assert float(wait) <= 601
    _decide(box, payment, "ACCEPTED")
    order_is_due(httpd, payment.order_id)
    _sees(shop, payment, "ACCEPTED")


def test_a_decision_that_only_a_capture_learns(httpd, shop, box):
    """The clerk is quicker than the callback: the capture itself looks."""
    payment = _reviewed(shop)
    _decide(box, payment, "ACCEPTED")
    shop.done(shop.act(payment.order_id, "captures", {"everything": True}))
    shop.agrees(payment.order_id, "CAPTURED")


def _until_free(shop, order_id):
    """Captures with one key, as often as the order is told to be busy."""
    key = new_key()
    while True:
        answer = shop.act(order_id, "captures", {"everything": True}, key)
        if answer.status != 409:
            return answer
        assert int(answer.headers.get("Retry-After", 0)) > 0, answer.raw
        time.sleep(0.1)     # an impatient client


def test_a_notification_while_the_order_is_busy(httpd, shop, box):
    """It is kept, or Klarna is asked to come again; the end is the same."""
    payment = _reviewed(shop)
    _decide(box, payment, "ACCEPTED")
    box.fault("delay", 1, path="/captures$", seconds=0.5)
    with concurrent.futures.ThreadPoolExecutor(5) as threads:
        capture = threads.submit(_until_free, shop, payment.order_id)
        answers = list(threads.map(
            lambda n: call(httpd, payment.notification, {"order_id": payment.klarna_id}),
            range(20)))
        shop.done(capture.result())
    for answer in answers:
        assert answer.status == 200 or (answer.status == 503
                                        and int(answer.headers["Retry-After"]) > 0)
    shop.agrees(payment.order_id, "CAPTURED")
