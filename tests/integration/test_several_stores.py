# SPDX-License-Identifier: Apache-2.0
"""A back office over two merchant accounts: an order's own store decides whose credentials Klarna
sees, and what an Idempotency-Key means."""
import pytest

import confidential
from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA, Shop, for_stores, new_key, problem

pytestmark = pytest.mark.databases

DEFAULT_FIRST = EXTRA + for_stores("/both/orders", "default other")
OTHER_FIRST = EXTRA + for_stores("/both/orders", "other default")


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), DEFAULT_FIRST)
    yield server
    server.stop()


@pytest.fixture
def both(httpd, box):
    return Shop(httpd, box, orders="/both/orders")


@pytest.fixture
def other(httpd, box):
    return Shop(httpd, box, "/other/checkout", "/other/orders", "other")


def merchants(box):
    return {entry["merchant"] for entry in box.requests()}


def test_each_order_is_worked_on_with_its_own_account(shop, other, both, box):
    used = {}
    for name, checkout in (("default", shop), ("other", other)):
        order_id = checkout.placed()
        box.forget_requests()
        both.done(both.act(order_id, "captures", {"everything": True}))
        both.done(both.act(order_id, "credit-invoices", {"amount": 100}))
        assert both.agrees(order_id)["merchant"] == name
        checkout.agrees(order_id, "CAPTURED")
        [used[name]] = merchants(box)
    assert used["default"] != used["other"]


def test_every_route_reaches_both(shop, other, both):
    for checkout in (shop, other):
        order_id = checkout.captured()
        events = both.get(f"/{order_id}/events")["operations"]
        assert both.get(f"/{order_id}/operations/{events[0]['id']}") == events[0]
        capture = both.order(order_id)["captures"][0]["capture_id"]
        both.done(both.act(order_id, f"captures/{capture}/shipping-info",
                           {"shipping_info": [{"tracking_number": "T-1"}]}))
        preview = both.httpd.post(f"/both/orders/{order_id}/credit-invoices/preview",
                                  {"everything": True})
        assert preview.status == 200
        assert order_id in [order["id"] for order in both.get("?limit=100")["orders"]]
        assert [order["id"] for order in both.get(f"?q={order_id}")["orders"]] == [order_id]


def test_unfinished_operations_of_both(httpd, shop, other, both, box):
    """And each of them can be sent again with its own account."""
    for checkout in (shop, other):
        order_id = checkout.placed()
        httpd.expect_log("KLA0021: ")
        box.fault("drop_after", -1, path="/captures$")
        assert both.act(order_id, "captures", {"everything": True}).status == 202
        box.clear()
        [waiting] = [op for op in both.get("/operations")["operations"]
                     if op["order_id"] == order_id]
        assert waiting["state"] == "unknown"
        httpd.sql("UPDATE klarna_operation SET lease_until = 0"
                  f" WHERE id = '{waiting['id']}'")
        box.forget_requests()
        answer = httpd.post(f"/both/orders/{order_id}/operations/{waiting['id']}/send-again", {})
        assert answer.status == 200 and answer.json["state"] == "confirmed", answer.raw
        assert len(merchants(box)) == 1
        checkout.agrees(order_id, "CAPTURED")


def test_another_stores_order_is_still_not_there(httpd, other, shop):
    order_id = other.placed()
    with shop.nothing_happens():
        answer = shop.act(order_id, "captures", {"everything": True})
        problem(answer, 404, "no_such_order")
        for path in ("", "/events"):
            problem(httpd.get(f"{shop.orders}/{order_id}{path}"), 404, "no_such_order")


def test_new_payments_are_the_first_stores(box):
    server = Httpd(klarna_url(box), EXTRA + """
<Location /both/checkout>
    SetHandler klarna-checkout
    KlarnaUseStore other default
    Require all granted
</Location>
""")
    first = Shop(server, box, "/both/checkout", "/other/orders", "other")
    assert first.order(first.placed())["merchant"] == "other"
    # A cart that another store signed is none, though its store is named too.
    with first.nothing_happens():
        problem(Shop(server, box, "/both/checkout").send_cart(), 403, "cart_signature")
    server.stop()


def test_klarna_calls_one_address_for_all(box):
    """KlarnaCallbackBase is the server's; the order that is called for tells the store."""
    server = Httpd(klarna_url(box), EXTRA + """
KlarnaCallbackBase https://shop.example.test/both/callbacks
<Location /both/callbacks>
    SetHandler klarna-callbacks
    KlarnaUseStore default other
    Require all granted
</Location>
""")
    for checkout in (Shop(server, box), Shop(server, box, "/other/checkout", "/other/orders",
                                             "other")):
        box.forget_requests()
        payment = checkout.start()
        [session] = [one for one in box.requests() if one["path"].endswith("/sessions")]
        path = session["body"]["merchant_urls"]["authorization"].partition("example.test")[2]
        confidential.keep_from_logs(path.rpartition(".")[2])
        token = box.authorize(payment.session_id)
        answer = server.post(path, {"authorization_token": token}, None)
        assert answer.status == 200, answer.raw
        [waiting] = checkout.get("/operations")["operations"]
        assert (waiting["order_id"], waiting["kind"]) == (payment.order_id, "place_order")
    server.stop()


# --- keys -------------------------------------------------------------------------------------

def test_a_key_belongs_to_the_orders_store(shop, other, both):
    """One key for two orders of two stores: two actions, as in their own back offices."""
    key, ours, theirs = new_key(), shop.captured(), other.captured()
    both.done(both.act(ours, "credit-invoices", {"amount": 100}, key))
    both.done(both.act(theirs, "credit-invoices", {"amount": 200}, key))
    assert both.agrees(ours)["refunded_amount"] == 100
    assert both.agrees(theirs)["refunded_amount"] == 200


def test_a_key_is_the_same_by_another_way(shop, both):
    """The two Locations are two addresses: the key was used for another request, and nothing is
    done twice."""
    order_id, key = shop.captured(), new_key()
    both.done(both.act(order_id, "credit-invoices", {"amount": 100}, key))
    with shop.nothing_happens():
        problem(shop.act(order_id, "credit-invoices", {"amount": 100}, key), 422,
                "idempotency_key_reused")


def test_a_key_outlives_a_change_of_the_stores(box):
    """A browser repeats its request after the configuration named the stores in another order:
    the answer is the first one's, and no money moves again."""
    server = Httpd(klarna_url(box), DEFAULT_FIRST)
    both, checkout = Shop(server, box, orders="/both/orders"), Shop(server, box)
    order_id, key = checkout.captured(), new_key()
    first = both.act(order_id, "credit-invoices", {"amount": 100}, key)
    both.done(first)
    for extra in (OTHER_FIRST, EXTRA + for_stores("/both/orders", "default")):
        server.stop()
        server.configure(klarna_url(box), extra)
        server.start()
        with checkout.nothing_happens():
            assert both.act(order_id, "credit-invoices", {"amount": 100}, key).raw == first.raw
    assert both.agrees(order_id)["refunded_amount"] == 100
    server.stop()


def test_a_key_for_an_order_that_is_not_there(shop, both):
    with shop.nothing_happens():
        problem(both.act("00000000-0000-4000-8000-000000000000", "cancel",
                         {"confirm_final": True}), 404, "no_such_order")
        problem(both.act("x", "cancel", {"confirm_final": True}), 404, "no_such_order")
