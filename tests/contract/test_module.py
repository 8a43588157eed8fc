# SPDX-License-Identifier: Apache-2.0
"""Each of Klarna's examples of an answer reaches the module as the answer to its own request, each
callback comes, and whatever the module asks for is what Klarna's description says, member by member."""
import uuid

import pytest

import spec

if spec.MISSING:
    pytest.skip(spec.MISSING, allow_module_level=True)

import carts
import confidential
import examples
from description import Description
from examples import CAPTURE, ORDER, PAYMENTS, PLACE
from httpd import Httpd
from sandbox import klarna_url
from sandbox_client import line
from shop import EXTRA, ORDERS, Payment, Shop, new_key, problem

KLARNA = Description()
CALLBACKS = "/klarna/callbacks"
BASE = "https://shop.example.test"
LOCATION = f"""
KlarnaCallbackBase {BASE}{CALLBACKS}
<Location {CALLBACKS}>
    SetHandler klarna-callbacks
    Require all granted
</Location>
"""
GIVEN = set()       # the examples that a test here gives as an answer


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + LOCATION)
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def asked_right(box):
    """Nothing that the module sends is unknown to the description."""
    box.forget_requests()
    yield
    sent = [(KLARNA.find(one["method"], one["path"]), one) for one in box.requests()
            if one["path"] != "/"]
    assert all(call for call, _ in sent), sent
    wrong = [wrong for call, one in sent for wrong in call.wrong_request(one["body"])]
    assert not wrong, "\n".join(wrong)


def given(name):
    GIVEN.add(name)
    return examples.sample(name)


def answers(box, method, path, status, body, times=1):
    """Klarna's next answer there."""
    box.fault("status", times, method=method, path=path, status=status, body=body)


def of(*calls):
    """(body, its name) of every example of an answer to one of these."""
    for method, path, status in calls:
        body = KLARNA.find(method, path).answer_example(status)
        if body:
            yield pytest.param(body, id=f"description {status}")
    for name, call in examples.ANSWERS.items():
        if call in calls:
            yield pytest.param(given(name), id=name)


# --- Klarna Payments ------------------------------------------------------------------------

@pytest.mark.parametrize("body", of(("POST", PAYMENTS + "/sessions", 200)))
def test_a_session(shop, box, body):
    answers(box, "POST", "/sessions$", 200, body)
    answer = shop.send_cart()
    assert answer.status == 201, answer.raw
    payment = Payment(answer)
    assert (payment.session_id, payment.client_token) == (body["session_id"], body["client_token"])
    assert answer.json.get("payment_method_categories", []) == body.get(
        "payment_method_categories", [])


@pytest.mark.parametrize("body", of(("POST", PLACE, 200)))
def test_a_placement(shop, box, body):
    payment = shop.authorized()
    answers(box, "POST", "/order$", 200, body)
    answer = shop.place(payment)
    assert answer.status == 201, answer.raw
    order = shop.order(payment.order_id)
    assert (order["klarna_order_id"], order["state"], order["fraud_status"]) == (
        body["order_id"], "AUTHORIZED", body.get("fraud_status"))
    assert answer.json["redirect_url"] == body["redirect_url"]


def test_a_session_that_is_read(shop, box, httpd):
    """Klarna's example of one: complete, so that nobody can say that nothing was placed."""
    payment = shop.authorized()
    box.fault("status", -1, path="/order$", status=500)
    httpd.allow_log("KLA")
    shop.place(payment)
    [operation] = [row for row in shop.get("/operations")["operations"]
                   if row["order_id"] == payment.order_id]
    answers(box, "GET", "/sessions/[^/]+$", 200,
            KLARNA.find("GET", PAYMENTS + "/sessions/x").answer_example(200))
    answer = httpd.post(f"{ORDERS}/{payment.order_id}/operations/{operation['id']}/give-up",
                        {"reason": "x"})
    problem(answer, 409, "unclear")
    assert shop.order(payment.order_id)["pending_operation"]


# --- an order's record ----------------------------------------------------------------------

CAPTURED = given("docs/om-get-order-captured.200.json")
CAPTURE_OF_6000 = given("docs/om-get-capture.200.json")


def dress():
    """The order of which Klarna's page shows the record."""
    return {**carts.of({**line("dress", 1, 200, rate=0), "reference": "dress"}),
            "purchase_country": "PL", "purchase_currency": "PLN", "locale": "pl-PL"}


def check_captured(shop, box, cart, body, capture):
    """Others captured it all: the record is booked, with Klarna's ids and its invoice number."""
    order_id = shop.placed(cart)
    body = {**body, "order_id": shop.order(order_id)["klarna_order_id"], "captures": [capture]}
    answers(box, "GET", "/orders/[^/]+$", 200, body)
    order = shop.get(f"/{order_id}?refresh=1")
    assert (order["state"], order["captured_amount"], order["refunded_amount"]) == (
        "CAPTURED", body["order_amount"], 0)
    [booked] = order["captures"]
    assert {name: booked[name] for name in ("capture_id", "captured_amount", "klarna_reference")} \
        == {name: capture[name] for name in ("capture_id", "captured_amount", "klarna_reference")}


def test_a_captured_order(shop, box):
    body = CAPTURED
    check_captured(shop, box, dress(), body, body["captures"][0])


def test_a_capture(shop, box):
    """Klarna's example of a capture, in the record of its order."""
    amounts = {name: 6000 for name in ("order_amount", "original_order_amount", "captured_amount")}
    body = {**CAPTURED, **amounts, "purchase_currency": "SEK", "order_lines": CAPTURE_OF_6000[
        "order_lines"]}
    check_captured(shop, box, tomatoes(10), body, CAPTURE_OF_6000)


def test_an_order_that_is_taken_over(shop, box, httpd):
    """The page's record becomes an order of ours: placed and captured by somebody else."""
    body = {**CAPTURED, "order_id": str(uuid.uuid4())}
    answers(box, "GET", "/orders/[^/]+$", 200, body, times=-1)
    answer = httpd.post(f"{ORDERS}/take-over", {"klarna_order_id": body["order_id"]}, key=new_key())
    assert answer.status == 201, answer.raw
    order = shop.order(answer.json["order_id"])
    assert (order["klarna_order_id"], order["state"], order["purchase_currency"]) == (
        body["order_id"], "CAPTURED", "PLN")
    assert (order["order_amount"], order["captured_amount"], order["klarna_reference"]) == (
        200, 200, body["klarna_reference"])
    [entry], [capture] = order["order_lines"], order["captures"]
    assert (entry["name"], entry["captured_amount"]) == ("dress", 200)
    assert capture["klarna_reference"] == body["captures"][0]["klarna_reference"]


def test_the_options_of_a_due_date(shop, box, httpd):
    order_id = shop.captured()
    body = KLARNA.find("GET", CAPTURE + "/extend-due-date-options").answer_example(200)
    answers(box, "GET", "/extend-due-date-options$", 200, body)
    [capture] = shop.order(order_id)["captures"]
    told = shop.get(f"/{order_id}/captures/{capture['capture_id']}/due-date")
    assert (told["currency"], told["options"]) == (body["currency"].upper(), [])


ILLUSTRATIVE_ORDERS = [name for name, call in examples.ILLUSTRATIVE.items()
                       if call == ("GET", ORDER)]


@pytest.mark.parametrize("name", ["the description", *ILLUSTRATIVE_ORDERS])
def test_a_record_that_contradicts_itself(shop, box, httpd, name):
    """Examples put together member by member: no money is taken from them, and nothing breaks."""
    body = (KLARNA.find("GET", ORDER).answer_example(200) if name == "the description"
            else examples.sample(name))
    order_id = shop.placed()
    before = shop.order(order_id)
    body["order_id"] = before["klarna_order_id"]
    answers(box, "GET", "/orders/[^/]+$", 200, body)
    httpd.allow_log("KLA")
    assert httpd.get(f"{ORDERS}/{order_id}?refresh=1").status in (200, 502)
    after = shop.order(order_id)
    for amount in ("order_amount", "captured_amount", "refunded_amount", "captures", "state"):
        assert after[amount] == before[amount], amount
    shop.agrees(order_id, "AUTHORIZED")


# --- refusals -------------------------------------------------------------------------------

def half_captured(shop):
    order_id = shop.placed()
    shop.done(shop.act(order_id, "captures", {"amount": 10000}))
    return order_id


ALL = {"everything": True}
ACTIONS = {     # the call: its path in the sandbox, an order for it, the action and its body
    ("POST", ORDER + "/captures"): ("/captures$", Shop.placed, "captures", ALL),
    ("POST", ORDER + "/refunds"): ("/refunds$", Shop.captured, "credit-invoices", ALL),
    ("POST", ORDER + "/cancel"): ("/cancel$", Shop.placed, "cancel", {"confirm_final": True}),
    ("PATCH", ORDER + "/authorization"): (
        "/authorization$", Shop.placed, "credit-invoices",
        {"lines": [{"reference": "shirt", "quantity": 1}]}),
    ("POST", ORDER + "/release-remaining-authorization"): (
        "/release-remaining-authorization$", half_captured, "release", {}),
    ("POST", ORDER + "/extend-authorization-time"): (
        "/extend-authorization-time$", Shop.placed, "extend", {}),
    ("PATCH", ORDER + "/merchant-references"): (
        "/merchant-references$", Shop.placed, "references", {"merchant_reference2": "x"}),
    ("PATCH", ORDER + "/customer-details"): (
        "/customer-details$", Shop.placed, "shipping-address",
        {"shipping_address": carts.ADDRESS}),
    ("POST", CAPTURE + "/trigger-send-out"): (
        "/trigger-send-out$", Shop.captured, "captures/{capture_id}/send-out", {}),
    ("POST", CAPTURE + "/shipping-info"): (
        "/captures/[^/]+/shipping-info$", Shop.captured, "captures/{capture_id}/shipping-info",
        {"shipping_info": [{"tracking_number": "T-1"}]}),
}


def check_words(told, body):
    """Klarna's own reach who asked."""
    assert (told["error_code"], told["error_messages"], told["correlation_id"]) == (
        body["error_code"], body.get("error_messages", []), body["correlation_id"])


def refusals():
    for call in ACTIONS:
        for status in KLARNA.find(*call).operation["responses"]:
            if status in ("400", "403", "404", "409", "422"):
                for body in of((*call, int(status))):
                    yield pytest.param(call, int(status), body.values[0],
                                       id=f"{' '.join(call)} {body.id}")


@pytest.mark.parametrize("call, status, body", refusals())
def test_a_refusal(shop, box, httpd, call, status, body):
    """Klarna's code, words and correlation id reach who asked, and nothing else happened."""
    path, prepare, action, wanted = ACTIONS[call]
    order_id = prepare(shop)
    before = shop.order(order_id)
    action = action.format(capture_id=(before["captures"] or [{}])[0].get("capture_id"))
    answers(box, call[0], path, status, body)
    httpd.allow_log("KLA")
    answer = shop.act(order_id, action, wanted)
    told = problem(answer, 422, "klarna_refused")
    check_words(told, body)
    after = shop.order(order_id)
    for amount in ("order_amount", "captured_amount", "refunded_amount", "state"):
        assert after[amount] == before[amount], amount
    shop.agrees(order_id)


@pytest.mark.parametrize("body", of(("GET", ORDER, 400), ("GET", ORDER, 404)))
def test_an_order_that_klarna_does_not_know(shop, box, httpd, body):
    order_id = shop.placed()
    answers(box, "GET", "/orders/[^/]+$", 404, body)
    httpd.allow_log("KLA")
    told = problem(httpd.get(f"{ORDERS}/{order_id}?refresh=1"), 422, "refused")
    check_words(told, body)


# --- requests -------------------------------------------------------------------------------

def tomatoes(kilos):
    return carts.of({**line("123050", kilos, 600), "name": "Tomatoes", "quantity_unit": "kg"})


def kilos(number, **more):
    return {"lines": [{"reference": "123050", "quantity": number}], **more}


def asked(name, *members):
    """Members of an example that a client of the module words the same."""
    return {member: examples.sample(name)[member] for member in members}


AUTHORIZATION, CAPTURED_BODY, REFUNDED, SHIPPED, REFERENCES, ADDRESSED = (
    f"docs/om-{name}.request.json" for name in (
        "authorization-patch", "capture", "refund", "shipping-info", "merchant-references-patch",
        "customer-details-patch"))
ASKING = {      # the example: what comes before, the action and its body
    AUTHORIZATION: (lambda shop: shop.placed(tomatoes(20)), "credit-invoices", kilos(10)),
    CAPTURED_BODY: (lambda shop: shop.placed(tomatoes(10)), "captures", kilos(
        10, **asked(CAPTURED_BODY, "reference", "description", "shipping_info"))),
    REFUNDED: (lambda shop: shop.captured(tomatoes(10)), "credit-invoices", kilos(
        5, comment=asked(REFUNDED, "description")["description"])),
    SHIPPED: (lambda shop: shop.captured(tomatoes(10)), "captures/{capture_id}/shipping-info",
              asked(SHIPPED, "shipping_info")),
    REFERENCES: (lambda shop: shop.placed(tomatoes(10)), "references", asked(
        REFERENCES, "merchant_reference1", "merchant_reference2")),
    # The module asks for a whole address: of what is left out Klarna does not say whether it stays.
    ADDRESSED: (lambda shop: shop.placed(tomatoes(10)), "shipping-address", {"shipping_address": {
        **asked(ADDRESSED, "shipping_address")["shipping_address"], "given_name": "John",
        "family_name": "Doe"}}),
}


def lacks(sent, example):
    """What the example says and the request does not."""
    if isinstance(example, dict):
        return {name: value for name, value in example.items()
                if value != "" and lacks((sent or {}).get(name), value)}
    if isinstance(example, list):
        return len(sent or ()) != len(example) or [
            pair for pair in zip(sent, example) if lacks(*pair)]
    return sent != example


@pytest.mark.parametrize("name", ASKING)
def test_an_example_of_a_request(shop, box, name):
    """The module asks the same, with all that Klarna's example has."""
    prepare, action, body = ASKING[name]
    order_id = prepare(shop)
    captures = shop.order(order_id)["captures"] or [{}]
    shop.done(shop.act(order_id, action.format(**captures[0]), body))
    sent = [one["body"] for one in box.requests()
            if (one["method"], KLARNA.find(one["method"], one["path"]).path)
            in examples.REQUESTS[name]]
    assert not lacks(sent[-1], examples.sample(name)), sent
    shop.agrees(order_id)


def test_every_example_of_a_request_was_asked_for():
    assert set(ASKING) == set(examples.REQUESTS)


# --- callbacks ------------------------------------------------------------------------------

def told(shop):
    """A payment, and where Klarna was told to call."""
    payment = shop.start()
    [session] = [one for one in shop.box.requests() if one["path"].endswith("/sessions")]
    urls = {name: url[len(BASE):] for name, url in session["body"]["merchant_urls"].items()}
    confidential.keep_from_logs(urls["notification"].rpartition(".")[2])
    return payment, urls


def filled(name, **values):
    """A callback's example with values for its placeholders."""
    return {member: values.get(value.strip("<>"), value)
            for member, value in examples.sample(name).items()}


def test_an_authorization_callback(shop, httpd, box):
    payment, urls = told(shop)
    payment.token = box.authorize(payment.session_id)
    body = filled("docs/callback-kp-authorization.json", session_id=payment.session_id,
                  authorization_token=payment.token)
    assert httpd.post(urls["authorization"], body, user=None).status == 200
    answer = shop.finish(lambda key: shop.place(payment), None)
    assert answer.status == 201
    shop.agrees(payment.order_id, "AUTHORIZED")


@pytest.mark.parametrize("decision", ["accepted", "rejected"])
def test_a_fraud_notification(shop, httpd, box, decision):
    payment, urls = told(shop)
    payment.token = box.authorize(payment.session_id, "pending")
    assert shop.place(payment).status == 201
    klarna_id = shop.order(payment.order_id)["klarna_order_id"]
    box.control("POST", f"orders/{klarna_id}/fraud", {"decision": decision.upper()})
    body = filled(f"docs/callback-fraud-notification-{decision}.json", order_id=klarna_id)
    assert httpd.post(urls["notification"], body, user=None).status == 200
    order = shop.get(f"/{payment.order_id}?refresh=1")
    assert order["fraud_status"] == decision.upper()


def test_every_example_of_an_answer_was_given():
    assert set(examples.ANSWERS) - GIVEN == set()
