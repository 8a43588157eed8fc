# SPDX-License-Identifier: Apache-2.0
"""Graceful restarts while the shop is open: no request fails, nothing is paid twice."""
import concurrent.futures
import threading
import time

import pytest

from httpd import SLOW
from shop import HEALTH

PAUSE = min(0.7 * SLOW, 4)


def _until(stop, work):
    done = 0
    while not stop.is_set():
        work()
        done += 1
    return done


@pytest.mark.valgrind
def test_graceful_restarts_under_light_load(shop, httpd, box):
    order_id = shop.captured()
    refunds = []

    def health():
        assert httpd.get(HEALTH, None).status == 200

    def start():
        assert shop.send_cart().status == 201
        time.sleep(0.01)

    def refund():
        refunds.append(shop.done(shop.act(order_id, "credit-invoices", {"amount": 1}))["order_id"])
        time.sleep(0.02)

    def read():
        assert shop.order(order_id)["state"] == "CAPTURED"
        time.sleep(0.01)

    stop = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        loads = [threads.submit(_until, stop, work) for work in (health, start, refund, read)]
        for _ in range(3):
            time.sleep(PAUSE)
            httpd.graceful()
        time.sleep(PAUSE)
        stop.set()
        counts = [load.result() for load in loads]
    assert min(counts) > 5, counts
    # ServerLimit 1: while the old child ends there is no slot but the spare one.
    httpd.allow_log("AH03490: scoreboard is full")
    assert shop.agrees(order_id)["refunded_amount"] == len(refunds)


def test_a_call_on_its_way_survives_a_restart(shop, httpd, box):
    """The old child ends what it began."""
    order_id = shop.captured()
    box.fault("delay", path="/refunds$", seconds=1.0)
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        refund = threads.submit(shop.act, order_id, "credit-invoices", {"amount": 300})
        time.sleep(0.3 * SLOW if SLOW > 1 else 0.3)
        httpd.graceful()
        shop.done(refund.result())
    assert shop.agrees(order_id)["refunded_amount"] == 300


def test_stopping_hard_and_starting_again(shop, httpd):
    order_id = shop.captured()
    httpd.stop()
    httpd.start()
    assert shop.agrees(order_id, "CAPTURED")["captured_amount"] == 81600
