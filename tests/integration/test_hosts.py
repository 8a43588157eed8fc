# SPDX-License-Identifier: Apache-2.0
"""Several hosts on one database server behind a balancer, and that server dying under load."""
import collections
import concurrent.futures
import os
import random
import re
import threading
import time

import pytest

import stores
from httpd import MODULES, RUN_AS, Httpd
from sandbox import klarna_url
from shop import EXTRA, HEALTH, Shop, new_key
from waiting import HELD, eventually, is_free, leases_are_over, operations_are_due

pytestmark = [pytest.mark.alone, pytest.mark.databases,
              pytest.mark.skipif(stores.CHOSEN == "sqlite3", reason="SQLite is for one host")]

WITH_WORKER = EXTRA + "KlarnaWorker On\n"
NO_DATABASE = r"\[dbd:(error|crit)\]|KLA00(11|20|21|34): |KLA003[013]: |KLA0041: |AH006[23]\d"

# As in docs/hosts.md.
BALANCER = """
ServerRoot {dir}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {dir}/httpd.pid
DefaultRuntimeDir {dir}
User {user}
Group {user}
ErrorLog {dir}/error_log
LogLevel warn
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule slotmem_shm_module {modules}/mod_slotmem_shm.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
LoadModule proxy_balancer_module {modules}/mod_proxy_balancer.so
LoadModule lbmethod_byrequests_module {modules}/mod_lbmethod_byrequests.so
StartServers 1
ServerLimit 2
ThreadLimit 256
ThreadsPerChild 256
MaxRequestWorkers 256
<Proxy balancer://klarna>
    BalancerMember {first} retry=1
    BalancerMember {second} retry=1
</Proxy>
ProxyPass / balancer://klarna/
"""


class Balancer(Httpd):
    """A third httpd in front of two others."""

    def __init__(self, *hosts):
        self.hosts = hosts
        super().__init__("", store=hosts[0].store)

    def configure(self, endpoint, extra="", change=None):
        first, second = (f"http://127.0.0.1:{host.port}" for host in self.hosts)
        self.write("httpd.conf", BALANCER.format(dir=self.dir, port=self.port, user=RUN_AS,
                                                 modules=MODULES, first=first, second=second))


@pytest.fixture(scope="module")
def hosts(box):
    first = Httpd(klarna_url(box), WITH_WORKER)
    second = Httpd(klarna_url(box), WITH_WORKER, store=first.store)
    balancer = Balancer(first, second)
    yield first, second, balancer
    for server in (balancer, second, first):
        server.stop()


@pytest.fixture
def shop(hosts, box):
    return Shop(hosts[2], box)


@pytest.fixture(autouse=True)
def worker_lines(hosts):
    """Two workers tell what they do, and who was second tells nothing wrong."""
    for host in hosts:
        host.allow_log("KLA003[012]: ")


def _act_until_told(shop, order_id, action, body):
    """As a client does: the same key until the order is free for it."""
    key = new_key()
    while True:
        answer = shop.act(order_id, action, body, key)
        busy = answer.status == 409 and answer.json["code"] in ("order_busy", "in_progress")
        if not busy:
            return answer
        assert int(answer.headers["Retry-After"]) > 0
        time.sleep(random.uniform(0.05, 0.4))   # so that 200 do not come back at once


def test_conflicting_actions_on_one_order(shop, hosts, box):
    """100 captures and 100 returns of one order, all at once through both hosts. They come to
    twice what it bears; a return is legal while something is neither captured nor returned, or
    captured and not returned, so that of 1600 each exactly 51 are."""
    order_id = shop.placed()
    shop.done(shop.act(order_id, "captures", {"amount": 40000}))
    jobs = [("captures", 800), ("credit-invoices", 1600)] * 100
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as threads:
        answers = list(threads.map(
            lambda job: _act_until_told(shop, order_id, job[0], {"amount": job[1]}), jobs))
    told = collections.Counter()
    for (action, _), answer in zip(jobs, answers):
        assert answer.status == 201 or (answer.status in (400, 409) and answer.json["detail"]), (
            answer.raw)
        told[action, answer.status == 201] += 1
    eventually(lambda: is_free(shop, order_id))
    order = shop.agrees(order_id)
    assert order["captured_amount"] == 40000 + 800 * told["captures", True]
    assert told["credit-invoices", True] == 51 and told["credit-invoices", False] == 49
    assert told["captures", False] >= 48
    assert order["remaining_authorized_amount"] == 0
    assert order["refunded_amount"] == order["captured_amount"]
    # Both hosts worked.
    theirs = box.ledger(order["klarna_order_id"])
    assert len(theirs["captures"]) == 1 + told["captures", True]


def test_one_placement_through_both_hosts(hosts, shop, box):
    payment = shop.authorized()
    shops = [Shop(host, box) for host in hosts[:2]]
    with concurrent.futures.ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda n: shops[n % 2].place(payment), range(20)))
    assert {answer.status for answer in answers} <= {201, 409}, [a.raw for a in answers]
    assert shop.finish(lambda key: shop.place(payment), None).status == 201
    assert len(box.orders_of_session(payment.session_id)) == 1
    shop.agrees(payment.order_id, "AUTHORIZED")


def test_two_workers_do_not_both_execute(hosts, shop, box):
    """What Klarna would not take is due on both hosts in the same second."""
    orders = [shop.captured() for _ in range(8)]
    for host in hosts[:2]:
        host.allow_log("KLA0021: ")
    box.fault("rate_limit", -1, path="/refunds$")
    with concurrent.futures.ThreadPoolExecutor(len(orders)) as threads:
        for answer in threads.map(lambda order_id: shop.act(
                order_id, "credit-invoices", {"amount": 100}), orders):
            assert answer.status == 202
    box.control("DELETE", "faults")
    box.fault("delay", -1, path="/refunds$", seconds=0.3)
    box.forget_requests()
    operations_are_due(hosts[0])
    for order_id in orders:
        eventually(lambda: is_free(shop, order_id),                 # noqa: B023
                   meanwhile=lambda: operations_are_due(hosts[0]))
    refunds = [request for request in box.requests() if request["path"].endswith("/refunds")]
    assert len(refunds) == len({r["idempotency_key"] for r in refunds}) == len(orders)
    box.clear()
    for order_id in orders:
        assert shop.agrees(order_id)["refunded_amount"] == 100


# --- the database server ends under load ------------------------------------------------------

FINE = (("read", 200), ("start", 201), ("refund", 201))


class Load:
    """Shoppers and clerks, each at an own pace; each answer with the time its request began."""

    def __init__(self, shop, order_ids):
        self.shop, self.order_ids = shop, order_ids
        self.answers = []
        self.halt = threading.Event()
        self.refunds = collections.Counter()
        self.threads = [threading.Thread(target=work, args=(n,))
                        for n, work in enumerate([self._refund] * len(order_ids)
                                                 + [self._read] * 3 + [self._start] * 3)]
        for thread in self.threads:
            thread.start()

    def _note(self, what, ask):
        began = time.monotonic()
        answer = ask()
        self.answers.append((began, what, answer.status, answer.raw))
        return answer

    def _refund(self, n):
        """One key after the other, each until it is done."""
        order_id = self.order_ids[n]
        while not self.halt.is_set():
            key = new_key()
            while self._note("refund", lambda: self.shop.act(        # noqa: B023
                    order_id, "credit-invoices", {"amount": 1}, key)).status != 201:
                time.sleep(0.2)
            self.refunds[order_id] += 1
            time.sleep(0.02)

    def _read(self, n):
        while not self.halt.is_set():
            self._note("read", lambda: self.shop.httpd.get(
                f"{self.shop.orders}/{self.order_ids[0]}"))
            time.sleep(0.02)

    def _start(self, n):
        while not self.halt.is_set():
            self._note("start", self.shop.send_cart)
            time.sleep(0.05)

    def told(self, what, status, since):
        """How often, of what was asked since then."""
        return sum((each[1], each[2]) == (what, status) and each[0] > since
                   for each in list(self.answers))

    def goes_well(self, since):
        """Until each kind of work was done a few times. A lease that somebody lost sight of ends."""
        eventually(lambda: all(self.told(*kind, since) > 3 for kind in FINE), 30,
                   meanwhile=lambda: since and leases_are_over(self.shop.httpd))

    def end(self):
        """Each ends what it began."""
        self.halt.set()
        eventually(lambda: not any(thread.is_alive() for thread in self.threads), 60,
                   meanwhile=lambda: leases_are_over(self.shop.httpd))


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_the_database_restarts_under_load(hosts, shop, how):
    """Errors while it is down and none after: nobody restarts httpd."""
    for host in hosts[:2]:
        host.allow_log(NO_DATABASE)
    server = stores.server()
    order_ids = [shop.captured() for _ in range(4)]
    load = Load(shop, order_ids)
    load.goes_well(0)
    down = time.monotonic()
    getattr(server, how)()
    eventually(lambda: load.told("read", 503, down))
    server.start()
    up = time.monotonic()
    load.goes_well(up)
    load.end()
    phases = collections.Counter()
    for began, what, status, raw in load.answers:
        when = "before" if began < down - 0.5 else "after" if began > up else "down"
        told = b"in_progress" in raw or b"order_busy" in raw
        # An operation whose process lost sight of it is "in progress" until its lease ends.
        fine = status in (200, 201) or (status in (202, 409) and what == "refund" and told)
        if when != "down":
            assert fine, (when, what, status, raw)
        else:
            assert status in (200, 201, 202, 409, 503), (what, status, raw)
        phases[when, what, status] += 1
    assert phases["down", "read", 503] > 0, phases
    assert all(phases[("after", *kind)] > 3 for kind in FINE), phases
    for order_id in order_ids:
        eventually(lambda: is_free(shop, order_id))                 # noqa: B023
        assert shop.agrees(order_id)["refunded_amount"] == load.refunds[order_id]
    assert shop.httpd.get(HEALTH, None).status == 200


def test_a_host_dies_and_the_other_goes_on(hosts, shop, box):
    """The balancer turns to the other one; what the dead one held ends on the other."""
    first = hosts[0]
    hosts[2].allow_log(r"\[proxy(_http|_balancer)?:error\]")
    order_id = shop.captured()
    box.fault("delay", -1, path="/refunds$", seconds=HELD)
    killed = Shop(first, box)
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        refund = threads.submit(lambda: pytest.raises(
            OSError, killed.act, order_id, "credit-invoices", {"amount": 500}))
        klarna_id = shop.order(order_id)["klarna_order_id"]
        eventually(lambda: box.ledger(klarna_id)["refunds"])
        first.kill()
        refund.result()
    box.clear()
    # The lease of the dead one is over.
    assert hosts[1].sql(f"SELECT state FROM klarna_operation WHERE order_id = '{order_id}' "
                        "AND lease_until > 0") == [("sent",)]
    hosts[1].sql(f"UPDATE klarna_operation SET lease_until = 0 WHERE order_id = '{order_id}'")
    eventually(lambda: is_free(shop, order_id))
    assert shop.agrees(order_id)["refunded_amount"] == 500
    first.start()
    assert os.path.exists(f"/proc/{first.process.pid}")
    assert Shop(first, box).agrees(order_id)["refunded_amount"] == 500


@pytest.mark.skipif(stores.CHOSEN != "pgsql", reason="PostgreSQL's own replication")
def test_the_primary_dies_and_its_standby_takes_over(box):
    """As in docs/hosts.md: nothing that was acknowledged is forgotten, nobody restarts httpd."""
    primary = stores.databases.Postgres()
    store = stores.OnServer(primary)
    standby = stores.databases.Postgres(primary)
    primary.wait_for_standby()
    params = primary.params(store.name, standby)
    server = Httpd(klarna_url(box), WITH_WORKER, store=store, change=lambda text: re.sub(
        r"(?m)^DBDParams .*$", lambda _: f'DBDParams "{params}"', text))
    server.allow_log(NO_DATABASE + "|KLA0032: ")
    shop = Shop(server, box)
    order_ids = [shop.captured() for _ in range(3)]
    load = Load(shop, order_ids)
    load.goes_well(0)
    down = time.monotonic()
    primary.kill()
    eventually(lambda: load.told("read", 503, down))
    standby.promote()
    store.server = standby
    up = time.monotonic()
    load.goes_well(up)
    load.end()
    after = collections.Counter((what, status) for began, what, status, _ in load.answers
                                if began > up)
    assert all(after[kind] > 3 for kind in FINE), after
    assert not any(status == 503 for _, status in after), after
    for order_id in order_ids:
        eventually(lambda: is_free(shop, order_id))                 # noqa: B023
        assert shop.agrees(order_id)["refunded_amount"] == load.refunds[order_id]
    server.stop()
    standby.remove()
    primary.remove()
