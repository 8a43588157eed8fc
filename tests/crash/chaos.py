# SPDX-License-Identifier: Apache-2.0
"""Random mode: traffic, faults and kills until enough of each happened, then quiet, then the
audit. The seed gives every choice; what the machine makes of the timing is its own."""
import collections
import json
import random
import tempfile
import threading
import time

from world import CLERK, HOUR, wait_until     # first: it knows where the others' modules are
from audit import Audit
from tilltraffic import TillTraffic
from traffic import LOST, Traffic

FAULTS = (
    lambda rng: {"kind": "delay", "seconds": rng.choice((0.3, 1, 2.5))},
    lambda rng: {"kind": "delay", "seconds": rng.choice((1, 2.5)), "when": "before"},
    lambda rng: {"kind": "status", "status": rng.choice((500, 502, 503))},
    lambda rng: {"kind": "status", "status": rng.choice((500, 503)), "execute": True},
    lambda rng: {"kind": "status", "status": 401, "body": "<html>Unauthorized</html>"},
    lambda rng: {"kind": "drop_before"},
    lambda rng: {"kind": "drop_after"},
    lambda rng: {"kind": "cut_body"},
    lambda rng: {"kind": "malformed"},
    lambda rng: {"kind": "rate_limit"},
)
PATHS = ("", "/captures$", "/refunds$", "/cancel$", "/order$", "/authorization$",
         "/release-remaining-authorization$", "/sessions", "/orders/[^/]+$", "/hpp/", "/iss/",
         "/distribution$")
KILLS = {"child": 32, "step": 28, "httpd": 16, "sandbox": 16, "database": 8}
STEP_SECONDS = 3        # within which an armed process should come to its step
DRAIN_ROUNDS = 12
SENTENCES = 40          # of each kind that are printed
DRAIN_SECONDS = 120
SETTLE = 1.5


class Killer(threading.Thread):
    """Kills, brings back, again; never more than one thing down at once by its own doing."""

    def __init__(self, world, rng, pause):
        super().__init__(daemon=True)
        self.world, self.rng, self.pause = world, rng, pause
        self.kills = collections.Counter()
        self.stopping = threading.Event()
        self.failed = []

    def run(self):
        while not self.stopping.wait(self.rng.expovariate(1 / self.pause)):
            kinds = [kind for kind in KILLS if kind != "database" or self.world.database.can_die]
            kind = self.rng.choices(kinds, [KILLS[name] for name in kinds])[0]
            try:
                if getattr(self, "_" + kind)(self.rng.choice(self.world.hosts)):
                    self.kills[kind] += 1
            except Exception as error:
                self.failed.append(f"the killer: {kind}: {type(error).__name__}: {error}")
                return

    def _child(self, host):
        return host.kill_child(self.rng.choice)

    def _step(self, host):
        """At a random one of the steps that come next."""
        before = len(host.died())
        host.arm(str(self.rng.randint(1, 40)))
        struck = wait_until(lambda: len(host.died()) > before, STEP_SECONDS, 0.02)
        host.disarm()
        return struck or len(host.died()) > before

    def _httpd(self, host):
        host.kill()
        time.sleep(self.rng.random() * 0.3)
        host.start()
        return True

    def _sandbox(self, _):
        self.world.kill_sandbox(self.rng.random() * 0.3)
        return True

    def _database(self, _):
        self.world.database.kill()
        time.sleep(self.rng.random() * 0.5)
        self.world.database.start()
        return True


class Weather(threading.Thread):
    """Puts faults into the sandbox; changes what Klarna leaves open."""

    def __init__(self, world, rng):
        super().__init__(daemon=True)
        self.world, self.rng = world, rng
        self.faults = collections.Counter()
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.wait(0.1 + self.rng.random() * 0.8):
            try:
                self._change()
            except LOST + (AssertionError,):
                pass            # the sandbox is dead at this moment

    def _change(self):
        rng, box = self.rng, self.world.box
        if rng.random() < 0.1:
            box.control("DELETE", "faults")
            box.control("POST", "behaviour",
                        {"place_order_repeat": rng.choice(("same_order", "refused")),
                         "completed_session": rng.choice(("readable", "not_found"))})
            return
        fault = rng.choice(FAULTS)(rng)
        times = rng.choice((1, 1, 2, 3, 6)) * (4 if fault["kind"] == "rate_limit" else 1)
        box.control("POST", "faults", {
            "match": {"path": rng.choice(PATHS)}, "times": times, "skip": rng.randrange(4),
            "fault": fault})
        self.faults[fault["kind"]] += 1


class Reader(threading.Thread):
    """Looks at orders all the time: what holds must hold at every moment."""

    def __init__(self, world, rng):
        super().__init__(daemon=True)
        self.world, self.rng = world, rng
        self.stopping = threading.Event()
        self.looks, self.broken, self.seen = 0, [], {}

    def run(self):
        while not self.stopping.wait(0.1):
            try:
                answer = self.rng.choice(self.world.hosts).get("/klarna/orders?limit=100",
                                                               timeout=5)
                orders = json.loads(answer.raw)["orders"] if answer.status == 200 else []
                for order in self.rng.sample(orders, min(len(orders), 3)):
                    self._look(order["id"])
            except LOST + (ValueError,):
                time.sleep(0.2)

    def _look(self, order_id):
        answer = self.rng.choice(self.world.hosts).get(f"/klarna/orders/{order_id}", timeout=5)
        if answer.status == 200:
            self.looks += 1
            self.check(json.loads(answer.raw))

    def check(self, order):
        captured, refunded = order["captured_amount"], order["refunded_amount"]
        confirmed = [step["amount"] for invoice in order["credit_invoices"]
                     for step in invoice["steps"]
                     if step["verb"] == "refund" and step["state"] == "confirmed"]
        before = self.seen.get(order["id"], (0, 0))
        for holds, what in (
                (refunded <= captured, "more refunded than captured"),
                (captured + order["remaining_authorized_amount"] <= order["order_amount"],
                 "more captured and open than authorized"),
                (captured == sum(c["captured_amount"] for c in order["captures"]),
                 "captures do not add up"),
                (refunded == sum(confirmed), "refunds do not add up"),
                (captured >= before[0] and refunded >= before[1], "an amount went back")):
            if not holds:
                self.broken.append(f"order {order['id']}: {what}")
        self.seen[order["id"]] = (max(captured, before[0]), max(refunded, before[1]))


# --- the end ------------------------------------------------------------------------------------

def calm(world):
    """No faults, everything runs; but nobody is told a second time which order a token became, so
    that orphans stay orphans until a person adopts them."""
    world.box.control("DELETE", "faults")
    world.box.control("POST", "behaviour", {"place_order_repeat": "refused",
                                            "completed_session": "readable",
                                            "status_callbacks": "sent"})
    for host in world.hosts:
        host.disarm()
    an_hour_later(world, "1=0")


def an_hour_later(world, where_order, where_payment="1=0"):
    """While nothing runs, so that nobody alive holds a lease."""
    for host in world.hosts:
        host.stop()
    world.age(where_order=where_order, where_payment=where_payment)
    for host in world.hosts:
        host.start()


def ask_again(world, rng, traffic, asked):
    """The patient clients, once more with their keys."""
    for intent in asked:
        for _ in range(3):
            intent.ended = None
            traffic.attempt(rng, intent)
            if intent.ended:
                break
            time.sleep(0.05)


def adopt(world):
    """What a person does with a listed orphan: looks it up in Klarna's portal."""
    orders = world.rows("klarna_order", ("id", "session_id", "reference1"),
                        "attention = 'orphan'")
    ledger = world.box.control("GET", "ledger")
    theirs = {order["session_id"]: order["order_id"] for order in ledger["orders"]}
    at_tills = {one["merchant_reference1"]: one["order_id"] for one in ledger["instore"]}
    adopted = 0
    for order in orders:
        found = theirs.get(order["session_id"]) or at_tills.get(order["reference1"])
        if found:
            answer = world.hosts[0].post(f"/klarna/orders/{order['id']}/adopt",
                                         {"klarna_order_id": found}, CLERK)
            adopted += answer.status == 200
    return adopted


def open_operations(world):
    [(number,)] = world.database.sql("SELECT COUNT(*) FROM klarna_operation WHERE state IN "
                                     "('queued', 'sent', 'unknown');")
    return int(number)


def days_later(world):
    """A start in a store whose answer was lost is over only then."""
    world.database.sql(f"UPDATE klarna_payment SET created_at = created_at - {50 * HOUR} "
                       "WHERE check_at > 0 AND department <> '';")


def drain(world, traffic, tills):
    """Time passes until nothing is left to do; gives the number of orphans adopted."""
    touched = "', '".join(sorted(traffic.touched))
    adopted = 0
    for number in range(DRAIN_ROUNDS):
        if number < 2:
            an_hour_later(world, f"id IN ('{touched}') OR klarna_order_id = id OR "
                          "department <> ''", "1=1")
        else:
            an_hour_later(world, "1=0")
        tills.close()
        if number == 2:
            days_later(world)
        wait_until(lambda: world.due() == 0, DRAIN_SECONDS, 0.3)
        time.sleep(SETTLE)      # the last ones are still being looked at
        adopted += adopt(world)
        if number > 3 and not open_operations(world):
            break
    return adopted


def run(world, options, say):
    rng = random.Random(options.seed)
    for host in world.hosts:
        host.start()
    traffic = Traffic(world, options.seed, options.threads)
    tills = TillTraffic(world, options.seed)
    killer = Killer(world, random.Random(f"{options.seed}-killer"), options.pause)
    weather = Weather(world, random.Random(f"{options.seed}-weather"))
    reader = Reader(world, random.Random(f"{options.seed}-reader"))
    began = time.monotonic()
    traffic.start()
    tills.start()
    for thread in (killer, weather, reader):
        thread.start()
    _wait(world, options, killer, began, say)
    for thread in (killer, weather):
        thread.stopping.set()
        thread.join()
    traffic.stop()
    tills.stop()
    say(f"noise: {time.monotonic() - began:.0f} s; draining")
    calm(world)
    asked = traffic.finish(rng, 0.5)
    ask_again(world, rng, traffic, asked)
    adopted = drain(world, traffic, tills)
    reader.stopping.set()
    reader.join()
    return _report(world, options, (traffic, killer, weather, reader, tills), adopted,
                   time.monotonic() - began, say)


def _wait(world, options, killer, began, say):
    told = began
    while not killer.failed:
        time.sleep(0.5)
        now = time.monotonic()
        if options.seconds and now - began >= options.seconds:
            return
        if now - told > 20:
            told = now
            [(number,)] = world.database.sql("SELECT COUNT(*) FROM klarna_operation WHERE "
                                             "error_code <> 'not_started';")
            kills = sum(killer.kills.values())
            say(f"  {now - began:4.0f} s: {kills} kills, {number} operations")
            if not options.seconds and kills >= options.kills and \
                    int(number) >= options.operations:
                return


def _report(world, options, threads, adopted, seconds, say):
    """threads: traffic, killer, weather, reader, tills. True when nothing is wrong."""
    traffic, killer, weather, reader, tills = threads
    audit = Audit(world).check()
    audit.told(traffic.intents)
    audit.lost += tills.audit()
    say(f"database {options.database}, hosts {options.hosts}, seed {options.seed}, "
        f"{seconds:.0f} s")
    _figures(world, audit, traffic, killer, weather, say)
    say(f"orphans      {adopted} listed and adopted")
    say(f"tills        {len(tills.sales)} payments, {sum(tills.asked.values())} messages asked for: "
        + _list(tills.states()))
    say(f"looks        {reader.looks}, invariants broken {len(reader.broken)}")
    for name, found in (("moved twice", audit.twice), ("lost", audit.lost),
                        ("stuck", audit.stuck)):
        say(f"{name:<12} {len(found)}")
        for sentence in found[:SENTENCES]:
            say(f"    {sentence}")
    others = reader.broken + traffic.surprises + tills.surprises + killer.failed
    others += [line for host in world.hosts for line in host.crashed()]
    for sentence in others[:SENTENCES]:
        say(f"    ! {sentence}")
    wrong = audit.twice + audit.lost + audit.stuck + others
    if wrong:
        say(f"the orders in question: {_keep(audit, wrong)}")
    return not wrong


def _figures(world, audit, traffic, killer, weather, say):
    counted = audit.counted()
    outcomes = collections.Counter(intent.ended or "waiting" for intent in traffic.intents)
    say(f"kills        {sum(killer.kills.values())}: " + _list(killer.kills))
    say("died at      " + _list(collections.Counter(
        name for host in world.hosts for name in host.died())))
    say(f"faults       {sum(weather.faults.values())} ordered: " + _list(weather.faults))
    say(f"operations   {sum(counted.values())}: "
        + _list({f"{kind} {state}": n for (kind, state), n in counted.items()})
        + f"; never started {audit.not_started()}")
    say(f"orders       {len(audit.orders)}: " + _list(audit.states()))
    say(f"clients      {len(traffic.intents)} intents: " + _list(outcomes)
        + f"; answers lost {sum(intent.lost for intent in traffic.intents)}")


def _keep(audit, wrong):
    """Everything both sides know of the orders that the sentences name, in a file."""
    text, found = " ".join(wrong), []
    for order in audit.orders.values():
        if order["id"] in text or order["klarna_order_id"] in text:
            found.append({"ours": order, "theirs": audit.theirs.get(order["klarna_order_id"]),
                          "operations": [op for op in audit.operations.values()
                                         if op["order_id"] == order["id"]]})
    handle, path = tempfile.mkstemp(prefix="klarna-crash-", suffix=".json")
    with open(handle, "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
    return path


def _list(counter):
    return ", ".join(f"{name} {number}" for name, number in
                     sorted(counter.items(), key=lambda entry: (-entry[1], entry[0])))
