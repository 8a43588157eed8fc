# SPDX-License-Identifier: Apache-2.0
"""Hosted Payment Page v1: sessions over a session of Klarna Payments, their link sent by SMS or
e-mail. No route knows an idempotency key: what is asked twice is done twice.
"""
import re

import instore
from api import BadField, Refusal, Reply, new_id
from fields import array, check_fields, choice, integer, obj, text
from ledger import iso
from phones import PHONES, is_number_of

BEFORE_THE_SESSION = 3600       # it ends this long before the session of Klarna Payments, seconds
SESSION_PATH = re.compile(r"https?://[^/]+/payments/v1/sessions/([^/?#]+)")
_CATEGORY = choice("DIRECT_DEBIT", "DIRECT_BANK_TRANSFER", "PAY_NOW", "PAY_LATER",
                   "PAY_OVER_TIME", "KLARNA")
_URL = text(2000, 1, r"https?://\S+")
CREATE = {
    "payment_session_url": text(2000), "profile_id": text(255, 1),
    "merchant_urls": obj({name: _URL for name in (
        "success", "cancel", "back", "failure", "error", "status_update", "terms",
        "privacy_policy")}),
    "options": obj({
        "place_order_mode": choice("PLACE_ORDER", "CAPTURE_ORDER", "NONE"),
        "payment_method_category": _CATEGORY,
        "payment_method_categories": array(_CATEGORY, 0, 100),
        "purchase_type": choice("BUY", "RENT", "BOOK", "SUBSCRIBE", "DOWNLOAD", "ORDER",
                                "CONTINUE"),
        "logo_url": _URL, "page_title": text(255), "show_subtotal_detail": choice("HIDE"),
        "background_images": array(obj({"url": _URL, "width": integer(1)}), 0, 100),
    }),
}
DISTRIBUTE = {
    "method": choice("sms", "email", "token"), "template": choice("INSTORE_PURCHASE"),
    "contact_information": obj({name: text(255) for name in (
        "phone", "phone_country", "email", "access_id")}),
}
CONTACT = {"sms": ("phone", "phone_country"), "email": ("email",), "token": ("access_id",)}
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
ACCESS_ID = re.compile(r"(klarna:)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{12}|\d{6}")


def _checked(body, table, required):
    try:
        check_fields(body, table, required)
    except BadField as wrong:
        raise Refusal(400, "CONSTRAINT_VIOLATION", f"{wrong.field} {wrong.why}.") from None


def _session_of(call, url):
    """The session of Klarna Payments that the page is to host."""
    match = SESSION_PATH.fullmatch(url)
    if not match:
        raise Refusal(400, "CONSTRAINT_VIOLATION", "payment_session_url is not the URL of a "
                                                   "session of Klarna Payments.")
    session = call.ledger.session(match.group(1))
    if (not session or session["merchant"] != call.merchant or session["status"] == "complete"
            or call.now >= session["expires"] - BEFORE_THE_SESSION
            or session.get("distribution")):
        raise Refusal(404, "NOT_FOUND", "The payment session has expired.")
    return session


def create(call):
    body = call.body
    _checked(body, CREATE, ("payment_session_url",))
    options = body.get("options") or {}
    if options.get("payment_method_category") and options.get("payment_method_categories"):
        raise Refusal(400, "CONSTRAINT_VIOLATION", "options.payment_method_category and "
                                                   "options.payment_method_categories exclude "
                                                   "each other.")
    session = _session_of(call, body["payment_session_url"])
    payment = instore.new_payment(call, instore.HOSTED_PAGE, new_id(), session,
                                  session["expires"] - BEFORE_THE_SESSION - call.now)
    payment.update(mode=options.get("place_order_mode") or "NONE",
                   status_update=(body.get("merchant_urls") or {}).get("status_update"))
    call.ledger.save_instore(payment)
    session["customer_state"] = "instore"
    call.ledger.save_session(session)
    return Reply(201, _answer(call, payment))


def _answer(call, payment):
    own = f"{call.base}/hpp/v1/sessions/{payment['id']}"
    link = instore.link(payment)
    answer = {
        "session_id": payment["id"], "session_url": own, "redirect_url": link,
        "qr_code_url": link + "/qr", "distribution_url": own + "/distribution",
        "manual_identification_check_url": own + "/manual-id-check",
        "expires_at": iso(payment["expires"]),
        "distribution_module": {
            "token": new_id(), "generation_url": own + "/distribution-module/token",
            "standalone_url": f"{call.base}/eu/hpp/distributions/{payment['code']}"
                              "?profile_id={{profile_id}}&view_id={{view_id}}"},
    }
    if call.ledger.behaviour["hosted_page_link"] == "left_out":
        del answer["redirect_url"]
    return answer


def _load(call, payment_id):
    payment = call.ledger.instore(payment_id)
    if (not payment or payment["way"] != instore.HOSTED_PAGE
            or payment["merchant"] != call.merchant
            or instore.is_gone(call.ledger, payment, call.now)):
        raise Refusal(404, "NOT_FOUND", "The session has expired or could not be found.")
    return payment


def read(call, payment_id):
    return Reply(200, instore.read(call.ledger, _load(call, payment_id)))


def disable(call, payment_id):
    payment = _load(call, payment_id)
    again = call.ledger.behaviour["end_again"] == "refused"
    if payment["status"] == "COMPLETED" or (payment["ended"] and again):
        raise Refusal(400, "BAD_REQUEST", f"The session is {payment['status']} already.")
    if not payment["ended"]:
        call.tell(instore.become(call.ledger, payment, "DISABLED", call.now))
    return Reply(204)


# --- the link, sent to the customer -------------------------------------------------------------

def _check_contact(call, method, contact):
    for name in CONTACT[method]:
        if not contact.get(name):
            raise Refusal(400, "MISSING_CONTACT_DATA", f"contact_information.{name} is required.")
    if method == "sms":
        _check_phone(call.ledger.behaviour, contact["phone"], contact["phone_country"])
    elif method == "email" and not EMAIL.fullmatch(contact["email"]):
        raise Refusal(400, "CONSTRAINT_VIOLATION", "contact_information.email is no address.")
    elif method == "token" and not ACCESS_ID.fullmatch(contact["access_id"]):
        raise Refusal(404, "NOT_FOUND", "The access token could not be found.")


def _check_phone(behaviour, phone, country):
    if (behaviour["sms"] == "nowhere" or country not in PHONES
            or country in behaviour["sms_refused_in"]):
        raise Refusal(400, "UNSUPPORTED_COUNTRY", "contact_information.phone_country is not "
                                                  "supported.")
    if not is_number_of(country, phone):
        raise Refusal(400, "CONSTRAINT_VIOLATION", "contact_information.phone is not a number of "
                                                   f"{country} as it is dialled there.")


def distribute(call, payment_id):
    payment = _load(call, payment_id)
    _checked(call.body, DISTRIBUTE, ("method", "contact_information"))
    method, contact = call.body["method"], call.body["contact_information"]
    _check_contact(call, method, contact)
    if payment["ended"]:
        raise Refusal(400, "UNKNOWN", f"The session is {payment['status']}.")
    data = call.ledger.session(payment["session_id"])["data"]
    call.ledger.put_in_outbox({
        "time": iso(call.now), "method": method, "payment_id": payment["id"],
        "merchant": call.merchant, "link": instore.link(payment),
        "to": contact[CONTACT[method][0]], "phone_country": contact.get("phone_country"),
        "amount": data["order_amount"], "currency": data["purchase_currency"].upper()})
    return Reply(call.ledger.behaviour["distribution_answer"])


_SESSION = r"/hpp/v1/sessions/([^/]+)"
ROUTES = (
    ("POST", r"/hpp/v1/sessions", create, True),
    ("GET", _SESSION, read, False),
    ("DELETE", _SESSION, disable, False),
    ("POST", _SESSION + "/distribution", distribute, True),
)
