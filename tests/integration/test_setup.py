# SPDX-License-Identifier: Apache-2.0
"""klarna-setup: from nothing to a server that takes payments; nothing twice; nothing at all after a
refusal; no secret where others can read it."""
import os
import pathlib
import pty
import re
import select
import signal
import shutil
import stat
import subprocess
import tempfile

import pytest

import confidential
import klarnas_hosts
import sandbox
import stores
import version_1
from httpd import ENVIRONMENT, RUN_AS, Httpd
from klarnas_hosts import HOSTS, NO_SUCH_ORDER, UNAUTHORIZED
from sandbox_client import ROOT, basic

COMMAND = pathlib.Path(ROOT, "scripts", "klarna-setup")
ADMIN_PASSWORD = confidential.keep("annas-password-8c1f")
DATABASE_PASSWORD = confidential.keep("database-password-3b7e")
IS_ROOT = os.geteuid() == 0
SETTINGS = {"credentials": 0o600, "cart-key": 0o640, "users": 0o640, "groups": 0o640,
            "setup.conf": 0o640}


class Host:
    """A host on which nothing is set up yet; its directories are of the test."""

    def __init__(self, directory):
        self.dir = directory
        os.chmod(directory, 0o755)
        self.etc, self.var = directory / "etc", directory / "var"

    def arguments(self, *more):
        return [str(COMMAND), "--etc", str(self.etc), "--var", str(self.var), "--run-as",
                RUN_AS if IS_ROOT else _me(), *more]

    def run(self, *more, **environment):
        """Without a terminal: exit status, the lines for httpd, and what was told."""
        done = subprocess.run(
            self.arguments(*more), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment})
        assert not confidential.leaks(done.stdout + done.stderr, is_log=False), done
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr

    def right(self, box, *more, **environment):
        status, lines, told = self.run(
            "--environment", "sandbox", "--endpoint", box.url, "--user", sandbox.USERNAME,
            "--admin", "anna", *more, KLARNA_PASSWORD=sandbox.PASSWORD,
            KLARNA_ADMIN_PASSWORD=ADMIN_PASSWORD, **environment)
        assert status == 0, told
        return lines, told

    def state(self):
        """All that is there: owner and mode, and of files time and content."""
        return {str(path): (path.stat().st_uid, path.stat().st_mode, path.is_file()
                            and (path.stat().st_mtime_ns, path.read_bytes()))
                for path in sorted(self.dir.rglob("*"))}


def _me():
    return subprocess.check_output(["id", "-un"], text=True).strip()


@pytest.fixture
def host():
    """Where httpd's user can look into it: pytest's own directories are for nobody else."""
    with tempfile.TemporaryDirectory(prefix="klarna-setup-") as directory:
        yield Host(pathlib.Path(directory))


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# --- what it makes -------------------------------------------------------------------------------

def test_a_server_that_takes_payments(box):
    """The lines as they are printed, below what a host's configuration has anyway."""
    server = Httpd(box.url, start=False)
    host = Host(pathlib.Path(server.dir))
    lines, _ = host.right(box, "--url", "https://shop.example.com")
    server.configure(box.url, change=lambda text: text.partition("StartServers")[0]
                     + "TypesConfig /etc/mime.types\n" + lines)
    server.start()
    assert server.ask("GET", "/klarna/status/health").status == 200
    login = {"Authorization": basic("anna", ADMIN_PASSWORD)}
    assert server.ask("GET", "/klarna/orders", headers=login).json["orders"] == []
    overview = server.ask("GET", "/klarna/operator/overview", headers=login).json
    assert overview["callback_base"] == "https://shop.example.com/klarna/callbacks"
    assert overview["stores"] == [{"name": "default", "environment": "playground",
                                   "region": "eu", "endpoint": box.url}]
    assert server.ask("GET", "/klarna/admin/", headers=login).status in (200, 403)
    assert server.ask("GET", "/klarna/orders").status == 401
    server.stop()


def test_modes_and_owners(host, box):
    host.right(box)
    assert {name: mode(host.etc / name) for name in SETTINGS} == SETTINGS
    assert sorted(os.listdir(host.etc)) == sorted(SETTINGS)
    assert mode(host.etc) == mode(host.var) == 0o750
    if IS_ROOT:
        assert {path.owner() for path in host.etc.iterdir()} == {"root"}
        assert {name for name in SETTINGS if (host.etc / name).group() == RUN_AS} == {
            "cart-key", "users", "groups", "setup.conf"}
        assert (host.var / "klarna.db").owner() == host.var.owner() == RUN_AS
    assert (host.etc / "credentials").read_text() == f"{sandbox.USERNAME}:{sandbox.PASSWORD}\n"
    assert len((host.etc / "cart-key").read_text()) == 65
    assert (host.etc / "groups").read_text().startswith("clerks: anna\noperators: anna\n")


def test_twice_does_nothing_twice(host, box):
    first, _ = host.right(box)
    before = host.state()
    status, lines, told = host.run()
    assert (status, lines) == (0, first) and host.state() == before
    for name in SETTINGS:
        assert f"{host.etc / name}: left alone\n" in told
    assert "tables left alone" in told and "made" not in told and "written" not in told


def test_what_others_could_read_is_corrected(host, box):
    host.right(box)
    (host.etc / "credentials").chmod(0o644)
    host.var.chmod(0o755)
    status, _, told = host.run()
    assert status == 0 and mode(host.etc / "credentials") == 0o640 and mode(host.var) == 0o750
    assert "its mode was 0644 and is now 0640" in told and "others could look into it" in told


@pytest.mark.skipif(not IS_ROOT, reason="gives files away")
def test_what_httpd_could_not_read_or_write_is_corrected(host, box):
    host.right(box)
    shutil.chown(host.etc, "root", "root")
    shutil.chown(host.etc / "users", "root", "root")
    (host.etc / "users").chmod(0o600)
    shutil.chown(host.var, "root", "root")
    status, _, told = host.run()
    assert status == 0 and mode(host.etc / "users") == 0o640
    assert (host.etc / "users").group() == host.var.owner() == RUN_AS
    assert mode(host.etc) == 0o750 and host.etc.group() == RUN_AS
    assert f"{host.etc}: left alone, but {RUN_AS} could not look into it and now can" in told
    assert f"{RUN_AS} could not read it" in told and "belonged to root" in told


def test_what_stopped_in_the_middle_goes_on(host, box):
    host.var.write_text("a file where a directory must be")
    status, _, told = host.run(
        "--environment", "sandbox", "--endpoint", box.url, "--user", sandbox.USERNAME,
        KLARNA_PASSWORD=sandbox.PASSWORD)
    assert status == 1 and str(host.var) in told
    key = (host.etc / "cart-key").read_text()
    host.var.unlink()
    _, told = host.right(box)
    assert (host.etc / "cart-key").read_text() == key
    assert f"{host.etc / 'credentials'}: left alone" in told and "tables made" in told
    assert "Nobody can log in yet" in told


def test_old_tables_are_left_to_klarna_schema(host, box):
    host.right(box)
    path = host.var / "klarna.db"
    path.unlink()
    store = stores.File(str(path), schema=False)
    version_1.fill(store, version_1.as_if_new(version_1.read("v1_data.sql")))
    if IS_ROOT:
        shutil.chown(path, RUN_AS, RUN_AS)
    before = version_1.describe(store)
    status, _, told = host.run()
    assert status == 1 and "are version 1" in told and "klarna-schema --help" in told
    assert version_1.describe(store) == before


def test_lines_into_a_file(host, box):
    """Into one that has comments only, or what the last run wrote; not into one that somebody has
    changed."""
    conf = host.dir / "klarna.conf"
    conf.write_text("# Ten lines\n\n  # as comments\n")
    lines, told = host.right(box, "--write", str(conf))
    assert lines == "" and f"{conf}: written" in told
    text = conf.read_text()
    assert text.startswith("# mod_klarna") and "KlarnaCredentials file:" in text
    assert host.right(box, "--write", str(conf))[0] == "" and conf.read_text() == text
    other = ("--endpoint", box.url.replace("127.0.0.1", "localhost"), "--write", str(conf))
    assert f"{conf}: written" in host.right(box, *other)[1]
    assert conf.read_text() == text.replace(box.url, other[1])
    host.right(box, "--write", str(conf))
    conf.write_text(text + "KlarnaAutoExtend On\n")
    lines, told = host.right(box, "--write", str(conf))
    assert lines == text + "\n" and f"{conf}: left alone, and it is another" in told
    assert conf.read_text() == text + "KlarnaAutoExtend On\n"


@pytest.mark.parametrize("name", ["klarna-setup", "klarna-preflight"])
def test_the_manual_page_has_each_option(name):
    helped = subprocess.check_output([COMMAND.parent / name, "--help"], text=True)
    page = pathlib.Path(ROOT, "docs", "man", name + ".8").read_text().replace("\\-", "-")
    options = set(re.findall(r"^  (--[a-z-]+)", helped, re.M))
    bold = "\n".join(line for line in page.splitlines() if line.startswith(".B"))
    assert len(options) > 8 and set(re.findall(r"--[a-z-]+", bold)) == options


# --- credentials ---------------------------------------------------------------------------------

def refused(host, *arguments, status=1, **environment):
    before = host.state()
    found, lines, told = host.run(*arguments, **environment)
    assert (found, lines) == (status, "") and host.state() == before, told
    return told


def test_a_wrong_password_makes_nothing(host, box):
    told = refused(host, "--environment", "sandbox", "--endpoint", box.url, "--user",
                   sandbox.USERNAME, KLARNA_PASSWORD="wrong-one")
    assert "401" in told and "--merchant" in told and "wrong-one" not in told


def test_a_sandbox_that_is_down(host, box):
    where = ("--environment", "sandbox", "--endpoint", "http://127.0.0.1:9", "--user", "PK1")
    told = refused(host, *where, KLARNA_PASSWORD="some-password")
    assert "cannot be reached" in told and "scripts/sandbox --port 9" in told
    status, _, told = host.run(*where, "--no-test", KLARNA_PASSWORD="some-password")
    assert status == 0 and "were not tried" in told and (host.etc / "credentials").exists()


@pytest.mark.parametrize("arguments, word", [
    ((), "--user"), (("--user", "PK1"), "KLARNA_PASSWORD"), (("--region", "mars"), "eu, na, oc"),
    (("--environment", "test"), "playground, live, sandbox"), (("--url", "http://a"), "https://"),
    (("--environment", "sandbox", "--endpoint", "http://shop.example"), "to this machine"),
    (("--database", "oracle"), "sqlite3, pgsql, mysql"), (("--user", "a b"), "no blank"),
    (("--database", "pgsql", "--database-params", "host=a password=b"), "DBDParams"),
    (("--database-params", "klarna.db"), "an absolute path"),
    (("--write", "/nonexistent/klarna.conf"), "/nonexistent is not there")])
def test_what_is_not_said_or_said_wrong(host, box, arguments, word):
    rest = ("--environment", "sandbox", "--endpoint", box.url, "--user", sandbox.USERNAME)
    named = {rest[i]: rest[i:i + 2] for i in range(0, len(rest), 2)}
    if arguments and "--database" in arguments[0] or "--url" in arguments:
        arguments = sum((named[name] for name in named), ()) + arguments
    secrets = {"KLARNA_PASSWORD": sandbox.PASSWORD} if len(arguments) > 4 else {}
    assert word in refused(host, *arguments, status=2, **secrets)


@pytest.fixture(scope="module")
def klarna(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls")
    proxy = klarnas_hosts.Proxy(directory, {})
    proxy.trust_store = str(directory / "ca.pem")
    yield proxy
    proxy.stop()


def at_klarna(host, klarna, answers, *more, **environment):
    klarna.answers = {name: UNAUTHORIZED for name in HOSTS.values()} | answers
    klarna.seen.clear()
    return host.run("--user", sandbox.USERNAME, "--proxy", klarna.url, "--trust-store",
                    klarna.trust_store, *more, KLARNA_PASSWORD=sandbox.PASSWORD, **environment)


def test_klarnas_own_address(host, klarna):
    status, lines, told = at_klarna(host, klarna, {"api-na.klarna.com": NO_SUCH_ORDER},
                                    "--environment", "live", "--region", "na")
    assert status == 0 and "https://api-na.klarna.com accepts" in told
    assert [name for name, _, _ in klarna.seen] == ["api-na.klarna.com"]
    for line in ("KlarnaEnvironment live\n", "KlarnaRegion na\n", f"KlarnaProxy {klarna.url}\n",
                 f"KlarnaTrustStore {klarna.trust_store}\n"):
        assert line in lines
    assert "KlarnaEndpoint" not in lines


def test_credentials_of_another_system(host, klarna):
    status, _, told = at_klarna(host, klarna, {"api-oc.klarna.com": NO_SUCH_ORDER})
    assert status == 1 and not host.etc.exists()
    assert "say --environment live --region oc" in told
    status, _, told = at_klarna(host, klarna, {})
    assert status == 1 and "No system of Klarna's accepts them" in told


@pytest.mark.parametrize("answer", [
    (302, "text/html\r\nLocation: http://127.0.0.1:9/", ""), (404, "text/html", "<html>"),
    (503, "application/json", "{}"), (200, "application/json", '{"error_code":"x"}'), None])
def test_an_answer_that_says_nothing(host, klarna, answer):
    """Nor is a redirection followed, with the password, to wherever it leads."""
    status, _, told = at_klarna(host, klarna, {"api.playground.klarna.com": answer})
    assert status == 1 and not host.etc.exists() and "--no-test" in told
    assert len(klarna.seen) == 1


# --- the terminal --------------------------------------------------------------------------------

class Terminal:
    """A person's: what is typed, and what stands on the screen."""

    def __init__(self, arguments):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)    # whoever runs us may ignore it
            os.environ.clear()
            os.environ.update({"PATH": ENVIRONMENT["PATH"] + ":/usr/bin:/bin", "TERM": "dumb"})
            os.execv(arguments[0], arguments)
        self.screen = ""

    def read(self):
        ready, _, _ = select.select([self.fd], [], [], 60)
        assert ready, f"it waits for something: {self.screen}"
        try:
            piece = os.read(self.fd, 4096)
        except OSError:         # the other side is gone
            piece = b""
        self.screen += piece.decode()
        return bool(piece)

    def answer(self, question, text):
        seen = len(self.screen)
        while question not in self.screen[seen:]:
            assert self.read(), f"{question} is not asked: {self.screen}"
        os.write(self.fd, (text + "\n").encode())

    def end(self):
        while self.read():
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_person_at_a_terminal(host, box):
    """Who mistypes is asked again; passwords are not echoed."""
    terminal = Terminal(host.arguments())
    terminal.answer("Environment", "snadbox")
    terminal.answer("Environment", "sandbox")
    terminal.answer("Region", "")
    terminal.answer("sandbox's address", box.url)
    terminal.answer("API user", sandbox.USERNAME)
    terminal.answer("Password of", "a-wrong-one")
    terminal.answer("API user", sandbox.USERNAME)
    terminal.answer("Password of", sandbox.PASSWORD)
    terminal.answer("Database", "")
    terminal.answer("Its file", "")
    terminal.answer("Public address", "")
    terminal.answer("First user", "anna")
    terminal.answer("Password for anna", ADMIN_PASSWORD)
    assert terminal.end() == 0, terminal.screen
    assert "say playground, live, sandbox" in terminal.screen and "401" in terminal.screen
    assert not confidential.leaks(terminal.screen, is_log=False)
    assert "a-wrong-one" not in terminal.screen
    assert (host.etc / "credentials").read_text() == f"{sandbox.USERNAME}:{sandbox.PASSWORD}\n"
    before = host.state()
    again = Terminal(host.arguments())
    assert again.end() == 0 and host.state() == before      # nothing is asked twice either


def test_a_person_who_is_shown_the_right_system(host, klarna):
    klarna.answers = {name: UNAUTHORIZED for name in HOSTS.values()} | {
        "api-oc.klarna.com": NO_SUCH_ORDER}
    terminal = Terminal(host.arguments("--proxy", klarna.url, "--trust-store", klarna.trust_store,
                                       "--user", sandbox.USERNAME, "--url", "", "--admin", ""))
    terminal.answer("Environment", "")
    terminal.answer("Region", "")
    terminal.answer("Password of", sandbox.PASSWORD)
    terminal.answer("Take live, region oc?", "y")
    terminal.answer("Database", "")
    terminal.answer("Its file", "")
    assert terminal.end() == 0, terminal.screen
    assert "KlarnaEnvironment live" in terminal.screen and "KlarnaRegion oc" in terminal.screen


def test_a_person_who_stops(host, box):
    terminal = Terminal(host.arguments())
    terminal.answer("Environment", "sandbox")
    terminal.answer("Region", "\x03")
    assert terminal.end() == 1 and not host.etc.exists()
    assert "Traceback" not in terminal.screen


# --- other databases -----------------------------------------------------------------------------

@pytest.mark.databases
@pytest.mark.skipif(stores.CHOSEN == "sqlite3", reason="for a database server")
def test_a_database_server(host, box, tmp_path):
    store = stores.new(str(tmp_path / "unused"), schema=False)
    where = ("--database", stores.CHOSEN, "--database-params", store.server.params(store.name))
    lines, told = host.right(box, *where)
    assert "tables made" in told and "DBDInitSQL" not in lines
    assert f"DBDriver {stores.CHOSEN}\n" in lines
    assert store.sql("SELECT COUNT(*) FROM klarna_order")[0][0] in (0, "0")
    assert "tables left alone" in host.right(box, *where)[1] and not host.var.exists()


@pytest.mark.parametrize("kind, name, line", [
    ("pgsql", "pgpass", f"*:*:*:*:{DATABASE_PASSWORD}"),
    ("mysql", "database.conf",
     f'DBDParams "host=127.0.0.1 port=9 dbname=klarna user=klarna pass={DATABASE_PASSWORD}"')])
def test_the_databases_password_is_kept_apart(host, box, kind, name, line):
    """Nobody listens there: what is kept does not depend on it."""
    status, _, told = host.run(
        "--environment", "sandbox", "--endpoint", box.url, "--user", sandbox.USERNAME,
        "--database", kind, "--database-params",
        "host=127.0.0.1 port=9 dbname=klarna user=klarna", KLARNA_PASSWORD=sandbox.PASSWORD,
        KLARNA_DATABASE_PASSWORD=DATABASE_PASSWORD)
    assert status == 1 and "klarna-schema" in told
    kept = host.etc / name
    assert kept.read_text() == line + "\n" and mode(kept) == 0o600
    if IS_ROOT:
        assert kept.owner() == (RUN_AS if kind == "pgsql" else "root")
