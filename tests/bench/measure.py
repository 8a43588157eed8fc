# SPDX-License-Identifier: Apache-2.0
"""One measurement: requests per second seen by wrk, CPU time seen by the kernel.

CPU per request is what the contender's processes used from the first request until they were
idle again, divided by the requests worked off in that time: the rows written where the stage
writes rows (a request that wrk stopped waiting for is still worked off), else wrk's count.
"""
import dataclasses
import http.client
import json
import os
import resource
import subprocess
import time
import urllib.parse

from servers import HERE, TICK, Failure
from setting import busy_seconds

WRK_TIMEOUT_S = 60
IDLE_S = 0.35        # no CPU for so long: longer than a slow upstream keeps a request
DRAIN_S = 90
STARTED = {"order_id", "key", "state", "session_id", "client_token", "payment_method_categories",
           "order_amount", "purchase_currency"}


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of the table."""
    contender: object
    stage: str
    upstream: str = "kept"
    method: str = "POST"
    path: str = "/sessions"
    expect: int = 201
    off_by: int = 0
    body: str = ""           # instead of the contender's own
    key: str = ""            # Idempotency-Key
    writes: bool = True      # each request leaves a row
    connections: int = 32
    think_ms: int = 0
    warm_up_s: int = 1
    min_s: int = 0           # the run is at least so long

    def url(self):
        return self.contender.url(self.upstream) + self.path

    def text(self):
        if self.method == "GET":
            return ""
        return self.body or self.contender.body(self.off_by)


def wrk_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def probe(case):
    """One request, whose answer must be the expected one: a stage that measures an error page
    must not pass for the route."""
    url = urllib.parse.urlsplit(case.url())
    link = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    headers = {"Content-Type": "application/json"} if case.text() else {}
    if case.key:
        headers["Idempotency-Key"] = case.key
    link.request(case.method, url.path, case.text() or None, headers)
    answer = link.getresponse()
    body = answer.read()
    link.close()
    if answer.status != case.expect or (case.expect == 201 and set(json.loads(body)) != STARTED):
        raise Failure(f"{case.contender.name}, {case.stage}: expected {case.expect}, got "
                      f"{answer.status} {body[:500]!r}")


def wrk(case, seconds, directory):
    body = directory / "request.json"
    body.write_text(case.text(), encoding="utf-8")
    done = subprocess.run(
        ["wrk", "-t", "1", "-c", str(case.connections), "-d", f"{seconds}s", "--timeout",
         f"{WRK_TIMEOUT_S}s", "-s", str(HERE / "load.lua"), case.url()],
        env={"PATH": os.environ["PATH"], "METHOD": case.method, "KEY": case.key,
             "BODY": str(body) if case.text() else "", "THINK_MS": str(case.think_ms)},
        capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"wrk: {done.stdout}{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def cpu(servers):
    return {name: server.cpu() for name, server in servers.items()}


def settle(servers):
    """Waits until every server of the stage is idle."""
    end, last = time.monotonic() + DRAIN_S, None
    while time.monotonic() < end:
        now = cpu(servers)
        if last and sum(now.values()) - sum(last.values()) <= 1.5 / TICK:
            return
        last = now
        time.sleep(IDLE_S)
    raise Failure(f"not idle after {DRAIN_S} s: {', '.join(servers)}")


def check_answers(case, seen):
    if not seen["requests"]:
        raise Failure(f"{case.contender.name}, {case.stage}: not one answer")
    wrong = seen["requests"] - seen["refused"] if case.expect >= 400 else seen["refused"]
    if wrong:
        raise Failure(f"{case.contender.name}, {case.stage}: {wrong} of {seen['requests']} "
                      f"answers were not the expected {case.expect}")


def measure(case, seconds, env):
    """What one run of a case gives, as a dictionary."""
    table = case.contender.table
    servers = case.contender.servers(case.upstream)
    probe(case)
    if case.writes:
        env.database.clean(table)
    if case.warm_up_s:
        wrk(case, case.warm_up_s, env.directory)
    settle(servers)
    before = env.database.count(table) if case.writes else None
    began, used, machine = time.monotonic(), cpu(servers), busy_seconds()
    mock, load = env.upstream.server.cpu(), wrk_seconds()
    seen = wrk(case, max(seconds, case.min_s), env.directory)
    load = wrk_seconds() - load
    memory = {name: server.memory() for name, server in servers.items() if name != "database"}
    settle(servers)
    used = {name: value - used[name] for name, value in cpu(servers).items()}
    machine, mock = busy_seconds() - machine, env.upstream.server.cpu() - mock
    check_answers(case, seen)
    return {**seen, **_stored(case, before, seen, env), "cpu_s": used, "upstream_s": mock, "memory_mb": sum(memory.values()),
            "window_s": time.monotonic() - began,
            "others_s": max(0.0, machine - sum(used.values()) - mock - load)}


def _stored(case, before, seen, env):
    """How many requests were worked off, and the writing transactions they took."""
    if not case.writes:
        return {"served": seen["requests"], "transactions": None}
    rows, transactions = env.database.count(case.contender.table)
    served = rows - before[0]
    if served < seen["requests"]:
        raise Failure(f"{case.contender.name}, {case.stage}: {seen['requests']} answers, but only "
                      f"{served} rows")
    return {"served": served,
            "transactions": transactions - before[1] if transactions is not None else None}
