# SPDX-License-Identifier: Apache-2.0
"""A shop's steps through the module's routes, and the comparison of both sides' books."""
import contextlib
import json
import re
import time
import uuid

import carts
import confidential
from waiting import eventually, is_free

CHECKOUT = "/klarna/checkout"
ORDERS = "/klarna/orders"
HEALTH = "/klarna/status/health"

# Beside the demo's Locations: a shop's server that sends plain carts, a back office without
# authentication, and a second merchant account with routes of its own.

def for_stores(path, stores, handler="klarna-orders", who="valid-user"):
    """A Location that works on the orders of these stores, for whoever logs in."""
    return f"""
<Location {path}>
    SetHandler {handler}
    KlarnaUseStore {stores}
    AuthType Basic
    AuthName "Back office"
    AuthUserFile ${{DIR}}/users
    Require {who}
</Location>
"""


EXTRA = """
KlarnaCartKey next file:${DIR}/next-key
<KlarnaStore other>
    KlarnaCredentials file:${DIR}/other-credentials
    KlarnaEndpoint ${KLARNA_URL}
    KlarnaCartKey other file:${DIR}/other-key
</KlarnaStore>
<Location /server/checkout>
    SetHandler klarna-checkout
    AuthType Basic
    AuthName "Shop"
    AuthUserFile ${DIR}/users
    Require user shop
</Location>
<Location /open/orders>
    SetHandler klarna-orders
    Require all granted
</Location>
<Location /other/checkout>
    SetHandler klarna-checkout
    KlarnaUseStore other
    Require all granted
</Location>
""" + for_stores("/other/orders", "other")


def new_key():
    return str(uuid.uuid4())


class Payment:
    """A payment as its starter knows it."""

    def __init__(self, answer):
        body = answer.json
        self.order_id = body["order_id"]
        self.key = confidential.keep_from_logs(body["key"])
        self.session_id = body["session_id"]
        self.client_token = confidential.keep_from_logs(body["client_token"])
        self.amount = body["order_amount"]
        self.token = None
        self.told = {}

    def authorize(self, box, outcome="approve", **told):
        """The customer decides; told is what the browser tells Klarna, and then the module."""
        self.token = box.authorize(self.session_id, outcome, **told)
        self.told = told

    def placement(self):
        return {"order_id": self.order_id, "key": self.key, "authorization_token": self.token,
                **self.told}


class Shop:
    def __init__(self, httpd, box, checkout=CHECKOUT, orders=ORDERS, kid="demo"):
        self.httpd, self.box = httpd, box
        self.checkout, self.orders, self.kid = checkout, orders, kid

    # --- checkout --------------------------------------------------------------------------

    def send_cart(self, cart=None, **more):
        return self.httpd.post(self.checkout + "/sessions",
                               {"signed_cart": carts.sign(cart, kid=self.kid)}, user=None, **more)

    def start(self, cart=None):
        answer = self.send_cart(cart)
        assert answer.status == 201, answer.raw
        return Payment(answer)

    def authorized(self, cart=None, outcome="approve", **told):
        """A payment the customer approved: the next step is placing it."""
        payment = self.start(cart)
        payment.authorize(self.box, outcome, **told)
        return payment

    def place(self, payment, **more):
        return self.httpd.post(self.checkout + "/orders", payment.placement(), user=None, **more)

    def decline(self, payment, **body):
        """Klarna's widget refused for good, says the storefront's script."""
        return self.httpd.post(f"{self.checkout}/sessions/{payment.order_id}/declined",
                               {"key": payment.key} | body, user=None)

    def placed(self, cart=None, outcome="approve"):
        """The id of an order that Klarna authorized."""
        payment = self.authorized(cart, outcome)
        answer = self.place(payment)
        if answer.status == 202:    # a busy machine took longer than Klarna may; the page asks again
            answer = eventually(lambda: self._is_placed(payment))
        assert answer.status == 201, answer.raw
        return payment.order_id

    def _is_placed(self, payment):
        answer = self.place(payment)
        return answer if answer.status == 201 else None

    def captured(self, cart=None):
        order_id = self.placed(cart)
        self.done(self.act(order_id, "captures", {"everything": True}))
        return order_id

    # --- back office -----------------------------------------------------------------------

    def act(self, order_id, action, body, key=None, **more):
        return self.httpd.post(f"{self.orders}/{order_id}/{action}", body, key=key or new_key(),
                               **more)

    def done(self, answer):
        assert answer.status == 201, answer.raw
        assert answer.json["state"] == "confirmed"
        return answer.json

    def get(self, path):
        answer = self.httpd.get(self.orders + path)
        assert answer.status == 200, answer.raw
        return answer.json

    def order(self, order_id):
        return self.get(f"/{order_id}")

    def started(self, order_id):
        """The order's operations, without those that began nothing: when somebody else, a look of
        the worker for one, is quicker to change the order, what was stored is dropped and stored
        anew."""
        return [operation for operation in self.get(f"/{order_id}/events")["operations"]
                if operation["error_code"] != "not_started"]

    def finish(self, act, key):
        """Repeats an action with its key until it is done, as a client is told to."""
        for _ in range(40):
            answer = act(key=key)
            if answer.status != 409 or answer.json["code"] != "in_progress":
                return answer
            time.sleep(min(int(answer.headers["Retry-After"]), 2))     # as a client is told to
        raise AssertionError("never done")

    def _at_rest(self, order_id):
        """The order as soon as the worker has acknowledged it; nothing else may hold it."""
        order = self.order(order_id)
        if order["pending_operation"]:
            held = self.httpd.sql("SELECT kind FROM klarna_operation "
                                  f"WHERE id = '{order['pending_operation']}'")
            assert held == [("acknowledge",)], held
            eventually(lambda: is_free(self, order_id))
            order = self.order(order_id)
        return order

    def agrees(self, order_id, state=None):
        """The module's books say what the sandbox's ledger says; gives the module's."""
        ours = self._at_rest(order_id)
        theirs = self.box.ledger(ours["klarna_order_id"])
        assert ours["state"] == theirs["status"]
        for name in ("order_amount", "original_order_amount", "captured_amount",
                     "refunded_amount", "remaining_authorized_amount", "purchase_currency",
                     "fraud_status"):
            assert ours[name] == theirs[name], name
        assert ([(c["capture_id"], c["captured_amount"], c["operation_id"])
                 for c in ours["captures"]]
                == [(c["capture_id"], c["captured_amount"], c["idempotency_key"])
                    for c in theirs["captures"]])
        # What was not asked for here has no operation, and no idempotency key there.
        refunds = [(step["refund_id"], step["amount"], step["operation_id"] or None)
                   for invoice in ours["credit_invoices"] for step in invoice["steps"]
                   if step["verb"] == "refund" and step["state"] == "confirmed"]
        assert refunds == [(r["refund_id"], r["refunded_amount"], r["idempotency_key"])
                           for r in theirs["refunds"]]
        assert theirs["captured_amount"] == sum(c["captured_amount"] for c in theirs["captures"])
        assert self.get(f"/{order_id}?refresh=1")["differs_from_klarna"] is False
        if state:
            assert ours["state"] == state
        return ours

    # --- nothing happened ------------------------------------------------------------------

    @contextlib.contextmanager
    def nothing_happens(self):
        """What is done inside is refused: no row changes, nothing goes to Klarna."""
        before = self.httpd.rows()
        self.box.forget_requests()
        yield
        assert self.box.requests() == []
        assert self.httpd.rows() == before

    @contextlib.contextmanager
    def nothing_is_done(self):
        """What is done inside is refused after Klarna's record was read: nothing else goes to
        Klarna, no operation is stored, nothing moves. What the record tells besides may be kept."""
        def moved(ledger):
            kept = json.loads(re.sub('"klarna_reference": ?"[^"]*",?', "", ledger))
            return [kept[name] for name in ("lines", "captures", "credit_invoices")]

        def stored():
            orders = self.httpd.sql("SELECT id, state, captured_amount, refunded_amount, "
                                    "remaining_amount, ledger FROM klarna_order ORDER BY id")
            return (self.httpd.sql("SELECT id, state FROM klarna_operation ORDER BY id"),
                    [[*row[:-1], moved(row[-1])] for row in orders])
        before = stored()
        self.box.forget_requests()
        yield
        assert [seen for seen in self.box.requests() if seen["method"] != "GET"] == []
        assert stored() == before


def problem(answer, status, code, field=None, got=None, expected=None):
    """answer is a problem document that says this; gives it."""
    assert answer.status == status, answer.raw
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json
    assert body["status"] == status and body["code"] == code, body
    assert body["type"] == f"urn:mod_klarna:{code}"
    assert body["title"] and body["detail"]
    if field:
        assert body["field"] == field, body
        assert body["expected"], body
    if got is not None:
        assert body["got"] == got, body
    if expected is not None:
        assert expected in body["expected"], body
    return body
