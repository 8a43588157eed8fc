# SPDX-License-Identifier: Apache-2.0
"""A person has seen what an order was marked for: the mark goes, nothing else does."""
import pytest

from shop import ORDERS, new_key, problem

pytestmark = pytest.mark.databases


def see(httpd, order_id, body=None, user="clerk", **more):
    return httpd.post(f"{ORDERS}/{order_id}/seen", {} if body is None else body, user, **more)


def mark(httpd, order_id, **values):
    for name, value in values.items():
        httpd.sql(f"UPDATE klarna_order SET {name} = '{value}' WHERE id = '{order_id}'")


@pytest.mark.parametrize("marks", [{"attention": "outside"}, {"attention": "differs"},
                                   {"attention": "expiring"}, {"waiting": "capture"},
                                   {"waiting": "refund"},
                                   {"attention": "outside", "waiting": "refund"}])
def test_a_mark_goes(shop, httpd, box, marks):
    order_id = shop.captured()
    before = shop.order(order_id)
    assert before["actions"]["seen"]["allowed"] is False
    mark(httpd, order_id, **marks)
    marked = shop.order(order_id)
    assert {name: marked[name] for name in marks} == marks
    assert marked["actions"]["seen"]["allowed"] is True
    box.forget_requests()
    answer = see(httpd, order_id)
    assert answer.status == 200, answer.raw
    assert answer.json == before | {"updated_at": answer.json["updated_at"]}
    assert box.requests() == []
    shop.agrees(order_id, "CAPTURED")


def test_what_was_refused_waits_until_somebody_saw_it(shop, httpd, box):
    order_id = shop.placed()
    box.fault("status", path="/captures$", status=403, body={
        "error_code": "CAPTURE_NOT_ALLOWED", "error_messages": ["no"], "correlation_id": "c"})
    problem(shop.act(order_id, "captures", {"everything": True}), 422, "klarna_refused")
    assert [order["id"] for order in shop.get("?list=capture_unconfirmed")["orders"]] == [order_id]
    assert see(httpd, order_id).status == 200
    assert shop.get("?list=capture_unconfirmed")["orders"] == []
    shop.agrees(order_id, "AUTHORIZED")


def test_nothing_to_see(shop, httpd):
    order_id = shop.placed()
    action = shop.order(order_id)["actions"]["seen"]
    with shop.nothing_happens():
        told = problem(see(httpd, order_id), 409, "nothing_to_see")
    assert (told["detail"], told["reason"]) == (action["reason"], action["code"])


def test_not_while_something_is_on_its_way(shop, httpd, box):
    order_id = shop.captured()
    httpd.expect_log("KLA0021: ")
    box.fault("drop_after", -1, path="/refunds$")
    key = new_key()
    assert shop.act(order_id, "credit-invoices", {"amount": 100}, key).status == 202
    box.clear()
    assert shop.order(order_id)["waiting"] == "refund"
    with shop.nothing_happens():
        problem(see(httpd, order_id), 409, "busy")
    httpd.sql(f"UPDATE klarna_operation SET lease_until = 0 WHERE order_id = '{order_id}'")
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 100}, key))
    assert shop.order(order_id)["waiting"] is None
    shop.agrees(order_id)


def test_wrong_requests(shop, httpd):
    order_id = shop.captured()
    mark(httpd, order_id, attention="outside")
    nobody = "00000000-0000-4000-8000-000000000000"
    with shop.nothing_happens():
        problem(see(httpd, order_id, {"attention": "outside"}), 400, "unknown_field", "attention")
        problem(see(httpd, order_id, headers={"Sec-Fetch-Site": "same-site"}), 403, "cross_site")
        problem(see(httpd, nobody), 404, "no_such_order")
        assert see(httpd, order_id, user=None).status == 401
        problem(httpd.post(f"/open/orders/{order_id}/seen", {}, None), 403, "not_authenticated")
        problem(httpd.post(f"/other/orders/{order_id}/seen", {}), 404, "no_such_order")
