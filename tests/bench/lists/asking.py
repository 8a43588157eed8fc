# SPDX-License-Identifier: Apache-2.0
"""Asking httpd over kept connections, and what httpd's own log says each request took."""
import base64
import concurrent.futures
import contextlib
import hashlib
import http.client
import itertools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import types

import setting
from cart import KEY
from servers import HERE, Failure, as_root, free_port

MODULES = "/usr/lib/apache2/modules"
USER, PASSWORD = "clerk", "bench-password"
LOG_S = 10


def make_files(directory):
    """What the configuration names."""
    setting.make_secrets(directory, credentials="bench:bench", cart_key=KEY)
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    (directory / "users").write_text(f"{USER}:{{SHA}}{digest}\n", encoding="utf-8")


class Httpd:
    """An httpd over one database."""

    def __init__(self, directory, module, database, klarna, start):
        self.port = free_port()
        driver, params, init = database.serve()
        self.log = open_log(directory / f"access-{self.port}.log")
        self.numbers = itertools.count(1)
        argv = ["/usr/sbin/apache2", "-f", str(HERE / "lists/httpd.conf"), "-DFOREGROUND"]
        argv += ["-DROOT"] * as_root() + ["-DINIT"] * bool(init)
        self.server = start(argv, directory / f"httpd-{self.port}.log", self.port, env={
            "DIR": str(directory), "PORT": str(self.port), "MODULES": MODULES,
            "MODULE": str(module), "RUN_AS": "www-data", "DB_DRIVER": driver,
            "DB_PARAMS": f'"{params}"', "DB_INIT": f'"{init}"',
            "UPSTREAM": f"http://127.0.0.1:{klarna.plain}"})

    def at_handler(self, numbers):
        """Milliseconds that httpd's log gives for these requests."""
        wanted, found, end = set(numbers), {}, time.monotonic() + LOG_S
        while wanted - set(found):
            line = self.log.readline()
            if line:
                number, _, micros, _ = line.split()
                found[int(number)] = int(micros) / 1000
            elif time.monotonic() > end:
                raise Failure(f"the access log lacks {sorted(wanted - set(found))}")
            else:
                time.sleep(0.005)
        return [found[number] for number in numbers]


class Reader:
    """One of those who read at once: a connection."""

    def __init__(self, httpd):
        self.httpd = httpd
        self.link = http.client.HTTPConnection("127.0.0.1", httpd.port, timeout=120)
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        self.headers = {"Authorization": f"Basic {login}"}

    def ask(self, path):
        """(number, seconds, body) of an answer that must be a 200."""
        number, began = next(self.httpd.numbers), time.perf_counter()
        self.link.request("GET", "/klarna" + path,
                          headers={**self.headers, "X-Number": str(number)})
        answer = self.link.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
        if answer.status != 200:
            raise Failure(f"{path}: {answer.status} {body[:400]!r}")
        return number, took, body

    def get(self, path):
        return json.loads(self.ask(path)[2])

    def walk(self, case, requests):
        """(number, ms of the client, path, body) of so many requests, after a fifth of them for
        warming."""
        warming = max(1, requests // 5)
        paths, body, seen = case.paths(self), None, []
        for i in range(warming + requests):
            path = paths.send(body)
            number, took, body = self.ask(path)
            if i >= warming:
                seen.append((number, took * 1000, path, body))
        return seen


def open_log(path):
    path.touch()
    os.chmod(path, 0o666)
    return open(path, encoding="utf-8")  # pylint: disable=consider-using-with


@contextlib.contextmanager
def shoppers(httpd):
    """They buy meanwhile."""
    with subprocess.Popen([sys.executable, "-B", pathlib.Path(__file__).parent / "shoppers.py",
                           str(httpd.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        try:
            yield
        finally:
            placed = process.communicate()[0]
    if process.returncode:
        raise Failure("the shoppers did not get on")
    setting.say(f"{int(placed):,} orders were placed meanwhile")


def measure(httpd, case, requests, readers):
    """Times of that many requests, shared by the readers. Answers are checked when all are there: the
    checking takes nothing from what is measured."""
    each = max(1, requests // readers)
    with concurrent.futures.ThreadPoolExecutor(readers) as pool:
        seen = [one for some in pool.map(lambda _: Reader(httpd).walk(case, each), range(readers))
                for one in some]
    handler = sorted(httpd.at_handler([number for number, *_ in seen]))
    return types.SimpleNamespace(
        median=statistics.median(handler), p99=handler[-max(1, len(handler) // 100)],
        client=statistics.median(took for _, took, _, _ in seen), requests=len(seen),
        rows=statistics.mean(case.check(path, body) for _, _, path, body in seen))
