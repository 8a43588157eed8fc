# SPDX-License-Identifier: Apache-2.0
"""Asking httpd over one kept connection, and what httpd's own log says each request took."""
import base64
import hashlib
import http.client
import json
import os
import statistics
import time
import types

from servers import HERE, Failure, as_root, free_port

MODULES = "/usr/lib/apache2/modules"
USER, PASSWORD = "clerk", "bench-password"
LOG_S = 10


def make_files(directory):
    """What the configuration names."""
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    for name, text, mode in (("credentials", "bench:bench", 0o640),
                             ("users", f"{USER}:{{SHA}}{digest}", 0o644)):
        (directory / name).write_text(text + "\n", encoding="utf-8")
        (directory / name).chmod(mode)


class Httpd:
    """An httpd over one database, and one connection to it."""

    def __init__(self, directory, module, database, start):
        port = free_port()
        driver, params, init = database.serve()
        self.log = open_log(directory / f"access-{port}.log")
        argv = ["/usr/sbin/apache2", "-f", str(HERE / "lists/httpd.conf"), "-DFOREGROUND"]
        argv += ["-DROOT"] * as_root() + ["-DINIT"] * bool(init)
        self.server = start(argv, directory / f"httpd-{port}.log", port, env={
            "DIR": str(directory), "PORT": str(port), "MODULES": MODULES, "MODULE": str(module),
            "RUN_AS": "www-data", "DB_DRIVER": driver, "DB_PARAMS": f'"{params}"',
            "DB_INIT": f'"{init}"'})
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        self.headers = {"Authorization": f"Basic {login}"}
        self.number = 0

    def ask(self, path):
        """(number, seconds, body) of an answer that must be a 200."""
        self.number += 1
        began = time.perf_counter()
        self.link.request("GET", "/klarna" + path,
                          headers={**self.headers, "X-Number": str(self.number)})
        answer = self.link.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
        if answer.status != 200:
            raise Failure(f"{path}: {answer.status} {body[:400]!r}")
        return self.number, took, body

    def get(self, path):
        return json.loads(self.ask(path)[2])

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


def open_log(path):
    path.touch()
    os.chmod(path, 0o666)
    return open(path, encoding="utf-8")  # pylint: disable=consider-using-with


def measure(httpd, case, requests):
    """Times of that many requests, after a fifth of them for warming."""
    warming = max(1, requests // 5)
    paths, body, seen, rows = case.paths(httpd), None, [], 0
    for i in range(warming + requests):
        path = paths.send(body)
        number, took, body = httpd.ask(path)
        count = case.check(path, body)
        if i >= warming:
            seen.append((number, took * 1000))
            rows += count
    handler = sorted(httpd.at_handler([number for number, _ in seen]))
    return types.SimpleNamespace(
        median=statistics.median(handler), p99=handler[-max(1, len(handler) // 100)],
        client=statistics.median(took for _, took in seen), requests=len(seen),
        rows=rows / len(seen))
