# SPDX-License-Identifier: Apache-2.0
"""The hosted page on a payment in a store: made, sent, opened, decided, ended."""
import pytest

from receiver import merchant, wait_for
from sandbox_client import HPP, OM, STORE, STORE_INFO, basic, cart

SMS = {"method": "sms", "template": "INSTORE_PURCHASE",
       "contact_information": {"phone": "0701740605", "phone_country": "SE"}}
EMAIL = {"method": "email", "contact_information": {"email": "test@example.com"}}


def status(box, page):
    answer = box.ask("GET", f"{HPP}/{page['session_id']}")
    assert answer.status == 200, answer.raw
    return answer.json["status"]


def distribute(box, page, body):
    return box.ask("POST", f"{HPP}/{page['session_id']}/distribution", body)


def test_a_page_is_made(box):
    page = box.hosted_page(cart(attachment=STORE, merchant_reference1="R1",
                                merchant_reference2="4711 - T1"))
    own = f"{box.url}{HPP}/{page['session_id']}"
    assert page["session_url"] == own
    assert page["distribution_url"] == own + "/distribution"
    assert page["manual_identification_check_url"] == own + "/manual-id-check"
    assert page["redirect_url"].startswith(box.url) and page["qr_code_url"].startswith(box.url)
    assert set(page["distribution_module"]) == {"token", "standalone_url", "generation_url"}
    read = box.ask("GET", f"{HPP}/{page['session_id']}").json
    assert set(read) == {"session_id", "status", "updated_at", "expires_at"}
    assert (read["status"], read["expires_at"]) == ("WAITING", page["expires_at"])
    known, = box.control("GET", "ledger")["instore"]
    assert known == box.control("GET", f"instore/{page['session_id']}")
    assert (known["way"], known["state"], known["amount"], known["currency"], known["mode"]) == (
        "hosted_page", "WAITING", 10000, "SEK", "CAPTURE_ORDER")
    assert (known["merchant_reference1"], known["merchant_reference2"]) == ("R1", "4711 - T1")
    assert (known["store_info"], known["link"]) == (STORE_INFO, page["redirect_url"])


def test_what_a_page_needs(box):
    url = box.url + "/payments/v1/sessions/" + box.session()["session_id"]
    for wrong in ({}, {"payment_session_url": 1}, {"payment_session_url": "x"},
                  {"payment_session_url": url + "/x"},
                  {"payment_session_url": url, "options": {"place_order_mode": "CAPTURE"}},
                  {"payment_session_url": url, "options": []},
                  {"payment_session_url": url, "merchant_urls": {"status_update": "nowhere"}},
                  {"payment_session_url": url, "options": {
                      "payment_method_category": "PAY_LATER",
                      "payment_method_categories": ["PAY_LATER"]}}):
        answer = box.ask("POST", HPP, wrong)
        assert (answer.status, answer.code) == (400, "CONSTRAINT_VIOLATION"), wrong
    assert box.control("GET", "instore") == {"payments": []}
    box.control("POST", "behaviour", {"hosted_page_link": "left_out"})
    answer = box.ask("POST", HPP, {"payment_session_url": url})
    assert answer.status == 201 and "redirect_url" not in answer.json


def test_what_is_told_of_the_store(box):
    wrong = cart(acquiring_channel="IN_STORE", attachment={**STORE, "body": "{}"})
    answer = box.ask("POST", "/payments/v1/sessions", wrong)
    assert (answer.status, answer.message) == (400, "Bad value: attachment.body")
    wrong["acquiring_channel"] = "ECOMMERCE"
    assert box.ask("POST", "/payments/v1/sessions", wrong).status == 200


def test_a_page_needs_a_living_session(box):
    gone = box.url + "/payments/v1/sessions/7849fd84-47dc-4919-a7ce-47b9f46156f0"
    qr = box.url + "/payments/v1/sessions/" + box.one_qr()["session_id"]
    session = box.session()["session_id"]
    placed = box.url + "/payments/v1/sessions/" + session
    box.place(box.authorize(session))
    old = box.url + "/payments/v1/sessions/" + box.session()["session_id"]
    box.advance(47 * 3600)
    for url in (gone, qr, placed, old):
        answer = box.ask("POST", HPP, {"payment_session_url": url})
        assert (answer.status, answer.code) == (404, "NOT_FOUND"), url


@pytest.mark.parametrize("mode, captured", [("CAPTURE_ORDER", 10000), ("PLACE_ORDER", 0)])
def test_the_customer_approves(box, mode, captured):
    page = box.hosted_page(cart(billing_address={"given_name": "Test", "email": "a@b.se"}), mode)
    assert box.in_store(page["redirect_url"], "open")["state"] == "IN_PROGRESS"
    assert status(box, page) == "IN_PROGRESS"
    box.in_store(page["redirect_url"], "approve")
    read = box.ask("GET", f"{HPP}/{page['session_id']}").json
    assert read["status"] == "COMPLETED" and "authorization_token" not in read
    assert read["customer"] == {"given_name": "Test"}
    order = box.read(read["order_id"])
    assert order["klarna_reference"] == read["klarna_reference"]
    assert (order["order_amount"], order["captured_amount"]) == (10000, captured)
    ledger = box.ledger(read["order_id"])
    assert [capture["source"] for capture in ledger["captures"]] == ["auto_capture"] * bool(captured)
    refund = box.refund(read["order_id"], 100, "k1")
    assert refund.status == (201 if captured else 403)
    answer = box.ask("DELETE", f"{HPP}/{page['session_id']}")
    assert answer.status == 400
    assert box.ask("POST", "/_sandbox/instore", {
        "payment": page["session_id"], "action": "approve"}).status == 409
    assert len(box.control("GET", "ledger")["orders"]) == 1


def test_the_merchant_places_the_order(box):
    page = box.hosted_page(mode="NONE")
    box.in_store(page["session_id"], "approve", payment_method="card")
    read = box.ask("GET", f"{HPP}/{page['session_id']}").json
    assert read["status"] == "COMPLETED" and "order_id" not in read
    placed = box.place(read["authorization_token"])
    assert placed.json["authorized_payment_method"]["type"] == "card"


def test_a_pending_order_is_captured_after_the_review(box):
    page = box.hosted_page()
    order_id = box.in_store(page["session_id"], "pending")["order_id"]
    assert box.ledger(order_id)["captured_amount"] == 0
    box.control("POST", f"orders/{order_id}/fraud", {"decision": "ACCEPTED"})
    assert box.ledger(order_id)["captured_amount"] == 10000


@pytest.mark.parametrize("act, state", [("refuse", "FAILED"), ("back", "BACK"),
                                        ("error", "ERROR"), ("walk_away", "IN_PROGRESS")])
def test_all_may_still_end_well(box, act, state):
    page = box.hosted_page()
    box.in_store(page["session_id"], act)
    assert status(box, page) == state
    box.in_store(page["session_id"], "approve")
    assert status(box, page) == "COMPLETED"


def test_an_error_may_be_the_end(box):
    page = box.hosted_page()
    box.control("POST", "behaviour", {"hosted_page_error": "final"})
    box.in_store(page["session_id"], "error")
    assert box.ask("POST", "/_sandbox/instore", {
        "payment": page["session_id"], "action": "open"}).status == 409


@pytest.mark.parametrize("answer, state", [("confirm", "COMPLETED"), ("deny", "FAILED")])
def test_the_staff_looks_at_an_id(box, answer, state):
    page = box.hosted_page(cart(billing_address={"given_name": "Test", "family_name": "Person"}))
    box.in_store(page["session_id"], "manual")
    read = box.ask("GET", f"{HPP}/{page['session_id']}").json
    assert read["status"] == "MANUAL_ID_CHECK"
    assert read["manual_identification"]["customer_obfuscated"] == {
        "given_name": "T***", "family_name": "P***"}
    assert len(read["manual_identification"]["challenge"]) == 3
    for impossible in ("approve", "open", "cancel"):
        assert box.ask("POST", "/_sandbox/instore", {
            "payment": page["session_id"], "action": impossible}).status == 409
    box.in_store(page["session_id"], answer)
    assert status(box, page) == state


def test_the_customer_cancels(box):
    page = box.hosted_page()
    box.in_store(page["session_id"], "cancel")
    assert status(box, page) == "CANCELLED"
    assert box.ask("DELETE", f"{HPP}/{page['session_id']}").status == 204
    assert status(box, page) == "CANCELLED"


def test_the_purchase_changes_before_it_is_paid(box):
    page = box.hosted_page()
    payment = box.in_store(page["session_id"], "open")
    changed = cart(order_amount=5000, order_tax_amount=1000, order_lines=[
        {**cart()["order_lines"][0], "quantity": 1, "unit_price": 5000, "total_amount": 5000,
         "total_tax_amount": 1000}])
    path = "/payments/v1/sessions/" + payment["session_id"]
    assert box.ask("POST", path, changed).status == 204
    assert box.in_store(page["session_id"], "open")["amount"] == 5000
    order_id = box.in_store(page["session_id"], "approve")["order_id"]
    assert box.ledger(order_id)["captured_amount"] == 5000


def test_the_merchant_disables(box):
    page = box.hosted_page()
    box.in_store(page["session_id"], "open")
    for _ in range(2):
        assert box.ask("DELETE", f"{HPP}/{page['session_id']}").status == 204
        assert status(box, page) == "DISABLED"
    for late in ("approve", "open"):
        assert box.ask("POST", "/_sandbox/instore", {
            "payment": page["redirect_url"], "action": late}).status == 409
    box.control("POST", "behaviour", {"end_again": "refused"})
    assert box.ask("DELETE", f"{HPP}/{page['session_id']}").status == 400
    assert box.control("GET", "ledger")["orders"] == []


def test_a_page_ends_an_hour_before_its_session(box):
    page, paid = box.hosted_page(), box.hosted_page()
    box.in_store(paid["session_id"], "approve")
    box.advance(47 * 3600 - 60)
    assert status(box, page) == "WAITING"
    box.advance(61)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/distribution")):
        answer = box.ask(method, f"{HPP}/{page['session_id']}{path}", SMS)
        assert (answer.status, answer.code) == (404, "NOT_FOUND")
    assert box.ask("POST", "/_sandbox/instore", {
        "payment": page["session_id"], "action": "approve"}).status == 404
    assert box.control("GET", f"instore/{page['session_id']}")["state"] == "EXPIRED"
    assert box.ask("GET", f"{HPP}/{paid['session_id']}").status == 404
    box.control("POST", "behaviour", {"after_its_time": "ended_is_readable"})
    assert status(box, paid) == "COMPLETED"
    assert box.ask("GET", f"{HPP}/{page['session_id']}").status == 404


def test_one_expires_when_told_to(box):
    page = box.hosted_page()
    assert box.in_store(page["session_id"], "expire")["state"] == "EXPIRED"
    assert box.ask("GET", f"{HPP}/{page['session_id']}").status == 404


def test_nobody_elses(box):
    page = box.hosted_page()
    other = basic("PK00001_other", "other-password")
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/distribution")):
        assert box.ask(method, f"{HPP}/{page['session_id']}{path}", SMS, auth=other).status == 404
        assert box.ask(method, f"{HPP}/{page['session_id']}{path}", SMS, auth=None).status == 401
    assert status(box, page) == "WAITING"
    assert box.ask("GET", f"{HPP}/{box.one_qr()['session_id']}").status == 404


# --- the link, sent -----------------------------------------------------------------------------

def test_messages_with_the_link(box):
    page = box.hosted_page()
    assert [distribute(box, page, body).status for body in (SMS, EMAIL)] == [204, 204]
    box.control("POST", "behaviour", {"distribution_answer": 201})
    assert distribute(box, page, {"method": "token", "contact_information": {
        "access_id": "467521087419"}}).status == 201
    messages = box.messages(page["session_id"])
    assert [(message["number"], message["method"], message["to"]) for message in messages] == [
        (1, "sms", "0701740605"), (2, "email", "test@example.com"), (3, "token", "467521087419")]
    assert {message["link"] for message in messages} == {page["redirect_url"]}
    assert status(box, page) == "WAITING"
    box.control("DELETE", "outbox")
    assert box.control("GET", "outbox") == {"messages": []}


@pytest.mark.parametrize("body, code", [
    ({"contact_information": {"email": "test@example.com"}}, "CONSTRAINT_VIOLATION"),
    ({"method": "sms"}, "CONSTRAINT_VIOLATION"),
    ({**SMS, "method": "two_way"}, "CONSTRAINT_VIOLATION"),
    ({**SMS, "template": "ANOTHER"}, "CONSTRAINT_VIOLATION"),
    ({**SMS, "contact_information": {"phone": "0701740605"}}, "MISSING_CONTACT_DATA"),
    ({**SMS, "contact_information": {"phone_country": "SE"}}, "MISSING_CONTACT_DATA"),
    ({**EMAIL, "contact_information": {"email": ""}}, "MISSING_CONTACT_DATA"),
    ({**EMAIL, "contact_information": {"phone": "0701740605", "phone_country": "SE"}},
     "MISSING_CONTACT_DATA"),
    ({**EMAIL, "contact_information": {"email": "nobody"}}, "CONSTRAINT_VIOLATION"),
    *(({**SMS, "contact_information": {"phone": phone, "phone_country": country}},
       "CONSTRAINT_VIOLATION") for phone, country in (
           ("+46701740605", "SE"), ("070-174 06 05", "SE"), ("0701", "SE"), ("701740605", "SE"),
           ("+4740209653", "NO"), ("040209653", "NO"), ("402096531", "NO"), ("4020", "FI"))),
    ({**SMS, "contact_information": {"phone": "0701740605", "phone_country": "ZW"}},
     "UNSUPPORTED_COUNTRY")])
def test_a_message_that_is_not_sent(box, body, code):
    page = box.hosted_page()
    answer = distribute(box, page, body)
    assert (answer.status, answer.code) == (400, code)
    assert box.control("GET", "outbox") == {"messages": []}


@pytest.mark.parametrize("phone, country", [
    ("07000212345", "SE"), ("0701740605", "SE"), ("40209653", "NO"), ("0401234567", "FI"),
    ("20123456", "DK"), ("015112345678", "DE"), ("07400123456", "GB"), ("3123456789", "IT")])
def test_numbers_as_they_are_dialled(box, phone, country):
    body = {**SMS, "contact_information": {"phone": phone, "phone_country": country}}
    assert distribute(box, box.hosted_page(), body).status == 204


def test_where_no_sms_is_sent(box):
    page = box.hosted_page()
    norway = {**SMS, "contact_information": {"phone": "40209653", "phone_country": "NO"}}
    box.control("POST", "behaviour", {"sms_refused_in": ["NO", "FI"]})
    answer = distribute(box, page, norway)
    assert (answer.status, answer.code) == (400, "UNSUPPORTED_COUNTRY")
    assert distribute(box, page, SMS).status == 204
    box.control("POST", "behaviour", {"sms": "nowhere"})
    assert distribute(box, page, SMS).code == "UNSUPPORTED_COUNTRY"
    assert distribute(box, page, EMAIL).status == 204
    for wrong in ("NO", ["Norway"], [1]):
        assert box.ask("POST", "/_sandbox/behaviour", {"sms_refused_in": wrong}).status == 400


def test_nothing_is_sent_of_what_ended(box):
    page = box.hosted_page()
    box.ask("DELETE", f"{HPP}/{page['session_id']}")
    answer = distribute(box, page, SMS)
    assert (answer.status, answer.code) == (400, "UNKNOWN")
    gone = distribute(box, {"session_id": "7849fd84-47dc-4919-a7ce-47b9f46156f0"}, SMS)
    assert (gone.status, gone.code) == (404, "NOT_FOUND")
    assert box.control("GET", "outbox") == {"messages": []}


def test_an_sms_whose_answer_is_lost_was_sent(box):
    page = box.hosted_page()
    box.fault("drop_after", path="/distribution$")
    with pytest.raises(OSError):
        distribute(box, page, SMS)
    box.fault("status", path="/distribution$", status=503)
    assert distribute(box, page, SMS).status == 503
    assert len(box.control("GET", "outbox")["messages"]) == 1


# --- callbacks ----------------------------------------------------------------------------------

def test_the_status_is_told(box):
    with merchant() as (url, received):
        page = box.hosted_page(merchant_urls={"status_update": url + "/s?id={{session_id}}"})
        box.in_store(page["session_id"], "open")
        wait_for(lambda: len(received) == 1)
        order_id = box.in_store(page["session_id"], "approve")["order_id"]
        wait_for(lambda: len(received) == 2)
    assert {path for path, _ in received} == {f"/s?id={page['session_id']}"}
    assert [body["session"]["status"] for _, body in received] == ["IN_PROGRESS", "COMPLETED"]
    last = received[1][1]
    assert set(last) == {"event_id", "session"} and last["session"]["order_id"] == order_id
    assert last["session"] == box.ask("GET", f"{HPP}/{page['session_id']}").json
    assert last["event_id"] != received[0][1]["event_id"]


def test_a_status_is_tried_four_times(box):
    with merchant(500, 500, 500) as (url, received):
        page = box.hosted_page(merchant_urls={"status_update": url + "/s"})
        box.control("POST", "behaviour", {"callback_pause": 10})
        box.in_store(page["session_id"], "open")
        wait_for(lambda: len(received) == 4)
    assert len({body["event_id"] for _, body in received}) == 1


def test_callbacks_in_another_order(box):
    with merchant() as (url, received):
        page = box.hosted_page(merchant_urls={"status_update": url + "/s"})
        box.control("POST", "behaviour", {"status_callbacks": "held"})
        box.in_store(page["session_id"], "approve")
        sent = box.control("GET", "callbacks")["callbacks"]
        assert [(record["held"], record["attempts"]) for record in sent] == [(True, 0)] * 2
        assert received == []
        numbers = [record["number"] for record in sent]
        for number in reversed(numbers):
            box.control("POST", "callbacks", {"numbers": [number]})
            wait_for(lambda wanted=numbers[-1] - number + 1: len(received) == wanted)
        assert [body["session"]["status"] for _, body in received] == ["COMPLETED", "IN_PROGRESS"]
        assert box.control("POST", "callbacks", {}) == {"numbers": []}
        box.control("POST", "callbacks", {"numbers": numbers[:1]})
        wait_for(lambda: len(received) == 3)
        assert box.ask("POST", "/_sandbox/callbacks", {"numbers": [999999]}).status == 400


@pytest.mark.parametrize("switch, count", [("twice", 2), ("lost", 0)])
def test_a_callback_twice_or_never(box, switch, count):
    with merchant() as (url, received):
        page = box.hosted_page(merchant_urls={"status_update": url + "/s"})
        box.control("POST", "behaviour", {"status_callbacks": switch})
        box.in_store(page["session_id"], "open")
        box.control("POST", "behaviour", {"status_callbacks": "sent"})
        box.in_store(page["session_id"], "cancel")
        wait_for(lambda: len(received) == count + 1)
    assert sorted(body["session"]["status"] for _, body in received) == (
        ["CANCELLED"] + ["IN_PROGRESS"] * count)


def test_what_a_customer_can_not_do(box):
    page = box.hosted_page()
    for wrong in ({"action": "dance"}, {"action": "approve", "payment_method": "coins"},
                  {"action": "error", "error_code": 1}, {}):
        assert box.ask("POST", "/_sandbox/instore", {
            "payment": page["session_id"], **wrong}).status == 400
    assert box.ask("POST", "/_sandbox/instore", {"payment": "x", "action": "open"}).status == 404
    assert box.ask("GET", "/_sandbox/instore/x").status == 404
    assert box.ask("GET", f"{OM}/{page['session_id']}").status == 404
