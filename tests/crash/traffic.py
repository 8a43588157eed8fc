# SPDX-License-Identifier: Apache-2.0
"""Clients as shops have them: shoppers, clerks, Klarna's portal and its risk department. Each
intent has one Idempotency-Key; a lost answer is asked for again with it, after a while or never.
Everything that was answered is kept for the audit.
"""
import heapq
import http.client
import itertools
import json
import random
import threading
import time
import uuid

import carts
from sandbox_client import line
from shop import CHECKOUT, ORDERS

PATIENCE = 12               # seconds a client waits for an answer
GIVES_UP = 0.12             # of those that were not answered, each time
LIVE = 400                  # orders that are acted on
LONGEST = 5                 # intents on one order
SHIPPED = {"shipping_company": "PostNord", "tracking_number": "PN-4711"}
ACTIONS = (("capture", 30), ("credit", 30), ("cancel", 9), ("extend", 6), ("release", 6),
           ("shipping_info", 6), ("lines", 8), ("references", 3), ("portal", 4), ("read", 9))
NOT_YET = {"in_progress", "order_busy"}
LOST = (OSError, http.client.HTTPException)


class Payment:
    """An order as its shop knows it."""

    def __init__(self, rng):
        self.order_id = self.key = self.session_id = self.token = None
        self.placed = False
        self.outcome = "pending" if rng.random() < 0.12 else "approve"
        self.intents = 0
        self.captures = []


class Intent:
    """One thing somebody wants done once."""

    def __init__(self, payment, action, path, body, user, key):
        self.payment, self.action, self.path, self.body = payment, action, path, body
        self.user = user
        self.key = key
        self.answers = []           # (status, operation id or order id)
        self.ended = None           # "done", "refused CODE", "given up"
        self.lost = 0

    def __str__(self):
        return f"{self.action} with key {self.key} on order {self.payment.order_id}"


def _cart(rng):
    lines = [line(f"item-{n}", rng.randint(1, 4), rng.randint(1, 400) * 25,
                  rng.choice((2500, 1200, 600))) for n in range(rng.randint(1, 4))]
    if rng.random() < 0.4:
        lines.append(line("freight", 1, 4900, type="shipping_fee"))
    if rng.random() < 0.2:
        lines.append(line("voucher", 1, -rng.randint(1, lines[0]["total_amount"] // 2),
                          type="discount"))
    return carts.of(*lines, merchant_reference1=f"R-{rng.randrange(10 ** 9)}")


class Traffic:
    def __init__(self, world, seed, threads=8):
        self.world = world
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.live, self.intents = [], []
        self.waiting = []           # heap of (time, number, intent)
        self.numbers = itertools.count()
        self.touched = set()       # orders that Klarna's people changed
        self.surprises = []
        self.threads = [threading.Thread(target=self._run, args=(random.Random(f"{seed}-{n}"),),
                                         daemon=True) for n in range(threads)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    # --- one client -----------------------------------------------------------------------------

    def _run(self, rng):
        while not self.stopping.is_set():
            try:
                self._step(rng)
            except LOST:
                time.sleep(0.1)
            except Exception as error:      # a defect of the test: told, and fails the run
                self.surprises.append(f"{type(error).__name__}: {error}")
                time.sleep(0.5)

    def _step(self, rng):
        intent = self._take_waiting()
        if intent:
            self.attempt(rng, intent)
        elif len(self.live) < LIVE and rng.random() < (0.25 if len(self.live) > 30 else 0.8):
            self._check_out(rng)
        elif self.live:
            self._act(rng)
        time.sleep(rng.random() * 0.02)

    def _take_waiting(self):
        with self.lock:
            if self.waiting and self.waiting[0][0] <= time.monotonic():
                return heapq.heappop(self.waiting)[2]
        return None

    def _wait(self, intent, seconds):
        with self.lock:
            heapq.heappush(self.waiting, (time.monotonic() + seconds, next(self.numbers), intent))

    def _host(self, rng):
        return rng.choice(self.world.hosts)

    # --- asking ---------------------------------------------------------------------------------

    def begin(self, rng, payment, action, path, body, user="clerk", key=""):
        """key None: the request has none; the token of a placement stands for it."""
        intent = Intent(payment, action, path, body, user,
                        str(uuid.uuid4()) if key == "" else key)
        payment.intents += 1
        with self.lock:
            self.intents.append(intent)
        self.attempt(rng, intent)
        return intent

    def attempt(self, rng, intent):
        try:
            answer = self._host(rng).post(intent.path, intent.body, intent.user, key=intent.key,
                                          timeout=PATIENCE)
            told = json.loads(answer.raw)
        except LOST:
            intent.lost += 1
            self._later(rng, intent, 0.2)
            return
        except ValueError:                  # a truncated answer
            intent.lost += 1
            self._later(rng, intent, 0.2)
            return
        self._answered(rng, intent, answer.status, told)

    def _answered(self, rng, intent, status, told):
        if status in (200, 201):
            intent.answers.append((201, _operation(intent, told)))
            intent.ended = "done"
            self._done(intent, told)
        elif status == 202:
            intent.answers.append((202, _operation(intent, told)))
            self._later(rng, intent, 2)
        elif told.get("code") in NOT_YET or status in (429, 500, 502, 503, 504):
            self._later(rng, intent, 4 if status == 409 else 0.5)
        else:
            intent.ended = f"refused {told.get('code')}"

    def _later(self, rng, intent, seconds):
        if rng.random() < GIVES_UP:
            intent.ended = "given up"
        else:
            self._wait(intent, seconds * (1 + rng.random()))

    def _done(self, intent, told):
        payment = intent.payment
        if intent.action == "start":
            payment.order_id, payment.key = told["order_id"], told["key"]
            payment.session_id = told["session_id"]
        elif intent.action == "place":
            payment.placed = True
        elif intent.action == "capture" and told["capture"]["capture_id"]:
            payment.captures.append(told["capture"]["capture_id"])

    # --- the shopper ----------------------------------------------------------------------------

    def _check_out(self, rng):
        payment = Payment(rng)
        content = _cart(rng)
        payment.amount = content["order_amount"]
        payment.lines = [entry["reference"] for entry in content["order_lines"]
                         if entry.get("type") != "discount"]
        self.begin(rng, payment, "start", CHECKOUT + "/sessions",
                   {"signed_cart": carts.sign(content, lifetime=3600)}, None)
        with self.lock:
            self.live.append(payment)

    def _approve(self, rng, payment):
        """The customer decides; Klarna calls the shop about it, too."""
        outcome = payment.outcome if rng.random() < 0.95 else rng.choice(("refuse", "walk_away"))
        answer = self.world.box.ask("POST", "/_sandbox/authorize", {
            "session_id": payment.session_id, "outcome": outcome}, auth=None)
        payment.token = json.loads(answer.raw).get("authorization_token")
        if payment.token is None:
            self._retire(payment)

    # --- whoever acts on an order -----------------------------------------------------------------

    def _retire(self, payment):
        with self.lock:
            if payment in self.live:
                self.live.remove(payment)

    def _act(self, rng):
        with self.lock:
            payment = rng.choice(self.live) if self.live else None
        if payment is None:
            return
        if payment.intents > LONGEST or (payment.order_id is None and payment.intents > 1):
            self._retire(payment)
        elif payment.order_id is None:
            if rng.random() < 0.02:         # the shopper gave up before it began
                self._retire(payment)
        elif payment.token is None:
            self._approve(rng, payment)
        elif not payment.placed:
            self._finish(rng, payment)
        else:
            self._work(rng, payment)

    def _finish(self, rng, payment):
        """Places it, or never comes back: then Klarna's call places it, or nobody."""
        if rng.random() < 0.1:
            payment.placed = True           # the clerk goes on with it, as with any other
            payment.intents += 1
        elif payment.intents < 3:
            self.begin(rng, payment, "place", CHECKOUT + "/orders",
                       {"order_id": payment.order_id, "key": payment.key,
                        "authorization_token": payment.token}, None,
                       rng.choice((None, None, "")))
        elif rng.random() < 0.2:
            payment.placed = True

    def _work(self, rng, payment):
        action = rng.choices([name for name, _ in ACTIONS], [n for _, n in ACTIONS])[0]
        base = f"{ORDERS}/{payment.order_id}"
        if payment.outcome == "pending" and rng.random() < 0.4:
            self._decide(rng, payment)
        elif action == "capture":
            body = self._selection(rng, payment)
            if rng.random() < 0.3:
                body["shipping_info"] = [SHIPPED]
            self.begin(rng, payment, action, base + "/captures", body)
        elif action == "credit":
            body = self._selection(rng, payment)
            if rng.random() < 0.25:
                body["return_fee"] = rng.randint(1, 500)
            self.begin(rng, payment, action, base + "/credit-invoices", body)
        elif action == "cancel":
            self.begin(rng, payment, action, base + "/cancel", {"confirm_final": True})
        elif action in ("extend", "release"):
            self.begin(rng, payment, action, f"{base}/{action}", {})
        elif action == "shipping_info" and payment.captures:
            self.begin(rng, payment, action,
                       f"{base}/captures/{rng.choice(payment.captures)}/shipping-info",
                       {"shipping_info": [SHIPPED]})
        elif action == "lines":
            self.begin(rng, payment, action, base + "/lines", {"order_lines": [
                line(f"more-{rng.randint(1, 3)}", rng.randint(1, 3), rng.randint(1, 200) * 25)]})
        elif action == "references":
            self.begin(rng, payment, action, base + "/references",
                       {"merchant_reference2": f"till {rng.randint(1, 9)}"})
        elif action == "portal":
            self._portal(rng, payment)
        elif action == "read":
            self._host(rng).get(base + rng.choice(("", "?refresh=1", "/events")),
                                timeout=PATIENCE)

    @staticmethod
    def _selection(rng, payment):
        dice = rng.random()
        if dice < 0.25:
            return {"everything": True}
        if dice < 0.6:
            return {"amount": rng.randint(1, max(1, payment.amount // 2))}
        picked = rng.sample(payment.lines, rng.randint(1, len(payment.lines)))
        return {"lines": [{"reference": name, "quantity": 1} for name in picked]}

    # --- Klarna's people ----------------------------------------------------------------------

    def _klarna_id(self, rng, payment):
        answer = self._host(rng).get(f"{ORDERS}/{payment.order_id}", timeout=PATIENCE)
        return json.loads(answer.raw).get("klarna_order_id") if answer.status == 200 else None

    def _decide(self, rng, payment):
        found = self._klarna_id(rng, payment)
        if found:
            payment.outcome = "decided"
            payment.intents += 1
            self.touched.add(payment.order_id)
            self.world.box.ask("POST", f"/_sandbox/orders/{found}/fraud", {
                "decision": rng.choice(("ACCEPTED", "ACCEPTED", "REJECTED"))}, auth=None)

    def _portal(self, rng, payment):
        found = self._klarna_id(rng, payment)
        if not found:
            return
        action = rng.choice(("capture", "refund", "refund", "cancel"))
        body = {"action": action}
        if action != "cancel":
            body["amount"] = rng.randint(1, max(1, payment.amount // 3))
        self.touched.add(payment.order_id)
        payment.intents += 1
        self.world.box.ask("POST", f"/_sandbox/orders/{found}/portal", body, auth=None)

    # --- the end --------------------------------------------------------------------------------

    def finish(self, rng, share):
        """After the noise: this share of those still waiting asks until it knows."""
        left = [entry[2] for entry in self.waiting if entry[2].ended is None]
        self.waiting = []
        asked = [intent for intent in left if rng.random() < share]
        for intent in left:
            intent.ended = "given up"
        return asked


def _operation(intent, told):
    """What the answer names: the operation that carries the client's key."""
    if intent.action == "start":
        return told["order_id"]
    if intent.action == "place":
        return told["operation_id"]
    if "credit_invoice" in told:
        return told["credit_invoice"]["steps"][0]["operation_id"]
    return told["operation"]["id"] if "operation" in told else None
