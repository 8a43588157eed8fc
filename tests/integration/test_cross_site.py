# SPDX-License-Identifier: Apache-2.0
"""Browsers send Basic credentials by themselves, whosever page asks. A page of another site must
neither read nor change anything, one of a neighbouring host must change nothing."""
import pytest

from shop import CHECKOUT, ORDERS, new_key, problem

OPERATOR = "/klarna/operator"
# What of it opens: reading, changing.
ALL, READ, NONE = (True, True), (True, False), (False, False)


def _asked(httpd, headers, order_id):
    """The answers to a read and to two changes."""
    key = new_key()
    read = httpd.get(f"{ORDERS}/{order_id}", headers=headers)
    changed = httpd.post(f"{ORDERS}/{order_id}/captures", {"everything": True}, key=key,
                         headers=headers)
    tested = httpd.post(f"{OPERATOR}/credential-test", {"stor": ""}, "operator", headers=headers)
    return read, changed, tested


def _check(shop, httpd, headers, opens):
    order_id = shop.placed()
    read, changed, tested = _asked(httpd, headers, order_id)
    reads, changes = opens
    if reads:
        assert read.status == 200
    else:
        problem(read, 403, "cross_site")
    if changes:
        shop.done(changed)
        problem(tested, 400, "unknown_field", "stor")
    else:
        problem(changed, 403, "cross_site")
        problem(tested, 403, "cross_site")
    assert bool(shop.order(order_id)["captures"]) is changes


@pytest.mark.parametrize("site, opens", [
    ("cross-site", NONE), ("same-site", READ), ("same-origin", ALL), ("none", ALL)])
def test_what_the_browser_says_of_the_page(shop, httpd, site, opens):
    _check(shop, httpd, {"Sec-Fetch-Site": site}, opens)


@pytest.mark.parametrize("origin, host, opens", [
    ("http://127.0.0.1:{port}", "127.0.0.1:{port}", ALL),
    ("https://127.0.0.1:{port}", "127.0.0.1:{port}", ALL),      # TLS ends before us
    ("https://shop.example.test", "shop.example.test", ALL),
    ("https://Shop.Example.test", "shop.EXAMPLE.test", ALL),
    ("https://shop.example.test", "shop.example.test:443", ALL),
    ("https://shop.example.test:443", "shop.example.test", ALL),
    ("http://shop.example.test", "shop.example.test:80", ALL),
    ("http://[::1]:{port}", "[::1]:{port}", ALL),
    ("https://shop.example.test", "shop.example.test:80", READ),
    ("http://shop.example.test", "shop.example.test:443", READ),
    ("http://shop.example.test:8080", "shop.example.test", READ),
    ("http://shop.example.test", "shop.example.test:8080", READ),
    ("https://shop.example.test.evil.test", "shop.example.test", READ),
    ("https://shop.example.tes", "shop.example.test", READ),
    ("https://evil-shop.example.test", "shop.example.test", READ),
    ("https://evil.test", "shop.example.test", READ),
    ("https://shop.example.test, https://evil.test", "shop.example.test", READ),
    ("https://", "shop.example.test", READ),
    ("null", "shop.example.test", READ),
    ("", "shop.example.test", READ),
    ("shop.example.test", "shop.example.test", READ),
    ("file://shop.example.test", "shop.example.test", READ),
])
def test_where_the_page_is_from(shop, httpd, origin, host, opens):
    _check(shop, httpd, {"Origin": origin.format(port=httpd.port),
                         "Host": host.format(port=httpd.port)}, opens)


def test_neither_header_makes_up_for_the_other(shop, httpd):
    own = f"http://127.0.0.1:{httpd.port}"
    _check(shop, httpd, {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.test"}, READ)
    _check(shop, httpd, {"Sec-Fetch-Site": "same-site", "Origin": own}, READ)
    _check(shop, httpd, {"Sec-Fetch-Site": "cross-site", "Origin": own}, NONE)


def test_other_methods_change_too(shop, httpd):
    with shop.nothing_happens():
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
            answer = httpd.ask(method, ORDERS, user="clerk", headers={"Sec-Fetch-Site": "same-site"})
            problem(answer, 403, "cross_site")
        answer = httpd.ask("HEAD", ORDERS, user="clerk", headers={"Sec-Fetch-Site": "same-site"})
        assert answer.status == 200


def test_the_storefront_may_stand_elsewhere(shop, httpd):
    """What is open to everybody is not closed by this."""
    answer = shop.send_cart(headers={"Sec-Fetch-Site": "same-site",
                                     "Origin": "https://www.shop.example.test"})
    assert answer.status == 201
    assert httpd.get(f"{CHECKOUT}/orders/x", None,
                     headers={"Sec-Fetch-Site": "cross-site"}).status == 404
