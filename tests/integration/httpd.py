# SPDX-License-Identifier: Apache-2.0
"""A private httpd with the module: its own directory, database, free port and log.

The configuration is conf/demo.conf with a test's own lines after it. KLARNA_MODULE names the
module; KLARNA_WRAP is a command that runs httpd (valgrind and its options), KLARNA_PRELOAD a
library it is started with; KLARNA_VALGRIND=1 and KLARNA_SANITIZE=1 choose fitting ones. Time
limits grow with them. KLARNA_DATABASE chooses the database (stores.py). KLARNA_KEEP=1 leaves the
directories and prints where they are.
"""
import base64
import hashlib
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

import carts
import confidential
import sandbox
import stores
from ports import free_port
from sandbox_client import ROOT, Answer, basic

APACHE = "/usr/sbin/apache2"
MODULES = "/usr/lib/apache2/modules"
CONF = os.path.join(ROOT, "conf")
# The worker would finish what a test wants to see unfinished, and ask Klarna when nothing should
# be asked: only its own tests turn it on.
WORKER_OFF = "KlarnaWorker Off\n"

USERS = {"clerk": confidential.keep("clerk-password-41d0"),
         "shop": confidential.keep("shop-password-77b3"),
         "operator": confidential.keep("operator-password-c92e"),
         "cashier": confidential.keep("cashier-password-e163"),
         "guest": confidential.keep("guest-password-5a08")}
GROUPS = {"clerks": ["clerk", "operator", "shop"], "operators": ["operator"],
          "cashiers": ["cashier"]}
for _user, _password in USERS.items():
    confidential.keep(basic(_user, _password).split()[1])

# What a server may say without being asked.
KNOWN = re.compile(
    r"AH00489: |AH00094: |AH00491: |AH00492: |AH00493: "
    r"|KLA0020: [A-Z]+ .+?: 4(?!29)\d\d "
    r"|KLA0009: ")  # a department and no https address: most tests have none
LINE = re.compile(r"\[[^\]]+\] \[(?P<module>\w+):(?P<level>\w+)\] \[pid \d+(:tid \d+)?\] "
                  r"(\[client [^\]]+\] )?(?P<text>.*)", re.S)
QUIET = ("info", "notice")


def _module():
    named = os.environ.get("KLARNA_MODULE")
    found = [path for path in (os.path.join(ROOT, "build", "gcc", ".libs", "mod_klarna.so"),
                               os.path.join(ROOT, "build", ".libs", "mod_klarna.so"))
             if os.path.exists(path)]
    return named or (found + ["build/.libs/mod_klarna.so"])[0]


def _wrap():
    if os.environ.get("KLARNA_VALGRIND"):
        return ["valgrind", "--quiet", "--error-exitcode=99", "--num-callers=30",
                "--leak-check=full", "--errors-for-leak-kinds=definite",
                "--show-leak-kinds=definite"]
    return shlex.split(os.environ.get("KLARNA_WRAP", ""))


def _environment():
    """Nothing of the caller's that httpd could react to, and no proxy."""
    names = ("PATH", "LANG", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "GCOV_PREFIX")
    env = {name: os.environ[name] for name in names if name in os.environ}
    preload = os.environ.get("KLARNA_PRELOAD")
    if os.environ.get("KLARNA_SANITIZE") and not preload:
        preload = subprocess.check_output(["gcc", "-print-file-name=libasan.so"],
                                          text=True).strip()
    if preload:
        env["LD_PRELOAD"] = preload
        # Pools are given back by their allocator, not by free(): leaks are valgrind's to find.
        env.setdefault("ASAN_OPTIONS", "detect_leaks=0:abort_on_error=1")
        env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    return env


MODULE = _module()
WRAP = _wrap()
ENVIRONMENT = _environment()
SLOW = 20 if WRAP else 3 if "LD_PRELOAD" in ENVIRONMENT else 1
PATIENCE = 60           # seconds for what is done in less than one unless the machine is busy
RUN_AS = "www-data"     # when root starts it; else the name is read and not used


class Home:
    """A server root: the files the configuration names."""

    def __init__(self, endpoint, extra="", change=None, schema=True, store=None, port=0):
        """extra: lines after those of the demo; change: function on the text of the demo; store:
        another server's, to share it."""
        self.dir = tempfile.mkdtemp(prefix="klarna-httpd-")
        self.conf = os.path.join(self.dir, "httpd.conf")
        self.port = port or free_port()
        self.database = os.path.join(self.dir, "klarna.db")
        self.write("credentials", f"{sandbox.USERNAME}:{sandbox.PASSWORD}\n")
        self.write("other-credentials", f"{sandbox.OTHER_USERNAME}:{sandbox.OTHER_PASSWORD}\n")
        for kid, secret in carts.KEYS.items():
            self.write("cart-key" if kid == "demo" else f"{kid}-key", secret + "\n")
        self.write("users", "".join(f"{user}:{{SHA}}{_sha(word)}\n" for user, word in
                                    USERS.items()))
        self.write("groups", "".join(f"{group}: {' '.join(users)}\n" for group, users in
                                     GROUPS.items()))
        for name in ("shop", "admin"):
            os.mkdir(os.path.join(self.dir, name))
        self.store = store or stores.new(self.database, schema)
        self.configure(endpoint, extra, change)
        self.hand_over()

    def write(self, name, text, mode=0o640):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def hand_over(self):
        """The server's user owns its root, as on a real host."""
        if os.geteuid() == 0:
            for path in [self.dir] + [os.path.join(self.dir, name) for name in
                                      os.listdir(self.dir)]:
                shutil.chown(path, RUN_AS, RUN_AS)
        os.chmod(self.dir, 0o755)

    def configure(self, endpoint, extra="", change=None):
        defines = {"DIR": self.dir, "PORT": self.port, "MODULES": MODULES,
                   "MODULE": os.path.abspath(MODULE), "CONF": CONF,
                   "SHOP": os.path.join(self.dir, "shop"),
                   "ADMIN": os.path.join(self.dir, "admin"), "KLARNA_URL": endpoint, "RUN_AS": RUN_AS}
        with open(os.path.join(CONF, "demo.conf"), encoding="utf-8") as file:
            text = file.read()
        text = self.store.configure(text)
        if change:
            text = change(text)
        self.write("httpd.conf", "".join(f"Define {name} {value}\n" for name, value in
                                         defines.items()) + text + WORKER_OFF + extra)

    def command(self, *options):
        return [APACHE, "-d", self.dir, "-f", self.conf, *options]

    def check(self, **environment):
        """What `apachectl configtest` says: exit status and text."""
        done = subprocess.run(self.command("-t"), env=ENVIRONMENT | environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        # Without a readable ErrorLog the text is all there is; with one, some of it is there.
        log = os.path.join(self.dir, "error_log")
        if os.path.exists(log):
            with open(log, encoding="utf-8") as file:
                return done.returncode, done.stdout + file.read()
        return done.returncode, done.stdout

    def texts(self):
        """Name and content of everything a server or its wrapper wrote for people."""
        for name in sorted(os.listdir(self.dir)):
            if name in ("error_log", "stderr"):
                with open(os.path.join(self.dir, name), encoding="utf-8",
                          errors="replace") as file:
                    yield name, file.read()

    def remove(self):
        if os.environ.get("KLARNA_KEEP"):
            print(f"\nkept: {self.dir}")
        else:
            shutil.rmtree(self.dir)


def _sha(password):
    return base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()


class Httpd(Home):
    """A Home with a server in it."""
    every = []      # all of this session, running or not

    def __init__(self, endpoint, extra="", change=None, schema=True, start=True, environment=None,
                 store=None, port=0):
        super().__init__(endpoint, extra, change, schema, store, port)
        self.environment = ENVIRONMENT | (environment or {})
        self.process = None
        self.read_to = 0
        self.expected = []
        Httpd.every.append(self)
        if start:
            self.start()

    # --- running ---------------------------------------------------------------------------

    def start(self):
        stderr = open(os.path.join(self.dir, "stderr"), "ab")
        self.process = subprocess.Popen([*WRAP, *self.command("-DFOREGROUND")], stderr=stderr,
                                        stdout=stderr, stdin=subprocess.DEVNULL,
                                        env=self.environment,
                                        # mpm_prefork ends its whole process group
                                        start_new_session=True)
        stderr.close()
        deadline = time.monotonic() + PATIENCE * SLOW
        while not self._answers():
            if self.process.poll() is not None:
                self.process = None
                raise AssertionError(f"httpd ended: {dict(self.texts())}")
            assert time.monotonic() < deadline, f"httpd does not answer: {dict(self.texts())}"
            time.sleep(0.02)        # between two looks

    def _answers(self):
        try:
            return self.ask("OPTIONS", "*", timeout=SLOW).status == 200
        except OSError:
            return False

    def stop(self):
        if not self.process:
            return
        # Gracefully, as Debian's service does: at SIGTERM mpm_event's main thread closes the sockets of
        # threads that may still use them, and sometimes crashes on one (in apr_os_sock_get).
        self.process.send_signal(signal.SIGWINCH)
        try:
            status = self.process.wait(PATIENCE * SLOW)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        self.process = None
        assert status == 0, f"httpd ended with {status}: {dict(self.texts())}"

    def graceful(self):
        self.process.send_signal(signal.SIGUSR1)

    def worker_pid(self):
        """The process with the threads that serve."""
        return max(_children(self.process.pid), key=_threads)

    def kill(self):
        """SIGKILL to all of it at once."""
        self.allow_log("AH00098: ")
        pids = _children(self.process.pid)
        self.process.kill()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        _wait_for_the_dead(pids)

    def kill_child(self):
        """SIGKILL to the process that serves; its parent makes another one."""
        self.allow_log("AH00052: child pid \\d+ exit signal Killed")
        os.kill(self.worker_pid(), signal.SIGKILL)

    def kill_children(self):
        """SIGKILL to all that serve; their parent makes others. None of the dead can take a
        connection any more when this returns."""
        pids = _children(self.process.pid)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        _wait_for_the_dead(pids)

    # --- asking ----------------------------------------------------------------------------

    def ask(self, method, path, body=None, *, raw=None, key=None, user=None, headers=None,
            timeout=PATIENCE, chunked=False):
        """body is sent as JSON; raw as it stands (an iterable with chunked)."""
        sent = {"Authorization": basic(user, USERS.get(user, "wrong"))} if user else {}
        if body is not None:
            # As a browser's JSON.stringify makes it.
            raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        if raw is not None:
            sent["Content-Type"] = "application/json"
        if key is not None:
            sent["Idempotency-Key"] = key
        sent.update(headers or {})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout * SLOW)
        try:
            connection.request(method, path, raw, sent, encode_chunked=chunked)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        told = answer.raw.decode("utf-8", "replace") + str(answer.headers)
        assert not confidential.leaks(told, is_log=False), told
        return answer

    def get(self, path, user="clerk", **more):
        return self.ask("GET", path, user=user, **more)

    def post(self, path, body, user="clerk", **more):
        return self.ask("POST", path, body, user=user, **more)

    # --- the database ----------------------------------------------------------------------

    def rows(self, table=None):
        """Every row of one table or, by table, of all."""
        tables = [table] if table else ["klarna_payment", "klarna_order", "klarna_operation"]
        found = {name: self.sql(f"SELECT * FROM {name} ORDER BY 1") for name in tables}
        return found[table] if table else found

    def sql(self, text):
        """Behind the module's back."""
        return self.store.sql(text)

    # --- the log ---------------------------------------------------------------------------

    def expect_log(self, pattern):
        """The test's own doing: such lines are due, at least one of them."""
        self.expected.append([pattern, 0])

    def allow_log(self, pattern):
        """Such lines may come."""
        self.expected.append([pattern, 1])

    def new_log(self):
        path = os.path.join(self.dir, "error_log")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8", errors="replace") as file:
            file.seek(self.read_to)
            text = file.read()
            self.read_to = file.tell()
        return text.splitlines()

    def check_log(self):
        """What is wrong with the lines since the last time: unexpected ones, missing ones. Who tells
        what it did does so a moment after it is done: a line that is due is waited for."""
        expected, self.expected = self.expected, []
        deadline = time.monotonic() + PATIENCE * SLOW
        wrong = []
        while True:
            wrong += [text for text in self.new_log() if not _is_known(text, expected)]
            missing = [f"(missing) {pattern}" for pattern, seen in expected if not seen]
            if not missing or time.monotonic() > deadline:
                return wrong + missing
            time.sleep(0.02)        # between two looks

    def check_wrapper(self):
        """What a wrapper, or the server before it had a log, said. One that somebody asked for by hand
        may say what it likes."""
        if os.environ.get("KLARNA_WRAP"):
            return []
        text = dict(self.texts()).get("stderr", "")
        return [text] if text.strip() else []


def _children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def _wait_for_the_dead(pids):
    """Their port goes with them."""
    deadline = time.monotonic() + PATIENCE * SLOW
    while any(stores.databases.is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "what was killed lives on"
        time.sleep(0.01)        # between two looks


def _threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def _is_known(text, expected):
    matched = False
    for entry in expected:
        if re.search(entry[0], text):
            entry[1] += 1
            matched = True
    line = LINE.match(text)
    return matched or bool(line and line["level"] in QUIET and KNOWN.match(line["text"]))
