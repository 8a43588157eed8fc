# SPDX-License-Identifier: Apache-2.0
"""Money: shipments, returns, cancellations. After each the module's books are the sandbox's."""
import pytest

import carts
from carts import line
from shop import CHECKOUT, ORDERS, new_key, problem

FIVE = 81600    # what carts.cart() comes to
SHIPPED = {"shipping_company": "Post", "shipping_method": "Home", "tracking_number": "T-77",
           "tracking_uri": "https://post.example.test/T-77"}


def lines(**quantities):
    return {"lines": [{"reference": name, "quantity": n} for name, n in quantities.items()]}


def capture(shop, order_id, body=None):
    return shop.done(shop.act(order_id, "captures", body or {"everything": True}))["capture"]


def credit(shop, order_id, body):
    return shop.done(shop.act(order_id, "credit-invoices", body))["credit_invoice"]


def verbs(invoice):
    return [(step["verb"], step["amount"]) for step in invoice["steps"]]


def line_of(order, reference):
    return next(entry for entry in order["order_lines"] if entry["reference"] == reference)


def theirs(shop, box, order_id):
    return box.ledger(shop.order(order_id)["klarna_order_id"])


# --- captures -------------------------------------------------------------------------------

@pytest.mark.valgrind
def test_everything_at_once(shop):
    order_id = shop.placed()
    assert capture(shop, order_id)["captured_amount"] == FIVE
    order = shop.agrees(order_id, "CAPTURED")
    assert order["remaining_authorized_amount"] == 0
    assert [entry["captured_quantity"] for entry in order["order_lines"]] == [2, 1, 3, 1, 1]


@pytest.mark.valgrind
def test_parts_line_by_line(shop, box):
    order_id = shop.placed()
    body = lines(shirt=1, book=1) | {"reference": "S-1", "description": "first parcel",
                                     "shipping_info": [SHIPPED]}
    assert capture(shop, order_id, body)["captured_amount"] == 34800 - 2130
    order = shop.agrees(order_id, "PART_CAPTURED")
    assert (line_of(order, "shirt")["open_quantity"], line_of(order, "book")["open_quantity"]) == (
        1, 0)
    [parcel] = theirs(shop, box, order_id)["captures"]
    assert parcel["shipping_info"] == [SHIPPED]
    assert (parcel["reference"], parcel["description"]) == ("S-1", "first parcel")
    assert [(entry["reference"], entry["quantity"], entry["total_amount"])
            for entry in parcel["order_lines"]] == [("shirt", 1, 19900), ("book", 1, 14900),
                                                    ("voucher", 1, -2130)]
    # Thirds of 27000, each with its share of the voucher, and then all that is left.
    assert capture(shop, order_id, lines(lamp=1))["captured_amount"] == 9000 - 551
    rest = FIVE - 32670 - 8449
    assert capture(shop, order_id)["captured_amount"] == rest
    assert len(shop.agrees(order_id, "CAPTURED")["captures"]) == 3


def test_a_price_that_does_not_divide(shop):
    """1.00 for three: 33, 33, 34, and never a unit lost."""
    order_id = shop.placed(carts.of(line("pen", 3, 34, discount=2)))
    assert [capture(shop, order_id, lines(pen=1))["captured_amount"] for _ in range(3)] == [
        33, 33, 34]
    shop.agrees(order_id, "CAPTURED")
    paid = [credit(shop, order_id, lines(pen=1))["amount"] for _ in range(3)]
    assert sum(paid) == 100
    assert shop.agrees(order_id)["refunded_amount"] == 100


def test_a_free_amount(shop):
    order_id = shop.placed()
    capture(shop, order_id, {"amount": 600})
    assert shop.agrees(order_id, "PART_CAPTURED")["remaining_authorized_amount"] == 81000
    capture(shop, order_id, {"everything": True})
    order = shop.agrees(order_id, "CAPTURED")
    assert line_of(order, "shirt")["creditable_quantity"] == 2


def test_a_value_of_a_line(shop):
    order_id = shop.placed()
    body = {"lines": [{"reference": "shirt", "amount": 100}]}
    assert capture(shop, order_id, body)["captured_amount"] == 100
    assert line_of(shop.agrees(order_id, "PART_CAPTURED"), "shirt")["open_amount"] == 39700


def test_tracking_afterwards(shop, httpd, box):
    order_id = shop.placed()
    capture_id = capture(shop, order_id)["capture_id"]
    path = f"captures/{capture_id}/shipping-info"
    shop.done(shop.act(order_id, path, {"shipping_info": [SHIPPED]}))
    shop.done(shop.act(order_id, path, {"shipping_info": [{"tracking_number": "T-78"}]}))
    order = shop.agrees(order_id)
    want = [SHIPPED, {"tracking_number": "T-78"}]
    assert order["captures"][0]["shipping_info"] == want
    assert theirs(shop, box, order_id)["captures"][0]["shipping_info"] == want
    with shop.nothing_happens():
        problem(shop.act(order_id, f"captures/{order_id}/shipping-info",
                         {"shipping_info": [SHIPPED]}), 404, "no_such_capture")
        problem(shop.act(order_id, path, {"shipping_info": [{"shipping_method": "Drone"}]}), 400,
                "unknown_value", "shipping_info[0].shipping_method", expected="PickUpStore")


# A sample of each kind of refusal; the tables of them are unit tests (core/test_plan_*).

@pytest.mark.parametrize("body, code, field", [
    ({"amount": 1.5}, "wrong_type", "amount"),
    ({"amount": FIVE + 1}, "too_much", "amount"),
    (lines(shirt=1, hat=1), "unknown_line", "lines[1].reference"),
])
def test_a_wrong_capture(shop, body, code, field):
    order_id = shop.placed()
    with shop.nothing_happens():
        problem(shop.act(order_id, "captures", body), 400, code, field)


@pytest.mark.parametrize("prepare, reason", [
    (lambda shop: shop.start().order_id, "not finished"),
    (lambda shop: shop.captured(), "Nothing is left"),
    (lambda shop: cancelled(shop), "was cancelled"),
])
def test_what_cannot_be_captured(shop, prepare, reason):
    order_id = prepare(shop)
    assert reason in shop.order(order_id)["actions"]["capture"]["reason"]
    with shop.nothing_is_done():
        told = problem(shop.act(order_id, "captures", {"everything": True}), 409,
                       "not_capturable")
    assert reason in told["detail"]


# --- credit invoices ------------------------------------------------------------------------

CREDITS = {
    # what, amount; goods take their share of the voucher along (5000 of 81700)
    "a line": (lines(book=1), 14900 - 912),
    "part of a line": (lines(shirt=1), 19900 - 1218),
    "a line with a discount": (lines(lamp=1), 9000 - 551),
    "several lines": (lines(shirt=2, freight=1), 39800 - 2436 + 4900),
    "shipping": (lines(freight=1), 4900),
    "with the discount line": (lines(shirt=2, book=1, lamp=3, voucher=1), FIVE - 4900),
    "with half of the discount": ({"lines": [{"reference": "shirt", "quantity": 1},
                                             {"reference": "voucher", "amount": -2500}]}, 17400),
    "value only": ({"lines": [{"reference": "lamp", "amount": 1234}]}, 1234),
    "goods and another value": ({"lines": [{"reference": "lamp", "quantity": 1,
                                            "amount": 8000}]}, 8000 - 490),
    "a free amount": ({"amount": 777}, 777),
    "everything": ({"everything": True}, FIVE),
    "everything as an amount": ({"amount": FIVE}, FIVE),
}


@pytest.mark.parametrize("what", CREDITS)
def test_a_return(shop, box, what):
    body, amount = CREDITS[what]
    order_id = shop.captured()
    invoice = credit(shop, order_id, body | {"reference": "C-1", "comment": "as agreed"})
    assert (invoice["state"], invoice["amount"], invoice["paid_amount"]) == ("paid", amount,
                                                                            amount)
    assert verbs(invoice) == [("refund", amount)]
    assert shop.agrees(order_id, "CAPTURED")["refunded_amount"] == amount
    [refund] = theirs(shop, box, order_id)["refunds"]
    assert (refund["refunded_amount"], refund["reference"], refund["description"]) == (
        amount, "C-1", "as agreed")
    if "lines" in body:
        assert sum(entry["total_amount"] for entry in refund["order_lines"]) == amount


@pytest.mark.valgrind
def test_a_return_fee(shop, box):
    order_id = shop.captured()
    invoice = credit(shop, order_id, lines(shirt=1) | {"return_fee": 2900,
                                                       "return_fee_tax_rate": 2500})
    assert (invoice["amount"], invoice["return_fee"]) == (15782, 2900)
    order = shop.agrees(order_id)
    assert (order["refunded_amount"], order["return_fees_kept"]) == (15782, 2900)
    [refund] = theirs(shop, box, order_id)["refunds"]
    assert [(entry["type"], entry["total_amount"]) for entry in refund["order_lines"]] == [
        ("physical", 19900), ("discount", -1218), ("return_fee", -2900)]
    # The fee stays with the shop: everything else is all that goes back.
    credit(shop, order_id, {"everything": True})
    assert shop.agrees(order_id)["refunded_amount"] == FIVE - 2900
    problem(shop.act(order_id, "credit-invoices", {"everything": True}), 409, "not_creditable")
    credit(shop, order_id, {"amount": 2900})
    assert shop.agrees(order_id)["refunded_amount"] == FIVE


def test_a_return_fee_that_klarna_does_not_take(shop):
    """Captured in two parts: no line for a fee, but a smaller amount."""
    order_id = shop.placed()
    capture(shop, order_id, lines(shirt=1))
    capture(shop, order_id)
    path = f"{ORDERS}/{order_id}/credit-invoices/preview"
    with shop.nothing_happens():
        told = shop.httpd.post(path, lines(shirt=1)).json
        assert told["max_return_fee"] == 0
        assert told["steps"][0]["lines"] == [{"reference": "shirt", "name": "shirt", "quantity": 1,
                                              "amount": 19900},
                                             {"reference": "voucher", "name": "voucher",
                                              "quantity": 0, "amount": -1218}]
        answer = shop.act(order_id, "credit-invoices", lines(shirt=1) | {"return_fee": 100})
        assert "captured at once" in problem(answer, 400, "return_fee", "return_fee")["expected"]
    credit(shop, order_id, {"amount": 19900, "return_fee": 100})
    assert shop.agrees(order_id)["refunded_amount"] == 19800


def test_returns_until_nothing_is_left(shop):
    order_id = shop.captured()
    for body in (lines(shirt=1), {"amount": 100}, lines(shirt=1), lines(lamp=2)):
        credit(shop, order_id, body)
    credit(shop, order_id, {"everything": True})
    order = shop.agrees(order_id)
    assert order["refunded_amount"] == FIVE and order["creditable_amount"] == 0
    for body in ({"amount": 1}, {"everything": True}, lines(book=1)):
        with shop.nothing_is_done():
            problem(shop.act(order_id, "credit-invoices", body), 409, "not_creditable")


@pytest.mark.parametrize("body, code, field", [
    ({"everything": True, "refund": True}, "unknown_field", "refund"),
    ({"everything": True, "return_fee": FIVE}, "return_fee", "return_fee"),
    (lines(shirt=3), "too_many", "lines[0].quantity"),
])
def test_a_wrong_return(shop, body, code, field):
    order_id = shop.captured()
    with shop.nothing_is_done():
        problem(shop.act(order_id, "credit-invoices", body), 400, code, field)
        path = f"{ORDERS}/{order_id}/credit-invoices/preview"
        problem(shop.httpd.post(path, body), 400, code, field)


def test_too_many_after_a_return(shop):
    order_id = shop.captured()
    credit(shop, order_id, lines(shirt=1))
    with shop.nothing_happens():
        problem(shop.act(order_id, "credit-invoices", lines(shirt=2)), 400, "too_many",
                "lines[0].quantity", got="2", expected="at most 1")
        problem(shop.act(order_id, "credit-invoices", {"amount": FIVE}), 400, "too_much",
                "amount", got=str(FIVE), expected=f"at most {FIVE - 18682}")


# Which verbs a credit needs; (captured before, credit, verbs, state after).
PLANS = {
    "a part, nothing captured": (None, lines(book=1), [("reduce", 13988)], "AUTHORIZED"),
    "an amount, nothing captured": (None, {"amount": 500}, [("reduce", 500)], "AUTHORIZED"),
    "everything, nothing captured": (None, {"everything": True}, [("cancel", FIVE)], "CANCELLED"),
    "what was captured": (lines(shirt=2), lines(shirt=1), [("refund", 18682)], "PART_CAPTURED"),
    "what was not captured": (lines(shirt=2), lines(book=1), [("reduce", 13988)],
                              "PART_CAPTURED"),
    "all that was not captured": (lines(shirt=2), lines(book=1, lamp=3, voucher=1, freight=1),
                                  [("release", 44236)], "CAPTURED"),
    "some of both": (lines(shirt=1), lines(shirt=2), [("reduce", 18682), ("refund", 18682)],
                     "PART_CAPTURED"),
    "everything of both": (lines(shirt=1), {"everything": True},
                           [("release", FIVE - 18682), ("refund", 18682)], "CAPTURED"),
    "more than was captured": (lines(shirt=1), {"amount": 20000, "release": True},
                               [("reduce", 1318), ("refund", 18682)], "PART_CAPTURED"),
}


@pytest.mark.parametrize("what", PLANS)
def test_the_verbs_of_a_credit(shop, what):
    shipped, body, want, state = PLANS[what]
    order_id = shop.placed()
    if shipped:
        capture(shop, order_id, shipped)
    with shop.nothing_happens():
        preview = shop.httpd.post(f"{ORDERS}/{order_id}/credit-invoices/preview", body)
        assert preview.status == 200
    invoice = credit(shop, order_id, body)
    assert verbs(invoice) == want
    assert [(step["verb"], step["amount"]) for step in preview.json["steps"]] == want
    assert preview.json["amount"] == invoice["amount"] == sum(amount for _, amount in want)
    order = shop.agrees(order_id, state)
    assert order["order_amount"] == FIVE - sum(amount for verb, amount in want if verb == "reduce")


def test_a_preview_tells_what_the_shopper_gets(shop):
    order_id = shop.placed()
    capture(shop, order_id, lines(shirt=1))
    path = f"{ORDERS}/{order_id}/credit-invoices/preview"
    whole = {"amount": FIVE, "release": True}
    with shop.nothing_happens():
        limit = shop.httpd.post(path, whole).json["max_return_fee"]
        problem(shop.httpd.post(path, whole | {"return_fee": limit + 1}), 400, "return_fee",
                "return_fee")
        told = shop.httpd.post(path, whole | {"return_fee": 900}).json
    assert (limit, told["max_return_fee"]) == (18681, 18681)
    assert (told["refund_amount"], told["return_fee"]) == (17782, 900)
    assert [step["sentence_code"] for step in told["steps"]] == ["release", "refund_less_fee"]
    assert all(step["sentence"] for step in told["steps"])
    credit(shop, order_id, whole | {"return_fee": 900})
    assert shop.agrees(order_id)["refunded_amount"] == told["refund_amount"]


# By its name in the view: the route, a body, and what its refusal is called.
ACTIONS = {"capture": ("captures", {"everything": True}, "not_capturable"),
           "credit_invoice": ("credit-invoices", {"amount": 1}, "not_creditable"),
           "cancel": ("cancel", {"confirm_final": True}, "not_cancellable"),
           "extend": ("extend", {}, "not_extendable"),
           "release": ("release", {}, "not_releasable")}


@pytest.mark.parametrize("before, forbidden", [
    ([], {"release": "nothing_captured"}),
    (["capture"], {"capture": "nothing_open", "extend": "nothing_open",
                   "release": "nothing_open"}),
    (["cancel"], dict.fromkeys(ACTIONS, "cancelled")),
    (["capture", "cancel"], {"capture": "nothing_open", "extend": "nothing_open",
                             "release": "nothing_open", "credit_invoice": "all_credited",
                             "cancel": "all_credited"}),
])
def test_a_refusal_says_what_the_order_shows(shop, before, forbidden):
    order_id = shop.placed()
    for name in before:
        assert shop.act(order_id, *ACTIONS[name][:2]).status == 201
    shown = shop.order(order_id)["actions"]
    assert {name: shown[name]["code"] for name in ACTIONS if not shown[name]["allowed"]} \
        == forbidden
    with shop.nothing_is_done():
        for name, reason in forbidden.items():
            path, body, code = ACTIONS[name]
            told = problem(shop.act(order_id, path, body), 409, code)
            assert (told["reason"], told["detail"]) == (reason, shown[name]["reason"])


def test_shipping_what_a_return_left(shop):
    order_id = shop.placed()
    credit(shop, order_id, lines(lamp=2))
    credit(shop, order_id, {"amount": 300})
    order = shop.agrees(order_id, "AUTHORIZED")
    assert order["order_amount"] == FIVE - 16898 - 300
    assert capture(shop, order_id)["captured_amount"] == order["order_amount"]
    order = shop.agrees(order_id, "CAPTURED")
    assert line_of(order, "lamp")["captured_quantity"] == 1
    with shop.nothing_happens():
        problem(shop.act(order_id, "credit-invoices", lines(lamp=2)), 400, "too_many")
    credit(shop, order_id, {"everything": True})
    assert shop.agrees(order_id)["refunded_amount"] == FIVE - 17198


@pytest.mark.parametrize("step, refused", [("release-remaining-authorization", "refused"),
                                           ("refunds$", "partly_paid")])
def test_klarna_refuses_a_step(shop, httpd, box, step, refused):
    """Of release and refund: what follows a refused step never goes out."""
    order_id, key = shop.placed(), new_key()
    capture(shop, order_id, lines(shirt=1))
    box.fault("status", path=step, status=403, body={
        "error_code": "NOT_ALLOWED", "error_messages": ["not now"], "correlation_id": "c-1"})
    box.forget_requests()
    answer = shop.act(order_id, "credit-invoices", {"everything": True}, key)
    told = problem(answer, 422, "klarna_refused")
    assert (told["error_code"], told["error_messages"]) == ("NOT_ALLOWED", ["not now"])
    # One that began with the no does not stay.
    made = shop.agrees(order_id)["credit_invoices"]
    assert [(one["state"], one["paid_amount"]) for one in made] \
        == ([] if refused == "refused" else [(refused, FIVE - 18682)])
    refunds = [entry for entry in box.requests() if entry["path"].endswith("/refunds")]
    assert len(refunds) == (0 if refused == "refused" else 1)
    assert shop.act(order_id, "credit-invoices", {"everything": True}, key).status == 422
    credit(shop, order_id, {"everything": True})
    assert shop.agrees(order_id, "CAPTURED")["refunded_amount"] == 18682


# --- cancelling -----------------------------------------------------------------------------

def cancelled(shop):
    order_id = shop.placed()
    shop.done(shop.act(order_id, "cancel", {"confirm_final": True}))
    return order_id


@pytest.mark.valgrind
def test_cancelling_before_shipment(shop):
    order_id = shop.placed()
    answer = shop.done(shop.act(order_id, "cancel", {"confirm_final": True, "comment": "gone"}))
    assert verbs(answer["credit_invoice"]) == [("cancel", FIVE)]
    order = shop.agrees(order_id, "CANCELLED")
    assert order["remaining_authorized_amount"] == 0


@pytest.mark.valgrind
def test_cancelling_after_shipment_gives_everything_back(shop):
    order_id = shop.captured()
    answer = shop.done(shop.act(order_id, "cancel", {"confirm_final": True}))
    assert verbs(answer["credit_invoice"]) == [("refund", FIVE)]
    order = shop.agrees(order_id, "CAPTURED")
    assert order["refunded_amount"] == FIVE
    assert line_of(order, "freight")["credited_quantity"] == 1


def test_cancelling_what_was_shipped_in_part(shop):
    order_id = shop.placed()
    capture(shop, order_id, lines(book=1))
    answer = shop.done(shop.act(order_id, "cancel", {"confirm_final": True}))
    assert verbs(answer["credit_invoice"]) == [("release", FIVE - 13988), ("refund", 13988)]
    shop.agrees(order_id, "CAPTURED")


@pytest.mark.parametrize("body, code, field", [
    ({}, "confirmation_missing", "confirm_final"),
    ({"confirm_final": False}, "confirmation_missing", "confirm_final"),
    ({"confirm_final": "true"}, "wrong_type", "confirm_final"),
    ({"confirm": True}, "unknown_field", "confirm"),
    ({"confirm_final": True, "amount": 5}, "unknown_field", "amount"),
])
def test_cancelling_is_confirmed(shop, body, code, field):
    order_id = shop.placed()
    with shop.nothing_happens():
        problem(shop.act(order_id, "cancel", body), 400, code, field)


@pytest.mark.parametrize("prepare", [cancelled, lambda shop: shop.start().order_id])
def test_what_cannot_be_cancelled(shop, prepare):
    order_id = prepare(shop)
    with shop.nothing_is_done():
        problem(shop.act(order_id, "cancel", {"confirm_final": True}), 409, "not_cancellable")


# --- the authorization ----------------------------------------------------------------------

def test_extending(shop, box):
    order_id = shop.placed()
    before = theirs(shop, box, order_id)["expires_at"]
    box.advance(86400)
    told = shop.done(shop.act(order_id, "extend", {}, "the-key"))
    after = theirs(shop, box, order_id)["expires_at"]
    assert after > before
    assert (told["expires_at"][:19], told["moved"]) == (after[:19], True)
    assert shop.act(order_id, "extend", {}, "the-key").json == told
    # The same on the same day: Klarna says yes, and nothing moves.
    again = shop.done(shop.act(order_id, "extend", {}))
    assert (again["expires_at"], again["moved"]) == (told["expires_at"], False)
    # The ledger writes milliseconds.
    assert shop.agrees(order_id, "AUTHORIZED") and shop.get(f"/{order_id}?refresh=1")[
        "expires_at"][:19] == after[:19]


@pytest.mark.parametrize("method, days, why", [("card", 28, "fixed_term"),
                                               ("invoice", 180, "longest")])
def test_what_klarna_would_not_extend(shop, box, method, days, why):
    box.control("POST", "behaviour", {"authorization_days": days})
    payment = shop.start()
    payment.token = box.authorize(payment.session_id, method=method)
    assert shop.place(payment).status == 201
    may = shop.get(f"/{payment.order_id}?refresh=1")["actions"]["extend"]
    assert (may["allowed"], may["code"]) == (False, why)
    box.forget_requests()
    problem(shop.act(payment.order_id, "extend", {}), 409, "not_extendable")
    assert {request["method"] for request in box.requests()} == {"GET"}


def test_releasing(shop):
    order_id = shop.placed()
    shop.get(f"/{order_id}?refresh=1")      # what the first look takes over is there
    with shop.nothing_is_done():
        problem(shop.act(order_id, "release", {}), 409, "not_releasable")
    capture(shop, order_id, lines(book=1))
    shop.done(shop.act(order_id, "release", {}))
    order = shop.agrees(order_id, "CAPTURED")
    assert order["remaining_authorized_amount"] == 0 and order["captured_amount"] == 13988
    for action in ("release", "extend"):
        with shop.nothing_is_done():
            assert shop.act(order_id, action, {}).status == 409
    with shop.nothing_happens():
        problem(shop.act(order_id, "extend", {"days": 3}), 400, "unknown_field", "days",
                expected="{}")


def test_an_authorization_that_expired(shop, box):
    order_id = shop.placed()
    box.advance(40 * 86400)
    assert shop.get(f"/{order_id}?refresh=1")["state"] == "EXPIRED"
    told = problem(shop.act(order_id, "captures", {"everything": True}), 409, "not_capturable")
    assert "expired" in told["detail"]


# --- done in Klarna's portal ----------------------------------------------------------------

def _portal(shop, box, order_id, **what):
    box.control("POST", f"orders/{shop.order(order_id)['klarna_order_id']}/portal", what)


def test_what_was_refunded_in_klarnas_portal(shop, box):
    order_id = shop.captured()
    shop.agrees(order_id)
    _portal(shop, box, order_id, action="refund", amount=500)
    # More than Klarna has left of it: Klarna's no, told as such. Everything is what it has left.
    told = problem(shop.act(order_id, "credit-invoices", {"amount": FIVE}), 422, "klarna_refused")
    assert told["error_code"] == "REFUND_NOT_ALLOWED"
    order = shop.agrees(order_id)                     # known already, and nothing useless is left
    assert order["refunded_amount"] == 500
    assert [made["comment"] for made in order["credit_invoices"]] == ["made outside"]
    credit(shop, order_id, {"everything": True})
    assert shop.agrees(order_id)["refunded_amount"] == FIVE


def test_what_was_captured_in_klarnas_portal(shop, box):
    order_id = shop.placed()
    _portal(shop, box, order_id, action="capture", amount=700)
    shop.get(f"/{order_id}?refresh=1")
    shop.agrees(order_id, "PART_CAPTURED")
    assert capture(shop, order_id)["captured_amount"] == FIVE - 700
    shop.agrees(order_id, "CAPTURED")


# --- the whole main job ---------------------------------------------------------------------

@pytest.mark.valgrind
def test_the_main_job(shop, httpd, box):
    """Pay, ship in part with tracking, take one item back, and read everything again."""
    payment = shop.authorized(carts.personal_cart())
    assert shop.place(payment).status == 201
    order_id = payment.order_id
    capture(shop, order_id, lines(shirt=2, lamp=3) | {"shipping_info": [SHIPPED]})
    credit(shop, order_id, lines(lamp=1))
    capture(shop, order_id)
    order = shop.agrees(order_id, "CAPTURED")
    assert (order["captured_amount"], order["refunded_amount"]) == (FIVE, 8449)
    status = httpd.get(f"{CHECKOUT}/orders/{order_id}?key={payment.key}", None).json
    assert status["state"] == "CAPTURED" and status["pending"] is False
    events = shop.get(f"/{order_id}/events")["operations"]
    assert [entry["kind"] for entry in events] == ["place_order", "capture", "refund", "capture"]
