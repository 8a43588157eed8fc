# SPDX-License-Identifier: Apache-2.0
"""Klarna-Idempotency-Key: 24 hours, by the key alone, per merchant, the stored answer again."""
import threading
import time

from sandbox_client import OM, basic

DAY = 86400


def journal(box):
    return box.control("GET", "requests")["requests"]


def test_a_repeat_gets_the_stored_answer_and_moves_no_money(box):
    order_id = box.order()
    first = box.capture(order_id, 1000, "k1")
    again = box.capture(order_id, 1000, "k1")
    assert (first.status, again.status) == (201, 201)
    for name in ("Capture-Id", "Location", "Klarna-Correlation-Id"):
        assert first.headers[name] == again.headers[name]
    assert box.read(order_id)["captured_amount"] == 1000
    assert [(entry["status"], entry["executed"]) for entry in journal(box)
            if entry["idempotency_key"] == "k1"] == [(201, True), (201, False)]
    assert box.ledger(order_id)["captures"][0]["idempotency_key"] == "k1"


def test_only_the_key_counts_not_body_path_or_method(box):
    order_id, other_id = box.order(), box.order()
    first = box.capture(order_id, 1000, "k1")
    for answer in (box.capture(order_id, 2000, "k1"), box.capture(other_id, 500, "k1"),
                   box.refund(order_id, 10, "k1"), box.act(other_id, "cancel", "k1"),
                   box.ask("POST", f"{OM}/{order_id}/captures", raw=b"{", key="k1"),
                   box.ask("PATCH", f"{OM}/{order_id}/authorization", {}, "k1")):
        assert answer.status == 201
        assert answer.headers["Capture-Id"] == first.headers["Capture-Id"]
    assert box.read(order_id)["captured_amount"] == 1000
    assert box.read(other_id)["status"] == "AUTHORIZED"


def test_a_refusal_is_remembered_too(box):
    order_id = box.order()
    first = box.refund(order_id, 100, "k1")
    box.capture(order_id, 1000)
    again = box.refund(order_id, 100, "k1")
    assert first.status == again.status == 403 and first.json == again.json
    assert box.refund(order_id, 100, "k2").status == 201


def test_keys_belong_to_one_merchant(box):
    other = basic("PK00001_other", "other-password")
    order_id = box.order()
    assert box.act(order_id, "cancel", "k1").status == 204
    answer = box.ask("POST", f"{OM}/{order_id}/cancel", key="k1", auth=other)
    assert answer.status == 404


def test_other_keys_and_no_key_execute(box):
    order_id = box.order()
    for key in ("k1", "k2", None, None):
        assert box.capture(order_id, 1000, key).status == 201
    assert box.read(order_id)["captured_amount"] == 4000


def test_a_get_ignores_the_key(box):
    order_id = box.order()
    box.capture(order_id, 1000, "k1")
    assert box.ask("GET", f"{OM}/{order_id}", key="k1").json["captured_amount"] == 1000


def test_a_key_that_is_too_long_or_empty(box):
    order_id = box.order()
    for key in ("x" * 256, ""):
        answer = box.capture(order_id, 1, key)
        assert (answer.status, answer.message) == (400, "Bad value: Klarna-Idempotency-Key")
    assert box.capture(order_id, 1, "x" * 255).status == 201


def test_after_24_hours_a_repeat_executes_again(box):
    order_id = box.order()
    first = box.capture(order_id, 1000, "k1")
    box.advance(DAY - 60)
    assert box.capture(order_id, 1000, "k1").headers["Capture-Id"] == first.headers["Capture-Id"]
    box.advance(61)
    assert box.capture(order_id, 1000, "k1").headers["Capture-Id"] != first.headers["Capture-Id"]
    assert box.read(order_id)["captured_amount"] == 2000


def test_or_is_still_remembered_when_told_so(box):
    box.control("POST", "behaviour", {"idempotency_repeat_after_24h": "remembered"})
    order_id = box.order()
    box.capture(order_id, 1000, "k1")
    box.advance(2 * DAY)
    assert box.capture(order_id, 1000, "k1").status == 201
    assert box.read(order_id)["captured_amount"] == 1000


def test_unauthorized_and_limited_requests_are_not_remembered(box):
    order_id = box.order()
    path = f"{OM}/{order_id}/captures"
    assert box.ask("POST", path, {"captured_amount": 1}, "k1", auth=None).status == 401
    box.fault("rate_limit")
    assert box.capture(order_id, 1, "k1").status == 429
    assert box.capture(order_id, 1, "k1").status == 201


def test_one_key_from_many_threads_executes_once(box):
    order_id = box.order()
    seen = []
    threads = [threading.Thread(
        target=lambda: seen.append(box.capture(order_id, 100, "k1").headers["Capture-Id"]))
        for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 20 and len(set(seen)) == 1
    assert box.read(order_id)["captured_amount"] == 100


def test_a_repeat_while_the_first_is_delayed_gets_the_same_answer(box):
    order_id = box.order()
    box.fault("delay", path="captures", seconds=0.6)
    seen = []
    slow = threading.Thread(target=lambda: seen.append(box.capture(order_id, 100, "k1")))
    slow.start()
    time.sleep(0.2)
    fast = box.capture(order_id, 100, "k1")
    slow.join()
    assert fast.headers["Capture-Id"] == seen[0].headers["Capture-Id"]
    assert box.read(order_id)["captured_amount"] == 100
