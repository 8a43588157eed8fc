# SPDX-License-Identifier: Apache-2.0
"""Each of Klarna's examples of a request is carried out by the sandbox, and whatever the sandbox
answers is what Klarna's description says, member by member."""
import copy

import pytest

import spec

if spec.MISSING:
    pytest.skip(spec.MISSING, allow_module_level=True)

import examples
from description import Description
from examples import (CAPTURE, ORDER, PAGE, PAGES, PAYMENTS, PLACE, REFUND, RESULT, SESSION,
                      SESSIONS)
from sandbox import PASSWORD, USERNAME, klarna_url
from sandbox_client import STORE, basic, cart, line

KLARNA = Description()
# Customer tokens are an API of their own.
UNSPOKEN = {"POST /payments/v1/authorizations/{authorizationToken}/customer-token"}
# An order that Klarna would have for them: what the line of the description costs is ours to say.
HEADPHONES = {**line("75001", 1, 1000), "name": "Headphones", "quantity_unit": "pcs."}
TOMATOES = {**line("123050", 10, 600), "name": "Tomatoes", "quantity_unit": "kg"}


class Client:
    """Somebody's client: asks what it is told, and every answer must be as described."""

    def __init__(self, box):
        self.box = copy.copy(box)
        self.box.port = int(klarna_url(box).rpartition(":")[2])
        self.control = box

    def ask(self, method, path, body=None, status=None, **ids):
        """path of the description, with ids for its parts."""
        call = KLARNA.find(method, path.format(**ids))
        assert not call.wrong_request(body)
        answer = self.box.ask(method, path.format(**ids), body, auth=basic(USERNAME, PASSWORD))
        assert not call.wrong_answer(answer), answer.raw
        assert status is None or answer.status == status, answer.raw
        return answer

    def session(self, order):
        return self.ask("POST", PAYMENTS + "/sessions", order, 200).json["session_id"]

    def page(self):
        """A hosted page; gives the ids in its paths."""
        made = self.ask("POST", PAGES, {"payment_session_url": self.session_url(),
                                        "options": {"place_order_mode": "CAPTURE_ORDER"}}, 201)
        return {"session_id": made.json["session_id"]}

    def session_url(self):
        order = cart(acquiring_channel="IN_STORE", billing_address={"given_name": "Test"})
        return f"{self.control.url}{SESSIONS}/{self.session(order)}"

    def qr_session(self):
        order = cart(acquiring_channel="in_store", attachment=STORE,
                     distribution={"method": "one_qr"})
        return {"session_id": self.session(order)}

    def token(self, order):
        session_id = self.session(order)
        return {"authorizationToken": self.control.authorize(session_id)}

    def order(self, entry, **more):
        """The ids of an order of one line, three times."""
        order = cart({**entry, "quantity": 3 * entry["quantity"],
                      "total_amount": 3 * entry["total_amount"],
                      "total_tax_amount": 3 * entry["total_tax_amount"]}, **more)
        return {"order_id": self.ask("POST", PLACE, order, 200,
                                     **self.token(order)).json["order_id"]}

    def captured(self, entry, **more):
        ids = self.order(entry, **more)
        answer = self.ask("POST", ORDER + "/captures",
                          {"captured_amount": 2 * entry["total_amount"]}, 201, **ids)
        return {**ids, "capture_id": answer.headers["Capture-Id"]}

    def read(self, ids):
        """Everything that can be read of an order is as described."""
        order = self.ask("GET", ORDER, status=200, **ids).json
        self.ask("GET", ORDER + "/captures", status=200, **ids)
        for capture in order.get("captures", ()):
            self.ask("GET", CAPTURE, status=200, capture_id=capture["capture_id"], **{
                "order_id": ids["order_id"]})
        for refund in order.get("refunds", ()):
            self.ask("GET", REFUND, status=200, refund_id=refund["refund_id"], **{
                "order_id": ids["order_id"]})
        return order


@pytest.fixture
def client(box):
    return Client(box)


def bodies():
    """(call, body, a name) of every example of a request."""
    for call in KLARNA.calls:
        if call.request_example() and str(call) not in UNSPOKEN:
            yield pytest.param(call, call.request_example(), HEADPHONES, id=str(call))
    both = {**examples.REQUESTS, **{name: [call] for name, call
                                    in examples.IN_STORE_REQUESTS.items()}}
    for name, calls in both.items():
        for method, path in calls:
            yield pytest.param(KLARNA.find(method, path), examples.sample(name), TOMATOES,
                               id=f"{name}, {path.rpartition('}/')[2]}")


def prepared(client, call, body, entry):
    """The ids in a path on which this call makes sense."""
    if call.path == SESSIONS:
        code = body.get("distribution", {}).get("short_code")
        if code:
            client.control.control("POST", "short-codes", {"code": code})
        return {}
    if call.path == PAGES:
        body["payment_session_url"] = client.session_url()
        return {}
    if call.path == PAGE + "/distribution":
        return client.page()
    if call.path == SESSION:
        return {"session_id": client.session(body)}
    if call.path == PLACE:
        return client.token({name: value for name, value in body.items()
                             if name != "auto_capture"})
    if call.path.endswith("/refunds") or "{capture_id}" in call.path:
        return client.captured(entry)
    if call.path.endswith("/customer-details"):
        us = {"purchase_country": "US", "purchase_currency": "USD", "locale": "en-US"}
        return client.order({**entry, "tax_rate": 0, "total_tax_amount": 0}, **us)
    return client.order(entry)


@pytest.mark.parametrize("call, body, entry", bodies())
def test_an_example(client, call, body, entry):
    ids = prepared(client, call, body, entry)
    answer = client.ask(call.method, call.path, body, **ids)
    assert answer.status in (200, 201, 204), answer.raw
    if "order_id" in ids:
        client.read(ids)
    if call.path == SESSION:
        client.ask("GET", SESSION, status=200, **ids)


def test_every_call_of_the_description_is_there(client):
    """Those without a body too, on an order that was captured in part and refunded in part."""
    ids = client.captured(HEADPHONES)
    refund = client.ask("POST", ORDER + "/refunds", {"refunded_amount": 500}, 201, **ids)
    ids["refund_id"] = refund.headers["Refund-Id"]
    ids["session_id"] = client.session(cart())
    tried = set()
    for call in KLARNA.calls:
        if not call.request_schema() and call.method != "DELETE" and "/cancel" not in call.path \
                and "/release" not in call.path:
            own = {PAGE: client.page, RESULT: client.qr_session}.get(call.path, dict)()
            answer = client.ask(call.method, call.path, **{**ids, **own})
            assert answer.status in (200, 204), f"{call}: {answer.raw}"
            tried.add(str(call))
    assert len(tried) >= 11
    client.ask("POST", ORDER + "/release-remaining-authorization", status=204, **ids)
    client.read(ids)
    client.ask("POST", ORDER + "/cancel", status=403, **ids)
    client.ask("POST", ORDER + "/cancel", status=204, **client.order(HEADPHONES))
    client.ask("DELETE", PAYMENTS + "/authorizations/{authorizationToken}", status=204,
               **client.token(cart()))


@pytest.mark.parametrize("act", [
    "open", "approve", "refuse", "back", "error", "manual", "confirm", "cancel"])
def test_a_page_reads_as_described(client, act):
    ids = client.page()
    if act == "confirm":
        client.control.in_store(ids["session_id"], "manual")
    client.control.in_store(ids["session_id"], act)
    client.ask("GET", PAGE, status=200, **ids)
    client.ask("DELETE", PAGE, status=400 if act in ("approve", "confirm") else 204, **ids)


@pytest.mark.parametrize("act", ["open", "approve", "refuse", "error", "cancel"])
def test_a_result_reads_as_described(client, act):
    ids = client.qr_session()
    client.ask("GET", RESULT, status=200, **ids)
    client.control.in_store(ids["session_id"], act)
    client.ask("GET", RESULT, status=200, **ids)
    client.ask("DELETE", SESSION, status=404 if act == "approve" else 204, **ids)


def test_what_is_not_spoken_is_not_there(client):
    for text in UNSPOKEN:
        method, _, path = text.partition(" ")
        body = KLARNA.find(method, path).request_example()
        assert client.box.ask(method, path.format(**client.token(cart())), body,
                              auth=basic(USERNAME, PASSWORD)).status == 404


@pytest.mark.parametrize("name", [name for name, (_, _, status) in examples.ANSWERS.items()
                                  if name.startswith("docs/") and status >= 400])
def test_a_refusal_is_worded_like_klarnas(client, name):
    """Status and code of the example, for the same cause."""
    method, path, status = examples.ANSWERS[name]
    call = KLARNA.find(method, path)
    ids = {"order_id": "no-uuid" if status == 400 else "7849fd84-47dc-4919-a7ce-47b9f46156f0",
           "capture_id": "7849fd84-47dc-4919-a7ce-47b9f46156f1"}
    if status == 403:       # the billing address of an order; an order that was cancelled
        ids = client.order(HEADPHONES)
        client.ask("POST", ORDER + "/cancel", status=204, **ids)
    body = call.request_example() or (
        {"merchant_reference1": "1"} if path.endswith("references") else None)
    answer = client.ask(method, path, body, status, **ids)
    assert answer.code == examples.sample(name)["error_code"]
