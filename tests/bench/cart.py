# SPDX-License-Identifier: Apache-2.0
"""The shopper's request: a cart of five lines, plain or signed by the shop, right or off by one."""
import base64
import functools
import hashlib
import hmac
import json
import time

KEY_ID = "bench"
KEY = "bench-only-secret-that-signs-the-carts-of-this-run"
LIFE_S = 3600  # a run is shorter
REFERENCE = "SHOP-2024-000417"

# type, reference, name, quantity, unit price, tax rate, total, tax: minor units of SEK
LINES = (
    ("physical", "SKU-10012-BLUE-M", "Merino sweater, blue, size M", 1, 89900, 2500, 89900, 17980),
    ("physical", "SKU-20455-43", "Walking shoes, brown leather, size 43", 2, 129500, 2500, 259000,
     51800),
    ("physical", "BOOK-9780000000019", "Atlas of the northern archipelago", 1, 34900, 600, 34900,
     1975),
    ("shipping_fee", "SHIP-STD", "Delivery to the door, two working days", 1, 4900, 2500, 4900,
     980),
    ("discount", "SPRING-10", "Spring discount for members", 1, -10000, 2500, -10000, -2000),
)
NAMES = ("type", "reference", "name", "quantity", "unit_price", "tax_rate", "total_amount",
         "total_tax_amount")


def _line(values):
    line = dict(zip(NAMES, values))
    if line["type"] == "physical":
        line["product_url"] = "https://shop.example/products/" + line["reference"].lower()
    return line


def cart(off_by=0, reference=REFERENCE):
    """The cart; with off_by its order_amount is wrong, which only the last check finds."""
    return {
        "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
        "order_amount": sum(line[6] for line in LINES) + off_by,
        "order_tax_amount": sum(line[7] for line in LINES),
        "order_lines": [_line(line) for line in LINES],
        "merchant_reference1": reference,
        "merchant_urls": {"confirmation": f"https://shop.example/thanks?order={reference}"},
    }


def _text(value):
    return json.dumps(value, separators=(",", ":"))


def plain(off_by=0):
    return _text({"cart": cart(off_by)})


def _b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(off_by=0, reference=REFERENCE):
    """The cart as a JWS (HS256) of the shop."""
    head = {"alg": "HS256", "kid": KEY_ID, "typ": "JWT"}
    claims = {"exp": int(time.time()) + LIFE_S, "cart": cart(off_by, reference)}
    parts = ".".join(_b64(_text(part).encode()) for part in (head, claims))
    return parts + "." + _b64(hmac.new(KEY.encode(), parts.encode(), hashlib.sha256).digest())


@functools.cache
def signed(off_by=0):
    """The body that a storefront sends. Made once, as a repeated Idempotency-Key must come with the
    very same body."""
    return _text({"signed_cart": token(off_by)})


def session():
    """What the upstream answers: about 1 KB in the shape of a Klarna Payments session."""
    methods = [{"identifier": "klarna", "name": name, "asset_urls": {
        "descriptive": f"https://upstream.example/badges/{name}/descriptive.svg",
        "standard": f"https://upstream.example/badges/{name}/standard.svg"}}
        for name in ("pay_later", "pay_over_time")]
    return _text({"session_id": "0b1d9815-165e-42e2-8867-35bc03789e00",
                  "client_token": "eyJhbGciOiJSUzI1NiJ9." + "bench" * 80 + ".c2lnbmF0dXJl",
                  "payment_method_categories": methods})

