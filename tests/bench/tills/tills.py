#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Tills that each wait for news of one payment, as admin/js/till/follow.mjs does, until every payment has
ended. Arguments: httpd's port and what the tills log in with; stdin has the payments, one a line. It prints
each poll as JSON: payment, when it began and ended (monotonic), whether there was no place to wait, version,
state. A lost connection is no poll and begins another, as a till would after a graceful restart."""
import asyncio
import json
import random
import re
import sys
import time

WAIT_S, FULL_S, AT_ONCE_S = 20, 2, 1
LENGTH = re.compile(r"\r\ncontent-length: *(\d+)", re.IGNORECASE)
FINAL = ("COMPLETED", "CANCELLED", "EXPIRED", "DECLINED", "FAILED")
LOST = OSError, asyncio.IncompleteReadError
port, login = sys.argv[1:]


class Till:
    def __init__(self, payment):
        self.id, self.version, self.state, self.polls = payment, 0, "", []
        self.link = None

    async def ask(self):
        """(head, payment)"""
        if not self.link:
            self.link = await asyncio.open_connection("127.0.0.1", int(port))
        reader, writer = self.link
        writer.write(f"GET /klarna/instore/payments/{self.id}?wait={WAIT_S}&version={self.version} "
                     f"HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {login}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        body = await reader.readexactly(int(LENGTH.search(head)[1]))
        if head[9:12] != "200":
            sys.exit(f"tills: {head} {body[:300]}")
        if "\r\nconnection: close" in head.lower():
            writer.close()
            self.link = None
        return head, json.loads(body)

    async def poll(self):
        """1 when there was news."""
        began = time.monotonic()
        head, found = await self.ask()
        is_news = found["version"] != self.version
        self.version, self.state = found["version"], found["state"]
        self.polls.append((self.id, began, time.monotonic(), "\r\nRetry-After:" in head,
                           self.version, self.state))
        return is_news

    async def follow(self):
        await asyncio.sleep(random.random() * FULL_S)
        while self.state not in FINAL:
            began = time.monotonic()
            try:
                if not await self.poll() and time.monotonic() - began < AT_ONCE_S:
                    await asyncio.sleep(FULL_S)
            except LOST:
                self.link = None
                await asyncio.sleep(AT_ONCE_S)
        if self.link:
            self.link[1].close()


async def main():
    tills = [Till(line.strip()) for line in sys.stdin]
    await asyncio.gather(*(till.follow() for till in tills))
    print(json.dumps([poll for till in tills for poll in till.polls]))


asyncio.run(main())
