# SPDX-License-Identifier: Apache-2.0
"""What stands before every API route: credentials, region, rates, JSON, unknown paths."""
import subprocess

import pytest

from sandbox_client import OM, ROOT, USER, basic, cart

SESSIONS = "/payments/v1/sessions"
NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("auth", [
    None, basic("nobody", "x"), basic(USER, "wrong"), "Bearer x", "Basic !!!",
    basic("PN00000_overseas", "overseas-password")])
def test_unknown_or_foreign_credentials_get_an_html_401(box, auth):
    answer = box.ask("POST", SESSIONS, cart(), auth=auth)
    assert answer.status == 401
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Www-Authenticate"].startswith("Basic realm=")
    assert answer.headers["Klarna-Correlation-Id"]
    assert b"<html" in answer.raw
    assert box.control("GET", "ledger")["sessions"] == []


def test_a_raw_api_key_is_a_credential_too(box):
    assert box.ask("POST", SESSIONS, cart(), auth="Basic klarna_test_api_abc").status == 200
    assert box.ask("POST", SESSIONS, cart(),
                   auth=basic("uuid-user", "klarna_test_api_abc")).status == 200


def test_one_merchant_does_not_see_the_other_one(box):
    order_id = box.order()
    other = basic("PK00001_other", "other-password")
    assert box.ask("GET", f"{OM}/{order_id}", auth=other).status == 404
    session = box.session()
    assert box.ask("GET", f"{SESSIONS}/{session['session_id']}", auth=other).status == 404


@pytest.mark.parametrize("raw", [None, b"", b"{", b"[]", b"\xff{}", b'{"a": NaN}', b"[" * 100000])
def test_what_is_not_a_json_object_is_400(box, raw):
    answer = box.ask("POST", SESSIONS, raw=raw, headers={"Content-Type": "application/json"})
    assert answer.status == 400 and answer.code == "BAD_REQUEST"
    assert answer.json["correlation_id"] == answer.headers["Klarna-Correlation-Id"]


def test_the_content_type_is_json(box):
    answer = box.ask("POST", SESSIONS, cart(), headers={"Content-Type": "text/plain"})
    assert answer.status == 400 and answer.code == "BAD_REQUEST"
    accepted = box.ask("POST", SESSIONS, cart(),
                       headers={"Content-Type": "application/json; charset=utf-8"})
    assert accepted.status == 200


def test_more_than_one_megabyte_is_413(box):
    answer = box.ask("POST", SESSIONS, {**cart(), "x": "x" * (1 << 20)})
    assert answer.status == 413 and answer.code == "REQUEST_TOO_LARGE"


def test_unknown_paths_and_methods(box):
    assert box.ask("GET", "/payments/v2/sessions").status == 404
    assert box.ask("DELETE", SESSIONS).status == 405
    assert box.ask("GET", f"{OM}/not-a-uuid").code == "INVALID_ORDER_ID"


def test_rate_limit_headers_and_429(box):
    box.control("POST", "behaviour", {"rate_limit_sessions": 2})
    answers = [box.ask("POST", SESSIONS, cart()) for _ in range(12)]
    refused = [answer for answer in answers if answer.status == 429]
    assert len(refused) >= 4                      # two windows at most, three on a slow machine
    assert answers[0].headers["X-Ratelimit-Limit"] == "2, 2;w=1"
    assert answers[0].headers["X-Ratelimit-Remaining"] in ("0", "1")
    assert refused[0].code == "TOO_MANY_REQUESTS"
    assert refused[0].headers["X-Ratelimit-Remaining"] == "0"
    assert "Retry-After" not in refused[0].headers
    made = sum(answer.status == 200 for answer in answers)
    assert len(box.control("GET", "ledger")["sessions"]) == made


@pytest.mark.parametrize("rates, sessions, other", [("live", 40, 200), ("playground", 5, 50)])
def test_klarnas_own_limits(box, rates, sessions, other):
    """Each merchant has its own, and sessions are counted apart from the rest."""
    box.control("POST", "behaviour", {"rates": rates})
    read = box.ask("GET", f"{OM}/{NOBODYS}")
    made = box.ask("POST", SESSIONS, cart())
    assert read.headers["X-Ratelimit-Limit"] == f"{other}, {other};w=1"
    assert made.headers["X-Ratelimit-Limit"] == f"{sessions}, {sessions};w=1"
    assert int(read.headers["X-Ratelimit-Remaining"]) < other
    assert int(made.headers["X-Ratelimit-Remaining"]) < sessions
    for _ in range(sessions):
        box.ask("POST", SESSIONS, cart())
    theirs = box.ask("POST", SESSIONS, cart(), auth=basic("PK00001_other", "other-password"))
    assert theirs.status == 200
    assert int(theirs.headers["X-Ratelimit-Remaining"]) >= sessions - 3


def test_wrong_arguments_are_explained():
    for arguments, text in ((["--port", "0", "--merchant", "nobody"], "user:password"),
                            (["--port", "0", "--tls-cert", "x"], "belong together"),
                            (["--port", "0", "--tls-cert", "x", "--tls-key", "y"], "No such file"),
                            (["--port", "0", "--state", "/nonexistent/x"], "sandbox:")):
        done = subprocess.run([f"{ROOT}/scripts/sandbox", *arguments], capture_output=True,
                              text=True, timeout=20)
        assert done.returncode != 0 and text in done.stderr
        assert "Traceback" not in done.stderr
