# SPDX-License-Identifier: Apache-2.0
"""Scripted faults: which request is hit, by what, how often. Kept in memory, never in the ledger.

This file decides; server.py carries out. A fault never makes the sandbox forget or repeat work:
it only decides whether a request is executed and what its sender gets to see.
"""
import asyncio
import re

EXECUTED = ("delay", "drop_after", "cut_body", "malformed", "slow")
NOT_EXECUTED = ("drop_before", "rate_limit")
KINDS = EXECUTED + NOT_EXECUTED + ("status",)
OPTIONS = {
    "delay": {"seconds": (int, float), "when": str},
    "slow": {"seconds": (int, float)},
    "status": {"status": int, "body": (str, dict), "execute": bool},
    "malformed": {"body": str},
    "cut_body": {}, "drop_before": {}, "drop_after": {}, "rate_limit": {},
}
NEEDED = {"delay": ("seconds",), "slow": ("seconds",), "status": ("status",)}
MAX_SECONDS = 600


class BadFault(Exception):
    """The text names the member that is wrong."""


def _number(document, name, default, low):
    number = document.get(name, default)
    if isinstance(number, bool) or not isinstance(number, int) or number < low:
        raise BadFault(f"{name} must be an integer of at least {low}")
    return number


def _check_fault(fault):
    if not isinstance(fault, dict) or fault.get("kind") not in KINDS:
        raise BadFault(f"fault.kind must be one of {', '.join(KINDS)}")
    options = OPTIONS[fault["kind"]]
    for name, value in fault.items():
        if name == "kind":
            continue
        if name not in options or not isinstance(value, options[name]):
            raise BadFault(f"fault.{name} is not an option of {fault['kind']} or has a wrong type")
    for name in NEEDED.get(fault["kind"], ()):
        if name not in fault:
            raise BadFault(f"fault.{name} is required by {fault['kind']}")
    if not 0 <= fault.get("seconds", 0) <= MAX_SECONDS:
        raise BadFault(f"fault.seconds must be 0 to {MAX_SECONDS}")
    if fault.get("when", "after") not in ("before", "after"):
        raise BadFault("fault.when must be before or after")
    if not 200 <= fault.get("status", 200) <= 599:
        raise BadFault("fault.status must be 200 to 599")


class Fault:
    def __init__(self, number, document):
        if not isinstance(document, dict):
            raise BadFault("a fault must be a JSON object")
        match = document.get("match", {})
        if not isinstance(match, dict):
            raise BadFault("match must be an object with method and path")
        self.number = number
        self.method = match.get("method")
        self.path = match.get("path", "")
        try:
            self.pattern = re.compile(self.path)
        except (re.error, TypeError):
            raise BadFault("match.path is not a regular expression") from None
        self.times = _number(document, "times", 1, -1)
        self.skip = _number(document, "skip", 0, 0)
        _check_fault(document.get("fault"))
        self.fault = document["fault"]
        self.hits = 0

    def takes(self, method, path):
        if self.times == 0 or (self.method and self.method.upper() != method):
            return False
        if not self.pattern.search(path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times > 0:
            self.times -= 1
        self.hits += 1
        return True

    def as_json(self):
        return {"id": self.number, "match": {"method": self.method, "path": self.path},
                "times": self.times, "skip": self.skip, "hits": self.hits, "fault": self.fault}


class Faults:
    """The queue. The first fault that takes a request is the one applied to it."""

    def __init__(self):
        self.queue = []
        self.last_number = 0
        self.cleared = asyncio.Event()

    def add(self, document):
        fault = Fault(self.last_number + 1, document)
        self.last_number += 1
        self.queue.append(fault)
        return fault.as_json()

    def take(self, method, path):
        for fault in self.queue:
            if fault.takes(method, path):
                return fault.fault
        return None

    def list(self):
        return [fault.as_json() for fault in self.queue]

    def clear(self):
        """And what is delayed goes on."""
        self.queue = []
        self.cleared.set()
        self.cleared = asyncio.Event()

    async def delay(self, seconds):
        try:
            await asyncio.wait_for(self.cleared.wait(), seconds)
        except asyncio.TimeoutError:
            pass
