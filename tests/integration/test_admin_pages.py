# SPDX-License-Identifier: Apache-2.0
"""conf/admin.conf, as a real server includes it: who sees the pages and who may use the routes
behind them, what a browser is told about them, and that nothing else is served."""
import os
import shutil

import pytest

from httpd import CONF, Home, Httpd
from sandbox_client import ROOT

PAGES = "/klarna/admin"
FILES = {"index.html": "text/html; charset=utf-8", "js/lib/shell.mjs": "text/javascript",
         "lib/pico.css": "text/css", "lang/en/x.json": "application/json"}
POLICY = {"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
          "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"}


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(box.url, start=False)
    for name in FILES:
        path = os.path.join(server.dir, "admin", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy(os.path.join(CONF, "admin.conf"), path)
    server.start()
    yield server
    server.stop()


def test_whoever_logs_in_sees_the_pages(httpd):
    for user in ("guest", "clerk", "operator"):
        for name, kind in FILES.items():
            answer = httpd.get(f"{PAGES}/{name}", user)
            assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
        assert httpd.get(PAGES + "/", user).status == 200
    answer = httpd.get(PAGES + "/", None)
    assert answer.status == 401 and 'realm="Back office"' in answer.headers["WWW-Authenticate"]


def test_the_browser_is_told_to_be_careful(httpd):
    for path, user in (("/index.html", "clerk"), ("/nothing", "clerk"), ("/index.html", None)):
        headers = httpd.get(PAGES + path, user).headers
        assert set(headers["Content-Security-Policy"].split("; ")) == POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
    first = httpd.get(PAGES + "/index.html").headers
    assert first["Cache-Control"] == "no-cache"
    again = httpd.get(PAGES + "/index.html", headers={"If-None-Match": first["ETag"]})
    assert again.status == 304


def test_nothing_else_is_served(httpd):
    """No listing, nothing above the folder."""
    httpd.allow_log("AH01276: |AH00127: |AH10244: |AH01630: ")
    for path in ("/js/", "/lang/", "/../users", "/%2e%2e/credentials", "/js/../../klarna.db"):
        answer = httpd.get(PAGES + path)
        assert answer.status in (400, 403, 404), path


@pytest.mark.parametrize("user, orders, operator", [
    (None, 401, 401), ("guest", 403, 403), ("clerk", 200, 403), ("operator", 200, 404)])
def test_groups(httpd, user, orders, operator):
    """403 to whom Apache knows: a 401 would make the browser ask for the password again. 404
    here is the module's own, for a route that is not there."""
    httpd.allow_log("AH01631: user (guest|clerk): authorization failure")
    httpd.allow_log("KLA0020: GET /klarna/operator/nothing: 404 ")
    assert httpd.get("/klarna/orders", user).status == orders
    assert httpd.get("/klarna/operator/nothing", user).status == operator


def test_by_itself():
    """Without what the demo Defines, the places that the file itself names; with only what it
    says it needs."""
    home = Home("http://127.0.0.1:9", change=lambda text: "".join(
        line for line in text.splitlines(True) if not line.startswith("Define KLARNA_")))
    try:
        status, told = home.check()
        assert (status, told.strip()) == (0, "Syntax OK")
    finally:
        home.remove()
    with open(os.path.join(CONF, "admin.conf"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(ROOT, "Makefile.am"), encoding="utf-8") as file:
        assert "$(DESTDIR)$(pkgdatadir)/admin" in file.read()
    assert "Define KLARNA_ADMIN /usr/local/share/mod_klarna/admin\n" in text
