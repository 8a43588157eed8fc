# SPDX-License-Identifier: Apache-2.0
"""One API request from credentials to answer, in one transaction: no sockets, no waiting.

The order of the checks is a gateway's: who, how fast, which route, seen before, what body. An
idempotency key is looked up before the body is read, because only the key counts. Whatever the
first execution answered is remembered with the work itself, in the same commit.
"""
import traceback

import captures
import hosted_page
import one_qr
import order_management
import payments
from api import BadField, Call, Refusal, Reply, error_reply, new_id, parse_object
from ledger import iso
from merchants import Rates, rate_headers, rate_limit, unauthorized
from routing import Router

KEY_LIFE = 24 * 3600
MAX_BODY = 1024 * 1024
# Where sessions are made: rates of their own, each for itself.
SESSIONS = ("/payments/v1/sessions", "/hpp/v1/sessions")


class Request:
    """What came in, with nothing of the socket left."""

    __slots__ = ("method", "path", "authorization", "content_type", "key", "raw", "base")

    def __init__(self, method, path, headers, raw, base):
        self.method = method
        self.path = path
        self.authorization = headers.get("Authorization")
        self.content_type = headers.get("Content-Type", "")
        self.key = headers.get("Klarna-Idempotency-Key")
        self.raw = raw
        self.base = base


class Execution:
    def __init__(self, ledger, merchants, callbacks):
        self.ledger = ledger
        self.merchants = merchants
        self.callbacks = callbacks
        self.notices = []
        self.rates = Rates()
        self.router = Router(payments.ROUTES + order_management.ROUTES + captures.ROUTES
                             + hosted_page.ROUTES + one_qr.ROUTES)

    def run(self, request, fault=None):
        """Executes and commits; gives the reply that is to be sent."""
        correlation_id = new_id()
        self.notices = []
        try:
            with self.ledger.transaction():
                reply, executed = self._answer(request, correlation_id)
                self.record(request, reply.status, executed, fault)
        except Exception:   # a defect of the sandbox: rolled back, told as Klarna would
            traceback.print_exc()
            reply = error_reply(Refusal(500, "INTERNAL_SERVER_ERROR", "The sandbox failed."),
                                correlation_id)
        else:
            for notice in self.notices:
                self.callbacks.post(*notice)
        reply.headers.setdefault("Klarna-Correlation-Id", correlation_id)
        return reply

    def not_executed(self, request, status, fault):
        """Journals a request that a fault kept from being executed; status None: no answer."""
        with self.ledger.transaction():
            self.record(request, status, False, fault)

    def record(self, request, status, executed, fault):
        body = None
        if request.raw:
            try:
                body = parse_object(request.raw)
            except Refusal:
                body = {"not_json": request.raw[:1000].decode("utf-8", "replace")}
        unanswered = fault and fault["kind"] in ("drop_before", "drop_after")
        self.ledger.write_journal({
            "time": iso(self.ledger.now()), "method": request.method, "path": request.path,
            "merchant": self.merchants.of(request.authorization),
            "idempotency_key": request.key, "body": body,
            "status": None if unanswered else status, "executed": executed, "fault": fault})

    def rate_limited(self):
        """The 429 of a rate_limit fault."""
        return self._too_many(new_id(), rate_headers(0, 0))

    def _too_many(self, correlation_id, headers):
        reply = error_reply(Refusal(429, "TOO_MANY_REQUESTS", "Too many requests."),
                            correlation_id)
        reply.headers.update(headers)
        reply.headers["Klarna-Correlation-Id"] = correlation_id
        return reply

    def _answer(self, request, correlation_id):
        """(reply, whether a route's work was done and not refused)."""
        merchant = self.merchants.of(request.authorization)
        if merchant is None:
            return unauthorized(), False
        made = request.path if request.method == "POST" and request.path in SESSIONS else None
        limit = rate_limit(self.ledger.behaviour, "sessions" if made else "other")
        allowed, rates = self.rates.count(merchant, made, limit)
        if not allowed:
            return self._too_many(correlation_id, rates), False
        reply, executed = self._once(request, merchant, correlation_id)
        reply.headers.update(rates)
        return reply, executed

    def _once(self, request, merchant, correlation_id):
        keyed = (request.key is not None and request.method in ("POST", "PATCH")
                 and request.path.startswith("/ordermanagement/"))
        if keyed and not 1 <= len(request.key) <= 255:
            return error_reply(BadField("Klarna-Idempotency-Key", "must have 1 to 255 "
                                        "characters"), correlation_id), False
        known = keyed and self._remembered(merchant, request.key)
        if known:
            return known, False
        try:
            reply, executed = self._execute(request, merchant), True
        except Refusal as refusal:
            reply, executed = error_reply(refusal, correlation_id), False
        if keyed:
            reply.headers["Klarna-Correlation-Id"] = correlation_id
            self.ledger.remember(merchant, request.key, reply.status, reply.headers, reply.body)
        return reply, executed

    def _remembered(self, merchant, key):
        known = self.ledger.remembered(merchant, key)
        if not known:
            return None
        stored_at, status, headers, body = known
        forgets = self.ledger.behaviour["idempotency_repeat_after_24h"] == "executes_again"
        if forgets and self.ledger.now() - stored_at >= KEY_LIFE:
            return None
        return Reply(status, bytes(body), headers)

    def _execute(self, request, merchant):
        (handler, takes_body), parts = self.router.find(request.method, request.path)
        body = None
        if takes_body:
            if len(request.raw) > MAX_BODY:
                raise Refusal(413, "REQUEST_TOO_LARGE", "The body is larger than 1 MB.")
            if request.content_type.partition(";")[0].strip().lower() != "application/json":
                raise Refusal(400, "BAD_REQUEST", "Content-Type must be application/json.")
            body = parse_object(request.raw)
        call = Call(self.ledger, merchant, request.base, body, request.key)
        reply = handler(call, *parts)
        self.notices = call.notices
        return reply
