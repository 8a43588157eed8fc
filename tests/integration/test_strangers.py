# SPDX-License-Identifier: Apache-2.0
"""What a shopper learns when something fails: never Klarna's words, whose credentials were refused, or
what is the matter with this server. The shop's own server, logged in, and the log have all of it."""
import pytest

import carts
from httpd import Httpd
from shop import CHECKOUT, problem

SERVER = "/server/checkout"
KLARNA = {"error_code": "BAD_VALUE", "error_messages": ["Bad value: purchase_country"],
          "correlation_id": "corr-0815"}
ANYBODY = {"type", "title", "status", "code", "detail", "next"}

# The edge's page is no answer that Klarna's description knows.
PRISM = False

# What Klarna answers: what the shopper reads (status, code), and the code that the shop's server and
# the log read.
ANSWERS = {
    "a refusal": ({"status": 400, "body": KLARNA}, 422, "refused", "refused"),
    "refused credentials": ({"status": 401, "body": KLARNA}, 503, "not_ready",
                            "credentials_refused"),
    "Klarna's edge": ({"status": 403, "body": "<html>Access Denied</html>"}, 503, "not_ready",
                      "blocked_at_edge"),
    "a failure": ({"status": 500, "body": KLARNA}, 504, "klarna_failed", "klarna_failed"),
}


def _nothing_of_klarna(answer):
    text = answer.raw.decode()
    for word in ("BAD_VALUE", "Bad value", "corr-0815", "credentials", "Access Denied", "127.0.0.1",
                 "400", "401", "edge", "region"):
        assert word not in text, text


@pytest.mark.parametrize("what", ANSWERS)
def test_what_klarna_says_is_for_the_shop(httpd, box, what):
    fault, status, code, known = ANSWERS[what]
    box.fault("status", -1, path="/sessions$", **fault)
    httpd.expect_log(f"KLA0020: .* {status} {known}: ")
    answer = httpd.post(CHECKOUT + "/sessions", {"signed_cart": carts.sign()}, None)
    told = problem(answer, status, code)
    assert set(told) <= ANYBODY, told
    _nothing_of_klarna(answer)
    told = problem(httpd.post(SERVER + "/sessions", {"cart": carts.cart()}, "shop"), status, known)
    if fault["status"] == 400:
        assert told["error_code"] == "BAD_VALUE" and told["correlation_id"] == "corr-0815"
    if fault["status"] == 401:
        assert "region" in told["next"] and "environment" in told["next"]


def test_where_klarna_is_is_for_the_shop(box):
    """The driver of a refused connection names the address."""
    server = Httpd("http://127.0.0.1:9", "KlarnaConnectTimeout 1s\nKlarnaTimeout 1s\n")
    server.expect_log("KLA0020: .* 503 not_sent: Klarna could not be reached")
    answer = server.post(CHECKOUT + "/sessions", {"signed_cart": carts.sign()}, None)
    told = problem(answer, 503, "not_sent")
    assert told["detail"] == "Payments cannot be taken now." and "nothing was executed" in told["next"]
    _nothing_of_klarna(answer)
    server.stop()


@pytest.fixture(scope="module")
def sick():
    """Without a table."""
    server = Httpd("http://127.0.0.1:9", schema=False)
    yield server
    server.stop()


@pytest.mark.parametrize("method,path", [
    ("POST", "/sessions"), ("POST", "/sessions/{id}"), ("POST", "/sessions/{id}/declined"),
    ("POST", "/orders"), ("GET", "/orders/{id}?key=" + 32 * "0")])
def test_every_route_of_the_shopper_with_a_sick_database(sick, method, path):
    body = {"signed_cart": carts.sign(), "key": 32 * "0", "reason": "no",
            "order_id": "11111111-1111-4111-8111-111111111111", "authorization_token": 8 * "0"}
    keep = {"/sessions": ["signed_cart"], "/sessions/{id}": ["key", "signed_cart"],
            "/sessions/{id}/declined": ["key", "reason"],
            "/orders": ["order_id", "key", "authorization_token"]}.get(path)
    sick.allow_log("KLA0020: .* 503 schema: |KLA0011: |KLA0019: ")
    answer = sick.ask(method, CHECKOUT + path.replace("{id}", body["order_id"]),
                        {name: body[name] for name in keep} if keep else None)
    told = problem(answer, 503, "not_ready")
    assert set(told) == ANYBODY and told["detail"] == "Payments cannot be taken now.", told
    for word in ("schema", "table", "statement", "DBD", "sqlite"):
        assert word not in answer.raw.decode()
