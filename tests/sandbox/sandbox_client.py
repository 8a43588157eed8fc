# SPDX-License-Identifier: Apache-2.0
"""Starts a sandbox on a free port and speaks to it with nothing but the standard library."""
import base64
import http.client
import json
import os
import signal
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
USER, PASSWORD = "PK00000_sandbox", "sandbox-password"
OM = "/ordermanagement/v1/orders"
HPP = "/hpp/v1/sessions"
RESULT = "/iss/v1/distributions"
STORE_INFO = {"merchant_store_id": "4711", "store_terminal_id": "T1"}
STORE = {"content_type": "application/vnd.klarna.internal.emd-v2+json",
         "body": json.dumps({"in_store_payment": [{"store_info": STORE_INFO}]})}


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Answer:
    def __init__(self, status, headers, raw):
        self.status = status
        self.headers = headers
        self.raw = raw

    @property
    def json(self):
        return json.loads(self.raw)

    @property
    def code(self):
        return self.json["error_code"]

    @property
    def message(self):
        return self.json["error_messages"][0]


class Sandbox:
    def __init__(self, *arguments):
        self.arguments = arguments
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [os.path.join(ROOT, "scripts", "sandbox"), "--port", "0", *self.arguments],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("sandbox listening on http"), line
        self.url = line.split()[-1]
        self.port = int(self.url.rpartition(":")[2])

    def kill(self):
        self.stop(signal.SIGKILL)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(60)
        self.process.stdout.close()

    def ask(self, method, path, body=None, key=None, auth=basic(USER, PASSWORD), headers=None,
            raw=None, timeout=60):
        sent = {"Authorization": auth} if auth else {}
        if body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            sent["Content-Type"] = "application/json"
        if key is not None:
            sent["Klarna-Idempotency-Key"] = key
        sent.update(headers or {})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, raw, sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def control(self, method, path, body=None):
        # The books of a long crash run on a busy machine take a while.
        answer = self.ask(method, "/_sandbox/" + path, body, auth=None, timeout=60)
        assert answer.status in (200, 201, 204), answer.raw
        return answer.json if answer.raw else None

    def fault(self, kind, times=1, skip=0, method="POST", path="", **options):
        return self.control("POST", "faults", {
            "match": {"method": method, "path": path}, "times": times, "skip": skip,
            "fault": {"kind": kind, **options}})

    def advance(self, seconds):
        self.control("POST", "clock", {"advance_seconds": seconds})

    def session(self, order=None):
        answer = self.ask("POST", "/payments/v1/sessions", order or cart())
        assert answer.status == 200, answer.raw
        return answer.json

    def authorize(self, session_id, outcome="approve", method=None, **told):
        """The customer decides and pays by a method; told is what the browser's authorize call
        tells Klarna, too."""
        return self.control("POST", "authorize", {
            "session_id": session_id, "outcome": outcome, "payment_method": method,
            "data": told})["authorization_token"]

    def authorized(self, order=None, outcome="approve", method=None):
        return self.authorize(self.session(order)["session_id"], outcome, method)

    def place(self, token, order=None):
        return self.ask("POST", f"/payments/v1/authorizations/{token}/order", order or cart())

    def order(self, order=None, outcome="approve", method=None):
        answer = self.place(self.authorized(order, outcome, method), order)
        assert answer.status == 200, answer.raw
        return answer.json["order_id"]

    def read(self, order_id):
        return self.ask("GET", f"{OM}/{order_id}").json

    def capture(self, order_id, amount, key=None, **more):
        return self.ask("POST", f"{OM}/{order_id}/captures",
                        {"captured_amount": amount, **more}, key)

    def refund(self, order_id, amount, key=None, **more):
        return self.ask("POST", f"{OM}/{order_id}/refunds",
                        {"refunded_amount": amount, **more}, key)

    def act(self, order_id, action, key=None):
        return self.ask("POST", f"{OM}/{order_id}/{action}", key=key)

    def others(self, order_id, action, amount=None, **more):
        """Somebody else does it with the merchant's credentials; gives the order."""
        return self.control("POST", f"orders/{order_id}/portal",
                            {"action": action, "amount": amount, **more})

    def hosted_page(self, order=None, mode="CAPTURE_ORDER", **more):
        """A page for the order; gives Klarna's answer."""
        session_id = self.session({"acquiring_channel": "IN_STORE", **(order or cart())})[
            "session_id"]
        answer = self.ask("POST", HPP, {
            "payment_session_url": f"{self.url}/payments/v1/sessions/{session_id}",
            "options": {"place_order_mode": mode}, **more})
        assert answer.status == 201, answer.raw
        return answer.json

    def one_qr(self, order=None, **distribution):
        """A QR session for the order; gives Klarna's answer."""
        return self.session({"acquiring_channel": "in_store", "attachment": STORE,
                             "distribution": {"method": "one_qr", **distribution},
                             **(order or cart())})

    def in_store(self, payment, action, **more):
        """Customer or staff do something; payment is its id, its link or its short code. Gives
        what the ledger knows of it then."""
        return self.control("POST", "instore", {"payment": payment, "action": action, **more})

    def messages(self, payment_id):
        """SMS and e-mails with the link of a payment."""
        return [message for message in self.control("GET", "outbox")["messages"]
                if message["payment_id"] == payment_id]

    def ledger(self, order_id):
        return self.control("GET", f"ledger/{order_id}")


def line(name, quantity, unit_price, rate=2500, discount=0, **more):
    total = quantity * unit_price - discount
    tax = (2 * total * rate + 10000 + rate) // (2 * (10000 + rate))
    return {"name": name, "reference": name, "quantity": quantity, "unit_price": unit_price,
            "tax_rate": rate, "total_discount_amount": discount, "total_amount": total,
            "total_tax_amount": tax, **more}


def cart(*lines, **more):
    """100.00 SEK in three lines unless told otherwise."""
    lines = list(lines) or [line("shirt", 2, 3000), line("book", 1, 3500, 600),
                            line("freight", 1, 500, type="shipping_fee")]
    return {"purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
            "order_amount": sum(entry["total_amount"] for entry in lines),
            "order_tax_amount": sum(entry["total_tax_amount"] for entry in lines),
            "order_lines": lines, **more}
