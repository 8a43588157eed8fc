#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""A Klarna that takes a fixed time for each call and says yes. It counts calls in each second of its
clock, by merchant; beyond the limit it answers 429. GET /figures tells what it has counted."""
import asyncio
import json
import os
import sys
import time
import uuid

SECONDS, LIMIT = float(sys.argv[1]), int(sys.argv[2])   # LIMIT 0: it says nothing of a limit
ORDER = {"fraud_status": "ACCEPTED", "original_order_amount": 10000, "order_amount": 10000,
         "refunded_amount": 0, "refunds": []}
figures = {"calls": 0, "refused": 0, "captures": {}, "seconds": {}}
captured = {}   # an order's capture


def count(merchant):
    """(refused, headers)."""
    second = figures["seconds"].setdefault(str(int(time.time())), {})
    used = second[merchant] = second.get(merchant, 0) + 1
    figures["calls"] += 1
    if not LIMIT:
        return False, ""
    figures["refused"] += used > LIMIT
    return used > LIMIT, (f"X-Ratelimit-Limit: {LIMIT}, {LIMIT};w=1\r\nX-Ratelimit-Remaining: "
                          f"{max(LIMIT - used, 0)}\r\nX-Ratelimit-Reset: 1\r\n")


def record(order):
    capture = captured.get(order)
    amount = 10000 if capture else 0
    return {**ORDER, "order_id": order, "status": "CAPTURED" if capture else "AUTHORIZED",
            "captured_amount": amount, "remaining_authorized_amount": 10000 - amount,
            "captures": [{"capture_id": capture, "captured_amount": amount}] if capture else []}


def answer(path, merchant):
    if path == "/figures":
        return "200 OK", "", json.dumps(figures).encode()
    refused, head = count(merchant)
    if refused:
        return "429 Too Many Requests", head, b"{}"
    if path.endswith("/captures"):
        figures["captures"][merchant] = figures["captures"].get(merchant, 0) + 1
        order = path.split("/")[-2]
        capture = captured.setdefault(order, str(uuid.uuid4()))
        return "201 Created", f"{head}Capture-Id: {capture}\r\n", b""
    return "200 OK", head, json.dumps(record(path.split("/")[-1])).encode()


async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            _, path, _ = head.split(" ", 2)
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            await reader.readexactly(int(fields.get("content-length", 0)))
            status, more, body = answer(path, fields.get("authorization", ""))
            if path != "/figures":
                await asyncio.sleep(SECONDS)
            writer.write(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{more}"
                         f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
