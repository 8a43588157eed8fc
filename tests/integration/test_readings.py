# SPDX-License-Identifier: Apache-2.0
"""Where Klarna's pages are silent, or say two things, the module ends right with either: the same
work under each reading that the sandbox has a switch for."""
import pytest

import carts
from shop import new_key, problem

A, B = (carts.line(name, 1, 5000) for name in "AB")
READINGS = ({"empty_members": "sent"}, {"empty_members": "left_out"},
            {"accepted_fraud_status": "left_out"}, {"categories": "three"})


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: "-".join(*reading.items()))
def test_an_order_from_placement_to_refund(shop, box, reading):
    box.control("POST", "behaviour", reading)
    order_id = shop.placed(carts.of(A, B))
    klarna_id = shop.order(order_id)["klarna_order_id"]
    shop.get(f"/{order_id}?refresh=1")
    assert shop.order(order_id)["actions"]["capture"]["allowed"]
    shop.done(shop.act(order_id, "captures", {"lines": [{"reference": "A", "quantity": 1}]}))
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 500}))
    box.others(klarna_id, "capture", 5000)
    shop.httpd.allow_log(f"KLA0032: order {order_id}: ")
    order = shop.get(f"/{order_id}?refresh=1")
    assert (order["state"], order["captured_amount"], order["refunded_amount"],
            order["differs_from_klarna"]) == ("CAPTURED", 10000, 500, False)
    theirs = box.ledger(klarna_id)
    assert (theirs["captured_amount"], theirs["refunded_amount"]) == (10000, 500)


@pytest.mark.parametrize("reading", ["told", "left_out"])
def test_refunds_of_both_sides_are_booked_once(shop, box, reading):
    """Also when Klarna lists them without an id; one of ours is asked for again with its key."""
    box.control("POST", "behaviour", {"refund_ids": reading})
    order_id = shop.captured(carts.of(A, B))
    klarna_id = shop.order(order_id)["klarna_order_id"]
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 500}))
    box.others(klarna_id, "refund", 700)
    shop.httpd.allow_log(f"KLA0032: order {order_id}: ")
    shop.get(f"/{order_id}?refresh=1")
    box.fault("drop_after", -1, path=f"{klarna_id}/refunds$")
    shop.httpd.expect_log("KLA0021: .* .refund. .* is unknown")
    key, amount = new_key(), {"amount": 900}
    assert shop.act(order_id, "credit-invoices", amount, key).status == 202
    box.control("DELETE", "faults")
    shop.done(shop.finish(lambda key: shop.act(order_id, "credit-invoices", amount, key), key))
    for _ in range(2):
        order = shop.get(f"/{order_id}?refresh=1")
        assert (order["refunded_amount"], order["differs_from_klarna"]) == (2100, False)
        assert len(order["credit_invoices"]) == 3
    assert box.ledger(klarna_id)["refunded_amount"] == 2100


@pytest.mark.parametrize("reading", ["sent", "left_out"])
def test_a_reference_that_is_cleared(shop, box, reading):
    """With an answer that is lost: what is read afterwards has an empty member, or none."""
    box.control("POST", "behaviour", {"empty_members": reading})
    order_id = shop.placed(carts.cart(merchant_reference2="two"))
    klarna_id = shop.order(order_id)["klarna_order_id"]
    box.fault("drop_after", -1, path="/merchant-references$", method="PATCH")
    shop.httpd.expect_log("KLA0021: .* .references. .* is unknown")
    cleared, key = {"merchant_reference2": ""}, new_key()
    assert shop.act(order_id, "references", cleared, key).status == 202
    box.control("DELETE", "faults")
    shop.done(shop.finish(lambda key: shop.act(order_id, "references", cleared, key), key))
    assert shop.agrees(order_id)["merchant_reference2"] in ("", None)
    assert box.ledger(klarna_id)["merchant_reference2"] == ""


@pytest.mark.parametrize("reading", ["stays_refused", "can_be_corrected"])
def test_a_placement_that_differs(shop, box, reading):
    """The token is worth nothing any more, or it is: this payment is over, the next one pays."""
    box.control("POST", "behaviour", {"refused_placement": reading})
    payment = shop.start(carts.of(A, B))
    changed = carts.of(A, carts.line("B", 1, 5000, type="digital"))
    payment.token = box.authorize(payment.session_id, order_lines=changed["order_lines"])
    shop.httpd.expect_log(
        r"KLA0020: .* 422 klarna_refused: .*: Not matching fields: \[order_lines\[1\].type\]")
    for _ in range(2):
        problem(shop.place(payment), 422, "klarna_refused")
    assert box.orders_of_session(payment.session_id) == []
    shop.agrees(shop.placed(carts.of(A, B)), "AUTHORIZED")


def test_others_captured_what_is_to_be_released(shop, box):
    """Klarna refuses: nothing is left. The books say so, and nobody was paid back."""
    order_id = shop.placed(carts.of(A, B))
    klarna_id = shop.order(order_id)["klarna_order_id"]
    shop.done(shop.act(order_id, "captures", {"lines": [{"reference": "A", "quantity": 1}]}))
    box.others(klarna_id, "capture", 5000)
    shop.httpd.allow_log("KLA0020: .* 4[02][92] ")
    shop.httpd.allow_log(f"KLA0032: order {order_id}: ")
    answer = shop.act(order_id, "release", {})
    assert answer.status in (409, 422), answer.raw
    order = shop.get(f"/{order_id}?refresh=1")
    assert (order["state"], order["captured_amount"], order["refunded_amount"]) == (
        "CAPTURED", 10000, 0)
    assert box.ledger(klarna_id)["captured_amount"] == 10000


@pytest.mark.parametrize("reading", ["every_method", "by_method"])
def test_a_line_is_taken_off_what_is_paid_by_card(shop, box, reading):
    box.control("POST", "behaviour", {"reduce_authorization": reading})
    payment = shop.start(carts.of(A, B))
    payment.token = box.authorize(payment.session_id, method="card")
    assert shop.place(payment).status == 201
    shop.httpd.allow_log("KLA0020: .* 422 klarna_refused")
    answer = shop.act(payment.order_id, "credit-invoices",
                      {"lines": [{"reference": "B", "quantity": 1}]})
    if reading == "every_method":
        shop.done(answer)
    else:
        told = problem(answer, 422, "klarna_refused")
        assert told["error_messages"] == ["Update not allowed."]
    left = 5000 if reading == "every_method" else 10000
    order = shop.agrees(payment.order_id, "AUTHORIZED")
    assert (order["order_amount"], order["remaining_authorized_amount"]) == (left, left)
    shop.done(shop.act(payment.order_id, "captures", {"everything": True}))
    assert shop.agrees(payment.order_id, "CAPTURED")["captured_amount"] == left
