# SPDX-License-Identifier: Apache-2.0
"""Tills and their customers, for random mode. A till asks again with its key, or gives up; the
customer does what they like as long as Klarna lets them. What a till was told is kept."""
import collections
import json
import random
import threading
import time
import uuid

from till import PHONE, TILL
from traffic import LOST, PATIENCE

LIVE = 30               # payments that are looked after at once
LONGEST = 14            # what happens to one
FINAL = ("COMPLETED", "CANCELLED", "EXPIRED", "DECLINED", "FAILED")
ACTS = ("open", "open", "approve", "approve", "approve", "pending", "cancel", "refuse",
        "walk_away", "back")
CALLBACKS = ("sent", "sent", "twice", "lost", "held")


class Sale:
    """One payment as its till knows it."""

    def __init__(self, rng, number):
        self.department = rng.choice(("clinic", "clinic", "bikes", "later"))
        self.key = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        self.reference = f"T-{number}"
        self.amount = rng.randint(100, 90000)
        self.short = self.department == "bikes" and rng.random() < 0.4
        self.code = self.id = self.link = None
        self.told = set()               # final states
        self.left = LONGEST


class TillTraffic:
    def __init__(self, world, seed, threads=2):
        self.world = world
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.sales, self.live = [], []
        self.asked = collections.Counter()      # messages, by link
        self.surprises = []
        self.threads = [threading.Thread(target=self._run, args=(random.Random(f"{seed}-t{n}"),),
                                         daemon=True) for n in range(threads)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def _run(self, rng):
        while not self.stopping.is_set():
            try:
                self._step(rng)
            except LOST + (ValueError,):        # lost, or cut
                time.sleep(0.05)
            except Exception as error:          # a defect of the test: told, and fails the run
                self.surprises.append(f"a till: {type(error).__name__}: {error}")
                time.sleep(0.5)
            time.sleep(rng.random() * 0.1)

    def _step(self, rng):
        with self.lock:
            if len(self.live) < LIVE and rng.random() < 0.3:
                sale = Sale(rng, len(self.sales))
                self.sales.append(sale)
                self.live.append(sale)
            sale = rng.choice(self.live) if self.live else None
            if sale:
                sale.left -= 1
                if sale.left < 0:
                    self.live.remove(sale)
        if sale and rng.random() < 0.1:
            self.world.box.ask("POST", "/_sandbox/behaviour",
                               {"status_callbacks": rng.choice(CALLBACKS)}, auth=None)
        if sale:
            self._work(rng, sale)

    # --- one payment ----------------------------------------------------------------------------

    def _ask(self, rng, method, path, body=None, key=None):
        answer = rng.choice(self.world.hosts).ask(method, TILL + "/payments" + path, body, key=key,
                                                  user="clerk", timeout=PATIENCE)
        return answer.status, json.loads(answer.raw)

    def _work(self, rng, sale):
        if sale.id is None:
            self._begin(rng, sale)
        elif rng.random() < 0.4:
            self._customer(rng, sale)
        elif "COMPLETED" in sale.told:
            self._after(rng, sale)
        else:
            self._before(rng, sale)

    def _begin(self, rng, sale):
        body = {"department": sale.department, "till": "Counter 1", "amount": sale.amount,
                "country": "SE", "currency": "SEK", "reference": sale.reference,
                "customer": {"phone": PHONE, "email": "a.b@example.com"}}
        if sale.short:
            if not sale.code:
                answer = self.world.box.ask("POST", "/_sandbox/short-codes", {"digits": 6},
                                            auth=None)
                sale.code = json.loads(answer.raw)["code"]
            body["short_code"] = sale.code
        status, told = self._ask(rng, "POST", "", body, sale.key)
        if status in (201, 202):
            sale.id = told["payment_id"]
            self.learn(sale, told)

    def learn(self, sale, told):
        sale.link = told.get("link") or sale.link
        if told["state"] in FINAL:
            sale.told.add(told["state"])

    def _customer(self, rng, sale):
        where = sale.link or (sale.code if sale.short else None)
        if where:
            self.world.box.ask("POST", "/_sandbox/instore", {
                "payment": where, "action": rng.choice(ACTS)}, auth=None)

    def _tell(self, sale, answer):
        status, told = answer
        if status in (200, 201, 202) and "payment_id" in told:
            self.learn(sale, told)

    def _before(self, rng, sale):
        dice = rng.random()
        if dice < 0.2 and sale.link and sale.department != "bikes":
            self.asked[sale.link] += 1
            key = str(uuid.UUID(int=rng.getrandbits(128), version=4))
            for _ in range(rng.randint(1, 3)):      # the same request
                try:
                    self._tell(sale, self._ask(rng, "POST", f"/{sale.id}/send",
                                               {"method": "sms"}, key))
                    break
                except LOST + (ValueError,):
                    time.sleep(0.1)
        elif dice < 0.35:
            self._tell(sale, self._ask(rng, "DELETE", f"/{sale.id}"))
        else:
            self._tell(sale, self._ask(rng, "GET", f"/{sale.id}"))

    def _after(self, rng, sale):
        dice = rng.random()
        if dice < 0.3:
            self._tell(sale, self._ask(rng, "POST", f"/{sale.id}/verify", {}))
        elif dice < 0.45:
            self._tell(sale, self._ask(rng, "DELETE", f"/{sale.id}?refund=1"))
        elif dice < 0.75:
            self._tell(sale, self._ask(rng, "POST", f"/{sale.id}/refunds",
                                       {"amount": rng.randint(1, sale.amount)},
                                       str(uuid.UUID(int=rng.getrandbits(128), version=4))))
        else:
            self._tell(sale, self._ask(rng, "GET", f"/{sale.id}"))

    # --- the end --------------------------------------------------------------------------------

    def close(self):
        """The cashiers go home: what still waits is ended; as often as it takes."""
        for (name,) in self.world.database.sql(
                "SELECT id FROM klarna_payment WHERE department <> '' AND state IN "
                "('WAITING', 'IN_PROGRESS', 'CREATED');"):
            self.world.hosts[0].ask("DELETE", f"{TILL}/payments/{name}", user="clerk", timeout=60)

    def audit(self):
        """Sentences about what tills were told, and what is so."""
        wrong = []
        messages = self.world.box.control("GET", "outbox")["messages"]
        theirs = {one["merchant_reference1"]: one for one in
                  self.world.box.control("GET", "ledger")["instore"] if one["order_id"]}
        for sale in self.sales:
            if sale.id:
                answer = self.world.hosts[0].get(f"{TILL}/payments/{sale.id}")
                state = json.loads(answer.raw).get("state")
                wrong += self._judge(sale, state, theirs.get(sale.reference))
        sent = collections.Counter(message["link"] for message in messages)
        return wrong + [f"{link} was sent {number} times, {self.asked[link]} asked for"
                        for link, number in sent.items() if number > self.asked[link]]

    @staticmethod
    def _judge(sale, state, theirs):
        name = f"payment {sale.id} ({sale.department}, {sale.reference})"
        if state not in FINAL and not sale.short:
            yield f"{name} is {state} in the end"
        if sale.told - {state}:
            yield f"{name} is {state}, its till was told {sorted(sale.told)}"
        if (state == "COMPLETED") != bool(theirs):
            yield f"{name} is {state}, Klarna's order: {theirs and theirs['order_id']}"

    def states(self):
        """By how the tills know them."""
        return collections.Counter("/".join(sorted(sale.told)) or "not known to have ended"
                                   for sale in self.sales)
