# SPDX-License-Identifier: Apache-2.0
"""What a shop at Klarna's limit asks in each second: 95 % of 40 sessions and of 200 other calls, of which
152 are somebody's (a capture is two: Klarna's record of the order is read first) and 38 the worker's own
looks at orders. With not a call less than the limit, each late one would make all after it wait a little
longer, for ever."""
import base64
import hashlib
import json
import random

import cart
from load import Ask, request

A_SECOND = {"session": 38, "update": 38, "placement": 38, "capture": 38}
LOOKS = 38
OTHERS = sum(A_SECOND.values()) - A_SECOND["session"] + A_SECOND["capture"] + LOOKS
USER, PASSWORD = "clerk", "bench-password"
CHECKOUT = "/klarna/checkout"
PAYMENTS = "/payments/v1"


def users():
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    return f"{USER}:{{SHA}}{digest}"


def times(kind, seconds, number=None):
    """(which, at): evenly spread over each second, each a little early or late."""
    number, rng = number or A_SECOND[kind], random.Random(kind)
    return [(i, (i + rng.random()) / number) for i in range(number * seconds)]


def signed(reference):
    return cart.token(reference=reference)


def sessions(seconds, prefix, a_second=None):
    return [Ask("session", f"{prefix}{i}", at, request(
        "POST", f"{CHECKOUT}/sessions", json.dumps({"signed_cart": signed(f"{prefix}{i}")})), 201)
            for i, at in times("session", seconds, a_second)]


def before(seconds):
    """The sessions that a run updates (those at odd places) and places (the others): nobody waits for
    the one before the other, on however slow a machine."""
    of_both = A_SECOND["update"] + A_SECOND["placement"]
    return sessions(seconds * of_both // A_SECOND["session"], "w")


def updates(made, seconds):
    for i, at in times("update", seconds):
        one = made[2 * i + 1]
        yield Ask("update", f"{PAYMENTS}/sessions/{one['session_id']}", at, request(
            "POST", f"{CHECKOUT}/sessions/{one['order_id']}",
            json.dumps({"key": one["key"], "signed_cart": signed(f"u{i}")})), 200)


def placements(made, seconds):
    for i, at in times("placement", seconds):
        one, token = made[2 * i], f"token-{i}"
        yield Ask("placement", f"{PAYMENTS}/authorizations/{token}/order", at, request(
            "POST", f"{CHECKOUT}/orders", json.dumps({
                "order_id": one["order_id"], "key": one["key"], "authorization_token": token})), 201)


def captures(orders, seconds):
    login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    for i, at in times("capture", seconds):
        one = orders[i]
        path = f"/ordermanagement/v1/orders/{one['klarna_order_id']}"
        yield Ask("capture", f"{path}/captures", at, request(
            "POST", f"/klarna/orders/{one['id']}/captures", '{"everything":true}',
            (f"Authorization: Basic {login}", f"Idempotency-Key: c{i}")), 201, before=path)


def direct(seconds):
    """As many requests, to the upstream itself: what the measuring adds."""
    number = sum(A_SECOND.values())
    rng = random.Random("direct")
    for i in range(number * seconds):
        body = json.dumps({"merchant_reference1": f"d{i}", "signed_cart": signed(f"d{i}")})
        yield Ask("direct", f"d{i}", (i + rng.random()) / number,
                  request("POST", f"{PAYMENTS}/sessions", body), 200)
