# SPDX-License-Identifier: Apache-2.0
"""The QR session: a session of Klarna Payments with `distribution`, whose outcome is read at
another address. Klarna places the order itself.
"""
import instore
import payments
from api import Refusal, Reply
from fields import check_fields, choice, obj, text

LIFE = 46 * 3600
DISTRIBUTION = obj({
    "method": choice("one_qr"), "short_code": text(20, 2, "[0-9]+"),
    "callback_urls": obj({"status_update": text(2000, 1, r"https?://\S+")}),
}, ("method",))


def create(call):
    """Every new session of Klarna Payments; with a distribution it is a QR session."""
    session = payments.new_session(call)
    in_store = (session["data"].get("acquiring_channel") or "").upper() == "IN_STORE"
    if in_store:
        instore.check_attachment(session["data"])
    if call.body.get("distribution") is None:
        call.ledger.save_session(session)
        return Reply(200, payments.session_answer(call, session))
    _check(call, session["data"], in_store)
    # Nobody but Klarna's own page on the customer's phone can authorize it.
    session.update(customer_state="instore", distribution=True)
    call.ledger.save_session(session)
    answer = {**payments.session_answer(call, session), "distribution": _start(call, session)}
    if call.ledger.behaviour["qr_client_token"] == "left_out":
        del answer["client_token"]
    return Reply(200, answer)


def _check(call, data, in_store):
    check_fields(call.body, {"distribution": DISTRIBUTION}, ("distribution",))
    if not in_store:
        raise instore.bad("acquiring_channel", "must be in_store with a distribution")
    if not data.get("attachment") and call.ledger.behaviour["qr_attachment"] == "required":
        raise instore.bad("attachment")
    code = call.body["distribution"].get("short_code")
    refused = call.ledger.behaviour["unknown_short_code"] == "refused"
    if code and refused and not _waiting_phone(call.ledger, code):
        raise Refusal(400, "BAD_REQUEST", "Bad value: distribution.short_code",
                      "distribution.short_code is not one that a phone shows.")


def _waiting_phone(ledger, code):
    known = ledger.short_code(code)
    return known if known and not known["payment_id"] else None


def _start(call, session):
    """Gives what the answer tells of the distribution."""
    asked = call.body["distribution"]
    payment = instore.new_payment(call, instore.ONE_QR, session["session_id"], session, LIFE)
    captured = call.ledger.behaviour["qr_order"] == "captured"
    payment.update(mode="CAPTURE_ORDER" if captured else "PLACE_ORDER",
                   short_code=asked.get("short_code"),
                   status_update=(asked.get("callback_urls") or {}).get("status_update"))
    call.ledger.save_instore(payment)
    phone = payment["short_code"] and _waiting_phone(call.ledger, payment["short_code"])
    if phone:
        call.ledger.save_short_code({**phone, "payment_id": payment["id"]})
    if payment["short_code"] and not phone:
        _tell(call, payment, "fail", "BAD_REQUEST")
    elif call.ledger.behaviour["qr_distributed"] == "at_once":
        _tell(call, payment, "distribute")
    return {"result_url": f"{call.base}/iss/v1/distributions/{payment['id']}"}


def _tell(call, payment, act, error_code=None):
    for notice in instore.act(call.ledger, payment, act, call.now, error_code=error_code):
        call.tell(notice)


def _load(call, payment_id):
    payment = call.ledger.instore(payment_id)
    if (not payment or payment["way"] != instore.ONE_QR or payment["merchant"] != call.merchant
            or instore.is_gone(call.ledger, payment, call.now)):
        raise Refusal(404, "NOT_FOUND", "Invalid session id")
    return payment


def result(call, payment_id):
    return Reply(200, instore.read(call.ledger, _load(call, payment_id)))


def post_result(call, payment_id):
    raise Refusal(400, "BAD_REQUEST", "Request method 'POST' is not supported")


def cancel(call, payment_id):
    """The till gives up; phone and terminal show that it was canceled."""
    payment = _load(call, payment_id)
    if payment["status"] == "COMPLETED":
        raise Refusal(404, "SESSION_COMPLETED", "An order was already placed with this session.")
    if payment["ended"]:
        if call.ledger.behaviour["end_again"] == "refused":
            raise Refusal(404, "NOT_FOUND", "Invalid session id")
        return Reply(204)
    call.tell(instore.become(call.ledger, payment, "CANCELED", call.now))
    session = call.ledger.session(payment_id)
    session["expires"] = call.now
    call.ledger.save_session(session)
    return Reply(204)


_RESULT = r"/iss/v1/distributions/([^/]+)"
ROUTES = (
    ("POST", r"/payments/v1/sessions", create, True),
    ("GET", _RESULT, result, False),
    ("POST", _RESULT, post_result, False),
    ("DELETE", r"/payments/v1/sessions/([^/]+)", cancel, False),
)
