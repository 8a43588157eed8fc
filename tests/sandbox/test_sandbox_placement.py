# SPDX-License-Identifier: Apache-2.0
"""The order that is placed against what was authorized. Klarna's pages: "Validations in the payment
process" (address objects and the list of lines must be the same) and "Step 3: Create an order" (its
error table, whose form is that of a log from 2017 with several fields in one message)."""
import pytest

from sandbox_client import cart, line

HOME = {"given_name": "Ada", "family_name": "Berg", "postal_code": "111 22", "city": "Lund"}


def set_reading(box, reading):
    box.control("POST", "behaviour", {"addresses": reading})


def refused(box, token, order, *fields):
    answer = box.place(token, order)
    assert (answer.status, answer.code) == (409, "BAD_VALUE"), answer.raw
    assert answer.json["error_messages"] == [f"Not matching fields: [{', '.join(fields)}]"]
    assert box.control("GET", "ledger")["orders"] == []


def renamed(**changes):
    order = cart()
    order["order_lines"][1].update(changes)
    return order


@pytest.mark.parametrize("order, fields", [
    (cart(line("one", 1, 9999)),
     ("order_amount", "order_tax_amount",
      "Incorrect number of items in the cart. Expected: 3, Actual: 1")),
    (renamed(reference="other", name="tome"),
     ("order_lines[1].name", "order_lines[1].reference")),
    (renamed(total_tax_amount=cart()["order_lines"][1]["total_tax_amount"] + 1),
     ("order_lines[1].total_tax_amount",)),
    (cart(order_tax_amount=cart()["order_tax_amount"] + 1), ("order_tax_amount",)),
    (cart(purchase_country="DK", purchase_currency="DKK", locale="da-DK"),
     ("purchase_country", "purchase_currency")),
])
def test_all_that_differs_is_in_one_message(box, order, fields):
    refused(box, box.authorized(), order, *fields)


# "Any difference makes the order invalid", a blank within a postal code is one.
@pytest.mark.parametrize("reading", ["same", "untold_matches"])
def test_addresses_are_compared_whole(box, reading):
    set_reading(box, reading)
    agreed = cart(billing_address=HOME, shipping_address=HOME)
    here = {**HOME, "postal_code": "11122"}
    refused(box, box.authorized(agreed), cart(billing_address=here, shipping_address=here),
            "billing_address.postal_code", "shipping_address.postal_code")
    short = {name: HOME[name] for name in ("postal_code", "city")}
    refused(box, box.authorized(agreed), cart(billing_address=HOME, shipping_address=short),
            "shipping_address.given_name", "shipping_address.family_name")
    refused(box, box.authorized(agreed), cart(billing_address={**HOME, "street_address2": ""},
                                              shipping_address=HOME),
            "billing_address.street_address2")
    refused(box, box.authorized(agreed), cart(shipping_address=HOME),
            *(f"billing_address.{name}" for name in HOME))
    assert box.place(box.authorized(agreed), agreed).status == 200


def test_what_was_told_by_both_is_compared_when_absent_matches(box):
    set_reading(box, "absent_matches")
    agreed = cart(billing_address=HOME)
    refused(box, box.authorized(agreed), cart(billing_address={"city": "Malmö", "phone": "1"}),
            "billing_address.city")
    assert box.place(box.authorized(agreed)).status == 200


def test_an_address_that_nobody_told_before(box):
    """The same page: "an empty payload matches the customer data you are sending"."""
    order = cart(billing_address=HOME)
    set_reading(box, "same")
    refused(box, box.authorized(), order, *(f"billing_address.{name}" for name in HOME))
    assert box.place(box.authorized()).status == 200
    set_reading(box, "untold_matches")
    assert box.place(box.authorized(), order).status == 200


def test_what_the_browser_told_counts(box):
    """"Customer data requirements for authorize()": later data is merged with the earlier."""
    set_reading(box, "same")
    session_id = box.session(cart(billing_address=HOME))["session_id"]
    token = box.authorize(session_id, billing_address={"city": "Malmö", "phone": "46"})
    refused(box, token, cart(billing_address=HOME), "billing_address.city",
            "billing_address.phone")
    session_id = box.session(cart(billing_address=HOME))["session_id"]
    token = box.authorize(session_id, billing_address={"city": "Malmö", "phone": "46"})
    both = {**HOME, "city": "Malmö", "phone": "46"}
    answer = box.place(token, cart(billing_address=both))
    assert answer.status == 200
    assert box.read(answer.json["order_id"])["billing_address"] == both


# krokedil/klarna-payments-for-woocommerce #31, a Klarna engineer.
def test_a_refused_placement_stays_refused_for_its_token(box):
    token = box.authorized()
    wrong, message = cart(order_tax_amount=1500), "Not matching fields: [order_tax_amount]"
    assert box.place(token, wrong).message == message
    right = box.place(token)
    assert (right.status, right.code, right.message) == (409, "BAD_VALUE", message)
    box.control("POST", "behaviour", {"refused_placement": "can_be_corrected"})
    assert box.place(token).status == 200
