# SPDX-License-Identifier: Apache-2.0
"""The worker and Klarna's limits: much that is due is drained while people work, and no call is one too
many, however busy the machine is."""
import time

import pytest

from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA, Shop
from waiting import eventually

pytestmark = pytest.mark.alone
LIMIT = 20          # calls a second
ORDERS = 60


@pytest.fixture
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + "KlarnaWorker On\n")
    server.allow_log("KLA003[023]: |KLA0021: ")
    yield server
    server.stop()


def test_a_backlog_keeps_to_the_limit(httpd, box):
    shop = Shop(httpd, box)
    box.control("POST", "behaviour", {"rate_limit_other": LIMIT})
    time.sleep(1)           # the sandbox's clock: others' calls before are of another second
    box.forget_requests()
    for _ in range(ORDERS):
        shop.placed()
    httpd.sql("UPDATE klarna_order SET check_at = 1, version = version + 1, klarna_reference = ''")
    start = time.monotonic()
    while httpd.sql("SELECT id FROM klarna_order WHERE check_at = 1"):
        shop.done(shop.act(shop.placed(), "captures", {"everything": True}))
        time.sleep(0.2)     # a clerk's pace
    took = time.monotonic() - start
    told = [request["status"] for request in box.requests()]
    assert told.count(200) >= 2 * ORDERS
    assert told.count(429) == 0, (told.count(429), len(told), took)
    assert took >= (ORDERS - 2 * LIMIT) / LIMIT
    box.control("POST", "behaviour", {"rate_limit_other": 100_000})
    eventually(lambda: not httpd.sql("SELECT id FROM klarna_operation WHERE next_at > 0"))
