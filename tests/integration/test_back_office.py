# SPDX-License-Identifier: Apache-2.0
"""The back office: who may, repeating with the same key, reading, lists, two stores apart."""
import concurrent.futures
import socket

import pytest

import carts
from httpd import SLOW
from sandbox_client import basic
from shop import HEALTH, ORDERS, Shop, new_key, problem
from waiting import HELD, eventually

NOBODY = "00000000-0000-4000-8000-000000000000"
SOMEWHERE = {"given_name": "A", "family_name": "B", "street_address": "C 1", "postal_code": "1",
             "city": "D", "country": "SE"}


@pytest.fixture
def other(httpd, box):
    return Shop(httpd, box, "/other/checkout", "/other/orders", "other")


# --- who may --------------------------------------------------------------------------------

def routes(order_id):
    return [("GET", "", None), ("POST", "/take-over", {"klarna_order_id": NOBODY}),
            ("GET", f"/{order_id}", None), ("GET", f"/{order_id}/events", None),
            ("GET", f"/{order_id}/operations/{NOBODY}", None),
            ("GET", f"/{order_id}/captures/{NOBODY}/due-date", None),
            *[("POST", f"/{order_id}/{action}", body) for action, body in [
                ("captures", {"everything": True}),
                (f"captures/{NOBODY}/shipping-info",
                 {"shipping_info": [{"tracking_number": "1"}]}),
                (f"captures/{NOBODY}/due-date", {"number_of_days": 14}),
                (f"captures/{NOBODY}/send-out", {}),
                ("credit-invoices", {"everything": True}),
                ("credit-invoices/preview", {"everything": True}),
                ("cancel", {"confirm_final": True}), ("extend", {}), ("release", {}),
                ("references", {"merchant_reference1": "x"}),
                ("lines", {"order_lines": [{"reference": "book", "quantity": 2}]}),
                ("lines/preview", {"order_lines": [{"reference": "book", "quantity": 2}]}),
                ("shipping-address", {"shipping_address": SOMEWHERE})]]]


def test_without_apaches_user_nothing_opens(shop, httpd):
    order_id = shop.placed()
    with shop.nothing_happens():
        for method, path, body in routes(order_id):
            # The user's name alone, where Apache asks for none, is nobody's word.
            for user in (None, "clerk"):
                answer = httpd.ask(method, "/open/orders" + path, body, key=new_key(), user=user)
                told = problem(answer, 403, "not_authenticated")
                assert "Require" in told["next"]
            assert httpd.ask(method, ORDERS + path, body, key=new_key()).status == 401


def test_a_wrong_password(shop, httpd):
    httpd.expect_log("AH01617: user clerk: authentication failure")
    with shop.nothing_happens():
        answer = httpd.ask("GET", ORDERS, headers={"Authorization": basic("clerk", "guess")})
        assert answer.status == 401


def test_an_order_that_is_not_there(shop, httpd):
    with shop.nothing_happens():
        for order_id in (NOBODY, "x", "%27%20OR%201=1", "x%0aforged:%20line"):
            for method, path, body in routes(order_id)[2:]:
                answer = httpd.ask(method, ORDERS + path, body, key=new_key(), user="clerk")
                code = "no_such_operation" if "/operations/" in path else "no_such_order"
                problem(answer, 404, code)


# --- the same key ---------------------------------------------------------------------------

@pytest.mark.parametrize("action, body", [
    ("captures", {"everything": True}), ("credit-invoices", {"everything": True}),
    ("cancel", {"confirm_final": True}), ("extend", {}), ("release", {}),
    ("references", {"merchant_reference1": "x"}),
    (f"captures/{NOBODY}/due-date", {"number_of_days": 14}), (f"captures/{NOBODY}/send-out", {}),
    ("lines", {"order_lines": [{"reference": "book", "quantity": 2}]}),
    ("shipping-address", {"shipping_address": SOMEWHERE})])
def test_money_needs_a_key(shop, httpd, action, body):
    order_id = shop.placed()
    with shop.nothing_happens():
        path = f"{ORDERS}/{order_id}/{action}"
        problem(httpd.post(path, body), 400, "idempotency_key_missing", "Idempotency-Key")
        problem(httpd.post(path, body, key=""), 400, "idempotency_key_length", "Idempotency-Key")
        problem(httpd.post(path, body, key="k" * 129), 400, "idempotency_key_length",
                "Idempotency-Key", expected="128")


def test_the_same_key_gives_the_same_answer(shop, httpd):
    order_id, captured_id = shop.placed(), shop.captured()
    capture_id = shop.order(captured_id)["captures"][0]["capture_id"]
    asked = [(order_id, "extend", {}),
             (order_id, "captures", {"lines": [{"reference": "book", "quantity": 1}]}),
             (order_id, "credit-invoices", {"lines": [{"reference": "book", "quantity": 1}]}),
             (order_id, "credit-invoices", {"amount": 100}),
             (order_id, "release", {}),
             (order_id, "references", {"merchant_reference1": "renamed"}),
             (captured_id, f"captures/{capture_id}/shipping-info",
              {"shipping_info": [{"tracking_number": "T-1"}]}),
             (captured_id, "credit-invoices", {"amount": 500, "reference": "C-1"}),
             (captured_id, "cancel", {"confirm_final": True})]
    first = [(new_key(), order, action, body) for order, action, body in asked]
    answers = [shop.act(order, action, body, key) for key, order, action, body in first]
    assert [answer.status for answer in answers[:3] + answers[4:]] == [201] * 8
    # Nothing of the book is left to credit: refused at first, and again.
    assert answers[3].status == 201 or answers[3].json["code"] == "too_much"
    with shop.nothing_happens():
        for (key, order, action, body), answer in zip(first, answers):
            again = shop.act(order, action, body, key)
            if answer.status == 400:            # nothing was begun by it: refused, and again
                assert again.status in (400, 409), again.raw
                continue
            assert (again.status, again.raw) == (answer.status, answer.raw), action
            assert again.headers["Location"] == answer.headers["Location"]
    shop.agrees(order_id)
    shop.agrees(captured_id)


def test_klarnas_no_stays_a_no(shop, box):
    order_id = shop.placed()
    klarna_id = shop.order(order_id)["klarna_order_id"]
    box.control("POST", f"orders/{klarna_id}/portal", {"action": "cancel"})
    key = new_key()
    first = shop.act(order_id, "captures", {"amount": 100}, key)
    told = problem(first, 422, "klarna_refused")
    assert told["error_code"] == "CAPTURE_NOT_ALLOWED" and told["error_messages"]
    with shop.nothing_happens():
        assert shop.act(order_id, "captures", {"amount": 100}, key).raw == first.raw
    # Klarna is the truth: its record was read in the same breath.
    assert "was cancelled" in told["next"]
    order = shop.order(order_id)
    assert order["state"] == "CANCELLED"
    assert [(entry["kind"], entry["amount"]) for entry in order["outside"]] \
        == [("cancelled", order["original_order_amount"])]
    assert order["outside"][0]["at"].endswith("Z")


def test_a_key_is_for_one_request(shop):
    order_id, key = shop.captured(), new_key()
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 100}, key))
    with shop.nothing_happens():
        for action, body in [("credit-invoices", {"amount": 101}), ("release", {}),
                             ("cancel", {"confirm_final": True})]:
            problem(shop.act(order_id, action, body, key), 422, "idempotency_key_reused",
                    "Idempotency-Key")
    another = shop.captured()
    with shop.nothing_happens():
        problem(shop.act(another, "credit-invoices", {"amount": 100}, key), 422,
                "idempotency_key_reused", "Idempotency-Key")


def test_a_key_belongs_to_its_user(shop):
    order_id, key = shop.captured(), new_key()
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 100}, key))
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 100}, key, user="shop"))
    assert shop.agrees(order_id)["refunded_amount"] == 200


def test_the_same_key_at_the_same_moment(shop, box):
    order_id, key = shop.captured(), new_key()
    box.fault("delay", path="/refunds$", seconds=0.5)
    with concurrent.futures.ThreadPoolExecutor(5) as threads:
        answers = list(threads.map(lambda _: shop.act(order_id, "credit-invoices",
                                                      {"amount": 700}, key), range(5)))
    for answer in answers:
        if answer.status != 201:
            problem(answer, 409, "in_progress")
            assert int(answer.headers["Retry-After"]) > 0
    assert 201 in [answer.status for answer in answers]
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 700}, key))
    assert shop.agrees(order_id)["refunded_amount"] == 700


def test_two_actions_at_the_same_moment(shop, box):
    order_id = shop.captured()
    box.fault("delay", path="/refunds$", seconds=HELD)
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        first = threads.submit(shop.act, order_id, "credit-invoices", {"amount": 700})
        eventually(lambda: shop.order(order_id)["pending_operation"])
        second = shop.act(order_id, "credit-invoices", {"amount": 900})
        box.clear()
        shop.done(first.result())
    assert problem(second, 409, "order_busy")["reason"] == "busy"
    assert int(second.headers["Retry-After"]) > 0
    assert shop.agrees(order_id)["refunded_amount"] == 700


def test_a_client_that_went_away(shop, httpd, box):
    order_id, key = shop.captured(), new_key()
    box.fault("delay", path="/refunds$", seconds=0.5)
    with pytest.raises((socket.timeout, TimeoutError)):
        httpd.post(f"{ORDERS}/{order_id}/credit-invoices", {"amount": 700}, key=key,
                   timeout=0.2 / SLOW)
    answer = shop.finish(lambda key: shop.act(order_id, "credit-invoices", {"amount": 700}, key),
                         key)
    shop.done(answer)
    assert shop.agrees(order_id)["refunded_amount"] == 700


# --- reading --------------------------------------------------------------------------------

def test_events_and_operations(shop, httpd):
    order_id = shop.captured()
    done = shop.done(shop.act(order_id, "credit-invoices", {"amount": 100, "comment": "scratch"}))
    events = shop.get(f"/{order_id}/events")["operations"]
    assert [entry["kind"] for entry in events] == ["place_order", "capture", "refund"]
    assert [entry["actor"] for entry in events] == ["shopper", "clerk", "clerk"]
    assert {entry["state"] for entry in events} == {"confirmed"}
    refund = shop.get(f"/{order_id}/operations/{events[2]['id']}")
    assert refund == events[2] and refund["amount"] == 100
    [step] = done["credit_invoice"]["steps"]
    assert (step["operation_id"], step["refund_id"]) == (refund["id"], refund["result_id"])
    another = shop.placed()
    problem(httpd.get(f"{ORDERS}/{another}/operations/{refund['id']}"), 404, "no_such_operation")


def test_health(httpd):
    told = httpd.get(HEALTH, None)
    assert told.status == 200
    assert told.json == {"status": "ok", "database": "ok", "schema_version": 4}


@pytest.fixture(scope="module")
def five(httpd, box):
    """Orders with references of their own, among others of the same store."""
    other = Shop(httpd, box, "/other/checkout", "/other/orders", "other")
    ids = [other.placed(carts.of(carts.line("hat", 1, 9900), merchant_reference1=f"L-{i}",
                                 merchant_reference2="twin & half"))
           for i in range(5)]
    other.done(other.act(ids[1], "captures", {"everything": True}))
    other.done(other.act(ids[3], "cancel", {"confirm_final": True}))
    other.start(carts.of(carts.line("hat", 1, 9900)))
    return ids


class TestLists:

    def ids(self, other, query=""):
        return [order["id"] for order in other.get(query)["orders"]]

    def test_newest_first_page_by_page(self, other, five):
        everything = self.ids(other, "")
        assert [order for order in everything if order in five] == five[::-1]
        seen, query = [], "?limit=2"
        while query:
            page = other.get(query)
            assert len(page["orders"]) <= 2
            seen += [order["id"] for order in page["orders"]]
            query = "next_cursor" in page and f"?limit=2&cursor={page['next_cursor']}"
        assert seen == everything

    def test_by_state(self, other, five):
        def found(state):
            return [i for i in self.ids(other, f"?state={state}") if i in five]
        assert found("CAPTURED") == [five[1]]
        assert found("CANCELLED") == [five[3]]
        assert found("AUTHORIZED") == [five[4], five[2], five[0]]
        assert self.ids(other, "?state=EXPIRED") == []

    def test_search(self, other, five):
        klarna_id = other.order(five[2])["klarna_order_id"]
        assert self.ids(other, "?q=L-2") == [five[2]]
        assert self.ids(other, f"?q={klarna_id}") == [five[2]]
        assert self.ids(other, f"?q={five[2]}") == [five[2]]
        assert self.ids(other, "?q=twin+%26%20half") == five[::-1]
        assert self.ids(other, "?q=twin+%26%20half&state=CANCELLED") == [five[3]]
        assert self.ids(other, "?q=L") == []
        assert self.ids(other, "?q=%27%20OR%20%271%27=%271") == []
        assert self.ids(other, "?q=%25") == []

    def test_search_by_klarnas_short_reference(self, other, five):
        reference = other.get(f"/{five[0]}?refresh=1")["klarna_reference"]
        assert reference and self.ids(other, f"?q={reference}") == [five[0]]

    def test_search_by_klarnas_invoice_number(self, other, five):
        order = other.get(f"/{five[1]}?refresh=1")
        [capture] = order["captures"]
        assert capture["klarna_reference"] == order["klarna_reference"] + "-1"
        assert self.ids(other, f"?q={capture['klarna_reference']}") == [five[1]]

    @pytest.mark.parametrize("query, code, field", [
        ("limit=0", "out_of_range", "limit"), ("limit=101", "out_of_range", "limit"),
        ("limit=-5", "out_of_range", "limit"), ("limit=x", "out_of_range", "limit"),
        ("limit=5x", "out_of_range", "limit"), ("limit=4294967297", "out_of_range", "limit"),
        ("state=PAID", "unknown_value", "state"), ("cursor=x", "cursor", "cursor"),
        ("cursor=1", "cursor", "cursor"), ("cursor=1_2", "cursor", "cursor"),
        ("cursor=-1_" + NOBODY, "cursor", "cursor")])
    def test_wrong_queries(self, other, httpd, query, code, field):
        problem(httpd.get(f"/other/orders?{query}"), 400, code, field)

    def test_a_list_shows_no_secrets(self, other, five):
        for order in other.get("")["orders"]:
            assert not {"key", "client_token", "client_key", "order_lines"} & set(order)


# --- two stores -----------------------------------------------------------------------------

def test_stores_do_not_see_each_other(shop, other, httpd):
    ours, theirs = shop.captured(), other.captured()
    assert theirs not in [order["id"] for order in shop.get("?limit=100")["orders"]]
    assert ours not in [order["id"] for order in other.get("?limit=100")["orders"]]
    assert shop.get(f"?q={theirs}")["orders"] == []
    operation = other.get(f"/{theirs}/events")["operations"][0]["id"]
    with shop.nothing_happens():
        for method, path, body in routes(theirs)[2:]:
            path = path.replace(NOBODY, operation)
            answer = httpd.ask(method, ORDERS + path, body, key=new_key(), user="clerk")
            assert answer.status == 404, path
    shop.agrees(ours, "CAPTURED")
    assert other.agrees(theirs, "CAPTURED")["merchant"] == "other"


def test_each_store_uses_its_own_account(shop, other, box):
    box.forget_requests()
    shop.start()
    other.start()
    assert len({entry["merchant"] for entry in box.requests()}) == 2


def test_a_key_belongs_to_its_store(shop, other):
    key, ours, theirs = new_key(), shop.captured(), other.captured()
    shop.done(shop.act(ours, "credit-invoices", {"amount": 100}, key))
    other.done(other.act(theirs, "credit-invoices", {"amount": 200}, key))
    assert shop.agrees(ours)["refunded_amount"] == 100
    assert other.agrees(theirs)["refunded_amount"] == 200
