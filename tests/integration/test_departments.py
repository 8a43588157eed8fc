# SPDX-License-Identifier: Apache-2.0
"""A department with credentials of its own is an account of its own: the Locations and the worker
of its store serve it, with those credentials."""
import pytest

from httpd import Httpd
from sandbox import OTHER_USERNAME, USERNAME, klarna_url
from shop import Shop, for_stores, new_key, problem
from till import Till
from test_take_over import old, take_over  # noqa: F401: for pytest
from waiting import eventually, is_free

CLINIC = """
KlarnaWorker On
<KlarnaStore clinic>
    KlarnaCredentials file:${DIR}/other-credentials
    KlarnaEndpoint ${KLARNA_URL}
    <KlarnaDepartment dental>
        KlarnaCredentials file:${DIR}/credentials
        KlarnaInStore hosted_page
    </KlarnaDepartment>
    <KlarnaDepartment eyes>
        KlarnaInStore hosted_page
        KlarnaInStoreMarkets SE/SEK FI/EUR
        KlarnaInStoreSend email
        KlarnaTillTimeout off
    </KlarnaDepartment>
    <KlarnaDepartment closed>
        KlarnaCredentials file:${DIR}/credentials
    </KlarnaDepartment>
</KlarnaStore>
<Location /till>
    SetHandler klarna-instore
    KlarnaUseStore clinic
    AuthType Basic
    AuthName "Till"
    AuthUserFile ${DIR}/users
    Require valid-user
</Location>
""" + for_stores("/clinic/orders", "clinic")


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), CLINIC)
    yield server
    server.stop()


@pytest.fixture
def clinic(httpd, box):
    return Shop(httpd, box, orders="/clinic/orders")


def test_a_departments_order_is_worked_on_with_its_credentials(clinic, box, old):  # noqa: F811
    box.forget_requests()
    order_id = clinic.done(take_over(clinic, old(), store="clinic.dental"))["order_id"]
    clinic.done(clinic.act(order_id, "captures", {"everything": True}))
    assert clinic.agrees(order_id, "CAPTURED")["merchant"] == "clinic.dental"
    assert {entry["merchant"] for entry in box.requests()} == {USERNAME}
    assert order_id in [order["id"] for order in clinic.get("?store=clinic.dental")["orders"]]


def test_the_stores_own_account_does_not_see_it(clinic, box, old):  # noqa: F811
    box.forget_requests()
    problem(take_over(clinic, old(), store="clinic"), 422, "refused")
    assert OTHER_USERNAME in {entry["merchant"] for entry in box.requests()}
    problem(take_over(clinic, old(), store="clinic.eyes"), 400, "unknown_value")


def test_the_worker_finishes_what_a_department_left(clinic, httpd, box, old):  # noqa: F811
    order_id = clinic.done(take_over(clinic, old(), store="clinic.dental"))["order_id"]
    httpd.expect_log("KLA0021: ")
    httpd.expect_log("KLA0030: .* is confirmed")
    box.fault("drop_after", -1, path="/captures$")
    assert clinic.act(order_id, "captures", {"everything": True}).status == 202
    box.clear()
    eventually(lambda: is_free(clinic, order_id))
    clinic.agrees(order_id, "CAPTURED")


def test_accounts_are_named_to_the_back_office(clinic):
    assert [store["name"] for store in clinic.get("/about")["stores"]] == [
        "clinic", "clinic.dental", "clinic.closed"]


# --- at the till ------------------------------------------------------------------------------

def test_each_is_paid_to_its_own_account(clinic, httpd, box):
    """From the first call to the money that goes back."""
    dental, eyes = (Till(httpd, box, name) for name in ("dental", "eyes"))
    payments = [(till, till.begun(), account, merchant) for till, account, merchant in (
        (dental, "clinic.dental", USERNAME), (eyes, "clinic", OTHER_USERNAME))]
    for till, payment, _, _ in payments:
        till.customer(payment, "approve")
    for till, payment, account, merchant in payments:
        till.until(payment, "COMPLETED")
        assert clinic.agrees(payment["payment_id"], "CAPTURED")["merchant"] == account
        box.forget_requests()
        back = till.end(payment, "?refund=1")
        assert back.status == 200 and back.json["refunded_amount"] == 10000, back.raw
        assert box.ledger(back.json["klarna_order_id"])["refunded_amount"] == 10000
        asked = [entry["merchant"] for entry in box.requests()
                 if back.json["klarna_order_id"] in entry["path"]]  # a worker asks for others too
        assert asked and set(asked) == {merchant}


def methods(httpd, query=""):
    answer = httpd.get("/till/methods" + query)
    assert answer.status == 200, answer.raw
    return {each["name"]: each for each in answer.json["departments"]}


def why_not(httpd, query):
    return {name: each["why_not"] and each["why_not"]["code"]
            for name, each in methods(httpd, query).items()}


def test_what_a_till_can_take(httpd):
    dental, eyes, closed = methods(httpd).values()
    assert dental["can"] and dental["why_not"] is None and len(dental["markets"]) == 21
    assert dental["send"] == ["sms", "email", "qr"] and dental["timeout_s"] == 1800
    assert eyes == {"name": "eyes", "store": "clinic", "way": "hosted_page", "can": True,
                    "why_not": None, "send": ["email", "qr"], "refunds": False,
                    "place": "CAPTURE_ORDER", "timeout_s": 0, "finalize": False,
                    "markets": [
                        {"country": "SE", "currency": "SEK", "locales": ["sv-SE", "en-SE"]},
                        {"country": "FI", "currency": "EUR",
                         "locales": ["fi-FI", "sv-FI", "en-FI"]}]}
    assert (closed["way"], closed["can"]) == ("off", False)


def test_why_a_till_cannot_take_it(httpd):
    def answers(query, dental, eyes):
        assert why_not(httpd, query) == {"dental": dental, "eyes": eyes, "closed": "off"}
    answers("?country=SE&currency=SEK&amount=100", None, None)
    answers("?country=NO&currency=NOK", None, "country")
    answers("?currency=NOK", None, "currency")
    answers("?country=FI&currency=SEK", "currency", "currency")
    answers("?country=US&currency=USD", "country", "country")
    answers("?amount=0", "amount_too_low", "amount_too_low")
    answers("?amount=200000000", None, None)
    answers("?amount=200000001", "amount_too_high", "amount_too_high")
    assert httpd.get("/till/methods").json["user"] == "clerk"
    assert list(methods(httpd, "?department=eyes")) == ["eyes"]
    assert problem(httpd.get("/till/methods?department=ears"), 400, "unknown_value")["expected"] \
        == "dental, eyes, closed"
    for query in ("amount=-1", "colour=red"):
        answer = httpd.get(f"/till/methods?{query}")
        assert answer.status == 400, answer.raw


def test_a_payment_names_its_department_and_market(httpd, box):
    def refused(status, code, **body):
        body |= {"till": "Counter 1", "amount": 100, "reference": "R-1"}
        return problem(httpd.post("/till/payments", body, key=new_key()), status, code)
    box.forget_requests()
    assert refused(400, "missing")["expected"] == "dental, eyes, closed"
    assert refused(400, "unknown_value", department="ears")["field"] == "department"
    assert refused(409, "off", department="closed")
    wrong = refused(400, "missing", department="eyes")
    assert (wrong["field"], wrong["expected"]) == ("country", "SE/SEK or FI/EUR")
    wrong = refused(400, "currency_mismatch", department="eyes", country="SE", currency="EUR")
    assert (wrong["field"], wrong["got"]) == ("currency", "EUR")
    assert refused(400, "unknown_country", department="eyes", country="NO",
                   currency="NOK")["field"] == "country"
    assert [entry for entry in box.requests() if entry["method"] == "POST"] == []
