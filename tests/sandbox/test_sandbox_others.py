# SPDX-License-Identifier: Apache-2.0
"""Others on the same order: the merchant portal, another program, Klarna itself."""
import pytest

from sandbox_client import cart, line

DAY = 86400


def amounts(order):
    return (order["status"], order["order_amount"], order["captured_amount"],
            order["refunded_amount"], order["remaining_authorized_amount"])


def refused(box, order_id, code, **body):
    answer = box.ask("POST", f"/_sandbox/orders/{order_id}/portal", body)
    assert (answer.status, answer.code) == (400 if code == "BAD_VALUE" else 403, code), answer.raw


def test_captures_and_refunds(box):
    order_id = box.order()
    assert amounts(box.others(order_id, "capture", 4000)) == ("PART_CAPTURED", 10000, 4000, 0, 6000)
    order = box.others(order_id, "refund", 1000, order_lines=[line("back", 1, 1000)])
    assert order["refunded_amount"] == 1000 and order["refunds"][0]["source"] == "portal"
    assert order["refunds"][0]["order_lines"][0]["name"] == "back"
    refused(box, order_id, "CANCEL_NOT_ALLOWED", action="cancel")
    refused(box, order_id, "BAD_VALUE", action="burn")
    refused(box, order_id, "REFUND_NOT_ALLOWED", action="refund", amount=3001)
    assert amounts(box.others(order_id, "release")) == ("CAPTURED", 10000, 4000, 1000, 0)


def test_the_authorization(box):
    order_id = box.order()
    order = box.others(order_id, "authorization", order_lines=[line("A", 1, 12000)])
    assert amounts(order) == ("AUTHORIZED", 12000, 0, 0, 12000)
    assert [entry["name"] for entry in order["order_lines"]] == ["A"]
    order = box.others(order_id, "authorization", 3000)
    assert amounts(order) == ("AUTHORIZED", 3000, 0, 0, 3000) and order["order_lines"] == []


def test_references_address_and_acknowledge(box):
    order_id = box.order()
    order = box.others(order_id, "references", merchant_reference1="new")
    assert order["merchant_reference1"] == "new"
    order = box.others(order_id, "address", shipping_address={"city": "Lund"})
    assert order["shipping_address"] == {"city": "Lund"}
    assert box.others(order_id, "acknowledge")["acknowledged"] == 1


def test_extend(box):
    order_id = box.order()
    first = box.read(order_id)["expires_at"]
    box.advance(5 * DAY)
    assert box.others(order_id, "extend")["expires_at"] > first


@pytest.mark.parametrize("captured, ended, again", [
    (0, "EXPIRED", "AUTHORIZED"), (3000, "CAPTURED", "PART_CAPTURED")])
def test_klarna_reactivates_what_expired(box, captured, ended, again):
    order_id = box.order()
    if captured:
        box.capture(order_id, captured)
    refused(box, order_id, "NOT_ALLOWED", action="reactivate")
    box.advance(29 * DAY)
    expired = box.read(order_id)
    assert expired["status"] == ended
    order = box.others(order_id, "reactivate")
    assert amounts(order) == (again, 10000, captured, 0, 10000 - captured)
    assert order["expires_at"] > expired["expires_at"]
    assert box.capture(order_id, 10000 - captured).status == 201
    refused(box, order_id, "NOT_ALLOWED", action="reactivate")


def test_klarna_reactivates_what_was_cancelled(box):
    order_id = box.order(cart())
    assert box.others(order_id, "cancel")["status"] == "CANCELLED"
    assert amounts(box.others(order_id, "reactivate")) == ("AUTHORIZED", 10000, 0, 0, 10000)
