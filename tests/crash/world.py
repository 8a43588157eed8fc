# SPDX-License-Identifier: Apache-2.0
"""What the crash tests are about: a sandbox that keeps its books in a file, a database, one httpd
or two on it, and the ways to kill each of them and to bring it back.

Everything is a child of this program, on loopback or a unix socket, below temporary directories,
and is killed by its process id.
"""
import contextlib
import glob
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for _folder in ("integration", ".", "sandbox"):
    sys.path.insert(0, os.path.join(os.path.dirname(HERE), _folder))

import databases                        # noqa: E402
import stores                           # noqa: E402
from httpd import RUN_AS, Httpd         # noqa: E402
from ports import free_port             # noqa: E402
from sandbox import Sandbox             # noqa: E402
from till import EXTRA as TILLS         # noqa: E402

CLERK = "clerk"
HOUR = 3600 * 10 ** 6     # microseconds
EXTRA = """
LoadModule crash_module {module}
CrashDir ${{DIR}}/crash
LoadModule ssl_module ${{MODULES}}/mod_ssl.so
Listen 127.0.0.1:{tls_port}
<VirtualHost 127.0.0.1:{tls_port}>
    SSLEngine on
    SSLCertificateFile {cert}
    SSLCertificateKeyFile {key}
    KlarnaWorker Off
</VirtualHost>
<Location /klarna/callbacks>
    SetHandler klarna-callbacks
    Require all granted
</Location>
KlarnaCallbackBase https://127.0.0.1:{callback_port}/klarna/callbacks
KlarnaTimeout 2s
KlarnaConnectTimeout 500ms
KlarnaWorker {worker}
KlarnaAutoExtend On
""" + TILLS.replace("{", "{{").replace("}", "}}")


def build_module(directory):
    """mod_crash.so, made where the caller says."""
    path = os.path.join(directory, "mod_crash.so")

    def tell(*command):
        return subprocess.check_output(command, text=True).split()
    subprocess.run(["gcc", "-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-fPIC",
                    "-shared", *tell("apr-1-config", "--cppflags", "--includes"),
                    "-I" + tell("apxs", "-q", "INCLUDEDIR")[0],
                    os.path.join(HERE, "mod_crash.c"), "-o", path], check=True)
    return path


def children(pid):
    """Processes that pid made and that still live."""
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(path, encoding="ascii") as file:
                found += [int(child) for child in file.read().split()]
        except OSError:
            pass
    return [child for child in found if _state(child) not in ("Z", "X", "")]


def _state(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


# --- databases --------------------------------------------------------------------------------

def _as_text(rows):
    return [tuple("" if value is None else str(value) for value in row) for row in rows]


class File(stores.File):
    """One SQLite file for all hosts; nothing to kill but its users."""
    driver, can_die, hex = "sqlite3", False, "hex({})"

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="klarna-crash-")
        super().__init__(os.path.join(self.dir, "klarna.db"))
        self._hand_over()
        os.chmod(self.dir, 0o755)

    def configure(self, text):
        return text.replace("DBDParams ${DIR}/klarna.db", f"DBDParams {self.path}")

    def sql(self, text):
        try:
            return _as_text(super().sql(text))
        finally:
            self._hand_over()

    def _hand_over(self):
        """Whoever opens it first makes the files beside it: they must be the server's."""
        if os.geteuid() == 0:
            for path in [self.dir] + glob.glob(os.path.join(self.dir, "*")):
                with contextlib.suppress(FileNotFoundError):
                    shutil.chown(path, RUN_AS, RUN_AS)

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class OnServer(stores.OnServer):
    """A database on a PostgreSQL or MariaDB of our own."""
    can_die = True

    def __init__(self, driver):
        self.driver = driver
        self.hex = "encode(convert_to({}, 'UTF8'), 'hex')" if driver == "pgsql" else "HEX({})"
        super().__init__(databases.SERVERS[driver]())

    def sql(self, text):
        for _ in range(40):
            with contextlib.suppress(databases.DatabaseError):
                return super().sql(text)
            time.sleep(0.25)    # killed a moment ago
        return super().sql(text)

    def kill(self):
        self.server.kill()

    def start(self):
        self.server.start()

    def remove(self):
        self.server.remove()


def make_database(driver):
    return File() if driver == "sqlite3" else OnServer(driver)


# --- httpd ------------------------------------------------------------------------------------

class Host(Httpd):
    """An httpd that dies well: with mod_crash, on a database that others use too."""

    def __init__(self, world, worker=True, processes=1):
        self.world = world
        self.worker = worker
        self.processes = processes
        self.tls_port = free_port()
        super().__init__(world.box.url, self._extra(), self._change, start=False,
                         store=world.database)
        self.crash = os.path.join(self.dir, "crash")
        os.mkdir(self.crash)
        if os.geteuid() == 0:
            shutil.chown(self.crash, RUN_AS, RUN_AS)

    def _extra(self):
        return EXTRA.format(module=self.world.module, tls_port=self.tls_port,
                            callback_port=self.world.callback_port or self.tls_port,
                            cert=self.world.cert, key=self.world.key,
                            worker="On" if self.worker else "Off")

    def _change(self, text):
        """Fewer threads, no CGI."""
        lines = []
        numbers = {"StartServers": self.processes, "ServerLimit": self.processes,
                   "ThreadLimit": 32, "ThreadsPerChild": 32,
                   "MaxRequestWorkers": 32 * self.processes, "MaxSpareThreads":
                   32 * self.processes, "MinSpareThreads": 16 * self.processes}
        for line in text.splitlines():
            word = line.split(" ")[0]
            if "cgid_module" not in line:
                lines.append(f"{word} {numbers[word]}" if word in numbers else line)
        return "\n".join(lines) + "\n"

    def kill(self):
        """The whole instance, at once."""
        parent = self.process.pid
        os.kill(parent, signal.SIGSTOP)     # it must not fork while its children are counted
        found = children(parent)
        for pid in found:
            _kill(pid)
        _kill(parent)
        self.process.wait()
        while any(databases.is_alive(pid) for pid in found):    # their ports with them
            time.sleep(0.005)
        self.process = None

    def stop(self):
        """Gracefully: told to stop at once, mpm_event itself may crash over its connections."""
        self.process.send_signal(signal.SIGWINCH)
        self.process.wait(30)
        self.process = None

    def answers(self):
        return self._answers()

    def kill_child(self, choose):
        """One child; 0 when there was none."""
        found = children(self.process.pid) if self.process else []
        return bool(found) and _kill(choose(found))

    def arm(self, order):
        """Lets a process of this host die: "N" at the N-th step from now, "name:N"."""
        path = os.path.join(self.crash, "arm")
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(order)
        if os.geteuid() == 0:
            shutil.chown(path + ".new", RUN_AS, RUN_AS)
        os.rename(path + ".new", path)

    def disarm(self):
        try:
            os.remove(os.path.join(self.crash, "arm"))
        except FileNotFoundError:
            pass

    def _lines(self, name):
        try:
            with open(os.path.join(self.crash, name), encoding="ascii") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def steps(self):
        return self._lines("steps")

    def died(self):
        return self._lines("died")

    def forget_steps(self):
        for name in ("steps", "died"):
            try:
                os.remove(os.path.join(self.crash, name))
            except FileNotFoundError:
                pass

    def crashed(self):
        """Log lines of processes that ended by themselves, not by our SIGKILL."""
        bad = ("exit signal Segmentation", "exit signal Abort", "exit signal Bus",
               "exit signal Floating", "exit signal Illegal", "invariant", "AddressSanitizer")
        path = os.path.join(self.dir, "error_log")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8", errors="replace") as log:
            return [line.strip() for line in log if any(word in line for word in bad)]


# --- all of it --------------------------------------------------------------------------------

class World:
    def __init__(self, driver, hosts=1, workers=(True, True), processes=1, callbacks=True):
        """callbacks: whether the sandbox's calls reach the first host, or nobody."""
        self.dir = tempfile.mkdtemp(prefix="klarna-crash-")
        self.hosts, self.box, self.database = [], None, None
        self.callback_port = None if callbacks else free_port()
        try:
            self.module = build_module(self.dir)
            self.cert, self.key = self._certificate()
            os.chmod(self.dir, 0o755)
            self.database = make_database(driver)
            self.state = os.path.join(self.dir, "sandbox.db")
            self.box = Sandbox(free_port(), self.state)
            for number in range(hosts):
                host = Host(self, workers[number], processes)
                self.callback_port = self.callback_port or host.tls_port
                self.hosts.append(host)
        except BaseException:
            self.end()
            raise

    def _certificate(self):
        cert, key = os.path.join(self.dir, "cert.pem"), os.path.join(self.dir, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=127.0.0.1", "-keyout", key, "-out", cert], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return cert, key

    def kill_sandbox(self, pause=0):
        self.box.kill()
        time.sleep(pause)
        self.box.start()

    def age(self, where_operation="1=1", where_order="1=1", where_payment="1=1"):
        """Lets an hour pass for what waits: leases end, what is to be looked at later is due.
        Only while no living process works on it."""
        self.database.sql("UPDATE klarna_operation SET lease_until = 0, next_at = 1, "
                          f"created_at = created_at - {HOUR}, updated_at = updated_at - {HOUR} "
                          f"WHERE next_at > 0 AND ({where_operation});")
        for table, where in (("klarna_order", where_order), ("klarna_payment", where_payment)):
            self.database.sql(f"UPDATE {table} SET check_at = 1 WHERE check_at > 0 AND "
                              f"(pending_op <> '' OR ({where}));")
        self.database.sql("UPDATE klarna_payment SET check_at = 1, created_at = created_at - "
                          f"{HOUR} WHERE check_at > 0 AND department <> '';")

    def due(self):
        """How many operations and orders a worker would take now."""
        now = int(time.time() * 1e6)
        [(operations,)] = self.database.sql(
            f"SELECT COUNT(*) FROM klarna_operation WHERE next_at > 0 AND next_at <= {now} "
            f"AND lease_until <= {now};")
        [(orders,)] = self.database.sql(
            f"SELECT COUNT(*) FROM klarna_order WHERE check_at > 0 AND check_at <= {now};")
        [(payments,)] = self.database.sql(
            f"SELECT COUNT(*) FROM klarna_payment WHERE check_at > 0 AND check_at <= {now} AND "
            "NOT EXISTS (SELECT 1 FROM klarna_order placed WHERE placed.id = klarna_payment.id);")
        return int(operations) + int(orders) + int(payments)

    def orders(self, columns, where="1=1"):
        """Orders, and payments that are none yet, in the same words."""
        orders = self.rows("klarna_order", columns, where)
        named = {"klarna_order_id": "id", "original_amount": "order_amount",
                 "remaining_amount": "order_amount", "ledger": "cart"}
        absent = {"fraud_status": "", "captured_amount": "0", "refunded_amount": "0",
                  "attention": ""}
        here = [name for name in columns if name not in absent]
        found = self.rows("klarna_payment", [named.get(name, name) for name in here],
                          f"({where}) AND NOT EXISTS (SELECT 1 FROM klarna_order placed"
                          " WHERE placed.id = klarna_payment.id)", names=here)
        return orders + [absent | row for row in found]

    def rows(self, table, columns, where="1=1", names=None):
        """Dictionaries of text; columns that hold JSON are decoded."""
        documents = ("ledger", "cart")
        picked = ", ".join(self.database.hex.format(name) if name in documents else name
                           for name in columns)
        found = []
        for row in self.database.sql(f"SELECT {picked} FROM {table} WHERE {where};"):
            found.append({
                name: json.loads(bytes.fromhex(value)) if column in documents else value
                for name, column, value in zip(names or columns, columns, row)})
        return found

    def books(self):
        """The sandbox's ledger, and how often each idempotency key was executed. Stops it: its
        file is its own while it runs."""
        ledger = self.box.control("GET", "ledger")
        self.box.stop()
        executed = {}
        database = sqlite3.connect(self.state)
        for (text,) in database.execute("SELECT doc FROM journal ORDER BY seq"):
            entry = json.loads(text)
            if entry["executed"] and entry["idempotency_key"]:
                executed.setdefault(entry["idempotency_key"], []).append(
                    f"{entry['method']} {entry['path'].rpartition('/')[2]}")
        database.close()
        self.box.start()
        return ledger, executed

    def end(self):
        for host in self.hosts:
            if host.process:
                host.kill()
            shutil.rmtree(host.dir, ignore_errors=True)
        if self.box:
            self.box.kill()
        if self.database:
            self.database.remove()
        shutil.rmtree(self.dir, ignore_errors=True)


def wait_until(ready, seconds, pause=0.05):
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
