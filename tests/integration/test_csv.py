# SPDX-License-Identifier: Apache-2.0
"""The CSV export: what a spreadsheet reads, what it would run, all pages, and what it costs."""
import csv
import fcntl
import http.client
import io
import json
import re
import socket
import termios
import uuid

import pytest

import carts
import made_up
from httpd import SLOW, USERS, Httpd
from sandbox import klarna_url
from sandbox_client import basic
from shop import EXTRA, HEALTH, ORDERS, Shop, for_stores, problem
from waiting import eventually

HEADER = ["id", "state", "store", "channel", "environment", "merchant_reference1",
          "merchant_reference2", "klarna_reference", "klarna_order_id", "currency",
          "order_amount", "captured_amount", "refunded_amount", "remaining_authorized_amount",
          "created_at", "expires_at", "attention", "waiting", "capture_klarna_references",
          "department", "till", "terminal", "cashier", "invoice"]
MONEY = HEADER[10:14]
BOTH = for_stores("/both/orders", "other default")


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + BOTH)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def template(httpd, box):
    """An order to copy; copies go to the store 'other', which has none of its own."""
    return Shop(httpd, box).placed(carts.of(carts.line("hat", 1, 9900)))


@pytest.fixture
def copies(httpd, template):
    def make(number, **values):
        ids = [str(uuid.uuid4()) for _ in range(number)]
        for place, new_id in enumerate(ids):
            made_up.order(httpd, template, new_id, **{
                "merchant": "other", "created_at": 1_700_000_000_000_000 + place} | values)
        return ids

    yield make
    httpd.sql("DELETE FROM klarna_order WHERE merchant = 'other'")


def export(httpd, query="", path="/other/orders"):
    answer = httpd.get(f"{path}?format=csv{query}")
    assert answer.status == 200, answer.raw
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="orders.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return answer.raw


def rows(raw):
    """As a strict reader of RFC 4180 finds them."""
    text = raw.decode("utf-8")
    assert text.startswith("\ufeff") and text.endswith("\r\n")
    header, *found = csv.reader(io.StringIO(text[1:], newline=""), strict=True)
    assert header == HEADER
    return [dict(zip(HEADER, row, strict=True)) for row in found]


def test_an_order_in_all_columns(shop, httpd):
    order_id = shop.captured()
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 105}))
    order = shop.get(f"/{order_id}?refresh=1")
    [row] = [row for row in rows(export(httpd, path=ORDERS)) if row["id"] == order_id]
    assert row == {
        "id": order_id, "state": "CAPTURED", "store": "default", "channel": "online",
        "environment": "playground", "merchant_reference1": "R-2001", "merchant_reference2": "",
        "klarna_reference": order["klarna_reference"],
        "klarna_order_id": order["klarna_order_id"], "currency": "SEK",
        "order_amount": "816.00", "captured_amount": "816.00", "refunded_amount": "1.05",
        "remaining_authorized_amount": "0.00", "created_at": order["created_at"],
        "expires_at": order["expires_at"], "attention": order["attention"] or "",
        "waiting": order["waiting"] or "",
        "capture_klarna_references": order["klarna_reference"] + "-1",
        "department": "", "till": "", "terminal": "", "cashier": "", "invoice": ""}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["created_at"])


@pytest.mark.parametrize("amount, text", [(0, "0.00"), (1, "0.01"), (99, "0.99"), (100, "1.00"),
                                          (200_000_000, "2000000.00"), (1_234_567, "12345.67")])
def test_amounts(httpd, copies, amount, text):
    copies(1, state="CAPTURED", order_amount=amount, captured_amount=amount,
           refunded_amount=amount, remaining_amount=0)
    [row] = rows(export(httpd))
    assert [row[name] for name in MONEY] == [text, text, text, "0.00"]


@pytest.mark.parametrize("reference, cell", [
    ("=1+1", "'=1+1"), ("+cmd", "'+cmd"), ("-2", "'-2"), ("@x", "'@x"),
    ("\t=1", "'\t'=1"), ("\r=1", "'\r'=1"), ("\n=1", "'\n'=1"), ("\tx", "'\tx"),
    (" =1+1", " '=1+1"), ('"=1+1', '"\'=1+1'), ("=", "'="), ("==", "'=="),
    # Where cells end with semicolons or tabs, a cell can begin in the middle.
    ("a;=1+1", "a;'=1+1"), ("a;-1;@b", "a;'-1;'@b"), ("a\t+b", "a\t'+b"), ("a\n=b", "a\n'=b"),
    ('a;"=1', 'a;"\'=1'),
    # What is no formula stays as it is.
    ("R-2001", "R-2001"), ("a=b", "a=b"), ("1+1", "1+1"), ("x@example", "x@example"),
    ("'=1", "'=1"), ("", ""), ("007", "007"),
    ('say "hi"', 'say "hi"'), ('"', '"'), ('""', '""'), (",", ","), ("a,b;c", "a,b;c"),
    ("two\nlines", "two\nlines"), ("two\r\nlines", "two\r\nlines"),
    ("Ödegård €5 日本 🛒", "Ödegård €5 日本 🛒"),
])
def test_cells(httpd, copies, reference, cell):
    copies(1, reference1=reference, reference2=reference[::-1], klarna_reference=reference)
    [row] = rows(export(httpd))
    assert row["merchant_reference1"] == cell
    assert row["klarna_reference"] == cell
    for value in row.values():
        assert not value.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_every_text_is_guarded(httpd, copies):
    """Not only the references: whatever was stored. A mark is a word of the module's own."""
    copies(1, channel="=1", environment="=1", currency="=1", waiting="=1", klarna_order_id="=1")
    [row] = rows(export(httpd))
    assert [name for name, value in row.items() if value == "'=1"] == [
        "channel", "environment", "klarna_order_id", "currency", "waiting"]


def test_excel_is_told_that_it_is_utf_8(httpd):
    assert export(httpd).startswith(b"\xef\xbb\xbfid,state,")


# --- what is in it ----------------------------------------------------------------------------

def test_all_pages_in_order(httpd, copies, template):
    ids = copies(230)
    assert [row["id"] for row in rows(export(httpd))] == ids[::-1]
    merged = rows(export(httpd, path="/both/orders"))
    assert [row["id"] for row in merged if row["store"] == "other"] == ids[::-1]
    assert template in [row["id"] for row in merged if row["store"] == "default"]
    assert len(merged) == len({row["id"] for row in merged})


def test_filters_count(httpd, copies):
    copies(3, reference1="A", state="CANCELLED")
    [wanted] = copies(1, reference1="B", state="CANCELLED", waiting="refund")
    for query in ("&q=B", "&list=refund_unconfirmed", "&state=CANCELLED&q=B"):
        assert [row["id"] for row in rows(export(httpd, query))] == [wanted]
    assert rows(export(httpd, "&q=C")) == []
    assert len(rows(export(httpd, "&state=CANCELLED"))) == 4


@pytest.mark.parametrize("query, code, field", [
    ("limit=5", "not_with_csv", "limit"), ("cursor=1_x", "cursor", "cursor"),
    ("cursor=5_00000000-0000-4000-8000-000000000000", "not_with_csv", "cursor"),
    ("state=NONE", "unknown_value", "state"), ("stat=x", "unknown_parameter", "stat"),
    ("format=csv", "repeated_parameter", "format")])
def test_wrong_queries_are_no_file(httpd, query, code, field):
    problem(httpd.get(f"/other/orders?format=csv&{query}"), 400, code, field)


def test_head(httpd, copies):
    copies(3)
    answer = httpd.ask("HEAD", "/other/orders?format=csv", user="clerk")
    assert answer.status == 200 and answer.raw == b""
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


# --- long ones --------------------------------------------------------------------------------

def _fill(httpd, template, number):
    """Many at once; SQLite only. Every other id ends a page in the middle of a second."""
    columns = made_up.COLUMNS["klarna_order"]
    new_id = "printf('00000000-0000-4000-8000-%012d', i)"
    values = {"id": new_id, "klarna_order_id": new_id, "merchant": "'other'",
              "created_at": "1600000000000000 + i / 2"}
    httpd.sql(f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number})"
              f" INSERT INTO klarna_order ({', '.join(columns)})"
              f" SELECT {', '.join(values.get(name, name) for name in columns)}"
              f" FROM klarna_order, n WHERE id = '{template}'")


@pytest.fixture(scope="module")
def many(httpd, template):
    """100,001 orders."""
    _fill(httpd, template, 100_001)
    yield 100_001
    httpd.sql("DELETE FROM klarna_order WHERE merchant = 'other'")


def _peak(pid):
    """Kilobytes of memory that a process had at most."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1])


@pytest.mark.alone
def test_the_last_row_tells_of_more(httpd, many):
    before = _peak(httpd.worker_pid())
    text = export(httpd).decode()
    lines = text.split("\r\n")
    assert len(lines) == 1 + 100_000 + 1 + 1
    assert "more than 100000 orders" in lines[-2]
    ids = [line[1:37] for line in lines[1:-2]]
    assert ids == [f"00000000-0000-4000-8000-{i:012d}" for i in range(100_001, 1, -1)]
    # 20 MB went through; the server grew by what a page needs.
    assert len(text) > 15_000_000
    if SLOW == 1:       # a sanitizer keeps what was freed
        assert _peak(httpd.worker_pid()) - before < 8_000


@pytest.mark.alone
def test_exactly_as_many_as_fit(httpd, many):
    httpd.sql("DELETE FROM klarna_order WHERE merchant = 'other'"
              " AND id = '00000000-0000-4000-8000-000000000001'")
    lines = export(httpd).decode().split("\r\n")
    assert len(lines) == 1 + 100_000 + 1 and lines[-2][1:37].endswith("000000000002")


def _open(httpd):
    """An export that nobody reads."""
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stalled.connect(("127.0.0.1", httpd.port))
    login = basic("clerk", USERS["clerk"])
    stalled.sendall(f"GET /other/orders?format=csv HTTP/1.1\r\nHost: x\r\nAuthorization: {login}"
                    "\r\n\r\n".encode())
    return stalled


def _nothing_moves(stalled):
    """Until the system holds as much for each reader as it takes: the writers wait."""
    def held():
        return [fcntl.ioctl(reader, termios.FIONREAD, b"\0" * 4) for reader in stalled]

    before = []

    def same_as_before():
        before.append(held())
        return before[-5:] == [before[-1]] * 5
    eventually(same_as_before)


@pytest.mark.alone
def test_a_slow_reader_holds_no_connection(httpd, many):
    """More of them than there are connections to the database: everybody else goes on."""
    stalled = [_open(httpd) for _ in range(12)]     # DBDMax is 8
    try:
        for reader in stalled:
            assert reader.recv(10) == b"HTTP/1.1 2"
        _nothing_moves(stalled)
        for _ in range(20):     # which nobody would answer before a reader has gone
            assert httpd.get(HEALTH, None).status == 200
    finally:
        for reader in stalled:
            reader.close()


def test_what_breaks_off_is_not_taken_for_whole(httpd, copies):
    """A row of the second page cannot be read: the status is on its way, so the end is missing."""
    ids = copies(150)
    httpd.sql(f"UPDATE klarna_order SET attention = 'x' WHERE id = '{ids[20]}'")
    httpd.expect_log("KLA0023: an export broke off: ")
    with pytest.raises(http.client.IncompleteRead):
        httpd.get("/other/orders?format=csv")
    httpd.sql(f"UPDATE klarna_order SET attention = 'x' WHERE id = '{ids[149]}'")
    httpd.expect_log("KLA0020: GET /other/orders: 500 ")
    answer = httpd.get("/other/orders?format=csv")
    assert answer.status == 500 and "code" in json.loads(answer.raw)


def test_only_users(httpd):
    assert httpd.get("/other/orders?format=csv", None).status == 401
    problem(httpd.get("/open/orders?format=csv", None), 403, "not_authenticated")
