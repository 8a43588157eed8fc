# SPDX-License-Identifier: Apache-2.0
"""The customer's phone in a store: messages that came, payments that wait, the short code that it
shows after scanning the printed QR at the counter.

One function carries out what customer or staff do, for the pages and the control route alike.
"""
import random

import instore
from api import Refusal
from ledger import iso
from methods import METHODS

SHOWN = 50
DIGITS = 6


def find(ledger, name):
    payment = instore.find(ledger, name)
    if not payment:
        raise Refusal(404, "NOT_FOUND", "There is no such payment in a store.")
    return payment


def carry_out(sandbox, body):
    """body: payment (its id, link, short code) and action; optional payment_method, error_code."""
    method = body.get("payment_method")
    if method is not None and method not in METHODS:
        raise Refusal(400, "BAD_VALUE", f"payment_method must be one of {', '.join(METHODS)}.")
    error_code = body.get("error_code")
    if error_code is not None and not isinstance(error_code, str):
        raise Refusal(400, "BAD_VALUE", "error_code must be a string.")
    payment = find(sandbox.ledger, body.get("payment"))
    sandbox.tell(instore.act(sandbox.ledger, payment, body.get("action"), sandbox.ledger.now(),
                             method, error_code))
    return instore.as_ledger(sandbox.ledger, payment)


def scan(ledger, body):
    """The customer scans the printed QR: the phone shows digits for the till."""
    code, digits = body.get("code"), body.get("digits", DIGITS)
    if not (isinstance(digits, int) and 2 <= digits <= 20):
        raise Refusal(400, "BAD_VALUE", "digits must be 2 to 20.")
    if code is None:
        code = "".join(random.choices("0123456789", k=digits))
    if not (isinstance(code, str) and code.isascii() and code.isdigit() and 2 <= len(code) <= 20):
        raise Refusal(400, "BAD_VALUE", "code must be 2 to 20 digits.")
    shown = {"code": code, "shown_at": iso(ledger.now()), "payment_id": None}
    ledger.save_short_code(shown)
    return shown


def as_shown(ledger, payment):
    """What a page may show of a payment: no addresses, no token."""
    data = ledger.session(payment["session_id"])["data"]
    return {
        "id": payment["id"], "way": payment["way"], "link": instore.link(payment),
        "state": "EXPIRED" if instore.is_over(payment, ledger.now()) and not payment["ended"]
                 else payment["status"],
        "ended": payment["ended"], "challenge": payment["challenge"],
        "short_code": payment["short_code"], "merchant": payment["merchant"],
        "reference": data.get("merchant_reference1"), "amount": data["order_amount"],
        "currency": data["purchase_currency"].upper(), "locale": data.get("locale") or "en-US",
        "store": (instore.store_info(data) or {}).get("merchant_store_id"),
        "lines": [{name: line[name] for name in ("name", "quantity", "total_amount")}
                  for line in data["order_lines"]],
    }


def shown(ledger):
    now = ledger.now()
    waiting = [payment for payment in ledger.open_instores(SHOWN)
               if not instore.is_over(payment, now)]
    return {"messages": ledger.outbox()[:-SHOWN - 1:-1],
            "payments": [as_shown(ledger, payment) for payment in waiting],
            "short_codes": [shown["code"] for shown in ledger.short_codes()
                            if not shown["payment_id"]]}


def acted(sandbox, body):
    """What a page asks: a scan, a look at one payment (no action), or an action."""
    if body.get("action") == "scan":
        return scan(sandbox.ledger, {})
    if body.get("action") is not None:
        carry_out(sandbox, body)
    return as_shown(sandbox.ledger, find(sandbox.ledger, body.get("payment")))
