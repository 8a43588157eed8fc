# SPDX-License-Identifier: Apache-2.0
"""Order Management v1: one function per route, every documented refusal with its code.

Captures and refunds move money in the ledger; nothing here ever lets more be captured than is
authorized or more be refunded than was captured.
"""
import re

import fields
import methods
import orders
import rules
from api import BadField, Refusal, Reply, is_uuid

CAPTURABLE = ("AUTHORIZED", "PART_CAPTURED")
RETURN_FEES_IN = ("AT", "DE", "DK", "FI", "FR", "NL", "NO", "SE", "IT", "ES", "IE", "PT", "CZ", "AU",
                  "GR")


def load(call, order_id, code="NO_SUCH_ORDER"):
    if not is_uuid(order_id):
        raise Refusal(400, "INVALID_ORDER_ID", "Order ID must be a valid UUID.")
    order = call.ledger.order(order_id)
    if (not order or order["_merchant"] != call.merchant
            or call.now - order["_created"] > orders.READ_TERM):
        raise Refusal(404, code, f"Order {order_id} cannot be found.")
    orders.let_time_pass(order, call.now)
    return order


def part(order, kind, part_id, code, message=None):
    for one in order[kind + "s"]:
        if one[kind + "_id"] == part_id:
            return one
    raise Refusal(404, code, message or f"{kind.capitalize()} {part_id} cannot be found for order "
                                        f"{order['order_id']}.")


def _unprocessable(bad):
    """A bad field in Order Management's words: "The size of the shipping_info/shipping_company value
    must be between 0 and 100"."""
    field = re.sub(r"\[\d+\]", "", bad.field).replace(".", "/")
    if bad.sizes:
        low, high = bad.sizes
        words = f"The size of the {field} value must be between {low} and {high}"
    else:
        words = f"The {field} value {bad.why}"
    return Refusal(422, "UNPROCESSABLE_ENTITY", words)


def check_body(call, table, required=(), amount_name=None):
    """Its fields; with an amount, also that the lines explain it."""
    try:
        fields.check_fields(call.body, table, required)
        lines = call.body.get("order_lines")
        if lines and amount_name:
            rules.check_lines(lines, call.body[amount_name], amount_name)
    except BadField as bad:
        raise _unprocessable(bad) from None


def _check_amount(call, table, amount_name):
    check_body(call, table, (amount_name,), amount_name)
    return call.body[amount_name]


def save(call, order, reply):
    call.ledger.save_order(order)
    return reply


def _created(call, order, kind, made):
    part_id = made[kind + "_id"]
    location = f"{call.base}/ordermanagement/v1/orders/{order['order_id']}/{kind}s/{part_id}"
    return save(call, order, Reply(201, headers={
        f"{kind.capitalize()}-Id": part_id, "Location": location}))


def read_order(call, order_id):
    return Reply(200, orders.as_answered(call.ledger, load(call, order_id)))


def list_captures(call, order_id):
    return Reply(200, [orders.as_answered(call.ledger, capture)
                       for capture in load(call, order_id)["captures"]])


def read_capture(call, order_id, capture_id):
    order = load(call, order_id)
    return Reply(200, orders.as_answered(call.ledger,
                                         part(order, "capture", capture_id, "NO_SUCH_ORDER")))


def _capture_refusal(order, amount, now):
    """Why this capture can not be, or None."""
    if order["status"] not in CAPTURABLE:
        return (f"Order {order['order_id']} is {order['status'].lower()}. "
                "Capture not possible.")
    if order["fraud_status"] == "PENDING":
        return "Order is pending risk review. Capture not possible."
    if order["fraud_status"] == "REJECTED" and (
            now - order["_fraud_decided"] > orders.REJECTED_CAPTURE_TERM):
        return "Order was rejected in risk review. Capture not possible."
    if amount > order["remaining_authorized_amount"]:
        return ("Captured amount is higher than the remaining authorized amount. "
                "Capture not possible.")
    if amount == 0 and order["order_amount"] > 0:
        return "Captured amount is 0. Capture not possible."
    return None


def capture(call, order_id):
    order = load(call, order_id)
    amount = _check_amount(call, fields.CAPTURE, "captured_amount")
    why = _capture_refusal(order, amount, call.now)
    if why:
        raise Refusal(403, "CAPTURE_NOT_ALLOWED", why)
    made = orders.add_capture(order, call.body, call.now, call.key, call.source)
    return _created(call, order, "capture", made)


def read_refund(call, order_id, refund_id):
    order = load(call, order_id, "NOT_FOUND")
    return Reply(200, orders.as_answered(call.ledger,
                                         part(order, "refund", refund_id, "NOT_FOUND")))


def _return_fee_refusal(order, lines):
    """Klarna keeps a return fee only under these conditions."""
    if not any(line.get("type") == "return_fee" for line in lines or []):
        return None
    captures = order["captures"]
    if len(captures) != 1 or captures[0]["captured_amount"] != order["order_amount"]:
        return "Order is not fully captured in one capture. Return fee not possible."
    if order["purchase_country"] not in RETURN_FEES_IN:
        return f"Market {order['purchase_country']} has no return fees. Return fee not possible."
    return None


def _refund_refusal(order, amount, now):
    left = order["captured_amount"] - order["refunded_amount"]
    if not order["captures"]:
        return "Order has no captures. Refund not possible."
    if now - order["_created"] > orders.REFUND_TERM:
        return "Order is too old. Refund not possible."
    if amount > left:
        return "Over refund is not allowed. Refund not possible."
    if amount == 0:
        return "Refunded amount is 0. Refund not possible."
    return None


def refund(call, order_id):
    order = load(call, order_id, "NOT_FOUND")
    amount = _check_amount(call, fields.REFUND, "refunded_amount")
    why = (_refund_refusal(order, amount, call.now)
           or _return_fee_refusal(order, call.body.get("order_lines")))
    if why:
        raise Refusal(403, "REFUND_NOT_ALLOWED", why)
    made = orders.add_refund(order, call.body, call.now, call.key, call.source)
    return _created(call, order, "refund", made)


def cancel(call, order_id):
    order = load(call, order_id)
    if order["captures"]:
        raise Refusal(403, "CANCEL_NOT_ALLOWED",
                      "Order has previous captures. Cancel not possible.")
    if order["status"] != "AUTHORIZED":
        raise Refusal(403, "CANCEL_NOT_ALLOWED",
                      f"Order is {order['status'].lower()}. Cancel not possible.")
    order.update(status="CANCELLED", remaining_authorized_amount=0)
    return save(call, order, Reply(204))


def _release_refusal(order):
    if order["status"] == "PART_CAPTURED":
        return None
    if order["status"] == "AUTHORIZED":
        return "Order has no captures"
    return f"Order is {'fully ' if order['captures'] else ''}{order['status'].lower()}"


def release(call, order_id):
    order = load(call, order_id)
    why = _release_refusal(order)
    if why:
        raise Refusal(403, "NOT_ALLOWED", f"{why}. Remaining authorization cannot be released.")
    order["remaining_authorized_amount"] = 0
    orders.settle_status(order)
    return save(call, order, Reply(204))


def _extend_refusal(call, order, latest):
    if order["status"] not in CAPTURABLE:
        return f"Order is {order['status'].lower()}"
    if not methods.may_extend(order):
        return f"Order is paid by {order['initial_payment_method']['type']}"
    at_its_end = order["_expires"] >= orders.midnight(latest)
    if at_its_end and call.ledger.behaviour["extend_at_the_end"] == "refused":
        return "Order has the longest authorization"
    return None


def extend(call, order_id):
    order = load(call, order_id)
    days = call.ledger.behaviour["authorization_days"]
    latest = order["_created"] + orders.LONGEST_AUTHORIZATION
    why = _extend_refusal(call, order, latest)
    if why:
        raise Refusal(403, "NOT_ALLOWED", f"{why}. Authorization time cannot be extended.")
    expires = orders.midnight(min(call.now + days * orders.DAY, latest))
    order["_expires"] = max(expires, order["_expires"])
    order["expires_at"] = orders.iso(order["_expires"])
    return save(call, order, Reply(204))


def _update_refusal(call, order, amount):
    if order["status"] not in CAPTURABLE:
        return f"Order is {order['status'].lower()}. Order authorization cannot be updated."
    if order["fraud_status"] != "ACCEPTED":
        return (f"Order's risk review is {order['fraud_status'].lower()}. Order authorization "
                "cannot be updated.")
    if amount < order["captured_amount"]:
        return (f"Resulting authorization amount {amount} cannot be less than the captured amount "
                f"{order['captured_amount']} for order. Order authorization cannot be updated.")
    behaviour, raised = call.ledger.behaviour, amount > order["order_amount"]
    by_method = raised or behaviour["reduce_authorization"] == "by_method"
    if (by_method and not methods.may_raise(order)
            or raised and behaviour["raise_authorization"] == "refused"):
        return "Update not allowed."       # no reason is given
    return None


def update_authorization(call, order_id):
    order = load(call, order_id)
    amount = _check_amount(call, fields.AUTHORIZATION, "order_amount")
    why = _update_refusal(call, order, amount)
    if why:
        raise Refusal(403, "NOT_ALLOWED", why)
    order["order_amount"] = amount
    order["order_lines"] = orders.lines_as_read(call.body.get("order_lines"))
    order["remaining_authorized_amount"] = amount - order["captured_amount"]
    orders.settle_status(order)
    return save(call, order, Reply(204))


def update_references(call, order_id):
    order = load(call, order_id)
    check_body(call, fields.REFERENCES)
    if order["status"] == "CANCELLED":
        raise Refusal(403, "NOT_ALLOWED", "Order is cancelled. Merchant references cannot be "
                                          "updated.")
    for name in fields.REFERENCES:
        if call.body.get(name) is not None:
            order[name] = call.body[name]
    return save(call, order, Reply(204))


def update_customer(call, order_id):
    order = load(call, order_id)
    check_body(call, fields.CUSTOMER_DETAILS)
    if "billing_address" in call.body:
        raise Refusal(403, "NOT_ALLOWED", "Billing address cannot be updated for user account order. "
                                          "Customer details cannot be updated.")
    if order["status"] not in CAPTURABLE:
        raise Refusal(403, "NOT_ALLOWED", f"Order is {order['status'].lower()}. Customer details "
                                          "cannot be updated.")
    changes = call.body.get("shipping_address") or {}
    order["shipping_address"] = {**(order.get("shipping_address") or {}), **changes}
    return save(call, order, Reply(204))


def acknowledge(call, order_id):
    order = load(call, order_id)
    if order["status"] in ("CANCELLED", "EXPIRED"):
        raise Refusal(403, "NOT_ALLOWED", f"Order is {order['status'].lower()}. Order cannot be "
                                          "acknowledged.")
    order["_acknowledged"] = order.get("_acknowledged", 0) + 1
    return save(call, order, Reply(204))


def add_order_shipping(call, order_id):
    order = load(call, order_id)
    check_body(call, fields.SHIPPING_INFO, ("shipping_info",))
    order["shipping_info"] += call.body["shipping_info"]
    return save(call, order, Reply(204))


_ORDER = r"/ordermanagement/v1/orders/([^/]+)"
ROUTES = (
    ("GET", _ORDER, read_order, False),
    ("GET", _ORDER + "/captures", list_captures, False),
    ("POST", _ORDER + "/captures", capture, True),
    ("GET", _ORDER + "/captures/([^/]+)", read_capture, False),
    ("POST", _ORDER + "/shipping-info", add_order_shipping, True),
    ("POST", _ORDER + "/refunds", refund, True),
    ("GET", _ORDER + "/refunds/([^/]+)", read_refund, False),
    ("POST", _ORDER + "/cancel", cancel, False),
    ("POST", _ORDER + "/release-remaining-authorization", release, False),
    ("POST", _ORDER + "/extend-authorization-time", extend, False),
    ("PATCH", _ORDER + "/authorization", update_authorization, True),
    ("PATCH", _ORDER + "/merchant-references", update_references, True),
    ("PATCH", _ORDER + "/customer-details", update_customer, True),
    ("POST", _ORDER + "/acknowledge", acknowledge, False),
)
