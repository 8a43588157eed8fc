# SPDX-License-Identifier: Apache-2.0
"""Klarna calling the merchant: best effort, in the background, unsigned, as documented.

Two seconds for each of three attempts, for the status of a payment in a store three seconds and
four attempts; pauses double, from one second unless the switch says another. The answer of the sandbox to whoever caused the callback
never waits for it. Certificates are not checked: the receiver is a private httpd on loopback with a
self-made one.
"""
import asyncio
import collections

import aiohttp

ATTEMPTS = {"status": 4}
SECONDS = {"status": 3}
KEPT = 500


def filled(url, session_id, order_id):
    """Klarna Payments writes placeholders in single braces, the hosted page in double ones."""
    for name, value in (("session", session_id), ("order", order_id or "")):
        url = url.replace(f"{{{{{name}_id}}}}", value).replace(f"{{{name}.id}}", value)
    return url


class Callbacks:
    def __init__(self, ledger):
        self.ledger = ledger
        self.last_number = 0
        self.sent = collections.deque(maxlen=KEPT)
        self.tasks = set()
        self.client = None

    def post(self, kind, url, body, session_id, order_id=None):
        """Starts the callback; without a URL there is none."""
        if not url:
            return
        record = {"number": self.last_number + 1, "kind": kind,
                  "url": filled(url, session_id, order_id), "body": body, "attempts": 0,
                  "status": None, "held": False}
        self.last_number += 1
        self.sent.append(record)
        fate = self.ledger.behaviour["status_callbacks"] if kind == "status" else "sent"
        record["held"] = fate == "held"
        for _ in range({"sent": 1, "twice": 2}.get(fate, 0)):
            self.start(record)

    def start(self, record):
        record["held"] = False
        task = asyncio.get_running_loop().create_task(self._deliver(record))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _deliver(self, record):
        attempts = ATTEMPTS.get(record["kind"], 3)
        for attempt in range(attempts):
            record["attempts"] += 1
            record["status"] = status = await self._send(record)
            if status and 200 <= status < 300:
                return
            if attempt + 1 < attempts:
                await asyncio.sleep(self.ledger.behaviour["callback_pause"] / 1000 * 2 ** attempt)

    async def _send(self, record):
        if self.client is None:
            self.client = aiohttp.ClientSession()
        seconds = SECONDS.get(record["kind"], 2)
        patience = aiohttp.ClientTimeout(total=2 * seconds, sock_connect=seconds,
                                         sock_read=seconds)
        try:
            async with self.client.post(record["url"], json=record["body"], timeout=patience,
                                        allow_redirects=False, ssl=False) as answer:
                return answer.status
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, OSError):
            return None

    def clear(self):
        self.sent.clear()

    async def close(self):
        if self.client:
            await self.client.close()
