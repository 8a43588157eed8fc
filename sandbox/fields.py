# SPDX-License-Identifier: Apache-2.0
"""Types and limits of the fields of both APIs, as tables, and the walker that applies them.

A table maps a field name to a checker; a checker takes (value, path) and raises BadField with
the path Klarna would name. Unknown fields pass, null counts as absent, as with Klarna.
"""
import re

from api import BadField

INT64 = 2 ** 63
AMOUNT = 200_000_000        # the cap of most amounts, minor units


def _check_size(size, shortest, longest, path, unit):
    if not shortest <= size <= longest:
        raise BadField(path, f"has {size} {unit}, {shortest} to {longest} are allowed",
                       (shortest, longest))


def text(longest, shortest=0, pattern=None):
    match = re.compile(pattern).fullmatch if pattern else None

    def check(value, path):
        if not isinstance(value, str):
            raise BadField(path, "must be a string")
        _check_size(len(value), shortest, longest, path, "characters")
        if match and not match(value):
            raise BadField(path, f"does not match {pattern}")
    return check


def integer(low=-INT64, high=INT64 - 1):
    def check(value, path):
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadField(path, "must be an integer")
        if not low <= value <= high:
            raise BadField(path, f"is {value}, {low} to {high} is allowed")
    return check


def choice(*values, fold=False):
    def check(value, path):
        known = isinstance(value, str) and (value.upper() if fold else value) in values
        if not known:
            raise BadField(path, f"must be one of {', '.join(values)}")
    return check


def boolean(value, path):
    if not isinstance(value, bool):
        raise BadField(path, "must be true or false")


def obj(table, required=()):
    def check(value, path):
        if not isinstance(value, dict):
            raise BadField(path, "must be an object")
        check_fields(value, table, required, path + ".")
    return check


def array(item, shortest, longest):
    def check(value, path):
        if not isinstance(value, list):
            raise BadField(path, "must be an array")
        _check_size(len(value), shortest, longest, path, "items")
        for index, entry in enumerate(value):
            item(entry, f"{path}[{index}]")
    return check


def check_fields(body, table, required=(), prefix=""):
    """Checks every known field of an object; required ones must be there and not null."""
    for name in required:
        if body.get(name) is None:
            raise BadField(prefix + name, "is required")
    for name, value in body.items():
        if value is not None and name in table:
            table[name](value, prefix + name)


COUNTRY = text(2, 2, "[A-Za-z]{2}")
CURRENCY = text(3, 3, "[A-Za-z]{3}")
COLOR = text(7, 7, "#[A-Fa-f0-9]{6}")
LINE_REQUIRED = ("name", "quantity", "unit_price", "total_amount")
LINE_TYPES = ("physical", "discount", "shipping_fee", "sales_tax", "digital", "gift_card",
              "store_credit", "surcharge")

_IDENTIFIERS = obj({
    "brand": text(70), "category_path": text(750), "global_trade_item_number": text(50),
    "manufacturer_part_number": text(70), "color": text(64), "size": text(64),
})
_SUBSCRIPTION = obj({
    "name": text(255, 1), "interval": choice("DAY", "WEEK", "MONTH", "YEAR"),
    "interval_count": integer(1),
}, ("name", "interval", "interval_count"))


def _line(types, name_shortest, unit_shortest, unit_longest, rate_highest, amount_highest):
    return obj({
        "name": text(255, name_shortest), "quantity": integer(0),
        "unit_price": integer(high=AMOUNT), "total_amount": integer(high=AMOUNT),
        "tax_rate": integer(0, rate_highest), "total_tax_amount": integer(high=amount_highest),
        "total_discount_amount": integer(0, amount_highest), "type": choice(*types),
        "reference": text(255), "quantity_unit": text(unit_longest, unit_shortest),
        "image_url": text(1024), "product_url": text(1024), "merchant_data": text(1024),
        "product_identifiers": _IDENTIFIERS, "subscription": _SUBSCRIPTION,
    }, LINE_REQUIRED)


KP_LINE = _line(LINE_TYPES, 1, 1, 8, 10000, INT64 - 1)
OM_LINE = _line(LINE_TYPES + ("return_fee",), 0, 0, 10, 2 ** 31 - 1, AMOUNT)

KP_ADDRESS = obj({
    **{name: text(99) for name in (
        "given_name", "family_name", "street_address", "street_address2", "city", "region",
        "email", "phone", "organization_name", "attention")},
    "postal_code": text(10), "title": text(20), "country": COUNTRY,
})
OM_ADDRESS = obj({
    **{name: text(100) for name in (
        "given_name", "family_name", "street_address", "street_address2", "email", "phone")},
    **{name: text(200) for name in ("city", "region")},
    **{name: text(255) for name in ("organization_name", "attention")},
    "postal_code": text(10), "title": text(20), "country": COUNTRY,
})

_CUSTOMER = obj({
    "date_of_birth": text(10, 10, "[0-9]{4}-[0-9]{2}-[0-9]{2}"), "gender": text(255),
    "title": text(255), "type": choice("person", "organization"),
    "last_four_ssn": text(9, 4, "[0-9]{4}|[0-9]{9}"),
    "national_identification_number": text(255), "organization_registration_id": text(255),
    "organization_entity_type": text(255), "vat_id": text(255),
})
_URLS = obj({name: text(2000) for name in (
    "confirmation", "notification", "push", "authorization")})

ORDER_REQUIRED = ("purchase_country", "purchase_currency", "order_amount", "order_lines")
ORDER = {
    "purchase_country": COUNTRY, "purchase_currency": CURRENCY,
    "locale": text(255, 2, "[A-Za-z]{2}(-[A-Za-z]{2})*"),
    "order_amount": integer(0), "order_tax_amount": integer(0),
    "order_lines": array(KP_LINE, 1, 1000),
    "merchant_reference1": text(255), "merchant_reference2": text(255),
    "merchant_data": text(6000), "merchant_urls": _URLS,
    "billing_address": KP_ADDRESS, "shipping_address": KP_ADDRESS, "customer": _CUSTOMER,
    "attachment": obj({"body": text(2 ** 20), "content_type": text(255)},
                      ("body", "content_type")),
    "custom_payment_method_ids": array(text(255), 0, 100), "auto_capture": boolean,
}
SESSION = {
    **ORDER,
    "acquiring_channel": choice("ECOMMERCE", "IN_STORE", "TELESALES", fold=True),
    "intent": choice("buy", "tokenize", "buy_and_tokenize", "buy_and_default_tokenize",
                     "buy_and_link"),
    "design": text(255),
    "options": obj({"color_border": COLOR, "color_border_selected": COLOR,
                    "color_details": COLOR, "color_text": COLOR, "radius_border": text(255)}),
}

_SHIPPING_INFO = obj({
    "shipping_company": text(100), "tracking_number": text(100), "tracking_uri": text(1024),
    "shipping_method": choice(
        "PickUpStore", "Home", "BoxReg", "BoxUnreg", "PickUpPoint", "Own", "Postal",
        "DHLPackstation", "Digital", "Undefined", "PickUpWarehouse", "ClickCollect",
        "PalletDelivery"),
    "return_shipping_company": text(100), "return_tracking_number": text(100),
    "return_tracking_uri": text(1024),
})
_OM_LINES = array(OM_LINE, 0, 1000)
CAPTURE = {
    "captured_amount": integer(0, AMOUNT), "description": text(255), "reference": text(255),
    "order_lines": _OM_LINES, "shipping_info": array(_SHIPPING_INFO, 0, 500),
    "shipping_delay": integer(0),
}
REFUND = {
    "refunded_amount": integer(0, AMOUNT), "description": text(255), "reference": text(255),
    "order_lines": _OM_LINES,
}
AUTHORIZATION = {
    "order_amount": integer(0, AMOUNT), "description": text(255), "order_lines": _OM_LINES,
}
DUE_DATE = {"number_of_days": integer(1, 2 ** 31 - 1)}
SHIPPING_INFO = {"shipping_info": array(_SHIPPING_INFO, 1, 500)}
REFERENCES = {"merchant_reference1": text(255), "merchant_reference2": text(255)}
CUSTOMER_DETAILS = {"shipping_address": OM_ADDRESS}
