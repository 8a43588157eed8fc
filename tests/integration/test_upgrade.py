# SPDX-License-Identifier: Apache-2.0
"""What version 1 left, upgraded, in the hands of this module: open operations end, once, and orders
go on. Klarna's side is what its sandbox knew at the same moment."""
import os

import pytest

import carts
import version_1
from httpd import Httpd
from sandbox import Sandbox
from shop import CHECKOUT, EXTRA, ORDERS, Shop, problem
from test_callbacks import LOCATION
from test_schema import right
from waiting import eventually, is_free, leases_are_over

pytestmark = pytest.mark.databases

# merchant_reference1 of orders with an open operation that ends by itself, and the state after it.
ENDS = {"authorized-by-callback": "AUTHORIZED", "hint-right": "AUTHORIZED",
        "hint-wrong": "AUTHORIZED", "adopt-lost": "AUTHORIZED",
        "capture-lost-before": "CAPTURED", "refund-lost-before": "CAPTURED",
        "place_order-lost-before": "AUTHORIZED", "capture-sent-before": "CAPTURED"} | {
    f"{kind}-{how}": state for how in ("lost-after", "queued", "sent") for kind, state in {
        "place_order": "AUTHORIZED", "capture": "CAPTURED", "refund": "CAPTURED",
        "cancel": "CANCELLED", "reduce": "AUTHORIZED", "release": "CAPTURED",
        "extend": "AUTHORIZED", "shipping_info": "CAPTURED"}.items()}
# What a person decides; nothing is sent for it.
STAYS = {"refund-key-expired": "key_expired", "refund-unclaimed": "unclaimed"}


def _forgive(box):
    """Version 1 left addresses out of its placements, and their requests stay as they are."""
    box.control("POST", "behaviour", {"addresses": "absent_matches"})


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    books = os.path.join(tmp_path_factory.mktemp("sandbox"), "books.db")
    version_1.klarna(books)
    box = Sandbox(state=books)
    _forgive(box)
    yield box
    box.stop()


@pytest.fixture(scope="module")
def httpd(box):
    """Its worker takes up what was open."""
    server = Httpd(box.url, EXTRA + LOCATION + "KlarnaWorker On\n", schema=False,
                   start=False)
    version_1.fill(server.store, version_1.as_if_new(version_1.read("v1_data.sql")))
    right(server.store, "version 4 now")
    server.hand_over()
    server.allow_log("KLA002[012]: |KLA003[0123]: ")
    server.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def worker_lines(httpd, box):
    _forgive(box)
    httpd.allow_log("KLA002[012]: |KLA003[0123]: ")


@pytest.fixture(scope="module")
def ids(httpd):
    """The orders and payments by their merchant_reference1."""
    return {name: row_id for table in ("klarna_order", "klarna_payment")
            for name, row_id in httpd.sql(f"SELECT reference1, id FROM {table}")}


def _keys(box, klarna_id):
    """The idempotency keys of what was moved in Klarna's books."""
    order = box.ledger(klarna_id)
    return [move["idempotency_key"] for move in order["captures"] + order["refunds"]]


def test_what_was_open_ends_once(shop, httpd, box, ids):
    begun = dict(httpd.sql("SELECT order_id, id FROM klarna_operation WHERE state IN "
                           "('queued', 'sent', 'unknown') AND mark = ''"))
    for name, state in ENDS.items():
        order_id = ids[name]
        eventually(lambda: is_free(shop, order_id),                     # noqa: B023
                   meanwhile=lambda: leases_are_over(httpd))
        order = shop.agrees(order_id, state)
        ended = shop.get(f"/{order_id}/operations/{begun[order_id]}")
        assert ended["state"] == "confirmed", (name, ended)
        kind = name.partition("-")[0]
        if kind in ("capture", "refund"):
            assert _keys(box, order["klarna_order_id"]).count(begun[order_id]) == 1, name
    placed = [order["session_id"] for order in box.control("GET", "ledger")["orders"]]
    assert len(placed) == len(set(placed))


def test_what_a_person_decides_stays(shop, httpd, box, ids):
    for name, mark in STAYS.items():
        [(op_id, klarna_id)] = httpd.sql(
            "SELECT klarna_operation.id, klarna_order_id FROM klarna_operation JOIN klarna_order ON"
            f" order_id = klarna_order.id WHERE order_id = '{ids[name]}' AND mark = '{mark}'")
        assert op_id not in _keys(box, klarna_id)
        [listed] = [op for op in shop.get("/operations")["operations"] if op["id"] == op_id]
        assert (listed["state"], listed["error_code"]) == ("unknown", mark)


def test_what_klarna_refused(httpd, ids):
    """Its words are what people are told; a step that followed is known never to have begun."""
    refused = dict(httpd.sql("SELECT order_id, refusal FROM klarna_operation WHERE "
                             "error_code = 'NOT_ALLOWED'"))
    assert set(refused) == {ids[name] for name in ("capture-refused", "chain-refused",
                                                   "place-refused")}
    assert all("detail" in refusal and "NOT_ALLOWED" in refusal for refusal in refused.values())
    [(state, mark)] = httpd.sql("SELECT state, mark FROM klarna_operation WHERE kind = 'refund' AND"
                                f" order_id = '{ids['chain-refused']}'")
    assert (state, mark) == ("refused", "not_started")


def test_an_orphan_is_adopted(shop, httpd, box, ids):
    order_id = ids["orphan-without-operation"]
    [(session_id,)] = httpd.sql(f"SELECT session_id FROM klarna_order WHERE id = '{order_id}'")
    [theirs] = box.orders_of_session(session_id)
    answer = httpd.post(f"{ORDERS}/{order_id}/adopt", {"klarna_order_id": theirs["order_id"]})
    assert answer.status == 200, answer.raw
    assert shop.agrees(order_id, "AUTHORIZED")["attention"] is None


@pytest.mark.parametrize("name", ["created", "created-updated", "place-refused", "declined"])
def test_a_payment_is_placed(shop, httpd, box, ids, name):
    [(key, session_id)] = httpd.sql("SELECT payment_key, session_id FROM klarna_payment WHERE "
                                    f"id = '{ids[name]}'")
    token = box.authorize(session_id)
    answer = httpd.post(CHECKOUT + "/orders", {
        "order_id": ids[name], "key": key, "authorization_token": token}, user=None)
    assert answer.status == 201, answer.raw
    shop.agrees(ids[name], "AUTHORIZED")
    # With what version 1 has told Klarna, which Klarna is asked for.
    [sent] = [one["body"] for one in box.requests() if token in one["path"]]
    told = carts.ADDRESS if name == "place-refused" else None
    assert sent.get("billing_address") == sent.get("shipping_address") == told


@pytest.mark.parametrize("name", ["abandoned", "abandoned-refused-session",
                                  "created-without-session"])
def test_a_payment_that_is_over(shop, httpd, ids, name):
    [(key,)] = httpd.sql(f"SELECT payment_key FROM klarna_payment WHERE id = '{ids[name]}'")
    answer = httpd.post(CHECKOUT + "/orders", {
        "order_id": ids[name], "key": key, "authorization_token": "none-was-given"}, user=None)
    problem(answer, 409, "not_open")


def test_orders_go_on(shop, httpd, box, ids):
    """Each can do what it could."""
    refunded = shop.act(ids["captured"], "credit-invoices",
                        {"lines": [{"reference": "shirt", "quantity": 1}]})
    assert shop.done(refunded)["credit_invoice"]["state"] == "paid"
    assert shop.agrees(ids["captured"], "CAPTURED")["refunded_amount"] == 19900
    shop.done(shop.act(ids["refunded"], "credit-invoices",
                       {"lines": [{"reference": "shirt", "quantity": 1}]}))
    assert shop.agrees(ids["refunded"])["refunded_amount"] == 39800
    problem(shop.act(ids["refunded"], "credit-invoices",
                     {"lines": [{"reference": "shirt", "quantity": 1}]}), 400, "too_many")
    shop.done(shop.act(ids["authorized"], "captures", {"everything": True}))
    shop.done(shop.act(ids["part-captured"], "cancel", {"confirm_final": True}))
    shop.done(shop.act(ids["reduced"], "cancel", {"confirm_final": True}))
    for name, state in (("authorized", "CAPTURED"), ("part-captured", "CAPTURED"),
                        ("reduced", "CANCELLED"), ("refunded-with-fee", "CAPTURED"),
                        ("released", "CAPTURED"), ("shipped", "CAPTURED"),
                        ("fraud-pending", "AUTHORIZED"), ("cancelled", "CANCELLED"),
                        ("adopted", "AUTHORIZED"), ("refund-given-up", "CAPTURED"),
                        ("capture-refused", "AUTHORIZED"), ("chain-refused", "PART_CAPTURED")):
        shop.agrees(ids[name], state)


def test_the_callbacks_counted_so_far(httpd):
    rows = httpd.sql("SELECT kind, good, bad, bad_why FROM klarna_callback ORDER BY kind")
    assert [tuple(map(str, row)) for row in rows] \
        == [("authorization", "1", "1", "wrong_secret"), ("fraud", "1", "0", "")]
