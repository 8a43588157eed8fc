# SPDX-License-Identifier: Apache-2.0
"""The sandbox as these tests use it, and the address the module speaks to.

KLARNA_URL (with KLARNA_USERNAME and KLARNA_PASSWORD) names another address for the module, for
example a recording proxy in front of the sandbox; SANDBOX_PORT fixes where the sandbox listens.
Control routes always go to the sandbox itself.
"""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "sandbox")]

import sandbox_client  # noqa: E402

import confidential  # noqa: E402
from ports import free_port  # noqa: E402

USERNAME = os.environ.get("KLARNA_USERNAME") or sandbox_client.USER
PASSWORD = confidential.keep(os.environ.get("KLARNA_PASSWORD") or "sandbox-password-5bd21c")
OTHER_USERNAME = "PK00001_other"
OTHER_PASSWORD = confidential.keep("other-password-9e77a0")
# Faults that no proxy hands on: a file of tests that names one goes round Prism.
CUTS = ("drop_before", "drop_after", "cut_body", "malformed")


class Sandbox(sandbox_client.Sandbox):
    def __init__(self, port=0, state=None):
        super().__init__("--port", str(port or free_port()),
                         "--merchant", f"{USERNAME}:{PASSWORD}",
                         "--merchant", f"{OTHER_USERNAME}:{OTHER_PASSWORD}",
                         *(["--state", state] if state else []))
        self.arguments = ("--port", str(self.port)) + self.arguments[2:]
        self.prism = None       # what may stand before it and compare with Klarna's description
        self.goes_round = False     # the module speaks to the sandbox itself all the same

    def fault(self, kind, *arguments, **options):
        assert kind not in CUTS or not self.prism or self.goes_round, "Prism hands on whole answers"
        return super().fault(kind, *arguments, **options)

    def requests(self):
        """What reached the sandbox since forget_requests()."""
        return self.control("GET", "requests")["requests"]

    def forget_requests(self):
        self.control("DELETE", "requests")

    def clear(self):
        """No faults, the default switches."""
        self.control("DELETE", "faults")
        self.control("DELETE", "behaviour")

    def authorize(self, session_id, outcome="approve", method=None, **told):
        token = super().authorize(session_id, outcome, method, **told)
        return confidential.keep(token) if token else token

    def orders_of_session(self, session_id):
        return [order for order in self.control("GET", "ledger")["orders"]
                if order["session_id"] == session_id]


def klarna_url(box):
    """Where the module finds Klarna."""
    behind = box.prism and not box.goes_round
    return os.environ.get("KLARNA_URL") or (box.prism.url if behind else box.url)


def start_sandbox():
    return Sandbox(int(os.environ.get("SANDBOX_PORT") or 0))
