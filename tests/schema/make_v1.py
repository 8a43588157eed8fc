# SPDX-License-Identifier: Apache-2.0
"""How v1_data.sql and v1_klarna.sql were made: by the module of commit d01fb8a, the last one with version
1 of the tables, against its own sandbox. Not run by any test; to make them again:

    git worktree add --detach ../v1 d01fb8a && cd ../v1
    cp ../mod_klarna/tests/schema/make_v1.py tests/integration/test_make_v1.py
    bash -c '. scripts/lib.sh; build "$BUILD/gcc"'
    MAKE_V1=../mod_klarna/tests/schema python3 -m pytest -q tests/integration/test_make_v1.py

merchant_reference1 says what became of each order. Everybody in it is made up.
"""
import concurrent.futures
import os
import sqlite3
import time

import pytest

import carts
import sandbox
from httpd import Httpd
from sandbox import Sandbox
from sandbox_client import basic
from shop import CHECKOUT, EXTRA, Payment, Shop, new_key
from test_callbacks import LOCATION, Told, call
from waiting import eventually

DAY = 86400 * 1000000
HASTE = "KlarnaTimeout 1s\nKlarnaConnectTimeout 500ms\n"
NO = {"kind": "status", "status": 403,
      "body": '{"error_code": "NOT_ALLOWED", "error_messages": ["Not \\"this\\" time, \\u00fc."],'
              ' "correlation_id": "0000-v1"}'}


def cart(name, **more):
    return carts.of(carts.line("shirt", 2, 19900), carts.line("book", 1, 14900, 600),
                    merchant_reference1=name, merchant_reference2="v1", **more)


class Told1(Told):
    """A payment with the addresses that Klarna was told, for a cart of ours."""

    def __init__(self, shop, name):
        shop.send_cart, send = lambda: send(cart(name)), shop.send_cart
        super().__init__(shop)
        del shop.send_cart


def ready(shop, kind, name):
    """An order on which this kind of operation is possible; what to ask then."""
    if kind == "place_order":
        payment = shop.authorized(cart(name, billing_address=carts.ADDRESS,
                                       shipping_address=carts.ADDRESS, customer=carts.CUSTOMER))
        return payment.order_id, lambda key: shop.place(payment, key=key)
    order_id = shop.placed(cart(name))
    if kind in ("refund", "shipping_info"):
        shop.done(shop.act(order_id, "captures", {"everything": True}))
    if kind == "release":
        shop.done(shop.act(order_id, "captures", {"lines": [{"reference": "book", "quantity": 1}]}))
    action, body = {
        "capture": ("captures", {"everything": True, "reference": "S-1", "shipping_info": [
            {"shipping_company": "Post", "tracking_number": "T-1"}]}),
        "refund": ("credit-invoices", {"lines": [{"reference": "shirt", "quantity": 1}],
                                       "reference": "C-" + name}),
        "cancel": ("cancel", {"confirm_final": True}),
        "reduce": ("credit-invoices", {"lines": [{"reference": "shirt", "quantity": 1}]}),
        "release": ("release", {}), "extend": ("extend", {}),
        "shipping_info": ("shipping-info", {"shipping_info": [{"tracking_number": "T-2"}]}),
    }[kind]
    if kind == "shipping_info":
        [capture] = shop.order(order_id)["captures"]
        action = f"captures/{capture['capture_id']}/shipping-info"
    return order_id, lambda key: shop.act(order_id, action, body, key)


PATHS = {"place_order": "/order$", "capture": "/captures$", "refund": "/refunds$",
         "cancel": "/cancel$", "reduce": "/authorization$",
         "release": "/release-remaining-authorization$",
         "extend": "/extend-authorization-time$", "shipping_info": "/shipping-info$"}


def fault(box, kind, what, times=-1, **options):
    method = "PATCH" if kind == "reduce" else "POST"
    box.fault(what, times, method=method, path=PATHS[kind], **options)


def lost(shop, box, kind, what, name):
    """Its answer never came, or it was turned away for now."""
    order_id, ask = ready(shop, kind, name)
    fault(box, kind, what)
    answer = ask(new_key())
    assert answer.status == 202, answer.raw
    box.clear()
    return order_id


def killed(shop, box, kind, name, when):
    """The process that sent it died."""
    order_id, ask = ready(shop, kind, name)
    fault(box, kind, "delay", 1, seconds=0.7, **({"when": when} if when else {}))
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        asked = threads.submit(lambda: pytest.raises(OSError, ask, new_key()))
        eventually(lambda: box.control("GET", "faults")["faults"][0]["hits"])
        shop.httpd.kill_child()
        asked.result()
    box.clear()
    return order_id


def refused(shop, box, kind, name):
    order_id, ask = ready(shop, kind, name)
    fault(box, kind, **({"what": NO["kind"]} | {k: v for k, v in NO.items() if k != "kind"}))
    answer = ask(new_key())
    assert answer.status in (400, 402, 403, 409, 422), (answer.status, answer.raw)
    box.clear()
    return order_id


def by_the_worker(shop, httpd, box):
    """What only its looks make: marks, orphans, sessions that are over."""
    order_id = lost(shop, box, "refund", "drop_before", "refund-key-expired")
    httpd.sql("UPDATE klarna_operation SET next_at = 4000000000000000 WHERE next_at > 0")
    klarna_id = shop.order(order_id)["klarna_order_id"]
    for _ in range(2):
        box.control("POST", f"orders/{klarna_id}/portal", {"action": "refund", "amount": 19900})
    httpd.sql(f"UPDATE klarna_operation SET sent_at = sent_at - {DAY}, next_at = 1,"
              " updated_at = updated_at - 120000000 WHERE next_at > 0")
    found = "SELECT COUNT(*) FROM klarna_operation WHERE error_code = '{}'"
    eventually(lambda: httpd.sql(found.format("key_expired"))[0][0] == 1)

    order_id, ask = ready(shop, "refund", "refund-unclaimed")
    shop.done(ask(new_key()))
    columns = ("order_id, merchant, kind, method, path, body, intent, amount, actor, client_hash, "
               "credit_invoice_id, next_op, created_at, updated_at, sent_at, result_id, result, "
               "error_code, error_messages, correlation_id, took")
    httpd.sql(f"INSERT INTO klarna_operation (id, version, client_key, state, attempts, doubtful,"
              f" lease_until, next_at, http_status, {columns}) SELECT '{new_key()}', 2,"
              f" '-unclaimed', 'sent', 1, 0, 0, 1, 0, {columns} FROM klarna_operation"
              f" WHERE order_id = '{order_id}' AND kind = 'refund'")
    eventually(lambda: httpd.sql(found.format("unclaimed"))[0][0] == 1)

    over = [shop.start(cart("abandoned"))]
    for name in ("orphan-without-operation", "adopted", "adopt-lost"):
        over.append(shop.authorized(cart(name)))
        assert box.ask("POST", f"/payments/v1/authorizations/{over[-1].token}/order", cart(name),
                       auth=basic(sandbox.USERNAME, sandbox.PASSWORD)).status == 200
    ids = ", ".join(f"'{payment.order_id}'" for payment in over)
    httpd.sql(f"UPDATE klarna_order SET check_at = 1, created_at = created_at - {2 * DAY},"
              f" version = version + 1 WHERE id IN ({ids})")
    eventually(lambda: shop.order(over[0].order_id)["state"] == "ABANDONED")
    for payment in over[1:]:
        eventually(lambda: shop.order(payment.order_id)["attention"] == "orphan")

    box.control("POST", "behaviour", {"place_order_repeat": "refused",
                                      "completed_session": "readable"})
    payment = shop.authorized(cart("orphan-with-operation"))
    box.fault("drop_after", path="/order$")
    assert shop.place(payment).status == 202
    due = ("UPDATE klarna_operation SET next_at = 1, updated_at = updated_at - 120000000"
           f" WHERE order_id = '{payment.order_id}' AND next_at > 1 AND lease_until = 0")
    eventually(lambda: shop.order(payment.order_id)["attention"] == "orphan",
               meanwhile=lambda: httpd.sql(due))
    box.clear()


def hinted(shop, httpd, box, name, right):
    """Klarna's call named the order of a placement whose answer was lost."""
    box.control("POST", "behaviour", {"place_order_repeat": "refused"})
    other = shop.order(shop.placed(cart(name + "-other")))["klarna_order_id"]
    payment = Told1(shop, name)
    payment.token = box.authorize(payment.session_id)
    box.fault("drop_after", -1, path="/order$")
    assert shop.place(payment).status == 202
    box.clear()
    [theirs] = box.orders_of_session(payment.session_id)
    named = theirs["order_id"] if right else other
    call(httpd, payment.notification, {"order_id": named})
    [(result,)] = httpd.sql("SELECT result FROM klarna_operation WHERE kind = 'place_order' AND "
                            f"order_id = '{payment.order_id}'")
    assert '"hint"' in result, result


def adoptions(httpd, box):
    """A person names the order; of the second, the answer to the adoption itself is lost."""
    for name in ("adopted", "adopt-lost"):
        [(order_id, session_id)] = httpd.sql("SELECT id, session_id FROM klarna_order"
                                             f" WHERE reference1 = '{name}'")
        [theirs] = box.orders_of_session(session_id)
        if name == "adopt-lost":
            box.fault("drop_after", -1, 1, method="GET", path=theirs["order_id"] + "$")
        told = httpd.post(f"/klarna/orders/{order_id}/adopt",
                          {"klarna_order_id": theirs["order_id"]})
        assert told.status == 200, told.raw
        box.clear()
    kinds = httpd.sql("SELECT state FROM klarna_operation WHERE kind = 'place_order'"
                      " AND method = 'GET' ORDER BY 1")
    assert [row[0] for row in kinds] == ["confirmed", "unknown"], kinds


def payments(shop, httpd, box):
    shop.start(cart("created"))
    payment = shop.start(cart("created-updated"))
    answer = shop.httpd.post(f"{CHECKOUT}/sessions/{payment.order_id}", {
        "key": payment.key, "signed_cart": carts.sign(cart("created-updated"))}, user=None)
    assert answer.status == 200, answer.raw
    box.fault("status", -1, path="/sessions$", status=500)
    assert shop.send_cart(cart("created-without-session")).status >= 500
    box.clear()
    box.fault(NO["kind"], path="/sessions$", status=400, body=NO["body"])
    assert shop.send_cart(cart("abandoned-refused-session")).status >= 400
    box.clear()
    payment = Told1(shop, "authorized-by-callback")
    payment.token = box.authorize(payment.session_id)
    assert call(httpd, payment.authorization, {"authorization_token": payment.token,
                                               "session_id": payment.session_id}).status == 200
    assert call(httpd, payment.authorization[:-4] + "0000", {
        "authorization_token": payment.token}).status >= 400
    declined = shop.start(cart("declined"))
    httpd.sql(f"UPDATE klarna_order SET state = 'DECLINED', check_at = 0"
              f" WHERE id = '{declined.order_id}'")
    hinted(shop, httpd, box, "hint-right", True)
    hinted(shop, httpd, box, "hint-wrong", False)
    refused(shop, box, "place_order", "place-refused")


def finished(shop, httpd, box):
    shop.placed(cart("authorized"))
    shop.placed(cart("fraud-pending"), outcome="pending")
    order_id, ask = ready(shop, "release", "part-captured")
    order_id, ask = ready(shop, "release", "released")
    shop.done(ask(new_key()))
    for kind, name in (("capture", "captured"), ("refund", "refunded"), ("cancel", "cancelled"),
                       ("reduce", "reduced"), ("shipping_info", "shipped")):
        _, ask = ready(shop, kind, name)
        shop.done(ask(new_key()))
    order_id, ask = ready(shop, "refund", "refunded-with-fee")
    shop.done(shop.act(order_id, "credit-invoices", {
        "lines": [{"reference": "shirt", "quantity": 2}], "return_fee": 900}))
    for state in ("EXPIRED", "CLOSED"):
        order_id = shop.placed(cart(state.lower()))
        httpd.sql(f"UPDATE klarna_order SET state = '{state}', check_at = 0, open_until = 0,"
                  f" remaining_amount = 0 WHERE id = '{order_id}'")
    # A chain whose first step is refused: the second never starts.
    order_id, _ = ready(shop, "release", "chain-refused")
    fault(box, "release", NO["kind"], status=403, body=NO["body"])
    shop.act(order_id, "cancel", {"confirm_final": True})
    box.clear()
    refused(shop, box, "capture", "capture-refused")
    order_id = lost(shop, box, "refund", "drop_before", "refund-given-up")
    httpd.sql("UPDATE klarna_operation SET updated_at = updated_at - 120000000"
              f" WHERE order_id = '{order_id}'")
    operation = shop.order(order_id)["pending_operation"]
    told = httpd.post(f"/klarna/orders/{order_id}/operations/{operation}/give-up",
                      {"reason": "the customer keeps it"})
    assert told.status == 200, told.raw


def opened(shop, box):
    for kind in PATHS:
        lost(shop, box, kind, "drop_after", f"{kind}-lost-after")
        lost(shop, box, kind, "rate_limit", f"{kind}-queued")
        killed(shop, box, kind, f"{kind}-sent", None)
    lost(shop, box, "place_order", "drop_before", "place_order-lost-before")
    lost(shop, box, "capture", "drop_before", "capture-lost-before")
    lost(shop, box, "refund", "drop_before", "refund-lost-before")
    killed(shop, box, "capture", "capture-sent-before", "before")


def literal(value):
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, bytes):
        return f"CAST({literal(value.decode())} AS BLOB)"
    return "'" + value.replace("'", "''") + "'"


def dumped(database, tables, head):
    """Every row as an INSERT; tables: name and which of its rows."""
    text = [head]
    connection = sqlite3.connect(database)
    for table, which in tables.items():
        rows = connection.execute(f"SELECT * FROM {table} {which}")
        names = ", ".join(column[0] for column in rows.description)
        for row in rows:
            values = ", ".join(map(literal, row))
            text.append(f"INSERT INTO {table} ({names}) VALUES ({values});")
    connection.close()
    return "\n".join(text) + "\n"


def test_make(tmp_path):
    books = os.path.join(tmp_path, "books.db")
    box = Sandbox(state=books)
    server = Httpd(box.url, EXTRA + LOCATION + HASTE + "KlarnaWorker On\n")
    server.allow_log(".*")
    shop = Shop(server, box)
    by_the_worker(shop, server, box)
    server.stop()
    server.configure(box.url, EXTRA + LOCATION + HASTE)
    server.hand_over()
    server.start()
    adoptions(server, box)
    payments(shop, server, box)
    finished(shop, server, box)
    opened(shop, box)
    box.forget_requests()
    server.stop()
    box.stop()
    where = os.environ["MAKE_V1"]
    head = (f"-- Made by make_v1.py at {int(time.time() * 1000000)}"
            " (microseconds since 1970); do not edit.")
    ours = dumped(server.database, dict.fromkeys(("klarna_order", "klarna_operation",
                                                  "klarna_reference", "klarna_callback"), ""), head)
    # Of a placed order, Klarna's session and token are not asked for any more.
    unplaced = ", ".join(f"'{row[0]}'" for row in server.sql(
        "SELECT session_id FROM klarna_order WHERE klarna_order_id = id"))
    made = sqlite3.connect(books)
    tables = [row[0] + ";" for row in made.execute(
        "SELECT sql FROM sqlite_master WHERE sql <> '' AND name NOT LIKE 'sqlite%'")]
    version = made.execute("PRAGMA user_version").fetchone()[0]
    made.close()
    theirs = dumped(books, {"meta": "", "sessions": f"WHERE session_id IN ({unplaced})",
                            "tokens": f"WHERE json_extract(doc, '$.session_id') IN ({unplaced})",
                            "orders": "", "idempotency": ""},
                    "\n".join([head, *tables, f"PRAGMA user_version = {version};"]))
    for name, text in (("v1_data.sql", ours), ("v1_klarna.sql", theirs)):
        with open(os.path.join(where, name), "w", encoding="utf-8") as file:
            file.write(text)
