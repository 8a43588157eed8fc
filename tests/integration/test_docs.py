# SPDX-License-Identifier: Apache-2.0
"""Every command of README and documentation runs, as it stands there (docs.py has the marks); those
that install something run in a system of their own, tests/docs/install. docs/instore.md has a file
of its own, test_instore_docs.py."""
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest

import carts
import docs
from httpd import ENVIRONMENT, MODULE, MODULES, USERS, Httpd
from sandbox import klarna_url
from sandbox_client import ROOT
from shop import Shop
from test_take_over import old  # noqa: F401: a fixture
from waiting import operations_are_due

sys.path.insert(0, os.path.join(ROOT, "scripts"))
import demo  # noqa: E402
import demo_instore  # noqa: E402
from ports import free_port  # noqa: E402

TO_FILL_IN = re.compile(r"^(SHOP|S)=http")      # the reader's own values
SETTING = re.compile(r"^(\w+=\S+$|\w+\(\) )")
NOT_RUN = {     # why; another reason stands here before it stands in the documentation
    "it waits for a person at gdb's prompt; the same httpd runs below",
    "it waits for a person at gdb's prompt; the same httpd runs above",
    "PostgreSQL's own settings; tests/integration/test_hosts.py runs with them",
    "it needs a host's page; tests/browser/host.test.mjs opens tills like this",
    "it needs your page; docs/storefront/shop.mjs is one, which tests/browser/flow.test.mjs runs",
    "tests/packages/run builds and installs them in a bare system",
    "it asks a person; tests/docs/install runs it with options",
    "an account that does not exist; tests/integration/test_setup.py runs it at the sandbox",
    "it needs a site of its own; tests/integration/test_preflight.py has one",
}


# --- the marks ----------------------------------------------------------------------------------

def test_every_block_says_how_it_is_run():
    assert len(docs.BLOCKS) > 30
    for block in docs.BLOCKS:
        assert block.language in docs.RUN + docs.SHOWN, docs.named(block)
        way, _, more = block.how.partition(": ")
        if block.language in docs.SHOWN:
            assert not block.how, docs.named(block)
        elif way == "not run":
            assert more in NOT_RUN, docs.named(block)
        elif way == "run":
            assert more.split()[0] in docs.WAYS, docs.named(block)
        else:
            test = re.fullmatch(r"run by (\S+)", block.how)
            assert test, f"{docs.named(block)}: how is it run? {block.how!r}"
            with open(os.path.join(ROOT, test[1]), encoding="utf-8") as file:
                assert block.page in file.read(), docs.named(block)


def test_no_command_hides_in_an_indented_block():
    """Only fenced blocks say how they are run."""
    for path in docs.PAGES:
        with open(path, encoding="utf-8") as file:
            text = docs.FENCED.sub("\n", file.read())
        hidden = re.search(r"\n\n(    +[^\s|*-][^\n]*)\n", text)
        assert not hidden or "](" in hidden[1], (path, hidden and hidden[1])


def test_each_call_has_a_key_of_its_own():
    """A key that was written down is copied, and the second call does nothing."""
    for block in docs.BLOCKS:
        for line in docs.commands(block) if block.language == "sh" else ():
            assert "Idempotency-Key" not in line or "/proc/sys/kernel/random/uuid" in line, line


@pytest.mark.parametrize("block", docs.run_as("install"), ids=docs.named)
def test_what_installs_is_a_script_of_known_packages(block):
    """The short form of tests/docs/install: packages are those that the scripts install."""
    done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with open(os.path.join(ROOT, "scripts", "lib.sh"), encoding="utf-8") as file:
        known = re.search(r'PACKAGES_BUILD="([^"]*)"', file.read())[1].split()
    for line in docs.commands(block):
        for name in re.findall(r"apt-get install -y ([^&]*)", line.split(" #")[0]):
            assert set(name.split()) <= {"apache2", "--no-install-recommends",
                                         "./libapache2-mod-klarna_*.deb", *known}, line


# --- configuration and tables -----------------------------------------------------------------------

NEEDS = {   # directives of httpd's that a block uses, and the modules that have them
    "Auth": ("authn_core", "authn_file", "auth_basic"), "Require": ("authz_core", "authz_user"),
    "DBD": ("dbd",), "SetHandler": (), "Include": (
        "alias", "dir", "mime", "headers", "setenvif", "authn_core", "authn_file", "auth_basic",
        "authz_core", "authz_user", "authz_groupfile")}
DATABASE = "DBDriver sqlite3\nDBDParams {0}/klarna.db\nDBDKeep 8\nDBDMax 8\n" \
           'DBDInitSQL "PRAGMA synchronous=FULL; PRAGMA busy_timeout=500"\n'


def configuration(text, folder):
    """A server of nothing else: what the block leaves to the reader is added, and its paths are
    those of a server here."""
    text = (text.replace("/etc/klarna/", f"{folder}/").replace("/var/lib/klarna/", f"{folder}/")
            .replace("/usr/lib/apache2/modules/mod_klarna.so", os.path.abspath(MODULE))
            .replace("/usr/local/share/mod_klarna/examples/", f"{ROOT}/conf/"))
    wanted = ["mpm_event", *(name for word, names in NEEDS.items() if word in text
                             for name in names)]
    klarna = re.search(r"(?m)^\s*(<?Klarna|Include|LogLevel.*klarna|SetHandler klarna)", text)
    if klarna and "DBDriver" not in text:
        wanted.append("dbd")
    load = "".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so\n"
                   for name in dict.fromkeys(wanted) if f"LoadModule  {name}_" not in text)
    if klarna and "klarna_module" not in text:
        load += f"LoadModule klarna_module {os.path.abspath(MODULE)}\n"
    if klarna and "DBDriver" not in text:
        load += DATABASE.format(folder)
    if klarna and "KlarnaCredentials" not in text:
        load += f"KlarnaCredentials file:{folder}/credentials\n"
    return (f"Define KLARNA_ADMIN {ROOT}/admin\nDefine KLARNA_USERS {folder}/users\n"
            f"Define KLARNA_GROUPS {folder}/groups\n"
            "ServerName 127.0.0.1\nListen 127.0.0.1:1\nUser www-data\nGroup www-data\n"
            f"ErrorLog {folder}/configtest.log\n{load}{text}")


@pytest.mark.parametrize("block", docs.run_as("config"), ids=docs.named)
def test_a_configuration_is_right(block, shop_server, tmp_path):
    folder = shop_server.dir
    for name in ("credentials-clinic", "credentials-dental"):
        shutil.copy(os.path.join(folder, "credentials"), os.path.join(folder, name))
    path = tmp_path / "httpd.conf"
    path.write_text(configuration(block.text, folder))
    done = subprocess.run(["/usr/sbin/apache2", "-d", "/usr/lib/apache2", "-f", path, "-t"],
                          env=ENVIRONMENT,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "Syntax OK" in done.stderr, done.stdout + done.stderr
    assert ":emerg]" not in done.stderr and ":error]" not in done.stderr, done.stderr


@pytest.mark.skipif(os.environ.get("KLARNA_DATABASE", "sqlite3") != "sqlite3", reason="SQLite's words")
@pytest.mark.parametrize("block", docs.run_as("sql"), ids=docs.named)
def test_statements_of_the_documentation(block, shop_server):
    database = sqlite3.connect(shop_server.database)
    try:
        for statement in block.text.split(";\n"):
            database.execute(statement)
    finally:
        database.rollback()
        database.close()


# --- commands -----------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def shop_server(box):
    """What scripts/demo serves, without its orders and its worker."""
    port = free_port()
    server = Httpd(klarna_url(box), start=False, change=demo.configured(box, klarna_url(box), port))
    host = demo_instore.start_host(port, server)
    demo.open_shop(server, box, klarna_url(box))
    yield server
    host.terminate()
    host.wait()
    server.stop()


@pytest.fixture
def httpd(shop_server):
    return shop_server


@pytest.fixture
def reader(shop_server, box, tmp_path):
    return docs.Shell(tmp_path, SHOP=f"http://127.0.0.1:{shop_server.port}",
                      S=box.url + "/_sandbox")


@pytest.mark.parametrize("block", docs.run_as("story"), ids=docs.named)
def test_a_story(block, reader):
    """All of it in one shell, after the reader's own values."""
    if block.page == "docs/instore.md":
        pytest.skip("tests/integration/test_instore_docs.py")
    assert TO_FILL_IN.match(docs.commands(block)[0])
    assert '"AUTHORIZED"' in reader.run(docs.commands(block)[1:]).splitlines()[-1]


LINES = [carts.line("A1", 5, 10000), carts.line("C3", 1, 20000)]


@pytest.fixture
def prepared(shop, box, old):  # noqa: F811
    """What a command of the back office can be done to: its variables."""
    def order(captured=False):
        cart = carts.of(*LINES, merchant_reference1="ORDER-1001")
        order_id = shop.captured(cart) if captured else shop.placed(cart)
        return {"ID": order_id}

    def captured():
        values = order(captured=True)
        [capture] = shop.order(values["ID"])["captures"]
        return values | {"CAPTURE": capture["capture_id"]}

    def part_captured():
        values = order()
        shop.done(shop.act(values["ID"], "captures", {"amount": 10000}))
        return values

    def lost(unclear=False):
        """A refund that Klarna executed, and whose answer never came; where it is to be unclear,
        another like it was made in the portal."""
        values = captured()
        klarna = shop.order(values["ID"])["klarna_order_id"]
        box.fault("drop_after", -1, path="/refunds$")
        answer = shop.act(values["ID"], "credit-invoices", {"amount": 1500})
        assert answer.status == 202, answer.raw
        box.clear()
        if unclear:
            box.others(klarna, "refund", 1500)
        operations_are_due(shop.httpd)
        return values | {"OP": answer.headers["Location"].rpartition("/")[2],
                         "RESULT": box.ledger(klarna)["refunds"][0]["refund_id"]}

    def orphan():
        payment = shop.authorized()
        box.control("POST", "behaviour", {"place_order_repeat": "refused"})
        box.fault("drop_after", path="/order$")
        assert shop.place(payment).status == 202
        operations_are_due(shop.httpd)
        return {"ID": payment.order_id,
                "KLARNA": box.orders_of_session(payment.session_id)[0]["order_id"]}

    def marked():
        values = captured()
        box.others(shop.order(values["ID"])["klarna_order_id"], "refund", 500)
        shop.get(f"/{values['ID']}?refresh=1")
        return values

    def history():
        values = order()
        return values | {"OP": shop.get(f"/{values['ID']}/events")["operations"][0]["id"]}

    return {r"/captures/\$CAPTURE": captured, r"/credit-invoices": captured, r"/release$": part_captured,
            r"executed_as": lambda: lost(unclear=True), r"/(send-again|give-up)": lost, r"operations/\$OP$": history, r"/adopt$": orphan,
            r"/take-over$": lambda: {"KLARNA": old()}, r"/seen$": marked, "": order}


def each(page):
    """(settings, command) for every command of a page."""
    for block in docs.run_as("each"):
        lines = docs.commands(block)
        settings = [line for line in lines if SETTING.match(line.split(" #")[0])]
        for line in lines if block.page == page else ():
            if line not in settings and not TO_FILL_IN.match(line):
                yield settings, line


OF_THE_WORKER = [line for line in each("docs/back-office.md") if "$O/batches" in line[1]]


def test_commands_for_the_worker(reader, box):
    """On a server of their own, whose worker works."""
    server = Httpd(klarna_url(box), "KlarnaWorker On\n")
    server.allow_log("KLA00(20|21|22|30|31|32|33): ")
    order_id = Shop(server, box).placed(carts.of(*LINES))
    for settings, command in OF_THE_WORKER:
        reader.run(settings + [command], PASSWORD=USERS["clerk"], ID=order_id,
                   SHOP=f"http://127.0.0.1:{server.port}")
    server.stop()


@pytest.mark.parametrize("settings,command", [
    line for page in ("docs/back-office.md", "docs/privacy.md") for line in each(page)
    if line not in OF_THE_WORKER])
def test_a_command_of_the_back_office(settings, command, reader, prepared, httpd):
    httpd.allow_log("KLA00(20|21|22|30|31|32|33): ")
    place = command.split(" #")[0].strip()
    values = next(make for what, make in prepared.items() if re.search(what, place))()
    reader.run(settings + [command], PASSWORD=USERS["clerk"], **values)


@pytest.mark.parametrize("settings,command", list(each("docs/operations.md")))
def test_a_command_of_the_operators(settings, command, reader):
    assert reader.run(settings + [command], PASSWORD=USERS["operator"])


def test_commands_of_the_sandbox(reader, shop):
    order = shop.order(shop.placed())
    for settings, command in each("docs/debugging.md"):
        reader.run(settings + [command], KLARNA_ORDER=order["klarna_order_id"])


@pytest.mark.alone
@pytest.mark.parametrize("block", docs.run_as("tree"), ids=docs.named)
def test_commands_in_the_tree(block, reader, monkeypatch):
    """In the tree that the module was built from."""
    monkeypatch.delenv("KLARNA_MODULE", raising=False)
    if os.environ.get("KLARNA_SANITIZE") or not os.path.exists(
            os.path.join(ROOT, "build", "gcc", "Makefile")):
        pytest.skip("they are about build/gcc, which scripts/test unit makes")
    said = reader.run(docs.commands(block), seconds=300, folder=ROOT)
    for kept in re.findall(r"kept: (\S+)", said):
        shutil.rmtree(kept, ignore_errors=True)


@pytest.mark.alone
def test_the_demo():
    """It starts, what it prints is true, and Ctrl-C ends it."""
    [block] = docs.run_as("demo")
    with subprocess.Popen([os.path.join(ROOT, docs.commands(block)[0].split()[0])],
                          stdout=subprocess.PIPE, text=True, cwd=ROOT,
                          env=os.environ | {"KLARNA_MODULE": MODULE}) as process:
        said = ""
        while "Ctrl-C stops everything" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        told = re.search(r"(?m)^ +(curl .*)$", said)[1]
        done = subprocess.run(["bash", "-c", told], capture_output=True, text=True, timeout=60)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert len(json.loads(done.stdout)["orders"]) > 5
