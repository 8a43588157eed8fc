# SPDX-License-Identifier: Apache-2.0
"""An order whose row somebody damaged: seen, marked and told, never worked on; the others go on."""
import json

import pytest

from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA, ORDERS, Shop, new_key, problem
from waiting import eventually, order_is_due

pytestmark = pytest.mark.databases
CONTRACT = r"KLA0024: broken contract: service\.c:\d+: a line's credited quantity stays within "


def damage(httpd, order_id):
    """More came back than was ever shipped."""
    [(ledger,)] = httpd.sql(f"SELECT ledger FROM klarna_order WHERE id = '{order_id}'")
    damaged = json.loads(ledger)
    damaged["lines"][0]["credited_quantity"] = 1000
    write(httpd, order_id, json.dumps(damaged))
    return ledger


def write(httpd, order_id, ledger):
    ledger = ledger.replace("'", "''")
    httpd.sql(f"UPDATE klarna_order SET ledger = '{ledger}', version = version + 1 "
              f"WHERE id = '{order_id}'")


def books(httpd, order_id):
    """All of its row but what marks it."""
    return httpd.sql("SELECT state, order_amount, captured_amount, refunded_amount, remaining_amount,"
                     f" pending_op, updated_at, ledger FROM klarna_order WHERE id = '{order_id}'")


ACTIONS = {"captures": {"everything": True}, "credit-invoices": {"amount": 100}, "cancel": {"confirm_final": True},
           "extend": {}, "release": {}}


@pytest.mark.parametrize("action", ACTIONS)
def test_no_action_works_on_it(shop, httpd, box, action):
    order_id = shop.captured()
    damage(httpd, order_id)
    before, operations = books(httpd, order_id), httpd.rows("klarna_operation")
    box.forget_requests()
    httpd.expect_log(r"KLA0020: POST .*: 500 contract: ")
    httpd.expect_log(CONTRACT)
    told = problem(shop.act(order_id, action, ACTIONS[action]), 500, "contract")
    assert "records contradict each other" in told["detail"] and "defect" in told["next"]
    assert "service.c" not in json.dumps(told)
    assert box.requests() == []
    assert books(httpd, order_id) == before
    assert httpd.rows("klarna_operation") == operations


def test_a_person_sees_it_and_the_others(shop, httpd, box):
    sound, order_id = shop.captured(), shop.captured()
    ledger = damage(httpd, order_id)
    box.forget_requests()
    seen = shop.order(order_id)
    assert (seen["attention"], seen["sentence_code"]) == ("differs", "broken")
    assert {action["code"] for action in seen["actions"].values()} == {"broken"}
    assert seen["order_lines"][0]["credited_quantity"] == 1000
    assert shop.get(f"/{order_id}?refresh=1")["differs_from_klarna"] is True
    assert box.requests() == []
    assert order_id in [order["id"] for order in shop.get("?attention=differs")["orders"]]
    listed = {order["id"]: order["attention"] for order in shop.get("")["orders"]}
    assert (listed[order_id], listed[sound]) == ("differs", None)
    assert shop.get(f"/{order_id}/events")["operations"]
    shop.done(shop.act(sound, "credit-invoices", {"amount": 100}))
    write(httpd, order_id, ledger)
    shop.agrees(order_id, "CAPTURED")
    assert shop.order(order_id)["attention"] is None


def test_a_ledger_that_cannot_be_read(shop, httpd):
    order_id = shop.captured()
    [(ledger,)] = httpd.sql(f"SELECT ledger FROM klarna_order WHERE id = '{order_id}'")
    write(httpd, order_id, ledger[:-1])
    httpd.expect_log(r"KLA0020: POST .*: 500 contract: ")
    httpd.expect_log(r"KLA0024: broken contract: service\.c:\d+: The stored ledger cannot be read")
    problem(shop.act(order_id, "credit-invoices", {"amount": 100}), 500, "contract")
    seen = shop.order(order_id)
    assert (seen["attention"], seen["order_lines"]) == ("differs", [])
    assert order_id in [order["id"] for order in shop.get("")["orders"]]
    write(httpd, order_id, ledger)
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 100}))


def test_a_callback_for_it_is_not_lost(shop, httpd, box):
    """Klarna is told that it failed, and comes again; it was neither a good nor a bad one."""
    order_id = shop.captured()
    ledger = damage(httpd, order_id)
    [(secret,)] = httpd.sql(f"SELECT callback_secret FROM klarna_order WHERE id = '{order_id}'")
    path = f"/klarna/callbacks/fraud/{order_id}.{secret}"
    before = httpd.rows("klarna_callback")
    httpd.expect_log(r"KLA0020: POST .*: 500 contract: ")
    httpd.expect_log(CONTRACT)
    assert httpd.post(path, {}, user=None).status == 500
    assert httpd.rows("klarna_callback") == before
    write(httpd, order_id, ledger)
    assert httpd.post(path, {}, user=None).status == 200


def test_the_worker_passes_it_by(box):
    """What was asked for waits until the row is repaired, and is sent then, with its one key."""
    server = Httpd(klarna_url(box), EXTRA + "KlarnaWorker On\n")
    shop = Shop(server, box)
    sound, order_id = shop.captured(), shop.captured()
    key = new_key()
    server.expect_log("KLA0021: ")
    server.allow_log("KLA0030: ")
    box.fault("drop_before", -1, path="/refunds$")
    assert shop.act(order_id, "credit-invoices", {"amount": 100}, key).status == 202
    ledger = damage(server, order_id)
    box.clear()
    server.expect_log("KLA0031: .*: contract: service.c:.*: a line's credited quantity ")
    server.expect_log("KLA0033: .*: contract: service.c:.*: a line's credited quantity ")
    box.forget_requests()
    server.sql("UPDATE klarna_operation SET next_at = 1, lease_until = 0 WHERE next_at > 0")
    for each in (sound, order_id):
        order_is_due(server, each)
    eventually(lambda: not server.sql("SELECT id FROM klarna_order WHERE check_at = 1"))
    eventually(lambda: not server.sql("SELECT id FROM klarna_operation WHERE next_at = 1"))
    assert {request["path"] for request in box.requests()} == {
        f"/ordermanagement/v1/orders/{shop.order(sound)['klarna_order_id']}"}
    assert shop.order(order_id)["attention"] == "differs"
    write(server, order_id, ledger)
    shop.done(shop.finish(lambda key: shop.act(order_id, "credit-invoices", {"amount": 100}, key), key))
    assert shop.agrees(order_id, "CAPTURED")["refunded_amount"] == 100
    server.stop()
