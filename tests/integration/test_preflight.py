# SPDX-License-Identifier: Apache-2.0
"""klarna-preflight: a server where everything is right, each thing that can be wrong with its cure,
the test purchases with what the books say, and that nothing is ever bought live."""
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import ssl
import shutil
import subprocess
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

import carts
import confidential
import klarnas_hosts
import sandbox
import stores
from httpd import USERS, Httpd
from klarnas_hosts import HOSTS, NO_SUCH_ORDER, UNAUTHORIZED
from ports import free_port
from sandbox_client import ROOT
from shop import EXTRA
from test_configtest import without
from tls_front import TlsFront
from waiting import eventually

COMMAND = pathlib.Path(ROOT, "scripts", "klarna-preflight")


def run(url, *more, user="operator", status=None, **environment):
    """The report, parsed; status: what the command must end with."""
    done = subprocess.run(
        [str(COMMAND), "--json", "--etc", "/nonexistent", *(["--url", url] if url else []),
         *(["--user", user] if user else []), *more], capture_output=True, text=True, timeout=300,
        stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                                       "KLARNA_PASSWORD": USERS.get(user, ""), **environment})
    assert not confidential.leaks(done.stdout + done.stderr, is_log=False), done
    assert "Traceback" not in done.stderr, done.stderr
    if status == 2:
        assert done.returncode == 2 and done.stdout == "", done
        return done.stderr
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert done.returncode == (0 if report["passed"] else 1) and status in (None, done.returncode)
    for entry in report["checks"]:
        assert bool(entry.get("cure")) == (entry["status"] in ("failed", "warning")), entry
    return report


def found(report, name):
    """Status, words and cure of the checks of this name."""
    rows = [(entry["status"], entry["text"], entry.get("cure", "")) for entry in report["checks"]
            if entry["name"] == name]
    assert rows, report["checks"]
    return rows[-1]


def wrong(report, name, cure, status="failed"):
    told = found(report, name)
    assert told[0] == status and cure in told[2], told
    assert report["passed"] == (status != "failed")


def site(httpd):
    return f"http://127.0.0.1:{httpd.port}"


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(sandbox.klarna_url(box), EXTRA + "KlarnaWorker On\n")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def script():
    """The command as a module, for what no test can bring about outside."""
    loader = importlib.machinery.SourceFileLoader("klarna_preflight", str(COMMAND))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


# Where the cashier and the customer of Klarna's cases in a store meet.
DEPARTMENTS = """
<KlarnaDepartment closed>
    KlarnaInStore off
</KlarnaDepartment>
<KlarnaDepartment clinic>
    KlarnaInStore hosted_page
    KlarnaInStoreMarkets NO/NOK SE/SEK
    KlarnaInStoreRefunds On
</KlarnaDepartment>
"""


# --- when all is right ---------------------------------------------------------------------------

def purchases(server):
    key = server.write("preflight-key", carts.KEYS["demo"] + "\n")
    return ("--purchase", "--cart-key", "demo", key)


def test_everything_works(box):
    """The module speaks to the sandbox without Prism: that is where the customer is played. The
    worker, which would look at the same orders meanwhile, is off, as in most tests."""
    server = Httpd(box.url, DEPARTMENTS)
    report = run(site(server), *purchases(server), status=0)
    assert {entry["name"]: entry["status"] for entry in report["checks"]} == {
        "site": "passed", "database": "passed", "schema": "passed", "login": "passed",
        "threads": "passed", "worker": "warning", "credentials of default": "passed",
        "countries of default": "passed", "clock": "passed", "TLS": "skipped",
        "callbacks": "warning"}
    assert report["addresses"] == [
        {"address": site(server), "what": "site"},
        {"address": site(server) + "/klarna/checkout",
         "what": "checkout, called by the shop's pages"}]
    assert "SE/SEK" in report["countries_of_default"]
    assert report["account_default"] == f"playground eu, {box.url}"
    *cases, aborted = report["test_cases"]
    assert [case["status"] for case in cases] == ["passed"] * 7
    assert [case["text"].split(", ")[1] for case in cases] == [
        "CAPTURED", "CAPTURED", "CAPTURED", "CANCELLED", "CAPTURED", "CAPTURED", "CAPTURED"]
    books = [box.ledger(case["text"].split()[2].rstrip(",")) for case in cases]
    assert [(book["captured_amount"], book["refunded_amount"]) for book in books] == [
        (10000, 10000), (20000, 10000), (10000, 0), (0, 0), (18000, 18000), (50000, 50000),
        (9000, 9000)]
    assert (aborted["status"], aborted["text"]) == ("passed", "nothing was paid: CANCELLED")
    server.stop()


def test_the_report_for_people(httpd):
    done = subprocess.run([str(COMMAND), "--etc", "/nonexistent", "--url", site(httpd), "--user",
                           "operator"], capture_output=True, text=True, timeout=300,
                          env=os.environ | {"KLARNA_PASSWORD": USERS["operator"]})
    assert done.returncode == 0 and done.stderr == "", done
    for words in ("Addresses of the site that take Klarna\n", "\nChecks\n", "Klarna's test cases\n",
                  "  passed   credentials of default: playground eu: accepted\n",
                  "  warning  callbacks: ", "           -> KlarnaCallbackBase http",
                  "(purchase, before shipment)\n", " 0 failed, "):
        assert words in done.stdout, done.stdout
    assert USERS["operator"] not in done.stdout


def test_what_klarna_setup_was_told(httpd, tmp_path):
    (tmp_path / "setup.conf").write_text(f"[setup]\nurl = {site(httpd)}\ncart_key_id = demo\n")
    report = run(None, "--etc", str(tmp_path), status=0)
    assert report["site"] == site(httpd)


# --- what can be wrong ---------------------------------------------------------------------------

@pytest.mark.parametrize("arguments, word", [
    (("--user", "operator"), "--url"), (("--url", "shop.example"), "--url"),
    (("--url", "http://127.0.0.1", "--user", "x"), "KLARNA_PASSWORD"),
    (("--url", "http://127.0.0.1", "--cart-key", "x", "/nonexistent"), "/nonexistent")])
def test_it_cannot_begin(arguments, word):
    assert word in run(None, *arguments, user=None, status=2)


def test_nobody_answers():
    wrong(run(f"http://127.0.0.1:{free_port()}"), "site", "Start httpd")


def test_no_location_for_it(httpd):
    wrong(run(site(httpd), "--routes", "/elsewhere"), "site", "SetHandler klarna-status")


@pytest.mark.parametrize("user, cure", [(None, "Say --user"), ("clerk", "group operators")])
def test_a_login_that_is_none(httpd, user, cure):
    if user:
        httpd.expect_log("AH01631: user clerk: authorization failure")
    report = run(site(httpd), user=user)
    wrong(report, "login", cure)
    assert {case["status"] for case in report["test_cases"]} == {"skipped"}


def test_a_wrong_password(httpd):
    httpd.expect_log("AH01617: user operator: authentication failure")
    wrong(run(site(httpd), KLARNA_PASSWORD="wrong"), "login", "htpasswd")


def test_no_tables(box):
    server = Httpd(box.url, schema=False)
    server.allow_log("KLA00|AH0")
    wrong(run(site(server)), "schema", "")
    server.stop()


def test_no_database(box):
    server = Httpd(box.url, change=lambda text: text.replace("${DIR}/klarna.db", "/nowhere/k.db")
                   if "sqlite3" in text else text.replace("dbname=", "dbname=not_"))
    server.allow_log("KLA00|AH0")
    report = run(site(server))
    assert not report["passed"] and report["checks"][1]["name"] in ("database", "schema")
    assert report["checks"][1]["cure"]
    server.stop()


@pytest.mark.skipif(os.geteuid() != 0 or stores.CHOSEN != "sqlite3", reason="gives a file away")
def test_a_database_that_cannot_be_written(box):
    """The file is read well; only a write finds it out. It heals without a restart."""
    server = Httpd(box.url, start=False)
    shutil.chown(server.database, "root", "root")
    server.allow_log("KLA00|AH0")
    server.start()
    wrong(run(site(server)), "database", "to the user that httpd runs as")
    server.hand_over()
    eventually(lambda: server.get("/klarna/operator/health", "operator").status == 200)
    assert run(site(server), status=0)["passed"]
    server.stop()


def test_few_threads(box):
    server = Httpd(box.url, change=lambda text: text.replace(
        "ThreadsPerChild 128", "ThreadsPerChild 16").replace("Workers 128", "Workers 32"))
    server.expect_log("KLA0005: ")
    server.allow_log("KLA")
    report = run(site(server))
    wrong(report, "threads", "ThreadsPerChild")
    assert "96 payments a minute" in found(report, "threads")[1]
    assert found(report, "worker")[0] == "warning"
    if server.store.arguments()[0].endswith("klarna.db"):
        wrong(report, "processes", "one process")
    server.stop()


def test_credentials_that_klarna_refuses(box):
    server = Httpd(box.url, start=False)
    server.write("credentials", "PK1:wrong-one\n")
    server.hand_over()
    server.start()
    report = run(site(server))
    wrong(report, "credentials of default", "KlarnaCredentials")
    assert not [entry for entry in report["checks"] if entry["name"].startswith("countries")]
    server.stop()


def test_credentials_that_cannot_be_tried(box):
    """Klarna is down where the account is; nobody says then that they are wrong."""
    server = Httpd("http://127.0.0.1:9")
    wrong(run(site(server)), "credentials of default", "KlarnaProxy")
    server.stop()


def test_countries(httpd, box):
    refusal = {"error_code": "NOT_ALLOWED", "error_messages": ["no"],
               "correlation_id": str(uuid.uuid4())}
    box.fault("status", 2, path="/sessions$", status=403, body=refusal)
    report = run(site(httpd))
    assert found(report, "countries of default")[0] == "passed"
    assert "; does not take AT/EUR BE/EUR" in found(report, "countries of default")[1]
    box.fault("status", 1, path="/sessions$", status=503, body={})
    wrong(run(site(httpd)), "countries of default", "Run it again", "warning")
    box.fault("status", -1, path="/sessions$", status=403, body=refusal)
    wrong(run(site(httpd)), "countries of default", "Ask Klarna to enable")


# --- the public address --------------------------------------------------------------------------

@pytest.fixture(scope="module")
def front(box):
    """A server whose public address ends TLS before it."""
    server = Httpd(sandbox.klarna_url(box), EXTRA, start=False)
    door = TlsFront(server.port)
    server.configure(sandbox.klarna_url(box), EXTRA
                     + f"KlarnaCallbackBase {door.url}/klarna/callbacks\n")
    server.start()
    yield door
    door.stop()
    server.stop()


def test_tls(front):
    """The certificate is good for two days; and not at all for who does not know who made it."""
    report = run(front.url, SSL_CERT_FILE=front.ca)
    wrong(report, "TLS", "Renew it", "warning")
    assert "TLSv1.3, certificate good for 1 days" in found(report, "TLS")[1]
    wrong(run(front.url), "site", "")


def test_a_certificate_that_nobody_knows(front, script):
    report = script.Report()
    script.check_tls(report, front.url, sandbox=False)
    assert report.checks[0]["status"] == "failed"
    assert "SSLCertificateFile" in report.checks[0]["cure"]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated")
def test_tls_of_another_century(front):
    front.context.minimum_version = ssl.TLSVersion.TLSv1
    front.context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        wrong(run(front.url, SSL_CERT_FILE=front.ca), "TLS", "-all +TLSv1.2", "warning")
    finally:
        front.context.minimum_version = ssl.TLSVersion.TLSv1_2


def test_no_tls(httpd, script):
    for url, cure in ((site(httpd), "certificate"),
                      (f"https://127.0.0.1:{httpd.port}", "SSLEngine On")):
        report = script.Report()
        script.check_tls(report, url, sandbox=False)
        assert report.checks[0]["status"] == "failed" and cure in report.checks[0]["cure"]


def test_callbacks(front, script, monkeypatch, box):
    """A private address proves nothing; a port that Klarna may not call is told."""
    report = run(front.url, SSL_CERT_FILE=front.ca)
    wrong(report, "callbacks", "from outside", "warning")
    assert report["addresses"][-1] == {"address": front.url + "/klarna/callbacks",
                                       "what": "called by Klarna"}
    monkeypatch.setattr(script, "is_private", lambda host: False)
    monkeypatch.setattr(script, "last_callback", lambda site: "")
    monkeypatch.setattr(script, "OPENER", script.urllib.request.build_opener(
        script.urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=front.ca))))
    base = front.url + "/klarna/callbacks"
    for ports, status in (((443,), "warning"), ((int(front.url.rpartition(":")[2]),), "passed")):
        monkeypatch.setattr(script, "KLARNAS_PORTS", ports)
        report = script.Report()
        script.check_callbacks(None, report, {"callback_base": base})
        assert [entry["status"] for entry in report.checks] == [status]


@pytest.mark.parametrize("path, cure", [
    ("klarna/nothing", "SetHandler klarna-callbacks"), (None, "firewall")])
def test_callbacks_that_do_not_arrive(httpd, script, path, cure):
    base = f"{site(httpd)}/{path}" if path else f"http://127.0.0.1:{free_port()}"
    report = script.Report()
    httpd.allow_log("AH01630: ")
    script.check_callbacks(None, report, {"callback_base": base})
    assert report.checks[0]["status"] == "failed" and cure in report.checks[0]["cure"]


class Late(BaseHTTPRequestHandler):
    """A Klarna whose clock says something else."""
    off = 0

    def date_time_string(self, timestamp=None):
        return super().date_time_string(time.time() + self.off)

    def do_GET(self):
        self.send_error(404)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("off, status, words", [
    (0, "passed", "within"), (300, "failed", "behind"), (-300, "failed", "ahead of")])
def test_the_clock(script, monkeypatch, off, status, words):
    monkeypatch.setattr(Late, "off", off)
    server = HTTPServer(("127.0.0.1", 0), Late)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    report = script.Report()
    script.check_clock(report, {"endpoint": f"http://127.0.0.1:{server.server_port}"})
    server.shutdown()
    server.server_close()
    assert report.checks[0]["status"] == status and words in report.checks[0]["text"]
    assert report.checks[0].get("cure", "timedatectl set-ntp true") == "timedatectl set-ntp true"


def test_the_sites_clock(script):
    report = script.Report()
    script.check_site_clock({"now": "2020-01-01T00:00:00Z"}, report)
    assert report.checks[0]["status"] == "failed" and "timedatectl" in report.checks[0]["cure"]


@pytest.mark.parametrize("status, told", [(401, ["warning"]), (301, []), (404, [])])
def test_a_password_without_tls(script, monkeypatch, status, told):
    asked = []
    monkeypatch.setattr(script, "ask", lambda url, **more: (
        asked.append(url), script.Answer(status, {}, b""))[1])
    where = script.Site(script.argparse.Namespace(url="https://shop.example:8443", routes="/klarna",
                                                  user=None), "")
    report = script.Report()
    script.check_plain_http(where, report)
    assert asked == ["http://shop.example/klarna/orders"]
    assert [entry["status"] for entry in report.checks] == told
    assert all("https virtual host" in entry["cure"] for entry in report.checks)


VHOSTS = """VirtualHost configuration:
*:80                   is a NameVirtualHost
         default server shop.example.com (/etc/apache2/sites-enabled/000.conf:1)
         port 80 namevhost shop.example.com (/etc/apache2/sites-enabled/000.conf:1)
                 alias www.shop.example.com
*:443                  clinic.example.com (/etc/apache2/sites-enabled/clinic.conf:2)
"""


def test_the_names_that_httpd_serves(script, monkeypatch, tmp_path):
    program = tmp_path / "apache2ctl"
    program.write_text(f"#!/bin/sh\n[ \"$*\" = '-t -D DUMP_VHOSTS' ] && cat <<'END'\n{VHOSTS}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert script.virtual_hosts() == {"shop.example.com", "www.shop.example.com",
                                      "clinic.example.com"}


def test_addresses_of_the_site(httpd):
    """Each that is named must take Klarna."""
    other = f"http://localhost:{httpd.port}"
    report = run(site(httpd), "--site", other, "--site", site(httpd))
    assert [entry["address"] for entry in report["addresses"] if entry["what"] == "site"] == [
        site(httpd), other]
    wrong(run(site(httpd), "--site", f"http://127.0.0.1:{free_port()}"), "site", "virtual host")


# --- purchases -----------------------------------------------------------------------------------

def test_an_order_that_a_person_bought(httpd, shop, box):
    """Shipped and returned; a second time there is nothing left to ship."""
    reference = f"bought-{uuid.uuid4().hex[:8]}"
    order = shop.placed(carts.of(*carts.lines(), merchant_reference1=reference))
    report = run(site(httpd), "--order", reference, status=0)
    assert report["test_cases"][0]["status"] == "passed"
    assert {case["status"] for case in report["test_cases"][1:]} == {"skipped"}
    after = shop.agrees(order, "CAPTURED")
    assert after["refunded_amount"] == after["order_amount"]
    httpd.allow_log("KLA0020: ")
    report = run(site(httpd), "--order", reference, status=1)
    assert report["test_cases"][0]["status"] == "failed"
    assert "captures: " in report["test_cases"][0]["text"]
    assert shop.agrees(order, "CAPTURED")["refunded_amount"] == after["refunded_amount"]


def test_an_order_that_is_not_there(httpd):
    report = run(site(httpd), "--order", "never-bought", status=1)
    assert "0 orders have the reference never-bought" in report["test_cases"][0]["text"]


def test_a_purchase_that_klarna_refuses(box):
    server = Httpd(box.url)
    server.allow_log("KLA0020: ")
    box.fault("status", path="/captures$", status=403, body={
        "error_code": "CAPTURE_NOT_ALLOWED", "error_messages": ["no"],
        "correlation_id": str(uuid.uuid4())})
    report = run(site(server), *purchases(server), status=1)
    assert [case["status"] for case in report["test_cases"]] == (
        ["failed"] + ["passed"] * 4 + ["skipped"] * 3)
    assert report["test_cases"][0]["text"].startswith("captures: ")
    server.stop()


def test_an_answer_that_is_lost_ships_once(box):
    """The same key is asked again until the outcome is known."""
    server = Httpd(box.url, "KlarnaTimeout 2s\nKlarnaConnectTimeout 1s\n")
    server.allow_log("KLA00(20|21): ")
    box.fault("drop_after", 3, path="/captures$")
    report = run(site(server), *purchases(server))
    assert report["test_cases"][0]["status"] == "passed", report["test_cases"]
    klarna_id = report["test_cases"][0]["text"].split()[2].rstrip(",")
    assert len(box.ledger(klarna_id)["captures"]) == 1
    server.stop()


def test_nothing_is_bought_live(tmp_path_factory):
    """Nor shipped, whatever is asked for; and the credentials' own system is named."""
    klarna = klarnas_hosts.Proxy(tmp_path_factory.mktemp("tls"), {
        name: UNAUTHORIZED for name in HOSTS.values()} | {"api-oc.klarna.com": NO_SUCH_ORDER})
    server = Httpd("http://127.0.0.1:9", f"""
KlarnaProxy {klarna.url}
KlarnaTrustStore ${{DIR}}/ca.pem
KlarnaEnvironment live
KlarnaRegion na
""", change=without("KlarnaEndpoint"), start=False)
    server.write("ca.pem", klarna.authority, 0o644)
    server.hand_over()
    server.start()
    for asked in (purchases(server), ("--order", "x")):
        report = run(site(server), *asked, status=1)
        wrong(report, "credentials of default", "KlarnaEnvironment live and KlarnaRegion oc")
        assert {case["text"] for case in report["test_cases"]} == {
            "the account is live: nothing is bought"}
    assert {line.split()[0] for _, line, _ in klarna.seen} == {"GET"}
    server.stop()
    klarna.stop()
