# SPDX-License-Identifier: Apache-2.0
"""What the network and Klarna can do to a call: whatever it is, the same key asked again ends it
right and once, and nobody was told something that is not so."""
import concurrent.futures
import time

import pytest

import carts
from httpd import SLOW, Httpd
from sandbox import klarna_url
from shop import CHECKOUT, EXTRA, ORDERS, Payment, Shop, new_key, problem
from waiting import HELD, calls_under_way, eventually

HASTE = {1: 1, 3: 2}.get(SLOW, 4)   # seconds the module gives Klarna here
LATE = HASTE * 1.4

WRONG_PASSWORD = """
<KlarnaStore locked-out>
    KlarnaCredentials file:${DIR}/wrong-credentials
    KlarnaEndpoint ${KLARNA_URL}
    KlarnaCartKey demo file:${DIR}/cart-key
</KlarnaStore>
<Location /locked-out/checkout>
    SetHandler klarna-checkout
    KlarnaUseStore locked-out
    Require all granted
</Location>
"""


@pytest.fixture(scope="module")
def hasty(box):
    server = Httpd(klarna_url(box), EXTRA + WRONG_PASSWORD + f"KlarnaTimeout {HASTE}s\n"
                   "KlarnaConnectTimeout 500ms\n", start=False)
    server.write("wrong-credentials", "PK00000_sandbox:not-the-password\n")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def haste(hasty, box):
    return Shop(hasty, box)


# --- what can be asked ----------------------------------------------------------------------

class Action:
    """One way of changing something at Klarna: how to get there, how to ask, what must be."""

    def __init__(self, method, path, status, prepare, ask, count):
        self.method, self.path, self.status = method, path, status
        self.prepare, self.ask, self.count = prepare, ask, count


def _shipped_in_part(shop):
    order_id = shop.placed()
    shop.done(shop.act(order_id, "captures", {"lines": [{"reference": "book", "quantity": 1}]}))
    return order_id


def _back_office(action, body):
    return lambda shop, order_id, key: shop.act(order_id, action, body, key)


def _changes(name, amount):
    """How often the ledger shows the change: 0 or 1, or a wrong amount fails."""
    def count(shop, box, order_id):
        order = shop.order(order_id)
        value = box.ledger(order["klarna_order_id"])[name]
        before, after = amount
        assert value in (before, after), value
        return int(value == after)
    return count


ACTIONS = {
    "place": Action("POST", "/order$", "AUTHORIZED", lambda shop: shop.authorized(),
                    lambda shop, payment, key: shop.place(payment, key=key),
                    lambda shop, box, payment: len(box.orders_of_session(payment.session_id))),
    "capture": Action("POST", "/captures$", "CAPTURED", lambda shop: shop.placed(),
                      _back_office("captures", {"everything": True}),
                      _changes("captured_amount", (0, 81600))),
    "refund": Action("POST", "/refunds$", "CAPTURED", lambda shop: shop.captured(),
                     _back_office("credit-invoices",
                                  {"lines": [{"reference": "shirt", "quantity": 1}]}),
                     _changes("refunded_amount", (0, 18682))),
    "cancel": Action("POST", "/cancel$", "CANCELLED", lambda shop: shop.placed(),
                     _back_office("cancel", {"confirm_final": True}),
                     _changes("status", ("AUTHORIZED", "CANCELLED"))),
    "reduce": Action("PATCH", "/authorization$", "AUTHORIZED", lambda shop: shop.placed(),
                     _back_office("credit-invoices",
                                  {"lines": [{"reference": "shirt", "quantity": 1}]}),
                     _changes("order_amount", (81600, 62918))),
    "release": Action("POST", "/release-remaining-authorization$", "CAPTURED", _shipped_in_part,
                      _back_office("release", {}),
                      _changes("remaining_authorized_amount", (66700, 0))),
}

FAULTS = {
    "answered late": {"kind": "delay", "seconds": LATE},
    "executed late": {"kind": "delay", "seconds": LATE, "when": "before"},
    "slow bytes": {"kind": "slow", "seconds": 2 * HASTE},
    "dropped before": {"kind": "drop_before"},
    "dropped after": {"kind": "drop_after"},
    "cut off": {"kind": "cut_body"},
    "not JSON": {"kind": "malformed"},
    "rate limit": {"kind": "rate_limit"},
    "500": {"kind": "status", "status": 500},
    "503 after executing": {"kind": "status", "status": 503, "execute": True,
                            "body": "<html>Service Unavailable</html>"},
    "401 HTML": {"kind": "status", "status": 401, "body": "<html>Unauthorized</html>"},
    "403 of the edge": {"kind": "status", "status": 403, "body": "<html>Forbidden</html>"},
    "302": {"kind": "status", "status": 302},
}


# What acts on an authorization as a whole is looked up before it is sent again: Klarna's record shows
# at once what was executed.
WHOLE = ("cancel", "reduce", "release")
EXECUTED = ("answered late", "slow bytes", "dropped after", "cut off", "503 after executing")


def _set(box, action, fault, times):
    options = dict(FAULTS[fault])
    box.fault(options.pop("kind"), times, method=action.method, path=action.path, **options)


def _how_many_came(box):
    """Calls that met the one fault that is set; at least one did."""
    [fault] = eventually(lambda: [each for each in box.control("GET", "faults")["faults"]
                                  if each["hits"]])
    return fault["hits"]


def _all_are_over(box, came):
    """Until Klarna has done with them, the late ones too: the next test counts its own."""
    eventually(lambda: sum(bool(tried["fault"]) for tried in box.requests()) == came)


def _order_id(subject):
    return getattr(subject, "order_id", subject)


def _check_pending(haste, answer, order_id):
    """202: what the answer and the order say of an operation that has not ended."""
    told = answer.json
    assert told["state"] in ("queued", "unknown") and told["order_id"] == order_id
    assert answer.headers["Location"]
    pending = haste.order(order_id)["pending_operation"]
    seen = haste.get(f"/{order_id}/operations/{pending}")
    assert seen["state"] == told["state"] and seen["attempts"] > 0
    problem(haste.act(order_id, "captures", {"everything": True}), 409, "order_busy")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ACTIONS)
def test_a_fault_that_stays_a_while(haste, hasty, box, name, fault):
    action, key = ACTIONS[name], new_key()
    subject = action.prepare(haste)
    box.forget_requests()
    _set(box, action, fault, -1)
    hasty.allow_log("KLA0021: operation .* is (queued|unknown)")
    answer = action.ask(haste, subject, key)
    # Order Management tells its success by the status line alone.
    if (fault == "not JSON" and name != "place") or (name in WHOLE and fault in EXECUTED):
        assert answer.status == 201
    else:
        assert answer.status == 202, answer.raw
        _check_pending(haste, answer, _order_id(subject))
    came = _how_many_came(box)
    box.clear()
    again = haste.finish(lambda key: action.ask(haste, subject, key), key)
    assert again.status == 201, again.raw
    assert again.json["state"] == "confirmed"
    _all_are_over(box, came)        # what Klarna executes only now changes nothing
    haste.agrees(_order_id(subject), action.status)
    assert action.count(haste, box, subject) == 1
    with haste.nothing_happens():
        assert action.ask(haste, subject, key).raw == again.raw


@pytest.mark.parametrize("fault", ["dropped before", "dropped after", "cut off", "500",
                                   "503 after executing", "302"])
@pytest.mark.parametrize("name", ACTIONS)
def test_a_fault_of_a_moment(shop, box, name, fault):
    """The module itself asks again, and the client does not notice."""
    action = ACTIONS[name]
    subject = action.prepare(shop)
    _set(box, action, fault, 1)
    box.forget_requests()
    answer = action.ask(shop, subject, new_key())
    assert answer.status == 201, answer.raw
    subject_at_klarna = getattr(subject, "token", None) or shop.order(subject)["klarna_order_id"]
    tries = [tried for tried in box.requests() if subject_at_klarna in tried["path"]
             and tried["method"] == action.method]
    assert len(tries) == (1 if name in WHOLE and fault in ("cut off", "503 after executing")
                          else 2), [(tried["path"], tried["status"], tried["fault"]) for tried in tries]
    assert tries[0]["body"] == tries[-1]["body"]
    assert tries[0]["idempotency_key"] == tries[-1]["idempotency_key"]
    if name != "place":
        operations = shop.get(f"/{subject}/events")["operations"]
        assert operations[-1]["id"] == tries[0]["idempotency_key"]
    shop.agrees(_order_id(subject), action.status)
    assert action.count(shop, box, subject) == 1


START = {"not JSON": (502, "unreadable_answer"), "rate limit": (429, "rate_limited"),
         "401 HTML": (503, "credentials_refused"), "403 of the edge": (503, "blocked_at_edge"),
         "500": (504, "klarna_failed"), "503 after executing": (504, "klarna_failed"),
         "302": (504, "redirected")}


@pytest.mark.parametrize("fault", FAULTS)
def test_starting_with_a_fault(haste, hasty, box, fault):
    status, code = START.get(fault, (504, "answer_lost"))
    options, key, cart = dict(FAULTS[fault]), new_key(), {"signed_cart": carts.sign()}
    box.forget_requests()
    box.fault(options.pop("kind"), -1, path="/sessions$", **options)
    hasty.expect_log(f"KLA0020: POST {CHECKOUT}/sessions: {status} {code}: ")
    before = len(hasty.rows("klarna_payment"))
    answer = hasty.post(CHECKOUT + "/sessions", cart, None, key=key)
    # Why Klarna does not take the shop's calls is for the log.
    told = problem(answer, status, "not_ready" if status == 503 else code)
    if status == 429:
        assert int(answer.headers["Retry-After"]) > 0
    if status in (503, 504):
        assert told["next"]
    came = _how_many_came(box)
    box.clear()
    _all_are_over(box, came)
    answer = hasty.post(CHECKOUT + "/sessions", cart, None, key=key)
    assert answer.status == 201
    payment = Payment(answer)
    assert len(hasty.rows("klarna_payment")) == before + 1
    payment.token = box.authorize(payment.session_id)
    assert haste.place(payment).status == 201
    haste.agrees(payment.order_id, "AUTHORIZED")


def test_updating_with_a_fault(haste, hasty, box):
    """The old cart stays, or the new one was taken: placing says what the shopper saw."""
    payment = haste.start()
    body = {"key": payment.key,
            "signed_cart": carts.sign(carts.of(carts.line("hat", 1, 12500)))}
    box.fault("drop_before", -1, path=f"/sessions/{payment.session_id}$")
    hasty.expect_log("KLA0020: .* 504 answer_lost")
    problem(hasty.post(f"{CHECKOUT}/sessions/{payment.order_id}", body, None), 504,
            "answer_lost")
    box.clear()
    assert haste.order(payment.order_id)["order_amount"] == 81600
    assert hasty.post(f"{CHECKOUT}/sessions/{payment.order_id}", body, None).status == 200
    payment.token = box.authorize(payment.session_id)
    assert haste.place(payment).status == 201
    assert haste.agrees(payment.order_id)["order_amount"] == 12500


# --- the promise ----------------------------------------------------------------------------

@pytest.mark.valgrind
def test_a_refund_whose_reply_is_lost(shop, box):
    """Executed by Klarna, never heard of: it ends confirmed, once, by the same key."""
    order_id = shop.captured()
    box.fault("drop_after", path="/refunds$")
    box.forget_requests()
    answer = shop.done(shop.act(order_id, "credit-invoices", {"amount": 4200}))
    [step] = answer["credit_invoice"]["steps"]
    first, second = box.requests()
    assert (first["executed"], first["status"]) == (True, None)
    assert (second["executed"], second["status"]) == (False, 201)
    assert first["idempotency_key"] == second["idempotency_key"] == step["operation_id"]
    assert first["body"] == second["body"]
    order = shop.agrees(order_id)
    [refund] = box.ledger(order["klarna_order_id"])["refunds"]
    assert (refund["refund_id"], refund["refunded_amount"]) == (step["refund_id"], 4200)


@pytest.mark.valgrind
def test_a_refund_whose_replies_are_all_lost(shop, httpd, box):
    order_id, key = shop.captured(), new_key()
    box.fault("drop_after", -1, path="/refunds$")
    httpd.expect_log("KLA0021: operation .* \\(refund\\) .* is unknown")
    answer = shop.act(order_id, "credit-invoices", {"amount": 4200}, key)
    assert answer.status == 202
    assert answer.json["credit_invoice"]["state"] == "pending"
    url = answer.headers["Location"]
    assert url.startswith(f"{ORDERS}/{order_id}/operations/")
    assert httpd.get(url).json["state"] == "unknown"
    assert shop.order(order_id)["refunded_amount"] == 0
    box.clear()
    done = shop.done(shop.act(order_id, "credit-invoices", {"amount": 4200}, key))
    assert done["credit_invoice"]["state"] == "paid"
    assert httpd.get(url).json["state"] == "confirmed"
    assert shop.agrees(order_id)["refunded_amount"] == 4200


def test_another_key_does_not_refund_again(shop, httpd, box):
    """A client that invents a new key while the outcome is unknown is held back."""
    order_id, key = shop.captured(), new_key()
    box.fault("drop_after", -1, path="/refunds$")
    httpd.expect_log("KLA0021")
    assert shop.act(order_id, "credit-invoices", {"amount": 4200}, key).status == 202
    box.clear()
    with shop.nothing_happens():
        problem(shop.act(order_id, "credit-invoices", {"amount": 4200}), 409, "order_busy")
        problem(shop.act(order_id, "cancel", {"confirm_final": True}), 409, "order_busy")
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 4200}, key))
    assert shop.agrees(order_id)["refunded_amount"] == 4200


def test_a_placement_that_klarna_does_not_repeat(shop, httpd, box):
    """Klarna's no to the second try may be the echo of the first one's success."""
    payment = shop.authorized()
    box.control("POST", "behaviour", {"place_order_repeat": "refused"})
    box.fault("drop_after", path="/order$")
    httpd.allow_log("KLA0021: operation .* \\(place_order\\) .* is unknown")
    for _ in range(2):
        assert shop.place(payment).status in (201, 202)
        assert shop.order(payment.order_id)["state"] in ("CREATED", "AUTHORIZED")
    assert len(box.orders_of_session(payment.session_id)) == 1


def test_both_steps_of_a_credit_are_lost(shop, httpd, box):
    order_id, key = shop.placed(), new_key()
    shop.done(shop.act(order_id, "captures", {"lines": [{"reference": "book", "quantity": 1}]}))
    body = {"everything": True}
    httpd.expect_log("KLA0021: operation .* \\(release\\) ")
    httpd.expect_log("KLA0021: operation .* \\(refund\\) ")
    box.fault("drop_after", -1, path="/release-remaining-authorization$")
    # Planned from Klarna's record, which nobody can read any more when the answer is lost.
    box.fault("status", -1, skip=1, method="GET", path="/orders/[^/]*$", status=500)
    assert shop.act(order_id, "credit-invoices", body, key).status == 202
    box.clear()
    box.fault("drop_after", -1, path="/refunds$")
    assert shop.act(order_id, "credit-invoices", body, key).status == 202
    box.clear()
    invoice = shop.done(shop.act(order_id, "credit-invoices", body, key))["credit_invoice"]
    assert [step["state"] for step in invoice["steps"]] == ["confirmed", "confirmed"]
    assert shop.agrees(order_id, "CAPTURED")["refunded_amount"] == 13988


# --- too many requests ----------------------------------------------------------------------

def test_a_burst_of_429_is_waited_out(shop, box):
    order_id = shop.placed()
    box.fault("rate_limit", 2, path="/captures$")
    began = time.monotonic()
    shop.done(shop.act(order_id, "captures", {"everything": True}))
    assert time.monotonic() - began > 0.5
    shop.agrees(order_id, "CAPTURED")


def test_a_longer_burst_is_told(shop, httpd, box):
    order_id, key = shop.placed(), new_key()
    box.fault("rate_limit", 3, path="/captures$")
    httpd.expect_log("KLA0021: .* is queued after 1 attempts: TOO_MANY_REQUESTS")
    answer = shop.act(order_id, "captures", {"everything": True}, key)
    assert answer.status == 202 and answer.json["state"] == "queued"
    assert shop.finish(lambda key: shop.act(order_id, "captures", {"everything": True}, key),
                       key).status == 201
    shop.agrees(order_id, "CAPTURED")


# --- credentials ----------------------------------------------------------------------------

def test_credentials_that_klarna_refuses(hasty):
    """Klarna's 401 is a page of HTML. A shopper is not told of it."""
    hasty.expect_log("KLA0020: .* 503 credentials_refused: Klarna did not accept the credentials")
    answer = hasty.post("/locked-out/checkout/sessions", {"signed_cart": carts.sign()}, None)
    assert "redentials" not in str(problem(answer, 503, "not_ready"))


# --- while a call is on its way -------------------------------------------------------------

def test_no_connection_is_held_while_waiting(shop, httpd, box):
    """DBDMax is 8: more calls than that wait for Klarna, and the database still answers."""
    orders = [shop.placed() for _ in range(12)]
    box.fault("delay", -1, path="/captures$", seconds=HELD)
    with concurrent.futures.ThreadPoolExecutor(12) as threads:
        captures = [threads.submit(shop.act, order_id, "captures", {"everything": True})
                    for order_id in orders]
        calls_under_way(box, "/captures$", len(orders))
        for _ in range(5):
            shop.order(orders[0])
        assert not any(capture.done() for capture in captures)
        box.clear()
        for capture in captures:
            shop.done(capture.result())
    for order_id in orders:
        shop.agrees(order_id, "CAPTURED")
