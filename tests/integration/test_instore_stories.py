# SPDX-License-Identifier: Apache-2.0
"""What a clinic and a bicycle shop do with payments at the till, sentence by sentence of their ways of
working, as far as no other file has it. Nothing is waited for: a look is made due."""
import concurrent.futures
import csv
import io
import re

import pytest

import confidential
from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA, ORDERS, new_key, problem
from till import EXTRA as TILLS, PHONE, TILL, Till
from waiting import calls_under_way, eventually, order_is_due

EMAIL = confidential.keep_from_logs("kim.berg@example.com")
CUSTOMER = {"phone": PHONE, "email": EMAIL, "given_name": "Kim", "family_name": "Berg",
            "street_address": "Storgatan 1", "postal_code": "11122", "city": "Stockholm",
            "country": "SE"}
MORE = """
<KlarnaStore default>
    <KlarnaDepartment hurried>
        KlarnaInStore hosted_page
        KlarnaTillTimeout 1s
    </KlarnaDepartment>
    <KlarnaDepartment patient>
        KlarnaInStore hosted_page
        KlarnaTillTimeout off
    </KlarnaDepartment>
</KlarnaStore>
"""
CONNECTIONS = 8     # DBDMax of the tests


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + TILLS + MORE)
    yield server
    server.stop()


@pytest.fixture(params=["clinic", "bikes"])
def till(httpd, box, request):
    return Till(httpd, box, request.param)


@pytest.fixture
def clinic(httpd, box):
    return Till(httpd, box, "clinic")


@pytest.fixture
def bikes(httpd, box):
    return Till(httpd, box, "bikes")


def looked(till, payment):
    """The payment after the look that is due now."""
    order_is_due(till.httpd, payment["payment_id"])
    return till.read(payment)


def paid(till, amount=10000, **more):
    payment = till.begun(amount, **more)
    till.customer(payment, "approve")
    done = looked(till, payment)
    assert done["state"] == "COMPLETED", done
    return done


def called(till, payment, body):
    """Klarna's callback of that payment."""
    [[secret]] = till.httpd.sql("SELECT callback_secret FROM klarna_payment"
                                f" WHERE id = '{payment['payment_id']}'")
    confidential.keep_from_logs(secret)
    answer = till.httpd.post(f"/klarna/callbacks/status/{payment['payment_id']}.{secret}", body,
                             user=None)
    assert answer.status == 200, answer.raw


def disables(box):
    return [one["path"] for one in box.requests() if one["method"] == "DELETE"]


# --- how the link reaches the customer ----------------------------------------------------------

def test_where_no_sms_is_sent_the_rest_is_offered(clinic, box):
    box.control("POST", "behaviour", {"sms_refused_in": ["SE"]})
    payment = clinic.begun(send="sms", customer={"phone": PHONE, "email": EMAIL})
    assert payment["state"] == "WAITING" and payment["distribution"]["state"] == "refused"
    assert payment["distribution"]["reason"]
    assert {"qr", "email"} <= set(payment["actions"]["send"]["methods"])
    assert clinic.post(payment, "send", {"method": "email"}).json["distribution"]["state"] == "sent"
    clinic.end(payment)


def test_each_payment_has_its_own_code(till, httpd):
    """Drawn as the till wants it, never one that is hard to read; what ended has none."""
    first, second = till.begun(), till.begun()
    assert first["link"] != second["link"]
    url = f"{TILL}/payments/{first['payment_id']}/qr."
    svg = httpd.get(url + "svg?size=300&quiet=4&dark=0b051d&light=ffffff")
    assert svg.status == 200 and svg.headers["Content-Type"].startswith("image/svg+xml")
    png = httpd.get(url + "png?size=300")
    assert png.status == 200 and png.raw[:8] == b"\x89PNG\r\n\x1a\n"
    other = httpd.get(f"{TILL}/payments/{second['payment_id']}/qr.svg?size=300&quiet=4"
                      "&dark=0b051d&light=ffffff")
    assert other.status == 200 and other.raw != svg.raw
    assert httpd.get(url + "svg?dark=cccccc&light=ffffff").status == 400
    till.end(first), till.end(second)
    problem(httpd.get(url + "svg"), 409, "no_link")


def test_what_is_known_of_the_customer_is_passed_on(till, box, httpd):
    """So that Klarna can fill it in; number and address go as Klarna takes them, and are gone when
    the payment has ended, however it ended."""
    box.forget_requests()
    payment = till.begun(customer=CUSTOMER)
    [session] = [one["body"] for one in box.requests() if one["path"].endswith("/v1/sessions")
                 and "order_lines" in (one["body"] or {})]
    told = session["billing_address"]
    assert {name: told[name] for name in CUSTOMER if name != "phone"} == {
        name: value for name, value in CUSTOMER.items() if name != "phone"}
    assert told["phone"] == "+46" + PHONE[1:]
    till.end(payment)
    gone = till.begun(customer=CUSTOMER)
    if till.department == "clinic":
        assert till.post(gone, "send", {"method": "sms"}).json["distribution"]["state"] == "sent"
    till.customer(gone, "approve")
    assert looked(till, gone)["state"] == "COMPLETED"
    stored = str(httpd.rows())
    for secret in (PHONE, PHONE[1:], EMAIL, CUSTOMER["street_address"]):
        assert secret not in stored, secret


# --- how it goes --------------------------------------------------------------------------------

def test_staff_is_told_to_check_who_it_is(clinic):
    payment = clinic.begun()
    clinic.customer(payment, "manual")
    seen = looked(clinic, payment)
    assert (seen["state"], seen["sentence_code"]) == ("IN_PROGRESS", "manual_id_check")
    assert seen["manual_id_check"]["url"] and "identity document" in seen["sentence"]
    clinic.customer(payment, "confirm")
    assert looked(clinic, payment)["state"] == "COMPLETED"


def test_a_refusal_may_still_end_well(clinic):
    payment = clinic.begun()
    clinic.customer(payment, "refuse")
    seen = looked(clinic, payment)
    assert (seen["state"], seen["sentence_code"]) == ("IN_PROGRESS", "may_try_again")
    assert seen["reason"]["text"]
    clinic.customer(payment, "approve")
    assert looked(clinic, payment)["state"] == "COMPLETED"


@pytest.mark.parametrize("action, state", [("refuse", "DECLINED"), ("error", "FAILED")])
def test_what_ends_a_qr_session_is_told_with_the_reason(bikes, action, state):
    payment = bikes.begun()
    bikes.customer(payment, action)
    seen = looked(bikes, payment)
    assert seen["state"] == state and seen["reason"]["code"] and seen["link"] is None


def test_walked_away(till):
    """It waits, and the cashier can end it."""
    payment = till.begun()
    till.customer(payment, "walk_away")
    assert looked(till, payment)["state"] == "IN_PROGRESS"
    assert till.end(payment).json["cancelled_by"] == "cashier"


def test_klarnas_time_is_over(till):
    payment = till.begun()
    till.customer(payment, "expire")
    assert looked(till, payment)["state"] == "WAITING"      # Klarna may be wrong, the clock is not
    row = f"WHERE id = '{payment['payment_id']}'"
    [[cart]] = till.httpd.sql(f"SELECT cart FROM klarna_payment {row}")
    cart = re.sub(r'"link_until":\d+', '"link_until":1', cart)
    till.httpd.sql(f"UPDATE klarna_payment SET cart = '{cart}' {row}")
    seen = looked(till, payment)
    assert (seen["state"], seen["sentence_code"]) == ("EXPIRED", "expired")
    assert not seen["actions"]["abort"]["allowed"]


def test_the_till_does_not_wait_for_ever(httpd, box):
    """It ends the payment at Klarna; what was paid in time is paid."""
    hurried, patient = Till(httpd, box, "hurried"), Till(httpd, box, "patient")
    home, payment, last = patient.begun(), hurried.begun(), hurried.begun()
    hurried.customer(last, "approve")
    box.forget_requests()
    seen = eventually(lambda: (lambda one: one if one["state"] == "CANCELLED" else None)(
        looked(hurried, payment)))
    assert (seen["cancelled_by"], seen["sentence_code"]) == ("timeout", "cancelled_by_timeout")
    assert len(disables(box)) == 1
    with pytest.raises(AssertionError):
        hurried.customer(payment["link"], "approve")
    assert looked(hurried, last)["state"] == "COMPLETED"
    assert looked(patient, home)["state"] == "WAITING" and home["expires_at"] > seen["created_at"]
    patient.end(home)


# --- who tells the till -------------------------------------------------------------------------

def test_callback_and_poll_lead_to_the_same_end(till, box):
    """The callback is lost, comes twice, comes before the till reads, comes after: one order."""
    ends = []
    for when in ("never", "twice", "late"):
        payment = till.begun()
        customer = till.customer(payment, "approve")
        body = {"event_id": new_key(), "session": {"status": "COMPLETED"}, "status": "COMPLETED"}
        if when == "twice":
            called(till, payment, body), called(till, payment, body)
        done = looked(till, payment) if when != "twice" else till.read(payment)
        if when == "late":
            called(till, payment, body)
            done = till.read(payment)
        assert done["klarna_order_id"] == customer["order_id"]
        ends.append((done["state"], done["captured_amount"], done["sentence_code"]))
    assert set(ends) == {("COMPLETED", 10000, "paid")}


def test_the_customer_is_quicker_than_the_answer(bikes, box):
    """With a short code they see the payment before the till has Klarna's answer."""
    code = box.control("POST", "short-codes", {"digits": 6})["code"]
    box.fault("delay", path="/payments/v1/sessions$", seconds=15)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        begun = pool.submit(bikes.begin, short_code=code)
        calls_under_way(box, "/payments/v1/sessions$")
        eventually(lambda: [one for one in box.control("GET", "instore")["payments"]
                            if one["short_code"] == code])
        customer = bikes.customer(code, "approve")
        [[payment_id]] = bikes.httpd.sql(
            "SELECT id FROM klarna_payment WHERE state = 'WAITING' AND till = 'Counter 1'"
            " ORDER BY created_at DESC LIMIT 1")
        called(bikes, {"payment_id": payment_id},
               {"status": "COMPLETED", "order_id": customer["order_id"]})
        box.control("DELETE", "faults")
        answer = begun.result()
    assert answer.status in (201, 202) and answer.json["payment_id"] == payment_id, answer.raw
    done = looked(bikes, answer.json)
    assert (done["state"], done["klarna_order_id"]) == ("COMPLETED", customer["order_id"])


def test_aborted_in_the_moment_of_the_approval(till, box):
    """Klarna decides who was quicker; the till is told what Klarna's books say, and nobody has paid
    for what is cancelled."""
    for _ in range(6):
        payment = till.begun()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            customer = pool.submit(box.ask, "POST", "/_sandbox/instore",
                                   {"payment": payment["link"], "action": "approve"})
            ended = pool.submit(till.end, payment)
        assert ended.result().status in (200, 202), ended.result().raw
        done = looked(till, payment)
        [known] = [one for one in box.control("GET", "instore")["payments"]
                   if one["link"] == payment["link"]]
        assert done["state"] == ("COMPLETED" if known["order_id"] else "CANCELLED"), known
        assert (customer.result().status == 200) == (done["state"] == "COMPLETED")


def test_who_waits_holds_no_connection(clinic, httpd):
    """More tills wait than there are connections to the database, and others are served; a cashier's
    abort is news for them all."""
    payment = clinic.begun()
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS + 4) as pool:
        waiting = [pool.submit(clinic.read, payment, f"?wait=20&version={payment['version']}")
                   for _ in range(CONNECTIONS + 4)]
        assert httpd.get(f"{ORDERS}/lists").status == 200
        assert not any(poll.done() for poll in waiting)
        assert clinic.end(payment).json["state"] == "CANCELLED"
        told = [poll.result() for poll in waiting]
    # That it is being ended is news, too.
    assert all(one["state"] == "CANCELLED" or one["ending"] for one in told)


# --- the clinic ---------------------------------------------------------------------------------

def test_what_is_verified_has_klarnas_numbers(till, httpd, box):
    """Klarna's order id and invoice id stay with the payment, which is an order like any other."""
    payment = paid(till)
    till.post(payment, "verify")
    order = httpd.get(f"{ORDERS}/{payment['order_id']}?refresh=1").json
    record = box.ledger(payment["klarna_order_id"])
    assert order["klarna_order_id"] == record["order_id"]
    assert [one["klarna_reference"] for one in order["captures"]] == [
        one["klarna_reference"] for one in record["captures"]] != [""]


def test_where_refunds_are_not_agreed(httpd, box):
    till = Till(httpd, box, "later")
    payment = paid(till)
    verified = till.post(payment, "verify").json
    refund = verified["actions"]["refund"]
    assert not refund["allowed"] and refund["why_not"]["code"] == "refunds_not_agreed"
    assert refund["why_not"]["text"]
    problem(till.post(payment, "refunds", {"amount": 100}), 409, "not_refundable")
    assert box.ledger(payment["klarna_order_id"])["refunded_amount"] == 0


def test_a_negative_payment_comes_with_klarnas_yes(clinic, httpd, box):
    """Not before, and not for a no."""
    number = "F-" + new_key()[:8]
    told = {"number": number, "total": 10000, "already_paid": 0}
    payment, url = paid(clinic, invoice=told), f"{TILL}/invoices/{number}?department=clinic"
    clinic.post(payment, "verify")
    box.fault("status", path="/refunds$", status=403, body={
        "error_code": "REFUND_NOT_ALLOWED", "error_messages": ["No."], "correlation_id": "c"})
    httpd.allow_log("KLA")
    refused = clinic.post(payment, "refunds", {"amount": 3000})
    assert refused.status >= 400, refused.raw
    assert httpd.get(url).json["negative_payments"] == []
    assert clinic.post(payment, "refunds", {"amount": 3000}).status == 201
    [negative] = httpd.get(url).json["negative_payments"]
    assert (negative["amount"], negative["reason"]) == (3000, "refund")


def test_part_by_card_the_rest_by_klarna(till, httpd):
    """The Klarna part is the last: no more than what the card left, and nothing after it."""
    number = "F-" + new_key()[:8]
    told = {"number": number, "total": 50000, "already_paid": 20000}
    problem(till.begin(50000, invoice=told), 409, "invoice_paid")
    done = paid(till, 30000, invoice=told)
    assert till.post(done, "verify").json["verified_at"]
    shown = httpd.get(f"{TILL}/invoices/{number}?department={till.department}").json
    assert (shown["already_paid"], shown["remaining"]) == (20000, 0)
    problem(till.begin(1, invoice=told), 409, "invoice_paid")


# --- the bicycle shop ---------------------------------------------------------------------------

def test_it_is_saved_only_when_it_is_completed(till, httpd):
    """No receipt, no order and nothing to verify before; then both of Klarna's references."""
    payment = till.begun(reference="R-1001")
    url = f"{TILL}/payments/{payment['payment_id']}/receipt"
    for action in (None, "open"):
        if action:
            till.customer(payment, action)
        seen = looked(till, payment)
        problem(httpd.get(url), 409, "not_paid")
        assert till.post(payment, "verify").status == 409
        assert not seen["actions"]["verify"]["allowed"] and not seen["klarna_order_id"]
        listed = httpd.get(f"{ORDERS}?till={till.name.replace(' ', '+')}&limit=100").json["orders"]
        assert payment["order_id"] not in [order["id"] for order in listed]
    till.customer(payment, "approve")
    done = looked(till, payment)
    receipt = httpd.get(url).json
    assert (receipt["reference1"], receipt["reference2"]) == ("R-1001", "default - Counter 1")
    for name in ("klarna_order_id", "klarna_reference", "amount", "currency", "department", "till",
                 "cashier", "lines"):
        assert receipt[name] == done[name], name
    assert receipt["at"] == done["completed_at"] and receipt["store"] == "default"


def test_the_back_office_finds_it_by_its_place(httpd, box):
    """Till, terminal, cashier and department in lists and in CSV."""
    till = Till(httpd, box, "clinic", "Counter " + new_key()[:6])
    mine = paid(till, terminal="T-7", cashier="eva", invoice={
        "number": "F-1", "total": 10000, "already_paid": 0})
    other = paid(till, cashier="bo")
    place = {"department": "clinic", "till": till.name, "terminal": "T-7", "cashier": "eva",
             "invoice": "F-1"}
    query = f"{ORDERS}?till={till.name.replace(' ', '+')}"
    listed = httpd.get(query).json["orders"]
    assert [order["id"] for order in listed] == [other["order_id"], mine["order_id"]]
    assert {name: listed[1][name] for name in place} == place
    assert listed[0]["terminal"] is None and listed[0]["channel"] == "instore"
    for more in ("&cashier=eva", "&terminal=T-7", "&invoice=F-1&channel=instore",
                 "&department=clinic&cashier=eva&state=CAPTURED"):
        assert [order["id"] for order in httpd.get(query + more).json["orders"]] == [
            mine["order_id"]], more
    assert httpd.get(query + "&department=bikes").json["orders"] == []
    text = httpd.get(query + "&cashier=eva&format=csv").raw.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text))
    assert row["id"] == mine["order_id"] and {name: row[name] for name in place} == place
