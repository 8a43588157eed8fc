# SPDX-License-Identifier: Apache-2.0
"""Waiting for what happens by itself, and making its time come."""
import time

from httpd import PATIENCE, SLOW

# Seconds that Klarna keeps a call; the test lets it go on with box.clear(). Less than KlarnaTimeout.
HELD = 15
PACE = 0.05     # between two looks


def eventually(question, seconds=PATIENCE, meanwhile=None):
    """Asks until the answer is yes and gives it; meanwhile is called before each asking."""
    deadline = time.monotonic() + seconds * SLOW
    while True:
        if meanwhile:
            meanwhile()
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(PACE)


def calls_under_way(box, path, count=1):
    """Until Klarna has got that many calls of the fault set for this path: they are on their way and
    wait there."""
    def arrived():
        return sum(fault["hits"] for fault in box.control("GET", "faults")["faults"]
                   if fault["match"]["path"] == path) >= count
    eventually(arrived)


def operations_are_due(httpd):
    """The back-off of everything that nobody works on is over, and so is the minute in which
    Klarna may still execute it. A worker that has just read its row stores its own time again,
    so this is said repeatedly."""
    httpd.sql("UPDATE klarna_operation SET next_at = 1, updated_at = updated_at - 120000000 "
              "WHERE next_at > 1 AND lease_until = 0")


def leases_are_over(httpd):
    """For after a kill: whoever held an operation is dead, and a minute has passed."""
    httpd.sql("UPDATE klarna_operation SET lease_until = 0, next_at = 1, "
              "updated_at = updated_at - 120000000, "
              "created_at = created_at - CASE attempts WHEN 0 THEN 120000000 ELSE 0 END "
              "WHERE next_at > 0")


def order_is_due(httpd, order_id):
    """The next look at this order, or at the payment that it may become, is now."""
    for table in ("klarna_order", "klarna_payment"):
        httpd.sql(f"UPDATE {table} SET check_at = 1, version = version + 1 "
                  f"WHERE id = '{order_id}'")


def is_free(shop, order_id):
    return not shop.order(order_id)["pending_operation"]
