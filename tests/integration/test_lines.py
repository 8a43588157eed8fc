# SPDX-License-Identifier: Apache-2.0
"""Lines of an authorization, swapped, added, taken off, and its amount with them, beside others."""
import pytest

import carts
from shop import new_key, problem
from test_others import A, B, C, others_set

D = carts.line("D", 1, 5000)


@pytest.fixture
def order_id(shop):
    return shop.placed(carts.of(A, B))


def change(shop, order_id, *lines, key=None, **more):
    return shop.act(order_id, "lines", {"order_lines": list(lines), **more}, key)


def lines_at(shop, box, order_id):
    klarna_id = shop.order(order_id)["klarna_order_id"]
    return [(line["reference"], line["quantity"], line["total_amount"])
            for line in box.ledger(klarna_id)["order_lines"]]


def books(shop, box, order_id):
    """Both sides' amounts and lines are equal; gives ours."""
    order = shop.get(f"/{order_id}?refresh=1")
    ours = [(line["reference"], line["open_quantity"], line["open_amount"])
            for line in order["order_lines"] if line["open_amount"]]
    assert order["differs_from_klarna"] is False and order["attention"] is None
    assert order["order_amount"] == box.ledger(order["klarna_order_id"])["order_amount"]
    assert sorted(ours) == sorted(lines_at(shop, box, order_id))
    return order


def test_a_line_is_added_and_the_amount_raised(shop, box, order_id):
    told = shop.done(change(shop, order_id, C))
    assert told["order_amount"] == 12000 and told["operation"]["kind"] == "lines"
    assert books(shop, box, order_id)["order_amount"] == 12000
    shop.done(shop.act(order_id, "captures", {"everything": True}))
    assert shop.order(order_id)["captured_amount"] == 12000


def test_lines_are_swapped_for_the_same_money(shop, box, order_id):
    shop.done(change(shop, order_id, {"reference": "B", "quantity": 0}, D))
    assert lines_at(shop, box, order_id) == [("A", 1, 5000), ("D", 1, 5000)]
    assert books(shop, box, order_id)["order_amount"] == 10000


def test_a_quantity_is_changed(shop, box, order_id):
    shop.done(change(shop, order_id, {"reference": "A", "quantity": 3}))
    assert lines_at(shop, box, order_id) == [("A", 3, 15000), ("B", 1, 5000)]
    books(shop, box, order_id)


def test_after_a_part_was_captured(shop, box, order_id):
    shop.done(shop.act(order_id, "captures", {"lines": [{"reference": "A", "quantity": 1}]}))
    with shop.nothing_happens():        # but for the look
        pass
    told = problem(change(shop, order_id, {"reference": "A", "quantity": 0}, C), 400,
                   "captured_line", "order_lines")
    assert "captured" in told["detail"]
    shop.done(change(shop, order_id, {"reference": "B", "quantity": 0}, C))
    shop.done(shop.act(order_id, "captures", {"everything": True}))
    order = shop.order(order_id)
    assert (order["state"], order["captured_amount"]) == ("CAPTURED", 7000)


def test_what_others_added_is_not_written_over(shop, box, order_id):
    others_set(shop, box, order_id, A, B, C)
    shop.done(change(shop, order_id, {"reference": "B", "quantity": 0}))
    assert lines_at(shop, box, order_id) == [("A", 1, 5000), ("C", 1, 2000)]
    assert shop.get(f"/{order_id}?refresh=1")["differs_from_klarna"] is False


def test_klarnas_risk_check_says_no(shop, box, order_id):
    box.control("POST", "behaviour", {"raise_authorization": "refused"})
    shop.httpd.expect_log("KLA0020: .* 422 klarna_refused")
    told = problem(change(shop, order_id, C), 422, "klarna_refused")
    box.control("POST", "behaviour", {"raise_authorization": "accepted"})
    assert told["error_code"] == "NOT_ALLOWED" and told["error_messages"]
    assert "Nothing was changed" in told["next"]
    assert lines_at(shop, box, order_id) == [("A", 1, 5000), ("B", 1, 5000)]
    assert books(shop, box, order_id)["order_amount"] == 10000


def test_nothing_is_sent_without_klarnas_record(shop, box, order_id):
    klarna_id = shop.order(order_id)["klarna_order_id"]
    box.fault("status", 3, path=f"{klarna_id}$", method="GET", status=500)
    shop.httpd.expect_log("KLA0020: .* 503 record_not_read: ")
    problem(change(shop, order_id, C), 503, "record_not_read")
    box.clear()
    assert lines_at(shop, box, order_id) == [("A", 1, 5000), ("B", 1, 5000)]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_lines_whose_answer_is_lost(shop, box, order_id, fault):
    """Klarna's record shows at once that they are there, or that nobody knows yet."""
    key = new_key()
    box.fault(fault, -1, path="/authorization$", method="PATCH")
    if fault == "drop_before":
        shop.httpd.expect_log("KLA0021: .* .lines. .* is unknown")
    assert change(shop, order_id, C, key=key).status == (202 if fault == "drop_before" else 201)
    box.clear()
    shop.done(shop.finish(lambda key: change(shop, order_id, C, key=key), key))
    assert books(shop, box, order_id)["order_amount"] == 12000


def test_the_preview_changes_nothing(shop, order_id):
    shop.order(order_id)
    with shop.nothing_happens():
        answer = shop.httpd.post(f"{shop.orders}/{order_id}/lines/preview", {"order_lines": [C]})
        assert answer.status == 200, answer.raw
        assert (answer.json["order_amount"], answer.json["difference"]) == (12000, 2000)
        told = problem(shop.httpd.post(f"{shop.orders}/{order_id}/lines/preview",
                                       {"order_lines": [{"reference": "X", "quantity": 1}]}), 400,
                       "line_change", "order_lines[0].reference")
        assert "whole line" in told["expected"]


def test_what_is_closed_is_not_changed(shop, order_id):
    shop.done(shop.act(order_id, "captures", {"everything": True}))
    assert problem(change(shop, order_id, C), 409, "lines_not_changeable")["reason"] == "nothing_open"
