# SPDX-License-Identifier: Apache-2.0
"""Is the order that is placed the one that was authorized? Klarna names all that differs at once:
"Not matching fields: [billing_address.postal_code, Incorrect number of items ...]".
"""
ADDRESSES = ("billing_address", "shipping_address")
COMPARED = ("purchase_country", "purchase_currency", "order_amount")
COMPARED_LINE = ("name", "reference", "type", "quantity", "unit_price", "tax_rate",
                 "total_amount", "total_tax_amount", "total_discount_amount")
LINE_DEFAULTS = {"type": "physical", "reference": ""}


def _told(address):
    return {name: value for name, value in (address or {}).items() if value is not None}


def _address(name, placed, authorized, reading):
    """The members of one address that differ, as the switch `addresses` reads Klarna's page."""
    placed, authorized = _told(placed), _told(authorized)
    if reading == "untold_matches" and not authorized:
        return []
    names = [*authorized, *(member for member in placed if member not in authorized)]
    if reading == "absent_matches":
        names = [member for member in names if member in placed and member in authorized]
    return [f"{name}.{member}" for member in names
            if placed.get(member) != authorized.get(member)]


def _folded(value):
    return value.upper() if isinstance(value, str) else value


def _lines(placed, authorized):
    if len(placed) != len(authorized):
        return [f"Incorrect number of items in the cart. Expected: {len(authorized)}, "
                f"Actual: {len(placed)}"]
    found = []
    for index, (ours, theirs) in enumerate(zip(placed, authorized)):
        for name in COMPARED_LINE:
            default = LINE_DEFAULTS.get(name, 0)
            if (ours.get(name) or default) != (theirs.get(name) or default):
                found.append(f"order_lines[{index}].{name}")
    return found


def differences(body, authorized, reading):
    """Everything in which the order is not the one the customer agreed to."""
    found = []
    for name in ADDRESSES:
        found += _address(name, body.get(name), authorized.get(name), reading)
    found += [name for name in COMPARED if _folded(body[name]) != _folded(authorized[name])]
    if (body.get("order_tax_amount") or 0) != (authorized.get("order_tax_amount") or 0):
        found.append("order_tax_amount")
    return found + _lines(body["order_lines"], authorized["order_lines"])
