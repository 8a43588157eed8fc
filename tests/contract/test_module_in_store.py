# SPDX-License-Identifier: Apache-2.0
"""Payments in a store: each of Klarna's examples of an answer reaches the module as the answer to its
own request, and whatever the module asks for is what Klarna's description and pages say, member by
member. What was put together from the pages (RECONSTRUCTED) is given beside what Klarna shows."""
import json

import pytest

import spec

if spec.MISSING:
    pytest.skip(spec.MISSING, allow_module_level=True)

import confidential
import examples
from examples import PAGE, PAGES, PAYMENTS, RESULT
from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA
from test_module import BASE, KLARNA, LOCATION, answers, asked_right, lacks  # noqa: F401
from till import EXTRA as TILLS, PHONE, Till

SESSIONS = PAYMENTS + "/sessions"
EMAIL = confidential.keep_from_logs("ada.lovelace@example.com")
OLD = "2019-"       # when an example's time was over before it began
GIVEN = set()       # the examples that a test here gives as an answer
# What only tests of a parser have: without an order, as it is where the merchant places it.
NOT_GIVEN = {"kco_rest_php/SessionsTest-testFetch.json"}


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + LOCATION + TILLS)
    yield server
    server.stop()


@pytest.fixture
def clinic(httpd, box):
    return Till(httpd, box, "clinic")


@pytest.fixture
def bikes(httpd, box):
    return Till(httpd, box, "bikes")


def of(call, *more):
    """(body, its name) of every example of an answer to it, and of the description's own."""
    method, path, status = call
    body = KLARNA.find(method, path).answer_example(status)
    yield from (pytest.param(one, id=name) for one, name in more)
    if body:
        yield pytest.param(body, id=f"description {status}")
    for name, answered in examples.IN_STORE_ANSWERS.items():
        if answered == call and name not in NOT_GIVEN:
            GIVEN.add(name)
            yield pytest.param(examples.sample(name), id=name)


def asked(box, method, path):
    """The bodies of those requests."""
    return [one["body"] for one in box.requests() if one["method"] == method
            and KLARNA.find(method, one["path"]).path == path]


def called(httpd, box):
    """Klarna calls where the last payment's session told it to: it is looked at on the next reading."""
    [url] = {url for one in box.requests() if one["body"] for url in (
        (one["body"].get("merchant_urls") or {}).get("status_update"),
        one["body"].get("distribution", {}).get("callback_urls", {}).get("status_update")) if url}
    confidential.keep_from_logs(url.rpartition(".")[2])
    name = next(iter(examples.IN_STORE_CALLBACKS))
    assert httpd.post(url[len(BASE):], examples.sample(name), user=None).status == 200


# --- hosted page ----------------------------------------------------------------------------

@pytest.mark.parametrize("body", of(("POST", PAGES, 201)))
def test_a_page(clinic, box, body):
    answers(box, "POST", "/hpp/v1/sessions$", 201, body)
    payment = clinic.begun()
    assert payment["link"] == body.get("redirect_url")
    # The sandbox knows no such page: that is its end only when its time is over.
    called(clinic.httpd, box)
    over = body.get("expires_at", "").startswith(OLD)
    seen = clinic.read(payment)
    assert (seen["state"], seen["link"]) == (
        ("EXPIRED", None) if over else ("WAITING", body["redirect_url"]))
    assert clinic.end(payment).json["state"] == ("EXPIRED" if over else "CANCELLED")


@pytest.mark.parametrize("place", ["clinic", "later"])
def test_a_request_for_a_page(httpd, box, place):
    """As in Klarna's examples, but for the pages that a shop's browser goes back to."""
    Till(httpd, box, place).begun()
    [sent] = asked(box, "POST", PAGES)
    mode = "CAPTURE_ORDER" if place == "clinic" else "PLACE_ORDER"
    assert sent["options"] == {"place_order_mode": mode}
    assert set(sent) == {"payment_session_url", "merchant_urls", "options"}
    [url] = sent["merchant_urls"].values()
    assert url.startswith(BASE + "/klarna/callbacks/status/")
    [session] = asked(box, "POST", SESSIONS)
    assert session["acquiring_channel"] == "IN_STORE"
    assert set(session["merchant_urls"]) == {"notification"}


WORDS = {"WAITING": ("WAITING", None), "IN_PROGRESS": ("IN_PROGRESS", None),
         "BACK": ("IN_PROGRESS", "went_back"),
         "MANUAL_ID_CHECK": ("IN_PROGRESS", "manual_id_check"),
         "FAILED": ("IN_PROGRESS", "refused_may_retry"),
         "ERROR": ("IN_PROGRESS", "error_may_retry"), "CANCELLED": ("CANCELLED", None),
         "DISABLED": ("CANCELLED", "disabled_elsewhere"), "COMPLETED": ("COMPLETED", None)}


def test_the_words_are_all_that_klarna_has():
    schema = KLARNA.schemas["hpp_SessionResponseV1"]["properties"]["status"]
    assert set(WORDS) == set(schema["enum"])


@pytest.mark.parametrize("word", WORDS)
def test_a_state_of_a_page(clinic, httpd, box, word):
    """In the description's own example of that answer; what is paid is an order of Klarna's."""
    payment = clinic.begun()
    example = KLARNA.find("GET", PAGE).answer_example(200)
    if word == "COMPLETED":
        known = clinic.customer(payment, "approve")
        example |= {name: known[name] for name in ("order_id", "klarna_reference")}
    else:
        del example["order_id"], example["klarna_reference"]
    answers(box, "GET", "/hpp/v1/sessions/[^/]+$", 200, {**example, "status": word}, times=-1)
    called(httpd, box)
    seen = clinic.read(payment)
    assert (seen["state"], (seen["reason"] or {}).get("code")) == WORDS[word]
    check = seen["manual_id_check"]
    assert (check is not None) == (word == "MANUAL_ID_CHECK")
    if check:
        assert check["url"].endswith("/manual-id-check")
        assert seen["sentence_code"] == "manual_id_check"


SENDING = {"docs/hpp-distribute-sms.request.json": ("sms", {"phone": PHONE}),
           "docs/hpp-distribute-email.request.json": ("email", {"email": EMAIL})}


@pytest.mark.parametrize("status", [201, 204])     # as the description has it; any 2xx means done
@pytest.mark.parametrize("name", SENDING)
def test_a_distribution(clinic, box, name, status):
    """The example, with a number that is one; whichever way Klarna says that it was done."""
    method, contact = SENDING[name]
    payment = clinic.begun()
    answers(box, "POST", "/distribution$", status, {})
    answer = clinic.post(payment, "send", {"method": method, **contact})
    assert answer.status == 200, answer.raw
    assert answer.json["distribution"]["state"] == "sent"
    [sent] = asked(box, "POST", PAGE + "/distribution")
    example = examples.sample(name)
    assert {**sent, "contact_information": None} == {**example, "contact_information": None}
    assert set(sent["contact_information"]) == set(example["contact_information"])
    assert sent["contact_information"].get("phone_country") == example["contact_information"].get(
        "phone_country")


REFUSALS = [(400, "UNKNOWN"), (400, "MISSING_CONTACT_DATA"), (400, "CONSTRAINT_VIOLATION"),
            (400, "UNSUPPORTED_COUNTRY"), (404, "NOT_FOUND")]


@pytest.mark.parametrize("status, code", REFUSALS)
def test_a_distribution_that_is_refused(clinic, httpd, box, status, code):
    """Klarna's page names them; the till is told, and can send it another way."""
    payment = clinic.begun()
    httpd.allow_log("KLA")
    answers(box, "POST", "/distribution$", status, {
        "error_code": code, "error_messages": ["No."], "correlation_id": "c0ffee"})
    clinic.post(payment, "send", {"method": "sms", "phone": PHONE})
    seen = clinic.read(payment)
    assert (seen["state"], seen["distribution"]["state"]) == ("WAITING", "refused")
    assert clinic.post(payment, "send", {"method": "email", "email": EMAIL}).status == 200
    assert clinic.read(payment)["distribution"]["state"] == "sent"


# --- QR session -----------------------------------------------------------------------------

def shown(name):
    """What the till is told so that the module asks as in the example."""
    example = examples.sample(name)
    distribution = example["distribution"]
    store = json.loads(example["attachment"]["body"])["in_store_payment"][0]["store_info"]
    return example, store, {
        "amount": example["order_amount"], "lines": example["order_lines"],
        "locale": example["locale"], "reference": example["merchant_reference1"],
        "terminal": store["store_terminal_id"],
        **({"short_code": distribution["short_code"]} if "short_code" in distribution else {})}


@pytest.mark.parametrize("name", [name for name, call in examples.IN_STORE_REQUESTS.items()
                                  if call == ("POST", SESSIONS)])
def test_an_example_of_a_request_for_a_qr_session(bikes, box, name):
    example, store, body = shown(name)
    if "short_code" in body:
        box.control("POST", "short-codes", {"code": body["short_code"]})
    bikes.begun(**body)
    [sent] = asked(box, "POST", SESSIONS)
    attachment, distribution = example.pop("attachment"), example.pop("distribution")
    assert not lacks(sent, example), sent
    assert sent["attachment"]["content_type"] == attachment["content_type"]
    told = json.loads(sent["attachment"]["body"])["in_store_payment"][0]["store_info"]
    assert set(told) == set(store)
    # The page's example has the house number apart, which an address need not have.
    assert set(told["store_address"]) == set(store["store_address"]) - {"street_number"}
    assert told["store_terminal_id"] == store["store_terminal_id"]
    assert {**sent["distribution"], "callback_urls": None} == {**distribution,
                                                              "callback_urls": None}
    assert set(sent["distribution"]["callback_urls"]) == set(distribution["callback_urls"])


@pytest.mark.parametrize("body", of(("POST", SESSIONS, 200)))
def test_a_qr_session(bikes, httpd, box, body):
    """Its result is read where Klarna says, or where it always is; it is not known there yet."""
    answers(box, "POST", "/sessions$", 200, body)
    payment = bikes.begun()
    assert (payment["state"], payment["link"]) == ("WAITING", None)
    assert [one["path"] for one in box.requests() if one["method"] == "GET"]
    result = {"status": "DISTRIBUTED", "payment_link": "https://link.example/x",
              "qr_code": "https://link.example/x/qr", "expires_at": "2038-01-19T03:14:07.000Z"}
    answers(box, "GET", "/iss/v1/distributions/", 200, result, times=-1)
    called(httpd, box)
    seen = bikes.read(payment)
    assert (seen["state"], seen["link"]) == ("WAITING", result["payment_link"])


QR_WORDS = {"WAITING": "WAITING", "DISTRIBUTED": "WAITING", "ACCESSED": "IN_PROGRESS",
            "COMPLETED": "COMPLETED", "CANCELED": "CANCELLED", "CANCELLED": "CANCELLED",
            "FAILED": "FAILED"}


def test_the_words_are_all_that_klarnas_pages_have():
    assert set(QR_WORDS) == set(KLARNA.schemas["qr_result"]["properties"]["status"]["enum"])


@pytest.mark.parametrize("body", of(("GET", RESULT, 200), *(
    ({"status": word}, word) for word in QR_WORDS if word != "COMPLETED")))
def test_a_state_of_a_qr_session(bikes, httpd, box, body):
    payment = bikes.begun()
    if body["status"] == "COMPLETED":
        known = bikes.customer(payment, "approve")
        body = {**body, **{name: known[name] for name in ("order_id", "klarna_reference")}}
    answers(box, "GET", "/iss/v1/distributions/", 200, body, times=-1)
    called(httpd, box)
    seen = bikes.read(payment)
    assert seen["state"] == QR_WORDS[body["status"]]
    if body["status"] == "COMPLETED":
        assert seen["klarna_reference"] == body["klarna_reference"]
    if body["status"] == "FAILED":
        assert seen["reason"]["code"] == "klarna_failed"


# --- callback -------------------------------------------------------------------------------

def test_a_callback(clinic, httpd, box):
    """Klarna's example says that it is paid. Only what Klarna answers counts, and it is asked at
    once."""
    payment = clinic.begun()
    called(httpd, box)
    assert clinic.read(payment)["state"] == "WAITING"
    clinic.customer(payment, "approve")
    called(httpd, box)
    assert clinic.read(payment)["state"] == "COMPLETED"


def test_a_callback_of_a_qr_session(bikes, httpd, box):
    """It has the shape of the result."""
    payment = bikes.begun()
    bikes.customer(payment, "approve")
    [url] = [one["body"]["distribution"]["callback_urls"]["status_update"]
             for one in box.requests() if one["body"] and "distribution" in one["body"]]
    confidential.keep_from_logs(url.rpartition(".")[2])
    [name] = [name for name in examples.IN_STORE_ANSWERS if "result-completed" in name]
    assert httpd.post(url[len(BASE):], examples.sample(name), user=None).status == 200
    assert bikes.read(payment)["state"] == "COMPLETED"


def test_every_example_of_an_answer_was_given():
    assert set(examples.IN_STORE_ANSWERS) - GIVEN - NOT_GIVEN == set()
