#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""delay.py TARGET_PORT MILLISECONDS: a TCP proxy as far away as that, there and back; prints its port
and ends with its standard input.

A proxy's kernel accepts at once, so the first round trip of a connection, TCP's own, is made up:
nothing that the client sends counts as sent before it.
"""
import asyncio
import sys
import time


class Way:
    """One direction: what was read comes out again, in order, half a round trip later."""

    def __init__(self, reader, writer, delay, not_before):
        self.reader, self.writer, self.delay, self.not_before = reader, writer, delay, not_before
        self.due = asyncio.Queue()

    async def take(self):
        while True:
            try:
                data = await self.reader.read(65536)
            except OSError:
                data = b""
            sent = max(time.monotonic(), self.not_before)
            self.due.put_nowait((sent + self.delay, data))
            if not data:
                return

    async def give(self):
        while True:
            when, data = await self.due.get()
            await asyncio.sleep(max(0, when - time.monotonic()))
            try:
                if not data:
                    self.writer.close()
                    return
                self.writer.write(data)
                await self.writer.drain()
            except OSError:
                return


async def main(target, round_trip):
    async def serve(reader, writer):
        connected = time.monotonic() + round_trip
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", target)
        there = Way(reader, inner_writer, round_trip / 2, connected)
        back = Way(inner_reader, writer, round_trip / 2, 0)
        await asyncio.gather(there.take(), there.give(), back.take(), back.give())

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) / 1000))
