# SPDX-License-Identifier: Apache-2.0
"""The arithmetic and the pairs Klarna checks. Integers only; never a float.

Types and limits (fields.py) have been checked before any function here is called.
"""
from api import bad_value
from countries import COUNTRIES, REGION_IS_MANDATORY


def value(line, name):
    return line.get(name) or 0


def check_line(line, path):
    """total = quantity x unit price - discount, exactly; tax within one minor unit of exact."""
    total = line["total_amount"]
    expected = line["quantity"] * line["unit_price"] - value(line, "total_discount_amount")
    if total != expected:
        raise bad_value(f"{path}.total_amount",
                        f"total_amount is {total}, quantity x unit_price - "
                        f"total_discount_amount is {expected}.")
    rate, tax = value(line, "tax_rate"), value(line, "total_tax_amount")
    if abs(tax * (10000 + rate) - total * rate) > 10000 + rate:
        nearest = (2 * total * rate + 10000 + rate) // (2 * (10000 + rate))
        raise bad_value(f"{path}.total_tax_amount",
                        f"total_tax_amount is {tax}, expected {nearest} (one minor unit off "
                        "is accepted).")
    if line.get("type") == "discount" and tax > 0:
        raise bad_value(f"{path}.total_tax_amount", "The tax of a discount can not be positive.")


def check_lines(lines, amount, amount_name):
    """Every line by itself, then their sum against the amount they explain."""
    for index, line in enumerate(lines):
        check_line(line, f"order_lines[{index}]")
    total = sum(line["total_amount"] for line in lines)
    if total != amount:
        raise bad_value("order_lines",
                        f"The lines add up to {total}, {amount_name} is {amount}.")


def _check_sales_tax(order):
    """US: tax stands on one line of its own, all other lines carry none."""
    sales_tax = []
    for index, line in enumerate(order["order_lines"]):
        if value(line, "tax_rate"):
            raise bad_value(f"order_lines[{index}].tax_rate", "Lines carry no tax in the US.")
        if value(line, "total_tax_amount"):
            raise bad_value(f"order_lines[{index}].total_tax_amount",
                            "Lines carry no tax in the US.")
        if line.get("type") == "sales_tax":
            sales_tax.append(index)
    if len(sales_tax) > 1:
        raise bad_value(f"order_lines[{sales_tax[1]}].type", "Only one sales_tax line is allowed.")
    tax = sum(order["order_lines"][index]["total_amount"] for index in sales_tax)
    if value(order, "order_tax_amount") != tax:
        raise bad_value("order_tax_amount",
                        f"order_tax_amount is {value(order, 'order_tax_amount')}, the sales_tax "
                        f"line is {tax}.")


def _check_tax_total(order):
    if order.get("order_tax_amount") is None:
        return
    tax = sum(value(line, "total_tax_amount") for line in order["order_lines"])
    if abs(order["order_tax_amount"] - tax) > len(order["order_lines"]):
        raise bad_value("order_tax_amount",
                        f"order_tax_amount is {order['order_tax_amount']}, the lines add up to "
                        f"{tax}.")


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
        raise bad_value(field, f"{country} is not a purchase country.")
    currency, languages = COUNTRIES[country]
    if order["purchase_currency"].upper() != currency:
        raise bad_value("purchase_currency",
                        f"{order['purchase_currency']} is not the currency of {country}, "
                        f"{currency} is.")
    if (order.get("locale") or "en-US") == "en-US":     # Klarna's default, whatever the country
        return
    language, _, place = order["locale"].partition("-")
    if language.lower() not in languages.split() or (place and place.upper() != country):
        raise bad_value("locale", f"{order['locale']} is not a locale of {country}; languages: "
                                  f"{languages}.")


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
            raise bad_value(f"{name}.region", f"A region is mandatory in {country}.")
