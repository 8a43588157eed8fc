# SPDX-License-Identifier: Apache-2.0
"""Graceful restarts while the shop is open: no request fails, nothing is paid twice."""
import collections
import concurrent.futures
import threading
import time

import pytest

from shop import HEALTH
from waiting import calls_under_way, eventually

ROUNDS = 5      # of each kind of work between two restarts


def _until(stop, done, work):
    while not stop.is_set():
        work()
        done[work] += 1


@pytest.mark.valgrind
def test_graceful_restarts_under_light_load(shop, httpd, box):
    order_id = shop.captured()
    refunds = []

    def health():
        assert httpd.get(HEALTH, None).status == 200

    def start():
        assert shop.send_cart().status == 201
        time.sleep(0.01)        # here and below: the load is light

    def refund():
        refunds.append(shop.done(shop.act(order_id, "credit-invoices", {"amount": 1}))["order_id"])
        time.sleep(0.02)

    def read():
        assert shop.order(order_id)["state"] == "CAPTURED"
        time.sleep(0.01)

    stop, done = threading.Event(), collections.Counter()
    kinds = (health, start, refund, read)
    with concurrent.futures.ThreadPoolExecutor(len(kinds)) as threads:
        loads = [threads.submit(_until, stop, done, work) for work in kinds]
        try:
            for restarts in range(4):
                if restarts:
                    httpd.graceful()
                before = done.copy()
                eventually(lambda: any(load.done() for load in loads) or all(
                    done[work] >= before[work] + ROUNDS for work in kinds), 30)     # noqa: B023
        finally:
            stop.set()
        for load in loads:
            load.result()
    assert shop.agrees(order_id)["refunded_amount"] == len(refunds)


def test_a_call_on_its_way_survives_a_restart(shop, httpd, box):
    """The old child ends what it began."""
    order_id = shop.captured()
    box.fault("delay", path="/refunds$", seconds=1.0)
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        refund = threads.submit(shop.act, order_id, "credit-invoices", {"amount": 300})
        calls_under_way(box, "/refunds$")
        httpd.graceful()
        shop.done(refund.result())
    assert shop.agrees(order_id)["refunded_amount"] == 300


def test_stopping_hard_and_starting_again(shop, httpd):
    order_id = shop.captured()
    httpd.stop()
    httpd.start()
    assert shop.agrees(order_id, "CAPTURED")["captured_amount"] == 81600
