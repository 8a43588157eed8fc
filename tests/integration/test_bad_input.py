# SPDX-License-Identifier: Apache-2.0
"""Bad input at the doors: a clear 4xx, nothing stored, nothing sent."""
import copy
import json
import socket

import pytest

import carts
from shop import CHECKOUT, HEALTH, ORDERS, new_key, problem

SESSIONS = CHECKOUT + "/sessions"
LIMIT = 65536


# --- the body -------------------------------------------------------------------------------

@pytest.mark.parametrize("raw", [b"", b"signed_cart=x", b"{", b"{}{}", b"nul", b"\xff\xfe{}",
                                 b'{"a":1,"a":2}', b'{"a":"\\u0000"}', b"{} x",
                                 b"[" * 100_000 + b"]" * 100_000, b"[" * 40 + b"]" * 40],
                         ids=lambda raw: repr(raw[:12]))
def test_not_json(shop, httpd, raw):
    with shop.nothing_happens():
        answer = httpd.post(SESSIONS, None, None, raw=raw)
        if len(raw) > LIMIT:
            problem(answer, 413, "body_too_large", "body")
        else:
            told = problem(answer, 400, "not_json")
            assert "signed_cart" not in json.dumps(told)


@pytest.mark.parametrize("raw", [b"[]", b"[1]"])
def test_not_an_object(shop, httpd, raw):
    with shop.nothing_happens():
        assert 400 == httpd.post(SESSIONS, None, None, raw=raw).status


def _padded(size):
    text = json.dumps({"signed_cart": carts.sign()}).encode()
    return text + b" " * (size - len(text))


def _pieces(raw):
    return iter([raw[start:start + 7000] for start in range(0, len(raw), 7000)])


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [LIMIT + 1, 65 * 1024 + 1, 4 * LIMIT])
def test_a_body_that_is_too_large(shop, httpd, size, chunked):
    raw = _padded(size)
    headers = {"Transfer-Encoding": "chunked"} if chunked else {}
    with shop.nothing_happens():
        answer = httpd.post(SESSIONS, None, None, raw=_pieces(raw) if chunked else raw,
                            chunked=chunked, headers=headers)
        problem(answer, 413, "body_too_large", "body", expected="65536 bytes")


@pytest.mark.parametrize("chunked", [False, True])
def test_the_largest_body(httpd, chunked):
    raw = _padded(LIMIT)
    headers = {"Transfer-Encoding": "chunked"} if chunked else {}
    answer = httpd.post(SESSIONS, None, None, raw=_pieces(raw) if chunked else raw,
                        chunked=chunked, headers=headers)
    assert answer.status == 201


def test_a_body_that_ends_too_early(shop, httpd):
    with shop.nothing_happens(), socket.create_connection(("127.0.0.1", httpd.port), 10) as s:
        s.sendall(b"POST " + SESSIONS.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: "
                  b"application/json\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{}")
        s.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: s.recv(4096), b""))
    assert answer.split(b" ")[1] == b"400"


@pytest.mark.parametrize("media", [None, "text/plain", "application/x-www-form-urlencoded",
                                   "application/jsonp", "multipart/form-data; boundary=x"])
def test_another_media_type(shop, httpd, media):
    raw = json.dumps({"signed_cart": carts.sign()}).encode()
    with shop.nothing_happens():
        answer = httpd.post(SESSIONS, None, None, raw=raw, headers={"Content-Type": media or ""})
        problem(answer, 415, "media_type", "Content-Type", expected="application/json")


@pytest.mark.parametrize("media", ["application/json", "application/json; charset=utf-8",
                                   "Application/JSON"])
def test_the_right_media_type(httpd, media):
    answer = httpd.post(SESSIONS, {"signed_cart": carts.sign()}, None,
                        headers={"Content-Type": media})
    assert answer.status == 201


# --- paths and methods ----------------------------------------------------------------------

SOME_ID = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("method, path, allow", [
    ("GET", SESSIONS, "POST"),
    ("PUT", SESSIONS, "POST"),
    ("DELETE", SESSIONS, "POST"),
    ("HEAD", SESSIONS, "POST"),
    ("DELETE", f"{CHECKOUT}/orders/{SOME_ID}", "GET"),
    ("POST", ORDERS, "GET"),
    ("DELETE", f"{ORDERS}/{SOME_ID}", "GET"),
    ("GET", f"{ORDERS}/{SOME_ID}/captures", "POST"),
    ("GET", f"{ORDERS}/{SOME_ID}/cancel", "POST"),
    ("PATCH", f"{ORDERS}/{SOME_ID}/cancel", "POST"),
    ("POST", HEALTH, "GET"),
])
def test_a_wrong_method(shop, httpd, method, path, allow):
    with shop.nothing_happens():
        answer = httpd.ask(method, path, user="clerk")
        assert answer.headers["Allow"] == allow
        if method == "HEAD":
            assert answer.status == 405 and answer.raw == b""
        else:
            problem(answer, 405, "method_not_allowed", "method", got=method, expected=allow)


@pytest.mark.parametrize("path", [
    CHECKOUT, CHECKOUT + "/", CHECKOUT + "/nothing", SESSIONS + "/a/b", SESSIONS + "/a/b/c/d/e/f",
    CHECKOUT + "/orders/a/b/c/d/e", CHECKOUT + "/sessions%2fx",
    f"{ORDERS}/{SOME_ID}/nothing", f"{ORDERS}/{SOME_ID}/captures/x/shipping-info/y",
    f"{ORDERS}/{SOME_ID}/credit-invoices/x", "/klarna/status", "/klarna/status/healthy",
])
def test_a_path_without_a_route(shop, httpd, path):
    with shop.nothing_happens():
        answer = httpd.post(path, {}, key=new_key())
        assert answer.status == 404
        if "%2f" not in path:
            problem(answer, 404, "no_such_route")


def test_slashes_do_not_matter(httpd):
    assert httpd.get(ORDERS + "/").status == httpd.get(ORDERS).status == 200


# --- the cart -------------------------------------------------------------------------------

def _refused(shop, cart, code, field, status=400, **more):
    with shop.nothing_happens():
        return problem(shop.send_cart(cart), status, code, field, **more)


AMOUNTS = [(name, by, f"order_lines[{i}].{field}") for i in range(5) for name, by, field in [
    (f"order_lines/{i}/total_amount", 1, "total_amount"),
    (f"order_lines/{i}/total_amount", -1, "total_amount"),
    (f"order_lines/{i}/unit_price", -1, "total_amount"),
    (f"order_lines/{i}/total_discount_amount", 1, "total_amount"),
    (f"order_lines/{i}/total_tax_amount", 2, "total_tax_amount"),
    (f"order_lines/{i}/total_tax_amount", -2, "total_tax_amount"),
]] + [
    ("order_lines/0/quantity", 1, "order_lines[0].total_amount"),
    ("order_lines/1/unit_price", 1, "order_lines[1].total_amount"),
    ("order_amount", 1, "order_amount"), ("order_amount", -1, "order_amount"),
    ("order_tax_amount", 7, "order_tax_amount"), ("order_tax_amount", -7, "order_tax_amount"),
]


@pytest.mark.parametrize("path, by, field", AMOUNTS)
def test_an_amount_that_is_off(shop, path, by, field):
    cart = carts.cart()
    *way, name = path.split("/")
    place = cart
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    place[name] += by
    # Unless the amount itself was changed, the total shows the fault.
    changed = place[name] if field.endswith(name) else place["total_amount"]
    _refused(shop, cart, {"order_amount": "order_total", "order_tax_amount": "order_tax"}.get(
        field, "line_tax" if "tax" in field else "line_total"), field, got=str(changed))


WRONG = [
    # path, value (None: taken away), code, field, got, part of expected
    ("purchase_currency", "EUR", "currency_mismatch", "purchase_currency", "EUR", "SEK"),
    ("purchase_currency", "XXX", "currency_mismatch", "purchase_currency", "XXX", "SEK"),
    ("purchase_currency", "kr", "too_short", "purchase_currency", None, "3 to 3"),
    ("purchase_currency", None, "missing", "purchase_currency", None, "a string"),
    ("purchase_country", "DE", "currency_mismatch", "purchase_currency", "SEK", "EUR"),
    ("purchase_country", "XX", "unknown_country", "purchase_country", "XX", "SE"),
    ("purchase_country", "se", "unknown_country", "purchase_country", "se", "SE"),
    ("purchase_country", "US", "region_mismatch", "purchase_country", "US", "region eu"),
    ("purchase_country", 46, "wrong_type", "purchase_country", None, "a string"),
    ("locale", "de-DE", "locale_mismatch", "locale", "de-DE", "sv-SE or en-SE"),
    ("order_amount", "81600", "wrong_type", "order_amount", None, "an integer"),
    ("order_amount", 81600.0, "wrong_type", "order_amount", None, "an integer"),
    ("order_amount", -1, "out_of_range", "order_amount", "-1", "1 to 200000000"),
    ("order_amount", 0, "out_of_range", "order_amount", "0", "1 to 200000000"),
    ("order_amount", 10 ** 18, "out_of_range", "order_amount", None, "200000000"),
    ("order_amount", None, "missing", "order_amount", None, "an integer"),
    ("order_lines", None, "missing", "order_lines", None, "an array"),
    ("order_lines", [], "out_of_range", "order_lines", "0 entries", "1 to 1000 entries"),
    ("order_lines", {}, "wrong_type", "order_lines", None, "an array"),
    ("order_lines/2", "lamp", "wrong_type", "order_lines[2]", None, "an object"),
    ("order_lines/2/quantity", 0, "out_of_range", "order_lines[2].quantity", "0", "1 to"),
    ("order_lines/2/quantity", 1.5, "wrong_type", "order_lines[2].quantity", None,
     "an integer"),
    ("order_lines/2/quantity", True, "wrong_type", "order_lines[2].quantity", None,
     "an integer"),
    ("order_lines/2/name", None, "missing", "order_lines[2].name", None, "a string"),
    ("order_lines/2/name", "", "too_short", "order_lines[2].name", None, "1 to 255"),
    ("order_lines/2/name", "a\nb", "control_character", "order_lines[2].name", None,
     "control"),
    ("order_lines/2/type", "gift", "unknown_value", "order_lines[2].type", "gift",
     "gift_card"),
    ("order_lines/2/type", "return_fee", "unknown_value", "order_lines[2].type", "return_fee",
     "physical"),
    ("order_lines/2/type", "discount", "line_sign", "order_lines[2].unit_price", "9900", "0"),
    ("order_lines/3/type", "physical", "line_sign", "order_lines[3].unit_price", "-5000", "0"),
    ("order_lines/2/tax_rate", 10001, "out_of_range", "order_lines[2].tax_rate", "10001",
     "10000"),
    ("order_lines/2/reference", "shirt", "duplicate_reference", "order_lines[2].reference",
     "shirt", "no other line"),
    ("order_lines/2/price", 1, "unknown_field", "order_lines[2].price", None, "unit_price"),
    ("order_lines/4/type", "sales_tax", "sales_tax", "order_lines[4].type", "sales_tax", "US"),
    ("total", 81600, "unknown_field", "total", None, "order_amount"),
    ("billing_address", {"given_nam": "x"}, "unknown_field", "billing_address.given_nam", None,
     "given_name"),
    ("billing_address", {"postal_code": "9" * 11}, "too_long", "billing_address.postal_code",
     None, "10"),
    ("merchant_urls", {"confirmation": "javascript:alert(1)"}, "unknown_value",
     "merchant_urls.confirmation", None, "https://"),
    ("merchant_urls", {"push": "https://x.test/"}, "unknown_field", "merchant_urls.push", None,
     "confirmation"),
]


@pytest.mark.parametrize("path, value, code, field, got, expected", WRONG,
                         ids=[f"{row[0]}={str(row[1])[:20]}" for row in WRONG])
def test_a_wrong_cart(shop, path, value, code, field, got, expected):
    cart = copy.deepcopy(carts.cart())
    *way, name = path.split("/")
    place = cart
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    if value is None:
        del place[name]
    else:
        place[int(name) if name.isdigit() else name] = value
    _refused(shop, cart, code, field, got=got, expected=expected)


def test_personal_values_are_not_quoted(shop):
    cart = carts.personal_cart()
    cart["billing_address"] = dict(carts.ADDRESS, postal_code="Zwischenallee 42 and more")
    _refused(shop, cart, "too_long", "billing_address.postal_code")
    cart["billing_address"] = dict(carts.ADDRESS, given_name={"first": "Brunhilda"})
    _refused(shop, cart, "wrong_type", "billing_address.given_name")


@pytest.mark.parametrize("told, code, field", [
    ({"billing_address": "Zwischenallee 42"}, "wrong_type", "billing_address"),
    ({"billing_address": carts.ADDRESS | {"postal_code": 11122}}, "wrong_type",
     "billing_address.postal_code"),
    ({"shipping_address": carts.ADDRESS | {"country": "Sweden"}}, "too_long",
     "shipping_address.country"),
    ({"shipping_address": carts.ADDRESS | {"city": "Vimmerby\nhamn"}}, "control_character",
     "shipping_address.city"),
    ({"customer": {"date_of_birth": "29 March 1971"}}, "too_long", "customer.date_of_birth"),
    ({"adress": {}}, "unknown_field", "adress"),
])
def test_what_klarna_cannot_have_been_told(shop, told, code, field):
    payment = shop.authorized()
    payment.told = told
    with shop.nothing_happens():
        problem(shop.place(payment), 400, code, field)
    payment.told = {}
    assert shop.place(payment).status == 201


def test_a_misspelt_member_of_the_request(shop, httpd):
    with shop.nothing_happens():
        problem(httpd.post(SESSIONS, {"signedcart": carts.sign()}, None), 400, "unknown_field",
                "signedcart", expected="signed_cart")
        problem(httpd.post(SESSIONS, {"signed_cart": 5}, None), 400, "wrong_type",
                "signed_cart", expected="a string")
