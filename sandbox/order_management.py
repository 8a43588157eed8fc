# SPDX-License-Identifier: Apache-2.0
"""Order Management v1: one function per route, every documented refusal with its code.

Captures and refunds move money in the ledger; nothing here ever lets more be captured than is
authorized or more be refunded than was captured.
"""
import fields
import orders
import rules
from api import Refusal, Reply, is_uuid

CAPTURABLE = ("AUTHORIZED", "PART_CAPTURED")


def _load(call, order_id, code="NO_SUCH_ORDER"):
    if not is_uuid(order_id):
        raise Refusal(400, "INVALID_ORDER_ID", "The order id is not a valid UUID.")
    order = call.ledger.order(order_id)
    if (not order or order["_merchant"] != call.merchant
            or call.now - order["_created"] > orders.READ_TERM):
        raise Refusal(404, code, f"Order {order_id} can not be found.")
    orders.let_time_pass(order, call.now)
    return order


def _part(order, kind, part_id, code):
    for part in order[kind + "s"]:
        if part[kind + "_id"] == part_id:
            return part
    raise Refusal(404, code, f"Order {order['order_id']} has no {kind} {part_id}.")


def _check_body(call, table, amount_name):
    fields.check_fields(call.body, table, (amount_name,))
    lines = call.body.get("order_lines")
    if lines:
        rules.check_lines(lines, call.body[amount_name], amount_name)
    return call.body[amount_name]


def _save(call, order, reply):
    call.ledger.save_order(order)
    return reply


def _created(call, order, kind, part):
    part_id = part[kind + "_id"]
    location = f"{call.base}/ordermanagement/v1/orders/{order['order_id']}/{kind}s/{part_id}"
    return _save(call, order, Reply(201, headers={
        f"{kind.capitalize()}-Id": part_id, "Location": location}))


def read_order(call, order_id):
    return Reply(200, orders.as_read(_load(call, order_id)))


def list_captures(call, order_id):
    return Reply(200, orders.as_read(_load(call, order_id))["captures"])


def read_capture(call, order_id, capture_id):
    order = _load(call, order_id)
    return Reply(200, orders.as_read(_part(order, "capture", capture_id, "NO_SUCH_ORDER")))


def _capture_refusal(order, amount, now):
    """Why this capture can not be, or None."""
    if order["status"] not in CAPTURABLE:
        return f"The order is {order['status']}, it can not be captured."
    if order["fraud_status"] == "PENDING":
        return "The order is pending risk review, it can not be captured yet."
    if order["fraud_status"] == "REJECTED" and (
            now - order["_fraud_decided"] > orders.REJECTED_CAPTURE_TERM):
        return "The order was rejected in risk review, it can not be captured."
    if amount > order["remaining_authorized_amount"]:
        return (f"The capture of {amount} is more than the remaining authorized amount "
                f"{order['remaining_authorized_amount']}.")
    if amount == 0 and order["order_amount"] > 0:
        return "A capture of 0 is not possible."
    return None


def capture(call, order_id):
    order = _load(call, order_id)
    amount = _check_body(call, fields.CAPTURE, "captured_amount")
    why = _capture_refusal(order, amount, call.now)
    if why:
        raise Refusal(403, "CAPTURE_NOT_ALLOWED", why)
    part = orders.add_capture(order, call.body, call.now, call.key, call.source)
    return _created(call, order, "capture", part)


def read_refund(call, order_id, refund_id):
    order = _load(call, order_id, "NOT_FOUND")
    return Reply(200, orders.as_read(_part(order, "refund", refund_id, "NOT_FOUND")))


def _refund_refusal(order, amount, now):
    left = order["captured_amount"] - order["refunded_amount"]
    if not order["captures"]:
        return "The order has no captures, there is nothing to refund."
    if now - order["_created"] > orders.REFUND_TERM:
        return "The order is too old to be refunded."
    if amount > left:
        return f"The refund of {amount} is more than what is captured and not refunded, {left}."
    if amount == 0:
        return "A refund of 0 is not possible."
    return None


def refund(call, order_id):
    order = _load(call, order_id, "NOT_FOUND")
    amount = _check_body(call, fields.REFUND, "refunded_amount")
    why = _refund_refusal(order, amount, call.now)
    if why:
        raise Refusal(403, "REFUND_NOT_ALLOWED", why)
    part = orders.add_refund(order, call.body, call.now, call.key, call.source)
    return _created(call, order, "refund", part)


def cancel(call, order_id):
    order = _load(call, order_id)
    if order["captures"]:
        raise Refusal(403, "CANCEL_NOT_ALLOWED", "The order has captures, it can not be "
                                                 "cancelled.")
    if order["status"] != "AUTHORIZED":
        raise Refusal(403, "CANCEL_NOT_ALLOWED", f"The order is {order['status']}, it can not "
                                                 "be cancelled.")
    order.update(status="CANCELLED", remaining_authorized_amount=0)
    return _save(call, order, Reply(204))


def release(call, order_id):
    order = _load(call, order_id)
    if not order["captures"] or order["status"] not in ("PART_CAPTURED", "CAPTURED"):
        raise Refusal(403, "NOT_ALLOWED", f"The order is {order['status']} and has "
                      f"{len(order['captures'])} captures, nothing can be released.")
    order["remaining_authorized_amount"] = 0
    orders.settle_status(order)
    return _save(call, order, Reply(204))


def extend(call, order_id):
    order = _load(call, order_id)
    if order["status"] not in CAPTURABLE:
        raise Refusal(403, "NOT_ALLOWED", f"The order is {order['status']}, its authorization "
                                          "can not be extended.")
    days = call.ledger.behaviour["authorization_days"]
    latest = order["_created"] + orders.LONGEST_AUTHORIZATION
    expires = orders.midnight(min(call.now + days * orders.DAY, latest))
    order["_expires"] = max(expires, order["_expires"])
    order["expires_at"] = orders.iso(order["_expires"])
    return _save(call, order, Reply(204))


def _update_refusal(call, order, amount):
    if order["status"] not in CAPTURABLE:
        return f"The order is {order['status']}, its authorization can not be updated."
    if order["fraud_status"] != "ACCEPTED":
        return f"The order's risk review is {order['fraud_status']}."
    if amount < order["captured_amount"]:
        return f"The new amount {amount} is less than what is captured, " \
               f"{order['captured_amount']}."
    raised = amount > order["order_amount"]
    if raised and call.ledger.behaviour["raise_authorization"] == "refused":
        return "Update not allowed."       # by the risk assessment: no reason is given
    return None


def update_authorization(call, order_id):
    order = _load(call, order_id)
    amount = _check_body(call, fields.AUTHORIZATION, "order_amount")
    why = _update_refusal(call, order, amount)
    if why:
        raise Refusal(403, "NOT_ALLOWED", why)
    order["order_amount"] = amount
    order["order_lines"] = orders.lines_as_read(call.body.get("order_lines"))
    order["remaining_authorized_amount"] = amount - order["captured_amount"]
    orders.settle_status(order)
    return _save(call, order, Reply(204))


def update_references(call, order_id):
    order = _load(call, order_id)
    fields.check_fields(call.body, fields.REFERENCES)
    if order["status"] == "CANCELLED":
        raise Refusal(403, "NOT_ALLOWED", "The order is CANCELLED, its references can not be "
                                          "updated.")
    for name in fields.REFERENCES:
        if call.body.get(name) is not None:
            order[name] = call.body[name]
    return _save(call, order, Reply(204))


def update_customer(call, order_id):
    order = _load(call, order_id)
    fields.check_fields(call.body, fields.CUSTOMER_DETAILS)
    if "billing_address" in call.body:
        raise Refusal(403, "NOT_ALLOWED", "The billing address can not be updated.")
    if order["status"] not in CAPTURABLE:
        raise Refusal(403, "NOT_ALLOWED", f"The order is {order['status']}, customer details can "
                                          "not be updated.")
    changes = call.body.get("shipping_address") or {}
    order["shipping_address"] = {**(order.get("shipping_address") or {}), **changes}
    return _save(call, order, Reply(204))


def acknowledge(call, order_id):
    order = _load(call, order_id)
    if order["status"] in ("CANCELLED", "EXPIRED"):
        raise Refusal(403, "NOT_ALLOWED", f"The order is {order['status']}, it can not be "
                                          "acknowledged.")
    order["_acknowledged"] = order.get("_acknowledged", 0) + 1
    return _save(call, order, Reply(204))


def add_order_shipping(call, order_id):
    order = _load(call, order_id)
    fields.check_fields(call.body, fields.SHIPPING_INFO, ("shipping_info",))
    order["shipping_info"] += call.body["shipping_info"]
    return _save(call, order, Reply(204))


def add_capture_shipping(call, order_id, capture_id):
    order = _load(call, order_id)
    fields.check_fields(call.body, fields.SHIPPING_INFO, ("shipping_info",))
    if not order["captures"]:
        raise Refusal(403, "NOT_ALLOWED", "The order has no captures.")
    part = _part(order, "capture", capture_id, "NO_SUCH_ORDER")
    part["shipping_info"] += call.body["shipping_info"]
    return _save(call, order, Reply(204))


_ORDER = r"/ordermanagement/v1/orders/([^/]+)"
ROUTES = (
    ("GET", _ORDER, read_order, False),
    ("GET", _ORDER + "/captures", list_captures, False),
    ("POST", _ORDER + "/captures", capture, True),
    ("GET", _ORDER + "/captures/([^/]+)", read_capture, False),
    ("POST", _ORDER + "/captures/([^/]+)/shipping-info", add_capture_shipping, True),
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
