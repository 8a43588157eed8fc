# SPDX-License-Identifier: Apache-2.0
"""The order document: how it begins, how money moves in it, how time ends it, how it reads.

Members that begin with "_" belong to the sandbox and are never part of Klarna's answer.
"""
import calendar
import random
import time

from api import new_id
from ledger import iso
from methods import METHODS

DAY = 86400
LONGEST_AUTHORIZATION = 180 * DAY
REFUND_TERM = READ_TERM = 3 * 365 * DAY
REJECTED_CAPTURE_TERM = 4 * 3600
REFERENCE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"

LINE_FIELDS = ("reference", "type", "quantity", "quantity_unit", "name", "total_amount",
               "unit_price", "total_discount_amount", "tax_rate", "total_tax_amount",
               "merchant_data", "product_url", "image_url", "product_identifiers",
               "subscription")


# Left out of an answer when there is nothing in them.
LEFT_OUT = ("customer", "shipping_info", "refunds", "reference", "merchant_reference1",
            "merchant_reference2")


def midnight(moment):
    """Authorizations end at midnight UTC."""
    return calendar.timegm(time.gmtime(moment)[:3] + (0, 0, 0))


def lines_as_read(lines):
    """Klarna's answers name the optional numbers of a line with their defaults."""
    result = []
    for line in lines or []:
        read = {name: line[name] for name in LINE_FIELDS if line.get(name) is not None}
        for name, default in (("type", "physical"), ("total_discount_amount", 0),
                              ("tax_rate", 0), ("total_tax_amount", 0)):
            read.setdefault(name, default)
        result.append(read)
    return result


def new_order(merchant, token, body, now, days):
    """An authorized order from a token's session data and the body that placed it."""
    merged = {**token["order"], **{k: v for k, v in body.items() if v is not None}}
    amount = merged["order_amount"]
    expires = midnight(now + days * DAY)
    kind, description = METHODS[token["method"]]
    order = {
        "order_id": new_id(), "status": "AUTHORIZED", "fraud_status": token["fraud_status"],
        "order_amount": amount, "original_order_amount": amount, "captured_amount": 0,
        "refunded_amount": 0, "remaining_authorized_amount": amount,
        "purchase_currency": merged["purchase_currency"].upper(),
        "purchase_country": merged["purchase_country"].upper(),
        "locale": merged.get("locale") or "en-US",
        "order_lines": lines_as_read(merged["order_lines"]),
        "klarna_reference": "".join(random.choices(REFERENCE_ALPHABET, k=8)),
        "created_at": iso(now), "expires_at": iso(expires),
        "captures": [], "refunds": [], "shipping_info": [],
        "initial_payment_method": {"type": kind, "description": description},
        "_merchant": merchant, "_created": now, "_expires": expires,
        "_session_id": token["session_id"], "_urls": merged.get("merchant_urls") or {},
        "_auto_capture": bool(merged.get("auto_capture")),
    }
    for name in ("merchant_reference1", "merchant_reference2", "merchant_data",
                 "billing_address", "shipping_address"):
        if merged.get(name) is not None:
            order[name] = merged[name]
    order["customer"] = {
        name: value for name, value in (merged.get("customer") or {}).items()
        if name in ("date_of_birth", "national_identification_number")}
    return order


def let_time_pass(order, now):
    """An authorization that ran out: EXPIRED when nothing was captured, else closed to more."""
    if order["status"] not in ("AUTHORIZED", "PART_CAPTURED") or now < order["_expires"]:
        return
    order["status"] = "EXPIRED" if order["status"] == "AUTHORIZED" else "CAPTURED"
    order["remaining_authorized_amount"] = 0


def add_capture(order, body, now, key, source):
    amount = body["captured_amount"]
    capture = {
        "capture_id": new_id(),
        "klarna_reference": f"{order['klarna_reference']}-{len(order['captures']) + 1}",
        "captured_amount": amount, "captured_at": iso(now),
        "description": body.get("description") or "", "reference": body.get("reference") or "",
        "order_lines": lines_as_read(body.get("order_lines")), "refunded_amount": 0,
        "shipping_info": body.get("shipping_info") or [],
        "_key": key, "_source": source,
    }
    for name in ("billing_address", "shipping_address"):
        if name in order:
            capture[name] = order[name]
    order["captures"].append(capture)
    order["captured_amount"] += amount
    order["remaining_authorized_amount"] -= amount
    settle_status(order)
    return capture


def settle_status(order):
    if order["captures"]:
        open_amount = order["remaining_authorized_amount"]
        order["status"] = "PART_CAPTURED" if open_amount else "CAPTURED"


def _allot_by_lines(order, lines, amount):
    """[share of each capture]: a line's money goes back against the captures that have a line with
    the same reference, as far as they are not refunded."""
    shares = [0] * len(order["captures"])
    for line in lines:
        left = line["total_amount"]
        for index, capture in enumerate(order["captures"]):
            if line.get("reference") and any(other.get("reference") == line["reference"]
                                             for other in capture["order_lines"]):
                free = capture["captured_amount"] - capture["refunded_amount"] - shares[index]
                share = max(0, min(left, free, amount - sum(shares)))
                shares[index] += share
                left -= share
    return shares


def add_refund(order, body, now, key, source):
    """What the lines do not allot goes back against the oldest captures first."""
    amount = body["refunded_amount"]
    refund = {
        "refund_id": new_id(), "refunded_amount": amount, "refunded_at": iso(now),
        "description": body.get("description") or "", "reference": body.get("reference") or "",
        "order_lines": lines_as_read(body.get("order_lines")), "credit_invoice": False,
        "_key": key, "_source": source,
    }
    order["refunds"].append(refund)
    order["refunded_amount"] += amount
    for capture, share in zip(order["captures"],
                              _allot_by_lines(order, refund["order_lines"], amount)):
        capture["refunded_amount"] += share
        amount -= share
    for capture in order["captures"]:
        share = min(amount, capture["captured_amount"] - capture["refunded_amount"])
        capture["refunded_amount"] += share
        amount -= share
    return refund


def as_read(document):
    """The document without the sandbox's own members, at every depth they occur."""
    result = {name: value for name, value in document.items() if not name.startswith("_")}
    for name in ("captures", "refunds"):
        if name in result:
            result[name] = [as_read(part) for part in result[name]]
    return result


def untold_fraud_status(ledger, order):
    """Some orders are read without one, those that nobody doubts."""
    return (ledger.behaviour["accepted_fraud_status"] == "left_out"
            and order.get("fraud_status") == "ACCEPTED")


def as_answered(ledger, document):
    """An order, a capture or a refund as Klarna's routes tell it."""
    told = as_read(document)
    if untold_fraud_status(ledger, told):
        del told["fraud_status"]
    if ledger.behaviour["refund_ids"] == "left_out":
        for refund in (told, *told.get("refunds", ())):
            refund.pop("refund_id", None)
    if ledger.behaviour["empty_members"] == "left_out":
        for part in (told, *told.get("captures", ()), *told.get("refunds", ())):
            for name in LEFT_OUT:
                if not part.get(name, True):
                    del part[name]
    return told


def as_ledger(order):
    """The control route's view: everything, the sandbox's own members under plain names."""
    def part(document):
        return {**as_read(document), "idempotency_key": document["_key"],
                "source": document["_source"]}

    def capture(document):
        return {**part(document), "due_date_extensions": document.get("_extended", []),
                "send_outs": document.get("_send_outs", 0)}
    return {**as_read(order), "merchant": order["_merchant"], "session_id": order["_session_id"],
            "acknowledged": order.get("_acknowledged", 0),
            "captures": [capture(c) for c in order["captures"]],
            "refunds": [part(r) for r in order["refunds"]]}
