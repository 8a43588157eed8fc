# SPDX-License-Identifier: Apache-2.0
"""Private servers on loopback and sockets, below one directory; each is ended by its own pid."""
import glob
import os
import pathlib
import pwd
import signal
import socket
import sqlite3
import string
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from ports import free_port  # noqa: E402, F401  (the benchmarks take it from here)

CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
TICK = os.sysconf("SC_CLK_TCK")
START_S = 20
STOP_S = 20


class Failure(Exception):
    """The benchmark cannot go on; the text says why."""


def as_root():
    return os.geteuid() == 0


def unprivileged(name):
    """Popen's arguments for a user of its own when root starts it."""
    if not as_root():
        return {}
    user = pwd.getpwnam(name)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def fill(name, directory, **values):
    """Writes a configuration file from its template; gives its path."""
    target = directory / (pathlib.Path(name).stem + "-" + values.get("NAME", "bench") + ".conf")
    text = (HERE / name).read_text(encoding="utf-8")
    target.write_text(string.Template(text).substitute(values, DIR=directory), encoding="utf-8")
    return target


def _stat(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
        fields = f.read().rpartition(")")[2].split()
    return int(fields[1]), sum(map(int, fields[11:15]))  # parent; own and reaped children's ticks


def _processes():
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                yield int(name), *_stat(name)
            except (FileNotFoundError, ProcessLookupError):
                pass


def _memory_kb(pid, kind):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(kind + ":"))


class Server:
    """One server: a process and its descendants."""

    def __init__(self, argv, log, ready, *, env=None, stop=signal.SIGTERM, **user):
        self.argv, self.log, self.stop_signal = argv, log, stop
        with open(log, "ab") as out:
            self.process = subprocess.Popen(  # ended by stop()
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **(env or {})}, **user)
        try:
            self._wait(ready)
        except BaseException:
            self.stop()
            raise

    def _wait(self, ready):
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            if ready() if callable(ready) else answers(ready):
                return
            time.sleep(0.05)
        raise Failure(f"{self.argv[0]} did not start:\n"
                      + pathlib.Path(self.log).read_text(errors="replace")[-2000:])

    def _family(self):
        """Its process and all descendants: (pid, ticks)."""
        children, ticks = {}, _stat(self.process.pid)[1]
        for pid, parent, used in _processes():
            children.setdefault(parent, []).append((pid, used))
        found = [(self.process.pid, ticks)]
        for pid, _ in found:
            found += children.get(pid, ())
        return found

    def cpu(self):
        """CPU seconds so far, of those of its processes that ended too (their parents reaped
        them). The kernel sums nanoseconds; a reading is cut to a tick per process."""
        return sum(ticks for _, ticks in self._family()) / TICK

    def memory(self, kind="Pss"):
        """MB of its processes; a page that several share counts once in Pss, for each in Rss."""
        return sum(_memory_kb(pid, kind) for pid, _ in self._family()) / 1000

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def answers(where):
    """Whether something accepts connections at a port or a socket's path."""
    family = socket.AF_INET if isinstance(where, int) else socket.AF_UNIX
    with socket.socket(family) as s:
        s.settimeout(1)
        try:
            s.connect(("127.0.0.1", where) if isinstance(where, int) else str(where))
        except OSError:
            return False
    return True


def takes_queries(binaries, directory):
    """Asks a PostgreSQL whether it has finished starting: its socket is there earlier."""
    return lambda: not subprocess.run([f"{binaries}/pg_isready", "-q", "-h", directory, "-U",
                                       "klarna", "-d", "postgres"],
                                      check=False).returncode


def run(argv, **more):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        raise Failure(f"{' '.join(map(str, argv))}:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
    return done.stdout


def shell(command):
    """A function of scripts/lib.sh: packages and the build have one way in this project."""
    done = subprocess.run(["bash", "-euc", f". '{ROOT}/scripts/lib.sh'; {command}"], check=False)
    if done.returncode:
        raise Failure(f"{command}: exit {done.returncode}")


def make_directory(path, owner):
    """A directory of a user's own when root makes it."""
    path.mkdir()
    user = unprivileged(owner)
    if user:
        os.chown(path, user["user"], user["group"])
    path.chmod(0o755)
    return path


class Databases:
    """A PostgreSQL of our own (when there is one on the machine) and a SQLite file."""

    def __init__(self, directory, start):
        self.sqlite = make_directory(directory / "sqlite", "www-data") / "klarna.db"
        self.server = None
        run(["sqlite3", self.sqlite], input=(ROOT / "conf/schema/sqlite3.sql").read_text(),
            **unprivileged("www-data"))
        self.bin = max(glob.glob("/usr/lib/postgresql/*/bin"), default=None)
        if self.bin and glob.glob("/usr/lib/*/apr-util-1/apr_dbd_pgsql.so"):
            self._start(directory / "pg", start)

    def _start(self, directory, start):
        owner = unprivileged("postgres")
        data, self.socket = make_directory(directory, "postgres") / "data", directory
        run([f"{self.bin}/initdb", "-D", data, "-U", "klarna", "-A", "trust", "-E", "UTF8",
             "--locale=C"], cwd="/", **owner)
        # Nothing runs beside the requests; the rest, fsync too, is as Debian has it.
        self.server = start(
            [f"{self.bin}/postgres", "-D", str(data), "-k", str(directory),
             "--listen_addresses=", "--max_connections=200", "--autovacuum=off",
             "--log_checkpoints=off"],
            directory.parent / "postgres.log", takes_queries(self.bin, directory),
            stop=signal.SIGINT, cwd="/", **owner)
        self.psql("CREATE DATABASE klarna", "postgres")
        for file in (ROOT / "conf/schema/pgsql.sql", HERE / "contenders/row.sql"):
            self.psql(file.read_text())

    def psql(self, sql, database="klarna"):
        return run([f"{self.bin}/psql", "-h", self.socket, "-U", "klarna", "-d", database, "-qAtX",
                    "-v", "ON_ERROR_STOP=1"], input=sql)

    def clean(self, table):
        """Empties what a stage writes, so that every stage starts alike."""
        if table == "sqlite":
            with sqlite3.connect(self.sqlite, timeout=10) as db:
                db.execute("DELETE FROM klarna_payment")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            db.close()
        else:
            self.psql(f"TRUNCATE {table}")
            self.psql("CHECKPOINT")

    def count(self, table):
        """(rows, writing transactions so far or None)."""
        if table == "sqlite":
            with sqlite3.connect(self.sqlite, timeout=10) as db:
                rows = db.execute("SELECT count(*) FROM klarna_payment").fetchone()[0]
            db.close()
            return rows, None
        rows, xmax = self.psql(f"SELECT count(*), pg_snapshot_xmax(pg_current_snapshot()) "
                               f"FROM {table}").split("|")
        return int(rows), int(xmax)


def make_certificate(directory):
    """A CA and the upstream's certificate; gives the trust store: Debian's and that CA."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run(["openssl", "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
         "-subj", "/CN=mod_klarna bench CA"], cwd=directory)
    run(["openssl", "req", *key, "-keyout", "upstream.key", "-out", "upstream.csr", "-subj",
         "/CN=127.0.0.1"], cwd=directory)
    (directory / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
    run(["openssl", "x509", "-req", "-in", "upstream.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
         "-CAcreateserial", "-days", "2", "-extfile", "ext", "-out", "upstream.pem"], cwd=directory)
    bundle = directory / "trust.pem"
    bundle.write_text(pathlib.Path(CA_BUNDLE).read_text() + (directory / "ca.pem").read_text())
    return bundle
