# SPDX-License-Identifier: Apache-2.0
"""Payments in a store: each way to its end, the till's steps, and both sides' books."""
import pytest

from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA, Shop, new_key, problem
from till import EXTRA as TILLS, PHONE, SCREEN, TILL, Till


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + TILLS)
    yield server
    server.stop()


@pytest.fixture(params=["clinic", "bikes"])
def till(httpd, box, request):
    return Till(httpd, box, request.param)


@pytest.fixture
def clinic(httpd, box):
    return Till(httpd, box, "clinic")


@pytest.fixture
def shop(httpd, box):
    return Shop(httpd, box)


def paid(till, amount=10000, **more):
    payment = till.begun(amount, **more)
    till.customer(payment, "approve")
    return till.until(payment, "COMPLETED")


def test_paid_at_the_till(till, box):
    payment = till.begun(12500, reference="R-4711")
    assert (payment["state"], payment["start"], payment["frozen"]) == ("WAITING", "made", False)
    assert payment["link"] and payment["expires_at"] and payment["till"] == "Counter 1"
    till.customer(payment, "open")
    assert till.until(payment, "IN_PROGRESS")["frozen"]
    till.customer(payment, "approve")
    done = till.until(payment, "COMPLETED")
    record = box.ledger(done["klarna_order_id"])
    assert record["captured_amount"] == done["captured_amount"] == 12500
    assert done["klarna_reference"] == record["klarna_reference"]
    assert record["merchant_reference1"] == "R-4711"
    assert record["merchant_reference2"] == "default - Counter 1"
    assert done["link"] is None and done["distribution"]["to"] is None
    assert done["actions"]["verify"]["allowed"] and done["actions"]["abort"]["refunds"]
    assert not done["actions"]["refund"]["allowed"]


def test_the_customer_says_no(till):
    payment = till.begun()
    till.customer(payment, "cancel")
    done = till.until(payment, "CANCELLED")
    assert done["cancelled_by"] == "customer" and not done["actions"]["abort"]["allowed"]


def test_the_cashier_aborts(till, box):
    for opened in (False, True):
        payment = till.begun()
        if opened:
            till.customer(payment, "open")
        answer = till.end(payment)
        assert answer.status == 200, answer.raw
        assert (answer.json["state"], answer.json["cancelled_by"]) == ("CANCELLED", "cashier")
        with pytest.raises(AssertionError):
            till.customer(payment, "approve")
        again = till.end(payment)
        assert again.status == 200 and again.json["state"] == "CANCELLED"


def test_the_customer_was_quicker(till, box):
    payment = till.begun()
    till.customer(payment, "approve")
    answer = till.end(payment)
    assert answer.status == 200 and answer.json["state"] == "COMPLETED"
    assert answer.json["actions"]["verify"]["allowed"]
    assert problem(till.end(payment), 409, "paid")
    back = till.end(payment, "?refund=1")
    assert back.status == 200 and back.json["refunded_amount"] == 10000, back.raw
    assert back.json["sentence_code"] == "given_back"
    assert box.ledger(back.json["klarna_order_id"])["refunded_amount"] == 10000
    assert till.end(payment, "?refund=1").json["refunded_amount"] == 10000
    assert problem(till.post(payment, "verify"), 409, "given_back")


def test_verified_and_refunded(till, box):
    payment = paid(till)
    assert problem(till.post(payment, "refunds", {"amount": 1}), 409, "not_refundable")
    verified = till.post(payment, "verify").json
    assert verified["verified_at"] and verified["verified_by"] == "clerk"
    assert verified["actions"]["refund"] == {"allowed": True, "maximum": 10000, "why_not": None}
    assert till.post(payment, "verify").json["verified_at"] == verified["verified_at"]
    assert problem(till.end(payment, "?refund=1"), 409, "verified")
    part = till.post(payment, "refunds", {"amount": 2500, "reference": "C-1"})
    assert part.status == 201 and part.json["refunded_amount"] == 2500, part.raw
    rest = till.post(payment, "refunds")
    assert rest.status == 201 and rest.json["refunded_amount"] == 10000
    assert box.ledger(rest.json["klarna_order_id"])["refunded_amount"] == 10000


def test_placed_and_captured_later(httpd, box):
    till = Till(httpd, box, "later")
    payment = paid(till)
    assert payment["captured_amount"] == 0
    gone = till.end(payment, "?refund=1")
    assert gone.status == 200
    assert box.ledger(gone.json["klarna_order_id"])["status"] == "CANCELLED"
    payment = paid(till)
    verified = till.post(payment, "verify")
    assert verified.status == 200 and verified.json["captured_amount"] == 10000, verified.raw
    assert box.ledger(verified.json["klarna_order_id"])["captured_amount"] == 10000


def test_the_same_key_is_the_same_payment(till, box):
    key = new_key()
    first = till.begin(key=key, reference="R-1")
    assert till.begin(key=key, reference="R-1").json["payment_id"] == first.json["payment_id"]
    assert problem(till.begin(20000, key=key, reference="R-1"), 422, "idempotency_key_reused")


def test_sent_by_sms_and_mail(clinic, box):
    box.control("DELETE", "outbox")
    payment = clinic.begun(send="sms", customer={"phone": PHONE, "email": "a.b@example.com"})
    assert payment["distribution"]["state"] == "sent"
    assert payment["distribution"]["to"] == "+46" + PHONE[1:]
    assert clinic.post(payment, "send", {"method": "email"}).json["distribution"]["state"] == "sent"
    messages = box.control("GET", "outbox")["messages"]
    assert [message["method"] for message in messages] == ["sms", "email"]
    assert all(message["link"] == payment["link"] for message in messages)
    refused = problem(clinic.begin(send="sms", customer={"phone": "12"}), 400, "phone_length")
    assert refused["field"] == "customer.phone"


def test_a_lost_answer_to_a_message_is_told(clinic, box):
    payment = clinic.begun(customer={"phone": PHONE})
    box.control("DELETE", "outbox")
    box.fault("drop_after", path="/distribution$")
    answer = clinic.post(payment, "send", {"method": "sms"})
    assert answer.json["distribution"]["state"] == "unknown"
    assert answer.status == 202
    assert len(box.control("GET", "outbox")["messages"]) == 1
    assert clinic.post(payment, "send", {"method": "sms"}).json["distribution"]["state"] == "sent"
    assert len(box.control("GET", "outbox")["messages"]) == 2


def test_the_days_payments_of_a_till(httpd, box):
    till = Till(httpd, box, "clinic", "Counter of the day")
    ended = till.begun()
    till.end(ended)
    done = paid(till)
    listed = httpd.get(TILL + "/payments?till=Counter%20of%20the%20day").json["payments"]
    assert [one["payment_id"] for one in listed] == [done["payment_id"], ended["payment_id"]]
    assert problem(httpd.get(TILL + "/payments"), 400, "missing")["field"] == "till"


def test_a_poll_ends_with_the_news(till):
    payment = till.begun()
    till.customer(payment, "approve")
    seen = till.read(payment, f"?wait=20&version={payment['version']}")
    assert seen["version"] > payment["version"]
    assert till.until(payment, "COMPLETED")


def test_the_customers_screen(till, httpd):
    payment = till.begun()
    key = httpd.post(TILL + "/displays", {"till": till.name, "department": till.department}).json["key"]
    shown = httpd.get(SCREEN + "/payment", user=None, headers={"Authorization": f"Bearer {key}"})
    assert shown.json["amount"] == 10000 and shown.json["link"] and "payment_id" not in shown.json
    assert httpd.get(SCREEN + "/payment", user=None,
                     headers={"Authorization": f"Bearer {key[:-1]}x"}).status == 403
    till.end(payment)


def test_another_amount_is_another_payment(till, box):
    payment = till.begun()
    other = till.begun(15000, replaces=payment["payment_id"])
    assert till.read(payment)["state"] == "CANCELLED" and other["amount"] == 15000
    till.customer(other, "open")
    till.until(other, "IN_PROGRESS")
    problem(till.begin(20000, replaces=other["payment_id"]), 409, "frozen")
    till.end(other)


def invoice(number, total=30000, paid=0):
    return {"number": number, "total": total, "already_paid": paid}


def test_an_invoice_is_not_paid_twice(till, httpd, box):
    number = "F-" + new_key()[:8]
    first = till.begun(10000, invoice=invoice(number, paid=10000))
    problem(till.begin(10001, invoice=invoice(number, paid=10000)), 409, "invoice_paid")
    rest = paid(till, 10000, invoice=invoice(number, paid=10000))
    till.end(first)
    shown = httpd.get(f"{TILL}/invoices/{number}?department={till.department}").json
    assert shown["remaining"] == 10000 and len(shown["payments"]) == 2
    assert shown["negative_payments"] == []
    till.post(rest, "verify")
    refund = till.post(rest, "refunds", {"amount": 4000})
    assert refund.status == 201, refund.raw
    shown = httpd.get(f"{TILL}/invoices/{number}?department={till.department}").json
    assert [(one["payment_id"], one["amount"], one["reason"]) for one in
            shown["negative_payments"]] == [(rest["payment_id"], 4000, "refund")]


def test_a_credit_note(clinic, httpd, box):
    number, url = "F-" + new_key()[:8], TILL + "/invoices/"
    payment = paid(clinic, 10000, invoice=invoice(number, 10000))
    clinic.post(payment, "verify")
    assert clinic.post(payment, "refunds", {"amount": 2500}).status == 201
    body = {"department": "clinic", "reference": "C-7"}
    preview = httpd.post(f"{url}{number}/credit-notes", {**body, "preview": True}).json
    assert [entry["amount"] for entry in preview["entries"]] == [7500]
    note = httpd.post(f"{url}{number}/credit-notes", body)
    assert note.status == 201 and not note.json["entries"][0]["refunded"]
    shown = httpd.get(f"{url}{number}?department=clinic").json
    assert sorted((one["amount"], one["reason"]) for one in shown["negative_payments"]) == [
        (2500, "refund"), (7500, "credit_note")]
    problem(clinic.post(payment, "refunds"), 409, "set_aside")
    back = clinic.post(payment, "refunds", {"credit_note": "C-7"})
    assert back.status == 201 and back.json["refunded_amount"] == 10000, back.raw
    again = httpd.get(f"{url}{number}?department=clinic").json
    assert again["negative_payments"] == shown["negative_payments"]
    assert again["credit_notes"][0]["entries"][0]["refunded"]


def test_the_start_was_lost_and_the_customer_pays(httpd, box):
    till = Till(httpd, box, "bikes")
    code = box.control("POST", "short-codes", {"digits": 6})["code"]
    box.fault("drop_after", path="/payments/v1/sessions$")
    answer = till.begin(short_code=code)
    assert answer.status == 202 and answer.json["start"] == "unknown", answer.raw
    assert len([one for one in box.control("GET", "instore")["payments"]
                if one["short_code"] == code]) == 1
    payment = answer.json
    paid_one = till.customer(code, "approve")
    secret = httpd.sql("SELECT callback_secret FROM klarna_payment"
                       f" WHERE id = '{payment['payment_id']}'")[0][0]
    httpd.ask("POST", f"/klarna/callbacks/status/{payment['payment_id']}.{secret}",
              {"status": "COMPLETED", "order_id": paid_one["order_id"]})
    done = till.until(payment, "COMPLETED")
    assert done["klarna_order_id"] == paid_one["order_id"] and done["captured_amount"] == 10000


def test_shown_instead_of_sent(clinic):
    payment = clinic.begun(send="sms", customer={"phone": PHONE})
    assert clinic.post(payment, "send", {"method": "qr"}).json["distribution"]["method"] == "qr"
    clinic.end(payment)
    problem(clinic.post(payment, "send", {"method": "qr"}), 409, "not_open")
    problem(clinic.post(new_key(), "send", {"method": "qr"}), 404, "no_such_order")


def test_what_is_paid_or_cannot_end_is_not_replaced(till, box):
    payment = till.begun()
    box.fault("status", method="DELETE", status=503, times=-1)
    till.httpd.allow_log("KLA")
    problem(till.begin(replaces=payment["payment_id"]), 503, "not_ended")
    box.clear()
    till.customer(payment, "approve")
    problem(till.begin(replaces=payment["payment_id"]), 409, "paid")
    problem(till.begin(replaces=new_key()), 404, "no_such_order")
