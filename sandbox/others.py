# SPDX-License-Identifier: Apache-2.0
"""Other people's hands on an order: somebody in Klarna's merchant portal, another program with the
same credentials, Klarna itself. The rules are those of the API; there is no idempotency key.

Only Klarna can reactivate an order that ended without everything captured.
"""
import order_management
import orders
from api import Call, Refusal

# action: (route's function, name of the amount in its body or None)
ACTIONS = {
    "authorization": (order_management.update_authorization, "order_amount"),
    "capture": (order_management.capture, "captured_amount"),
    "refund": (order_management.refund, "refunded_amount"),
    "cancel": (order_management.cancel, None),
    "release": (order_management.release, None),
    "extend": (order_management.extend, None),
    "references": (order_management.update_references, None),
    "address": (order_management.update_customer, None),
    "acknowledge": (order_management.acknowledge, None),
}
PASSED_ON = ("description", "reference", "order_lines", "shipping_info", "merchant_reference1",
             "merchant_reference2", "shipping_address")


def reactivate(call, order_id):
    order = call.ledger.order(order_id)
    orders.let_time_pass(order, call.now)
    left = order["order_amount"] - order["captured_amount"]
    if order["status"] in ("AUTHORIZED", "PART_CAPTURED") or left <= 0:
        raise Refusal(403, "NOT_ALLOWED", f"The order is {order['status']} with {left} not "
                                          "captured, there is nothing to reactivate.")
    days = call.ledger.behaviour["authorization_days"]
    order["_expires"] = orders.midnight(call.now + days * orders.DAY)
    order["expires_at"] = orders.iso(order["_expires"])
    order["status"] = "PART_CAPTURED" if order["captures"] else "AUTHORIZED"
    order["remaining_authorized_amount"] = left
    call.ledger.save_order(order)


def act(ledger, order, body):
    """Does one of the actions. A whole new set of lines may stand without its amount."""
    action = body.get("action")
    if action != "reactivate" and action not in ACTIONS:
        raise Refusal(400, "BAD_VALUE",
                      f"action must be one of {', '.join(ACTIONS)}, reactivate.")
    handler, amount_name = ACTIONS.get(action, (reactivate, None))
    asked = {name: body[name] for name in PASSED_ON if name in body}
    if amount_name:
        amount = body.get("amount")
        if amount is None and isinstance(body.get("order_lines"), list):
            amount = sum(line.get("total_amount", 0) for line in body["order_lines"])
        asked[amount_name] = amount
    call = Call(ledger, order["_merchant"], "", asked, source="portal")
    handler(call, order["order_id"])
