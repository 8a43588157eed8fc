# SPDX-License-Identifier: Apache-2.0
"""The control routes under /_sandbox/: reading the ledger, scripting what happens.

No authentication, loopback only (server.py sees to that). Each function takes the sandbox, the
parsed body and the path's parts and gives something to send as JSON.
"""
import customer
import in_store_phone
import instore
import orders
import others
import payments
from api import Refusal, Reply
from countries import COUNTRIES
from faults import BadFault
from ledger import BEHAVIOURS, iso
from methods import METHODS


def _bad(message):
    return Refusal(400, "BAD_VALUE", message)


def _order(sandbox, order_id):
    order = sandbox.ledger.order(order_id)
    if not order:
        raise Refusal(404, "NO_SUCH_ORDER", f"Order {order_id} can not be found.")
    orders.let_time_pass(order, sandbox.ledger.now())
    return order


def health(sandbox, body, query):
    return {"status": "ok", "region": sandbox.region, "time": iso(sandbox.ledger.now())}


def _session_view(session):
    return {"session_id": session["session_id"], "merchant": session["merchant"],
            "status": session["status"], "customer_state": session["customer_state"],
            "order_id": session["order_id"], "order_amount": session["data"]["order_amount"],
            "purchase_currency": session["data"]["purchase_currency"],
            "authorization_token": session["authorization_token"],
            "created_at": iso(session["created"]), "expires_at": iso(session["expires"])}


def instores(sandbox, body, query):
    return {"payments": [instore.as_ledger(sandbox.ledger, payment)
                         for payment in sandbox.ledger.instores()]}


def read_instore(sandbox, body, query, name):
    return instore.as_ledger(sandbox.ledger, in_store_phone.find(sandbox.ledger, name))


def act_instore(sandbox, body, query):
    return in_store_phone.carry_out(sandbox, body)


def outbox(sandbox, body, query):
    return {"messages": sandbox.ledger.outbox()}


def clear_outbox(sandbox, body, query):
    sandbox.ledger.clear_outbox()
    return None


def short_codes(sandbox, body, query):
    return {"short_codes": sandbox.ledger.short_codes()}


def scan(sandbox, body, query):
    return Reply(201, in_store_phone.scan(sandbox.ledger, body))


def ledger(sandbox, body, query):
    found = sandbox.ledger.orders()
    for order in found:
        orders.let_time_pass(order, sandbox.ledger.now())
    return {"orders": [orders.as_ledger(order) for order in found],
            "sessions": [_session_view(session) for session in sandbox.ledger.sessions()],
            "instore": instores(sandbox, body, query)["payments"]}


def ledger_order(sandbox, body, query, order_id):
    return orders.as_ledger(_order(sandbox, order_id))


def requests(sandbox, body, query):
    try:
        since = int(query.get("since", "0"))
    except ValueError:
        raise _bad("since must be a sequence number.") from None
    return {"requests": sandbox.ledger.journal(since)}


def clear_requests(sandbox, body, query):
    sandbox.ledger.clear_journal()
    return None


def callbacks(sandbox, body, query):
    return {"callbacks": list(sandbox.callbacks.sent)}


def send_callbacks(sandbox, body, query):
    """Those that are held, in the order of `numbers`, or those that are named there once more."""
    known = {record["number"]: record for record in sandbox.callbacks.sent}
    numbers = body.get("numbers", [number for number, record in known.items() if record["held"]])
    if not isinstance(numbers, list) or not all(number in known for number in numbers):
        raise _bad("numbers must be a list of numbers of callbacks.")
    for number in numbers:
        sandbox.after_commit(lambda record=known[number]: sandbox.callbacks.start(record))
    return {"numbers": numbers}


def list_faults(sandbox, body, query):
    return {"faults": sandbox.faults.list()}


def add_fault(sandbox, body, query):
    try:
        return Reply(201, sandbox.faults.add(body))
    except BadFault as bad:
        raise _bad(str(bad)) from None


def clear_faults(sandbox, body, query):
    sandbox.faults.clear()
    return None


def authorize(sandbox, body, query):
    session = customer.find_session(sandbox.ledger, session_id=body.get("session_id"))
    category = body.get("payment_method_category", "pay_later")
    if category not in payments.CATEGORY_NAMES:
        raise _bad(f"payment_method_category must be one of {', '.join(payments.CATEGORY_NAMES)}.")
    method = body.get("payment_method")
    if method is not None and method not in METHODS:
        raise _bad(f"payment_method must be one of {', '.join(METHODS)}.")
    customer.merge(session, body.get("data"))
    session.update(category=category, method=method)
    token, after = customer.decide(sandbox.ledger, sandbox.callbacks, session,
                                   body.get("outcome", "approve"))
    sandbox.after_commit(after)
    return {"session_id": session["session_id"], "authorization_token": token}


def clock(sandbox, body, query):
    seconds = body.get("advance_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not (
            0 <= seconds <= 4e8):
        raise _bad("advance_seconds must be a number of seconds, 0 to 400000000; the clock only "
                   "goes forward.")
    sandbox.ledger.advance_clock(seconds)
    return {"time": iso(sandbox.ledger.now()), "offset_seconds": sandbox.ledger.offset}


def behaviour(sandbox, body, query):
    return sandbox.ledger.behaviour


def set_behaviour(sandbox, body, query):
    for name, value in body.items():
        if name not in BEHAVIOURS:
            raise _bad(f"{name} is not a switch; there are {', '.join(BEHAVIOURS)}.")
        allowed = BEHAVIOURS[name][1]
        if isinstance(allowed, tuple):
            fits = value in allowed
        elif allowed is list:
            fits = isinstance(value, list) and all(entry in COUNTRIES for entry in value)
        else:
            fits = type(value) is allowed and value >= 0
        if not fits:
            allowed = "a list of purchase countries" if allowed is list else allowed
            raise _bad(f"{name} must be {allowed}.")
    sandbox.ledger.set_behaviour(body)
    return sandbox.ledger.behaviour


def default_behaviour(sandbox, body, query):
    sandbox.ledger.set_behaviour({name: default for name, (default, _) in BEHAVIOURS.items()})
    return sandbox.ledger.behaviour


def fraud(sandbox, body, query, order_id):
    order = _order(sandbox, order_id)
    decision = body.get("decision")
    if decision not in ("ACCEPTED", "REJECTED"):
        raise _bad("decision must be ACCEPTED or REJECTED.")
    if order["fraud_status"] != "PENDING":
        raise Refusal(409, "NOT_ALLOWED", f"The order's fraud_status is {order['fraud_status']}.")
    now = sandbox.ledger.now()
    order.update(fraud_status=decision, _fraud_decided=now)
    if decision == "ACCEPTED" and order["_auto_capture"] and order["status"] == "AUTHORIZED":
        orders.add_capture(order, {"captured_amount": order["order_amount"]}, now, None,
                           "auto_capture")
    sandbox.ledger.save_order(order)
    notice = {"order_id": order_id, "event_type": f"FRAUD_RISK_{decision}"}
    sandbox.after_commit(lambda: sandbox.callbacks.post(
        "notification", order["_urls"].get("notification"), notice, order["_session_id"],
        order_id))
    return orders.as_ledger(order)


def portal(sandbox, body, query, order_id):
    others.act(sandbox.ledger, _order(sandbox, order_id), body)
    return orders.as_ledger(_order(sandbox, order_id))


def reset(sandbox, body, query):
    sandbox.ledger.reset()
    sandbox.faults.clear()
    sandbox.callbacks.clear()
    return None


_ORDER = r"/_sandbox/orders/([^/]+)"
ROUTES = (
    ("GET", r"/_sandbox/health", health),
    ("GET", r"/_sandbox/ledger", ledger),
    ("GET", r"/_sandbox/ledger/([^/]+)", ledger_order),
    ("GET", r"/_sandbox/requests", requests),
    ("DELETE", r"/_sandbox/requests", clear_requests),
    ("GET", r"/_sandbox/callbacks", callbacks),
    ("POST", r"/_sandbox/callbacks", send_callbacks),
    ("GET", r"/_sandbox/instore", instores),
    ("POST", r"/_sandbox/instore", act_instore),
    ("GET", r"/_sandbox/instore/([^/]+)", read_instore),
    ("GET", r"/_sandbox/outbox", outbox),
    ("DELETE", r"/_sandbox/outbox", clear_outbox),
    ("GET", r"/_sandbox/short-codes", short_codes),
    ("POST", r"/_sandbox/short-codes", scan),
    ("GET", r"/_sandbox/faults", list_faults),
    ("POST", r"/_sandbox/faults", add_fault),
    ("DELETE", r"/_sandbox/faults", clear_faults),
    ("POST", r"/_sandbox/authorize", authorize),
    ("POST", r"/_sandbox/clock", clock),
    ("GET", r"/_sandbox/behaviour", behaviour),
    ("POST", r"/_sandbox/behaviour", set_behaviour),
    ("DELETE", r"/_sandbox/behaviour", default_behaviour),
    ("POST", _ORDER + "/fraud", fraud),
    ("POST", _ORDER + "/portal", portal),
    ("POST", r"/_sandbox/reset", reset),
)
