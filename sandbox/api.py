# SPDX-License-Identifier: Apache-2.0
"""The words every Klarna route of the sandbox shares: the call, the reply, the refusal.

A handler takes a Call and gives a Reply or raises a Refusal. It never touches a socket and never
waits: everything it changes is committed by its caller before one byte of the reply is sent.
"""
import json
import uuid


class Refusal(Exception):
    """A documented "no": HTTP status, Klarna's error_code, readable messages."""

    def __init__(self, status, code, *messages):
        super().__init__(code)
        self.status = status
        self.code = code
        self.messages = list(messages)


class BadField(Refusal):
    """A field that breaks a rule: BAD_VALUE as Klarna Payments words it, and why. Order Management
    has another word and names the sizes that are allowed (order_management.check_body)."""

    def __init__(self, field, why, sizes=None):
        super().__init__(400, "BAD_VALUE", f"Bad value: {field}", f"{field} {why}.")
        self.field = field
        self.why = why
        self.sizes = sizes


class Reply:
    """What goes back: status, headers, body bytes (empty when there is none)."""

    __slots__ = ("status", "headers", "body")

    def __init__(self, status, body=None, headers=None):
        self.status = status
        self.headers = dict(headers or {})
        if body is None:
            self.body = b""
        elif isinstance(body, bytes):
            self.body = body
        else:
            self.body = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
            self.headers.setdefault("Content-Type", "application/json;charset=utf-8")


def error_reply(refusal, correlation_id):
    return Reply(refusal.status, {
        "error_code": refusal.code,
        "error_messages": refusal.messages,
        "correlation_id": correlation_id,
    })


class Call:
    """One authenticated request: who asks, when (sandbox clock), with which body and key; and the
    callbacks that its work asks for, sent once it is committed."""

    __slots__ = ("ledger", "merchant", "now", "base", "body", "key", "source", "notices")

    def __init__(self, ledger, merchant, base, body=None, key=None, source="api"):
        self.ledger = ledger
        self.merchant = merchant
        self.now = ledger.now()
        self.base = base
        self.body = body
        self.key = key
        self.source = source
        self.notices = []

    def tell(self, notice):
        """The arguments of Callbacks.post()."""
        self.notices.append(notice)


def new_id():
    return str(uuid.uuid4())


def is_uuid(text):
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _no_constant(name):
    raise ValueError(f"{name} is not JSON")


def parse_object(raw):
    """The body as a JSON object; anything else is refused the way Klarna refuses it."""
    if not raw:
        raise Refusal(400, "BAD_REQUEST", "The request has no body; a JSON object is expected.")
    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refusal(400, "BAD_REQUEST", "The body is not valid JSON in UTF-8.") from None
    if not isinstance(body, dict):
        raise Refusal(400, "BAD_REQUEST", "The body is not a JSON object.")
    return body
