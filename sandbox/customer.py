# SPDX-License-Identifier: Apache-2.0
"""The customer's side: what the browser SDK, the approve page and the phone ask and decide.

A decision is one function, used by the pages and by the control route alike. These routes know
the session by its client token (the browser) or id (the phone); they never place an order.
"""
import payments
from api import Refusal

OUTCOMES = ("approve", "pending", "refuse", "walk_away")
FRAUD = {"approve": "ACCEPTED", "pending": "PENDING"}
SHOWN_SESSIONS = 50
SDK_FIELDS = ("purchase_country", "purchase_currency", "locale", "order_amount",
              "order_tax_amount", "order_lines", "billing_address", "shipping_address", "customer")
MERGED = ("billing_address", "shipping_address", "customer")


def find_session(ledger, session_id=None, client_token=None):
    """An incomplete session that still lives, by either of its names."""
    session = None
    if isinstance(session_id, str):
        session = ledger.session(session_id)
    elif isinstance(client_token, str):
        session = ledger.session_by_client_token(client_token)
    if not session or ledger.now() >= session["expires"] or session.get("distribution"):
        raise Refusal(404, "NOT_FOUND", "The session does not exist or has expired.")
    if session["status"] == "complete":
        raise Refusal(409, "SESSION_COMPLETED", "An order was already placed with this session.")
    return session


def decide(ledger, callbacks, session, outcome):
    """Stores the customer's decision; gives the authorization token or None.

    The authorization callback starts only after the caller's transaction is committed, so it is
    returned as a function to run then.
    """
    if outcome not in OUTCOMES:
        raise Refusal(400, "BAD_VALUE", f"outcome must be one of {', '.join(OUTCOMES)}.")
    if outcome in FRAUD:
        token = payments.authorize(ledger, session, FRAUD[outcome], ledger.now())
        url = (session["data"].get("merchant_urls") or {}).get("authorization")
        body = {"authorization_token": token, "session_id": session["session_id"]}
        return token, lambda: callbacks.post("authorization", url, body, session["session_id"])
    if session["authorization_token"]:
        ledger.delete_token(session["authorization_token"])
    session["authorization_token"] = None
    session["customer_state"] = "refused" if outcome == "refuse" else "open"
    ledger.save_session(session)
    return None, lambda: None


def sdk_load(ledger, body):
    """load(): takes the data over, says whether the method can be shown."""
    session = find_session(ledger, client_token=body.get("client_token"))
    category = body.get("payment_method_category")
    if category not in payments.CATEGORY_NAMES:
        raise Refusal(400, "BAD_VALUE", "Unknown payment_method_category.")
    merge(session, body.get("data"))
    ledger.save_session(session)
    return {"name": payments.CATEGORY_NAMES[category], **as_shown(session)}


def sdk_authorize(ledger, body):
    """authorize(): from now on the session waits for the customer's decision."""
    session = find_session(ledger, client_token=body.get("client_token"))
    category = body.get("payment_method_category")
    if category not in payments.CATEGORY_NAMES:
        raise Refusal(400, "BAD_VALUE", "Unknown payment_method_category.")
    merge(session, body.get("data"))
    if session["authorization_token"]:
        ledger.delete_token(session["authorization_token"])
    session.update(category=category, customer_state="asked", authorization_token=None)
    ledger.save_session(session)
    return as_shown(session)


def sdk_leave(ledger, body):
    """The overlay was closed: the shop does not wait any more."""
    session = find_session(ledger, client_token=body.get("client_token"))
    if session["customer_state"] == "asked":
        session["customer_state"] = "open"
        ledger.save_session(session)
    return None


def merge(session, data):
    """What the browser tells is added to what the session knows, addresses member by member."""
    if not isinstance(data, dict) or not data:
        return
    told = {name: value for name, value in data.items() if name in SDK_FIELDS}
    for name in MERGED:
        known = session["data"].get(name)
        if isinstance(told.get(name), dict) and known:
            told[name] = {**known, **told[name]}
    payments.merge_session(session, told)


def as_shown(session):
    """What a page may show of a session: no addresses, no token."""
    data = session["data"]
    return {
        "session_id": session["session_id"], "state": session["customer_state"],
        "created_at": payments.iso(session["created"]),
        "merchant": session["merchant"], "reference": data.get("merchant_reference1"),
        "amount": data["order_amount"], "currency": data["purchase_currency"].upper(),
        "locale": data.get("locale") or "en-US",
        "lines": [{name: line[name] for name in ("name", "quantity", "total_amount")}
                  for line in data["order_lines"]],
    }


def waiting(ledger):
    """Sessions a customer can still decide, those where the shop already asks first."""
    now = ledger.now()
    return [as_shown(session) for session in ledger.open_sessions(SHOWN_SESSIONS)
            if now < session["expires"]]
