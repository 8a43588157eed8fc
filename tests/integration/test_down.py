# SPDX-License-Identifier: Apache-2.0
"""Klarna is not there, and comes back. A sandbox of its own, spoken to directly: it keeps its
books in a file and is stopped and started."""
import os

import pytest

import carts
from httpd import SLOW, Httpd
from sandbox import Sandbox
from shop import CHECKOUT, EXTRA, Payment, Shop, new_key, problem
from test_faults import ACTIONS


@pytest.fixture(scope="module")
def own_box(tmp_path_factory):
    box = Sandbox(state=os.path.join(tmp_path_factory.mktemp("sandbox"), "books.db"))
    yield box
    if box.process.poll() is None:
        box.stop()


@pytest.fixture(scope="module")
def own_httpd(own_box):
    server = Httpd(own_box.url, EXTRA + f"KlarnaTimeout {3 * SLOW}s\n"
                   "KlarnaConnectTimeout 2s\n")
    yield server
    server.stop()


@pytest.fixture
def own_shop(own_httpd, own_box):
    if own_box.process.poll() is not None:
        own_box.start()
    return Shop(own_httpd, own_box)


# What is written as a whole is built on Klarna's record, read within the action: without it
# nothing is stored that would be sent later.
WHOLE = ("reduce",)


@pytest.mark.parametrize("name", WHOLE)
def test_an_action_that_needs_klarnas_record_while_it_is_down(own_shop, own_httpd, own_box, name):
    action, key = ACTIONS[name], new_key()
    subject = action.prepare(own_shop)
    before = own_httpd.rows()
    own_box.kill()
    own_httpd.expect_log("KLA0020: .* 503 record_not_read: ")
    problem(action.ask(own_shop, subject, key), 503, "record_not_read")
    assert own_httpd.rows() == before
    own_box.start()
    assert own_shop.finish(lambda key: action.ask(own_shop, subject, key), key).status == 201
    own_shop.agrees(getattr(subject, "order_id", subject), action.status)
    assert action.count(own_shop, own_box, subject) == 1


@pytest.mark.parametrize("name", [name for name in ACTIONS if name not in WHOLE])
def test_an_action_while_klarna_is_down(own_shop, own_httpd, own_box, name):
    action, key = ACTIONS[name], new_key()
    subject = action.prepare(own_shop)
    own_box.kill()
    reads_first = name in ("cancel", "release")
    own_httpd.expect_log("KLA0021: .* is queued after "
                         + ("0 attempts: " if reads_first else "1 attempts: not_sent"))
    answer = action.ask(own_shop, subject, key)
    assert answer.status == 202 and answer.json["state"] == "queued"
    own_box.start()
    assert own_shop.finish(lambda key: action.ask(own_shop, subject, key), key).status == 201
    own_shop.agrees(getattr(subject, "order_id", subject), action.status)
    assert action.count(own_shop, own_box, subject) == 1


def test_starting_while_klarna_is_down(own_shop, own_httpd, own_box):
    own_box.kill()
    key, cart = new_key(), {"signed_cart": carts.sign()}
    own_httpd.expect_log("KLA0020: .* 503 not_sent: ")
    told = problem(own_httpd.post(CHECKOUT + "/sessions", cart, None, key=key), 503, "not_sent")
    assert "nothing was executed" in told["next"]
    own_box.start()
    answer = own_httpd.post(CHECKOUT + "/sessions", cart, None, key=key)
    assert answer.status == 201 and Payment(answer)


def test_kept_connections_do_not_outlive_klarna(own_shop, own_box):
    """The module holds an idle connection that Klarna has closed meanwhile."""
    order_id = own_shop.captured()
    own_box.kill()
    own_box.start()
    own_shop.done(own_shop.act(order_id, "credit-invoices", {"amount": 100}))
    payment = own_shop.authorized()
    own_box.kill()
    own_box.start()
    assert own_shop.place(payment).status == 201
    assert own_shop.agrees(order_id)["refunded_amount"] == 100


def test_reading_klarnas_record_while_it_is_down(own_shop, own_httpd, own_box):
    order_id = own_shop.placed()
    own_box.kill()
    own_httpd.expect_log("KLA0020: .* 503 not_sent: ")
    problem(own_httpd.get(f"{own_shop.orders}/{order_id}?refresh=1"), 503, "not_sent")
    # What is stored can be read all the time.
    assert own_shop.order(order_id)["state"] == "AUTHORIZED"
