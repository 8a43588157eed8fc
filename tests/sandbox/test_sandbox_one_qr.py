# SPDX-License-Identifier: Apache-2.0
"""QR sessions: a session of Klarna Payments with a distribution, its result at another address."""
import json
import sqlite3
import threading

import pytest

from receiver import merchant, wait_for
from sandbox_client import RESULT, STORE, STORE_INFO, Sandbox, basic, cart

SESSIONS = "/payments/v1/sessions"
QR = {"method": "one_qr"}


def result(box, session):
    answer = box.ask("GET", f"{RESULT}/{session['session_id']}")
    assert answer.status == 200, answer.raw
    return answer.json


def status(box, session):
    return result(box, session)["status"]


def start(box, **more):
    return box.ask("POST", SESSIONS, {**cart(), "acquiring_channel": "in_store",
                                      "attachment": STORE, "distribution": QR, **more})


def test_a_session_with_a_code(box):
    session = box.one_qr(cart(merchant_reference1="R1"))
    assert session["distribution"] == {
        "result_url": f"{box.url}{RESULT}/{session['session_id']}"}
    assert session["client_token"] and session["payment_method_categories"]
    read = result(box, session)
    assert set(read) == {"status", "qr", "payment_link", "expires_at"}
    assert read["status"] == "DISTRIBUTED"
    assert box.ask("GET", read["payment_link"].removeprefix(box.url), auth=None).status == 200
    picture = box.ask("GET", read["qr"].removeprefix(box.url), auth=None)
    assert picture.headers["Location"] == read["payment_link"].removeprefix(box.url)
    known, = box.control("GET", "ledger")["instore"]
    assert (known["way"], known["state"], known["merchant_reference1"], known["store_info"]) == (
        "one_qr", "DISTRIBUTED", "R1", STORE_INFO)
    kp = box.ask("GET", f"{SESSIONS}/{session['session_id']}").json
    assert kp["acquiring_channel"] == "IN_STORE" and "distribution" not in kp


@pytest.mark.parametrize("wrong, field", [
    ({"acquiring_channel": "ECOMMERCE"}, "acquiring_channel"),
    ({"acquiring_channel": None}, "acquiring_channel"),
    ({"attachment": None}, "attachment"), ({"attachment": {"body": "{}"}},
                                           "attachment.content_type"),
    ({"attachment": {**STORE, "content_type": "application/json"}}, "attachment.content_type"),
    ({"attachment": {**STORE, "body": json.loads(STORE["body"])}}, "attachment.body"),
    *(({"attachment": {**STORE, "body": body}}, "attachment.body") for body in (
        "x", "[]", "{}", '{"in_store_payment":[]}', '{"in_store_payment":{"store_info":{}}}',
        '{"in_store_payment":[{"store_info":"4711"}]}')),
    ({"distribution": []}, "distribution"), ({"distribution": {}}, "distribution.method"),
    ({"distribution": {"method": "qr"}}, "distribution.method"),
    *(({"distribution": {**QR, "short_code": code}}, "distribution.short_code") for code in (
        2005, "2", "2" * 21, "20a5", "")),
    ({"distribution": {**QR, "callback_urls": {"status_update": "x"}}},
     "distribution.callback_urls.status_update"), ({"order_amount": 1}, "order_lines")])
def test_what_a_session_needs(box, wrong, field):
    answer = start(box, **wrong)
    assert (answer.status, answer.message) == (400, f"Bad value: {field}")
    assert box.control("GET", "ledger")["sessions"] == []


def test_a_store_that_tells_nothing_of_itself(box):
    box.control("POST", "behaviour", {"qr_attachment": "optional"})
    assert start(box, attachment=None).status == 200
    assert start(box, attachment={**STORE, "body": "x"}).status == 400


@pytest.mark.parametrize("switch, status", [("authorized", "AUTHORIZED"), ("captured", "CAPTURED")])
def test_the_customer_approves(box, switch, status):
    box.control("POST", "behaviour", {"qr_order": switch})
    session = box.one_qr()
    assert box.in_store(result(box, session)["payment_link"], "open")["state"] == "ACCESSED"
    box.in_store(session["session_id"], "approve")
    read = result(box, session)
    assert set(read) == {"status", "qr", "payment_link", "expires_at", "order_id",
                         "klarna_reference"}
    assert read["status"] == "COMPLETED"
    order = box.read(read["order_id"])
    assert (order["klarna_reference"], order["status"]) == (read["klarna_reference"], status)
    again = box.ask("POST", "/_sandbox/instore", {"payment": session["session_id"],
                                                  "action": "approve"})
    assert again.status == 409 and len(box.control("GET", "ledger")["orders"]) == 1
    ended = box.ask("DELETE", f"{SESSIONS}/{session['session_id']}")
    assert (ended.status, ended.code) == (404, "SESSION_COMPLETED")


def test_the_result_is_read_not_posted(box):
    session = box.one_qr()
    path = f"{RESULT}/{session['session_id']}"
    for body in ({}, None):
        answer = box.ask("POST", path, body)
        assert (answer.status, answer.message) == (400, "Request method 'POST' is not supported")
    assert box.ask("GET", path, auth=None).status == 401
    assert box.ask("GET", path, auth=basic("PK00001_other", "other-password")).status == 404
    assert box.ask("GET", f"{RESULT}/{box.hosted_page()['session_id']}").status == 404
    assert box.ask("GET", f"{RESULT}/x").status == 404


def test_only_klarnas_page_authorizes(box):
    session = box.one_qr()
    answer = box.ask("POST", "/_sandbox/authorize", {"session_id": session["session_id"]})
    assert answer.status == 404
    assert box.ask("GET", "/customer/sessions", auth=None).json == {"sessions": []}


def test_the_till_gives_up(box):
    session = box.one_qr()
    box.in_store(session["session_id"], "open")
    for _ in range(2):
        assert box.ask("DELETE", f"{SESSIONS}/{session['session_id']}").status == 204
        assert status(box, session) == "CANCELED"
    assert box.ask("POST", "/_sandbox/instore", {
        "payment": session["session_id"], "action": "approve"}).status == 409
    assert box.ask("GET", f"{SESSIONS}/{session['session_id']}").status == 404
    box.control("POST", "behaviour", {"end_again": "refused"})
    assert box.ask("DELETE", f"{SESSIONS}/{session['session_id']}").status == 404
    assert box.ask("DELETE", f"{SESSIONS}/{box.session()['session_id']}").status == 404
    assert box.control("GET", "ledger")["orders"] == []


def test_the_customer_cancels(box):
    session = box.one_qr()
    box.in_store(session["session_id"], "cancel")
    assert status(box, session) == "CANCELED"
    box.control("POST", "behaviour", {"qr_canceled": "CANCELLED"})
    assert status(box, session) == "CANCELLED"
    assert box.control("GET", f"instore/{session['session_id']}")["state"] == "CANCELED"


@pytest.mark.parametrize("act, more, code", [
    ("refuse", {}, "REJECTED"), ("error", {}, "INTERNAL_ERROR"),
    ("fail", {"error_code": "UNKNOWN"}, "UNKNOWN")])
def test_a_session_fails_for_good(box, act, more, code):
    session = box.one_qr()
    box.in_store(session["session_id"], act, **more)
    read = result(box, session)
    assert (read["status"], read["error"]) == ("FAILED", {"code": code})
    assert "order_id" not in read
    assert box.ask("POST", "/_sandbox/instore", {
        "payment": session["session_id"], "action": "open"}).status == 409


def test_one_who_is_refused_may_try_again(box):
    box.control("POST", "behaviour", {"qr_refusal": "can_go_on"})
    session = box.one_qr()
    box.in_store(session["session_id"], "refuse")
    box.in_store(session["session_id"], "walk_away")
    assert status(box, session) == "ACCESSED"
    box.in_store(session["session_id"], "approve")
    assert status(box, session) == "COMPLETED"


def test_a_link_that_comes_later(box):
    box.control("POST", "behaviour", {"qr_distributed": "later", "qr_image_member": "qr_code",
                                      "qr_client_token": "left_out"})
    session = box.one_qr()
    assert "client_token" not in session
    assert set(result(box, session)) == {"status", "expires_at"}
    assert status(box, session) == "WAITING"
    box.in_store(session["session_id"], "distribute")
    assert set(result(box, session)) == {"status", "expires_at", "qr_code", "payment_link"}


def test_a_session_ends_after_46_hours(box):
    session, paid = box.one_qr(), box.one_qr()
    box.in_store(paid["session_id"], "approve")
    box.advance(46 * 3600 - 60)
    assert status(box, session) == "DISTRIBUTED"
    box.advance(61)
    for one in (session, paid):
        assert box.ask("GET", f"{RESULT}/{one['session_id']}").status == 404
    assert box.ask("DELETE", f"{SESSIONS}/{session['session_id']}").status == 404
    box.control("POST", "behaviour", {"after_its_time": "ended_is_readable"})
    assert status(box, paid) == "COMPLETED"


# --- the printed QR and its short code ----------------------------------------------------------

def test_a_code_that_a_phone_shows(box):
    code = box.control("POST", "short-codes", {"code": "2005"})["code"]
    assert box.ask("GET", "/customer/instore", auth=None).json["short_codes"] == ["2005"]
    session = box.one_qr(short_code=code)
    assert box.control("GET", "short-codes")["short_codes"][0]["payment_id"] == (
        session["session_id"])
    assert box.ask("GET", "/customer/instore", auth=None).json["short_codes"] == []
    box.in_store(code, "approve")
    assert status(box, session) == "COMPLETED"
    assert box.control("GET", f"instore/{code}")["short_code"] == code
    again = start(box, distribution={**QR, "short_code": code})
    assert (again.status, again.message) == (400, "Bad value: distribution.short_code")


def test_a_code_that_no_phone_shows(box):
    assert start(box, distribution={**QR, "short_code": "2005"}).code == "BAD_REQUEST"
    box.control("POST", "behaviour", {"unknown_short_code": "fails_later"})
    session = box.one_qr(short_code="2005")
    read = result(box, session)
    assert (read["status"], read["error"]["code"]) == ("FAILED", "BAD_REQUEST")


def test_codes_of_any_length(box):
    for digits in (2, 20):
        assert len(box.control("POST", "short-codes", {"digits": digits})["code"]) == digits
    for wrong in ({"digits": 1}, {"digits": 21}, {"digits": "4"}, {"code": "x1"}, {"code": 12}):
        assert box.ask("POST", "/_sandbox/short-codes", wrong).status == 400


# --- callbacks, faults, rates, restarts ---------------------------------------------------------

def test_the_callback_is_the_result(box):
    with merchant() as (url, received):
        urls = {"callback_urls": {"status_update": url + "/s"}}
        session = box.one_qr(**urls)
        wait_for(lambda: len(received) == 1)
        box.in_store(session["session_id"], "open")
        wait_for(lambda: len(received) == 2)
        box.in_store(session["session_id"], "approve")
        wait_for(lambda: len(received) == 3)
        assert received[-1] == ("/s", result(box, session))
        other = box.one_qr(**urls)
        box.ask("DELETE", f"{SESSIONS}/{other['session_id']}")
        wait_for(lambda: len(received) == 5)
        failed = box.one_qr(**urls)
        box.in_store(failed["session_id"], "fail")
        wait_for(lambda: len(received) == 7)
    assert sorted(body["status"] for _, body in received) == [
        "ACCESSED", "CANCELED", "COMPLETED", "DISTRIBUTED", "DISTRIBUTED", "DISTRIBUTED", "FAILED"]


def test_the_customer_is_quicker_than_the_answer(box):
    """The start is carried out, its answer waits; with a short code the customer can pay."""
    box.control("POST", "short-codes", {"code": "2005"})
    with merchant() as (url, received):
        box.fault("delay", path="/sessions$", seconds=60)
        answers = []
        thread = threading.Thread(target=lambda: answers.append(start(box, distribution={
            **QR, "short_code": "2005", "callback_urls": {"status_update": url + "/s"}})))
        thread.start()
        wait_for(lambda: received)
        order_id = box.in_store("2005", "approve")["order_id"]
        wait_for(lambda: len(received) == 3)
        assert answers == []
        box.control("DELETE", "faults")
        thread.join()
    assert result(box, answers[0].json)["order_id"] == order_id


@pytest.mark.parametrize("method, path", [
    ("POST", "/hpp/v1/sessions"), ("POST", SESSIONS), ("GET", RESULT + "/x"),
    ("DELETE", SESSIONS + "/x"), ("DELETE", "/hpp/v1/sessions/x")])
def test_faults_and_rates_are_everywhere(box, method, path):
    box.fault("drop_before", method=method, path=path + "$")
    with pytest.raises(OSError):
        box.ask(method, path, {})
    box.fault("status", method=method, path=path + "$", status=503)
    assert box.ask(method, path, {}).status == 503
    assert "X-Ratelimit-Limit" in box.ask(method, path, {}).headers
    box.control("POST", "behaviour", {"rate_limit_sessions": 0, "rate_limit_other": 0})
    assert box.ask(method, path, {}).status == 429


def test_each_kind_of_session_has_its_own_rate(box):
    box.control("POST", "behaviour", {"rates": "playground"})
    limits = [box.ask("POST", path, {}).headers["X-Ratelimit-Limit"] for path in (
        SESSIONS, "/hpp/v1/sessions", "/hpp/v1/sessions/x/distribution")]
    assert limits == ["5, 5;w=1", "5, 5;w=1", "50, 50;w=1"]


def test_payments_in_a_store_survive_sigkill(tmp_path):
    box = Sandbox("--state", str(tmp_path / "state.sqlite"))
    try:
        page, session = box.hosted_page(), box.one_qr()
        box.ask("POST", f"/hpp/v1/sessions/{page['session_id']}/distribution", {
            "method": "email", "contact_information": {"email": "test@example.com"}})
        box.control("POST", "short-codes", {"code": "2005"})
        box.in_store(session["session_id"], "approve")
        reads = ("ledger", "outbox", "short-codes")
        before = [box.control("GET", name) for name in reads]
        box.kill()
        box.start()
        assert [box.control("GET", name) for name in reads] == before
        assert status(box, session) == "COMPLETED"
        assert box.in_store(page["session_id"], "approve")["state"] == "COMPLETED"
        box.control("POST", "reset")
        assert box.control("GET", "ledger") == {"orders": [], "sessions": [], "instore": []}
        assert box.control("GET", "outbox") == {"messages": []}
    finally:
        box.stop()


def test_books_of_before_are_kept(tmp_path):
    """A file that knew no payments in a store is brought forward."""
    path = str(tmp_path / "state.sqlite")
    box = Sandbox("--state", path)
    try:
        order_id = box.order()
        box.stop()
        with sqlite3.connect(path) as db:
            db.executescript("DROP TABLE instore; DROP TABLE short_codes; DROP TABLE outbox;"
                             "PRAGMA user_version=1")
        db.close()
        box.start()
        assert box.read(order_id)["order_id"] == order_id
        assert box.in_store(box.one_qr()["session_id"], "approve")["state"] == "COMPLETED"
    finally:
        box.stop()
