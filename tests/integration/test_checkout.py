# SPDX-License-Identifier: Apache-2.0
"""The storefront's routes, as a shopper's browser and a shop's server use them."""
import concurrent.futures
import hashlib
import json
import time

import pytest

import carts
import confidential
from shop import CHECKOUT, Payment, Shop, new_key, problem
from waiting import HELD, eventually

SERVER = "/server/checkout"


@pytest.fixture
def other(httpd, box):
    return Shop(httpd, box, "/other/checkout", "/other/orders", "other")


# --- starting -------------------------------------------------------------------------------

@pytest.mark.valgrind
def test_a_signed_cart_starts_a_payment(shop, box):
    answer = shop.send_cart()
    assert answer.status == 201
    body = answer.json
    payment = Payment(answer)
    assert body["state"] == "CREATED" and body["purchase_currency"] == "SEK"
    assert body["order_amount"] == 81600 and body["payment_method_categories"]
    assert answer.headers["Location"] == (f"{CHECKOUT}/orders/{payment.order_id}"
                                          f"?key={payment.key}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    sessions = [entry for entry in box.control("GET", "ledger")["sessions"]
                if entry["session_id"] == payment.session_id]
    assert [entry["order_amount"] for entry in sessions] == [81600]


def test_klarna_gets_what_the_shop_signed(shop, box):
    box.forget_requests()
    shop.start(carts.personal_cart())
    [request] = box.requests()
    sent, cart = request["body"], carts.personal_cart()
    assert (request["method"], request["path"]) == ("POST", "/payments/v1/sessions")
    for name in ("purchase_country", "purchase_currency", "locale", "order_amount",
                 "order_tax_amount", "merchant_reference1", "billing_address",
                 "shipping_address", "customer"):
        assert sent[name] == cart[name], name
    for ours, theirs in zip(cart["order_lines"], sent["order_lines"], strict=True):
        assert theirs | ours == theirs


def test_the_second_key_of_a_rotation(shop, httpd):
    answer = httpd.post(CHECKOUT + "/sessions", {"signed_cart": carts.sign(kid="next")}, None)
    assert answer.status == 201 and Payment(answer)


def test_an_authenticated_shop_sends_a_plain_cart(httpd):
    answer = httpd.post(SERVER + "/sessions", {"cart": carts.cart()}, "shop")
    assert answer.status == 201
    assert Payment(answer).key in answer.headers["Location"]
    assert answer.headers["Location"].startswith(SERVER + "/orders/")


def test_the_same_key_starts_one_payment(shop, httpd, box):
    cart, key = {"signed_cart": carts.sign()}, new_key()
    first = httpd.post(CHECKOUT + "/sessions", cart, None, key=key)
    with shop.nothing_happens():
        second = httpd.post(CHECKOUT + "/sessions", cart, None, key=key)
    assert (first.status, second.status) == (201, 201)
    assert first.raw == second.raw and Payment(first)
    assert first.headers["Location"] == second.headers["Location"]


def test_a_key_of_another_cart_is_refused(shop):
    key = new_key()
    assert shop.send_cart(key=key).status == 201
    with shop.nothing_happens():
        answer = shop.send_cart(carts.of(carts.line("hat", 1, 9900)), key=key)
        problem(answer, 422, "idempotency_key_reused", "Idempotency-Key")


# --- refused carts --------------------------------------------------------------------------

def test_a_plain_cart_needs_an_authenticated_caller(shop, httpd):
    with shop.nothing_happens():
        problem(httpd.post(CHECKOUT + "/sessions", {"cart": carts.cart()}, None), 403,
                "cart_not_signed")
        # A name nobody checked is no authentication.
        problem(httpd.post(CHECKOUT + "/sessions", {"cart": carts.cart()}, "shop"), 403,
                "cart_not_signed")


@pytest.mark.parametrize("body", [{}, {"cart": carts.cart(), "signed_cart": carts.sign()}])
def test_exactly_one_cart(shop, httpd, body):
    with shop.nothing_happens():
        problem(httpd.post(SERVER + "/sessions", body, "shop"), 400, "cart_missing",
                "signed_cart")


def _claims(**more):
    return {"exp": int(time.time()) + 600, "cart": carts.cart()} | more


HS256 = {"alg": "HS256", "typ": "JWT", "kid": "demo"}
FORGED = {
    "no token": lambda: "not-a-token",
    "two parts": lambda: carts.sign().rpartition(".")[0],
    "another secret": lambda: carts.token(_claims(), HS256, carts.KEYS["other"]),
    "another key's secret": lambda: carts.token(_claims(), HS256, carts.KEYS["next"]),
    "unknown key id": lambda: carts.token(_claims(), HS256 | {"kid": "nobody"},
                                          carts.KEYS["demo"]),
    "no key id": lambda: carts.token(_claims(), {"alg": "HS256"}, carts.KEYS["demo"]),
    "another store's key": lambda: carts.sign(kid="other"),
    "alg none": lambda: carts.token(_claims(), HS256 | {"alg": "none"}, "", None),
    "alg none with a signature": lambda: carts.token(_claims(), HS256 | {"alg": "none"},
                                                     carts.KEYS["demo"]),
    "alg HS512": lambda: carts.token(_claims(), HS256 | {"alg": "HS512"}, carts.KEYS["demo"],
                                     hashlib.sha512),
    "alg HS384 said, HS256 made": lambda: carts.token(_claims(), HS256 | {"alg": "HS384"},
                                                      carts.KEYS["demo"]),
    "no alg": lambda: carts.token(_claims(), {"kid": "demo"}, carts.KEYS["demo"]),
    "a critical extension": lambda: carts.token(_claims(), HS256 | {"crit": ["b64"]},
                                                carts.KEYS["demo"]),
    "no signature": lambda: carts.sign().rpartition(".")[0] + ".",
    "another payload": lambda: _swapped(),
}


def _swapped():
    """The shopper's own price under the shop's signature."""
    header, _, signature = carts.sign().split(".")
    cheap = carts.sign(carts.of(carts.line("shirt", 1, 100))).split(".")[1]
    return confidential.keep_from_logs(f"{header}.{cheap}.{signature}")


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_cart(shop, httpd, what):
    with shop.nothing_happens():
        answer = httpd.post(CHECKOUT + "/sessions", {"signed_cart": FORGED[what]()}, None)
        told = problem(answer, 403, "cart_signature")
    assert told["detail"] == "The cart's signature is not this shop's."


@pytest.mark.parametrize("exp", [-1, -86400, 2 * 86400])
def test_an_expired_cart(shop, httpd, exp):
    with shop.nothing_happens():
        answer = httpd.post(CHECKOUT + "/sessions",
                            {"signed_cart": carts.sign(lifetime=exp)}, None)
        assert problem(answer, 403, "cart_expired")["next"]


def test_a_cart_without_expiry(shop, httpd):
    token = carts.token({"cart": carts.cart()}, HS256, carts.KEYS["demo"])
    with shop.nothing_happens():
        problem(httpd.post(CHECKOUT + "/sessions", {"signed_cart": token}, None), 403,
                "cart_expired")


def test_a_signed_token_without_a_cart(shop, httpd):
    token = carts.token({"exp": int(time.time()) + 60, "cart": "none"}, HS256,
                        carts.KEYS["demo"])
    with shop.nothing_happens():
        problem(httpd.post(CHECKOUT + "/sessions", {"signed_cart": token}, None), 400,
                "wrong_type", "cart")


# --- updating -------------------------------------------------------------------------------

def test_another_cart_in_the_same_payment(shop, httpd, box):
    payment = shop.start()
    body = {"key": payment.key,
            "signed_cart": carts.sign(carts.of(carts.line("hat", 2, 12500)))}
    answer = httpd.post(f"{CHECKOUT}/sessions/{payment.order_id}", body, None)
    assert answer.status == 200
    assert answer.json["order_amount"] == 25000
    assert answer.json["session_id"] == payment.session_id
    payment.token = box.authorize(payment.session_id)
    assert shop.place(payment).status == 201
    assert shop.agrees(payment.order_id, "AUTHORIZED")["order_amount"] == 25000


def test_an_update_needs_the_payments_key(shop, httpd):
    payment = shop.start()
    body = {"key": "0" * 32, "signed_cart": carts.sign()}
    with shop.nothing_happens():
        problem(httpd.post(f"{CHECKOUT}/sessions/{payment.order_id}", body, None), 404,
                "no_such_order")
        del body["key"]
        problem(httpd.post(f"{CHECKOUT}/sessions/{payment.order_id}", body, None), 400,
                "missing", "key")


def test_a_placed_payment_is_not_updated(shop, httpd):
    payment = shop.authorized()
    assert shop.place(payment).status == 201
    body = {"key": payment.key, "signed_cart": carts.sign()}
    with shop.nothing_happens():
        problem(httpd.post(f"{CHECKOUT}/sessions/{payment.order_id}", body, None), 409,
                "not_open")


def test_a_wrong_cart_changes_nothing(shop, httpd):
    payment = shop.start()
    cart = carts.cart()
    cart["order_amount"] += 1
    body = {"key": payment.key, "signed_cart": carts.sign(cart)}
    with shop.nothing_happens():
        problem(httpd.post(f"{CHECKOUT}/sessions/{payment.order_id}", body, None), 400,
                "order_total", "order_amount", got="81601")


# --- placing --------------------------------------------------------------------------------

@pytest.mark.valgrind
def test_placing(shop, box):
    payment = shop.authorized(carts.personal_cart() | {"merchant_urls": {
        "confirmation": "https://shop.example.test/thanks"}})
    answer = shop.place(payment)
    assert answer.status == 201
    body = answer.json
    assert body["order_id"] == payment.order_id and body["state"] == "confirmed"
    assert body["fraud_status"] == "ACCEPTED" and body["redirect_url"]
    assert answer.headers["Location"] == body["status_url"]
    shop.agrees(payment.order_id, "AUTHORIZED")
    assert len(box.orders_of_session(payment.session_id)) == 1


def test_placing_without_a_confirmation_page(shop):
    """Klarna has nowhere to send the shopper to."""
    answer = shop.place(shop.authorized())
    assert answer.status == 201 and not answer.json["redirect_url"]


def test_no_person_and_no_token_is_stored(shop, httpd):
    """Nor is the session's own token, once the payment's row is gone: test_sweeps.py."""
    payment = shop.authorized(carts.personal_cart())
    assert shop.place(payment).status == 201
    its = [row for rows in httpd.rows().values() for row in rows if payment.order_id in row]
    assert len(its) == 3            # the payment, its operation, its order
    stored = json.dumps(its, ensure_ascii=False)
    for secret in (*carts.PERSONAL, payment.token):
        assert secret not in stored


def test_a_double_click_is_one_order(shop, box):
    payment = shop.authorized()
    first = shop.place(payment)
    second = shop.place(payment)
    assert (first.status, second.status) == (201, 201)
    assert first.raw == second.raw
    assert len(box.orders_of_session(payment.session_id)) == 1


def test_clicks_at_the_same_moment_are_one_order(shop, box):
    payment = shop.authorized()
    box.fault("delay", path="/order$", seconds=0.5)
    with concurrent.futures.ThreadPoolExecutor(5) as threads:
        answers = list(threads.map(lambda _: shop.place(payment), range(5)))
    for answer in answers:
        if answer.status != 201:
            problem(answer, 409, "in_progress")
            assert int(answer.headers["Retry-After"]) > 0
    assert [answer.status for answer in answers].count(201) >= 1
    assert len(box.orders_of_session(payment.session_id)) == 1
    assert shop.place(payment).status == 201
    shop.agrees(payment.order_id, "AUTHORIZED")


def test_the_same_click_gets_the_same_answer_later(shop):
    payment = shop.authorized()
    first = shop.place(payment)
    shop.done(shop.act(payment.order_id, "captures", {"everything": True}))
    assert shop.place(payment).raw == first.raw


def test_a_placed_order_is_not_placed_again(shop, box):
    payment = shop.authorized()
    assert shop.place(payment).status == 201
    payment.token = "11111111-2222-3333-4444-555555555555"
    with shop.nothing_happens():
        problem(shop.place(payment), 409, "not_open")


@pytest.mark.parametrize("name, value, status, code", [
    ("key", "0" * 32, 404, "no_such_order"),
    ("key", None, 400, "missing"),
    ("key", 7, 400, "wrong_type"),
    ("order_id", "00000000-0000-4000-8000-000000000000", 404, "no_such_order"),
    ("order_id", "../../x", 404, "no_such_order"),
    ("authorization_token", None, 400, "missing"),
    ("authorization_token", "../sessions", 400, "authorization_token"),
    ("authorization_token", "", 400, "too_short"),
    ("authorization_token", "x" * 300, 400, "too_long"),
    ("authorisation_token", "x", 400, "unknown_field"),
])
def test_a_wrong_placement(shop, httpd, name, value, status, code):
    body = shop.authorized().placement()
    body[name] = value
    if value is None:
        del body[name]
    with shop.nothing_happens():
        answer = httpd.post(CHECKOUT + "/orders", body, None)
        problem(answer, status, code, name if status == 400 else None)


def test_placing_tells_nothing_without_the_orders_key(shop, httpd, box):
    payment = shop.authorized()
    known = payment.placement() | {"key": "0" * 32}
    missing = known | {"order_id": "00000000-0000-4000-8000-000000000000"}
    answers = [httpd.post(CHECKOUT + "/orders", missing, None)]
    answers.append(httpd.post(CHECKOUT + "/orders", known, None))
    box.fault("delay", path="/order$", seconds=HELD)
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        placing = threads.submit(shop.place, payment)
        eventually(lambda: box.orders_of_session(payment.session_id))
        answers.append(httpd.post(CHECKOUT + "/orders", known, None))
        box.clear()
        assert placing.result().status == 201
    answers.append(httpd.post(CHECKOUT + "/orders", known, None))
    assert {answer.raw for answer in answers} == {answers[0].raw}
    problem(answers[0], 404, "no_such_order")


def test_klarna_does_not_know_the_token(shop, httpd, box):
    """Klarna's words are for the shop: they are in the log."""
    payment = shop.start()
    payment.token = "11111111-2222-3333-4444-555555555555"
    httpd.expect_log("KLA0020: .* 422 klarna_refused: Klarna refused this .* correlation ")
    told = problem(shop.place(payment), 422, "klarna_refused")
    assert set(told) == {"type", "title", "status", "code", "detail", "next"}
    assert told["detail"] == "Klarna refused this."
    assert box.orders_of_session(payment.session_id) == []


def test_an_order_in_fraud_review_waits(shop, box):
    payment = shop.authorized(outcome="pending")
    assert shop.place(payment).json["fraud_status"] == "PENDING"
    order = shop.agrees(payment.order_id, "AUTHORIZED")
    told = problem(shop.act(payment.order_id, "captures", {"everything": True}), 409,
                   "not_capturable")
    assert "review" in told["detail"]
    box.control("POST", f"orders/{order['klarna_order_id']}/fraud", {"decision": "ACCEPTED"})
    shop.done(shop.act(payment.order_id, "captures", {"everything": True}))
    shop.agrees(payment.order_id, "CAPTURED")


# --- status ---------------------------------------------------------------------------------

def test_the_shoppers_status(shop, httpd):
    payment = shop.start()
    url = f"{CHECKOUT}/orders/{payment.order_id}?key={payment.key}"
    before = httpd.get(url, None)
    assert before.status == 200
    assert before.json["state"] == "CREATED" and before.json["pending"] is False
    assert set(before.json) == {"order_id", "state", "sentence", "fraud_status", "order_amount",
                                "purchase_currency", "pending"}
    payment.token = shop.box.authorize(payment.session_id)
    shop.place(payment)
    after = httpd.get(url, None)
    assert after.json["state"] == "AUTHORIZED" and after.json["sentence"]
    head = httpd.ask("HEAD", url)
    assert head.status == 200 and head.raw == b""


@pytest.mark.parametrize("query", ["", "?key=", "?key=" + "0" * 32, "?yek={key}", "?key={key}0",
                                   "?key=%20{key}", "?xkey={key}"])
def test_the_status_needs_the_orders_own_key(shop, httpd, query):
    payment = shop.start()
    url = f"{CHECKOUT}/orders/{payment.order_id}{query.format(key=payment.key)}"
    missing = httpd.get(f"{CHECKOUT}/orders/00000000-0000-4000-8000-000000000000", None)
    answer = httpd.get(url, None)
    problem(answer, 404, "no_such_order")
    assert answer.raw == missing.raw


def test_another_stores_payment_is_not_there(shop, other, httpd):
    payment = other.authorized()
    url = f"{CHECKOUT}/orders/{payment.order_id}?key={payment.key}"
    problem(httpd.get(url, None), 404, "no_such_order")
    with shop.nothing_happens():
        problem(shop.place(payment), 404, "no_such_order")
    assert other.place(payment).status == 201
