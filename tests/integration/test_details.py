# SPDX-License-Identifier: Apache-2.0
"""What Klarna is told of an order beside its money: how the shop calls it, where it goes."""
import pytest

import carts
import confidential
from sandbox import PASSWORD, USERNAME
from sandbox_client import OM, basic
from shop import new_key, problem

AUTH = basic(USERNAME, PASSWORD)
REFERENCES = ("merchant_reference1", "merchant_reference2")


def references(order):
    return [order.get(name) or "" for name in REFERENCES]


def others_refer(shop, box, order_id, **names):
    klarna_id = shop.order(order_id)["klarna_order_id"]
    answer = box.ask("PATCH", f"{OM}/{klarna_id}/merchant-references", names, auth=AUTH)
    assert answer.status == 204, answer.raw
    return klarna_id


def found(shop, reference):
    return [order["id"] for order in shop.get(f"?q={reference}")["orders"]]


def test_references_are_set_later(shop, box):
    order_id = shop.captured()
    klarna_id = shop.order(order_id)["klarna_order_id"]
    told = shop.done(shop.act(order_id, "references", {"merchant_reference1": f"late-{klarna_id}",
                                                       "merchant_reference2": "Kasse 7 \u00e4"}))
    assert references(told) == [f"late-{klarna_id}", "Kasse 7 \u00e4"]
    assert told["operation"]["kind"] == "references"
    assert references(box.ledger(klarna_id)) == references(told)
    assert references(shop.agrees(order_id, "CAPTURED")) == references(told)
    assert found(shop, f"late-{klarna_id}") == [order_id]
    shop.done(shop.act(order_id, "references", {"merchant_reference2": ""}))
    assert references(shop.order(order_id)) == [f"late-{klarna_id}", ""]
    assert references(box.ledger(klarna_id)) == [f"late-{klarna_id}", ""]


def test_references_of_others_are_found_after_a_look(shop, box):
    order_id = shop.placed()
    klarna_id = others_refer(shop, box, order_id, merchant_reference1="portal-1")
    new = f"portal-{klarna_id}"
    others_refer(shop, box, order_id, merchant_reference1=new)
    order = shop.get(f"/{order_id}?refresh=1")
    assert order["merchant_reference1"] == new and order["attention"] is None
    assert found(shop, new) == [order_id]


def test_references_that_are_refused(shop, box):
    order_id = shop.placed()
    with shop.nothing_happens():
        problem(shop.act(order_id, "references", {}), 400, "missing", "merchant_reference1")
        problem(shop.act(order_id, "references", {"merchant_reference1": "x" * 256}), 400,
                "too_long", "merchant_reference1", expected="255")
        problem(shop.act(order_id, "references", {"merchant_reference1": 7}), 400, "wrong_type",
                "merchant_reference1")
        problem(shop.act(order_id, "references", {"merchant_reference3": "x"}), 400,
                "unknown_field", "merchant_reference3")
    shop.done(shop.act(order_id, "cancel", {"confirm_final": True}))
    with shop.nothing_happens():
        told = problem(shop.act(order_id, "references", {"merchant_reference1": "x"}), 409,
                       "not_changeable")
        assert told["reason"] == "cancelled"


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_references_whose_answer_is_lost(shop, box, fault):
    order_id, key = shop.placed(), new_key()
    klarna_id = shop.order(order_id)["klarna_order_id"]
    box.fault(fault, -1, path="/merchant-references$", method="PATCH")
    wanted = {"merchant_reference1": f"lost-{klarna_id}"}
    shop.httpd.expect_log("KLA0021: .* .references. .* is unknown")
    assert shop.act(order_id, "references", wanted, key).status == 202
    box.clear()
    shop.done(shop.finish(lambda key: shop.act(order_id, "references", wanted, key), key))
    assert shop.agrees(order_id)["merchant_reference1"] == f"lost-{klarna_id}"


# --- the shipping address -------------------------------------------------------------------

MOVED = {"given_name": "Brunhilda", "family_name": "Umgezogen", "street_address": "Neuallee 77",
         "postal_code": "11122", "city": "Umzugsstadt", "country": "SE"}
confidential.keep(MOVED["family_name"], MOVED["street_address"], MOVED["city"])


def kept(shop):
    """What of the address stands in any row."""
    return [text for table in ("klarna_operation", "klarna_order", "klarna_reference")
            for row in shop.httpd.sql(f"SELECT * FROM {table}") for cell in row
            for text in MOVED.values() if len(text) > 5 and text in str(cell)]


def test_a_shipping_address_is_changed_and_not_kept(shop, box):
    order_id = shop.placed(carts.personal_cart())
    klarna_id = shop.order(order_id)["klarna_order_id"]
    told = shop.done(shop.act(order_id, "shipping-address", {"shipping_address": MOVED}))
    assert told["operation"]["kind"] == "shipping_address"
    address = box.ledger(klarna_id)["shipping_address"]
    assert {name: address[name] for name in MOVED} == MOVED
    assert box.ledger(klarna_id)["billing_address"]["street_address"] != MOVED["street_address"]
    assert kept(shop) == []
    shop.agrees(order_id, "AUTHORIZED")


def test_an_address_that_klarna_refuses_is_not_kept(shop, box):
    order_id = shop.placed()
    box.fault("status", 1, path="/customer-details$", method="PATCH", status=403,
              body={"error_code": "NOT_ALLOWED", "correlation_id": "c",
                    "error_messages": ["Risk assessment said no."]})
    shop.httpd.expect_log("KLA0020: .* 422 klarna_refused")
    told = problem(shop.act(order_id, "shipping-address", {"shipping_address": MOVED}), 422,
                   "klarna_refused")
    assert told["error_code"] == "NOT_ALLOWED"
    assert kept(shop) == []


def test_an_address_that_is_refused_here(shop):
    order_id = shop.placed()
    with shop.nothing_happens():
        problem(shop.act(order_id, "shipping-address", {}), 400, "missing", "shipping_address")
        problem(shop.act(order_id, "shipping-address", {"shipping_address": {
            **MOVED, "city": ""}}), 400, "too_short", "shipping_address.city")
        problem(shop.act(order_id, "shipping-address", {"shipping_address": MOVED,
                                                        "billing_address": MOVED}), 400,
                "unknown_field", "billing_address")
    shop.done(shop.act(order_id, "captures", {"everything": True}))
    with shop.nothing_happens():
        told = problem(shop.act(order_id, "shipping-address", {"shipping_address": MOVED}), 409,
                       "not_changeable")
        assert told["reason"] == "nothing_open"
    assert kept(shop) == []


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_an_address_whose_answer_is_lost(shop, box, fault):
    order_id, key = shop.placed(), new_key()
    klarna_id = shop.order(order_id)["klarna_order_id"]
    box.fault(fault, -1, path="/customer-details$", method="PATCH")
    shop.httpd.expect_log("KLA0021: .* .shipping_address. .* is unknown")
    wanted = {"shipping_address": MOVED}
    assert shop.act(order_id, "shipping-address", wanted, key).status == 202
    box.clear()
    shop.done(shop.finish(lambda key: shop.act(order_id, "shipping-address", wanted, key), key))
    assert box.ledger(klarna_id)["shipping_address"]["street_address"] == MOVED["street_address"]
    assert kept(shop) == []
