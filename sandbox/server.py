# SPDX-License-Identifier: Apache-2.0
"""The HTTP side: sockets in, sockets out, and carrying out the faults in between.

Three families of routes: Klarna's API, the customer's pages, the control routes. Nothing here
knows an amount. The only waiting is that of a fault.
"""
import asyncio
import http
import ipaddress
import os

from aiohttp import web

import control
import customer
import in_store_phone
from api import Refusal, Reply, error_reply, new_id, parse_object
from callbacks import Callbacks
from execution import MAX_BODY, Execution, Request
from faults import Faults
from routing import Router

PAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pages")
STATIC = {
    "/phone": ("phone.html", "text/html"), "/pay": ("pay.html", "text/html"),
    "/eu/hpp/payments/{code}": ("instore.html", "text/html"),
    "/eu/instore/payments/{code}": ("instore.html", "text/html"),
    "/hpp/v1/sessions/{code}/manual-id-check": ("staff.html", "text/html"),
    "/pages/style.css": ("style.css", "text/css"),
    "/pages/phone.js": ("phone.js", "text/javascript"),
    "/pages/phone-store.js": ("phone-store.js", "text/javascript"),
    "/pages/pay.js": ("pay.js", "text/javascript"),
    "/pages/session.js": ("session.js", "text/javascript"),
    "/pages/instore.js": ("instore.js", "text/javascript"),
    "/pages/in-store-acts.js": ("in-store-acts.js", "text/javascript"),
    "/sdk/lib.js": ("lib.js", "text/javascript"),
    "/sdk/badge.svg": ("badge.svg", "image/svg+xml"),
}
CSP = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS", "Access-Control-Max-Age": "600"}


SDK_CALLS = {"/sdk/load": customer.sdk_load, "/sdk/authorize": customer.sdk_authorize,
             "/sdk/leave": customer.sdk_leave}


class Sandbox:
    """Everything one running sandbox owns."""

    def __init__(self, ledger, merchants, region):
        self.ledger = ledger
        self.region = region
        self.faults = Faults()
        self.callbacks = Callbacks(ledger)
        self.execution = Execution(ledger, merchants, self.callbacks)
        self.control = Router(control.ROUTES)
        self.pending = []

    def after_commit(self, action):
        self.pending.append(action)

    def tell(self, notices):
        """The arguments of Callbacks.post() for each."""
        self.after_commit(lambda: [self.callbacks.post(*notice) for notice in notices])

    def transact(self, function, *args):
        """Runs a function of control or customer in a transaction, then what it left behind."""
        self.pending = []
        with self.ledger.transaction():
            result = function(*args)
        for action in self.pending:
            action()
        return result


SANDBOX = "sandbox"


def _base(request):
    return f"{request.scheme}://{request.host}"


def _response(reply, headers=None):
    return web.Response(status=reply.status, body=reply.body or None,
                        headers={**reply.headers, **(headers or {})})


async def _read(request):
    """The whole body, at most one byte more than the limit: the rest decides nothing."""
    raw = bytearray()
    async for chunk in request.content.iter_any():
        if len(raw) <= MAX_BODY:
            raw += chunk
    return bytes(raw)


# --- Klarna's API ---------------------------------------------------------------------------

async def klarna_api(request):
    sandbox = request.app[SANDBOX]
    transport = request.transport
    incoming = Request(request.method, request.path, request.headers, await _read(request),
                       _base(request))
    fault = sandbox.faults.take(incoming.method, incoming.path)
    if fault is None:
        return _response(sandbox.execution.run(incoming))
    return await _with_fault(sandbox, incoming, fault, transport)


async def _with_fault(sandbox, incoming, fault, transport):
    kind = fault["kind"]
    if kind == "drop_before":
        sandbox.execution.not_executed(incoming, None, fault)
        return _close(transport)
    if kind == "rate_limit":
        sandbox.execution.not_executed(incoming, 429, fault)
        return _response(sandbox.execution.rate_limited())
    if kind == "status" and not fault.get("execute"):
        sandbox.execution.not_executed(incoming, fault["status"], fault)
        return _response(_scripted(fault))
    if kind == "delay" and fault.get("when") == "before":
        await sandbox.faults.delay(fault["seconds"])
    reply = sandbox.execution.run(incoming, fault)
    if kind == "delay" and fault.get("when") != "before":
        await sandbox.faults.delay(fault["seconds"])
    return await _send_with_fault(reply, fault, transport)


async def _send_with_fault(reply, fault, transport):
    """The work is done and committed; what does its sender get to see?"""
    kind = fault["kind"]
    if kind == "drop_after":
        return _close(transport)
    if kind == "cut_body":
        raw = _raw(reply)
        keep = len(raw) - len(reply.body) // 2 - 1 if reply.body else len(raw) // 2
        transport.write(raw[:keep])
        return _close(transport)
    if kind == "slow":
        return await _trickle(_raw(reply), fault["seconds"], transport)
    if kind == "status":
        return _response(_scripted(fault))
    if kind == "malformed":
        text = fault.get("body", '{"order_id": "0b1d98, "fraud_st\x00')
        status = 200 if reply.status == 204 else reply.status
        return _response(Reply(status, text.encode(), {
            "Content-Type": "application/json", **reply.headers}))
    return _response(reply)


def _scripted(fault):
    """The answer of a status fault: its own body, or Klarna's error object."""
    body = fault.get("body")
    correlation_id = new_id()
    if isinstance(body, dict):      # Klarna says it twice, in the header and in an error
        correlation_id = body.get("correlation_id") or correlation_id
    if isinstance(body, str):
        reply = Reply(fault["status"], body.encode(), {"Content-Type": "text/html"})
    elif body is not None:
        reply = Reply(fault["status"], body)
    elif fault["status"] < 400:
        reply = Reply(fault["status"])
    else:
        phrase = http.HTTPStatus(fault["status"]).name if fault["status"] in {
            int(known) for known in http.HTTPStatus} else "UNKNOWN"
        reply = error_reply(Refusal(fault["status"], phrase, "Scripted by a fault."),
                            correlation_id)
    reply.headers["Klarna-Correlation-Id"] = correlation_id
    return reply


def _raw(reply):
    """The reply as bytes on the wire, for faults that HTTP libraries refuse to commit."""
    reason = http.HTTPStatus(reply.status).phrase
    lines = [f"HTTP/1.1 {reply.status} {reason}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    if reply.status != 204:
        lines.append(f"Content-Length: {len(reply.body)}")
    lines.append("Connection: close")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + reply.body


async def _trickle(raw, seconds, transport):
    """All bytes, evenly over the seconds; at most a hundred writes a second."""
    steps = max(1, min(len(raw), int(seconds * 100)))
    for step in range(steps):
        if transport.is_closing():
            break
        transport.write(raw[len(raw) * step // steps:len(raw) * (step + 1) // steps])
        await asyncio.sleep(seconds / steps)
    return _close(transport)


def _close(transport):
    """Ends the connection after what was written; the response below never reaches anyone."""
    if transport is not None:
        transport.close()
    return web.Response()


# --- the customer's pages -------------------------------------------------------------------

def _json(result, headers=None):
    reply = result if isinstance(result, Reply) else (
        Reply(204) if result is None else Reply(200, result))
    return _response(reply, headers)


async def _guarded(request, work, headers=None):
    """Runs work(body); refusals become their answer."""
    try:
        raw = await _read(request)
        body = parse_object(raw) if raw else {}
        return _json(work(body), headers)
    except Refusal as refusal:
        return _response(error_reply(refusal, new_id()), headers)


async def static_page(request):
    name, kind = STATIC[request.match_info.route.resource.canonical]
    with open(os.path.join(PAGES, name), "rb") as page:
        content = page.read()
    headers = {"Content-Type": f"{kind}; charset=utf-8", "Cache-Control": "no-store"}
    headers.update(CORS if request.path.startswith("/sdk/") else {"Content-Security-Policy": CSP})
    return web.Response(body=content, headers=headers)


async def sdk_options(request):
    return web.Response(status=204, headers=CORS)


async def sdk_call(request):
    sandbox = request.app[SANDBOX]
    function = SDK_CALLS[request.path]
    return await _guarded(
        request, lambda body: sandbox.transact(function, sandbox.ledger, body), CORS)


async def customer_sessions(request):
    sandbox = request.app[SANDBOX]
    return await _guarded(request, lambda body: {
        "sessions": sandbox.transact(customer.waiting, sandbox.ledger)})


async def customer_session(request):
    """The approve page asks until somebody, here or on the phone, has decided."""
    sandbox = request.app[SANDBOX]

    def work(body):
        session = customer.find_session(sandbox.ledger, client_token=body.get("client_token"))
        return {**customer.as_shown(session),
                "authorization_token": session["authorization_token"]}
    return await _guarded(request, lambda body: sandbox.transact(work, body))


async def customer_decision(request):
    sandbox = request.app[SANDBOX]

    def work(body):
        session = customer.find_session(sandbox.ledger, body.get("session_id"),
                                        body.get("client_token"))
        token, after = customer.decide(sandbox.ledger, sandbox.callbacks, session,
                                       body.get("outcome"))
        sandbox.after_commit(after)
        known = isinstance(body.get("client_token"), str)
        return {"state": session["customer_state"], "authorization_token": token if known else None}
    return await _guarded(request, lambda body: sandbox.transact(work, body))


async def image(request):
    """Where Klarna has a picture of the code: the page that the code leads to."""
    return web.Response(status=302, headers={"Location": request.path.removesuffix("/qr")})


async def customer_instore(request):
    """The phone's in-store side, to read; and, told which payment, what the customer does."""
    sandbox = request.app[SANDBOX]

    def work(body):
        if request.method == "GET":
            return in_store_phone.shown(sandbox.ledger)
        return in_store_phone.acted(sandbox, body)
    return await _guarded(request, lambda body: sandbox.transact(work, body))


async def redirect(request):
    """Where Klarna sends the customer on: the shop's confirmation page."""
    order = request.app[SANDBOX].ledger.order(request.match_info["order_id"])
    url = order and order["_urls"].get("confirmation")
    if not url:
        raise web.HTTPNotFound(text="There is no confirmation page for this order.\n")
    url = url.replace("{session.id}", order["_session_id"]).replace("{order.id}",
                                                                     order["order_id"])
    return web.Response(status=302, headers={"Location": url})


# --- the control routes ---------------------------------------------------------------------

def _is_loopback(address):
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


async def control_route(request):
    sandbox = request.app[SANDBOX]

    def work(body):
        if not _is_loopback(request.remote or ""):
            raise Refusal(403, "FORBIDDEN", "Control routes answer to loopback only.")
        (function,), parts = sandbox.control.find(request.method, request.path)
        return sandbox.transact(function, sandbox, body, request.query, *parts)
    return await _guarded(request, work)


async def home(request):
    return web.Response(status=302, headers={"Location": "/phone"})


def build(ledger, merchants, region):
    app = web.Application()
    app[SANDBOX] = Sandbox(ledger, merchants, region)
    for path in STATIC:
        app.router.add_get(path, static_page)
    for path in SDK_CALLS:
        app.router.add_post(path, sdk_call)
        app.router.add_route("OPTIONS", path, sdk_options)
    app.router.add_get("/", home)
    app.router.add_get("/customer/sessions", customer_sessions)
    app.router.add_post("/customer/session", customer_session)
    app.router.add_post("/customer/decision", customer_decision)
    for path in ("/eu/hpp/payments/{code}/qr", "/eu/instore/payments/{code}/qr"):
        app.router.add_get(path, image)
    app.router.add_route("GET", "/customer/instore", customer_instore)
    app.router.add_route("POST", "/customer/instore", customer_instore)
    app.router.add_get("/redirect/{order_id}", redirect)
    app.router.add_route("*", "/_sandbox/{rest:.*}", control_route)
    app.router.add_route("*", "/{rest:.*}", klarna_api)
    return app
