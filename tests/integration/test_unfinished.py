# SPDX-License-Identifier: Apache-2.0
"""Payments that became no order: what Klarna's widget or a placement refused, where they are listed
and where not."""
import concurrent.futures

import pytest

import carts
import confidential
from shop import CHECKOUT, problem
from waiting import HELD, calls_under_way

pytestmark = pytest.mark.databases

NO_TOKEN = "11111111-2222-3333-4444-555555555555"
REFUSAL = {"error_code": "BAD_VALUE", "error_messages": ["Not now.", "Nor later."],
           "correlation_id": "c-1"}


def _listed(shop, state, order_id):
    """The payment as that list shows it, or None."""
    found = [order for order in shop.get(f"?state={state}&limit=100")["orders"]
             if order["id"] == order_id]
    assert len(found) <= 1
    return found[0] if found else None


def _reason(order):
    return order["reason_code"], order["reason"]


# --- told by the storefront -------------------------------------------------------------------

def test_what_the_widget_said(shop, httpd):
    payment = shop.start()
    reason = confidential.keep_from_logs("pay_later not approved: Försök igen senare 🛒")
    answer = shop.decline(payment, reason=reason)
    assert answer.status == 200
    assert answer.json["state"] == "DECLINED" and answer.json["key"] == payment.key
    assert reason not in answer.raw.decode()
    assert _listed(shop, "CREATED", payment.order_id) is None
    order = _listed(shop, "DECLINED", payment.order_id)
    assert _reason(order) == ("widget", reason)
    assert order["sentence_code"] == "declined"
    assert _reason(shop.order(payment.order_id)) == ("widget", reason)
    assert shop.get(f"/{payment.order_id}/events")["operations"] == []


def test_the_same_answer_twice(shop):
    payment = shop.start()
    first, second = (shop.decline(payment, reason="no") for _ in range(2))
    assert (first.status, second.status) == (200, 200)
    assert first.raw == second.raw
    assert _reason(_listed(shop, "DECLINED", payment.order_id)) == ("widget", "no")


def test_a_widget_may_say_nothing(shop):
    payment = shop.start()
    assert shop.decline(payment).status == 200
    assert _reason(shop.order(payment.order_id)) == ("widget", None)


def test_as_long_as_a_reason_may_be(shop):
    payment = shop.start()
    reason = "ö" * 127
    assert shop.decline(payment, reason=reason).status == 200
    assert _reason(shop.order(payment.order_id)) == ("widget", reason)


@pytest.mark.parametrize("body, status, code, field", [
    ({"key": "0" * 32}, 404, "no_such_order", None), ({"key": ""}, 400, "too_short", "key"),
    ({"key": None}, 400, "wrong_type", "key"), ({"reason": 7}, 400, "wrong_type", "reason"),
    ({"reason": "x" * 256}, 400, "too_long", "reason"),
    ({"reason": ""}, 400, "too_short", "reason"), ({"why": "no"}, 400, "unknown_field", "why"),
    ({"state": "DECLINED"}, 400, "unknown_field", "state")])
def test_a_wrong_word(shop, body, status, code, field):
    payment = shop.start()
    with shop.nothing_happens():
        problem(shop.decline(payment, **body), status, code, field)


def test_a_payment_that_is_not_there(shop, httpd):
    payment = shop.start()
    with shop.nothing_happens():
        for order_id in ("00000000-0000-4000-8000-000000000000", "x"):
            problem(httpd.post(f"{CHECKOUT}/sessions/{order_id}/declined", {"key": payment.key},
                               None), 404, "no_such_order")
        problem(httpd.post(f"/other/checkout/sessions/{payment.order_id}/declined",
                           {"key": payment.key}, None), 404, "no_such_order")


def test_what_is_placed_is_not_declined(shop):
    payment = shop.authorized()
    assert shop.place(payment).status == 201
    with shop.nothing_happens():
        problem(shop.decline(payment, reason="no"), 409, "not_open")
    shop.agrees(payment.order_id, "AUTHORIZED")


def test_what_is_being_placed_is_not_declined(shop, box):
    payment = shop.authorized()
    box.fault("delay", path="/order$", seconds=HELD)
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        placing = threads.submit(shop.place, payment)
        calls_under_way(box, "/order$")
        problem(shop.decline(payment, reason="no"), 409, "in_progress")
        box.clear()
        assert placing.result().status == 201
    shop.agrees(payment.order_id, "AUTHORIZED")


def test_a_new_token_of_the_same_session(shop, box):
    payment = shop.start()
    assert shop.decline(payment, reason="no").status == 200
    payment.token = box.authorize(payment.session_id)
    assert shop.place(payment).status == 201
    order = shop.agrees(payment.order_id, "AUTHORIZED")
    assert _reason(order) == (None, None)
    assert _listed(shop, "DECLINED", payment.order_id) is None
    assert _listed(shop, "AUTHORIZED", payment.order_id)


def test_another_cart_in_a_declined_payment(shop, httpd, box):
    payment = shop.start()
    assert shop.decline(payment, reason="no").status == 200
    answer = httpd.post(f"{CHECKOUT}/sessions/{payment.order_id}", {
        "key": payment.key, "signed_cart": carts.sign(carts.of(carts.line("hat", 2, 12500)))}, None)
    assert answer.status == 200 and answer.json["session_id"] == payment.session_id
    payment.token = box.authorize(payment.session_id)
    assert shop.place(payment).status == 201
    assert shop.agrees(payment.order_id, "AUTHORIZED")["order_amount"] == 25000


# --- refused at the placement -----------------------------------------------------------------

def test_klarnas_words_of_a_refused_placement(shop, httpd, box):
    payment = shop.authorized()
    box.fault("status", path="/order$", status=400, body=REFUSAL)
    problem(shop.place(payment), 422, "klarna_refused")
    order = _listed(shop, "DECLINED", payment.order_id)
    assert _reason(order) == ("BAD_VALUE", "Not now.; Nor later.")
    assert order["pending_operation"] is None
    [operation] = shop.get(f"/{payment.order_id}/events")["operations"]
    assert (operation["kind"], operation["state"]) == ("place_order", "refused")
    # The shopper reads a sentence; Klarna's words are for the shop.
    status = httpd.get(f"{CHECKOUT}/orders/{payment.order_id}?key={payment.key}", None)
    assert status.json["state"] == "DECLINED"
    assert status.json["sentence"] == "Klarna declined the purchase."
    assert "Not now" not in status.raw.decode() and "BAD_VALUE" not in status.raw.decode()
    payment.token = box.authorize(payment.session_id)
    assert shop.place(payment).status == 201
    assert _reason(shop.agrees(payment.order_id, "AUTHORIZED")) == (None, None)


def test_a_second_refusal_replaces_the_first(shop):
    payment = shop.start()
    assert shop.decline(payment, reason="no").status == 200
    payment.token = NO_TOKEN
    problem(shop.place(payment), 422, "klarna_refused")
    code, words = _reason(_listed(shop, "DECLINED", payment.order_id))
    assert code not in (None, "widget") and words


# --- where they are not -----------------------------------------------------------------------

def test_a_list_without_a_state_has_orders_only(shop):
    opened, refused = shop.start(), shop.start()
    assert shop.decline(refused, reason="no").status == 200
    placed = shop.placed()
    newest = [order["id"] for order in shop.get("?limit=100")["orders"]]
    assert newest[0] == placed
    assert not {opened.order_id, refused.order_id} & set(newest)
    assert _listed(shop, "CREATED", opened.order_id)


@pytest.mark.parametrize("state", ["CREATED", "DECLINED", "ABANDONED"])
def test_no_export(shop, httpd, state):
    problem(httpd.get(f"/klarna/orders?format=csv&state={state}"), 400, "not_with_csv", "state",
            got=state, expected="an order's state")


def test_an_export_has_orders_only(shop, httpd):
    payment, placed = shop.start(), shop.placed()
    text = httpd.get("/klarna/orders?format=csv").raw.decode()
    assert placed in text and payment.order_id not in text


def test_nothing_can_be_done_with_it(shop):
    payment = shop.start()
    for expected in ("not_finished", "declined"):
        actions = shop.order(payment.order_id)["actions"]
        assert not any(action["allowed"] for action in actions.values())
        assert actions["capture"]["code"] == expected
        assert shop.decline(payment, reason="no").status == 200
