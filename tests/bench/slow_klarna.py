#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""A Klarna that takes 200 ms for each call and says yes, in a process of its own. It notes how long each
call was with it, from the request's last byte to the answer; GET /figures on the port without TLS tells
that. Like Klarna it takes 40 new sessions and 200 other calls in each second of its clock, tells in each
answer how many are left, and refuses the others (those without TLS are not counted). A hosted page takes
20 to 50 ms to be read and stays WAITING until POST /pages, there too, says otherwise."""
import asyncio
import gc
import http.client
import json
import pathlib
import random
import re
import selectors
import ssl
import subprocess
import sys
import time
import uuid

SECONDS = 0.2
PAGE = 0.02, 0.05        # seconds that a hosted page takes to be read: at least, at most
PAGES = "/hpp/v1/sessions"
SESSIONS = "/payments/v1/sessions"
REFERENCE = re.compile(rb'"merchant_reference1": ?"([^"]+)"')
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
METHODS = [{"identifier": "klarna", "name": "pay_later", "asset_urls": {
    "standard": "https://upstream.example/badges/pay_later/standard.svg"}}]
OURS = "/figures", "/pages"
AMOUNT = 10000 # of an order that was there before
LIMITS = {True: 40, False: 200}         # sessions, others
used = {True: (0, 0), False: (0, 0)}    # of each: the second of the clock, calls in it
calls = {}     # what was called -> seconds of each call
orders = {}    # amount of an order that was placed here
captures = {}  # an order's capture, of all of it
pages = {}     # a hosted page's status and callback


class SlowKlarna:
    """Its process, as long as the stack."""

    def __init__(self, certificate, key, stack, seconds=SECONDS, page=PAGE):
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [sys.executable, "-B", pathlib.Path(__file__).resolve(), certificate, key,
             *map(str, (seconds, *page))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stack.callback(self.stop)
        self.tls, self.plain = map(int, self.process.stdout.readline().split())

    def calls(self):
        """What was called -> seconds of each call."""
        return self._ask("GET", "/figures")

    def pages(self):
        """Of each hosted page: status and callback."""
        return self._ask("GET", "/pages")

    def set_pages(self, which, status):
        self._ask("POST", "/pages", json.dumps({page: status for page in which}))

    def _ask(self, method, path, body=None):
        link = http.client.HTTPConnection("127.0.0.1", self.plain, timeout=30)
        link.request(method, path, body)
        return json.loads(link.getresponse().read())

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)



def record(order):
    amount, capture = orders.get(order, AMOUNT), captures.get(order)
    captured = amount if capture else 0
    return {
        "order_id": order, "status": "CAPTURED" if capture else "AUTHORIZED",
        "fraud_status": "ACCEPTED", "original_order_amount": amount, "order_amount": amount,
        "captured_amount": captured, "refunded_amount": 0, "refunds": [],
        "remaining_authorized_amount": amount - captured,
        "captures": [{"capture_id": capture, "captured_amount": amount}] if capture else []}


def place(body):
    order = str(uuid.uuid4())
    orders[order] = json.loads(body)["order_amount"]
    return {"order_id": order, "fraud_status": "ACCEPTED",
            "redirect_url": "https://upstream.example/thanks"}


def make_page(body):
    page = str(uuid.uuid4())
    pages[page] = ["WAITING", json.loads(body)["merchant_urls"]["status_update"]]
    return {"session_id": page, "redirect_url": f"https://upstream.example/pay/{page}"}


def tell_pages(body):
    for page, status in json.loads(body or b"{}").items():
        pages[page][0] = status
    return pages


def answer(method, path, body):
    """(status, one more header, body)"""
    if path == "/figures":
        return "200 OK", "", calls
    if path == "/pages":
        return "200 OK", "", tell_pages(body)
    if path == PAGES:
        return "201 Created", "", make_page(body)
    if path.startswith(PAGES) and method == "GET":
        return "200 OK", "", {"status": pages[path.split("/")[-1]][0]}
    if method == "GET":
        return "200 OK", "", record(path.split("/")[-1])
    if path == SESSIONS:
        return "200 OK", "", {
            "session_id": str(uuid.uuid4()), "payment_method_categories": METHODS,
            "client_token": "eyJhbGciOiJSUzI1NiJ9." + "bench" * 80 + ".c2lnbmF0dXJl"}
    if path.endswith("/order"):
        return "200 OK", "", place(body)
    if path.endswith("/captures"):
        capture = captures.setdefault(path.split("/")[-2], str(uuid.uuid4()))
        return "201 Created", f"Capture-Id: {capture}\r\n", None
    return "204 No Content", "", None


def count(is_session):
    """(refused, headers) of a call that came just now."""
    second, limit = int(time.time()), LIMITS[is_session]
    number = used[is_session][1] + 1 if used[is_session][0] == second else 1
    used[is_session] = (second, number)
    return number > limit, (f"X-Ratelimit-Limit: {limit}, {limit};w=1\r\nX-Ratelimit-Remaining: "
                            f"{max(limit - number, 0)}\r\nX-Ratelimit-Reset: 1\r\n")


def seconds_of(method, path):
    seconds, *page = map(float, sys.argv[3:])
    return random.uniform(*page) if method == "GET" and path.startswith(PAGES) else seconds


def name(path, body):
    """A session's call is known by the shop's reference, any other by its path."""
    return REFERENCE.search(body)[1].decode() if path == SESSIONS else path


class Connection(asyncio.Protocol):
    """One request after another."""

    def connection_made(self, transport):
        self.transport, self.data, self.loop = transport, b"", asyncio.get_running_loop()

    def data_received(self, data):
        self.data += data
        head, end, body = self.data.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if end and len(body) == int(length[1] if length else 0):
            began, self.data = self.loop.time(), b""
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            known = None if path in OURS else name(path, body)
            self.loop.call_at(began + (seconds_of(method, path) if known else 0), self.say, known,
                              began, self.reply(method, path, body))

    def reply(self, method, path, body):
        if not self.transport.get_extra_info("sslcontext"):
            return self.text(*answer(method, path, body))
        refused, head = count(method == "POST" and path == SESSIONS)
        if refused:
            return self.text("429 Too Many Requests", head, {})
        status, header, value = answer(method, path, body)
        return self.text(status, head + header, value)

    @staticmethod
    def text(status, header, value):
        body = b"" if value is None else json.dumps(value).encode()
        length = "" if status.startswith("204") else f"Content-Length: {len(body)}\r\n"
        return (f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{header}{length}\r\n"
                .encode() + body)

    def say(self, known, began, text):
        self.transport.write(text)
        if known:
            calls.setdefault(known, []).append(self.loop.time() - began)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(Connection, "127.0.0.1", 0, ssl=tls, backlog=1024)
               for tls in (context, None)]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    gc.disable()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    # epoll rounds a wait up to the next millisecond; select does not.
    asyncio.SelectorEventLoop(selectors.SelectSelector()).run_until_complete(main())
