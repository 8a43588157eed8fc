# SPDX-License-Identifier: Apache-2.0
"""conf/admin.conf, as a real server includes it: who sees the pages and who may use the routes
behind them, what a browser is told about them, and that nothing else is served."""
import glob
import gzip
import json
import os
import re
import shutil
import subprocess

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


def make(source, destination):
    return subprocess.run([os.path.join(ROOT, "scripts/admin-pages"), source, destination],
                          capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def pages(httpd):
    """The real pages, made as make install makes them: the folder's name."""
    assert make(os.path.join(ROOT, "admin"), os.path.join(httpd.dir, "admin")).returncode == 0
    httpd.hand_over()
    (folder,) = glob.glob(os.path.join(httpd.dir, "admin", "v" + "?" * 12))
    return os.path.basename(folder)


def test_what_a_page_loads_is_there_and_is_kept(httpd, pages):
    """The page is asked for each time; its script, its looks and its words never again."""
    for page in ("index", "order", "payments", "operations", "till", "receipt", "customer"):
        answer = httpd.get(f"{PAGES}/{page}.html")
        assert answer.headers["Cache-Control"] == "no-cache"
        loaded = re.findall(r'(?:src|href)="([^"]+)"', answer.raw.decode())
        assert f"{pages}/{page}.js" in loaded
        for path in (path for path in loaded if not path.startswith("data:")):
            found = httpd.get(f"{PAGES}/{path}")
            assert found.status == 200, path
            kept = "private, max-age=31536000, immutable" if path.startswith(pages) else "no-cache"
            assert found.headers["Cache-Control"] == kept


def test_words_come_in_the_readers_language(httpd, pages):
    for wanted, got in (("de-DE,de;q=0.9,en;q=0.8", "de"), ("sv-SE", "sv"), ("ja", "en")):
        answer = httpd.get(f"{PAGES}/{pages}/words/index", headers={"Accept-Language": wanted})
        assert json.loads(answer.raw)[""] == got
        assert "accept-language" in answer.headers["Vary"]
    assert json.loads(httpd.get(f"{PAGES}/{pages}/words/index.nb.json").raw)[""] == "nb"


def test_scripts_and_lists_come_deflated(httpd, pages):
    for path in (f"{PAGES}/{pages}/index.js", f"{PAGES}/{pages}/index.css", "/klarna/orders/lists"):
        answer = httpd.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip", path
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert gzip.decompress(answer.raw) == httpd.get(path).raw


ID = "75aae4b8-f738-82d4-838e-fb1479f198dc"


@pytest.mark.parametrize("path, asked", [
    ("/", ["/klarna/orders?limit=50", "/klarna/orders/about"]),
    ("/?list=to_ship", ["/klarna/orders?list=to_ship&limit=50", "/klarna/orders/about"]),
    ("/?q=a%3E;rel=stylesheet", ["/klarna/orders/about"]),
    ("/?list=x>;rel=stylesheet", ["/klarna/orders/about"]),
    (f"/order.html?id={ID}", [f"/klarna/orders/{ID}", f"/klarna/orders/{ID}/events"]),
    ("/order.html?id=../..", []), ("/till.html", [])])
def test_data_is_asked_for_with_the_scripts(httpd, pages, path, asked):
    links = httpd.get(PAGES + path).headers.get("Link", "")
    assert re.findall(r"<([^>]*)>; rel=preload; as=fetch; crossorigin", links) == asked
    assert links.count("<") == len(asked) and "stylesheet" not in links


def test_an_update_has_other_addresses(tmp_path):
    """And takes those of before away, but not what somebody wrote into config.json."""
    source, made = tmp_path / "source", tmp_path / "made"
    shutil.copytree(os.path.join(ROOT, "admin"), source,
                    ignore=shutil.ignore_patterns("node_modules"))
    assert make(source, made).returncode == 0
    (first,) = made.glob("v*")
    (made / "config.json").write_text('{"hosts": ["https://journal.example"]}')
    assert make(source, made).returncode == 0
    assert list(made.glob("v*")) == [first]
    with open(source / "js/lib/kept.mjs", "a", encoding="utf-8") as file:
        file.write("export const MORE = 1;\n")
    assert make(source, made).returncode == 0
    (second,) = made.glob("v*")
    assert second != first and second.name in (made / "index.html").read_text()
    assert "journal" in (made / "config.json").read_text()
    assert made.joinpath("licences").is_dir() and not made.joinpath("js").exists()


@pytest.mark.parametrize("line", [
    "export let x = 1;\n", "const x = await import('./api.mjs');\n",
    "import * as all from './api.mjs';\n", "import { draw } from './shell.mjs';\n",
    "import { nobodysOwn } from './kept.mjs';\n"])
def test_what_cannot_be_put_together_stops(tmp_path, line):
    source = tmp_path / "source"
    shutil.copytree(os.path.join(ROOT, "admin"), source,
                    ignore=shutil.ignore_patterns("node_modules"))
    with open(source / "js/lib/i18n.mjs", "a", encoding="utf-8") as file:
        file.write(line)
    done = make(source, tmp_path / "made")
    assert done.returncode == 1 and "admin-pages: js/lib/" in done.stderr
    assert not (tmp_path / "made").exists()


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


def test_a_page_asks_whether_somebody_may_and_nobody_logs_it(httpd):
    """Any line in the error log that a test does not expect fails it."""
    for family, user, status in (("orders", "clerk", 200), ("orders", "cashier", 403),
                                 ("operator", "operator", 200), ("operator", "clerk", 403),
                                 ("instore", "cashier", 200), ("instore", "guest", 403)):
        answer = httpd.get(f"/klarna/{family}/about", user)
        assert answer.status == status, (family, user)
        assert status == 403 or answer.json["user"] == user


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
