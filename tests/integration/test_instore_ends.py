# SPDX-License-Identifier: Apache-2.0
"""What a till began and could not finish is finished without it, and what is over is told as it is:
money that goes back, a verification whose capture hangs, an order that Klarna or others ended."""
import concurrent.futures

import pytest

from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA, new_key, problem
from till import EXTRA as TILLS, PHONE, TILL, Till
from waiting import HELD, calls_under_way, eventually, operations_are_due, order_is_due

DAY = 86400

MAIL_ONLY = """
<KlarnaStore default>
    <KlarnaDepartment mail>
        KlarnaInStore hosted_page
        KlarnaInStoreSend email
    </KlarnaDepartment>
</KlarnaStore>
"""


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + TILLS + MAIL_ONLY + "KlarnaWorker On\n")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def idle(box):
    """Nobody looks but a till."""
    server = Httpd(klarna_url(box), EXTRA + TILLS)
    yield server
    server.stop()


@pytest.fixture(params=["clinic", "bikes", "later"])
def till(httpd, box, request):
    return Till(httpd, box, request.param)


@pytest.fixture
def later(httpd, box):
    return Till(httpd, box, "later")


def paid(till, amount=10000, action="approve", **more):
    payment = till.begun(amount, **more)
    till.customer(payment, action)
    return till.until(payment, "COMPLETED")


def remember(httpd, payment, member, value):
    """As it stands when whoever stored that died before the next step."""
    httpd.sql("UPDATE klarna_order SET version = version + 1, ledger = json_set(ledger, "
              f"'$.instore.{member}', '{value}') WHERE id = '{payment['payment_id']}'")


def looked_at(httpd, till, payment, question):
    def look():
        operations_are_due(httpd)
        order_is_due(httpd, payment["payment_id"])
    return eventually(lambda: (lambda seen: seen if question(seen) else None)(till.read(payment)),
                      meanwhile=look)


def test_money_that_is_to_go_back_goes_back_after_a_death(till, httpd, box):
    payment = paid(till)
    remember(httpd, payment, "abort_by", "cashier")
    seen = looked_at(httpd, till, payment, lambda one: one["sentence_code"] == "given_back")
    record = box.ledger(seen["klarna_order_id"])
    assert record["captured_amount"] == record["refunded_amount"] or record["status"] == "CANCELLED"


def test_money_that_klarna_does_not_give_back_is_not_said_to_go(httpd, box):
    clinic = Till(httpd, box, "clinic")
    payment = paid(clinic)
    box.fault("status", path="/refunds$", status=403, times=-1,
              body={"error_code": "NOT_ALLOWED", "error_messages": ["no"], "correlation_id": "c"})
    httpd.allow_log("NOT_ALLOWED|KLA")
    problem(clinic.end(payment, "?refund=1"), 422, "klarna_refused")
    seen = clinic.read(payment)
    assert seen["sentence_code"] == "paid" and seen["actions"]["abort"]["refunds"]
    assert seen["actions"]["verify"]["allowed"]
    box.clear()
    assert clinic.end(payment, "?refund=1").json["refunded_amount"] == 10000


def test_a_verification_is_finished_when_its_capture_was_confirmed_late(later, httpd, box):
    payment = paid(later)
    box.fault("status", path="/captures$", status=500, times=-1)
    httpd.allow_log("KLA")
    assert later.post(payment, "verify").status == 202
    box.clear()
    seen = looked_at(httpd, later, payment, lambda one: one["verified_at"])
    assert seen["captured_amount"] == 10000 and seen["verified_by"] == "clerk"


def test_what_is_cancelled_at_klarna_is_not_verified(later, httpd, box):
    payment = paid(later)
    box.others(payment["klarna_order_id"], "cancel")
    looked_at(httpd, later, payment, lambda one: not one["actions"]["abort"]["allowed"])
    problem(later.post(payment, "verify"), 409, "nothing_left")
    seen = later.read(payment)
    assert seen["verified_at"] is None and not seen["actions"]["verify"]["allowed"]
    assert seen["sentence_code"] == "given_back"


def test_what_is_in_review_can_still_be_given_back(later, httpd, box):
    payment = paid(later, action="pending")
    assert problem(later.post(payment, "verify"), 409, "not_capturable")["reason"] == "in_review"
    seen = later.read(payment)
    assert seen["actions"]["abort"]["refunds"] and seen["verified_by"] is None
    assert later.end(payment, "?refund=1").status == 200


def test_nothing_is_sent_in_a_way_that_the_department_does_not_use(httpd, box):
    mail = Till(httpd, box, "mail")
    payment = mail.begun(customer={"phone": PHONE})
    assert payment["actions"]["send"]["methods"] == ["qr", "email"]
    problem(mail.post(payment, "send", {"method": "sms"}), 400, "not_sent_here")


def test_a_day_with_more_than_a_page_is_told_in_pages(httpd, box):
    one = Till(httpd, box, "bikes", "Busy counter")
    begun = [one.begun(1 + i)["payment_id"] for i in range(3)]
    answer = httpd.get(TILL + "/payments?till=Busy%20counter&limit=2").json
    assert [each["payment_id"] for each in answer["payments"]] == begun[:0:-1] and answer["next"]
    rest = httpd.get(TILL + f"/payments?till=Busy%20counter&limit=2&cursor={answer['next']}").json
    assert [each["payment_id"] for each in rest["payments"]] == begun[:1] and not rest["next"]


def test_the_same_request_is_answered_the_same_when_it_failed(httpd, box):
    clinic = Till(httpd, box, "clinic")
    key, reference = new_key(), "R-" + new_key()[:8]
    more = {"key": key, "reference": reference, "send": "sms", "customer": {"phone": PHONE}}
    httpd.allow_log("KLA")
    box.fault("status", path="/payments/v1/sessions$", status=403,
              body={"error_code": "NO", "error_messages": ["no"], "correlation_id": "c"})
    first = clinic.begin(**more)
    assert first.status >= 400
    again = clinic.begin(**more)
    assert again.status == 201 and again.json["state"] == "FAILED", again.raw


def moved_back(httpd, payment, seconds):
    """So much time passes for a payment, and for what it did; its link lived 46 hours."""
    payment_id, back = payment["payment_id"], f"{seconds}000000"
    httpd.sql("UPDATE klarna_payment SET version = version + 1, check_at = CASE WHEN check_at > 1 "
              f"THEN 1 ELSE 0 END, created_at = created_at - {back}, updated_at = updated_at - {back}, "
              "cart = json_set(cart, '$.instore.time_out_at', 0, '$.instore.link_until', "
              f"created_at - {back} + 165600000000) WHERE id = '{payment_id}'")
    httpd.sql("UPDATE klarna_operation SET version = version + 1, updated_at = updated_at - "
              f"{back}, created_at = created_at - {back} WHERE order_id = '{payment_id}'")


@pytest.mark.parametrize("department", ["clinic", "bikes"])
def test_what_was_paid_while_nobody_looked_is_not_said_to_be_unpaid(idle, box, department):
    till = Till(idle, box, department)
    box.control("POST", "behaviour", {"status_callbacks": "lost"})
    payment = till.begun(customer={"phone": PHONE})
    till.customer(payment, "approve")
    box.advance(4 * DAY)
    moved_back(idle, payment, 4 * DAY)
    seen = till.read(payment)
    assert (seen["state"], seen["sentence_code"]) == ("WAITING", "may_be_paid")
    assert "+46" + PHONE[1:] not in idle.store.dump()


def test_an_order_that_klarna_named_and_does_not_show_is_for_a_person(idle, box):
    till = Till(idle, box, "bikes")
    payment = till.begun()
    idle.sql("UPDATE klarna_payment SET version = version + 1, cart = json_set(cart, "
             "'$.instore.start', 'unknown', '$.instore.named', "
             f"'00000000-0000-4000-8000-000000000000') WHERE id = '{payment['payment_id']}'")
    moved_back(idle, payment, 4 * DAY)
    assert till.read(payment)["sentence_code"] == "may_be_paid"


def test_an_answer_that_comes_late_still_counts(idle, box):
    till = Till(idle, box, "bikes")
    code = box.control("POST", "short-codes", {"digits": 6})["code"]
    box.fault("delay", path="/payments/v1/sessions$", seconds=HELD)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answer = pool.submit(till.begin, short_code=code)
        calls_under_way(box, "/payments/v1/sessions$")
        idle.sql("UPDATE klarna_payment SET version = version + 1, cart = json_set(cart, "
                 "'$.instore.start', 'unknown') WHERE json_extract(cart, '$.instore.start') "
                 "= 'calling'")
        box.clear()
        payment = answer.result().json
    assert payment["start"] == "made"
    till.customer(code, "approve")
    assert till.until(payment, "COMPLETED")["captured_amount"] == 10000


def test_a_link_that_was_sent_keeps_its_payment_no_longer(httpd, box):
    clinic = Till(httpd, box, "clinic")
    payment = clinic.begun(send="sms", customer={"phone": PHONE})
    clinic.end(payment)
    moved_back(httpd, payment, 500 * DAY)
    for table, column in (("klarna_payment", "id"), ("klarna_operation", "order_id")):
        eventually(lambda: httpd.sql(f"SELECT COUNT(*) FROM {table} WHERE {column} = "
                                     f"'{payment['payment_id']}'")[0][0] in (0, "0"))


def test_one_of_which_klarna_never_says_anything_goes_in_its_time(box):
    """A server of its own: what its last look says is in the log when it has stopped."""
    httpd = Httpd(klarna_url(box), EXTRA + TILLS + "KlarnaWorker On\n")
    bikes = Till(httpd, box, "bikes")
    payment = bikes.begun()
    httpd.allow_log("KLA")
    [[session]] = httpd.sql("SELECT session_id FROM klarna_payment WHERE id = "
                            f"'{payment['payment_id']}'")
    box.fault("status", method="GET", path=session, status=500, times=-1)
    moved_back(httpd, payment, 500 * DAY)
    eventually(lambda: httpd.sql("SELECT COUNT(*) FROM klarna_payment WHERE id = "
                                 f"'{payment['payment_id']}'")[0][0] in (0, "0"))
    httpd.stop()


@pytest.mark.parametrize("field,more", [("till", {"till": "x" * 250}),
                                        ("customer.given_name", {"customer": {"given_name": 5}})])
def test_what_is_wrong_is_named_as_the_till_sent_it(idle, box, field, more):
    assert problem(Till(idle, box, "bikes").begin(**more), 400, "too_long" if field == "till"
                   else "wrong_type")["field"] == field
