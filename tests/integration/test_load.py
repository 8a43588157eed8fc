# SPDX-License-Identifier: Apache-2.0
"""Many at once on one host: the database never shows, and a graceful restart interrupts nothing,
neither a request nor a unit of the worker."""
import collections
import concurrent.futures
import threading
import time

import pytest

import stores
from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA
from waiting import eventually, is_free, operations_are_due

pytestmark = [pytest.mark.alone, pytest.mark.databases]

SHOPPERS = 100


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + "KlarnaWorker On\n")
    yield server
    server.stop()


def test_the_database_is_never_busy_for_a_shopper(shop, httpd):
    """All pay, ship and return at the same moment, with eight connections between them."""
    gate = threading.Barrier(SHOPPERS)

    def one(n):
        gate.wait()
        order_id = shop.captured()      # which fails at any answer but 201
        for amount in (100, 200):
            shop.done(shop.act(order_id, "credit-invoices", {"amount": amount}))
            assert shop.order(order_id)["state"] == "CAPTURED"
        return order_id

    with concurrent.futures.ThreadPoolExecutor(SHOPPERS) as threads:
        orders = list(threads.map(one, range(SHOPPERS)))
    for order_id in orders[:5]:
        assert shop.agrees(order_id, "CAPTURED")["refunded_amount"] == 300


def _left_to_the_worker(shop, box, n):
    """Operations that Klarna was too busy for."""
    orders = [shop.captured() for _ in range(n)]
    box.fault("rate_limit", -1, path="/refunds$")
    with concurrent.futures.ThreadPoolExecutor(n) as threads:
        for answer in threads.map(lambda order_id: shop.act(
                order_id, "credit-invoices", {"amount": 100}), orders):
            assert answer.status == 202
    box.clear()
    return orders


def _serves_and_works(httpd, statuses):
    """Until some more shoppers were served and the worker is in the middle of a unit, or has none
    left."""
    served = statuses.total()
    eventually(lambda: statuses.total() >= served + 15 and (
        httpd.sql("SELECT id FROM klarna_operation WHERE lease_until > 0")
        or not httpd.sql("SELECT id FROM klarna_operation WHERE next_at > 0")),
        meanwhile=lambda: operations_are_due(httpd))


def test_graceful_restarts_under_load_with_the_worker(shop, httpd, box):
    httpd.allow_log("KLA0021: |KLA003[02]: |AH0049[123]")
    orders = _left_to_the_worker(shop, box, 10)
    box.fault("delay", -1, path="/refunds$", seconds=0.25)     # so that units are under way
    statuses, halt = collections.Counter(), threading.Event()

    def load(n):
        while not halt.is_set():
            statuses[shop.send_cart().status] += 1
            time.sleep(0.02)        # the pace of a shopper

    threads = [threading.Thread(target=load, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    generations = set()
    for _ in range(4):
        _serves_and_works(httpd, statuses)
        generations.add(httpd.worker_pid())
        httpd.graceful()
    _serves_and_works(httpd, statuses)
    halt.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {201} and statuses[201] > 50, statuses
    assert len(generations) > 1
    # What a process began it ended: no operation is held by one that is gone.
    old = [pid for pid in generations if pid != httpd.worker_pid()]
    eventually(lambda: not any(stores.databases.is_alive(pid) for pid in old))
    for order_id in orders:
        eventually(lambda: is_free(shop, order_id),                 # noqa: B023
                   meanwhile=lambda: operations_are_due(httpd))
    assert httpd.sql("SELECT COUNT(*) FROM klarna_operation WHERE lease_until > 0 "
                     "OR state = 'sent'")[0][0] in (0, "0")
    sent = collections.Counter(request["idempotency_key"] for request in box.requests()
                               if request["executed"] and request["path"].endswith("/refunds"))
    box.clear()
    for order_id in orders:
        [refund] = [op for op in shop.started(order_id) if op["kind"] == "refund"]
        assert (refund["state"], refund["attempts"]) == ("confirmed", 2)
        assert sent[refund["id"]] == 1
        assert shop.agrees(order_id)["refunded_amount"] == 100
