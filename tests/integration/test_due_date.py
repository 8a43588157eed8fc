# SPDX-License-Identifier: Apache-2.0
"""A later due date for a capture, at Klarna's price, and the shopper's message once more."""
import pytest

from shop import ORDERS, new_key, problem

NOBODY = "00000000-0000-0000-0000-000000000000"
TWO_WEEKS = {"number_of_days": 14, "amount": 3900}


@pytest.fixture
def captured(shop, box):
    """An order and its one capture, here and in the ledger."""
    order_id = shop.captured()
    order = shop.order(order_id)

    class Captured:
        id = order_id
        capture_id = order["captures"][0]["capture_id"]
        path = f"captures/{capture_id}/due-date"
        send_out = f"captures/{capture_id}/send-out"

        def at_klarna(self):
            return box.ledger(order["klarna_order_id"])["captures"][0]

        def options(self):
            return shop.get(f"/{order_id}/{self.path}")

    return Captured()


def test_klarnas_options_are_shown_and_one_is_taken(shop, captured):
    told = captured.options()
    assert (told["currency"], told["options"]) == (
        "SEK", [TWO_WEEKS, {"number_of_days": 28, "amount": 7900}])
    key = new_key()
    answer = shop.act(captured.id, captured.path, TWO_WEEKS, key)
    told = shop.done(answer)
    assert {name: told[name] for name in ("capture_id", "number_of_days", "amount", "currency")} == {
        "capture_id": captured.capture_id, **TWO_WEEKS, "currency": "SEK"}
    assert told["operation"]["kind"] == "due_date" and told["operation"]["amount"] == 0
    assert shop.act(captured.id, captured.path, TWO_WEEKS, key).json == told
    assert captured.at_klarna()["due_date_extensions"] == [TWO_WEEKS]
    [capture] = shop.agrees(captured.id, "CAPTURED")["captures"]
    assert capture["due_date_days"] == 14
    assert captured.options()["options"] == []
    problem(shop.act(captured.id, captured.path, TWO_WEEKS), 409, "no_due_date_options")


def test_what_is_not_offered_is_not_sent(shop, httpd, box, captured):
    def refused(body, *what, **more):
        return problem(shop.act(captured.id, captured.path, body), *what, **more)
    box.forget_requests()
    refused({"number_of_days": 21}, 400, "not_offered", "number_of_days", "21", "14, 28")
    refused({"number_of_days": 14, "amount": 3800}, 409, "price_changed")
    refused({}, 400, "missing", "number_of_days")
    refused({"number_of_days": 0}, 400, "out_of_range", "number_of_days")
    refused({"number_of_days": "14"}, 400, "wrong_type", "number_of_days")
    refused({"number_of_days": 14, "price": 1}, 400, "unknown_field", "price")
    problem(httpd.post(f"{ORDERS}/{captured.id}/{captured.path}", TWO_WEEKS), 400,
            "idempotency_key_missing")
    assert {request["method"] for request in box.requests()} == {"GET"}
    with shop.nothing_happens():
        problem(shop.act(captured.id, f"captures/{NOBODY}/due-date", TWO_WEEKS), 404,
                "no_such_capture")
        problem(shop.act(captured.id, f"captures/{NOBODY}/send-out", {}), 404, "no_such_capture")
        problem(httpd.get(f"{ORDERS}/{captured.id}/captures/{NOBODY}/due-date"), 404,
                "no_such_capture")
        problem(shop.act(captured.id, captured.send_out, {"loud": True}), 400, "unknown_field",
                "loud")


def test_what_was_paid_back_has_no_due_date(shop, captured):
    assert shop.order(captured.id)["actions"]["due_date"]["allowed"]
    shop.done(shop.act(captured.id, "cancel", {"confirm_final": True}))
    actions = shop.order(captured.id)["actions"]
    assert actions["due_date"]["code"] == "all_credited" and actions["send_out"]["allowed"]
    with shop.nothing_happens():
        told = problem(shop.act(captured.id, captured.path, TWO_WEEKS), 409, "due_date_fixed")
    assert told["reason"] == "all_credited"
    actions = shop.order(shop.placed())["actions"]
    assert {actions[name]["code"] for name in ("due_date", "send_out")} == {"no_captures"}


def test_options_that_cannot_be_read(shop, httpd, box, captured):
    box.fault("status", -1, path="/extend-due-date-options$", method="GET", status=500)
    httpd.expect_log("KLA0020: .* 503 options_not_read: ")
    problem(httpd.get(f"{ORDERS}/{captured.id}/{captured.path}"), 503, "options_not_read")
    problem(shop.act(captured.id, captured.path, TWO_WEEKS), 503, "options_not_read")
    box.clear()
    assert captured.at_klarna()["due_date_extensions"] == []
    assert shop.order(captured.id)["pending_operation"] is None


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_an_answer_that_is_lost(shop, box, captured, fault):
    """The due date moves once, and is paid for once."""
    key = new_key()
    box.fault(fault, -1, path="/extend-due-date$", method="PATCH")
    shop.httpd.expect_log("KLA0021: .* .due_date. .* is unknown")
    assert shop.act(captured.id, captured.path, TWO_WEEKS, key).status == 202
    box.clear()
    shop.done(shop.finish(lambda key: shop.act(captured.id, captured.path, TWO_WEEKS, key), key))
    assert captured.at_klarna()["due_date_extensions"] == [TWO_WEEKS]
    [capture] = shop.agrees(captured.id, "CAPTURED")["captures"]
    assert capture["due_date_days"] == 14


def test_the_shopper_is_written_to_again(shop, captured):
    key = new_key()
    told = shop.done(shop.act(captured.id, captured.send_out, {}, key))
    assert (told["capture_id"], told["operation"]["kind"]) == (captured.capture_id, "send_out")
    assert shop.act(captured.id, captured.send_out, {}, key).json == told
    assert captured.at_klarna()["send_outs"] == 1
    shop.done(shop.act(captured.id, captured.send_out, {}))
    assert captured.at_klarna()["send_outs"] == 2
    shop.agrees(captured.id, "CAPTURED")
