#!/usr/bin/python3 -I
# SPDX-License-Identifier: Apache-2.0
"""The shop's own server side: prices a basket and signs it as a cart for mod_klarna.

POST {"items": [{"sku": ..., "quantity": ...}], "discount_code": ...} gives
{"cart": {...}, "signed_cart": "..."}: what is bought, and the same as a JWS (HS256) that only
this shop can make. Prices come from catalogue.json and never from the request.

Environment: KLARNA_CART_KEY, the file with the secret (the one KlarnaCartKey names);
KLARNA_CART_KID, its key id; SHOP_URL (optional), where Klarna sends the shopper back to.
"""
import base64
import hashlib
import hmac
import json
import os
import sys
import time

CATALOGUE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "catalogue.json")
LIFETIME_S = 30 * 60
MAX_BODY = 16384
MAX_QUANTITY = 99


class Problem(Exception):
    """A refusal that becomes a problem document (RFC 9457)."""

    def __init__(self, status, code, detail, **members):
        super().__init__(detail)
        self.status = status
        self.document = {"type": f"urn:storefront:{code}", "status": status, "code": code,
                         "detail": detail, **members}


def wrong(field, got, expected):
    shown = json.dumps(got) if isinstance(got, (int, str)) and len(str(got)) < 40 else "a value"
    return Problem(400, "cart", f"{field} is {shown}; expected {expected}.", field=field,
                   expected=expected)


# --- what the browser asks ----------------------------------------------------------------

def read_body(environ, stream):
    text = stream.read(MAX_BODY + 1)
    while stream.read(MAX_BODY):
        pass  # an answer to a request that was not read to its end may be lost
    if environ.get("REQUEST_METHOD") != "POST":
        raise Problem(405, "method", "A cart is priced with POST.")
    if environ.get("CONTENT_TYPE", "").split(";")[0].strip().lower() != "application/json":
        raise Problem(415, "media_type", "The body must be application/json.")
    if len(text) > MAX_BODY:
        raise Problem(413, "too_large", f"The body has more than {MAX_BODY} bytes.")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise Problem(400, "not_json", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Problem(400, "not_json", "The body is not a JSON object.")
    for name in body:
        if name not in ("items", "discount_code"):
            raise wrong("body", name, "items and discount_code")
    return body


def read_items(body, products):
    """The basket as {sku: quantity}."""
    items = body.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= len(products):
        raise Problem(400, "cart", f"items must list 1 to {len(products)} products.",
                      field="items")
    basket = {}
    for i, item in enumerate(items):
        if not isinstance(item, dict) or set(item) != {"sku", "quantity"}:
            raise wrong(f"items[{i}]", None, "sku and quantity")
        sku, quantity = item["sku"], item["quantity"]
        if not isinstance(sku, str) or sku not in products or sku in basket:
            raise wrong(f"items[{i}].sku", sku, "a product of this shop, each once")
        if type(quantity) is not int or not 1 <= quantity <= MAX_QUANTITY:
            raise wrong(f"items[{i}].quantity", quantity, f"1 to {MAX_QUANTITY}")
        basket[sku] = quantity
    return basket


def read_discount(body, discounts):
    code = body.get("discount_code")
    if code in (None, ""):
        return None
    if not isinstance(code, str) or code.strip().upper() not in discounts:
        raise Problem(400, "discount_code", "This discount code is not valid.",
                      field="discount_code")
    return discounts[code.strip().upper()]


# --- the arithmetic, in whole minor units -------------------------------------------------

def divide(n, d):
    """n / d to the nearest whole number, halves away from zero; d > 0."""
    return -((-2 * n + d) // (2 * d)) if n < 0 else (2 * n + d) // (2 * d)


def line(kind, reference, name, quantity, unit_price, tax_rate):
    total = quantity * unit_price
    return {"type": kind, "reference": reference, "name": name, "quantity": quantity,
            "unit_price": unit_price, "tax_rate": tax_rate, "total_amount": total,
            "total_tax_amount": total - divide(total * 10000, 10000 + tax_rate)}


def discount_lines(discount, goods):
    """One line per tax rate: a discount takes back tax at the rate of what it is given on."""
    sums = {}
    for good in goods:
        sums[good["tax_rate"]] = sums.get(good["tax_rate"], 0) + good["total_amount"]
    return [line("discount", f"DISCOUNT-{rate // 100}", f"{discount['name']}, {rate // 100} % VAT",
                 1, -divide(total * discount["percent"], 100), rate)
            for rate, total in sorted(sums.items(), reverse=True)]


def make_cart(catalogue, body, shop_url):
    products = {product["sku"]: product for product in catalogue["products"]}
    basket = read_items(body, products)
    discount = read_discount(body, catalogue["discounts"])
    ship = catalogue["shipping"]
    lines = [line("physical", sku, products[sku]["name"], quantity, products[sku]["unit_price"],
                  products[sku]["tax_rate"]) for sku, quantity in basket.items()]
    if discount:
        lines += discount_lines(discount, lines)
    lines.append(line("shipping_fee", ship["reference"], ship["name"], 1, ship["unit_price"],
                      ship["tax_rate"]))
    cart = {name: catalogue[name] for name in ("purchase_country", "purchase_currency", "locale")}
    cart["order_amount"] = sum(each["total_amount"] for each in lines)
    cart["order_tax_amount"] = sum(each["total_tax_amount"] for each in lines)
    cart["order_lines"] = lines
    if shop_url:
        cart["merchant_urls"] = {"confirmation": f"{shop_url}?order"}
    return cart


# --- the signature ------------------------------------------------------------------------

def sign_cart(cart, kid, secret):
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=")
    head = {"alg": "HS256", "typ": "JWT", "kid": kid}
    claims = {"exp": int(time.time()) + LIFETIME_S, "cart": cart}
    text = b".".join(part(json.dumps(each).encode()) for each in (head, claims))
    return (text + b"." + part(hmac.new(secret, text, hashlib.sha256).digest())).decode()


def read_secret(environ):
    try:
        with open(environ["KLARNA_CART_KEY"], "rb") as file:
            secret = file.readline().rstrip(b"\r\n")
        return environ["KLARNA_CART_KID"], secret
    except (KeyError, OSError) as error:
        print(f"cart.cgi: KLARNA_CART_KEY and KLARNA_CART_KID are needed: {error}",
              file=sys.stderr)
        raise Problem(500, "not_configured", "The shop cannot sign carts right now.") from None


def main(environ, stream):
    with open(CATALOGUE, encoding="utf-8") as file:
        catalogue = json.load(file)
    cart = make_cart(catalogue, read_body(environ, stream), environ.get("SHOP_URL"))
    return {"cart": cart, "signed_cart": sign_cart(cart, *read_secret(environ))}


try:
    status, kind, answer = 200, "application/json", main(os.environ, sys.stdin.buffer)
except Problem as problem:
    status, kind, answer = problem.status, "application/problem+json", problem.document
print(f"Status: {status}\r\nContent-Type: {kind}\r\nCache-Control: no-store\r")
if status == 405:
    print("Allow: POST\r")
print("\r")
print(json.dumps(answer))
