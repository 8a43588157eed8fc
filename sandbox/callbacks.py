# SPDX-License-Identifier: Apache-2.0
"""Klarna calling the merchant: best effort, in the background, unsigned, as documented.

Two seconds for each of three attempts, exponential from one second. The answer of the sandbox to
whoever caused the callback never waits for it. Certificates are not checked: the receiver is a
private httpd on loopback with a self-made one.
"""
import asyncio
import collections

import aiohttp

ATTEMPTS = 3
SECONDS = 2
KEPT = 500


class Callbacks:
    def __init__(self):
        self.sent = collections.deque(maxlen=KEPT)
        self.tasks = set()
        self.client = None

    def post(self, kind, url, body, session_id, order_id=None):
        """Starts the callback; without a URL there is none."""
        if not url:
            return
        url = url.replace("{session.id}", session_id).replace("{order.id}", order_id or "")
        record = {"kind": kind, "url": url, "body": body, "attempts": 0, "status": None}
        self.sent.append(record)
        task = asyncio.get_running_loop().create_task(self._deliver(record))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _deliver(self, record):
        if self.client is None:
            self.client = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=2 * SECONDS, sock_connect=SECONDS,
                                              sock_read=SECONDS))
        for attempt in range(ATTEMPTS):
            record["attempts"] = attempt + 1
            try:
                async with self.client.post(record["url"], json=record["body"],
                                            allow_redirects=False, ssl=False) as answer:
                    record["status"] = answer.status
            except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, OSError):
                record["status"] = None
            if record["status"] and 200 <= record["status"] < 300:
                return
            if attempt + 1 < ATTEMPTS:
                await asyncio.sleep(2 ** attempt)

    def clear(self):
        self.sent.clear()

    async def close(self):
        if self.client:
            await self.client.close()
