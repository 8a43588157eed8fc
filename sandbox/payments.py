# SPDX-License-Identifier: Apache-2.0
"""Klarna Payments v1: sessions, place order, cancel authorization.

These routes know no idempotency keys. A token buys one order; what a second place with it gets
is a switch (place_order_repeat), because Klarna's own words allow both readings.
"""
import base64
import json
import secrets

import fields
import orders
import placement
import rules
from api import Refusal, Reply, new_id
from ledger import iso
from methods import CATEGORIES

SESSION_LIFE = 48 * 3600
TOKEN_LIFE = 60 * 60
CATEGORY_NAMES = {name: words[0] for name, words in CATEGORIES.items()}
AUTHORIZED = ("purchase_country", "purchase_currency", "locale", "order_amount",
              "order_tax_amount", "order_lines", "merchant_reference1", "merchant_reference2",
              "merchant_data", "merchant_urls", "billing_address", "shipping_address", "customer")
WRITABLE = frozenset(fields.SESSION)


def _b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _client_token(session_id, base):
    """Shaped like a JWT, as Klarna's is; the last part is only unguessable, not a signature."""
    parts = ({"alg": "RS256", "typ": "JWT"}, {"session_id": session_id, "base_url": base})
    head = ".".join(_b64(json.dumps(part).encode()) for part in parts)
    return f"{head}.{_b64(secrets.token_bytes(32))}"


def _categories(call):
    badge = f"{call.base}/sdk/badge.svg"
    one = call.ledger.behaviour["categories"] == "klarna"
    return [{"identifier": name, "name": title,
             "asset_urls": {"descriptive": badge, "standard": badge}}
            for name, title in CATEGORY_NAMES.items() if (name == "klarna") is one]


def check_session(data):
    fields.check_fields(data, fields.SESSION, fields.ORDER_REQUIRED)
    rules.check_order(data)


def new_session(call):
    """A session of what was asked, not saved yet."""
    data = {name: value for name, value in call.body.items()
            if name in WRITABLE and value is not None}
    check_session(data)
    session_id = new_id()
    return {
        "session_id": session_id, "client_token": _client_token(session_id, call.base),
        "merchant": call.merchant, "data": data, "status": "incomplete",
        "created": call.now, "expires": call.now + SESSION_LIFE,
        "authorization_token": None, "customer_state": "open", "order_id": None,
    }


def session_answer(call, session):
    return {"session_id": session["session_id"], "client_token": session["client_token"],
            "payment_method_categories": _categories(call)}


def _load_session(call, session_id):
    session = call.ledger.session(session_id)
    if not session or session["merchant"] != call.merchant or call.now >= session["expires"]:
        raise Refusal(404, "NOT_FOUND", "Invalid session id")
    return session


def _refuse_completed(session):
    if session["status"] == "complete":
        raise Refusal(404, "SESSION_COMPLETED", "An order was already placed with this session.")


def merge_session(session, changes):
    """Takes over what was sent, all of it or, when a rule is broken, nothing."""
    data = {**session["data"], **{name: value for name, value in changes.items()
                                  if name in WRITABLE and value is not None}}
    check_session(data)
    session["data"] = data


def update_session(call, session_id):
    session = _load_session(call, session_id)
    _refuse_completed(session)
    merge_session(session, call.body)
    call.ledger.save_session(session)
    return Reply(204)


def read_session(call, session_id):
    session = _load_session(call, session_id)
    if call.ledger.behaviour["completed_session"] == "not_found":
        _refuse_completed(session)
    customer = {name: value for name, value in (session["data"].get("customer") or {}).items()
                if name in ("date_of_birth", "gender", "organization_entity_type", "title",
                            "organization_registration_id", "type", "vat_id")}
    read = {**session["data"], "status": session["status"],
            "client_token": session["client_token"], "expires_at": iso(session["expires"]),
            "payment_method_categories": _categories(call)}
    read.setdefault("locale", "en-US")
    read["acquiring_channel"] = read.get("acquiring_channel", "ECOMMERCE").upper()
    read.setdefault("intent", "buy")
    if customer:
        read["customer"] = customer
    token = session["authorization_token"]
    if token and session["status"] == "incomplete" and _live_token(call, token):
        read["authorization_token"] = token
    return Reply(200, read)


def authorize(ledger, session, fraud_status, now):
    """The customer said yes: one token over exactly what the session holds at this moment."""
    if session["authorization_token"]:
        ledger.delete_token(session["authorization_token"])
    token = {
        "token": new_id(), "session_id": session["session_id"], "merchant": session["merchant"],
        "order": {name: session["data"][name] for name in AUTHORIZED if name in session["data"]},
        "method": session.get("method") or CATEGORIES[session.get("category") or "klarna"][1],
        "fraud_status": fraud_status,
        "expires": now + TOKEN_LIFE, "used": None,
    }
    ledger.save_token(token)
    session["authorization_token"] = token["token"]
    session["customer_state"] = "approved" if fraud_status == "ACCEPTED" else "pending"
    ledger.save_session(session)
    return token["token"]


def _live_token(call, token):
    found = call.ledger.token(token)
    if found and found["merchant"] == call.merchant and call.now < found["expires"]:
        # Books from before methods were known name the category only.
        found.setdefault("method", CATEGORIES[found.get("category") or "klarna"][1])
        return found
    return None


def _load_token(call, token):
    found = _live_token(call, token)
    if not found:
        raise Refusal(404, "NOT_FOUND", "Invalid authorization token")
    return found


def _repeat(call, used):
    if call.ledger.behaviour["place_order_repeat"] == "refused":
        raise Refusal(403, "INVALID_OPERATION", "Authorization token already consumed")
    if call.body != used["body"]:
        raise Refusal(409, "BAD_VALUE", "An order with another content was already placed with "
                                        "this authorization token.")
    return Reply(200, used["answer"])


def _compare(call, token):
    """What is not as it was authorized; that a token's first refusal stays is a switch."""
    behaviour = call.ledger.behaviour
    stays = behaviour["refused_placement"] == "stays_refused"
    message = token.get("refused") if stays else None
    if not message:
        differing = placement.differences(call.body, token["order"], behaviour["addresses"])
        if not differing:
            return
        message = f"Not matching fields: [{', '.join(differing)}]"
        call.ledger.save_token({**token, "refused": message})
    raise Refusal(409, "BAD_VALUE", message)


def _answer(call, token, order):
    answer = {"order_id": order["order_id"], "fraud_status": order["fraud_status"]}
    if order["_urls"].get("confirmation"):
        answer["redirect_url"] = f"{call.base}/redirect/{order['order_id']}"
    if orders.untold_fraud_status(call.ledger, order):
        del answer["fraud_status"]
    return {**answer, "authorized_payment_method": {"type": token["method"]}}


def place_order(call, token_id):
    token = _load_token(call, token_id)
    if token["used"]:
        return _repeat(call, token["used"])
    body = call.body
    fields.check_fields(body, fields.ORDER, fields.ORDER_REQUIRED)
    rules.check_order({**body, "billing_address": body.get("billing_address")
                       or token["order"].get("billing_address")})
    rules.check_regions(body)
    _compare(call, token)
    order = new_order(call.ledger, token, body, call.now)
    answer = _answer(call, token, order)
    token["used"] = {"body": body, "answer": answer}
    call.ledger.save_token(token)
    return Reply(200, answer)


def new_order(ledger, token, body, now):
    """What the token buys, captured at once if that is asked for; its session is over."""
    order = orders.new_order(token["merchant"], token, body, now,
                             ledger.behaviour["authorization_days"])
    if order["_auto_capture"] and order["fraud_status"] == "ACCEPTED":
        orders.add_capture(order, {"captured_amount": order["order_amount"]}, now, None,
                           "auto_capture")
    ledger.save_order(order)
    session = ledger.session(token["session_id"])
    session.update(status="complete", order_id=order["order_id"])
    ledger.save_session(session)
    return order


def cancel_authorization(call, token_id):
    token = _load_token(call, token_id)
    if token["used"]:
        raise Refusal(404, "NOT_FOUND", "Authorization cannot be deleted")
    call.ledger.delete_token(token_id)
    session = call.ledger.session(token["session_id"])
    session.update(authorization_token=None, customer_state="open")
    call.ledger.save_session(session)
    return Reply(204)


ROUTES = (
    ("POST", r"/payments/v1/sessions/([^/]+)", update_session, True),
    ("GET", r"/payments/v1/sessions/([^/]+)", read_session, False),
    ("POST", r"/payments/v1/authorizations/([^/]+)/order", place_order, True),
    ("DELETE", r"/payments/v1/authorizations/([^/]+)", cancel_authorization, False),
)
