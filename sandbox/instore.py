# SPDX-License-Identifier: Apache-2.0
"""A payment in a store: its document, what the customer and the staff do to it, how it reads.

Two ways lead here, the hosted page (hosted_page.py) and the QR session (one_qr.py). Each has its
own states; one table says which act leads from where to where. The order is placed here, as Klarna
does it, and the merchant is told by a callback after each change.
"""
import json
import random
import string

import payments
from api import Refusal, new_id
from ledger import iso

HOSTED_PAGE, ONE_QR = "hosted_page", "one_qr"
EMD = "application/vnd.klarna.internal.emd-v2+json"
PATHS = {HOSTED_PAGE: "/eu/hpp/payments/", ONE_QR: "/eu/instore/payments/"}
CODE = string.ascii_letters + string.digits
REFUSED, FAILED = "REJECTED", "INTERNAL_ERROR"

_OPENED = ("IN_PROGRESS",)
_UNOPENED = ("WAITING", "BACK", "FAILED", "ERROR")
# way: {act: (states it is possible in, state it leads to; None: stays as it is)}
ACTS = {
    HOSTED_PAGE: {
        "open": (_UNOPENED, "IN_PROGRESS"), "approve": (_OPENED, "COMPLETED"),
        "pending": (_OPENED, "COMPLETED"), "refuse": (_OPENED, "FAILED"),
        "error": (_OPENED, "ERROR"), "back": (_OPENED, "BACK"), "walk_away": (_OPENED, None),
        "cancel": (_OPENED, "CANCELLED"), "manual": (_OPENED, "MANUAL_ID_CHECK"),
        "confirm": (("MANUAL_ID_CHECK",), "COMPLETED"), "deny": (("MANUAL_ID_CHECK",), "FAILED"),
    },
    ONE_QR: {
        "distribute": (("WAITING",), "DISTRIBUTED"), "open": (("WAITING", "DISTRIBUTED"),
                                                              "ACCESSED"),
        "approve": (("ACCESSED",), "COMPLETED"), "pending": (("ACCESSED",), "COMPLETED"),
        "refuse": (("ACCESSED",), "FAILED"), "error": (("ACCESSED",), "FAILED"),
        "fail": (("WAITING", "DISTRIBUTED", "ACCESSED"), "FAILED"),
        "walk_away": (("ACCESSED",), None), "cancel": (("ACCESSED",), "CANCELED"),
    },
}
FINAL = {HOSTED_PAGE: ("COMPLETED", "CANCELLED", "DISABLED"),
         ONE_QR: ("COMPLETED", "CANCELED", "FAILED")}
# Acts of a customer that has not opened the link yet open it first.
OPENS = ("approve", "pending", "refuse", "error", "back", "walk_away", "cancel", "manual")
ALL_ACTS = sorted({act for acts in ACTS.values() for act in acts} | {"expire"})


def new_payment(call, way, payment_id, session, life):
    """session is the one of Klarna Payments; life in seconds."""
    return {
        "id": payment_id, "way": way, "code": "".join(random.choices(CODE, k=7)),
        "session_id": session["session_id"], "merchant": call.merchant, "base": call.base,
        "status": "WAITING", "ended": False, "created": call.now, "updated": call.now,
        "expires": call.now + life, "status_update": None,
        "mode": "NONE", "short_code": None, "authorization_token": None, "order_id": None,
        "klarna_reference": None, "error_code": None, "challenge": None,
    }


def check_attachment(data):
    """What Klarna wants to know of the store: JSON in a string, under its own content type."""
    attachment = data.get("attachment")
    if attachment is None:
        return
    if attachment["content_type"] != EMD:
        raise bad("attachment.content_type", f"must be {EMD}")
    try:
        body = json.loads(attachment["body"])
        stores = body["in_store_payment"] if isinstance(body, dict) else None
        if not isinstance(stores[0]["store_info"], dict):
            raise TypeError
    except (ValueError, LookupError, TypeError, RecursionError):
        raise bad("attachment.body", "must be JSON with in_store_payment[0].store_info") from None


def bad(field, why="is required"):
    return Refusal(400, "BAD_VALUE", f"Bad value: {field}", f"{field} {why}.")


def store_info(data):
    """Of a session's data; None where the merchant told nothing."""
    try:
        return json.loads(data["attachment"]["body"])["in_store_payment"][0]["store_info"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def link(payment):
    return payment["base"] + PATHS[payment["way"]] + payment["code"]


def is_over(payment, now):
    return now >= payment["expires"]


def is_gone(ledger, payment, now):
    """Can it not be read any more? Whether one that ended outlives its time is a switch."""
    readable = ledger.behaviour["after_its_time"] == "ended_is_readable"
    return is_over(payment, now) and not (payment["ended"] and readable)


def find(ledger, name):
    """By its id, the id of its session, its link or the end of it, or its short code."""
    if not isinstance(name, str):
        return None
    code = name.partition("?")[0].removesuffix("/qr").rpartition("/")[2]
    known = ledger.short_code(name)
    return (ledger.instore(name) or ledger.instore_by_code(code)
            or ledger.instore_of_session(name)
            or (known and known["payment_id"] and ledger.instore(known["payment_id"])) or None)


# --- what is done to it -------------------------------------------------------------------------

def _place(ledger, payment, act, method, now):
    """The customer agreed: an order, or a token if the merchant places it."""
    session = ledger.session(payment["session_id"])
    if not session or session["status"] == "complete" or now >= session["expires"]:
        raise Refusal(409, "SESSION_COMPLETED", "The session of Klarna Payments is over.")
    if method:
        session["method"] = method
    token_id = payments.authorize(ledger, session, "PENDING" if act == "pending" else "ACCEPTED",
                                  now)
    if payment["mode"] == "NONE":
        payment["authorization_token"] = token_id
        return
    order = payments.new_order(ledger, ledger.token(token_id),
                               {"auto_capture": payment["mode"] == "CAPTURE_ORDER"}, now)
    ledger.delete_token(token_id)
    payment.update(order_id=order["order_id"], klarna_reference=order["klarna_reference"])


def become(ledger, payment, status, now):
    """Gives the arguments of the callback that tells the merchant."""
    final = FINAL[payment["way"]]
    if payment["way"] == HOSTED_PAGE and ledger.behaviour["hosted_page_error"] == "final":
        final += ("ERROR",)
    payment.update(status=status, updated=now, ended=status in final)
    ledger.save_instore(payment)
    return ("status", payment["status_update"], told(ledger, payment), payment["id"],
            payment["order_id"])


def _check_possible(payment, act, now):
    if is_over(payment, now):
        raise Refusal(404, "NOT_FOUND", "The payment's time is over.")
    states, _ = ACTS[payment["way"]].get(act, ((), None))
    if payment["ended"] or payment["status"] not in states:
        raise Refusal(409, "NOT_ALLOWED",
                      f"{act} is not possible, the payment is {payment['status']}.")


def act(ledger, payment, name, now, method=None, error_code=None):
    """Carries it out; gives the callbacks to send, each as the arguments of Callbacks.post()."""
    if name not in ALL_ACTS:
        raise Refusal(400, "BAD_VALUE", f"action must be one of {', '.join(ALL_ACTS)}.")
    if name == "expire":
        payment["expires"] = min(payment["expires"], now)
        ledger.save_instore(payment)
        return []
    notices = []
    unopened, opened = ACTS[payment["way"]]["open"]
    if name == "open" and payment["status"] == opened and not is_over(payment, now):
        return notices          # once more, or on another screen
    if name in OPENS and name in ACTS[payment["way"]] and payment["status"] in unopened:
        notices += act(ledger, payment, "open", now)
    _check_possible(payment, name, now)
    status = ACTS[payment["way"]][name][1]
    if payment["way"] == ONE_QR and name == "refuse" and ledger.behaviour["qr_refusal"] != "final":
        status = None
    if status is None:
        return notices
    if status == "COMPLETED":
        _place(ledger, payment, name, method, now)
    elif status == "MANUAL_ID_CHECK":
        payment["challenge"] = random.choice("ABCDEFGH") + str(random.randrange(10, 100))
    elif payment["way"] == ONE_QR and status == "FAILED":
        payment["error_code"] = error_code or (REFUSED if name == "refuse" else FAILED)
    return notices + [become(ledger, payment, status, now)]


# --- how it reads -------------------------------------------------------------------------------

def _customer(ledger, payment):
    billing = ledger.session(payment["session_id"])["data"].get("billing_address") or {}
    return {name: billing[name] for name in ("given_name", "family_name") if name in billing}


def _hosted_page(ledger, payment):
    read = {"session_id": payment["id"], "status": payment["status"],
            "updated_at": iso(payment["updated"]), "expires_at": iso(payment["expires"])}
    for name in ("authorization_token", "order_id", "klarna_reference"):
        if payment[name]:
            read[name] = payment[name]
    customer = _customer(ledger, payment)
    if payment["status"] == "MANUAL_ID_CHECK":
        read["manual_identification"] = {
            "challenge": payment["challenge"], "expires_at": iso(payment["expires"]),
            "customer_obfuscated": {name: text[:1] + "***" for name, text in customer.items()}}
    elif payment["status"] == "COMPLETED" and customer:
        read["customer"] = customer
    return read


def _one_qr(ledger, payment):
    status = payment["status"]
    if status == "CANCELED":
        status = ledger.behaviour["qr_canceled"]
    read = {"status": status, "expires_at": iso(payment["expires"])}
    if payment["status"] != "WAITING":
        read[ledger.behaviour["qr_image_member"]] = link(payment) + "/qr"
        read["payment_link"] = link(payment)
    if payment["status"] == "COMPLETED":
        read.update(order_id=payment["order_id"], klarna_reference=payment["klarna_reference"])
    if payment["status"] == "FAILED":
        read["error"] = {"code": payment["error_code"]}
    return read


def read(ledger, payment):
    """As Klarna's routes tell it."""
    return (_hosted_page if payment["way"] == HOSTED_PAGE else _one_qr)(ledger, payment)


def told(ledger, payment):
    """As the callback tells it."""
    if payment["way"] == HOSTED_PAGE:
        return {"event_id": new_id(), "session": read(ledger, payment)}
    return read(ledger, payment)


def as_ledger(ledger, payment):
    """The control route's view: everything, with what its session knows of it."""
    data = ledger.session(payment["session_id"])["data"]
    over = is_over(payment, ledger.now()) and not payment["ended"]
    return {**{name: payment[name] for name in (
        "id", "way", "session_id", "merchant", "status", "ended", "mode", "short_code",
        "order_id", "klarna_reference", "authorization_token", "error_code", "code",
        "status_update")},
        "amount": data["order_amount"], "currency": data["purchase_currency"].upper(),
        "state": "EXPIRED" if over else payment["status"], "link": link(payment),
        "created_at": iso(payment["created"]), "updated_at": iso(payment["updated"]),
        "expires_at": iso(payment["expires"]), "store_info": store_info(data),
        "merchant_reference1": data.get("merchant_reference1"),
        "merchant_reference2": data.get("merchant_reference2")}
