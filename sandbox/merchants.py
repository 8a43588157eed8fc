# SPDX-License-Identifier: Apache-2.0
"""Who may ask: basic credentials of merchants, each at home in one region; rates per merchant."""
import base64
import time

from api import Reply

UNAUTHORIZED_PAGE = (b"<!DOCTYPE html><html><head><title>401 Unauthorized</title></head>"
                     b"<body><h1>401 Unauthorized</h1></body></html>")


class Merchants:
    def __init__(self, accounts, region):
        """accounts: (user, password, region). Those of another region are as good as unknown."""
        self.by_header = {}
        for user, password, home in accounts:
            if home != region:
                continue
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            self.by_header[pair] = user
            if password.startswith("klarna_"):
                self.by_header[password] = user     # the newer keys may stand there as they are

    def of(self, header):
        scheme, _, credential = (header or "").partition(" ")
        if scheme.lower() != "basic":
            return None
        return self.by_header.get(credential.strip())


def unauthorized():
    """What a gateway answers, before any JSON: clients must not count on a body."""
    return Reply(401, UNAUTHORIZED_PAGE, {
        "Content-Type": "text/html; charset=utf-8", "Www-Authenticate": 'Basic realm="Klarna"'})


# Calls a second that each merchant may make, as Klarna documents them.
LIMITS = {"live": {"sessions": 40, "other": 200}, "playground": {"sessions": 5, "other": 50}}


class Rates:
    """Requests per second, by merchant and kind, in windows of one real second."""

    def __init__(self):
        self.window = 0
        self.counts = {}

    def count(self, merchant, kind, limit):
        """(allowed, X-Ratelimit headers)."""
        window = int(time.monotonic())
        if window != self.window:
            self.window, self.counts = window, {}
        used = self.counts.get((merchant, kind), 0) + 1
        self.counts[(merchant, kind)] = used
        return used <= limit, rate_headers(limit, max(0, limit - used))


def rate_limit(behaviour, kind):
    """Klarna's own limit when one of its systems is played, else what the switch says."""
    return LIMITS.get(behaviour["rates"], {}).get(kind, behaviour[f"rate_limit_{kind}"])


def rate_headers(limit, remaining):
    return {"X-Ratelimit-Limit": f"{limit}, {limit};w=1",
            "X-Ratelimit-Remaining": str(remaining), "X-Ratelimit-Reset": "1"}
