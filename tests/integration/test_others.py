# SPDX-License-Identifier: Apache-2.0
"""Others change the authorization at Klarna with the merchant's own credentials, between two steps of
ours: what they did is not undone, and nothing is written over it. A and B are 5000 each."""
import pytest

import carts
from sandbox import PASSWORD, USERNAME
from sandbox_client import OM, basic
from shop import problem

AUTH = basic(USERNAME, PASSWORD)
A, B, C = (carts.line(name, 1, price) for name, price in (("A", 5000), ("B", 5000), ("C", 2000)))


@pytest.fixture
def order_id(shop):
    return shop.placed(carts.of(A, B))


def others_set(shop, box, order_id, *lines):
    klarna_id = shop.order(order_id)["klarna_order_id"]
    answer = box.ask("PATCH", f"{OM}/{klarna_id}/authorization",
                     {"order_amount": sum(line["total_amount"] for line in lines),
                      "order_lines": list(lines)}, auth=AUTH)
    assert answer.status == 204, answer.raw
    return klarna_id


def lines_at(box, klarna_id):
    return [(line["reference"], line["total_amount"])
            for line in box.ledger(klarna_id)["order_lines"]]


def take_off(shop, order_id, reference):
    return shop.act(order_id, "credit-invoices", {"lines": [{"reference": reference,
                                                             "quantity": 1}]})


def test_a_line_of_others_is_not_written_over(shop, box, order_id):
    klarna_id = others_set(shop, box, order_id, A, B, C)
    shop.done(take_off(shop, order_id, "B"))
    assert lines_at(box, klarna_id) == [("A", 5000), ("C", 2000)]
    order = shop.agrees(order_id, "AUTHORIZED")
    assert (order["order_amount"], order["attention"]) == (7000, "outside")
    assert [(seen["kind"], seen["amount"]) for seen in order["outside"]] == [("raise", 2000)]


def test_everything_is_what_klarna_has_after_a_raise(shop, box, order_id):
    klarna_id = others_set(shop, box, order_id, A, B, C)
    shop.done(shop.act(order_id, "captures", {"everything": True}))
    assert shop.agrees(order_id, "CAPTURED")["captured_amount"] == 12000
    shop.done(shop.act(order_id, "credit-invoices", {"everything": True}))
    assert box.ledger(klarna_id)["refunded_amount"] == 12000
    assert shop.agrees(order_id, "CAPTURED")["sentence_code"] == "all_credited"


def test_a_capture_of_what_others_added_is_booked(shop, box, order_id):
    klarna_id = others_set(shop, box, order_id, A, B, C)
    box.control("POST", f"orders/{klarna_id}/portal", {"action": "capture", "amount": 12000})
    answer = shop.act(order_id, "captures", {"everything": True})
    assert answer.status == 409, answer.raw           # nothing is left, and that is known now
    order = shop.agrees(order_id, "CAPTURED")
    assert order["captured_amount"] == 12000
    shop.done(shop.act(order_id, "credit-invoices", {"everything": True}))
    assert box.ledger(klarna_id)["refunded_amount"] == 12000


def test_what_others_took_off_does_not_come_back(shop, box, order_id):
    klarna_id = others_set(shop, box, order_id, A)
    answer = take_off(shop, order_id, "B")
    assert answer.status == 400, answer.raw           # B is off already
    assert lines_at(box, klarna_id) == [("A", 5000)]
    order = shop.order(order_id)
    assert order["order_amount"] == order["remaining_authorized_amount"] == 5000
    assert [line["cancelled_amount"] for line in order["order_lines"]] == [0, 5000]
    shop.done(shop.act(order_id, "captures", {"everything": True}))
    assert shop.agrees(order_id, "CAPTURED")["captured_amount"] == 5000


def test_swapped_lines_are_taken_over(shop, box, order_id):
    klarna_id = others_set(shop, box, order_id, A, carts.line("D", 1, 5000))
    shop.done(take_off(shop, order_id, "A"))
    assert lines_at(box, klarna_id) == [("D", 5000)]
    order = shop.agrees(order_id, "AUTHORIZED")
    assert [(line["reference"], line["open_amount"]) for line in order["order_lines"]] \
        == [("A", 0), ("B", 0), ("D", 5000)]


def test_nothing_is_taken_off_without_klarnas_record(shop, box, order_id):
    klarna_id = shop.order(order_id)["klarna_order_id"]
    box.fault("status", 3, path=f"{klarna_id}$", method="GET", status=500)
    shop.httpd.expect_log("KLA0020: .* 503 record_not_read: ")
    problem(take_off(shop, order_id, "B"), 503, "record_not_read")
    box.clear()
    assert lines_at(box, klarna_id) == [("A", 5000), ("B", 5000)]
    shop.done(take_off(shop, order_id, "B"))
    shop.agrees(order_id, "AUTHORIZED")


def test_a_number_that_is_used_is_asked_about(shop):
    order_id = shop.captured(carts.of(A, B))
    body = {"amount": 1000, "reference": "C-1"}
    shop.done(shop.act(order_id, "credit-invoices", body, "key-1"))
    shop.done(shop.act(order_id, "credit-invoices", body, "key-1"))     # the same again
    shop.httpd.expect_log("KLA0020: .* 409 reference_used: ")
    told = problem(shop.act(order_id, "credit-invoices", body, "key-2"), 409, "reference_used")
    assert "C-1" in told["detail"] and "confirm_reference" in told["next"]
    shop.done(shop.act(order_id, "credit-invoices", body | {"confirm_reference": True}, "key-2"))
    assert shop.agrees(order_id)["refunded_amount"] == 2000


def test_what_klarna_opens_again_is_ours_again(shop, box, order_id):
    klarna_id = shop.order(order_id)["klarna_order_id"]
    box.control("POST", f"orders/{klarna_id}/portal", {"action": "cancel"})
    assert shop.get(f"/{order_id}?refresh=1")["state"] == "CANCELLED"
    box.control("POST", f"orders/{klarna_id}/portal", {"action": "reactivate"})
    shop.get(f"/{order_id}?refresh=1")
    order = shop.agrees(order_id, "AUTHORIZED")
    assert (order["attention"], order["remaining_authorized_amount"]) == ("outside", 10000)
    assert order["outside"][1]["kind"] == "reopened"
    shop.done(shop.act(order_id, "captures", {"everything": True}))
    assert shop.agrees(order_id, "CAPTURED")["captured_amount"] == 10000


def test_what_klarna_has_not_accepted_is_not_to_ship(shop, box):
    order_id = shop.placed(carts.of(A, B), outcome="pending")
    klarna_id = shop.order(order_id)["klarna_order_id"]

    def to_ship():
        return [order["id"] for order in shop.get("?list=to_ship&limit=100")["orders"]]
    assert order_id not in to_ship()
    box.control("POST", f"orders/{klarna_id}/fraud", {"decision": "REJECTED"})
    order = shop.get(f"/{order_id}?refresh=1")
    assert (order["attention"], order["fraud_status"]) == ("fraud_rejected", "REJECTED")
    assert order_id not in to_ship()
    assert order_id in [one["id"] for one in shop.get("?attention=fraud_rejected")["orders"]]
