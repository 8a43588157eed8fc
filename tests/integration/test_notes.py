# SPDX-License-Identifier: Apache-2.0
"""What the shop's people put on an order for each other: notes, tags by which it is listed, and where
else it can be looked at. Klarna is told nothing of it."""
import uuid

import pytest

import carts
from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA, Shop, new_key, problem

pytestmark = pytest.mark.databases


@pytest.fixture(scope="module")
def order_id(httpd, box):
    return Shop(httpd, box).placed()


def note(shop, order_id, text, **more):
    return shop.httpd.post(f"{shop.orders}/{order_id}/notes", {"text": text}, **more)


def tag(shop, order_id, *tags):
    return shop.httpd.post(f"{shop.orders}/{order_id}/tags", {"tags": list(tags)})


def test_notes(shop, box, order_id):
    box.forget_requests()
    first = note(shop, order_id, "Rang Anna.\nShe wants it on Monday. å\u2713 \"'%s\\")
    assert first.status == 201 and first.json["by"] and first.json["at"]
    key = new_key()
    second, again = (note(shop, order_id, "x" * 2000, key=key) for _ in range(2))
    assert second.json["id"] == again.json["id"] != first.json["id"]
    assert box.requests() == []
    assert shop.order(order_id)["notes"] == [second.json, first.json] or \
        shop.order(order_id)["notes"] == [again.json, first.json]


@pytest.mark.parametrize("body, field", [
    ({}, "text"), ({"text": ""}, "text"), ({"text": " \n"}, "text"), ({"text": 1}, "text"),
    ({"text": "x" * 2001}, "text"), ({"text": "a\u0007"}, "text"), ({"text": "a", "x": 1}, "x")])
def test_what_is_no_note(shop, order_id, body, field):
    before = shop.order(order_id)["notes"]
    answer = shop.httpd.post(f"{shop.orders}/{order_id}/notes", body)
    assert answer.status == 400 and answer.json["field"] == field, answer.raw
    assert shop.order(order_id)["notes"] == before


def test_an_order_has_so_many_notes(shop):
    order_id = shop.placed()
    for n in range(100):
        assert note(shop, order_id, str(n)).status == 201
    problem(note(shop, order_id, "one more"), 409, "too_many_notes")
    assert [each["text"] for each in shop.order(order_id)["notes"]][0] == "99"


def test_tags(shop, box, order_id):
    other, mine = shop.placed(), str(uuid.uuid4())[:20]
    box.forget_requests()
    assert tag(shop, order_id, "fragile", mine).json == {"tags": ["fragile", mine]}
    assert tag(shop, other, mine).status == 200
    assert shop.order(order_id)["tags"] == sorted(["fragile", mine])
    listed = {order["id"]: order["tags"] for order in shop.get("?limit=100")["orders"]}
    assert listed[other] == [mine]
    assert {"tag": mine, "count": 2} in shop.get("/tags")["tags"]
    assert [order["id"] for order in shop.get(f"?tag={mine}")["orders"]] == [other, order_id]
    assert tag(shop, order_id, "fragile").status == 200     # replaces
    assert shop.order(order_id)["tags"] == ["fragile"]
    assert {"tag": mine, "count": 1} in shop.get("/tags")["tags"]
    assert tag(shop, order_id).json == {"tags": []} and shop.order(order_id)["tags"] == []
    assert box.requests() == []


@pytest.mark.parametrize("tags, field", [
    (["x" * 33], "tags[0]"), (["a", ""], "tags[1]"), (["a,b"], "tags[0]"), ([" a"], "tags[0]"),
    ([1], "tags[0]"), (["a\nb"], "tags[0]"), ([str(n) for n in range(11)], "tags"), ("a", "tags")])
def test_what_is_no_tag(shop, order_id, tags, field):
    answer = shop.httpd.post(f"{shop.orders}/{order_id}/tags", {"tags": tags})
    assert answer.status == 400 and answer.json["field"] == field, answer.raw


def test_whose(shop, httpd, box, order_id):
    theirs = Shop(httpd, box, "/other/checkout", "/other/orders", kid="other")
    problem(note(theirs, order_id, "a"), 404, "no_such_order")
    problem(tag(theirs, order_id, "a"), 404, "no_such_order")
    assert theirs.get("/tags")["tags"] == []


def test_links(box):
    server = Httpd(klarna_url(box), EXTRA + """
KlarnaOrderLink "Shop" "https://shop.example/{merchant_reference1}?k={klarna_order_id}"
KlarnaOrderLink Other /orders/{merchant_reference2}
""")
    shop = Shop(server, box)
    order = shop.order(shop.placed(carts.of(carts.line("a", 1, 1000), merchant_reference1="A/1 å")))
    assert order["links"] == [{
        "name": "Shop", "url": f"https://shop.example/A%2F1%20%C3%A5?k={order['klarna_order_id']}"}]
    server.stop()
