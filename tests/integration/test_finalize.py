# SPDX-License-Identifier: Apache-2.0
"""KlarnaInvoiceFinalize: one click at the till has the host finalise the invoice and begins its
payment. The host is a program behind mod_proxy, or a CGI script."""
import http.server
import json
import os
import threading

import pytest

from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA, new_key, problem
from till import EXTRA as TILLS, TILL, Till

DEPARTMENTS = """
<KlarnaStore default>
    <KlarnaDepartment clinic>
        KlarnaInvoiceFinalize /host/finalize?by=klarna
    </KlarnaDepartment>
    <KlarnaDepartment bikes>
        KlarnaInvoiceFinalize /scripts/finalize
    </KlarnaDepartment>
    <KlarnaDepartment later>
        KlarnaInvoiceFinalize /guarded/finalize
    </KlarnaDepartment>
</KlarnaStore>
LoadModule proxy_module ${MODULES}/mod_proxy.so
LoadModule proxy_http_module ${MODULES}/mod_proxy_http.so
LoadModule request_module ${MODULES}/mod_request.so
LoadModule filter_module ${MODULES}/mod_filter.so
AddOutputFilterByType DEFLATE application/json
<Location /host>
    ProxyPass http://127.0.0.1:%d
    Require all granted
</Location>
<Location /guarded>
    ProxyPass http://127.0.0.1:%d
    AuthType Basic
    AuthName "Host"
    AuthUserFile ${DIR}/users
    Require user nobody
</Location>
ScriptAlias /scripts/ ${DIR}/scripts/
<Directory ${DIR}/scripts>
    Require all granted
</Directory>
"""
SCRIPT = """#!/usr/bin/python3
import json, os, sys
body = sys.stdin.read(int(os.environ["CONTENT_LENGTH"]))
number = json.loads(body)["invoice"]["number"]
print("Content-Type: application/json\\n")
print(json.dumps({"number": number + "-final", "total": 9000, "already_paid": 0}))
"""


class Host(http.server.ThreadingHTTPServer):
    """Answers what the test says, and keeps what came."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Asked)
        self.came, self.status, self.answer = [], 200, b""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def says(self, answer, status=200):
        self.came, self.status = [], status
        self.answer = answer if isinstance(answer, bytes) else json.dumps(answer).encode()


class Asked(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):      # noqa: N802  (the library's name)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.path, dict(self.headers), json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def host():
    server = Host()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def httpd(box, host):
    server = Httpd(klarna_url(box), EXTRA + TILLS + DEPARTMENTS % ((host.server_port,) * 2),
                   start=False)
    os.mkdir(os.path.join(server.dir, "scripts"))
    server.write("scripts/finalize", SCRIPT, 0o755)
    os.chmod(os.path.join(server.dir, "scripts"), 0o755)
    server.hand_over()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def till(httpd, box):
    return Till(httpd, box, "clinic")


def draft():
    return {"number": "draft-" + new_key()[:8], "total": 9000, "already_paid": 0}


def begin(till, amount=9000, key=None, **more):
    invoice = draft()
    return till.begin(amount, key, invoice=invoice, reference=invoice["number"], finalize=True,
                      **more)


def test_one_click(till, host):
    """The host is told what the till said; the payment is one of the invoice that it made."""
    number = "F-" + new_key()[:8]
    host.says({"number": number, "total": 10000, "already_paid": 1000, "printed": True}, 201)
    key = new_key()
    answer = begin(till, key=key)
    assert answer.status == 201, answer.raw
    assert (answer.json["invoice"], answer.json["reference1"]) == (number, number)
    [(path, headers, body)] = host.came
    assert path == "/finalize?by=klarna" and headers["Idempotency-Key"] == key
    assert body["till"] == till.name and body["amount"] == 9000 and body["finalize"] is True
    seen = till.httpd.get(f"{TILL}/invoices/{number}?department=clinic").json
    assert (seen["total"], seen["already_paid"], seen["remaining"]) == (10000, 1000, 0)


def test_once_for_one_key(till, host):
    number = "F-" + new_key()[:8]
    host.says({"number": number, "total": 9000, "already_paid": 0})
    key, invoice = new_key(), draft()
    asked = [till.begin(9000, key, invoice=invoice, reference="R-1", finalize=True)
             for _ in range(2)]
    assert asked[0].json["payment_id"] == asked[1].json["payment_id"]
    assert asked[0].json["reference1"] == "R-1" and len(host.came) == 1


def test_nothing_is_begun_when_the_host_says_no(till, host, httpd):
    def told(answer, status, code):
        host.says(answer, status)
        httpd.expect_log("KLA0020: .* 502 " + code)
        return problem(begin(till), 502, code)["detail"]
    before = httpd.sql("SELECT COUNT(*) FROM klarna_payment")
    assert "/host/finalize?by=klarna answered 409" in told({"error": "sent already"}, 409,
                                                           "finalize_failed")
    told(b"", 500, "finalize_failed")
    for wrong, where in ((b"<html>", "unreadable"), (b"[]", "unreadable"), (b"", "unreadable"),
                         (b'"' + b"x" * 70000 + b'"', "unreadable"),
                         (b'{"number": "F-1", "total": 1}', "invoice.already_paid"),
                         (b'{"number": "F-1", "total": "1", "already_paid": 0}', "invoice.total")):
        assert where in told(wrong, 200, "finalize_answer")
    assert httpd.sql("SELECT COUNT(*) FROM klarna_payment") == before


def test_what_is_refused_before_the_host_is_asked(till, host):
    host.says({})
    problem(begin(till, amount=0), 400, "out_of_range")
    problem(begin(till, send="sms"), 400, "missing")
    problem(till.begin(1, finalize=1), 400, "wrong_type")
    assert host.came == []


def test_less_is_left_than_was_asked_for(till, host):
    host.says({"number": "F-" + new_key()[:8], "total": 9000, "already_paid": 1})
    assert "8999 remain" in problem(begin(till), 409, "invoice_paid")["detail"]


def test_a_script(httpd, box):
    till = Till(httpd, box, "bikes")
    answer = begin(till)
    assert answer.status == 201, answer.raw
    assert answer.json["invoice"].endswith("-final")


def test_who_may_not_go_there(httpd, box, host):
    host.says({})
    httpd.expect_log("KLA0020: .* 502 finalize_failed")
    httpd.allow_log("AH0166[34]|AH01618|AH01631|AH01617")
    assert "answered 40" in problem(begin(Till(httpd, box, "later")), 502,
                                    "finalize_failed")["detail"]
    assert host.came == []


def test_where_there_is_none(box):
    server = Httpd(klarna_url(box), EXTRA + TILLS)
    try:
        refused = problem(begin(Till(server, box, "clinic")), 400, "finalize")
        assert refused["field"] == "finalize"
    finally:
        server.stop()
