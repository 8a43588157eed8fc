# SPDX-License-Identifier: Apache-2.0
"""klarna-operator: what is configured, what waits, what failed, what Klarna called in, the figures,
and a bundle that may be posted anywhere."""
import re
import time
import uuid

import pytest

import carts
import confidential
import made_up
import stores
from httpd import USERS, Httpd
from sandbox import OTHER_USERNAME, USERNAME, klarna_url
from shop import EXTRA, Shop, for_stores, problem

pytestmark = pytest.mark.databases

OPERATOR = "/klarna/operator"
BASE = "https://pay.hush-shop.example.test/klarna/callbacks"
MORE = for_stores("/both/operator", "other default", "klarna-operator", "user operator") + f"""
KlarnaCallbackBase {BASE}
<Location /open/operator>
    SetHandler klarna-operator
    Require all granted
</Location>
"""
ROUTES = [("GET", route) for route in ("overview", "health", "operations", "callbacks", "charts",
                                       "errors", "support-bundle", "markets")] + [
    ("POST", "credential-test"), ("POST", "market-test")]
HOUR = 3600 * 1_000_000


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + MORE)
    yield server
    server.stop()


@pytest.fixture
def fresh(box):
    """A server whose database holds nothing."""
    server = Httpd(klarna_url(box), EXTRA + MORE)
    yield Shop(server, box)
    server.stop()


def ask(httpd, path, base=OPERATOR):
    answer = httpd.get(f"{base}/{path}", "operator")
    assert answer.status == 200, answer.raw
    return answer.json


def lose(shop, order_id, action="captures", body=None, at="/captures$"):
    """Every answer of this action is lost."""
    shop.httpd.expect_log("KLA0021: ")
    shop.box.fault("drop_after", -1, path=at)
    answer = shop.act(order_id, action, body or {"everything": True})
    shop.box.clear()
    assert answer.status == 202, answer.raw


def refuse(shop, order_id, message="no"):
    """Klarna refuses a capture."""
    shop.box.fault("status", path="/captures$", status=403, body={
        "error_code": "CAPTURE_NOT_ALLOWED", "error_messages": [message],
        "correlation_id": str(uuid.uuid4())})
    answer = shop.act(order_id, "captures", {"everything": True})
    problem(answer, 422, "klarna_refused")


# --- who may ----------------------------------------------------------------------------------

@pytest.mark.parametrize("method, route", ROUTES)
def test_who_may(httpd, method, route):
    body = {} if method == "POST" else None
    httpd.expect_log("AH01631: user (guest|clerk): authorization failure")
    for user, status in ((None, 401), ("guest", 403), ("clerk", 403)):
        assert httpd.ask(method, f"{OPERATOR}/{route}", body, user=user).status == status
    for user in (None, "operator"):
        answer = httpd.ask(method, f"/open/operator/{route}", body, user=user)
        problem(answer, 403, "not_authenticated")


def test_nothing_is_changed_and_nobody_asked(httpd, shop, box):
    shop.placed()
    with shop.nothing_happens():
        for method, route in ROUTES:
            if method == "GET":
                ask(httpd, route)


@pytest.mark.parametrize("path, status, code", [
    ("", 404, "no_such_route"), ("nothing", 404, "no_such_route"),
    ("overview/x", 404, "no_such_route"), ("credential-test", 405, "method_not_allowed")])
def test_paths(httpd, path, status, code):
    problem(httpd.get(f"{OPERATOR}/{path}", "operator"), status, code)


# --- overview ---------------------------------------------------------------------------------

def test_overview(httpd, box):
    told = ask(httpd, "overview")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["now"])
    assert re.fullmatch(r"2\.4\.\d+.*", told["httpd"])
    assert re.fullmatch(r"\d+\.\d+\.\d+ \(OpenSSL/.+\)", told["libcurl"])
    assert told["database"] == {"driver": stores.CHOSEN, "schema_version": 4}
    assert told["worker"] is False and told["callback_base"] == BASE
    assert told["stores"] == [{"name": "default", "environment": "playground", "region": "eu",
                               "endpoint": klarna_url(box)}]
    assert set(told) == {"now", "version", "httpd", "libcurl", "database", "worker",
                         "callback_base", "stores", "capacity", "queue"}
    assert told["capacity"] == {"processes": 1, "workers": 128, "timeout_ms": 20000,
                                "slow_payments_per_minute": 384}
    both = ask(httpd, "overview", "/both/operator")
    assert [store["name"] for store in both["stores"]] == ["other", "default"]


def test_settings_as_they_are(box):
    server = Httpd(klarna_url(box), EXTRA + MORE.replace("KlarnaCallbackBase", "#") +
                   "KlarnaWorker On\n")
    told = ask(server, "overview")
    assert told["worker"] is True and told["callback_base"] is None
    server.stop()


def test_without_a_database(box):
    server = Httpd(klarna_url(box), EXTRA + MORE, schema=False)
    server.allow_log("KLA00(11|19|20): ")
    for method, route in ROUTES:
        if method == "GET" and route != "markets":      # which is known without one
            problem(server.get(f"{OPERATOR}/{route}", "operator"), 503, "schema")
    server.stop()


def test_the_queue(fresh):
    httpd = fresh.httpd
    empty = {"open": 0, "unknown": 0, "failing": 0, "oldest_unknown": None}
    assert ask(httpd, "overview")["queue"] == empty
    lose(fresh, fresh.placed())
    [unknown] = ask(httpd, "operations")["operations"]
    assert unknown["state"] == "unknown" and unknown["merchant"] == "default"
    assert ask(httpd, "overview")["queue"] == {"open": 1, "unknown": 1, "failing": 1,
                                               "oldest_unknown": unknown["created_at"]}
    # One that waits quietly, and an older unknown one of another store.
    made_up.operation(httpd, unknown["id"], str(uuid.uuid4()), state="queued", attempts=1,
                      error_code="")
    older = 1_600_000_000_000_000
    made_up.operation(httpd, unknown["id"], str(uuid.uuid4()), merchant="other", attempts=1,
                      error_code="", created_at=older)
    assert ask(httpd, "overview")["queue"] == {"open": 2, "unknown": 1, "failing": 1,
                                               "oldest_unknown": unknown["created_at"]}
    assert ask(httpd, "overview", "/both/operator")["queue"] == {
        "open": 3, "unknown": 2, "failing": 1, "oldest_unknown": "2020-09-13T12:26:40Z"}


def test_a_long_queue_is_counted_to_a_hundred(fresh):
    httpd = fresh.httpd
    lose(fresh, fresh.placed())
    [unknown] = ask(httpd, "operations")["operations"]
    for number in range(130):
        made_up.operation(httpd, unknown["id"], str(uuid.uuid4()),
                          merchant="other" if number % 2 else "default")
    for base in (OPERATOR, "/both/operator"):
        queue = ask(httpd, "overview", base)["queue"]
        expected = 66 if base == OPERATOR else 100
        assert [queue[name] for name in ("open", "unknown", "failing")] == [expected] * 3


# --- operations and errors ----------------------------------------------------------------------

def test_operations(fresh):
    httpd, box = fresh.httpd, fresh.box
    lost, kept, said_no = fresh.placed(), fresh.placed(), fresh.placed()
    lose(fresh, lost)
    refuse(fresh, said_no)
    fresh.done(fresh.act(kept, "captures", {"everything": True}))
    other = Shop(httpd, box, "/other/checkout", "/other/orders", "other")
    theirs = other.placed()
    refuse(other, theirs)

    def shown(show, base="/both/operator"):
        return [(operation["merchant"], operation["order_id"])
                for operation in ask(httpd, "operations" + show, base)["operations"]]

    assert shown("") == shown("?show=open") == shown("?show=failing") == [("default", lost)]
    assert shown("?show=refused") == [("other", theirs), ("default", said_no)]
    assert shown("?show=refused", OPERATOR) == [("default", said_no)]
    [operation] = ask(httpd, "operations?show=refused")["operations"]
    assert operation["error_code"] == "CAPTURE_NOT_ALLOWED" and operation["http_status"] == 403
    assert operation["actions"]["send_again"]["allowed"] is False
    # One that waits for its first try is open and not failing.
    made_up.operation(httpd, operation["id"], str(uuid.uuid4()), state="queued", attempts=0,
                      error_code="", next_at=1)
    assert len(shown("?show=open")) == 2 and shown("?show=failing") == [("default", lost)]


@pytest.mark.parametrize("path, code, field", [
    ("operations?show=all", "unknown_value", "show"),
    ("operations?show=open&show=open", "repeated_parameter", "show"),
    ("operations?shwo=open", "unknown_parameter", "shwo"),
    ("charts?hours=0", "out_of_range", "hours"), ("charts?hours=169", "out_of_range", "hours"),
    ("charts?hours=-1", "out_of_range", "hours"), ("charts?hours=1.5", "out_of_range", "hours"),
    ("charts?hours=4294967297", "out_of_range", "hours"),
    ("charts?hour=5", "unknown_parameter", "hour")])
def test_wrong_queries(httpd, path, code, field):
    problem(httpd.get(f"{OPERATOR}/{path}", "operator"), 400, code, field)


def test_at_most_a_hundred_refused_ones(fresh):
    httpd = fresh.httpd
    refuse(fresh, fresh.placed())
    [refused] = ask(httpd, "operations?show=refused")["operations"]
    newest = 1_900_000_000_000_000
    for number in range(120):
        made_up.operation(httpd, refused["id"], str(uuid.uuid4()), updated_at=newest + number,
                          merchant="other" if number % 3 else "default", amount=number)
    shown = ask(httpd, "operations?show=refused", "/both/operator")["operations"]
    assert [operation["amount"] for operation in shown] == list(range(119, 19, -1))
    errors = ask(httpd, "errors", "/both/operator")["errors"]
    assert len(errors) == 50 and {error["store"] for error in errors} == {"other", "default"}


def test_errors(fresh):
    httpd, box = fresh.httpd, fresh.box
    lost, said_no, fine = fresh.placed(), fresh.placed(), fresh.placed()
    fresh.done(fresh.act(fine, "captures", {"everything": True}))
    assert ask(httpd, "errors") == {"errors": []}
    refuse(fresh, said_no)
    lose(fresh, lost)
    first, second = ask(httpd, "errors")["errors"]
    assert (first["order_id"], first["error_code"], first["kind"]) == (lost, "answer_lost",
                                                                       "capture")
    assert second == {"at": second["at"], "store": "default", "order_id": said_no,
                      "kind": "capture", "state": "refused",
                      "error_code": "CAPTURE_NOT_ALLOWED", "http_status": 403,
                      "correlation_id": second["correlation_id"]}
    assert second["correlation_id"]
    # What Klarna turned away is an error too, while it waits for its next try.
    box.fault("status", -1, path="/captures$", status=401, body="<html>401</html>")
    httpd.expect_log("KLA0021: ")
    assert fresh.act(fresh.placed(), "captures", {"everything": True}).status == 202
    assert ask(httpd, "errors")["errors"][0]["state"] == "queued"


# --- callbacks ----------------------------------------------------------------------------------

def test_callbacks(fresh):
    httpd, box = fresh.httpd, fresh.box
    assert ask(httpd, "callbacks") == {"callbacks": []}
    box.forget_requests()
    order_id = fresh.placed()
    [session] = [one for one in box.requests() if one["path"].endswith("/sessions")]
    path = session["body"]["merchant_urls"]["notification"].partition("example.test")[2]
    confidential.keep_from_logs(path.rpartition(".")[2])
    assert httpd.post(path, {}, user=None).status == 200
    assert httpd.post(path[:-4] + "0000", {}, user=None).status == 404
    [health] = ask(httpd, "callbacks")["callbacks"]
    assert (health["store"], health["kind"]) == ("default", "fraud")
    assert health["good"] == health["bad"] == 1 and health["why"] == "wrong_secret"
    assert health["last_good"] and health["last_bad"]
    assert order_id not in str(health)


# --- charts -------------------------------------------------------------------------------------

FIGURES = ("payments", "captures", "refunds", "refused", "unknown", "calls", "slow")


def figures(hour):
    return {name: hour[name] for name in FIGURES if hour[name]}


def test_charts_of_nothing(fresh):
    told = ask(fresh.httpd, "charts?hours=3")
    assert [set(hour) for hour in told["hours"]] == [
        {"at", "took_avg_ms", "took_max_ms", *FIGURES}] * 3
    assert told["from"] == told["hours"][0]["at"]
    for hour in told["hours"]:
        assert figures(hour) == {} and hour["took_avg_ms"] is hour["took_max_ms"] is None
    assert len(ask(fresh.httpd, "charts")["hours"]) == 24
    assert len(ask(fresh.httpd, "charts?hours=168")["hours"]) == 168
    assert len(ask(fresh.httpd, "charts?hours=")["hours"]) == 24


def all_of_it_in_one_hour():
    """Charts are by the hour: a minute before it ends is too late to begin."""
    left = 3600 - time.time() % 3600
    if left < 60:
        time.sleep(left)        # the next hour's beginning


def test_charts(fresh):
    """What was done now, and made-up operations of other hours and another store."""
    all_of_it_in_one_hour()
    httpd = fresh.httpd
    order_id = fresh.captured()
    fresh.done(fresh.act(order_id, "credit-invoices", {"amount": 100}))
    refuse(fresh, fresh.placed())
    lose(fresh, fresh.placed())
    now = ask(httpd, "charts")["hours"][-1]
    assert {**figures(now), "calls": 0} == {"payments": 3, "captures": 1, "refunds": 1,
                                            "refused": 1, "unknown": 1, "calls": 0}
    assert now["calls"] >= 6 and 0 < now["took_avg_ms"] <= now["took_max_ms"]

    [capture] = [operation for operation in fresh.get(f"/{order_id}/events")["operations"]
                 if operation["kind"] == "capture"]
    hour = int(time.time()) // 3600 * HOUR
    for place, (merchant, back, took) in enumerate([
            ("default", 1, 100), ("default", 1, 2001), ("default", 1, 2000), ("other", 1, 5000),
            ("default", 3, 7), ("default", 3, 0), ("default", 24, 9)]):
        made_up.operation(httpd, capture["id"], str(uuid.uuid4()), merchant=merchant, took=took,
                          updated_at=hour - back * HOUR + (HOUR - 1 if place == 0 else place))
    hours = ask(httpd, "charts")["hours"]
    assert figures(hours[-2]) == {"captures": 3, "calls": 3, "slow": 1}
    assert (hours[-2]["took_avg_ms"], hours[-2]["took_max_ms"]) == (1367, 2001)
    assert figures(hours[-3]) == {}
    assert figures(hours[-4]) == {"captures": 2, "calls": 1}
    assert (hours[-4]["took_avg_ms"], hours[-4]["took_max_ms"]) == (7, 7)
    assert figures(hours[0]) == {}              # 24 hours ago is the 25th
    assert figures(ask(httpd, "charts?hours=25")["hours"][0]) == {"captures": 1, "calls": 1}
    both = ask(httpd, "charts", "/both/operator")["hours"]
    assert figures(both[-2]) == {"captures": 4, "calls": 4, "slow": 2}
    assert (both[-2]["took_avg_ms"], both[-2]["took_max_ms"]) == (2275, 5000)


# --- the credential test (test_credentials.py has Klarna's own hosts) -----------------------------

def test_credentials_at_an_own_address(httpd, box):
    box.forget_requests()
    for base, store in ((OPERATOR, "default"), ("/both/operator", "other")):
        answer = httpd.post(f"{base}/credential-test", {"store": store} if store == "default"
                            else {}, "operator")
        assert answer.status == 200
        [result] = answer.json["results"]
        assert answer.json["store"] == store
        assert answer.json["configured"] == {"environment": "playground", "region": "eu"}
        assert result == {"environment": "playground", "region": "eu", "url": klarna_url(box),
                          "result": "accepted", "detail": result["detail"]}
    assert [(request["method"], request["merchant"]) for request in box.requests()] == [
        ("GET", USERNAME), ("GET", OTHER_USERNAME)]


def test_refused_credentials(box):
    server = Httpd(klarna_url(box), """
<KlarnaStore locked-out>
    KlarnaCredentials file:${DIR}/wrong
    KlarnaEndpoint ${KLARNA_URL}
</KlarnaStore>
<KlarnaStore nowhere>
    KlarnaCredentials file:${DIR}/wrong
    KlarnaEndpoint http://127.0.0.1:9
</KlarnaStore>
<Location /klarna/operator>
    KlarnaUseStore default locked-out nowhere
</Location>
""", start=False)
    server.write("wrong", f"PK9:{confidential.keep('not-the-password-20c7')}\n")
    server.hand_over()
    server.start()
    for store, expected in (("locked-out", "refused"), ("nowhere", "no_answer"),
                            ("default", "accepted")):
        answer = server.post(f"{OPERATOR}/credential-test", {"store": store}, "operator")
        [result] = answer.json["results"]
        assert (answer.json["store"], result["result"]) == (store, expected)
        assert "PK9" not in answer.raw.decode()
    server.stop()


@pytest.mark.parametrize("body, code, field", [
    ({"store": "other"}, "unknown_value", "store"), ({"store": 5}, "wrong_type", "store"),
    ({"store": ""}, "too_short", "store"), ({"stor": "x"}, "unknown_field", "stor")])
def test_a_wrong_credential_test(shop, httpd, body, code, field):
    with shop.nothing_happens():
        problem(httpd.post(f"{OPERATOR}/credential-test", body, "operator"), 400, code, field)


# --- the support bundle -----------------------------------------------------------------------------

SHAPES = [re.compile(shape) for shape in (
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",                                     # a time
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",        # an id
    r"[A-Z_]+", r"[a-z0-9_]+", r"2\.4\.\d+[\w~+.-]*", r"\d+\.\d+\.\d+[\w~+.-]*( \(OpenSSL/[\w.+-]+\))?")]


def texts(value):
    if isinstance(value, dict):
        for entry in value.values():
            yield from texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from texts(entry)
    elif isinstance(value, str):
        yield value


@pytest.fixture
def eventful(fresh):
    """A server on which people, shoppers and Klarna left their words everywhere."""
    httpd = fresh.httpd
    order_id = fresh.placed(carts.personal_cart())
    refuse(fresh, order_id, "Kunden Brynhild Quexington har spärrat kortet")
    shipped = [{"shipping_company": "Hushpost", "tracking_number": "TRACK-77-hush"}]
    fresh.done(fresh.act(order_id, "captures", {"everything": True, "reference": "CAP-hush",
                                                "description": "whisper", "shipping_info": shipped}))
    fresh.done(fresh.act(order_id, "credit-invoices", {"amount": 100, "reference": "CN-hush",
                                                       "comment": "murmured by the clerk"}))
    lose(fresh, order_id, "credit-invoices", {"amount": 200, "comment": "hush-hush"}, "/refunds$")
    httpd.post(f"/klarna/callbacks/fraud/{order_id}.00", {"order_id": "hush"}, user=None)
    return fresh, order_id


def test_the_bundle_may_be_posted(eventful):
    shop, order_id = eventful
    httpd = shop.httpd
    answer = httpd.get(f"{OPERATOR}/support-bundle", "operator")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="klarna-support.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    bundle = answer.json
    # It tells what is needed to help ...
    assert bundle["overview"]["queue"]["unknown"] == 1
    assert bundle["overview"]["callback_base"] is True
    assert bundle["overview"]["stores"][0]["own_endpoint"] is True
    assert [op["error_code"] for op in bundle["operations"]["refused"]] == ["CAPTURE_NOT_ALLOWED"]
    [unknown] = bundle["operations"]["open"]
    assert unknown["kind"] == "refund" and unknown["order_id"] == order_id
    assert bundle["callbacks"][0]["why"] and len(bundle["charts"]["hours"]) == 48
    assert {error["order_id"] for error in bundle["errors"]} == {order_id}
    # ... and nothing else: every text in it is a time, an id, a code or a version.
    for text in texts(bundle):
        assert any(shape.fullmatch(text) for shape in SHAPES), text
    _holds_nothing_of(answer.raw.decode(), shop, order_id)


def _holds_nothing_of(told, shop, order_id):
    """What the database and the configuration hold and a stranger must not see."""
    assert not confidential.leaks(told, is_log=True)
    order = shop.order(order_id)
    words = ["hush", "whisper", "murmured", "Brynhild", "spärrat", "R-2001", "127.0.0.1",
             "example.test", USERNAME, shop.httpd.dir, shop.httpd.database, order["klarna_order_id"],
             order["klarna_reference"], *USERS, *USERS.values(), *carts.PERSONAL]
    words += [str(capture["capture_id"]) for capture in order["captures"]]
    [row] = shop.httpd.sql("SELECT order_key, callback_secret, session_id FROM"
                           f" klarna_order WHERE id = '{order_id}'")
    words += [value for value in row if value]
    assert [word for word in words if word in told] == []


def test_a_bundle_of_nothing(fresh):
    bundle = ask(fresh.httpd, "support-bundle")
    assert bundle["operations"] == {"open": [], "refused": []}
    assert bundle["errors"] == bundle["callbacks"] == []


# --- markets ----------------------------------------------------------------------------------

def markets(httpd, base=OPERATOR, **query):
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return ask(httpd, f"markets?{words}" if words else "markets", base)


def market_test(httpd, body, base=OPERATOR):
    answer = httpd.post(f"{base}/market-test", body, "operator")
    assert answer.status == 200, answer.raw
    return answer.json


def test_the_markets_of_a_region(httpd):
    told = markets(httpd)
    assert (told["store"], told["region"]) == ("default", "eu")
    assert {"country": "SE", "currency": "SEK"} in told["markets"]
    assert "US" not in [entry["country"] for entry in told["markets"]]
    assert markets(httpd, "/both/operator", store="default") == told
    problem(httpd.get(f"{OPERATOR}/markets?store=x", "operator"), 400, "unknown_value", "store")
    problem(httpd.get(f"{OPERATOR}/markets?shop=x", "operator"), 400, "unknown_parameter", "shop")


def test_a_market_that_the_account_takes(httpd, box):
    """Each of the region's, by a session of its own that nobody will pay; nothing is stored."""
    before = httpd.rows()
    for entry in markets(httpd)["markets"]:
        told = market_test(httpd, {"country": entry["country"]})
        assert told["payment_methods"] and told == entry | {
            "store": "default", "result": "accepted", "payment_methods": told["payment_methods"],
            "detail": "Klarna offers payment methods there."}
    assert httpd.rows() == before


def test_a_market_that_it_does_not_take(httpd, box):
    box.fault("status", path="/sessions$", status=403, body={
        "error_code": "NOT_ALLOWED", "error_messages": ["Country not enabled"],
        "correlation_id": str(uuid.uuid4())})
    told = market_test(httpd, {"store": "default", "country": "NO"})
    assert told["result"] == "refused" and "NOT_ALLOWED" in told["detail"]
    assert told["payment_methods"] == []
    box.fault("status", path="/sessions$", status=503, body={})
    assert market_test(httpd, {"country": "NO"})["result"] == "no_answer"


@pytest.mark.parametrize("body, code, field", [
    ({}, "missing", "country"), ({"country": "XX"}, "unknown_country", "country"),
    ({"country": "US"}, "region_mismatch", "country"), ({"country": 7}, "wrong_type", "country"),
    ({"country": "SWE"}, "too_long", "country"),
    ({"country": "SE", "store": "none"}, "unknown_value", "store"),
    ({"country": "SE", "currency": "SEK"}, "unknown_field", "currency")])
def test_a_market_test_that_names_nothing_of_ours(httpd, shop, body, code, field):
    with shop.nothing_happens():
        problem(httpd.post(f"{OPERATOR}/market-test", body, "operator"), 400, code, field)
