# SPDX-License-Identifier: Apache-2.0
"""Connections to Klarna: nobody waits for a handshake that can be had before, and a connection
that breaks, wherever it does, places nothing twice and loses nothing."""
import time

import pytest

from httpd import Httpd
from shop import EXTRA, Shop, new_key
from tls_front import BROKEN, TlsFront
from waiting import eventually

IDLE = 50                           # seconds after which this Klarna closes, less than its own 59
NOT_EXECUTED = BROKEN[:2]


@pytest.fixture(scope="module")
def front(box):
    door = TlsFront(box.port, IDLE)
    yield door
    door.stop()


@pytest.fixture(scope="module")
def secure(front):
    server = Httpd(front.url, EXTRA + f"KlarnaTrustStore {front.ca}\n", start=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def shop(secure, box):
    return Shop(secure, box)


# --- handshakes -----------------------------------------------------------------------------

def test_a_placement_waits_for_no_handshake(shop, front):
    shop.placed()
    before = front.handshakes
    for _ in range(5):
        order_id = shop.placed()
        shop.done(shop.act(order_id, "captures", {"everything": True}))
    assert front.handshakes == before


@pytest.mark.valgrind
def test_a_lost_connection_is_noticed_before_the_request(shop, front, box):
    """One new connection, which resumes the session of the old one; nothing is sent twice."""
    payment = shop.authorized()
    before, resumed = front.handshakes, front.resumed
    front.close_all()
    box.forget_requests()
    assert shop.place(payment).status == 201
    assert len(box.requests()) == 1
    assert (front.handshakes, front.resumed) == (before + 1, resumed + 1)
    shop.agrees(payment.order_id, "AUTHORIZED")


def test_a_shopper_who_takes_longer_than_klarna_keeps_a_connection(shop, front):
    """A small shop: nobody else calls meanwhile."""
    payment = shop.authorized()
    used, before = time.monotonic(), front.handshakes
    eventually(lambda: "/" in front.paths, IDLE)
    time.sleep(max(0, used + IDLE + 1 - time.monotonic()))      # the connection's own time
    assert shop.place(payment).status == 201
    assert front.handshakes == before
    shop.agrees(payment.order_id, "AUTHORIZED")


# --- faults ---------------------------------------------------------------------------------

def _path(payment):
    return f"/authorizations/{payment.token}/order$"


@pytest.mark.parametrize("repeat", ["same_order", "refused"])
@pytest.mark.parametrize("where", BROKEN)
def test_a_connection_that_breaks_under_a_placement(shop, secure, front, box, where, repeat):
    """Whether Klarna has placed the order or not, and whatever it says to the same token again."""
    payment, key = shop.authorized(), new_key()
    box.control("POST", "behaviour", {"place_order_repeat": repeat})
    before = front.handshakes
    front.break_next(_path(payment), where)
    secure.allow_log("KLA0021: operation .* \\(place_order\\) .* is unknown")
    answer = shop.place(payment, key=key)
    assert front.before_break == before         # it was a kept connection
    executed = where not in NOT_EXECUTED
    assert answer.status == (202 if executed and repeat == "refused" else 201), answer.raw
    assert len(box.orders_of_session(payment.session_id)) == 1
    if answer.status == 201:
        shop.agrees(payment.order_id, "AUTHORIZED")
        assert shop.place(payment, key=key).raw == answer.raw
    assert len(box.orders_of_session(payment.session_id)) == 1


@pytest.mark.parametrize("where", BROKEN)
@pytest.mark.parametrize("action", ["captures", "credit-invoices"])
def test_a_connection_that_breaks_under_a_call_with_a_key(shop, front, action, where):
    order_id = shop.captured() if action == "credit-invoices" else shop.placed()
    before = front.handshakes
    front.break_next({"captures": "/captures$", "credit-invoices": "/refunds$"}[action], where)
    shop.done(shop.act(order_id, action, {"everything": True}))
    assert front.before_break == before
    shop.agrees(order_id, "CAPTURED")
