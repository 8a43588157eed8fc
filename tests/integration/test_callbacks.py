# SPDX-License-Identifier: Apache-2.0
"""Klarna calling: hints behind a secret in the URL, verified by reading Klarna."""
import pytest

import carts
import confidential
from httpd import Httpd
from sandbox import klarna_url
from shop import CHECKOUT, EXTRA, Payment, Shop, problem

pytestmark = pytest.mark.databases

CALLBACKS = "/klarna/callbacks"
BASE = "https://shop.example.test" + CALLBACKS
LOCATION = f"""
KlarnaCallbackBase {BASE}
<Location {CALLBACKS}>
    SetHandler klarna-callbacks
    Require all granted
</Location>
"""


# Where the callbacks of several stores arrive; the first is not that of most payments here.
SPANNING = """
<Location /spanning/callbacks>
    SetHandler klarna-callbacks
    KlarnaUseStore other default
    Require all granted
</Location>
"""


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + LOCATION + SPANNING)
    yield server
    server.stop()


class Told(Payment):
    """A payment with the addresses that Klarna was told."""

    def __init__(self, shop, cart=None):
        shop.box.forget_requests()
        super().__init__(shop.send_cart(cart))
        [request] = [one for one in shop.box.requests() if one["path"].endswith("/sessions")]
        urls = request["body"]["merchant_urls"]
        urls.pop("confirmation", None)
        assert set(urls) == {"authorization", "notification"}
        assert all(url.startswith(BASE + "/") for url in urls.values())
        self.authorization = urls["authorization"][len(BASE):]
        self.notification = urls["notification"][len(BASE):]
        name = self.authorization.rpartition("/")[2]
        assert name.startswith(self.order_id + ".") and self.notification.endswith(name)
        confidential.keep_from_logs(name.partition(".")[2])
        assert self.key not in name


def call(httpd, path, body):
    return httpd.post(CALLBACKS + path, body, user=None)


def test_an_authorization_is_stored_once(httpd, shop, box):
    payment = Told(shop)
    payment.token = box.authorize(payment.session_id)
    body = {"authorization_token": payment.token, "session_id": payment.session_id,
            "something": "new"}
    box.forget_requests()
    answers = [call(httpd, payment.authorization, body) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert box.requests() == []         # stored and answered; placing is somebody else's
    assert [row["kind"] for row in shop.get("/operations")["operations"]
            if row["order_id"] == payment.order_id] == ["place_order"]
    # The browser comes with the same token: one placement, whoever makes it.
    answer = shop.finish(lambda key: shop.place(payment), None)
    assert answer.status == 201
    assert len(box.orders_of_session(payment.session_id)) == 1
    shop.agrees(payment.order_id, "AUTHORIZED")
    assert call(httpd, payment.authorization, body).status == 200
    assert len(box.orders_of_session(payment.session_id)) == 1


def test_one_address_for_several_stores(httpd, shop, box):
    """The token means the same operation there as in the checkout of the order's store."""
    payment = Told(shop)
    payment.token = box.authorize(payment.session_id)
    answer = httpd.post("/spanning/callbacks" + payment.authorization,
                        {"authorization_token": payment.token}, user=None)
    assert answer.status == 200
    answer = shop.finish(lambda key: shop.place(payment), None)
    assert answer.status == 201
    again = shop.place(payment)
    assert (again.status, again.json) == (201, answer.json)
    assert [event["kind"] for event in shop.get(f"/{payment.order_id}/events")["operations"]] \
        == ["place_order"]
    assert len(box.orders_of_session(payment.session_id)) == 1
    shop.agrees(payment.order_id, "AUTHORIZED")


def noted(httpd, kind):
    rows = httpd.sql("SELECT good, bad, bad_why FROM klarna_callback"
                     f" WHERE merchant = 'default' AND kind = '{kind}'")
    return [(int(good), int(bad), why) for good, bad, why in rows]


def test_how_callbacks_end_is_noted(box):
    """For the operator; not more often than every ten seconds, whoever calls."""
    httpd = Httpd(klarna_url(box), EXTRA + LOCATION)
    shop = Shop(httpd, box)
    payment = Told(shop)
    assert noted(httpd, "fraud") == noted(httpd, "authorization") == []
    payment.token = box.authorize(payment.session_id)
    body = {"authorization_token": payment.token}
    for _ in range(3):
        assert call(httpd, payment.authorization, body).status == 200
    assert noted(httpd, "authorization") == [(1, 0, "")]
    for path, sent, why in [(payment.authorization[:-1], {}, "unreadable"),
                            (payment.authorization, ["no object"], "unreadable"),
                            (payment.authorization[:-1], body, "wrong_secret"),
                            ("/authorization/nobody", body, "unknown_order")]:
        httpd.sql("UPDATE klarna_callback SET bad_at = 0")
        assert call(httpd, path, sent).status in (400, 404)
        assert noted(httpd, "authorization")[0][2] == why
    assert call(httpd, payment.notification, {}).status == 200
    assert noted(httpd, "fraud") == [(1, 0, "")]
    assert noted(httpd, "authorization") == [(1, 4, "unknown_order")]
    httpd.stop()


def test_a_note_that_fails_is_only_logged(box):
    httpd = Httpd(klarna_url(box), EXTRA + LOCATION)
    payment = Told(Shop(httpd, box))
    httpd.sql("DROP TABLE klarna_callback")
    httpd.expect_log("KLA0035: ")
    httpd.expect_log("KLA0011: statement klarna_callback_load")
    httpd.allow_log("database schema has changed")
    assert call(httpd, payment.notification, {}).status == 200
    httpd.stop()


def test_a_fraud_decision_is_read_from_klarna(httpd, shop, box):
    payment = Told(shop)
    payment.token = box.authorize(payment.session_id, "pending")
    assert shop.place(payment).json["fraud_status"] == "PENDING"
    order = shop.agrees(payment.order_id)
    # What the caller says is not believed.
    body = {"order_id": order["klarna_order_id"], "event_type": "FRAUD_RISK_ACCEPTED"}
    assert call(httpd, payment.notification, body).status == 200
    assert shop.agrees(payment.order_id)["fraud_status"] == "PENDING"
    box.control("POST", f"orders/{order['klarna_order_id']}/fraud", {"decision": "REJECTED"})
    assert shop.order(payment.order_id)["fraud_status"] == "PENDING"
    assert call(httpd, payment.notification, body).status == 200
    assert shop.get(f"/{payment.order_id}?refresh=1")["fraud_status"] == "REJECTED"
    shop.agrees(payment.order_id)


@pytest.mark.parametrize("change", [
    lambda path: path[:-1] + ("0" if path[-1] != "0" else "1"), lambda path: path[:-1],
    lambda path: path + "0", lambda path: path.rpartition(".")[0],
    lambda path: path.rpartition(".")[0] + ".", lambda path: path.replace(".", "")])
def test_without_the_secret_there_is_nothing(httpd, shop, change):
    payment = Told(shop)
    with shop.nothing_happens():
        for path, body in [(payment.authorization, {"authorization_token": "x" * 36}),
                           (payment.notification, {"order_id": "x"})]:
            problem(call(httpd, change(path), body), 404, "no_such_order")


def test_the_orders_key_is_not_the_callbacks_secret(httpd, shop):
    payment = Told(shop)
    path = payment.authorization.rpartition(".")[0] + "." + payment.key
    with shop.nothing_happens():
        problem(call(httpd, path, {"authorization_token": "x" * 36}), 404, "no_such_order")


@pytest.mark.parametrize("body, status, code, field", [
    ({}, 400, "missing", "authorization_token"),
    ({"authorization_token": 5}, 400, "wrong_type", "authorization_token"),
    ({"authorization_token": "x" * 36, "session_id": "another"}, 400, "session_id", "session_id"),
])
def test_a_wrong_hint(httpd, shop, body, status, code, field):
    """And the secret of the address does not reach the log with the refusal."""
    payment = Told(shop)
    with shop.nothing_happens():
        problem(call(httpd, payment.authorization, body), status, code, field)
    assert payment.authorization.rpartition(".")[2] not in dict(httpd.texts())["error_log"]


def test_a_busy_order_is_asked_again_later(httpd, shop, box):
    payment = Told(shop)
    payment.token = box.authorize(payment.session_id)
    assert shop.place(payment).status == 201
    order_id = payment.order_id
    httpd.expect_log("KLA0021: ")
    box.fault("drop_after", -1, path="/captures$")
    assert shop.act(order_id, "captures", {"everything": True}).status == 202
    assert call(httpd, payment.notification, {}).status in (200, 503)


def test_without_a_base_klarna_is_told_no_address(box):
    server = Httpd(klarna_url(box), EXTRA)
    box.forget_requests()
    shop = Shop(server, box)
    shop.start(carts.cart())
    [request] = box.requests()
    assert "merchant_urls" not in request["body"]
    assert CHECKOUT not in str(request["body"])
    server.stop()
