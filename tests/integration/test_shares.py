# SPDX-License-Identifier: Apache-2.0
"""What belongs to the whole order goes with each part of it, and money captured by amount goes back
before anything that waits is released. Each time the module's books are the sandbox's."""
import pytest

import carts
from carts import line
from shop import ORDERS, problem
from test_money import capture, credit, line_of, lines, theirs, verbs

A, B = line("A", 1, 10000), line("B", 1, 5000)
OFF = line("whole", 1, -3000, type="discount")
CARD = line("whole", 1, -3000, 0, type="gift_card")


@pytest.fixture
def order_id(shop):
    return shop.placed(carts.of(A, B, OFF))


def said(**amounts):
    """Lines by amount, as they are added to a selection of pieces."""
    return [{"reference": name, "amount": amount} for name, amount in amounts.items()]


# --- shares ---------------------------------------------------------------------------------

def test_a_return_pays_back_what_the_shopper_paid(shop, box, order_id):
    capture(shop, order_id)
    assert credit(shop, order_id, lines(A=1))["amount"] == 8000
    assert shop.agrees(order_id)["refunded_amount"] == 8000
    [refund] = theirs(shop, box, order_id)["refunds"]
    assert [(entry["type"], entry["total_amount"]) for entry in refund["order_lines"]] == [
        ("physical", 10000), ("discount", -2000)]
    assert credit(shop, order_id, lines(B=1))["amount"] == 4000
    assert shop.agrees(order_id)["refunded_amount"] == 12000


@pytest.mark.parametrize("whole", [OFF, CARD], ids=["discount", "gift card"])
def test_a_part_shipment_takes_its_share(shop, box, whole):
    order_id = shop.placed(carts.of(A, B, whole))
    assert capture(shop, order_id, lines(B=1))["captured_amount"] == 4000
    shop.agrees(order_id, "PART_CAPTURED")
    assert capture(shop, order_id, lines(A=1))["captured_amount"] == 8000
    shop.agrees(order_id, "CAPTURED")
    assert [[(entry["reference"], entry["total_amount"]) for entry in part["order_lines"]]
            for part in theirs(shop, box, order_id)["captures"]] == [
        [("B", 5000), ("whole", -1000)], [("A", 10000), ("whole", -2000)]]


def test_what_is_taken_off_takes_its_share_along(shop, box, order_id):
    assert verbs(credit(shop, order_id, lines(B=1))) == [("reduce", 4000)]
    assert shop.agrees(order_id, "AUTHORIZED")["order_amount"] == 8000
    assert [(entry["reference"], entry["total_amount"])
            for entry in theirs(shop, box, order_id)["order_lines"]] == [
        ("A", 10000), ("whole", -2000)]
    capture(shop, order_id)
    shop.agrees(order_id, "CAPTURED")


def test_a_person_changes_the_share(shop, order_id):
    capture(shop, order_id)
    body = lines(A=1)
    body["lines"] += said(whole=0)
    path = f"{ORDERS}/{order_id}/credit-invoices/preview"
    with shop.nothing_happens():
        proposed = shop.httpd.post(path, lines(A=1)).json["steps"][0]
        assert [(entry["reference"], entry["amount"]) for entry in proposed["lines"]] == [
            ("A", 10000), ("whole", -2000)]
        assert shop.httpd.post(path, body).json["refund_amount"] == 10000
    assert credit(shop, order_id, body)["amount"] == 10000
    assert credit(shop, order_id, lines(B=1))["amount"] == 2000     # the last takes the rest
    assert shop.agrees(order_id)["refunded_amount"] == 12000


def test_a_refusal_names_the_discount_that_is_open(shop, order_id):
    body = lines(A=1, B=1)
    body["lines"] += said(whole=-1000)
    with shop.nothing_happens():
        told = problem(shop.act(order_id, "captures", body), 400, "too_much", "lines",
                       expected="at most 12000")
    assert "-2000 of the line whole" in told["next"]


# --- captured by amount -----------------------------------------------------------------------

@pytest.fixture
def by_amount(shop):
    order_id = shop.placed(carts.of(line("A", 2, 5000), line("B", 1, 5000)))
    capture(shop, order_id, {"amount": 10000})
    return order_id


def test_captured_money_goes_back_before_anything_is_released(shop, by_amount):
    assert verbs(credit(shop, by_amount, lines(A=1))) == [("refund", 5000)]
    order = shop.agrees(by_amount, "PART_CAPTURED")
    assert order["remaining_authorized_amount"] == 5000
    assert line_of(order, "B")["open_quantity"] == 1
    assert capture(shop, by_amount, lines(B=1))["captured_amount"] == 5000
    shop.agrees(by_amount, "CAPTURED")
    assert credit(shop, by_amount, lines(A=1, B=1))["amount"] == 10000
    assert shop.agrees(by_amount)["refunded_amount"] == 15000


def test_nothing_that_waits_is_released_unasked(shop, by_amount):
    credit(shop, by_amount, {"amount": 7000})
    told = problem(shop.act(by_amount, "credit-invoices", lines(A=1)), 409, "not_creditable")
    assert told["reason"] == "captured_by_amount"
    assert "Captured by amount: credit by amount." in told["detail"]
    told = problem(shop.act(by_amount, "credit-invoices", {"amount": 3001}), 400, "too_much",
                   "amount", expected="at most 3000")
    assert '"release": true' in told["next"]
    assert shop.agrees(by_amount, "PART_CAPTURED")["refunded_amount"] == 7000
    body = lines(B=1) | {"release": True}
    assert verbs(credit(shop, by_amount, body)) == [("release", 5000)]
    order = shop.agrees(by_amount, "CAPTURED")
    assert line_of(order, "A")["captured_quantity"] == 2


def test_a_return_finds_the_money_after_a_release(shop, by_amount):
    shop.done(shop.act(by_amount, "release", {}))
    assert verbs(credit(shop, by_amount, lines(B=1))) == [("refund", 5000)]
    assert verbs(credit(shop, by_amount, lines(A=1))) == [("refund", 5000)]
    assert shop.agrees(by_amount, "CAPTURED")["refunded_amount"] == 10000
    with shop.nothing_happens():
        problem(shop.act(by_amount, "credit-invoices", lines(A=1)), 409, "not_creditable")


# --- an amount has a name and a VAT rate --------------------------------------------------------

MIXED = (line("A", 1, 10000), line("B", 1, 5000, 600))


def added(shop, box, order_id):
    return [(entry["type"], entry["name"], entry["quantity"], entry["total_amount"],
             entry["tax_rate"]) for entry in theirs(shop, box, order_id)["order_lines"][2:]]


def test_a_reduction_has_the_vat_of_what_it_reduces(shop, box):
    order_id = shop.placed(carts.of(*MIXED))
    path = f"{ORDERS}/{order_id}/credit-invoices/preview"
    with shop.nothing_happens():
        [step] = shop.httpd.post(path, {"amount": 1500}).json["steps"]
        assert [(entry["total_amount"], entry["tax_rate"]) for entry in step["added"]] == [
            (-1000, 2500), (-500, 600)]
    assert verbs(credit(shop, order_id, {"amount": 1500})) == [("reduce", 1500)]
    shop.agrees(order_id, "AUTHORIZED")
    assert added(shop, box, order_id) == [("discount", "Reduction", 1, -1000, 2500),
                                          ("discount", "Reduction", 1, -500, 600)]
    assert capture(shop, order_id)["captured_amount"] == 13500
    shop.agrees(order_id, "CAPTURED")


def test_a_person_names_a_reduction_and_a_refund(shop, box):
    order_id = shop.placed(carts.of(*MIXED))
    said = {"name": "Scratch", "tax_rate": 600}
    credit(shop, order_id, {"amount": 700} | said)
    assert added(shop, box, order_id) == [("discount", "Scratch", 1, -700, 600)]
    assert line_of(shop.agrees(order_id), "reduction-1")["name"] == "Scratch"
    capture(shop, order_id)
    credit(shop, order_id, {"amount": 300} | said)
    [refund] = theirs(shop, box, order_id)["refunds"]
    assert [(entry["name"], entry["quantity"], entry["total_amount"], entry["tax_rate"])
            for entry in refund["order_lines"]] == [("Scratch", 1, 300, 600)]
    assert shop.agrees(order_id, "CAPTURED")["refunded_amount"] == 300
    with shop.nothing_happens():
        problem(shop.act(order_id, "credit-invoices", {"everything": True, "name": "x"}), 400,
                "selection", "name")


def test_the_preview_of_a_capture_shows_the_shares(shop, order_id):
    path = f"{ORDERS}/{order_id}/captures/preview"
    with shop.nothing_happens():
        told = shop.httpd.post(path, lines(A=1)).json
        problem(shop.httpd.post(path, lines(A=2)), 400, "too_many", "lines[0].quantity")
    assert told == {"captured_amount": 8000, "purchase_currency": "SEK", "lines": [
        {"reference": "A", "name": "A", "quantity": 1, "amount": 10000},
        {"reference": "whole", "name": "whole", "quantity": 0, "amount": -2000}]}
