# SPDX-License-Identifier: Apache-2.0
"""Orders that were placed before the module came: one by Klarna's id, or a file of them."""
import os
import pathlib
import subprocess

import pytest

import carts
from httpd import USERS
from sandbox import PASSWORD, USERNAME
from sandbox_client import OM, basic
from shop import new_key, problem

AUTH = basic(USERNAME, PASSWORD)
SCRIPT = pathlib.Path(__file__).parents[2] / "scripts" / "klarna-take-over"
LINES = [carts.line("A", 2, 5000), carts.line("B", 1, 2500)]


@pytest.fixture
def old(box):
    """Places an order at Klarna without the module; gives Klarna's id."""
    def place(lines=LINES, **more):
        total = sum(line["total_amount"] for line in lines)
        tax = sum(line["total_tax_amount"] for line in lines)
        body = {"purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
                "order_amount": total, "order_tax_amount": tax, "order_lines": lines, **more}
        session = box.ask("POST", "/payments/v1/sessions", body, auth=AUTH)
        assert session.status == 200, session.raw
        token = box.authorize(session.json["session_id"], "approve")
        order = box.ask("POST", f"/payments/v1/authorizations/{token}/order", body, auth=AUTH)
        assert order.status == 200, order.raw
        return order.json["order_id"]
    return place


def take_over(shop, klarna_id, key=None, **more):
    return shop.httpd.post(shop.orders + "/take-over", {"klarna_order_id": klarna_id, **more},
                           key=key or new_key())


def others(box, klarna_id, what, body):
    answer = box.ask("POST", f"{OM}/{klarna_id}/{what}", body, auth=AUTH)
    assert answer.status in (201, 204), answer.raw


def test_taken_over_with_its_history(shop, box, old):
    klarna_id = old(merchant_reference1="old-4711")
    others(box, klarna_id, "captures", {"captured_amount": 5000})
    others(box, klarna_id, "refunds", {"refunded_amount": 1000})
    told = shop.done(take_over(shop, klarna_id))
    assert told["operation"]["kind"] == "take_over"
    order = shop.order(told["order_id"])
    assert order["state"] == box.ledger(klarna_id)["status"] == "PART_CAPTURED"
    assert (order["captured_amount"], order["refunded_amount"]) == (5000, 1000)
    assert order["merchant_reference1"] == "old-4711" and order["attention"] is None
    assert order["klarna_order_id"] == klarna_id and order["purchase_country"] == "SE"
    assert [(line["reference"], line["quantity"]) for line in order["order_lines"]] == [("A", 2),
                                                                                       ("B", 1)]
    shop.done(shop.act(told["order_id"], "captures", {"everything": True}))
    order = shop.get(f"/{told['order_id']}?refresh=1")
    assert order["state"] == "CAPTURED" and order["differs_from_klarna"] is False


def test_taken_over_once(shop, old):
    klarna_id, key = old(), new_key()
    first = take_over(shop, klarna_id, key)
    assert take_over(shop, klarna_id, key).raw == first.raw
    with shop.nothing_happens():
        told = problem(take_over(shop, klarna_id), 409, "already_here")
        assert first.json["order_id"] in told["detail"]


def test_one_of_ours_is_here_already(shop):
    klarna_id = shop.order(shop.placed())["klarna_order_id"]
    with shop.nothing_happens():
        problem(take_over(shop, klarna_id), 409, "already_here")


def test_what_cannot_be_taken_over(shop):
    nobody = "00000000-0000-4000-8000-000000000000"
    shop.httpd.expect_log("KLA0020: ")
    before = shop.httpd.rows()
    assert problem(take_over(shop, nobody), 422, "refused")["error_code"] == "NO_SUCH_ORDER"
    assert shop.httpd.rows() == before
    with shop.nothing_happens():
        problem(take_over(shop, ""), 400, "too_short", "klarna_order_id")
        problem(take_over(shop, nobody, store="nowhere"), 400, "unknown_value", "store")


def run(shop, path, *more):
    return subprocess.run([SCRIPT, "--url", f"http://127.0.0.1:{shop.httpd.port}{shop.orders}", "--user", "clerk", *more,
                           str(path)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "KLARNA_PASSWORD": USERS["clerk"]})


def test_a_file_of_them(shop, old, tmp_path):
    ids, nobody = [old(), old()], "00000000-0000-4000-8000-00000000000a"
    shop.httpd.expect_log("KLA0020: ")
    shop.httpd.expect_log("KLA0020: ")
    path = tmp_path / "old.csv"
    path.write_text("Date;Order ID;Amount\n" + "".join(
        f"2026-01-01;{each};125\n" for each in [*ids, nobody, ids[0]]), encoding="utf-8-sig")
    for _ in range(2):              # given again, it does nothing twice
        ran = run(shop, path)
        assert ran.returncode == 1, ran.stderr
        assert ran.stdout.startswith(f"{nobody}\t422 ") and ran.stdout.count("\n") == 1
        assert ran.stderr.splitlines()[-1] == "3 of 3, 1 refused"
    for each in ids:
        [order] = shop.get(f"?q={each}")["orders"]
        assert order["state"] == "AUTHORIZED"
    path.write_text("# ours\n" + "\n".join(ids) + "\n")
    ran = run(shop, path)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_a_file_that_cannot_be_read(shop, tmp_path):
    path = tmp_path / "old.csv"
    path.write_text("a,b\n1,2\n")
    ran = run(shop, path)
    assert ran.returncode == 2 and "order_id" in ran.stderr
