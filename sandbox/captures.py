# SPDX-License-Identifier: Apache-2.0
"""What can be done with one capture: each is an invoice of its own to the customer, with its own
tracking, its own due date and its own mail.
"""
import fields
import methods
from api import Refusal, Reply
from order_management import check_body, load, part, save

# (number of days, fee in minor units of the order's currency)
DUE_DATE_OPTIONS = ((14, 3900), (28, 7900))


def _load(call, order_id, capture_id, refusal):
    """The order and its capture; what can not be done is said in the refusal."""
    order = load(call, order_id)
    if not order["captures"]:
        raise Refusal(403, "NOT_ALLOWED", f"Order has no captures. {refusal}")
    return order, part(order, "capture", capture_id, "NO_SUCH_CAPTURE",
                       f"Capture could not be found. {refusal}")


def add_shipping(call, order_id, capture_id):
    order, capture = _load(call, order_id, capture_id,
                           f"Shipping info cannot be added to capture {capture_id}.")
    check_body(call, fields.SHIPPING_INFO, ("shipping_info",))
    capture["shipping_info"] += call.body["shipping_info"]
    return save(call, order, Reply(204))


def _options(call, order, capture):
    """A fee for each extension that is possible now."""
    again = call.ledger.behaviour["due_date_again"] == "possible"
    if (not methods.pays_later(order) or capture["refunded_amount"] == capture["captured_amount"]
            or (capture.get("_extended") and not again)):
        return ()
    return DUE_DATE_OPTIONS


def due_date_options(call, order_id, capture_id):
    order = load(call, order_id)
    capture = part(order, "capture", capture_id, "NO_SUCH_CAPTURE")
    return Reply(200, {"currency": order["purchase_currency"].lower(), "options": [
        {"number_of_days": days, "amount": fee} for days, fee in _options(call, order, capture)]})


def extend_due_date(call, order_id, capture_id):
    order, capture = _load(call, order_id, capture_id, "Due date cannot be extended.")
    check_body(call, fields.DUE_DATE, ("number_of_days",))
    days = call.body["number_of_days"]
    fees = dict(_options(call, order, capture))
    if days not in fees:
        raise Refusal(403, "NOT_ALLOWED", f"{days} days are not one of the available options. "
                                          "Due date cannot be extended.")
    capture.setdefault("_extended", []).append({"number_of_days": days, "amount": fees[days]})
    return save(call, order, Reply(204))


def send_out(call, order_id, capture_id):
    order, capture = _load(call, order_id, capture_id, "Send out cannot be triggered.")
    capture["_send_outs"] = capture.get("_send_outs", 0) + 1
    return save(call, order, Reply(204))


_CAPTURE = r"/ordermanagement/v1/orders/([^/]+)/captures/([^/]+)"
ROUTES = (
    ("POST", _CAPTURE + "/shipping-info", add_shipping, True),
    ("GET", _CAPTURE + "/extend-due-date-options", due_date_options, False),
    ("PATCH", _CAPTURE + "/extend-due-date", extend_due_date, True),
    ("POST", _CAPTURE + "/trigger-send-out", send_out, False),
)
