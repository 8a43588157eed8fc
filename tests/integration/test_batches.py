# SPDX-License-Identifier: Apache-2.0
"""Many orders captured at once: worked by the worker at Klarna's pace, each once; what fails is named,
one by one, and ends nothing else."""
import concurrent.futures
import uuid

import pytest

from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA, Shop, for_stores, new_key, problem
from waiting import eventually

databases = pytest.mark.databases
ORDERS = 200
BUSY = 12           # of Klarna's answers are 429


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + "KlarnaWorker 4\n"
                   + for_stores("/both/orders", "default other"))
    yield server
    server.stop()


@pytest.fixture
def shop(httpd, box):
    box.clear()
    httpd.allow_log("KLA0030: |KLA0040: |KLA0021: ")
    yield Shop(httpd, box)
    box.clear()


def at_rest(httpd):
    eventually(lambda: not httpd.sql("SELECT id FROM klarna_operation WHERE next_at > 0"))


def ask(shop, orders, key=None):
    return shop.httpd.post(f"{shop.orders}/batches", {"action": "capture", "orders": orders},
                           key=key or new_key())


def stored(shop):
    return [shop.httpd.sql(f"SELECT COUNT(*) FROM {table}")
            for table in ("klarna_batch", "klarna_batch_item")]


def batch(shop, orders):
    answer = ask(shop, orders)
    assert answer.status == 202, answer.raw
    assert answer.headers["Location"] == f"{shop.orders}/batches/{answer.json['id']}"
    return answer.json


def ended(shop, made):
    def done():
        found = shop.get(f"/batches/{made['id']}")
        return found if found["state"] == "done" else None
    return eventually(done, 120)


def by_order(found):
    return {item["order_id"]: item for item in found["items"]}


def captures(box, order):
    return [(c["captured_amount"], c["idempotency_key"]) for c in
            box.ledger(order["klarna_order_id"])["captures"]]


def refused_ones(shop, box, orders):
    """Five orders that cannot be captured, each for another reason: their ids and reasons."""
    cancelled, outside, twice, review, no = orders
    shop.done(shop.act(cancelled, "cancel", {"confirm_final": True}))
    box.control("POST", f"orders/{shop.order(outside)['klarna_order_id']}/portal", {"action": "cancel"})
    shop.done(shop.act(twice, "captures", {"everything": True}))
    path = f"/{shop.order(no)['klarna_order_id']}/captures$"
    box.fault("status", path=path, status=403, body={
        "error_code": "CAPTURE_NOT_ALLOWED", "error_messages": ["Not this one."],
        "correlation_id": str(uuid.uuid4())})
    return {cancelled: "not_capturable", outside: "not_capturable", twice: "not_capturable",
            review: "not_capturable", no: "CAPTURE_NOT_ALLOWED"}


def test_200_at_once_with_429_and_five_refusals(shop, box, httpd):
    with concurrent.futures.ThreadPoolExecutor(8) as many:
        orders = list(many.map(lambda _: shop.placed(), range(ORDERS - 1)))
    orders.insert(7, shop.placed(outcome="pending"))
    expected = refused_ones(shop, box, [orders[n] for n in (3, 4, 5, 7, 100)])
    at_rest(httpd)
    box.forget_requests()
    box.fault("rate_limit", BUSY, path="/captures$")
    made = batch(shop, orders)
    assert made["total"] == ORDERS and [i["order_id"] for i in made["items"]] == orders
    found = ended(shop, made)
    assert [request["status"] for request in box.requests()].count(429) == BUSY
    assert (found["confirmed"], found["refused"], found["waiting"]) == (ORDERS - 5, 5, 0)
    for order_id, item in by_order(found).items():
        order = shop.order(order_id)
        if order_id in expected:
            assert item["state"] == "refused" and item["reason"] == expected[order_id], item
            assert item["sentence"]
            assert len(captures(box, order)) == order["captured_amount"] // order["order_amount"]
        else:
            assert item["state"] == "confirmed" and not item["reason"], item
            [(amount, _)] = captures(box, order)
            assert amount == order["order_amount"] == order["captured_amount"]
            [done] = [each for each in shop.started(order_id) if each["kind"] == "capture"]
            assert done["actor"] == made["by"]


@databases
def test_the_same_key_is_the_same_batch(shop):
    orders, key = [shop.placed(), shop.placed()], new_key()
    made = ask(shop, orders, key)
    again = ask(shop, orders, key)
    assert made.status == again.status == 202 and made.json["id"] == again.json["id"]
    problem(ask(shop, orders[:1], key), 422, "idempotency_key_reused", "Idempotency-Key")
    assert ended(shop, made.json)["confirmed"] == 2
    assert ask(shop, orders, key).json["confirmed"] == 2
    listed = shop.get("/batches")["batches"]
    assert listed[0]["id"] == made.json["id"] and "items" not in listed[0]
    assert (listed[0]["state"], listed[0]["confirmed"], listed[0]["by"]) == ("done", 2, made.json["by"])


@databases
def test_an_order_in_two_batches_is_captured_once(shop, box):
    order_id = shop.placed()
    first, second = batch(shop, [order_id]), batch(shop, [order_id])
    told = sorted(ended(shop, made)["items"][0]["state"] for made in (first, second))
    assert told == ["confirmed", "refused"]
    assert len(captures(box, shop.order(order_id))) == 1


@databases
def test_a_lost_answer_is_followed(shop, box, httpd):
    order_id = shop.placed()
    box.fault("status", 4, path="/captures$", status=502, execute=True)
    found = ended(shop, batch(shop, [order_id]))
    assert found["items"][0]["state"] == "confirmed"
    shop.agrees(order_id, "CAPTURED")


@pytest.mark.parametrize("change, status, code, field", [
    ({"orders": []}, 400, "out_of_range", "orders"),
    ({"orders": [str(uuid.uuid4()) for _ in range(1001)]}, 400, "out_of_range", "orders"),
    ({"orders": ["x"]}, 400, "not_an_id", "orders[0]"),
    ({"orders": [1]}, 400, "not_an_id", "orders[0]"),
    ({"orders": ["11111111-1111-4111-8111-111111111111"] * 2}, 400, "twice", "orders[1]"),
    ({"orders": ["11111111-1111-4111-8111-111111111111"]}, 404, "no_such_order", "orders[0]"),
    ({"action": "cancel"}, 400, "unknown_value", "action"), ({"x": 1}, 400, "unknown_field", "x")])
def test_what_cannot_be_asked(shop, change, status, code, field):
    order_id, before = shop.placed(), stored(shop)
    problem(shop.httpd.post(f"{shop.orders}/batches",
                            {"action": "capture", "orders": [order_id]} | change, key=new_key()),
            status, code, field)
    assert stored(shop) == before


@databases
def test_whose_orders(shop, httpd, box):
    """Of two stores: each worked as its own; whoever has one of them sees only its items."""
    theirs = Shop(httpd, box, "/other/checkout", "/other/orders", kid="other")
    both = Shop(httpd, box, orders="/both/orders")
    orders = [shop.placed(), theirs.placed()]
    problem(ask(shop, orders), 404, "no_such_order", "orders[1]")
    made = ended(both, batch(both, orders))
    assert made["confirmed"] == 2
    assert [i["order_id"] for i in shop.get(f"/batches/{made['id']}")["items"]] == orders[:1]
    problem(httpd.get(f"/other/orders/batches/{made['id']}"), 404, "no_such_batch")
    problem(httpd.get(f"{shop.orders}/batches/{uuid.uuid4()}"), 404, "no_such_batch")


@databases
def test_what_has_had_its_time_goes(shop, httpd):
    """A batch with its items, once all of them have ended; and items whose batch never came to be."""
    old, young = ended(shop, batch(shop, [shop.placed()])), ended(shop, batch(shop, [shop.placed()]))
    httpd.sql(f"INSERT INTO klarna_batch_item SELECT '{uuid.uuid4()}', order_id, place, merchant, 'stray',"
              " 'waiting', '', '', '', 1, 1 FROM klarna_batch_item "
              f"WHERE batch_id = '{old['id']}'")
    httpd.sql(f"UPDATE klarna_batch SET created_at = 1 WHERE id IN ('{old['id']}', '{young['id']}')")
    httpd.sql(f"UPDATE klarna_batch_item SET updated_at = 1 WHERE batch_id = '{old['id']}'")
    eventually(lambda: not httpd.sql("SELECT batch_id FROM klarna_batch_item WHERE batch_id = "
                                     f"'{old['id']}' OR reference = 'stray'"))
    eventually(lambda: shop.httpd.get(f"{shop.orders}/batches/{old['id']}").status == 404)
    assert shop.get(f"/batches/{young['id']}")["confirmed"] == 1


def test_without_a_worker(box):
    server = Httpd(klarna_url(box), EXTRA + "KlarnaWorker Off\n")
    shop = Shop(server, box)
    order_id = shop.placed()
    with shop.nothing_happens():
        assert "KlarnaWorker" in problem(ask(shop, [order_id]), 409, "no_worker")["next"]
    server.stop()
