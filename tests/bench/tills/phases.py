# SPDX-License-Identifier: Apache-2.0
"""What alternates: shoppers who buy, and tills with a payment each, which all end before the shoppers buy
without them again."""
import http.client
import json
import pathlib
import subprocess
import sys
import time

import plan
import setting
from load import Ask, Load, request
from servers import Failure

A_SECOND = 20
BEFORE = 30              # sessions and payments that are made beforehand, a second
SETTLE_S = 4             # until every till has begun to wait, or to come again
NEWS = 60                # callbacks, and the time between two
NEWS_S = 0.1
NEWS_MOST_S = 15         # of all of them: with a slow Klarna each takes seconds
PATIENCE_S = 300         # until the last till knows that its payment has ended
RESTART_S = 3
TILLS = "/klarna/instore/payments"


class Shop:
    """An httpd, and shoppers who place what they began in the turn before."""

    def __init__(self, port, upstream, servers):
        self.port, self.upstream, self.servers = port, upstream, servers
        self.turn, self.made = 0, []

    def warm_up(self, seconds):
        asks = plan.sessions(1 + A_SECOND * seconds // BEFORE, "w", BEFORE)
        Load(self.port, asks).run()
        self.made = [json.loads(ask.body) for ask in asks]

    def placements(self, seconds):
        for i, at in plan.times("placement", seconds, A_SECOND):
            one = self.made[i]
            yield Ask("placement", f"t{self.turn}-{i}", at, request(
                "POST", f"{plan.CHECKOUT}/orders", json.dumps({
                    "order_id": one["order_id"], "key": one["key"],
                    "authorization_token": f"t{self.turn}-{i}"})), 201)

    def calls(self):
        return sum(map(len, self.upstream.calls().values()))

    def checkouts(self, seconds):
        """Seconds of each session and placement, and what they cost meanwhile."""
        self.turn += 1
        sessions = plan.sessions(seconds, f"s{self.turn}-", A_SECOND)
        placements = list(self.placements(seconds))
        used = {name: one.cpu() for name, one in self.servers.items()}
        calls, machine = self.calls(), setting.busy_seconds()
        began = time.monotonic()
        Load(self.port, sessions + placements).run()
        window = began, time.monotonic()
        took = window[1] - window[0]
        machine = setting.busy_seconds() - machine
        self.made = [json.loads(ask.body) for ask in sessions]
        return {"took": {"session": [ask.seconds for ask in sessions],
                         "placement": [ask.seconds for ask in placements]},
                "window": window, "calls_s": (self.calls() - calls) / took,
                "machine": machine / took,
                "core": {name: (one.cpu() - used[name]) / took
                         for name, one in self.servers.items()}}


class Tills:
    """So many payments, and the process whose tills wait for them."""

    def __init__(self, shop, number, stack, login):
        self.shop, self.polls = shop, []
        before = set(shop.upstream.pages())
        payments = self.begin(number, login)
        self.pages = {page: told[1] for page, told in shop.upstream.pages().items()
                      if page not in before}
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [sys.executable, "-B", pathlib.Path(__file__).parent / "tills.py", str(shop.port), login],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stack.callback(self.process.kill)
        self.process.stdin.write("\n".join(payments))
        self.process.stdin.close()
        self.process.stdin = None    # communicate() shall leave it alone
        time.sleep(SETTLE_S)

    def begin(self, number, login):
        turn = f"{self.shop.port}-{self.shop.turn}"    # a key never comes twice
        asks = [Ask("payment", f"p{turn}-{i}", i / BEFORE, request(
            "POST", TILLS, json.dumps({"department": "counter", "till": f"Counter {i}",
                                       "amount": 10000 + i, "reference": f"p{turn}-{i}"}),
            (f"Authorization: Basic {login}", f"Idempotency-Key: p{turn}-{i}")), 201)
                for i in range(number)]
        Load(self.shop.port, asks).run()
        return [json.loads(ask.body)["payment_id"] for ask in asks]

    def tell_news(self):
        """Some customers open their page, and Klarna says so: when, by payment."""
        told, end = {}, time.monotonic() + NEWS_MOST_S
        for page, url in list(self.pages.items())[:NEWS]:
            if time.monotonic() > end:
                break
            path = url.removeprefix("https://shop.example")
            self.shop.upstream.set_pages([page], "IN_PROGRESS")
            told[path.rpartition("/")[2].partition(".")[0]] = time.monotonic()
            link = http.client.HTTPConnection("127.0.0.1", self.shop.port, timeout=30)
            link.request("POST", path, json.dumps({"event_id": page, "session": {}}),
                         {"Content-Type": "application/json"})
            answer = link.getresponse()
            if answer.status != 200:
                raise Failure(f"a callback: {answer.status} {answer.read()}")
            link.close()
            time.sleep(NEWS_S)
        time.sleep(SETTLE_S)
        return told

    def end(self):
        """Every customer says no, and every till learns it."""
        self.shop.upstream.set_pages(self.pages, "CANCELLED")
        try:
            text = self.process.communicate(timeout=PATIENCE_S)[0]
        except subprocess.TimeoutExpired:
            raise Failure("not every till learnt that its payment has ended") from None
        self.polls = json.loads(text or "[]")
        states = {poll[0]: poll[5] for poll in self.polls}
        if self.process.returncode or len(states) != len(self.pages) \
                or set(states.values()) != {"CANCELLED"}:
            raise Failure(f"the tills: {self.process.returncode}, {set(states.values())}")

    def rates(self, began, ended):
        """Polls in that time, and how many waited in the mean."""
        asked = [poll for poll in self.polls if began <= poll[2] <= ended]
        waited = sum(min(poll[2], ended) - max(poll[1], began) for poll in self.polls
                     if poll[2] > began and poll[1] < ended)
        return {"polls_s": len(asked) / (ended - began), "places": waited / (ended - began)}

    def heard(self, told):
        """(seconds, whether it waited then) of each till to its answer with the news."""
        found = []
        for payment, at in told.items():
            news = next((poll for poll in self.polls if poll[0] == payment
                         and poll[5] == "IN_PROGRESS"), None)
            if not news:
                raise Failure(f"payment {payment}: its till never learnt that it was opened")
            found.append((news[2] - at, news[1] < at))
        return found


def let_go(polls, began):
    """How many polls waited then, and after how many seconds the last of them was answered."""
    ended = [poll[2] - began for poll in polls if poll[1] < began < poll[2]]
    return len(ended), max(ended, default=0)
