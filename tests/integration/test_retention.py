# SPDX-License-Identifier: Apache-2.0
"""What need not stay goes in its time, whoever else is at work; the books stay as they are. Time
passes by moving rows' own times back; what is left is read in a dump by the database's own client."""
import concurrent.futures

import pytest

import carts
from httpd import Httpd
from shop import EXTRA, Shop, new_key, problem
from waiting import eventually

DAYS = 7
DAY = 86400
LOOK = 49 * 3600        # after a session began
QUOTED = "somebody@quoted.example.test"
PARCEL = {"shipping_company": "PostNord", "tracking_number": "SE7788990011"}
SHOPPERS, EACH = 6, 5
BOOKS = ("klarna_order", "klarna_reference")


@pytest.fixture
def httpd(box):
    server = Httpd(box.url, EXTRA + f"KlarnaWorker On\nKlarnaRetention {DAYS}d\n")
    yield server
    server.stop()


@pytest.fixture
def shop(httpd, box):
    return Shop(httpd, box)


def _passes(httpd, seconds):
    """That much time, for payments and operations; the looks at orders stay where they are."""
    back = f"created_at - {seconds}000000, updated_at = updated_at - {seconds}000000"
    httpd.sql(f"UPDATE klarna_payment SET version = version + 1, created_at = {back}, check_at = "
              f"CASE WHEN check_at > {seconds}000000 THEN check_at - {seconds}000000 ELSE 0 END")
    httpd.sql(f"UPDATE klarna_operation SET version = version + 1, created_at = {back} "
              "WHERE state IN ('confirmed', 'refused')")


def _count(httpd, what):
    return int(httpd.sql(f"SELECT COUNT(*) FROM {what}")[0][0])


def _kept(httpd):
    """Payments that are no orders, and requests of what has ended."""
    return (_count(httpd, "klarna_payment"),
            _count(httpd, "klarna_operation WHERE next_at = 0 AND (path <> '' OR body <> '')"))


def _settle(httpd):
    """Orders were looked at once and are not for a year, so that they stay as they are; the payments
    that they were are gone."""
    eventually(lambda: _count(httpd, "klarna_order WHERE expires_at = 0 OR pending_op <> ''") == 0)
    httpd.sql(f"UPDATE klarna_order SET check_at = check_at + {365 * DAY}000000, "
              "version = version + 1")
    placed = "id IN (SELECT id FROM klarna_order)"
    httpd.sql(f"UPDATE klarna_payment SET check_at = 1, version = version + 1 WHERE {placed}")
    eventually(lambda: _count(httpd, f"klarna_payment WHERE {placed}") == 0)


def _books(httpd):
    return {table: sorted(httpd.sql(f"SELECT * FROM {table}")) for table in BOOKS}


def _history(httpd):
    """Every operation of an order, without what may go and the times that the test moves."""
    return sorted(httpd.sql(
        "SELECT id, order_id, merchant, kind, state, mark, method, intent, amount, actor, "
        "client_key, client_hash, credit_invoice_id, next_op, attempts, doubtful, lease_until, "
        "sent_at, next_at, took, http_status, result_id, result, hint, error_code, correlation_id "
        "FROM klarna_operation WHERE order_id IN (SELECT id FROM klarna_order)"))


def _shipped(shop, key=None):
    """An order with a bit of everything; its id, and how its capture is asked for again."""
    order_id = shop.placed(carts.personal_cart())
    key = new_key()

    def capture():
        return shop.act(order_id, "captures", {"amount": 50000, "reference": "shipment 1",
                                               "shipping_info": [PARCEL]}, key=key)
    shop.done(capture())
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 700, "comment": "a scratch"}))
    return order_id, capture


def _timeless(answer):
    """Without the times that the test has moved."""
    body = answer.json
    for name in ("created_at", "updated_at"):
        del body["operation"][name]
    return answer.status, body


def _refused(shop, box, payment):
    """Klarna says no and quotes what the shopper gave it."""
    box.fault("status", 1, path="/order$", status=400,
              body={"error_code": "BAD_VALUE", "error_messages": [f"Bad value: email {QUOTED}"],
                    "correlation_id": "c-1"})
    assert QUOTED not in str(problem(shop.place(payment), 422, "klarna_refused"))


@pytest.mark.databases
def test_an_old_payments_data_are_in_no_table(shop, httpd, box):
    unfinished = [shop.authorized(carts.personal_cart()) for _ in range(3)]
    shop.decline(unfinished[0], reason=f"no account for {QUOTED}")
    declined, twice = [shop.authorized(carts.personal_cart()) for _ in range(2)]
    _refused(shop, box, declined)
    _refused(shop, box, twice)
    twice.token = box.authorize(twice.session_id)
    assert shop.place(twice).status == 201
    order_id, capture = _shipped(shop)
    answer = _timeless(capture())
    _settle(httpd)

    before = httpd.store.dump()
    for word in (QUOTED, unfinished[1].client_token, "shipment 1", "/captures"):
        assert word in before
    books = _books(httpd)
    _passes(httpd, LOOK)                            # the worker looks at what nobody finished
    eventually(lambda: _count(httpd, "klarna_payment WHERE state = 'CREATED'") == 0)
    assert len(unfinished) + 1 == _count(httpd, "klarna_payment")
    history = _history(httpd)
    _passes(httpd, DAYS * DAY)
    eventually(lambda: _kept(httpd) == (0, 0))

    after = httpd.store.dump()
    for payment in (*unfinished, declined):
        for word in (payment.order_id, payment.key, payment.session_id, payment.client_token,
                     payment.token):
            assert word not in after
        problem(shop.place(payment), 404, "no_such_order")
    for word in (*carts.PERSONAL, QUOTED, twice.token, twice.client_token, "/captures"):
        assert word not in after
    assert _books(httpd) == books               # byte for byte
    assert _history(httpd) == history
    assert PARCEL["tracking_number"] in after
    assert _timeless(capture()) == answer       # the same key gives the same
    shop.agrees(order_id, "PART_CAPTURED")
    shop.agrees(twice.order_id, "AUTHORIZED")
    # And work goes on with them.
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 300}))
    assert shop.agrees(order_id)["refunded_amount"] == 1000
    kinds = [op["kind"] for op in shop.get(f"/{order_id}/events")["operations"]]
    assert kinds == ["place_order", "capture", "refund", "refund"]


@pytest.mark.databases
def test_nothing_goes_before_its_time(shop, httpd, box):
    payment = shop.authorized()
    order_id, _ = _shipped(shop)
    _settle(httpd)
    _passes(httpd, DAYS * DAY - 600)
    eventually(lambda: _count(httpd, "klarna_payment WHERE state = 'ABANDONED'") == 1)
    gone = shop.start()
    _passes(httpd, LOOK + DAYS * DAY)       # not looked at: it is, and stays for its time
    eventually(lambda: shop.order(gone.order_id)["state"] == "ABANDONED")
    eventually(lambda: _count(httpd, f"klarna_payment WHERE id = '{payment.order_id}'") == 0)
    shop.agrees(order_id)


@pytest.mark.databases
def test_shoppers_and_clerks_notice_nothing(shop, httpd, box):
    """Old things by the batch go while others buy, ship and refund."""
    httpd.allow_log("KLA0032: ")
    with concurrent.futures.ThreadPoolExecutor(SHOPPERS) as pool:
        old = list(pool.map(lambda _: shop.start().order_id, range(150)))
        shipped = list(pool.map(lambda _: shop.captured(), range(40)))
        _settle(httpd)
        httpd.sql("UPDATE klarna_payment SET state = 'ABANDONED', check_at = 0")
        _passes(httpd, LOOK + DAYS * DAY)

        def one(_):
            order_id = shop.captured()
            shop.done(shop.act(order_id, "credit-invoices", {"amount": 100}))
            return order_id
        new = list(pool.map(one, range(SHOPPERS * EACH)))
        for order_id in shipped[:SHOPPERS]:
            shop.done(shop.act(order_id, "credit-invoices", {"amount": 100}))
    ids = ", ".join(f"'{order_id}'" for order_id in old)
    eventually(lambda: _count(httpd, f"klarna_payment WHERE id IN ({ids})") == 0)
    ids = ", ".join(f"'{order_id}'" for order_id in shipped)
    eventually(lambda: _count(httpd, f"klarna_operation WHERE order_id IN ({ids}) "
                                     "AND kind = 'capture' AND path <> ''") == 0)
    for order_id in shipped + new:
        shop.agrees(order_id, "CAPTURED")
