# SPDX-License-Identifier: Apache-2.0
"""Prism, as it stands between module and sandbox, sees what is wrong and changes nothing."""
import copy

import pytest

import spec

if spec.MISSING:
    pytest.skip(spec.MISSING, allow_module_level=True)

from sandbox import PASSWORD, USERNAME
from sandbox_client import OM, basic, cart

SESSIONS = "/payments/v1/sessions"
NOBODY = OM + "/7849fd84-47dc-4919-a7ce-47b9f46156f0"


@pytest.fixture
def through(box):
    """Asks by way of Prism; gives the answer and what Prism said of both."""
    if not box.prism:
        pytest.skip("without Prism")
    client = copy.copy(box)
    client.port = int(box.prism.url.rpartition(":")[2])

    def ask(method, path, body=None):
        box.prism.violations()
        answer = client.ask(method, path, body, auth=basic(USERNAME, PASSWORD))
        return answer, box.prism.violations()
    return ask


def test_what_is_right(through):
    answer, said = through("POST", SESSIONS, cart())
    assert (answer.status, said) == (200, [])
    answer, said = through("GET", NOBODY)
    assert (answer.status, answer.code, said) == (404, "NO_SUCH_ORDER", [])


@pytest.mark.parametrize("method, path, body, words", [
    ("POST", SESSIONS, cart(purchase_country="SWE"), "purchase_country must match"),
    ("POST", SESSIONS, cart(order_amount="10000"), "order_amount must be"),
    ("POST", SESSIONS, cart(purchase_contry="SE"), "additional properties"),
    ("POST", SESSIONS, cart(client_token="x"), "client_token"),
    ("POST", NOBODY + "/captures", {"captured_amount": 1, "order_lines": [{"name": "x"}]},
     "required property 'quantity'"),
    ("POST", NOBODY + "/captured", {"captured_amount": 1}, "route not found")])
def test_a_wrong_request(through, method, path, body, words):
    _, said = through(method, path, body)
    assert said and words in said[0], said
    assert all(": request" in line for line in said)


@pytest.mark.parametrize("status, body, words", [
    (200, {"order_id": 1}, "order_id must be string"), (200, "<html>", "media type"),
    (418, {}, "status code"), (404, {"error_code": 404}, "error_code must be string")])
def test_a_wrong_answer(through, box, status, body, words):
    box.fault("status", method="GET", path="/orders/", status=status, body=body)
    answer, said = through("GET", NOBODY)
    assert answer.status == status
    assert said and words in said[0], said
    assert all(": response" in line for line in said)
