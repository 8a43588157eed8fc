# SPDX-License-Identifier: Apache-2.0
"""The arithmetic and the pairs Klarna checks. Integers only; never a float.

Types and limits (fields.py) have been checked before any function here is called.
"""
from api import BadField
from countries import COUNTRIES, REGION_IS_MANDATORY


def value(line, name):
    return line.get(name) or 0


def check_line(line, path):
    """total = quantity x unit price - discount, exactly; tax within one minor unit of exact."""
    total = line["total_amount"]
    expected = line["quantity"] * line["unit_price"] - value(line, "total_discount_amount")
    if total != expected:
        raise BadField(f"{path}.total_amount", f"is {total}, quantity x unit_price - "
                                               f"total_discount_amount is {expected}")
    rate, tax = value(line, "tax_rate"), value(line, "total_tax_amount")
    if abs(tax * (10000 + rate) - total * rate) > 10000 + rate:
        nearest = (2 * total * rate + 10000 + rate) // (2 * (10000 + rate))
        raise BadField(f"{path}.total_tax_amount",
                       f"is {tax}, expected {nearest} (one minor unit off is accepted)")
    if line.get("type") == "discount" and tax > 0:
        raise BadField(f"{path}.total_tax_amount", "of a discount can not be positive")


def check_lines(lines, amount, amount_name):
    """Every line by itself, then their sum against the amount they explain."""
    for index, line in enumerate(lines):
        check_line(line, f"order_lines[{index}]")
    total = sum(line["total_amount"] for line in lines)
    if total != amount:
        raise BadField("order_lines", f"adds up to {total}, {amount_name} is {amount}")


def _check_sales_tax(order):
    """US: tax stands on lines of its own, all other lines carry none."""
    tax = 0
    for index, line in enumerate(order["order_lines"]):
        for name in ("tax_rate", "total_tax_amount"):
            if value(line, name):
                raise BadField(f"order_lines[{index}].{name}", "is not 0, but the US have no tax "
                                                               "on a line")
        if line.get("type") == "sales_tax":
            tax += line["total_amount"]
    if value(order, "order_tax_amount") != tax:
        raise BadField("order_tax_amount", f"is {value(order, 'order_tax_amount')}, the sales_tax "
                                           f"lines are {tax}")


def _check_tax_total(order):
    if order.get("order_tax_amount") is None:
        return
    tax = sum(value(line, "total_tax_amount") for line in order["order_lines"])
    if abs(order["order_tax_amount"] - tax) > len(order["order_lines"]):
        raise BadField("order_tax_amount",
                       f"is {order['order_tax_amount']}, the lines add up to {tax}")


def effective_country(order):
    """The billing country wins over the purchase country."""
    billing = order.get("billing_address") or {}
    return (billing.get("country") or order["purchase_country"]).upper()


def check_pairs(order):
    country = effective_country(order)
    field = "purchase_country"
    if country != order["purchase_country"].upper():
        field = "billing_address.country"
    if country not in COUNTRIES:
        raise BadField(field, f"is {country}, not a purchase country")
    currency, languages = COUNTRIES[country]
    if order["purchase_currency"].upper() != currency:
        raise BadField("purchase_currency", f"is {order['purchase_currency']}, the currency of "
                                            f"{country} is {currency}")
    if (order.get("locale") or "en-US") == "en-US":     # Klarna's default, whatever the country
        return
    language, _, place = order["locale"].partition("-")
    if language.lower() not in languages.split() or (place and place.upper() != country):
        raise BadField("locale", f"is {order['locale']}, not a locale of {country}; languages: "
                                 f"{languages}")


def check_order(order):
    """All rules of a Klarna Payments session or order."""
    check_pairs(order)
    check_lines(order["order_lines"], order["order_amount"], "order_amount")
    if effective_country(order) == "US":
        _check_sales_tax(order)
    else:
        _check_tax_total(order)


def check_regions(order):
    """The region of an address is mandatory in two countries, once the order is placed."""
    for name in ("billing_address", "shipping_address"):
        address = order.get(name) or {}
        country = (address.get("country") or order["purchase_country"]).upper()
        if address and country in REGION_IS_MANDATORY and not address.get("region"):
            raise BadField(f"{name}.region", f"is mandatory in {country}")
