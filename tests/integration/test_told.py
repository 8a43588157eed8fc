# SPDX-License-Identifier: Apache-2.0
"""What Klarna is told of the shopper, in the session, by the browser as it authorizes, or both: the
placement says the same, whoever places, and Klarna refuses any difference. Nothing of it is left
when the payment has ended."""
import pytest

import carts
from httpd import Httpd
from sandbox import PASSWORD, USERNAME, klarna_url
from sandbox_client import OM, basic
from shop import CHECKOUT, EXTRA, new_key, problem
from test_callbacks import LOCATION, Told, call
from waiting import eventually, is_free, operations_are_due, order_is_due

HOME = carts.ADDRESS
AT_AUTHORIZE = carts.AT_AUTHORIZE
BOTH = {"billing_address": HOME | AT_AUTHORIZE["billing_address"],
        "shipping_address": AT_AUTHORIZE["shipping_address"]}
IN_SESSION = {"billing_address": HOME, "shipping_address": HOME}
# where it is told: the cart, the browser's authorize, what must be in Klarna's order
TOLD = {
    "in the session": (carts.personal_cart(), {}, IN_SESSION),
    "at authorize": (carts.cart(), {"billing_address": HOME, "customer": carts.CUSTOMER},
                     {"billing_address": HOME}),
    "in both": (carts.personal_cart(), AT_AUTHORIZE, BOTH),
    "in none": (carts.cart(), {}, {}),
}


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + LOCATION + "KlarnaWorker On\n")
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def worker_lines(httpd):
    httpd.allow_log("KLA003[02]: ")


def _authorized(shop, where):
    cart, told, _ = TOLD[where]
    payment = Told(shop, cart)
    payment.authorize(shop.box, **told)
    return payment


def _by_the_browser(httpd, shop, payment):
    answer = shop.place(payment)
    assert answer.status == 201, answer.raw


def _by_the_callback(httpd, shop, payment):
    """The page has died: nobody says what it told."""
    body = {"authorization_token": payment.token, "session_id": payment.session_id}
    assert call(httpd, payment.authorization, body).status == 200
    eventually(lambda: is_free(shop, payment.order_id),
               meanwhile=lambda: operations_are_due(httpd))


def _by_the_browser_after_the_callback(httpd, shop, payment):
    """It is not kept waiting by another call."""
    body = {"authorization_token": payment.token}
    assert call(httpd, payment.authorization, body).status == 200
    shop.box.forget_requests()
    _by_the_browser(httpd, shop, payment)
    sent = [request["path"] for request in shop.box.requests()]
    assert f"/payments/v1/sessions/{payment.session_id}" not in sent


PLACED = (_by_the_browser, _by_the_callback, _by_the_browser_after_the_callback)


def _klarnas(shop, payment):
    """The addresses of Klarna's order."""
    klarna_order_id = shop.agrees(payment.order_id, "AUTHORIZED")["klarna_order_id"]
    order = shop.box.ask("GET", f"{OM}/{klarna_order_id}", auth=basic(USERNAME, PASSWORD)).json
    return {name: order[name] for name in IN_SESSION if order.get(name)}


def _kept(httpd, words=carts.PERSONAL):
    dump = httpd.store.dump()
    return [word for word in words if word in dump]


@pytest.mark.databases
@pytest.mark.parametrize("where", TOLD)
def test_klarna_accepts_it_and_nothing_is_left(httpd, shop, where):
    for placed in PLACED:
        payment = _authorized(shop, where)
        placed(httpd, shop, payment)
        assert _klarnas(shop, payment) == TOLD[where][2], placed.__name__
        assert _kept(httpd) == []


def test_what_a_later_cart_leaves_out(httpd, shop):
    """Klarna may add it to the earlier or put it in its place: it means the same."""
    payment = shop.start(carts.cart(billing_address=HOME | {"street_address2": "Door 2"}))
    for cart in (carts.cart(billing_address=HOME), carts.cart()):
        answer = httpd.post(f"{CHECKOUT}/sessions/{payment.order_id}",
                            {"key": payment.key, "signed_cart": carts.sign(cart)}, user=None)
        assert answer.status == 200
    payment.authorize(shop.box)
    assert shop.place(payment).status == 201
    assert _klarnas(shop, payment) == {"billing_address": HOME | {"street_address2": ""}}


def test_a_storefront_that_does_not_say_what_it_told(httpd, shop):
    """Klarna refuses the order, in words that say which members, for the log; nothing of theirs is
    kept."""
    payment = _authorized(shop, "in both")
    payment.told = {}
    httpd.expect_log(r"KLA0020: .* Not matching fields: \[billing_address.street_address")
    problem(shop.place(payment), 422, "klarna_refused")
    assert _kept(httpd) == []
    # Another token is placed with what Klarna says that it was told.
    payment.authorize(shop.box)
    assert shop.place(payment).status == 201
    assert _klarnas(shop, payment) == BOTH
    assert _kept(httpd) == []


@pytest.mark.databases
def test_what_ended_otherwise_keeps_nothing(httpd, shop):
    """Declined by Klarna, declined by its widget, abandoned."""
    box = shop.box
    refused, declined, abandoned = [_authorized(shop, "in both") for _ in range(3)]
    assert _kept(httpd)
    box.fault("status", 1, path="/order$", status=400,
              body={"error_code": "BAD_REQUEST", "error_messages": ["no"], "correlation_id": "c"})
    problem(shop.place(refused), 422, "klarna_refused")
    assert shop.decline(declined).status == 200
    assert _kept(httpd)
    order_is_due(httpd, abandoned.order_id)
    httpd.sql("UPDATE klarna_payment SET created_at = created_at - 176400000000 "
              f"WHERE id = '{abandoned.order_id}'")
    eventually(lambda: shop.order(abandoned.order_id)["state"] == "ABANDONED")
    assert _kept(httpd) == []
    # Both that were declined may still be paid.
    for payment in (refused, declined):
        payment.authorize(box)
        assert shop.place(payment).status == 201
        assert _klarnas(shop, payment) == BOTH
    assert _kept(httpd) == []


def test_klarna_cannot_say_what_it_was_told(httpd, shop):
    """The placement waits until it can."""
    payment = _authorized(shop, "in both")
    shop.box.fault("drop_before", 2, method="GET", path="/sessions/")
    httpd.allow_log("KLA0021: ")
    _by_the_callback(httpd, shop, payment)
    assert _klarnas(shop, payment) == BOTH


# --- and Klarna is told that the shop knows of the order ----------------------------------------

def _looked_at(httpd, order_id):
    """The worker has looked at it once more."""
    order_is_due(httpd, order_id)
    eventually(lambda: httpd.sql(f"SELECT id FROM klarna_order WHERE id = '{order_id}' AND "
                                 "check_at > 1 AND expires_at > 0 AND pending_op = ''"))


def _acknowledged(shop, order_id):
    return shop.box.ledger(shop.order(order_id)["klarna_order_id"])["acknowledged"]


def _ends(shop, order_id):
    return [operation["state"] for operation in shop.started(order_id)]


@pytest.mark.databases
def test_an_order_is_acknowledged_once(httpd, shop):
    order_id, captured = shop.placed(), shop.captured()
    for _ in range(3):
        _looked_at(httpd, order_id)
        _looked_at(httpd, captured)
    eventually(lambda: _ends(shop, order_id)[1:] == ["confirmed"])
    assert _acknowledged(shop, order_id) == 1
    assert _acknowledged(shop, captured) == 0       # the capture has said so
    [placed, told] = shop.started(order_id)
    assert (placed["kind"], told["kind"], told["state"]) == ("place_order", "acknowledge",
                                                             "confirmed")
    assert [op["kind"] for op in shop.started(captured)] == ["place_order", "capture"]
    shop.agrees(order_id, "AUTHORIZED")


def _told(httpd, order_id):
    log = dict(httpd.texts())["error_log"].splitlines()
    return [line for line in log if order_id in line and "have it acknowledged" in line]


@pytest.mark.parametrize("status, code", [(403, "NOT_ALLOWED"), (404, "NO_SUCH_ORDER")])
def test_a_no_to_that_changes_nothing(httpd, shop, status, code):
    order_id = shop.placed()
    shop.box.fault("status", -1, path="/acknowledge$", status=status,
                   body={"error_code": code, "error_messages": ["no"], "correlation_id": "c"})
    for _ in range(3):
        _looked_at(httpd, order_id)
    eventually(lambda: _ends(shop, order_id) == ["confirmed", "refused"])
    eventually(lambda: _told(httpd, order_id))      # the line comes after the row
    _looked_at(httpd, order_id)
    assert len(_told(httpd, order_id)) == 1 and len(_ends(shop, order_id)) == 2
    assert shop.agrees(order_id, "AUTHORIZED")["attention"] is None
    shop.done(shop.act(order_id, "captures", {"everything": True}))


def test_a_capture_does_not_wait_for_it(httpd, shop):
    """Klarna does not answer to it: the order is free after each look that tried."""
    order_id = shop.placed()
    shop.box.fault("drop_before", -1, path="/acknowledge$")
    _looked_at(httpd, order_id)
    order_is_due(httpd, order_id)
    eventually(lambda: httpd.sql("SELECT id FROM klarna_operation WHERE kind = 'acknowledge' AND "
                                 f"error_code = 'given_up' AND order_id = '{order_id}'"))
    eventually(lambda: is_free(shop, order_id))
    assert shop.order(order_id)["actions"]["capture"]["allowed"]
    shop.done(shop.finish(lambda key: shop.act(order_id, "captures", {"everything": True}, key=key),
                          new_key()))
    shop.agrees(order_id, "CAPTURED")
