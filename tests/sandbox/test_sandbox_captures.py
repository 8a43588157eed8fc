# SPDX-License-Identifier: Apache-2.0
"""What is done with one capture afterwards: due date and mail. Klarna's pages "Extend payment date"
(in "Refund orders and manage authorizations") and "Capture and track orders"."""
import pytest

from sandbox_client import OM

BOTH = {"currency": "sek", "options": [{"number_of_days": 14, "amount": 3900},
                                       {"number_of_days": 28, "amount": 7900}]}


@pytest.fixture
def captured(box):
    def make(method=None, amount=10000):
        order_id = box.order(method=method)
        capture_id = box.capture(order_id, amount).headers["Capture-Id"]
        return order_id, f"{OM}/{order_id}/captures/{capture_id}"
    return make


def refused(answer, status, code):
    assert (answer.status, answer.code) == (status, code), answer.raw


def options(box, capture):
    answer = box.ask("GET", capture + "/extend-due-date-options")
    assert answer.status == 200
    return answer.json


def extend(box, capture, days, key=None):
    return box.ask("PATCH", capture + "/extend-due-date", {"number_of_days": days}, key)


def test_a_due_date_is_extended_by_one_of_the_options(box, captured):
    order_id, capture = captured()
    assert options(box, capture) == BOTH
    refused(extend(box, capture, 15), 403, "NOT_ALLOWED")
    answer = extend(box, capture, 14, "key")
    assert (answer.status, answer.raw) == (204, b"")
    assert extend(box, capture, 14, "key").status == 204
    assert box.ledger(order_id)["captures"][0]["due_date_extensions"] == [
        {"number_of_days": 14, "amount": 3900}]


def test_another_extension_is_possible_or_not(box, captured):
    _, capture = captured()
    assert extend(box, capture, 14).status == 204
    assert options(box, capture)["options"] == []
    refused(extend(box, capture, 14), 403, "NOT_ALLOWED")
    box.control("POST", "behaviour", {"due_date_again": "possible"})
    assert options(box, capture) == BOTH
    assert extend(box, capture, 28).status == 204


# "only possible for orders associated with a pay-later method"
@pytest.mark.parametrize("method, possible", [
    ("invoice", True), ("b2b_invoice", True), ("fixed_amount", True), ("card", False),
    ("direct_debit", False), ("base_account", False)])
def test_only_who_pays_later_has_a_due_date(box, captured, method, possible):
    _, capture = captured(method)
    assert bool(options(box, capture)["options"]) is possible
    assert extend(box, capture, 14).status == (204 if possible else 403)


def test_nothing_is_due_of_what_was_refunded(box, captured):
    order_id, capture = captured()
    box.refund(order_id, 10000)
    assert options(box, capture)["options"] == []
    refused(extend(box, capture, 14), 403, "NOT_ALLOWED")


def test_no_such_capture(box, captured):
    order_id, capture = captured()
    for method, action, body in (("GET", "extend-due-date-options", None),
                                 ("PATCH", "extend-due-date", {"number_of_days": 14}),
                                 ("POST", "trigger-send-out", None)):
        path = f"{OM}/{order_id}/captures/x/{action}"
        refused(box.ask(method, path, body), 404, "NO_SUCH_CAPTURE")
    order_id = box.order()
    for method, action, body in (("PATCH", "extend-due-date", {"number_of_days": 14}),
                                 ("POST", "trigger-send-out", None)):
        path = f"{OM}/{order_id}/captures/x/{action}"
        refused(box.ask(method, path, body), 403, "NOT_ALLOWED")


def test_a_send_out(box, captured):
    order_id, capture = captured(amount=4000)
    for _ in range(2):
        answer = box.ask("POST", capture + "/trigger-send-out", key="key")
        assert (answer.status, answer.raw) == (204, b"")
    assert box.ask("POST", capture + "/trigger-send-out").status == 204
    assert box.ledger(order_id)["captures"][0]["send_outs"] == 2
    assert "send_outs" not in box.read(order_id)["captures"][0]
