# SPDX-License-Identifier: Apache-2.0
"""Who polls: of all virtual hosts, processes and hosts that have an account in a database, one."""
import time

import pytest

import stores
from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA, Shop
from waiting import eventually, is_free, leases_are_over

pytestmark = pytest.mark.databases
VHOSTS = "".join(f"<VirtualHost *>\nServerName v{i}.example.test\n</VirtualHost>\n"
                 for i in range(6))
ACCOUNTS = ["default", "other"]
SECONDS = 4
# A round asks for two kinds of operations, for orders and for payments, and for what has had its time:
# requests, placed payments and, state by state, unfinished ones. The lease comes and goes beside that.
ROUND = {"klarna_operation": 3, "klarna_order": 1, "klarna_payment": 10}


def holders(httpd):
    return {merchant: holder for merchant, holder in
            httpd.sql("SELECT merchant, holder FROM klarna_worker")}


def until(httpd):
    return min(int(row[0]) for row in httpd.sql("SELECT held_until FROM klarna_worker"))


def polls(httpd):
    """How often PostgreSQL has looked through what is due."""
    rows = httpd.sql("SELECT relname, seq_scan + coalesce(idx_scan, 0) FROM pg_stat_user_tables")
    return {name: int(count) for name, count in rows}


def check_one_polls(httpd, wait):
    """The lease stays where it is and is prolonged; nobody else asks what is due."""
    eventually(lambda: sorted(holders(httpd)) == ACCOUNTS)
    time.sleep(wait)
    before, end = holders(httpd), until(httpd)
    began, counted = time.monotonic(), polls(httpd) if stores.CHOSEN == "pgsql" else None
    time.sleep(SECONDS)
    assert holders(httpd) == before
    assert until(httpd) > end
    if counted is None:
        return
    for table, times in ROUND.items():
        asked = polls(httpd)[table] - counted[table]
        rounds = time.monotonic() - began + 2       # one a second
        assert 0 < asked <= times * len(ACCOUNTS) * rounds, (table, asked, rounds)


def test_virtual_hosts_with_one_account_poll_once(box):
    httpd = Httpd(klarna_url(box), EXTRA + "KlarnaWorker 4\n" + VHOSTS)
    httpd.allow_log("KLA003[02]: ")
    check_one_polls(httpd, 2)
    order_id = Shop(httpd, box).placed()
    assert Shop(httpd, box).order(order_id)["state"] == "AUTHORIZED"
    httpd.stop()
    assert until(httpd) <= time.time() * 1e6, "the lease was not given back"


def prefork(text):
    text = text.replace("mpm_event_module ${MODULES}/mod_mpm_event.so",
                        "mpm_prefork_module ${MODULES}/mod_mpm_prefork.so")
    lines = [line for line in text.splitlines() if not line.startswith(
        ("StartServers", "ServerLimit", "ThreadLimit", "ThreadsPerChild", "MaxRequestWorkers",
         "MinSpareThreads", "MaxSpareThreads"))]
    return "\n".join(lines) + ("\nStartServers 8\nServerLimit 12\nMaxRequestWorkers 12\n"
                               "MinSpareServers 8\nMaxSpareServers 8\n")


@pytest.mark.skipif(stores.CHOSEN == "sqlite3", reason="SQLite is for one process")
def test_of_many_processes_one_polls_and_another_follows(box):
    httpd = Httpd(klarna_url(box), EXTRA + "KlarnaWorker 4\n", prefork)
    httpd.allow_log("KLA003[012]: |KLA0021: |AH00052: |AH01239: |AH0016[13]: |AH00170: "
                    "|KLA0005: 12 workers ")
    shop = Shop(httpd, box)
    check_one_polls(httpd, 2)
    order_id = shop.captured()
    box.fault("drop_before", -1, path="/refunds$")
    assert shop.act(order_id, "credit-invoices", {"amount": 100}).status == 202
    before = holders(httpd)
    httpd.kill_children()
    box.clear()
    eventually(lambda: is_free(shop, order_id), meanwhile=lambda: leases_are_over(httpd))
    after = holders(httpd)
    assert all(after[merchant] != before[merchant] for merchant in ACCOUNTS[:1])
    assert shop.agrees(order_id)["refunded_amount"] == 100
    httpd.stop()
