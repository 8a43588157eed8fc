# SPDX-License-Identifier: Apache-2.0
"""Invoices of the host's that are paid in a store: how much may still be paid, negative payments
and credit notes, in the words of the routes."""
import concurrent.futures
import urllib.parse

import pytest

from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA, new_key, problem
from till import EXTRA as TILLS, TILL, Till


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + TILLS + "AllowEncodedSlashes NoDecode\n")
    yield server
    server.stop()


class Invoice:
    """One of the clinic's."""

    def __init__(self, till, total):
        self.till, self.number = till, "F-" + new_key()[:8]
        self.told = {"number": self.number, "total": total, "already_paid": 0, "credits": 0}
        self.url = f"{TILL}/invoices/{self.number}"

    def begin(self, amount, key=None, **told):
        self.told.update(told)
        return self.till.begin(amount, key, invoice=dict(self.told),
                               reference=self.number)

    def paid(self, amount, verify=True, **told):
        answer = self.begin(amount, **told)
        assert answer.status == 201, answer.raw
        self.till.customer(answer.json, "approve")
        payment = self.till.until(answer.json, "COMPLETED")
        return self.till.post(payment, "verify").json if verify else payment

    def seen(self):
        answer = self.till.httpd.get(f"{self.url}?department={self.till.department}")
        assert answer.status == 200, answer.raw
        return answer.json

    def note(self, reference, **more):
        return self.till.httpd.post(self.url + "/credit-notes", {
            "department": self.till.department, "reference": reference, **more})


@pytest.fixture
def till(httpd, box):
    return Till(httpd, box, "clinic")


@pytest.fixture
def invoice(till):
    return Invoice(till, 100000)


def amounts(negatives):
    return [(one["reason"], one["amount"]) for one in negatives]


def test_no_more_is_paid_than_is_left(till, invoice, httpd):
    """Partly by card, the rest by Klarna; what waits counts until it has ended."""
    told = problem(invoice.begin(60001, already_paid=40000), 409, "invoice_paid")
    assert "60000 remain" in told["detail"]
    waiting = invoice.begin(50000).json
    assert waiting["invoice"] == invoice.number and waiting["reference1"] == invoice.number
    assert "10000 remain" in problem(invoice.begin(10001), 409, "invoice_paid")["detail"]
    assert invoice.seen()["remaining"] == 10000
    till.end(waiting)
    assert invoice.seen()["remaining"] == 60000
    done = invoice.paid(60000, verify=False)
    assert invoice.seen()["remaining"] == 0
    till.end(done, "?refund=1")     # before it is verified it never was a payment of the invoice
    seen = invoice.seen()
    assert (seen["remaining"], seen["negative_payments"]) == (60000, [])
    assert [one["payment_id"] for one in seen["payments"]] \
        == [done["payment_id"], waiting["payment_id"]]
    invoice.told["already_paid"] = 0                # what is told now counts
    assert invoice.begin(100000).status == 201
    other = Till(httpd, till.box, "bikes")          # each department has its own numbers
    assert other.begin(100000, invoice=invoice.told).status == 201


def test_what_may_not_take_its_place_ends_nothing(till, invoice):
    """A payment that waits is replaced by one that the invoice has room for without it, no other."""
    waiting = invoice.begin(50000).json
    refused = till.begin(100001, invoice=dict(invoice.told), reference=invoice.number,
                         replaces=waiting["payment_id"])
    assert "100000 remain" in problem(refused, 409, "invoice_paid")["detail"]
    assert till.read(waiting)["state"] == "WAITING"
    instead = till.begun(100000, invoice=dict(invoice.told), reference=invoice.number,
                         replaces=waiting["payment_id"])
    assert till.read(waiting)["state"] == "CANCELLED"
    assert invoice.seen()["remaining"] == 0
    till.end(instead)


def test_it_is_in_one_currency(till, invoice):
    assert invoice.begin(1).status == 201
    refused = till.begin(1, invoice=invoice.told, country="FI", currency="EUR")
    problem(refused, 409, "invoice_currency")


def test_the_same_key_is_counted_once(invoice):
    key = new_key()
    first = invoice.begin(100000, key)
    assert first.status == 201
    assert invoice.begin(100000, key).json["payment_id"] == first.json["payment_id"]
    assert len(invoice.seen()["payments"]) == 1


@pytest.mark.parametrize("told, field", [
    ({"total": 1, "already_paid": 0}, "invoice.number"),
    ({"number": "F", "total": -1, "already_paid": 0}, "invoice.total"),
    ({"number": "F", "total": 1}, "invoice.already_paid"),
    ({"number": "F", "total": 1, "already_paid": 0, "left": 1}, "invoice.left")])
def test_what_is_told_wrong(till, told, field):
    answer = till.begin(1, invoice=told)
    assert answer.status == 400 and answer.json["field"] == field


def test_many_tills_at_once(invoice, box):
    """Ten of them want 30000 each of what has room for three."""
    with concurrent.futures.ThreadPoolExecutor(10) as tills:
        answers = list(tills.map(lambda _: invoice.begin(30000), range(10)))
    begun = [answer.json for answer in answers if answer.status == 201]
    assert 1 <= len(begun) <= 3
    assert {answer.json["code"] for answer in answers if answer.status != 201} \
        <= {"invoice_paid", "in_progress"}
    for payment in begun:
        invoice.till.customer(payment, "approve")
        invoice.till.until(payment, "COMPLETED")
    assert invoice.seen()["remaining"] == 100000 - 30000 * len(begun)


def test_a_refund_makes_a_negative_payment(till, invoice, box):
    payment = invoice.paid(100000)
    box.fault("status", path="/refunds$", status=403,
              body={"error_code": "REFUND_NOT_ALLOWED", "error_messages": ["no"],
                    "correlation_id": "c"})
    assert till.post(payment, "refunds", {"amount": 10000}).status == 422
    assert invoice.seen()["negative_payments"] == []
    refunded = till.post(payment, "refunds", {"amount": 25000})
    assert refunded.status == 201, refunded.raw
    [negative] = invoice.seen()["negative_payments"]
    assert negative["payment_id"] == payment["payment_id"] and negative["credit_note"] is None
    assert (negative["reason"], negative["amount"]) == ("refund", 25000)
    assert invoice.seen()["remaining"] == 25000


def test_a_credit_note(till, invoice, box):
    """It takes what is not refunded of each, once; its refund is in full, and makes no further
    negative payment."""
    first, second = invoice.paid(60000), invoice.paid(30000)
    waiting = invoice.begin(10000).json
    till.post(first, "refunds", {"amount": 20000})
    shown = invoice.note("C-1", preview=True)
    assert shown.status == 200 and shown.json["preview"]
    entries = [{"payment_id": second["payment_id"], "amount": 30000, "refunded": False},
               {"payment_id": first["payment_id"], "amount": 40000, "refunded": False}]
    assert shown.json["entries"] == entries
    assert amounts(invoice.seen()["negative_payments"]) == [("refund", 20000)]

    note = invoice.note("C-1")
    assert note.status == 201 and note.json["entries"] == entries and not note.json["preview"]
    assert invoice.note("C-1").json == note.json
    assert invoice.note("C-2").json["entries"] == []
    seen = invoice.seen()
    assert amounts(seen["negative_payments"]) == [("credit_note", 30000), ("credit_note", 40000),
                                                  ("refund", 20000)]
    assert seen["remaining"] == 20000  # what was credited is not owed, what was refunded is
    assert seen["credit_notes"][0]["reference"] == "C-1"

    assert till.read(first)["actions"]["refund"]["maximum"] == 0
    assert "40000" in problem(till.post(first, "refunds", {"amount": 1}), 409, "set_aside")["detail"]
    problem(till.post(first, "refunds", {"credit_note": "C-1", "amount": 1}), 400, "amount")
    problem(till.post(first, "refunds", {"credit_note": "C-2"}), 404, "no_such_credit_note")
    key = new_key()
    refund = till.post(first, "refunds", {"credit_note": "C-1"}, key)
    assert refund.status == 201 and refund.json["refunded_amount"] == 60000, refund.raw
    assert refund.json["refunds"][-1]["credit_note"] == "C-1"
    assert till.post(first, "refunds", {"credit_note": "C-1"}, key).json["refunded_amount"] == 60000
    problem(till.post(first, "refunds", {"credit_note": "C-1"}), 409, "credit_note_refunded")
    assert box.ledger(refund.json["klarna_order_id"])["refunded_amount"] == 60000
    assert invoice.seen()["negative_payments"] == seen["negative_payments"]
    [note, _] = invoice.seen()["credit_notes"]
    assert [entry["refunded"] for entry in note["entries"]] == [False, True]
    till.end(waiting)


def test_a_number_with_a_slash(till, httpd):
    invoice = Invoice(till, 1000)
    invoice.number = invoice.told["number"] = "2026/17 %" + new_key()[:8]
    assert invoice.begin(1000).status == 201
    seen = httpd.get(f"{TILL}/invoices/{urllib.parse.quote(invoice.number, '')}?department=clinic")
    assert (seen.json["number"], seen.json["remaining"]) == (invoice.number, 0)


def test_what_was_not_told(httpd, invoice):
    problem(httpd.get(invoice.url + "?department=clinic"), 404, "no_such_invoice")
    problem(invoice.note("C-1"), 404, "no_such_invoice")
    problem(httpd.get(invoice.url), 400, "missing")
    answer = httpd.post(invoice.url + "/credit-notes", {"department": "clinic"})
    assert answer.status == 400 and answer.json["field"] == "reference"
    assert httpd.get(invoice.url, user=None).status == 401
