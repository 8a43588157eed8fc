# SPDX-License-Identifier: Apache-2.0
"""Control routes, callbacks to the merchant, the customer's pages, TLS, and coming back from
SIGKILL with the same books."""
import http.client
import json
import ssl
import subprocess
import threading
import time

import pytest

from receiver import merchant, wait_for
from sandbox_client import OM, PASSWORD, Sandbox, USER, basic, cart


def test_health_and_unknown_routes(box):
    assert box.control("GET", "health")["status"] == "ok"
    assert box.ask("GET", "/_sandbox/nothing").status == 404
    assert box.ask("PUT", "/_sandbox/reset").status == 405
    assert box.ask("POST", "/_sandbox/clock", raw=b"{").status == 400


def test_the_ledger_shows_orders_and_sessions(box):
    order_id = box.order(cart(merchant_reference1="ON1"))
    box.capture(order_id, 3000, "k1")
    box.refund(order_id, 1000, "k2")
    box.session()
    ledger = box.control("GET", "ledger")
    order, = ledger["orders"]
    assert order["order_id"] == order_id and order["merchant"] == USER
    assert (order["status"], order["fraud_status"]) == ("PART_CAPTURED", "ACCEPTED")
    assert [order[name] for name in (
        "order_amount", "original_order_amount", "captured_amount", "refunded_amount",
        "remaining_authorized_amount", "purchase_currency", "merchant_reference1")] == [
            10000, 10000, 3000, 1000, 7000, "SEK", "ON1"]
    assert order["captures"][0]["idempotency_key"] == "k1"
    assert order["refunds"][0]["idempotency_key"] == "k2"
    assert [session["status"] for session in ledger["sessions"]] == ["complete", "incomplete"]
    assert box.ledger(order_id) == order
    assert box.ask("GET", "/_sandbox/ledger/x").status == 404


def test_the_journal_never_holds_credentials(box):
    box.ask("POST", "/payments/v1/sessions", cart(), key="k1")
    box.ask("POST", "/payments/v1/sessions", raw=b"not json")
    text = json.dumps(box.control("GET", "requests"))
    assert PASSWORD not in text and basic(USER, PASSWORD).split()[1] not in text
    first, second = box.control("GET", "requests")["requests"]
    assert first["body"] == cart() and first["idempotency_key"] == "k1"
    assert (first["method"], first["path"]) == ("POST", "/payments/v1/sessions")
    assert (first["status"], first["executed"], first["fault"]) == (200, True, None)
    assert (second["status"], second["executed"]) == (400, False)
    assert second["body"] == {"not_json": "not json"}
    later = box.control("GET", f"requests?since={first['seq']}")["requests"]
    assert [entry["seq"] for entry in later] == [second["seq"]]
    box.control("DELETE", "requests")
    assert box.control("GET", "requests") == {"requests": []}
    box.control("POST", "behaviour", {"journal": False})
    box.session()
    assert box.control("GET", "requests") == {"requests": []}


def test_behaviour_is_checked(box):
    before = box.control("GET", "behaviour")
    for wrong in ({"nothing": 1}, {"place_order_repeat": "x"}, {"rate_limit_other": -1},
                  {"journal": 1}, {"authorization_days": "28"}):
        assert box.ask("POST", "/_sandbox/behaviour", wrong).status == 400
    assert box.control("GET", "behaviour") == before
    box.control("POST", "behaviour", {"journal": False, "authorization_days": 3})
    assert box.control("DELETE", "behaviour") == before
    for wrong in ({}, {"advance_seconds": -1}, {"advance_seconds": "1"}):
        assert box.ask("POST", "/_sandbox/clock", wrong).status == 400


def test_authorize_is_checked(box):
    assert box.ask("POST", "/_sandbox/authorize", {"session_id": "x"}).status == 404
    session_id = box.session()["session_id"]
    for wrong in ({"outcome": "maybe"}, {"payment_method_category": "barter"}):
        answer = box.ask("POST", "/_sandbox/authorize", {"session_id": session_id, **wrong})
        assert answer.status == 400
    token = box.authorize(session_id)
    box.place(token)
    answer = box.ask("POST", "/_sandbox/authorize", {"session_id": session_id})
    assert (answer.status, answer.code) == (409, "SESSION_COMPLETED")


def test_reset_forgets_everything(box):
    order_id = box.order()
    box.capture(order_id, 10, "k1")
    box.fault("drop_before")
    box.advance(1000)
    box.control("POST", "behaviour", {"authorization_days": 7})
    box.control("POST", "reset")
    assert box.control("GET", "ledger") == {"orders": [], "sessions": [],
                                              "instore": []}
    assert box.control("GET", "faults") == {"faults": []}
    assert box.control("GET", "behaviour")["authorization_days"] == 28
    assert box.capture(order_id, 10, "k1").status == 404


def test_the_authorization_callback_is_tried_three_times(box):
    box.control("POST", "behaviour", {"callback_pause": 10})
    with merchant(500, 500) as (url, received):
        session = box.session(cart(merchant_urls={
            "authorization": url + "/callbacks/secret?s={session.id}"}))
        token = box.authorize(session["session_id"])
        wait_for(lambda: len(received) == 3)
        expected = (f"/callbacks/secret?s={session['session_id']}",
                    {"authorization_token": token, "session_id": session["session_id"]})
        assert received == [expected] * 3
        wait_for(lambda: box.control("GET", "callbacks")["callbacks"][0]["status"] == 200)
    sent, = box.control("GET", "callbacks")["callbacks"]
    assert (sent["kind"], sent["attempts"]) == ("authorization", 3)


def test_the_fraud_notification(box):
    with merchant() as (url, received):
        order = cart(merchant_urls={"notification": url + "/fraud/{order.id}"})
        order_id = box.order(order, "pending")
        box.control("POST", f"orders/{order_id}/fraud", {"decision": "REJECTED"})
        wait_for(lambda: received)
        assert received == [(f"/fraud/{order_id}", {
            "order_id": order_id, "event_type": "FRAUD_RISK_REJECTED"})]
    assert box.ask("POST", f"/_sandbox/orders/{order_id}/fraud", {"decision": "?"}).status == 400


def test_auto_capture_waits_for_the_review(box):
    order_id = box.place(box.authorized(outcome="pending"), cart(auto_capture=True)).json[
        "order_id"]
    assert box.ledger(order_id)["captured_amount"] == 0
    order = box.control("POST", f"orders/{order_id}/fraud", {"decision": "ACCEPTED"})
    assert (order["status"], order["captured_amount"]) == ("CAPTURED", 10000)


@pytest.mark.parametrize("path, kind", [
    ("/phone", "text/html"), ("/pay", "text/html"), ("/pages/style.css", "text/css"),
    ("/pages/phone.js", "text/javascript"), ("/pages/pay.js", "text/javascript"),
    ("/eu/hpp/payments/x", "text/html"), ("/eu/instore/payments/x", "text/html"),
    ("/hpp/v1/sessions/x/manual-id-check", "text/html"),
    ("/pages/instore.js", "text/javascript"), ("/pages/in-store-acts.js", "text/javascript"),
    ("/pages/phone-store.js", "text/javascript"),
    ("/pages/session.js", "text/javascript"), ("/sdk/lib.js", "text/javascript"),
    ("/sdk/badge.svg", "image/svg+xml")])
def test_pages(box, path, kind):
    answer = box.ask("GET", path, auth=None)
    assert answer.status == 200 and answer.headers["Content-Type"].startswith(kind)
    if path.startswith("/sdk/"):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    else:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")


def test_the_browser_way_to_an_authorization(box):
    """What lib.js and the approve page send, without a browser."""
    session = box.session(cart(merchant_reference1="ON1"))
    known = {"client_token": session["client_token"]}

    def post(path, **body):
        return box.ask("POST", path, {**known, **body}, auth=None)

    preflight = box.ask("OPTIONS", "/sdk/authorize", auth=None)
    assert preflight.status == 204 and preflight.headers["Access-Control-Allow-Origin"] == "*"
    loaded = post("/sdk/load", payment_method_category="pay_later", data={})
    assert loaded.status == 200 and loaded.headers["Access-Control-Allow-Origin"] == "*"
    assert post("/sdk/load", payment_method_category="barter").status == 400
    assert box.ask("POST", "/sdk/load", {"client_token": "x"}, auth=None).status == 404
    bad = post("/sdk/authorize", payment_method_category="pay_later",
               data={"billing_address": {"postal_code": "x" * 11}})
    assert bad.message == "Bad value: billing_address.postal_code"
    assert box.control("GET", "ledger")["sessions"][0]["customer_state"] == "open"

    assert post("/sdk/authorize", payment_method_category="pay_over_time",
                data={"billing_address": {"city": "Lund"}}).json["state"] == "asked"
    waiting, = box.ask("GET", "/customer/sessions", auth=None).json["sessions"]
    assert (waiting["state"], waiting["reference"], waiting["amount"]) == ("asked", "ON1", 10000)
    assert post("/sdk/leave").status == 204
    assert box.control("GET", "ledger")["sessions"][0]["customer_state"] == "open"

    assert post("/customer/decision", outcome="walk_away").json["state"] == "open"
    assert post("/customer/decision", outcome="maybe").status == 400
    refused = post("/customer/decision", outcome="refuse").json
    assert refused == {"state": "refused", "authorization_token": None}
    assert box.ask("GET", "/customer/sessions", auth=None).json["sessions"] == []

    post("/sdk/authorize", payment_method_category="pay_over_time")
    phone = box.ask("POST", "/customer/decision", {
        "session_id": session["session_id"], "outcome": "pending"}, auth=None)
    assert phone.json == {"state": "pending", "authorization_token": None}
    seen = post("/customer/session").json       # the approve page learns what the phone decided
    assert seen["state"] == "pending"
    placed = box.place(seen["authorization_token"],
                       cart(merchant_reference1="ON1", billing_address={"city": "Lund"}))
    assert placed.json["fraud_status"] == "PENDING"
    assert placed.json["authorized_payment_method"]["type"] == "fixed_amount"
    assert box.read(placed.json["order_id"])["billing_address"] == {"city": "Lund"}
    assert post("/customer/session").status == 409


def test_everything_survives_sigkill(tmp_path):
    box = Sandbox("--state", str(tmp_path / "state.sqlite"))
    try:
        box.control("POST", "behaviour", {"place_order_repeat": "refused"})
        box.advance(3600)
        order_id = box.order()
        box.fault("drop_after", path="captures")
        try:
            box.capture(order_id, 1000, "k1")
        except OSError:
            pass
        box.refund(order_id, 300, "k2")
        session = box.session()
        token = box.authorize(session["session_id"])
        before = box.control("GET", "ledger"), box.control("GET", "requests")
        box.kill()
        box.start()
        assert (box.control("GET", "ledger"), box.control("GET", "requests")) == before
        assert box.control("GET", "behaviour")["place_order_repeat"] == "refused"
        box.capture(order_id, 1000, "k1")
        box.refund(order_id, 300, "k2")
        order = box.ledger(order_id)
        assert (order["captured_amount"], order["refunded_amount"]) == (1000, 300)
        assert box.place(token).status == 200
        assert box.place(token).code == "INVALID_OPERATION"
        ahead = box.control("POST", "clock", {"advance_seconds": 0})["offset_seconds"]
        assert ahead == 3600
    finally:
        box.stop()
    assert box.process.returncode == 0


def test_no_answered_capture_is_lost_when_killed_under_load(tmp_path):
    box = Sandbox("--state", str(tmp_path / "state.sqlite"))
    try:
        order_id = box.order()
        answered = set()

        def work(number):
            for step in range(200):
                try:
                    answer = box.capture(order_id, 1, f"{number}-{step}")
                except (OSError, http.client.HTTPException):
                    return
                answered.add(answer.headers["Capture-Id"])
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        wait_for(lambda: len(answered) >= 50)
        box.kill()
        for thread in threads:
            thread.join()
        box.start()
        order = box.ledger(order_id)
        kept = [capture["capture_id"] for capture in order["captures"]]
        assert answered <= set(kept)
        assert order["captured_amount"] == len(kept) == len(set(kept))
    finally:
        box.stop()


def test_one_file_has_one_sandbox(tmp_path):
    box = Sandbox("--state", str(tmp_path / "state.sqlite"))
    try:
        second = subprocess.run([f"{box.process.args[0]}", *box.process.args[1:]],
                                capture_output=True, text=True, timeout=20)
        assert second.returncode == 1 and "locked" in second.stderr
    finally:
        box.stop()


def test_tls(tmp_path):
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-keyout", key, "-out", certificate, "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    box = Sandbox("--tls-cert", certificate, "--tls-key", key)
    try:
        assert box.url.startswith("https://")
        connection = http.client.HTTPSConnection(
            "127.0.0.1", box.port, context=ssl.create_default_context(cafile=certificate))
        connection.request("GET", f"{OM}/x", headers={"Authorization": basic(USER, PASSWORD)})
        assert connection.getresponse().status == 400
        connection.close()
    finally:
        box.stop()
