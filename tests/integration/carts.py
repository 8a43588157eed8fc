# SPDX-License-Identifier: Apache-2.0
"""Right carts, and the shop's signature on them (JWS, HS256) with nothing but the standard
library, so that the module's own library is checked against another implementation."""
import base64
import hashlib
import hmac
import json
import time

import sandbox      # noqa: F401  (puts sandbox_client on the path)
from sandbox_client import line

import confidential

KEYS = {"demo": confidential.keep("6f1b" * 8 + "-first-cart-key"),
        "next": confidential.keep("93c7" * 8 + "-second-cart-key"),
        "other": confidential.keep("c05e" * 8 + "-other-shops-key")}

ADDRESS = {"given_name": "Brunhilda", "family_name": "Quexington-Ödegård",
           "email": "brunhilda.q@example.test", "street_address": "Zwischenallee 42",
           "postal_code": "11122", "city": "Vimmerbyhamn", "phone": "+46700123987",
           "country": "SE"}
CUSTOMER = {"date_of_birth": "1971-03-29"}
PERSONAL = [value for name, value in (ADDRESS | CUSTOMER).items()
            if name not in ("country", "postal_code")]
confidential.keep(*PERSONAL)


def lines():
    """Five lines: mixed VAT, a discount on a line, a discount line, shipping. 816.00 SEK."""
    return [line("shirt", 2, 19900), line("book", 1, 14900, 600),
            line("lamp", 3, 9900, discount=2700), line("voucher", 1, -5000, type="discount"),
            line("freight", 1, 4900, type="shipping_fee")]


def of(*entries, **more):
    return {"purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
            "order_amount": sum(entry["total_amount"] for entry in entries),
            "order_tax_amount": sum(entry["total_tax_amount"] for entry in entries),
            "order_lines": list(entries), **more}


def cart(**more):
    return of(*lines(), merchant_reference1="R-2001", **more)


# What a browser tells Klarna besides: some of it new, some in the place of what the cart told.
AT_AUTHORIZE = {"billing_address": {"street_address": "Zwischenallee 42 B", "region": "Kalmarsund"},
                "shipping_address": ADDRESS | {"attention": "Brunhildas porten"}}
PERSONAL += ["Zwischenallee 42 B", "Kalmarsund", "Brunhildas porten"]
confidential.keep(*PERSONAL)


def personal_cart():
    return cart(billing_address=ADDRESS, shipping_address=ADDRESS, customer=CUSTOMER)


def _encode(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(claims, header, secret, digest=hashlib.sha256):
    """A JWS of any make; digest None leaves the signature empty."""
    text = ".".join(_encode(json.dumps(part).encode()) for part in (header, claims))
    signature = b""
    if digest:
        signature = hmac.new(secret.encode(), text.encode(), digest).digest()
    return confidential.keep_from_logs(f"{text}.{_encode(signature)}")


def sign(content=None, kid="demo", lifetime=600, **claims):
    """A cart as the shop signs it."""
    content = cart() if content is None else content
    return token({"exp": int(time.time()) + lifetime, "cart": content} | claims,
                 {"alg": "HS256", "typ": "JWT", "kid": kid}, KEYS[kid])
