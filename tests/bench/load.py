# SPDX-License-Identifier: Apache-2.0
"""Requests at times that are fixed beforehand, whatever becomes of those before: a server that stalls
does not slow its own judge down. A request's time begins when it was due."""
import asyncio
import collections
import dataclasses
import gc
import re
import selectors

from servers import Failure

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
END_S = 120
LINKS = 500    # at most; select() knows 1,024 descriptors


@dataclasses.dataclass
class Ask:
    """One request; seconds, body, again: what came of it."""
    kind: str
    name: str       # what the upstream calls it
    at: float       # seconds from the start
    text: bytes
    expect: int
    before: str = ""    # another call that it makes first
    seconds: float = 0
    body: bytes = b""
    again: int = 0  # how often a kept connection was closed just before it came


def request(method, path, body="", headers=()):
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body.encode())}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


class Link(asyncio.Protocol):
    """A kept connection: idle, or waiting for one answer."""

    def __init__(self, load):
        self.load, self.ask, self.data = load, None, b""

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, _):
        if self in self.load.idle:
            self.load.idle.remove(self)
        self.load.links -= 1
        if self.load.done.done():
            return
        if self.ask and not self.data and self.ask.again < 3:
            self.ask.again += 1
            self.load.connect(self.ask)
        elif self.ask:
            self.load.fail(f"{self.ask.kind}: the connection was closed")

    def send(self, ask):
        self.ask, self.data = ask, b""
        self.transport.write(ask.text)

    def data_received(self, data):
        self.data += data
        head, end, body = self.data.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not end or len(body) < int(length[1] if length else 0):
            return
        ask, self.ask, ask_status = self.ask, None, int(head[9:12])
        ask.body = body
        self.load.answered(ask, ask_status)
        self.load.free(self)


class Load:
    """All requests of one run."""

    def __init__(self, port, asks):
        self.port, self.asks, self.left = port, asks, len(asks)
        self.idle, self.tasks, self.links, self.late = [], [], 0, collections.deque()
        self.loop = asyncio.SelectorEventLoop(selectors.SelectSelector())  # epoll counts in ms
        self.done = self.loop.create_future()

    def fail(self, text):
        if not self.done.done():
            self.done.set_exception(Failure(text))

    def answered(self, ask, status):
        ask.seconds = self.loop.time() - self.start - ask.at
        self.left -= 1
        if status != ask.expect:
            self.fail(f"{ask.kind} {ask.name}: expected {ask.expect}, got {status} {ask.body[:500]}")
        elif not self.left and not self.done.done():
            self.done.set_result(None)

    def fire(self, ask):
        if self.idle:
            self.idle.pop().send(ask)
        else:
            self.connect(ask)

    def connect(self, ask):
        if self.links < LINKS:
            self.links += 1
            self.tasks.append(self.loop.create_task(self._open(ask)))
        else:
            self.late.append(ask)

    def free(self, link):
        if self.late:
            link.send(self.late.popleft())
        else:
            self.idle.append(link)

    async def _open(self, ask):
        try:
            _, link = await self.loop.create_connection(lambda: Link(self), "127.0.0.1", self.port)
            link.send(ask)
        except OSError as e:
            self.fail(f"{ask.kind}: {e}")

    async def _run(self):
        self.start = self.loop.time() + 0.1
        for ask in self.asks:
            self.loop.call_at(self.start + ask.at, self.fire, ask)
        await asyncio.wait_for(self.done, max(ask.at for ask in self.asks) + END_S)

    def run(self):
        gc.collect()
        gc.disable()
        try:
            self.loop.run_until_complete(self._run())
        except asyncio.TimeoutError:
            raise Failure(f"{self.left} requests were never answered") from None
        finally:
            gc.enable()
            self._close()

    def _close(self):
        for link in list(self.idle):
            link.transport.close()
        for task in self.tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*self.tasks, return_exceptions=True))
        self.loop.run_until_complete(asyncio.sleep(0.05))
        self.loop.close()
