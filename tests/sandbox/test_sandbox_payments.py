# SPDX-License-Identifier: Apache-2.0
"""Klarna Payments: sessions, the arithmetic, place order, cancel authorization."""
import copy

import pytest

from sandbox_client import OM, cart, line

SESSIONS = "/payments/v1/sessions"
TOKENS = "/payments/v1/authorizations"
HOUR = 3600


def refused(box, order, field):
    answer = box.ask("POST", SESSIONS, order)
    assert answer.status == 400, answer.raw
    assert answer.code == "BAD_VALUE"
    assert answer.message == f"Bad value: {field}"
    assert box.control("GET", "ledger")["sessions"] == []


def changed(**changes):
    return {**cart(), **changes}


def with_line(index=0, **changes):
    order = cart()
    order["order_lines"][index].update(changes)
    return order


def test_create_read_update(box):
    session = box.session()
    assert len(session["client_token"]) <= 4096 and session["client_token"].count(".") == 2
    category, = session["payment_method_categories"]    # the specification's example
    assert (category["identifier"], category["name"]) == ("klarna", "Pay with Klarna")
    path = f"{SESSIONS}/{session['session_id']}"
    read = box.ask("GET", path)
    assert read.status == 200
    assert read.json["status"] == "incomplete" and read.json["order_amount"] == 10000
    assert "authorization_token" not in read.json
    update = box.ask("POST", path, {"merchant_reference1": "ON4711"})
    assert (update.status, update.raw) == (204, b"")
    read = box.ask("GET", path).json
    assert read["merchant_reference1"] == "ON4711" and read["order_amount"] == 10000


def test_three_categories_as_they_were(box):
    box.control("POST", "behaviour", {"categories": "three"})
    session = box.session()
    assert [category["identifier"] for category in session["payment_method_categories"]] == [
        "pay_later", "pay_over_time", "pay_now"]


def test_an_update_is_checked_as_a_whole_and_stores_nothing_when_refused(box):
    path = f"{SESSIONS}/{box.session()['session_id']}"
    answer = box.ask("POST", path, {"order_amount": 1, "merchant_reference1": "x"})
    assert answer.status == 400 and answer.message == "Bad value: order_lines"
    assert "merchant_reference1" not in box.ask("GET", path).json


def test_unknown_session(box):
    for method, body in (("GET", None), ("POST", {})):
        answer = box.ask(method, f"{SESSIONS}/nothing", body)
        assert answer.status == 404 and answer.code == "NOT_FOUND"


def test_a_session_lives_48_hours(box):
    path = f"{SESSIONS}/{box.session()['session_id']}"
    box.advance(48 * HOUR - 60)
    assert box.ask("GET", path).status == 200
    box.advance(61)
    assert box.ask("GET", path).code == "NOT_FOUND"


@pytest.mark.parametrize("name", ["purchase_country", "purchase_currency", "order_amount",
                                  "order_lines"])
def test_required_fields(box, name):
    order = cart()
    del order[name]
    refused(box, order, name)
    refused(box, changed(**{name: None}), name)


@pytest.mark.parametrize("order, field", [
    (changed(order_amount="10000"), "order_amount"),
    (changed(order_amount=10000.0), "order_amount"),
    (changed(order_amount=True), "order_amount"),
    (changed(order_amount=-1), "order_amount"),
    (changed(order_amount=1 << 63), "order_amount"),
    (changed(order_tax_amount=-1), "order_tax_amount"),
    (changed(order_lines=[]), "order_lines"),
    (changed(order_lines={}), "order_lines"),
    (changed(order_lines=[line("x", 1, 1)] * 1001, order_amount=1001), "order_lines"),
    (changed(order_lines=["x"]), "order_lines[0]"),
    (changed(purchase_country="XX"), "purchase_country"),
    (changed(purchase_country="SWE"), "purchase_country"),
    (changed(purchase_currency="EUR"), "purchase_currency"),
    (changed(locale="de-SE"), "locale"),
    (changed(locale="sv-DE"), "locale"),
    (changed(locale="svSE"), "locale"),
    (changed(billing_address={"country": "DE"}), "purchase_currency"),
    (changed(billing_address={"country": "XX"}), "billing_address.country"),
    (changed(billing_address={"postal_code": "x" * 11}), "billing_address.postal_code"),
    (changed(shipping_address={"city": "x" * 100}), "shipping_address.city"),
    (changed(shipping_address="x"), "shipping_address"),
    (changed(merchant_reference1="x" * 256), "merchant_reference1"),
    (changed(merchant_data="x" * 6001), "merchant_data"),
    (changed(merchant_urls={"authorization": "x" * 2001}), "merchant_urls.authorization"),
    (changed(customer={"type": "robot"}), "customer.type"),
    (changed(attachment={"body": "{}"}), "attachment.content_type"),
    (changed(options={"color_text": "red"}), "options.color_text"),
    (changed(intent="sell"), "intent"),
    (changed(acquiring_channel="SHOP"), "acquiring_channel"),
    (with_line(name=""), "order_lines[0].name"),
    (with_line(name=None), "order_lines[0].name"),
    (with_line(name="x" * 256), "order_lines[0].name"),
    (with_line(1, quantity=-1), "order_lines[1].quantity"),
    (with_line(1, unit_price=200000001), "order_lines[1].unit_price"),
    (with_line(tax_rate=10001), "order_lines[0].tax_rate"),
    (with_line(total_discount_amount=-1), "order_lines[0].total_discount_amount"),
    (with_line(type="return_fee"), "order_lines[0].type"),
    (with_line(reference="x" * 256), "order_lines[0].reference"),
    (with_line(quantity_unit="kilograms"), "order_lines[0].quantity_unit"),
    (with_line(product_identifiers={"brand": "x" * 71}),
     "order_lines[0].product_identifiers.brand"),
    (with_line(subscription={"name": "x", "interval": "HOUR", "interval_count": 1}),
     "order_lines[0].subscription.interval"),
    (with_line(total_amount=6001), "order_lines[0].total_amount"),
    (with_line(total_discount_amount=1), "order_lines[0].total_amount"),
    (with_line(total_tax_amount=1202), "order_lines[0].total_tax_amount"),
    (with_line(total_tax_amount=1198), "order_lines[0].total_tax_amount"),
    (with_line(total_tax_amount=None), "order_lines[0].total_tax_amount"),
    (changed(order_amount=10001), "order_lines"),
    (changed(order_tax_amount=cart()["order_tax_amount"] + 4), "order_tax_amount"),
])
def test_bad_values_name_their_field(box, order, field):
    refused(box, order, field)


@pytest.mark.parametrize("order", [
    changed(locale="en-US"),
    with_line(total_tax_amount=1201, order_tax_amount=1499),
    with_line(total_tax_amount=1199),
    changed(order_tax_amount=cart()["order_tax_amount"] + 3),
    changed(order_tax_amount=None),
    changed(locale=None),
    changed(purchase_country="se", purchase_currency="sek", locale="en-se"),
    changed(acquiring_channel="in_store"),
    changed(something_new={"a": 1}),
    cart(line("x", 1, 9999, 2300)),
    cart(line("x", 3, 1000), line("off", 1, -500, type="discount")),
    cart(line("x", 3, 1000), line("card", 1, -3000, 0, type="gift_card")),
    cart(*[line(f"x{n}", 1, 1) for n in range(1000)]),
])
def test_good_values(box, order):
    assert box.ask("POST", SESSIONS, order).status == 200


def test_the_tax_of_a_discount_is_negative(box):
    off = line("off", 1, -1, 1, type="discount")
    off["total_tax_amount"] = 1
    refused(box, cart(line("x", 1, 5000), off), "order_lines[1].total_tax_amount")


def american(*lines, tax):
    return cart(*lines, purchase_country="US", purchase_currency="USD", locale="en-US",
                order_tax_amount=tax)


# "Tax handling": different tax types in the US are separate lines.
def test_us_tax_stands_on_lines_of_its_own(box):
    hat, tax = line("hat", 1, 1000, 0), line("tax", 1, 80, 0, type="sales_tax")
    refused(box, american(hat, tax, tax, tax=80), "order_tax_amount")
    refused(box, american(hat, tax, tax=0), "order_tax_amount")
    refused(box, american(line("hat", 1, 1000, 800), tax, tax=80), "order_lines[0].tax_rate")
    taxed = {**hat, "total_tax_amount": 1}
    refused(box, american(taxed, tax, tax=80), "order_lines[0].total_tax_amount")
    assert box.ask("POST", SESSIONS, american(hat, tax, tax=80)).status == 200
    assert box.ask("POST", SESSIONS, american(hat, tax, tax, tax=160)).status == 200
    assert box.ask("POST", SESSIONS, american(hat, tax=0)).status == 200


def test_place_order(box):
    order = cart(merchant_reference1="ON1", merchant_urls={
        "confirmation": "https://shop.example/done?o={order.id}&s={session.id}"})
    session = box.session(order)
    token = box.authorize(session["session_id"])
    path = f"{SESSIONS}/{session['session_id']}"
    assert box.ask("GET", path).json["authorization_token"] == token
    answer = box.place(token, order)
    assert answer.status == 200
    assert answer.json["fraud_status"] == "ACCEPTED"
    assert answer.json["authorized_payment_method"] == {"type": "invoice"}
    order_id = answer.json["order_id"]
    jump = box.ask("GET", "/redirect/" + order_id)
    assert answer.json["redirect_url"] == f"{box.url}/redirect/{order_id}"
    assert (jump.status, jump.headers["Location"]) == (
        302, f"https://shop.example/done?o={order_id}&s={session['session_id']}")
    read = box.read(order_id)
    assert read["status"] == "AUTHORIZED" and read["merchant_reference1"] == "ON1"
    assert read["order_amount"] == read["remaining_authorized_amount"] == 10000
    assert not [name for name in read if name.startswith("_")]


# "Step 3: Create an order": the member is not there without the URL it would lead to.
def test_no_redirect_without_a_confirmation_page(box):
    assert "redirect_url" not in box.place(box.authorized()).json
    order = cart(merchant_urls={"notification": "https://shop.example/n"})
    assert "redirect_url" not in box.place(box.authorized(order), order).json


def test_a_placed_order_completes_its_session(box):
    session = box.session()
    path = f"{SESSIONS}/{session['session_id']}"
    box.place(box.authorize(session["session_id"]))
    read = box.ask("GET", path).json
    assert read["status"] == "complete" and "authorization_token" not in read
    update = box.ask("POST", path, {})
    assert (update.status, update.code) == (404, "SESSION_COMPLETED")
    box.control("POST", "behaviour", {"completed_session": "not_found"})
    assert box.ask("GET", path).code == "SESSION_COMPLETED"


def test_a_used_token_with_the_same_body_gives_the_same_order(box):
    token = box.authorized()
    first, second = box.place(token), box.place(token)
    assert second.status == 200 and second.json == first.json
    other = box.place(token, cart(merchant_reference1="other"))
    assert (other.status, other.code) == (409, "BAD_VALUE")
    assert len(box.control("GET", "ledger")["orders"]) == 1


def test_a_used_token_can_be_refused_instead(box):
    box.control("POST", "behaviour", {"place_order_repeat": "refused"})
    token = box.authorized()
    assert box.place(token).status == 200
    again = box.place(token)
    assert (again.status, again.code) == (403, "INVALID_OPERATION")
    assert len(box.control("GET", "ledger")["orders"]) == 1


def test_an_authorization_holds_what_the_session_held_then(box):
    session = box.session()
    token = box.authorize(session["session_id"])
    dearer = cart(line("dear", 1, 20000))
    assert box.ask("POST", f"{SESSIONS}/{session['session_id']}", dearer).status == 204
    assert box.place(token).status == 200
    session = box.session()
    token = box.authorize(session["session_id"])
    assert box.ask("POST", f"{SESSIONS}/{session['session_id']}", dearer).status == 204
    assert box.place(token, dearer).status == 409


def test_place_order_checks_its_own_body(box):
    token = box.authorized()
    order = copy.deepcopy(cart())
    order["order_lines"][0]["total_amount"] += 1
    answer = box.place(token, order)
    assert (answer.status, answer.message) == (400, "Bad value: order_lines[0].total_amount")
    assert box.place(token, cart(auto_capture="yes")).message == "Bad value: auto_capture"


def test_a_region_is_mandatory_in_the_us(box):
    order = american(line("hat", 1, 1000, 0), tax=0)
    order["billing_address"] = {"country": "US", "city": "Columbus"}
    assert box.place(box.authorized(order), order).message == "Bad value: billing_address.region"
    order["billing_address"]["region"] = "OH"
    assert box.place(box.authorized(order), order).status == 200


def test_auto_capture(box):
    order_id = box.place(box.authorized(), cart(auto_capture=True)).json["order_id"]
    order = box.ledger(order_id)
    assert order["status"] == "CAPTURED" and order["captured_amount"] == 10000
    assert order["captures"][0]["source"] == "auto_capture"


def test_unknown_expired_and_replaced_tokens(box):
    assert box.place("nothing").code == "NOT_FOUND"
    assert box.place("nothing").message == "Invalid authorization token"
    token = box.authorized()
    box.advance(HOUR - 30)
    assert box.ask("GET", SESSIONS + "/x").status == 404
    box.advance(31)
    assert (box.place(token).status, box.place(token).code) == (404, "NOT_FOUND")
    session = box.session()
    first = box.authorize(session["session_id"])
    second = box.authorize(session["session_id"])
    assert first != second
    assert box.place(first).status == 404
    assert box.place(second).status == 200


def test_cancel_authorization(box):
    session = box.session()
    token = box.authorize(session["session_id"])
    assert box.ask("DELETE", f"{TOKENS}/{token}").status == 204
    again = box.ask("DELETE", f"{TOKENS}/{token}")
    assert (again.status, again.code) == (404, "NOT_FOUND")
    assert box.place(token).status == 404
    used = box.authorize(session["session_id"])
    assert box.place(used).status == 200
    late = box.ask("DELETE", f"{TOKENS}/{used}")
    assert (late.status, late.code) == (404, "NOT_FOUND")       # Error codes of Klarna Payments
    assert late.message == "Authorization cannot be deleted"


def test_payments_know_no_idempotency_keys(box):
    first = box.ask("POST", SESSIONS, cart(), key="same")
    second = box.ask("POST", SESSIONS, cart(), key="same")
    assert first.json["session_id"] != second.json["session_id"]


def test_the_customer_says_no(box):
    session = box.session()
    assert box.authorize(session["session_id"], "refuse") is None
    assert "authorization_token" not in box.ask("GET", f"{SESSIONS}/{session['session_id']}").json
    assert box.place("None").status == 404


def test_an_order_in_review(box):
    order_id = box.order(outcome="pending")
    assert box.read(order_id)["fraud_status"] == "PENDING"
    answer = box.capture(order_id, 100)
    assert (answer.status, answer.code) == (403, "CAPTURE_NOT_ALLOWED")
    box.control("POST", f"orders/{order_id}/fraud", {"decision": "ACCEPTED"})
    assert box.capture(order_id, 100).status == 201
    assert box.ask("POST", f"/_sandbox/orders/{order_id}/fraud",
                   {"decision": "REJECTED"}).status == 409


def test_a_rejected_order_can_be_captured_for_four_hours(box):
    order_id = box.order(outcome="pending")
    box.control("POST", f"orders/{order_id}/fraud", {"decision": "REJECTED"})
    assert box.capture(order_id, 100).status == 201
    box.advance(4 * HOUR + 1)
    assert box.capture(order_id, 100).code == "CAPTURE_NOT_ALLOWED"
    assert box.ask("GET", f"{OM}/{order_id}").json["fraud_status"] == "REJECTED"
