# SPDX-License-Identifier: Apache-2.0
"""Lists of orders, and of payments that became none: every filter alone and with others, over one store and over two, page by page,
against a model that filters and sorts in Python."""
import datetime
import random
import time
import urllib.parse
import uuid

import pytest

import carts
import made_up
from httpd import Httpd
from sandbox import klarna_url
from shop import ORDERS, Shop, for_stores, problem

pytestmark = pytest.mark.databases

EXTRA = "".join(f"""
<KlarnaStore {store}>
    KlarnaCredentials file:${{DIR}}/other-credentials
    KlarnaEndpoint ${{KLARNA_URL}}
</KlarnaStore>
""" for store in ("north", "south", "empty")) + "".join(
    for_stores(path, stores) for path, stores in (
        ("/north", "north"), ("/both", "south empty north"), ("/empty", "empty")))

SECOND, DAY = 1_000_000, 86_400 * 1_000_000
NEVER = 2 ** 63 - 1
STATES = {  # a state: hundredths captured and remaining
    "CREATED": (0, 0), "AUTHORIZED": (0, 100), "PART_CAPTURED": (40, 60),
    "CAPTURED": (100, 0), "CANCELLED": (0, 0), "EXPIRED": (40, 0), "CLOSED": (100, 0)}
UNFINISHED = ["CREATED", "DECLINED", "ABANDONED"]
LISTS = {
    "to_ship": lambda order, now: order["open_until"] > 0,
    "expiring": lambda order, now: 0 < order["open_until"] <= now + 7 * DAY,
    "capture_unconfirmed": lambda order, now: order["waiting"] == "capture",
    "refund_unconfirmed": lambda order, now: order["waiting"] == "refund",
    "orphans": lambda order, now: order["attention"] == "orphan",
    "in_review": lambda order, now: order["fraud_status"] == "PENDING"
    and order["state"] in ("AUTHORIZED", "PART_CAPTURED")}
SORTS = {  # a key of an order, and whether the highest comes first
    "newest": (lambda order: (order["created_at"], order["id"]), True),
    "oldest": (lambda order: (order["created_at"], order["id"]), False),
    "amount_desc": (lambda order: (order["order_amount"], order["created_at"], order["id"]), True),
    "amount_asc": (lambda order: (order["order_amount"], order["created_at"], order["id"]), False),
    "expiry": (lambda order: (order["open_until"], order["id"]), False)}
AMOUNTS = {"99.00": [9900], "129,00": [12900], "9900": [9900, 990000], "129": [129, 12900]}
NOON = datetime.datetime(2026, 3, 9, 12, tzinfo=datetime.timezone.utc)


PLACES = {"department": ["eyes", "dental"], "till": ["Till 1", "Kassa 2 & 3"],
          "terminal": ["T-9"], "cashier": ["anna", "=bo"], "invoice": ["F-1", "F/2"]}
NOWHERE = {"channel": "online", **dict.fromkeys(PLACES, "")}


def _place(dice):
    """Where it was bought: two of three online."""
    if dice.random() < .66:
        return NOWHERE
    return {"channel": "instore", **{name: dice.choice([*values, ""])
                                     for name, values in PLACES.items()}}


def _made_up(dice):
    """An order as the module could have stored it; times and references are often the same."""
    state = dice.choice(list(STATES))
    total = dice.choice([9900, 9900, 12900, 100])
    captured, remaining = (total * part // 100 for part in STATES[state])
    fraud = dice.choice(["ACCEPTED", "ACCEPTED", "ACCEPTED", "", "PENDING", "REJECTED"])
    now = int(time.time()) * SECOND
    expires = dice.choice([0, now + 2 * DAY, now + 6 * DAY, now + 20 * DAY, now + 20 * DAY])
    is_open = remaining and fraud in ("ACCEPTED", "")
    return {"merchant": dice.choice(["north", "south"]), "state": state, "order_amount": total,
            "fraud_status": fraud, "currency": dice.choice(["SEK", "SEK", "EUR"]),
            "captured_amount": captured, "remaining_amount": remaining, "refunded_amount": 0,
            "expires_at": expires, "open_until": (expires or NEVER) if is_open else 0,
            "created_at": int(NOON.timestamp()) * SECOND + dice.choice([-2, -1, 0, 0, 1]) * DAY,
            "attention": dice.choice(["", "", "", "orphan", "outside", "differs", "expiring"]),
            "waiting": dice.choice(["", "", "capture", "refund"]),
            **_place(dice),
            "reference1": dice.choice(["R-1", "R-2", "R 3 & half/+%"]), "reference2": ""}


def _label(httpd, dice, order):
    """What stands beside an order's row."""
    key = f"{order['created_at']}, '{order['id']}'"
    chosen = {"tag": dice.choice(["", "", "fragile", "gift"]),
              "return_reason": dice.choice(["", "", "SIZE"]),
              "article": dice.choice(["", "", "hat-9", "scarf"])}
    for kind in ("tag", "return_reason"):
        if chosen[kind]:
            httpd.sql("INSERT INTO klarna_label (merchant, kind, value, created_at, order_id) "
                      f"VALUES ('{order['merchant']}', '{kind}', '{chosen[kind]}', {key})")
    if chosen["article"]:
        httpd.sql("INSERT INTO klarna_article (merchant, article, created_at, order_id) "
                  f"VALUES ('{order['merchant']}', '{chosen['article']}', {key})")
    return chosen


def _made_up_payment(dice):
    """Never in a list that does not ask for its state."""
    place = _place(dice)
    return {"merchant": dice.choice(["north", "south"]),
            # what was begun in a store and waits has a state of its own, which no list is of
            "state": dice.choice(UNFINISHED) if place is NOWHERE else "DECLINED", **place,
            "created_at": int(NOON.timestamp()) * SECOND + dice.choice([-2, -1, 0, 0, 1]) * DAY,
            "reference1": dice.choice(["R-1", "R-2"])}


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def orders(httpd, box):
    shop, cart = Shop(httpd, box), carts.of(carts.line("hat", 1, 9900))
    template, payment = shop.placed(cart), shop.start(cart)
    dice, made = random.Random(4), []
    for _ in range(120):
        order = _made_up(dice)
        order["id"] = str(uuid.UUID(int=dice.getrandbits(128), version=4))
        made_up.order(httpd, template, order["id"],
                      **{name: value for name, value in order.items() if name != "id"})
        made.append(order | _label(httpd, dice, order))
    for _ in range(60):
        order, new_id = _made_up_payment(dice), str(uuid.UUID(int=dice.getrandbits(128), version=4))
        way = "online" if order["channel"] == "online" else dice.choice(["hosted_page", "qr"])
        made_up.payment(httpd, payment.order_id, new_id, kind=way,
                        **{name: value for name, value in order.items() if name != "channel"})
        made.append(order | {"id": new_id, "is_payment": True, "attention": "", "waiting": "",
                              "open_until": 0, "fraud_status": "", "order_amount": 9900})
    return made


def _microseconds(day):
    return int(datetime.datetime.fromisoformat(day + "T00:00:00+00:00").timestamp()) * SECOND


def _is_found(order, text):
    return (text.lower() in (order["id"], order["reference1"].lower(), order.get("article"))
            or order["order_amount"] in AMOUNTS.get(text, []))


def _fits(order, query):
    """The model: what each parameter means."""
    return all((
        not order.get("is_payment") or query.get("state") in UNFINISHED and not {
            "q", "attention", "list", "tag", "return_reason"} & set(query),
        order["merchant"] == query.get("store", order["merchant"]),
        order["state"] == query.get("state", order["state"]),
        order["attention"] == query.get("attention", order["attention"]),
        *(order[name] == query.get(name, order[name]) for name in NOWHERE),
        "q" not in query or _is_found(order, query["q"]),
        *(order.get(name) == query.get(name, order.get(name)) for name in ("tag", "return_reason")),
        query.get("sort") != "expiry" or order["open_until"] > 0,
        "list" not in query or LISTS[query["list"]](order, int(time.time()) * SECOND),
        "from" not in query or order["created_at"] >= _microseconds(query["from"]),
        "to" not in query or order["created_at"] < _microseconds(query["to"]) + DAY))


def _expected(orders, query):
    found = [order for order in orders if _fits(order, query)]
    usual = "expiry" if query.get("list") in ("to_ship", "expiring") else "newest"
    key, highest_first = SORTS[query.get("sort", usual)]
    found.sort(key=key, reverse=highest_first)
    return [order["id"] for order in found]


def _pages(httpd, path, query, limit):
    """Ids page by page until there is no further page."""
    cursor, ids = None, []
    for _ in range(200):
        asked = query | {"limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = httpd.get(f"{path}?{urllib.parse.urlencode(asked)}")
        assert answer.status == 200, answer.raw
        page = [order["id"] for order in answer.json["orders"]]
        assert len(page) <= limit
        ids += page
        cursor = answer.json.get("next_cursor")
        if not cursor:
            return ids
        assert page, "a cursor that leads nowhere"
    raise AssertionError("it never ends")


CHOICES = {"state": list(STATES) + UNFINISHED[1:], "channel": ["online", "instore"],
           "attention": ["orphan", "outside", "differs", "expiring"], "list": list(LISTS),
           "q": ["R-1", "r-1", "R 3 & half/+%", "nothing", "HAT-9", *AMOUNTS],
           "sort": list(SORTS), "tag": ["fragile", "gift", "Gift"], "return_reason": ["SIZE"],
           "from": ["2026-03-08", "2026-03-09"],
           "to": ["2026-03-08", "2026-03-09"], **PLACES, "store": ["north", "south", "empty"]}


@pytest.mark.parametrize("name, value", [(name, value) for name, values in CHOICES.items()
                                         for value in values])
def test_one_filter(httpd, orders, name, value):
    expected = _expected(orders, {name: value})
    assert _pages(httpd, "/both", {name: value}, 7) == expected
    assert _pages(httpd, "/both", {name: value}, 100) == expected
    if name != "store":
        north = [order for order in orders if order["merchant"] == "north"]
        assert _pages(httpd, "/north", {name: value}, 7) == _expected(north, {name: value})


@pytest.mark.parametrize("seed", range(75))
def test_filters_together(httpd, orders, seed):
    """Every order that fits is listed once, in order, whatever the size of the pages. The last ask
    where in a store as well."""
    dice = random.Random(seed)
    names = dice.sample(list(CHOICES), dice.choice([0, 2, 2, 3]))
    if seed >= 30:
        names = [dice.choice(list(PLACES)), *names[:2]]
    query = {name: dice.choice(CHOICES[name]) for name in names}
    if query.get("from", "") > query.get("to", "9"):
        del query["from"]
    if query.get("state") in UNFINISHED:
        query.pop("sort", None)
    assert _pages(httpd, "/both", query, dice.choice([1, 2, 3, 10, 59, 60])) == _expected(
        orders, query), query


def test_by_id(httpd, orders):
    assert _pages(httpd, "/both", {"q": orders[5]["id"]}, 5) == [orders[5]["id"]]


def test_an_empty_parameter_filters_nothing(httpd, orders):
    empty = {name: "" for name in [*CHOICES, "cursor", "format"]}
    assert _pages(httpd, "/both", {}, 100) == _expected(orders, {})
    answer = httpd.get(f"/both?limit=100&{urllib.parse.urlencode(empty)}")
    assert [order["id"] for order in answer.json["orders"]] == _expected(orders, {})[:100]


def test_nothing_to_list(httpd, orders):
    answer = httpd.get("/empty")
    assert answer.json == {"orders": []}


@pytest.mark.parametrize("query, code, field, expected", [
    ("stat=AUTHORIZED", "unknown_parameter", "stat", "state"),
    ("State=AUTHORIZED", "unknown_parameter", "State", "state"),
    ("state", None, None, None), ("=x", "unknown_parameter", "", "state"),
    ("before=2026-01-01", "unknown_parameter", "before", "from"),
    ("state=AUTHORIZED&state=CAPTURED", "repeated_parameter", "state", "one value"),
    ("state=authorized", "unknown_value", "state", "AUTHORIZED"),
    ("store=default", "unknown_value", "store", "south, empty, north"),
    ("channel=web", "unknown_value", "channel", "online or instore"),
    ("attention=orphans", "unknown_value", "attention", "orphan, outside"),
    ("list=orphan", "unknown_value", "list", "orphans"),
    ("format=xml", "unknown_value", "format", "csv"),
    ("limit=101", "out_of_range", "limit", "1 to 100"),
    ("limit=1e1", "out_of_range", "limit", "1 to 100"),
    ("cursor=5", "cursor", "cursor", "next_cursor"),
    ("q=" + "x" * 256, "unreadable_parameter", "q", "255"),
    ("q=%ff", "unreadable_parameter", "q", "UTF-8"),
    ("q=%c0%af", "unreadable_parameter", "q", "UTF-8"),
    ("q=%ed%a0%80", "unreadable_parameter", "q", "UTF-8"),
    ("q=%f4%90%80%80", "unreadable_parameter", "q", "UTF-8"),
    ("q=a%00b", "unreadable_parameter", "q", "UTF-8"),
    ("q=%zz", "unreadable_parameter", "q", "percent"),
    ("q=%", "unreadable_parameter", "q", "percent"),
    ("from=2026-1-1", "not_a_date", "from", "YYYY-MM-DD"),
    ("from=2026-02-30", "not_a_date", "from", "YYYY-MM-DD"),
    ("from=2025-02-29", "not_a_date", "from", "YYYY-MM-DD"),
    ("from=2026-13-01", "not_a_date", "from", "YYYY-MM-DD"),
    ("from=2026-00-10", "not_a_date", "from", "YYYY-MM-DD"),
    ("from=2026-01-00", "not_a_date", "from", "YYYY-MM-DD"),
    ("from=1969-12-31", "not_a_date", "from", "1970"),
    ("from=yesterday!", "not_a_date", "from", "YYYY-MM-DD"),
    ("to=2026-03-09T10", "not_a_date", "to", "YYYY-MM-DD"),
    ("to=2026/03/09", "not_a_date", "to", "YYYY-MM-DD"),
    ("from=2026-03-09&to=2026-03-08", "out_of_range", "to", "same day"),
    ("from=2026-03-09T10:00:00Z&to=2026-03-09T10:00:00Z", "out_of_range", "to", "later"),
    ("from=2026-03-09T10:00:00", "not_a_date", "from", "hh:mm"),
    ("sort=amount", "unknown_value", "sort", "amount_desc"),
    ("sort=oldest&state=DECLINED", "not_with_state", "sort", "newest"),
    ("sort=amount_asc&cursor=5_" + "0" * 8 + "-0000-4000-8000-" + "0" * 12, "cursor", "cursor",
     "next_cursor"),
    ("ids=x", "ids", "ids", "100 ids"),
    ("ids=" + ",".join(["00000000-0000-4000-8000-000000000000"] * 101), "ids", "ids", "100"),
])
def test_a_wrong_parameter(httpd, orders, query, code, field, expected):
    """A mistyped filter never shows everything."""
    answer = httpd.get(f"/both?{query}")
    if code:
        problem(answer, 400, code, field, expected=expected)
    else:
        assert answer.status == 200


@pytest.mark.parametrize("query", ["from=2024-02-29&to=2024-02-29", "from=1970-01-01",
                                   "to=9999-12-31", "to=1970-01-01", "q=%F0%9F%9B%92",
                                   "q=a%2Fb", "q=%25"])
def test_a_right_parameter(httpd, orders, query):
    assert httpd.get(f"/both?{query}").status == 200


def test_an_escaped_slash_is_searched_for(httpd, orders):
    """It was taken for an empty search once, which lists everything."""
    assert _pages(httpd, "/both", {"q": "R 3 & half/+%"}, 100) == _expected(
        orders, {"q": "R 3 & half/+%"})


@pytest.mark.parametrize("begin, end", [
    ("2026-03-09T12:00:00Z", "2026-03-10"), ("2026-03-09T12:00:00.000001Z", ""),
    ("2026-03-09T13:00:00+01:00", "2026-03-09T13:00:01+01:00"),
    ("", "2026-03-09T12:00:00Z"), ("2026-03-08T23:00:00-02:00", "2026-03-09T08:00:00-04:00")])
def test_times(httpd, orders, begin, end):
    """A user's day is not Greenwich's: the end of one is not in it."""
    def at(text, length):
        if len(text) == 10:
            return _microseconds(text) + length
        return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * SECOND)

    query = {name: text for name, text in (("from", begin), ("to", end)) if text}
    inside = [order for order in orders if (not begin or order["created_at"] >= at(begin, 0))
              and (not end or order["created_at"] < at(end, DAY))]
    for sort in SORTS:
        assert _pages(httpd, "/both", query | {"sort": sort}, 7) == _expected(inside, {"sort": sort})


def test_ids(httpd, orders):
    dice = random.Random(1)
    chosen = [order for order in dice.sample(orders, 90) if not order.get("is_payment")]
    ids = ",".join([order["id"] for order in chosen] + [str(uuid.uuid4())])
    for query in ({}, {"list": "to_ship"}, {"sort": "amount_desc"}, {"store": "north"}):
        assert _pages(httpd, "/both", query | {"ids": ids}, 7) == _expected(chosen, query)
    rows = httpd.get(f"/both?format=csv&ids={ids},{ids}").raw.decode()
    assert len(rows.splitlines()) == len(chosen) + 1


def test_elsewhere(httpd, orders):
    """What is found, but not in this list; only of searches that something narrows."""
    one = next(order for order in orders if order["state"] == "CAPTURED")
    for query in ({"list": "to_ship"}, {"state": "CREATED"}, {"till": "nowhere"},
                  {"from": "2026-03-20"}, {"store": "empty"}, {"tag": "none"},
                  {"sort": "expiry"}):
        answer = httpd.get("/both?" + urllib.parse.urlencode(query | {"q": one["id"]}))
        assert answer.json == {"orders": [], "elsewhere": 1}, query
    answer = httpd.get("/both?list=to_ship&q=nothing")
    assert answer.json == {"orders": []}
    assert "elsewhere" not in httpd.get("/both?q=nothing").json
    assert "elsewhere" not in httpd.get(f"/both?q={one['id']}&state=CAPTURED").json
    assert httpd.get("/north?list=to_ship&q=99.00&to=1999-01-01").json["elsewhere"] == len(_expected(
        [order for order in orders if order["merchant"] == "north"], {"q": "99.00"}))


# --- sums -----------------------------------------------------------------------------------

@pytest.mark.parametrize("query", [
    {}, {"state": "CAPTURED"}, {"list": "to_ship"}, {"sort": "expiry"}, {"q": "R-1"}, {"q": "129"},
    {"tag": "gift"}, {"store": "north", "from": "2026-03-09"}, {"state": "DECLINED"},
    {"list": "in_review", "channel": "online"}])
def test_totals(httpd, orders, query):
    fitting = set(_expected(orders, query))
    found = [order for order in orders if order["id"] in fitting and not order.get("is_payment")]
    sums = [{"currency": currency, "count": sum(order["currency"] == currency for order in found),
             **{name: sum(order[name] for order in found if order["currency"] == currency)
                for name in ("order_amount", "captured_amount", "refunded_amount")}}
            for currency in sorted({order["currency"] for order in found})]
    answer = httpd.get("/both/totals?" + urllib.parse.urlencode(query))
    assert answer.json == {"count": len(found), "complete": True, "currencies": sums}
    problem(httpd.get("/both/totals?limit=5"), 400, "unknown_parameter", "limit", expected="state")


# --- by what an order is found ----------------------------------------------------------------

def test_articles_of_an_order(httpd, box):
    """Of a placed order, from its lines; in any case; and of what was added later."""
    shop = Shop(httpd, box)
    cart = carts.of(carts.line("Blue-HAT", 2, 9900), carts.line("Sock", 1, 500))
    order_id = shop.placed(cart)
    for text in ("blue-hat", "BLUE-HAT", "sock"):
        assert order_id in [order["id"] for order in httpd.get(f"{ORDERS}?q={text}").json["orders"]]
    assert httpd.get(f"{ORDERS}?q=blue").json["orders"] == []


def test_same_reference(httpd, box):
    shop, cart = Shop(httpd, box), carts.of(carts.line("cap", 1, 700))
    reference = f"Twice-{uuid.uuid4()}"
    first, second = (shop.placed(cart | {"merchant_reference1": text})
                     for text in (reference, reference.lower()))
    assert [httpd.get(f"{ORDERS}/{one}").json["same_reference"] for one in (first, second)] == [1, 1]
    assert len(httpd.get(f"{ORDERS}?q={reference.upper()}").json["orders"]) == 2


# --- how many -------------------------------------------------------------------------------

def test_counts(httpd, orders):
    for path, mine in (("/both", orders), ("/north", [order for order in orders
                                                      if order["merchant"] == "north"]),
                       ("/empty", [])):
        answer = httpd.get(path + "/lists")
        assert answer.status == 200
        assert answer.json == {"lists": {
            name: {"count": len(_expected(mine, {"list": name})), "more": False}
            for name in LISTS}}


def test_counts_end_at_a_hundred(httpd, orders):
    """A hundred are counted, more are more; so too when only the stores together have them."""
    template = orders[0]["id"]
    values = {"state": "AUTHORIZED", "order_amount": 9900, "captured_amount": 0,
              "remaining_amount": 9900, "open_until": NEVER, "expires_at": 0, "waiting": "",
              "attention": "", "merchant": "empty"}
    for number in range(101):
        if number == 100:
            assert httpd.get("/empty/lists").json["lists"]["to_ship"] == {"count": 100,
                                                                          "more": False}
        made_up.order(httpd, template, str(uuid.uuid4()), **values)
    try:
        assert httpd.get("/empty/lists").json["lists"]["to_ship"] == {"count": 100, "more": True}
        told = httpd.get("/both/lists").json["lists"]
        assert told["to_ship"] == {"count": 100, "more": True}
        assert told["orphans"]["more"] is False
    finally:
        httpd.sql("DELETE FROM klarna_order WHERE merchant = 'empty'")


def test_counts_take_no_parameter(httpd):
    problem(httpd.get("/both/lists?store=north"), 400, "unknown_parameter", "store",
            expected="none")


# --- who may ----------------------------------------------------------------------------------

def test_only_users(httpd):
    for path in (ORDERS + "/lists", ORDERS + "/about", ORDERS + "?format=csv", "/both/about"):
        assert httpd.get(path, None).status == 401


def test_about(httpd):
    def store(name):
        return {"name": name, "environment": "playground", "region": "eu"}

    about = httpd.get("/both/about").json
    assert set(about) == {"user", "version", "stores"} and about["user"] == "clerk"
    assert about["stores"] == [store("south"), store("empty"), store("north")]
    assert httpd.get(ORDERS + "/about", "operator").json == {
        "user": "operator", "version": about["version"], "stores": [store("default")]}
    assert httpd.get("/klarna/operator/about", "operator").json["user"] == "operator"
    assert httpd.get("/klarna/instore/about", "clerk").json == {
        "user": "clerk", "version": about["version"], "stores": [store("default")]}
