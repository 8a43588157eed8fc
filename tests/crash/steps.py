# SPDX-License-Identifier: Apache-2.0
"""Steps mode: every scenario dies at its first step, its second, ... until it runs through. After
each death it is ended in one of three ways, and the end must be the one without the death:

  client   the client repeats its request with its key; no worker anywhere
  worker   the client says nothing, a worker on another host ends it; then the client asks
  itself   it is the worker's work, and the worker that dies; the next one ends it

The first host takes requests and has no worker; the second one has.
"""
import glob
import json
import os
import re
import time

from world import wait_until        # first: it knows where the others' modules are
import carts
import tills
from scenarios import SCENARIOS as ONLINE
from sandbox_client import ROOT
from shop import Shop, new_key
from traffic import LOST

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ORDER = ("id", "state", "fraud_status", "session_id", "klarna_order_id", "original_amount",
         "order_amount", "order_tax_amount", "captured_amount", "refunded_amount",
         "remaining_amount", "attention", "pending_op", "ledger")
OPERATION = ("id", "order_id", "kind", "path", "state", "amount", "actor", "credit_invoice_id",
             "next_op", "next_at", "result_id", "error_code")
QUIET_SECONDS = 12
ROUNDS = 6
MOST_STEPS = 60
SENTENCES = 20
SCENARIOS = ONLINE + tills.SCENARIOS
WAYS = ("itself", "client", "worker")


class Stage:
    def __init__(self, world):
        self.world, self.box = world, world.box
        self.first, self.second = world.hosts
        self.shop = Shop(self.first, self.box)

    new_key = staticmethod(new_key)

    def signed(self, content):
        """The same bytes each time: it is the same request."""
        if not hasattr(self, "cart"):
            self.cart = carts.sign(content, lifetime=86400)
        return self.cart

    def portal(self, subject, action, amount):
        klarna_id = self.shop.order(subject.order_id)["klarna_order_id"]
        self.box.control("POST", f"orders/{klarna_id}/portal",
                         {"action": action, "amount": amount})

    def dies(self, ask):
        """Whether the first host's child died while it was asked; it is back then."""
        before = len(self.first.died())
        try:
            self.answer = ask()
        except LOST:
            self.answer = None
        if len(self.first.died()) == before:
            assert self.answer is not None, "no answer, and nobody died"
            return False
        self.first.disarm()
        self.recover(self.first, len(self.first.died()))
        return True

    @staticmethod
    def recover(host, number):
        """By turns the parent makes a new child, or the whole instance is gone, too."""
        if number % 2:
            host.kill()
            host.start()
        else:
            assert wait_until(host.answers, 10), "no new child"

    def worker_is(self, wanted):
        """Whether there is one at all."""
        if wanted and not self.second.process:
            self.second.start()
        elif self.second.process and not wanted:
            self.second.stop()

    # --- the worker ---------------------------------------------------------------------------

    def quiet(self, order_id):
        """Lets the second host's worker do what is due until nothing is."""
        where = f"order_id = '{order_id}'" if order_id else "1=1"
        for _ in range(ROUNDS):
            self.world.age(where, "1=0", "1=0")
            assert wait_until(lambda: self.world.due() == 0, QUIET_SECONDS), "still due"
            if wait_until(lambda: self._is_over(where), 3):
                return

    def _is_over(self, where):
        [(number,)] = self.world.database.sql(
            f"SELECT COUNT(*) FROM klarna_operation WHERE {where} AND next_at > 0;")
        return number == "0"

    # --- the end as text ------------------------------------------------------------------------

    def picture(self, order_id, acknowledged):
        """Store, ledger and effects of one order, with every id by its place. Whether a worker's
        looks have come to its acknowledgement is a matter of time, not of what died."""
        [order] = self.world.orders(ORDER, f"id = '{order_id}'")
        but = "" if acknowledged else " AND kind <> 'acknowledge'"
        in_store = "instore" in order["ledger"]
        if in_store:
            order["ledger"] = tills.plain(order["ledger"])
            # A queued one was never claimed, and the worker is to drop it.
            but += " AND kind NOT IN ('distribute', 'adopt') AND state <> 'queued'"
        operations = self.world.rows(
            "klarna_operation", [name for name in OPERATION if name != "actor" or not in_store],
            f"order_id = '{order_id}' AND error_code <> 'not_started'{but} "
            "ORDER BY kind, state, id")
        named = order["klarna_order_id"]
        theirs = self.box.ledger(named) if named != order_id else None
        if theirs and not acknowledged:
            del theirs["acknowledged"]
            order["ledger"].pop("unacknowledged", None)
        effects = [(entry["method"], entry["path"], entry["idempotency_key"])
                   for entry in self.box.requests() if entry["executed"]
                   and entry["idempotency_key"] and named in entry["path"]
                   and (acknowledged or not entry["path"].endswith("/acknowledge"))]
        # Of a start whose answer was lost only Klarna knows the session.
        session = order["session_id"] or (theirs or {}).get("session_id")
        orders = self.box.orders_of_session(session)
        told = tills.told_in_the_end(self.first, order_id) if in_store else None
        text = json.dumps(_timeless({"order": order, "operations": operations, "theirs": theirs,
                                     "effects": effects, "orders": len(orders), "told": told}),
                          indent=1)
        seen = {}
        assert self.world.database.sql("SELECT id FROM klarna_payment WHERE addresses LIKE '{%' "
                                       f"AND id = '{order_id}';") == [] or named == order_id
        text = UUID.sub(lambda found: seen.setdefault(found[0], f"id-{len(seen) + 1}"), text)
        return text.splitlines()

    def retire(self):
        """Nothing of what was before is looked at again."""
        self.world.database.sql("UPDATE klarna_order SET check_at = 0;")
        self.world.database.sql("UPDATE klarna_payment SET check_at = 0;")
        self.world.database.sql("UPDATE klarna_operation SET next_at = 0;")


def _timeless(value):
    if isinstance(value, list):
        return [_timeless(entry) for entry in value]
    if isinstance(value, dict):
        return {name: _timeless(entry) for name, entry in value.items()
                if not (name.endswith("_at") and name != "next_at")
                and name not in ("at", "klarna_reference", "session_id")}
    return value


# --- one run of a scenario --------------------------------------------------------------------

class Run:
    def __init__(self, stage, scenario, way):
        self.stage, self.scenario, self.way = stage, scenario, way

    def once(self, n):
        """Dies at step n (None: nowhere); gives the name of that step or None, and the end."""
        stage, host = self.stage, self.stage.second if self.way == "itself" else self.stage.first
        stage.__dict__.pop("cart", None)
        stage.retire()
        subject = self.scenario.prepare(stage)
        if self.way == "worker":
            wait_until(lambda: stage.world.due() == 0, QUIET_SECONDS)
        stage.box.forget_requests()
        before = len(host.died())
        if n:
            host.arm(str(n))
        getattr(self, "_" + self.way)(subject)
        host.disarm()
        if self.scenario.ends:
            self.scenario.ends(stage, subject)
        at = host.died()[before:]
        if subject.order_id and self._is_placed(subject):
            assert stage.first.get(f"/klarna/orders/{subject.order_id}?refresh=1").status == 200
        picture = stage.picture(subject.order_id, "acknowledge" in self.scenario.shows)
        picture += tills.judge(stage.world)
        return (at[0] if at else None), picture

    def _is_placed(self, subject):
        return self.stage.world.database.sql(
            "SELECT id FROM klarna_order WHERE klarna_order_id <> id "
            f"AND id = '{subject.order_id}';") != []

    def _client(self, subject):
        key = new_key()
        if self.stage.dies(lambda: self.scenario.ask(self.stage, subject, key)) or self._waits():
            self._ask_again(subject, key)
        self._check()

    def _waits(self):
        return self.stage.answer is tills.NOT_YET

    def _worker(self, subject):
        key = new_key()
        if self.stage.dies(lambda: self.scenario.ask(self.stage, subject, key)):
            self.stage.quiet(subject.order_id)
            self._ask_again(subject, key)
        elif self._waits():
            self._ask_again(subject, key)
        self.stage.quiet(subject.order_id)
        self._check()

    def _itself(self, subject):
        """The worker is woken until nothing is left, whoever of them dies."""
        stage, died = self.stage, len(self.stage.second.died())
        stage.world.age()
        for _ in range(ROUNDS):
            gone = wait_until(lambda: len(stage.second.died()) > died
                              or stage.world.due() == 0, QUIET_SECONDS)
            assert gone, "still due"
            time.sleep(0.5)         # the last unit may be on its way
            if len(stage.second.died()) > died:
                died = len(stage.second.died())
                stage.recover(stage.second, died)
            elif stage._is_over(f"order_id = '{subject.order_id}'"):
                return
            stage.world.age()

    def _ask_again(self, subject, key):
        stage = self.stage
        for _ in range(ROUNDS):
            stage.world.age(where_order="1=0", where_payment="1=0")
            stage.answer = self.scenario.ask(stage, subject, key)
            if stage.answer.status in self.scenario.accepted:
                return
            time.sleep(0.3)

    def _check(self):
        answer = self.stage.answer
        assert answer.status in self.scenario.accepted, answer.raw


# --- all of them --------------------------------------------------------------------------------

def _compare(usual, picture):
    """The lines that differ."""
    only = [f"- {line.strip()}" for line in usual if line not in picture]
    return only + [f"+ {line.strip()}" for line in picture if line not in usual]


def _walk(stage, scenario, way):
    """Dies at each step in turn; gives the names and the sentences about what went wrong."""
    run, names, wrong = Run(stage, scenario, way), [], []
    try:
        _, usual = run.once(None)
        assert scenario.shows in "".join(usual), f"it does not show {scenario.shows}"
        for n in range(1, MOST_STEPS):
            at, picture = run.once(n)
            if picture != usual:
                wrong += [f"{scenario.name}, {way}, step {n} ({at}): {line}"
                          for line in _compare(usual, picture) or ["another order of lines"]]
            if at is None:
                break
            names.append(at)
        else:
            wrong.append(f"{scenario.name}, {way}: no end after {MOST_STEPS} steps")
    except AssertionError as error:
        wrong.append(f"{scenario.name}, {way}, after {names}: {str(error)[:400]}")
    return names, wrong


def run(world, only, ways, say):
    stage = Stage(world)
    chosen = [scenario for scenario in SCENARIOS if not only or scenario.name in only]
    assert chosen, "no such scenario: " + ", ".join(s.name for s in SCENARIOS)
    stage.first.start()
    deaths, wrong = [], []
    for way in ways:
        stage.worker_is(way != "client")
        for scenario in (entry for entry in chosen if way in entry.ways):
            names, found = _walk(stage, scenario, way)
            deaths += names
            wrong += found
            say(f"{way:<7} {scenario.name}: {len(names)} deaths ({', '.join(names)})"
                + (f"; {len(found)} DIFFERENCES" if found else ""))
            for sentence in found[:SENTENCES]:
                say(f"    {sentence}")
    wrong += [line for host in world.hosts for line in host.crashed()]
    untried = set() if only or ways != WAYS else named_steps() - set(deaths)
    say(f"database {world.database.driver}: {len(chosen)} scenarios, {len(deaths)} deaths at "
        f"{len(set(deaths))} steps, {len(wrong)} differences, never died at: "
        f"{', '.join(sorted(untried)) or '-'}")
    return not wrong and not untried


def named_steps():
    """Every name that the services' sources give to a step."""
    found = set()
    for path in glob.glob(os.path.join(ROOT, "mod_klarna", "service", "*.c")):
        with open(path, encoding="utf-8") as file:
            found |= set(re.findall(r'kl_service_step\(svc, "(\w+)"\)', file.read()))
    return found
