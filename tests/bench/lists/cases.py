# SPDX-License-Identifier: Apache-2.0
"""What is asked: each case gives addresses without an end, with values that vary, and knows a
right answer from a wrong one."""
import csv
import dataclasses
import datetime
import io
import itertools
import json
import random
import re
import typing
import urllib.parse

from servers import Failure

import orders

STATES = ("AUTHORIZED", "PART_CAPTURED", "CAPTURED", "CANCELLED", "EXPIRED", "CLOSED", "CREATED",
          "DECLINED", "ABANDONED")
ATTENTION = ("orphan", "outside", "differs", "expiring")
LISTS = ("to_ship", "expiring", "capture_unconfirmed", "refund_unconfirmed", "orphans", "in_review")
SORTS = ("newest", "oldest", "amount_desc", "amount_asc", "expiry")
REFERENCES = ("id", "klarna_order_id", "klarna_reference", "reference1", "reference2",
              "capture_reference", "capture_id", "tracking", "credit_invoice", "credit_reference",
              "refund_id")
CURSOR = re.compile(rb'"next_cursor": ?"([^"]+)"')
MEMBERS = {"state": "state", "store": "merchant", "channel": "channel", "attention": "attention",
           "till": "till", "department": "department", "cashier": "cashier"}


def limit_ms(number):
    """A median above that is too slow."""
    return 50 if number <= 1_000_000 else 100


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of the table. paths(reader) is a generator that is sent each answer."""
    group: str
    name: str
    paths: typing.Callable = dataclasses.field(compare=False)
    check: typing.Callable = dataclasses.field(compare=False)
    is_judged: bool = True    # a median above limit_ms() is a failure
    share: float = 1          # of the requests of the others


# --- answers ---------------------------------------------------------------------------------

def check_orders(path, body):
    """How many there are; each is what was asked for."""
    found = json.loads(body)["orders"]
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query))
    for order in found:
        for parameter, member in MEMBERS.items():
            if parameter in asked and order[member] != asked[parameter]:
                raise Failure(f"{path} gave an order with {member} {order[member]}")
        day = order["created_at"][:10]
        if not asked.get("from", day) <= day <= asked.get("to", day):
            raise Failure(f"{path} gave an order of {order['created_at']}")
    return len(found)


def check_some(path, body):
    count = check_orders(path, body)
    if not count:
        raise Failure(f"{path} gave no order")
    return count


def check_none(path, body):
    if check_orders(path, body):
        raise Failure(f"{path} gave an order")
    return 0


def check_elsewhere(path, body):
    answer = json.loads(body)
    if answer["orders"] or answer["elsewhere"] != 1:
        raise Failure(f"{path} gave {answer}")
    return 0


def check_member(name):
    """An answer with a list of that name; an empty one may be right."""
    return lambda _, body: len(json.loads(body)[name])


def check_csv(path, body):
    """Rows below the heading, as wide as it."""
    rows = list(csv.reader(io.StringIO(body.decode())))
    if len(rows) < 2 or any(len(row) != len(rows[0]) for row in rows):
        raise Failure(f"{path}: not a table")
    return len(rows) - 1


# --- addresses -------------------------------------------------------------------------------

def orders_path(**parameters):
    if "from_" in parameters:
        parameters["from"] = parameters.pop("from_")
    return "/orders?" + urllib.parse.urlencode(parameters)


def pages(**parameters):
    """The first page, the second, ... and from the last on again."""
    def walk(_):
        cursor = None
        while True:
            more = {"cursor": cursor} if cursor else {}
            body = yield orders_path(**parameters, **more)
            found = CURSOR.search(body)
            cursor = found and found[1].decode()
    return walk


def each(*paths):
    """One after the other, again and again."""
    def walk(_):
        for path in itertools.cycle(paths):
            yield path
    return walk


class Cases:
    """All of them, over what fill.py remembered of the orders it wrote."""

    def __init__(self, filled, seed):
        self.samples = filled["samples"]
        self.now = datetime.datetime.fromtimestamp(filled["now"] // 10**6, datetime.timezone.utc)
        self.rng = random.Random(seed)

    def day(self, newest=1, oldest=orders.YEARS * 365 - 40):
        """A day at random, so many days ago."""
        ago = datetime.timedelta(days=self.rng.randint(newest, oldest))
        return (self.now - ago).date()

    def deep(self, **parameters):
        """A page somewhere in the middle: where a list up to a day at random goes on."""
        def walk(reader):
            cursors = []
            while len(cursors) < 20:
                answer = reader.get(orders_path(**parameters, to=self.day(), limit=1))
                if answer.get("next_cursor"):
                    cursors.append(answer["next_cursor"])
            for cursor in itertools.cycle(cursors):
                yield orders_path(**parameters, cursor=cursor)
        return walk

    def days(self, count, path="/orders?", **parameters):
        """From a day at random on so many days."""
        def walk(_):
            while True:
                first = self.day()
                last = first + datetime.timedelta(days=count - 1)
                yield path + orders_path(**parameters, from_=first, to=last).partition("?")[2]
        return walk

    def values(self, kind, template="/orders?q={}"):
        def walk(_):
            values = self.samples[kind]
            first = self.rng.randrange(len(values))
            for value in itertools.cycle(values[first:] + values[:first]):
                yield template.format(urllib.parse.quote(value))
        return walk

    def misses(self):
        """What no order is called, of the forms that are searched for."""
        def walk(_):
            while True:
                digits = "%032x" % self.rng.getrandbits(128)
                for text in (orders.uuid(digits), digits[:8].upper(), f"N-{digits[:9]}", "N-1"):
                    yield orders_path(q=text)
        return walk

    # --- the rows of the table ---------------------------------------------------------------

    def all(self):
        yield from self.lists()
        yield from self.filters()
        yield from self.searches()
        yield from self.sorted()
        yield from self.others()
        yield from self.combined()

    def lists(self):
        yield Case("list", "newest page", each("/orders"), check_some)
        yield Case("list", "newest page of 100", each("/orders?limit=100"), check_some)
        yield Case("list", "pages, one after the other", pages(), check_some)
        yield Case("list", "deep page", self.deep(), check_some)
        yield Case("list", "deep page of 100", self.deep_100, check_some)

    def deep_100(self, reader):
        for path in self.deep()(reader):
            yield path + "&limit=100"

    def filters(self):
        for state in STATES:
            yield Case("state", state, pages(state=state), check_some)
        yield Case("state", "CAPTURED, deep", self.deep(state="CAPTURED"), check_some)
        for store, _ in orders.STORES:
            yield Case("store", store, pages(store=store), check_some)
        for channel in ("online", "instore"):
            yield Case("channel", channel, pages(channel=channel), check_some)
        yield Case("channel", "a till", pages(till="Till 7"), check_some)
        yield Case("channel", "a till, one day", self.days(1, till="Till 7"), check_orders)
        yield Case("channel", "a department", pages(department="kitchen"), check_some)
        yield Case("channel", "a cashier", pages(cashier="eva"), check_some)
        yield Case("channel", "a terminal", pages(terminal="T-7"), check_some)
        yield Case("channel", "nobody's", each(*(f"/orders?{name}=none" for name in (
            "cashier", "department", "terminal", "till"))), check_none)
        yield Case("label", "a tag", pages(tag="gift"), check_some)
        yield Case("label", "a return reason", pages(return_reason="SIZE"), check_some)
        for attention in ATTENTION:
            yield Case("attention", attention, pages(attention=attention), check_orders)
        for name in LISTS:
            yield Case("one click", name, pages(list=name), check_orders)
        yield Case("one click", "to_ship, 100 a page", pages(list="to_ship", limit=100),
                   check_orders)
        yield Case("dates", "one day", self.days(1), check_some)
        yield Case("dates", "one month", self.days(30), check_some)

    def searches(self):
        for kind in REFERENCES:
            yield Case("search", kind, self.values(kind), check_some)
        yield Case("search", "article", self.values("article"), check_some)
        yield Case("search", "article of every third", pages(q="Poster"), check_some)
        yield Case("search", "amount", self.amounts(), check_orders)
        yield Case("search", "no hit", self.misses(), check_none)
        yield Case("search", "not in this list", self.values("id", "/orders?list=orphans&q={}"),
                   check_elsewhere)

    def amounts(self):
        def walk(_):
            while True:
                yield orders_path(q=f"{self.rng.randrange(100, 2500)}.80")
        return walk

    def sorted(self):
        for sort in SORTS:
            yield Case("sort", sort, pages(sort=sort), check_some)
            yield Case("sort", f"{sort}, to_ship", pages(sort=sort, list="to_ship"), check_some)
        yield Case("sort", "amount_desc, CANCELLED", pages(sort="amount_desc", state="CANCELLED"),
                   check_some)
        yield Case("sort", "amount_desc, one day", self.days(1, sort="amount_desc"), check_some)
        yield Case("sort", "amount_desc, a month", self.days(30, sort="amount_desc"), check_some)
        yield Case("sort", "amount_asc, a till", pages(sort="amount_asc", till="Till 7"),
                   check_some)
        yield Case("sort", "amount_asc, a tag", pages(sort="amount_asc", tag="gift"), check_some)
        yield Case("sort", "oldest, CAPTURED", pages(sort="oldest", state="CAPTURED"), check_some)

    def others(self):
        yield Case("route", "totals of to_ship", each("/orders/totals?list=to_ship"),
                   check_member("currencies"))
        yield Case("route", "totals of a month", self.days(30, "/orders/totals?"),
                   check_member("currencies"), False)
        yield Case("route", "totals of all", each("/orders/totals"), check_member("currencies"),
                   False, share=0.1)
        yield Case("route", "GET lists", each("/orders/lists"), check_member("lists"))
        yield Case("route", "one order", self.values("id", "/orders/{}"),
                   check_member("order_lines"))
        yield Case("route", "its events", self.values("id", "/orders/{}/events"),
                   check_member("operations"))
        for path, member in (("overview", "queue"), ("operations?show=open", "operations"),
                             ("operations?show=failing", "operations"),
                             ("operations?show=refused", "operations"), ("callbacks", "callbacks"),
                             ("charts?hours=24", "hours"), ("charts?hours=168", "hours"),
                             ("errors", "errors"), ("support-bundle", "errors")):
            yield Case("operator", path, each(f"/operator/{path}"), check_member(member), False)
        yield Case("export", "CSV of a month", self.days(30, format="csv"), check_csv, False,
                   share=0.1)

    def combined(self):
        """Filters together. No verdict: how many rows must be passed over is up to the data."""
        def case(name, paths, check=check_orders):
            return Case("together", name, paths, check, False)
        yield case("state CAPTURED + online", pages(state="CAPTURED", channel="online"))
        yield case("state CANCELLED + instore", pages(state="CANCELLED", channel="instore"))
        yield case("state AUTHORIZED + instore", pages(state="AUTHORIZED", channel="instore"))
        yield case("state CAPTURED + month", self.days(30, state="CAPTURED"))
        yield case("state AUTHORIZED + old month", self.days(30, state="AUTHORIZED"))
        yield case("store + state + instore", pages(store="south", state="CLOSED",
                                                    channel="instore"))
        yield case("to_ship + article of every third", pages(list="to_ship", q="poster"))
        yield case("refund_unconfirmed + the same", pages(list="refund_unconfirmed", q="poster"))
        yield case("article of every third by amount", pages(sort="amount_desc", q="poster"))
        yield case("article + state", self.values("article", "/orders?q={}&state=CANCELLED"))
        yield case("tag + state", pages(tag="gift", state="CANCELLED"))
        yield case("till + cashier", pages(till="Till 7", cashier="eva"))
        yield case("cashier + CANCELLED", pages(cashier="eva", state="CANCELLED"))
        yield case("instore + month", self.days(30, channel="instore"))
        yield case("to_ship + store", pages(list="to_ship", store="south"))
        yield case("to_ship + instore", pages(list="to_ship", channel="instore"))
        yield case("refund_unconfirmed + store", pages(list="refund_unconfirmed", store="north"))
        yield case("outside + CANCELLED", pages(attention="outside", state="CANCELLED"))
        yield case("search + state", self.values("reference1", "/orders?q={}&state=CAPTURED"))
        yield case("search + store", self.values("tracking", "/orders?q={}&store=north"))
