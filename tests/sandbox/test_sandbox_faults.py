# SPDX-License-Identifier: Apache-2.0
"""Scripted faults: what the sender sees, and what the ledger holds afterwards."""
import http.client
import json
import socket
import time

import pytest

from sandbox_client import OM, PASSWORD, USER, basic

LOST = (http.client.RemoteDisconnected, ConnectionResetError)


def captured(box, order_id):
    return box.read(order_id)["captured_amount"]


def last(box):
    return box.control("GET", "requests")["requests"][-1]


def test_dropped_before_executing(box):
    order_id = box.order()
    box.fault("drop_before", path="captures$")
    with pytest.raises(LOST):
        box.capture(order_id, 1000, "k1")
    entry = last(box)
    assert (entry["status"], entry["executed"]) == (None, False)
    assert entry["fault"]["kind"] == "drop_before" and entry["body"] == {"captured_amount": 1000}
    assert captured(box, order_id) == 0
    assert box.capture(order_id, 1000, "k1").status == 201
    assert captured(box, order_id) == 1000


def test_dropped_after_executing(box):
    order_id = box.order()
    box.fault("drop_after", path="captures$")
    with pytest.raises(LOST):
        box.capture(order_id, 1000, "k1")
    entry = last(box)
    assert (entry["status"], entry["executed"]) == (None, True)
    assert captured(box, order_id) == 1000
    again = box.capture(order_id, 1000, "k1")
    assert again.status == 201
    assert again.headers["Capture-Id"] == box.read(order_id)["captures"][0]["capture_id"]
    assert captured(box, order_id) == 1000


def test_a_lost_place_order(box):
    token = box.authorized()
    box.fault("drop_after", path="/order$")
    with pytest.raises(LOST):
        box.place(token)
    orders = box.control("GET", "ledger")["orders"]
    assert len(orders) == 1
    assert box.place(token).json["order_id"] == orders[0]["order_id"]
    assert len(box.control("GET", "ledger")["orders"]) == 1


def test_delay_answers_late_and_can_execute_late(box):
    order_id = box.order()
    for when in ("after", "before"):
        box.fault("delay", path="captures", seconds=0.5, when=when)
        started = time.monotonic()
        assert box.capture(order_id, 1000).status == 201
        assert time.monotonic() - started >= 0.5


def test_a_client_that_gives_up_changes_nothing_about_the_execution(box):
    order_id = box.order()
    box.fault("delay", path="captures", seconds=1, when="before")
    with pytest.raises(TimeoutError):
        box.ask("POST", f"{OM}/{order_id}/captures", {"captured_amount": 1000}, timeout=0.3)
    assert captured(box, order_id) == 0
    time.sleep(1.2)
    assert captured(box, order_id) == 1000
    box.fault("delay", path="captures", seconds=1)
    with pytest.raises(TimeoutError):
        box.ask("POST", f"{OM}/{order_id}/captures", {"captured_amount": 1000}, timeout=0.3)
    assert captured(box, order_id) == 2000


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429, 500, 502, 503, 504, 599])
def test_status_without_executing(box, status):
    order_id = box.order()
    box.fault("status", path="captures", status=status)
    answer = box.capture(order_id, 1000, "k1")
    assert answer.status == status and answer.json["correlation_id"]
    assert (last(box)["status"], last(box)["executed"]) == (status, False)
    assert captured(box, order_id) == 0
    assert box.capture(order_id, 1000, "k1").status == 201


def test_status_with_its_own_body_or_after_executing(box):
    order_id = box.order()
    box.fault("status", status=502, body="<html>Bad gateway</html>")
    answer = box.capture(order_id, 1000)
    assert answer.raw == b"<html>Bad gateway</html>"
    assert answer.headers["Content-Type"] == "text/html"
    box.fault("status", status=403, body={"error_message": "old form"})
    assert box.capture(order_id, 1000).json == {"error_message": "old form"}
    box.fault("status", status=504, execute=True)
    assert box.capture(order_id, 1000).status == 504
    assert captured(box, order_id) == 1000


def test_rate_limit(box):
    order_id = box.order()
    box.fault("rate_limit", times=2, path="captures")
    for _ in range(2):
        answer = box.capture(order_id, 1000, "k1")
        assert answer.status == 429 and answer.headers["X-Ratelimit-Remaining"] == "0"
        assert "Retry-After" not in answer.headers
    assert box.capture(order_id, 1000, "k1").status == 201


def test_malformed(box):
    token = box.authorized()
    box.fault("malformed", path="/order$")
    answer = box.place(token)
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.raw.decode())
    box.fault("malformed", path="/order$", body='{"order_id": 7}')
    assert box.place(token).json == {"order_id": 7}
    assert len(box.control("GET", "ledger")["orders"]) == 1
    order_id = box.control("GET", "ledger")["orders"][0]["order_id"]
    box.fault("malformed", path="cancel")
    assert box.act(order_id, "cancel").raw
    assert box.read(order_id)["status"] == "CANCELLED"


def raw_exchange(box, path, body):
    """Every byte the sandbox sends until it closes the connection."""
    payload = json.dumps(body).encode()
    with socket.create_connection(("127.0.0.1", box.port), 10) as connection:
        connection.sendall((f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{box.port}\r\n"
                            f"Authorization: {basic(USER, PASSWORD)}\r\n"
                            "Content-Type: application/json\r\n"
                            f"Content-Length: {len(payload)}\r\n\r\n").encode() + payload)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def test_a_cut_body_is_shorter_than_promised(box):
    token = box.authorized()
    box.fault("cut_body", path="/order$")
    with pytest.raises(http.client.IncompleteRead) as broken:
        box.place(token)
    assert broken.value.partial and broken.value.expected
    assert len(box.control("GET", "ledger")["orders"]) == 1


def test_an_answer_without_a_body_is_cut_in_its_headers(box):
    order_id = box.order()
    box.fault("cut_body", path="captures")
    received = raw_exchange(box, f"{OM}/{order_id}/captures", {"captured_amount": 1000})
    assert received.startswith(b"HTTP/1.1 201 Created\r\n") and b"\r\n\r\n" not in received
    assert captured(box, order_id) == 1000


def test_slow_bytes(box):
    order_id = box.order()
    box.fault("slow", path="captures", seconds=0.6)
    started = time.monotonic()
    answer = box.capture(order_id, 1000)
    assert time.monotonic() - started >= 0.5
    assert answer.status == 201 and answer.headers["Capture-Id"]
    box.fault("slow", method="GET", seconds=0.5)
    assert box.read(order_id)["captured_amount"] == 1000


def test_skip_times_and_order_of_the_queue(box):
    order_id = box.order()
    box.fault("status", path="captures", status=503, skip=1, times=2)
    box.fault("status", path="captures", status=500)
    seen = [box.capture(order_id, 100).status for _ in range(5)]
    assert seen == [500, 503, 503, 201, 201]
    faults = box.control("GET", "faults")["faults"]
    assert [(fault["times"], fault["hits"]) for fault in faults] == [(0, 2), (0, 1)]


def test_a_fault_forever_until_cleared(box):
    order_id = box.order()
    box.fault("status", status=503, times=-1, path="captures")
    assert [box.capture(order_id, 100).status for _ in range(3)] == [503] * 3
    assert box.act(order_id, "acknowledge").status == 204
    box.control("DELETE", "faults")
    assert box.capture(order_id, 100).status == 201


def test_a_fault_comes_before_credentials(box):
    box.fault("drop_before", method="GET", path=OM)
    with pytest.raises(LOST):
        box.ask("GET", f"{OM}/x", auth=None)
    assert box.ask("GET", f"{OM}/x", auth=None).status == 401


@pytest.mark.parametrize("fault", [
    {}, {"fault": {}}, {"fault": {"kind": "explode"}}, {"fault": {"kind": "delay"}},
    {"fault": {"kind": "delay", "seconds": -1}}, {"fault": {"kind": "delay", "seconds": "1"}},
    {"fault": {"kind": "delay", "seconds": 1, "when": "never"}},
    {"fault": {"kind": "status"}}, {"fault": {"kind": "status", "status": 100}},
    {"fault": {"kind": "drop_after", "seconds": 1}},
    {"fault": {"kind": "drop_after"}, "times": -2}, {"fault": {"kind": "drop_after"}, "skip": -1},
    {"fault": {"kind": "drop_after"}, "match": {"path": "("}},
    {"fault": {"kind": "drop_after"}, "match": "x"}])
def test_a_bad_fault_is_refused(box, fault):
    answer = box.ask("POST", "/_sandbox/faults", fault)
    assert answer.status == 400 and answer.message
    assert box.control("GET", "faults") == {"faults": []}
