# SPDX-License-Identifier: Apache-2.0
"""Payments in a store: what steps mode dies in at a till, and what the audit asks of them. A till
asks again with its key, looks until it knows, and begins anew when nothing can come of a payment.
"""
import collections
import json

import world        # noqa: F401  (knows where the others' modules are)
from sandbox_client import Answer
from shop import ORDERS, new_key
from scenarios import ALONE, Scenario, Subject
from till import PHONE, TILL, Till

AMOUNT = 10000
MAIL = "a.b@example.com"
CUSTOMER = {"phone": PHONE, "email": MAIL}
NOT_YET = Answer(425, {}, b"{}")
OPEN = ("WAITING", "IN_PROGRESS")


class Counter(Till):
    """A till of steps mode's first host."""

    def __init__(self, stage, department):
        super().__init__(stage.first, stage.box, department)

    def show(self, subject):
        """The payment as the till sees it now, or None while it is not told."""
        answer = self.httpd.get(f"{TILL}/payments/{subject.order_id}")
        return answer.json if answer.status == 200 else None


# --- leading there ------------------------------------------------------------------------------

def _fresh(department, **more):
    def prepare(stage):
        stage.box.control("DELETE", "outbox")
        return Subject(till=Counter(stage, department), more=more, keys={})
    return prepare


def _waiting(department, **more):
    def prepare(stage):
        subject = _fresh(department, **more)(stage)
        subject.order_id = subject.till.begun(AMOUNT, reference="R-1", customer=CUSTOMER,
                                              **more)["payment_id"]
        return subject
    return prepare


def _approved(department, action="approve"):
    """Nobody has looked since."""
    def prepare(stage):
        subject = _waiting(department)(stage)
        stage.box.in_store(subject.till.show(subject)["link"], action)
        return subject
    return prepare


def _paid(department, verified=False):
    def prepare(stage):
        subject = _approved(department)(stage)
        _learns(stage, subject)
        if verified:
            assert subject.till.post(subject.order_id, "verify").status == 200
        return subject
    return prepare


# --- what a till does -----------------------------------------------------------------------------

def _begin(stage, subject, key):
    """Until it has one that a customer can pay; a new one, with a new key, when one has ended."""
    key = subject.keys.setdefault("begin", key)
    more = dict(subject.more)
    if "short_code" in more:
        more["short_code"] = subject.keys.setdefault(
            "code", stage.box.control("POST", "short-codes", {"digits": 6})["code"])
    answer = subject.till.begin(AMOUNT, key=key, reference="R-1", customer=CUSTOMER, **more)
    if answer.status not in (201, 202):
        return answer
    subject.order_id = answer.json["payment_id"]
    seen = subject.till.show(subject) or answer.json
    if seen["state"] == "FAILED":       # nothing can come of it
        subject.keys = {"begin": new_key()}
        return NOT_YET
    if seen["start"] == "unknown" and not _is_on_the_phone(stage, subject.keys["code"]):
        subject.keys = {"begin": new_key()}
        return NOT_YET
    begun = seen["start"] == "unknown" or (seen["start"] == "made" and seen["link"])
    return answer if begun else NOT_YET


def _is_on_the_phone(stage, code):
    return any(theirs["short_code"] == code for theirs in
               stage.box.control("GET", "instore")["payments"])


def _shown(*states):
    """Looks until it is in one of these states."""
    def ask(stage, subject, key):
        stage.world.age("1=0", "1=0")
        answer = subject.till.httpd.get(f"{TILL}/payments/{subject.order_id}")
        if answer.status != 200:
            return answer
        return answer if answer.json["state"] in states else NOT_YET
    return ask


def _send(method):
    return lambda stage, subject, key: subject.till.post(subject.order_id, "send",
                                                         {"method": method}, key)


def _end(*states, query=""):
    def ask(stage, subject, key):
        answer = subject.till.end(subject.order_id, query)
        told = json.loads(answer.raw)
        if answer.status == 409 and told["code"] == "paid" and "COMPLETED" in states:
            return Answer(200, answer.headers, answer.raw)
        return answer if answer.status != 200 or told["state"] in states else NOT_YET
    return ask


def _post(what, body=None):
    return lambda stage, subject, key: subject.till.post(subject.order_id, what, body, key)


# --- afterwards -----------------------------------------------------------------------------------

def _is_paid(stage, subject):
    """The customer pays, the till learns it."""
    seen = subject.till.show(subject)
    if seen["start"] == "unknown":
        _is_found(stage, subject)
    elif seen["state"] in OPEN:
        stage.box.in_store(seen["link"], "approve")
    _learns(stage, subject)


def _learns(stage, subject):
    """By and by, whoever looks."""
    def knows():
        stage.world.age("1=0", "1=0")
        seen = subject.till.show(subject)
        return seen and seen["state"] == "COMPLETED"
    assert world.wait_until(knows, 10, 0.3), subject.till.show(subject)


def _is_found(stage, subject):
    """They paid with their code, which the till never heard of: after its time a person finds it
    in Klarna's portal."""
    theirs = stage.box.in_store(subject.keys["code"], "approve")
    stage.world.database.sql(f"UPDATE klarna_payment SET created_at = created_at - {47 * world.HOUR}"
                             f", check_at = 1 WHERE id = '{subject.order_id}';")
    subject.till.show(subject)
    answer = stage.first.post(f"{ORDERS}/{subject.order_id}/adopt",
                              {"klarna_order_id": theirs["order_id"]})
    assert answer.status == 200, answer.raw
    _is_captured(stage, subject)


def _is_captured(stage, subject):
    """By us, where Klarna does not: the worker's next look does it."""
    def is_captured():
        stage.world.age("1=0", f"id = '{subject.order_id}'")
        return subject.till.show(subject)["captured_amount"] == AMOUNT
    assert world.wait_until(is_captured, 10, 0.3), subject.till.show(subject)


INVOICE = {"number": "F-1", "total": 10 ** 6, "already_paid": 0}
SCENARIOS = (
    Scenario("till: begin, hosted page", _fresh("clinic"), _begin, ends=_is_paid),
    Scenario("till: begin, of an invoice", _fresh("clinic", invoice=INVOICE), _begin, ends=_is_paid),
    Scenario("till: begin, sent by SMS", _fresh("clinic", send="sms"), _begin, ends=_is_paid),
    Scenario("till: begin, QR session", _fresh("bikes"), _begin, ends=_is_paid),
    Scenario("till: begin, short code", _fresh("bikes", short_code="", send="qr"), _begin,
             ends=_is_paid, ways=("worker",), accepted=(201, 202)),
    Scenario("till: send by SMS", _waiting("clinic"), _send("sms"), ends=_is_paid,
             accepted=(200, 202)),
    Scenario("till: send by e-mail", _waiting("clinic"), _send("email"), ends=_is_paid,
             accepted=(200, 202)),
    # A worker would be quicker than the till.
    Scenario("till: look, paid", _approved("clinic"), _shown("COMPLETED"), ways=ALONE),
    Scenario("till: look, placed", _approved("later"), _shown("COMPLETED"), ways=ALONE),
    Scenario("till: look, the customer said no", _approved("clinic", "cancel"),
             _shown("CANCELLED"), ways=ALONE),
    Scenario("till: abort before opening", _waiting("clinic"), _end("CANCELLED")),
    Scenario("till: abort while open", _approved("bikes", "open"), _end("CANCELLED")),
    Scenario("till: abort in the second of the approval", _approved("clinic"), _end("COMPLETED")),
    Scenario("till: abort after paid", _paid("clinic"), _end("COMPLETED", query="?refund=1"),
             shows='"refunded_amount": "10000"'),
    Scenario("till: abort after placed", _paid("later"), _end("COMPLETED", query="?refund=1"),
             shows='"CANCELLED"'),
    Scenario("till: verify", _paid("clinic"), _post("verify")),
    Scenario("till: verify and capture", _paid("later"), _post("verify"),
             shows='"captured_amount": "10000"'),
    Scenario("till: refund after verified", _paid("clinic", True), _post("refunds", {"amount": 2500}),
             shows='"refunded_amount": "2500"'),
    Scenario("till: worker: paid", _approved("clinic"), ends=_learns),
    Scenario("till: worker: QR session paid", _approved("bikes"), ends=_is_captured),
)


# --- the picture ----------------------------------------------------------------------------------

# What is another one each time, or depends on whether an answer was lost.
OTHERS = ("link", "page_id", "result_path", "send_path", "id_check_url", "link_until",
          "time_out_at", "method", "sent", "sent_to", "send_refusal", "phone", "email", "start",
          "short_code", "invoice", "remaining", "refunds", "operation_id")


def plain(ledger):
    """A ledger document without what differs from till to till."""
    shop = ledger.get("instore")
    if shop:
        ledger["instore"] = {name: value for name, value in shop.items() if name not in OTHERS}
    return ledger


def told_in_the_end(httpd, order_id):
    """What the till sees."""
    told = httpd.get(f"{TILL}/payments/{order_id}").json
    names = ("state", "cancelled_by", "frozen", "captured_amount", "refunded_amount", "reason")
    return {name: told.get(name) for name in names} | {
        "allowed": {name: it["allowed"] for name, it in told["actions"].items()}}


# --- the audit ------------------------------------------------------------------------------------

def judge(world_, asked=None):
    """Sentences about what is wrong with the payments in a store. asked: how often each page was
    to be sent, once if it is not named."""
    ledger, asked = world_.box.control("GET", "ledger")["instore"], asked or {}
    rows = world_.orders(("id", "session_id", "klarna_order_id"))
    ours = {row["session_id"]: row for row in rows if row["session_id"]}
    known = {row["klarna_order_id"] for row in rows}
    wrong = []
    for theirs in ledger:
        row = ours.get(theirs["session_id"])
        # A start with a short code is all that the customer may see without the till.
        if theirs["order_id"] and theirs["order_id"] not in known and not (
                theirs["short_code"] and not row):
            wrong.append(f"Klarna's order {theirs['order_id']} of session {theirs['session_id']} "
                         f"is known to no payment (the session's: {row and row['id']})")
    sent = collections.Counter(message["payment_id"] for message in
                               world_.box.control("GET", "outbox")["messages"])
    return wrong + [f"page {name} was sent {number} times" for name, number in sent.items()
                    if number > asked.get(name, 1)]
