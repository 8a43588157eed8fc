# SPDX-License-Identifier: Apache-2.0
"""Orders for a newcomer to look at: each state the admin page tells apart, with what Klarna
refused, what nobody answered and what a person has to look at; and payments that became none. They are made the way a shop and
a clerk make them, with the sandbox's faults and switches where something must go wrong."""
import waiting
from sandbox_client import line

MARKETS = {"SE": ("SEK", "sv-SE"), "NO": ("NOK", "nb-NO"), "DE": ("EUR", "de-DE")}
MUG = ("Stoneware mug", "MUG-01", 18900)
BOOK = ("The bread book", "BOOK-07", 29800, 600)
LAMP = ("Desk lamp", "LAMP-03", 64900)
BLANKET = ("Wool blanket", "WOOL-11", 119900)
TRACKING = [{"shipping_company": "PostNord", "tracking_number": "PN-1001",
             "tracking_uri": "https://tracking.example/PN-1001"}]
REFUSED = {"error_code": "NOT_ALLOWED", "error_messages": ["Not allowed right now."],
           "correlation_id": "demo-refusal"}


def _goods(what, quantity):
    name, reference, price, *rate = what
    return {**line(name, quantity, price, *rate), "reference": reference}


def _cart(number, *goods, country="SE"):
    currency, locale = MARKETS[country]
    lines = [_goods(*entry) for entry in goods]
    lines.append({**line("Delivery", 1, 4900, type="shipping_fee"), "reference": "SHIP"})
    return {"purchase_country": country, "purchase_currency": currency, "locale": locale,
            "order_amount": sum(entry["total_amount"] for entry in lines),
            "order_tax_amount": sum(entry["total_tax_amount"] for entry in lines),
            "order_lines": lines, "merchant_reference1": f"A-{number}"}


def _part_shipped(shop, cart):
    order = shop.placed(cart)
    shop.done(shop.act(order, "captures", {
        "lines": [{"reference": "MUG-01", "quantity": 2}, {"reference": "SHIP", "quantity": 1}],
        "shipping_info": TRACKING}))
    return order


def _returned(shop, cart):
    order = shop.captured(cart)
    shop.done(shop.act(order, "credit-invoices", {
        "lines": [{"reference": "MUG-01", "quantity": 1}, {"reference": "BOOK-07", "quantity": 1}],
        "return_fee": 4900, "return_fee_tax_rate": 2500, "comment": "changed their mind"}))
    return order


def _cancelled(shop, cart):
    order = shop.placed(cart)
    shop.done(shop.act(order, "cancel", {"confirm_final": True}))
    return order


def _refused(shop, order, action, route):
    """What a clerk asked for and Klarna refused stays to be seen. Before that the worker has
    read Klarna's record, as it has of every order that is older than a moment."""
    waiting.eventually(lambda: shop.order(order)["expires_at"])
    shop.box.fault("status", path=f"/{action}$", status=403, body=REFUSED)
    shop.act(order, route, {"everything": True})
    return order


def _expiring(shop, cart):
    shop.box.control("POST", "behaviour", {"authorization_days": 5})
    order = shop.placed(cart)
    shop.box.control("POST", "behaviour", {"authorization_days": 28})
    return order


def _orphan(shop, cart):
    """Klarna's answer is lost, and asked again Klarna says only that the token was used: from
    now on, or the next try would find the order after all."""
    payment = shop.authorized(cart)
    shop.box.control("POST", "behaviour", {"place_order_repeat": "refused"})
    shop.box.fault("drop_after", path="/order$")
    shop.place(payment)
    waiting.eventually(lambda: shop.order(payment.order_id)["attention"] == "orphan",
                       meanwhile=lambda: waiting.operations_are_due(shop.httpd))


def _open(shop, cart):
    return shop.start(cart).order_id


def _not_approved(shop, cart):
    """The widget's no, told by the storefront's script."""
    payment = shop.start(cart)
    shop.decline(payment, reason="pay_later not approved")
    return payment.order_id


def _not_placed(shop, cart):
    """Klarna's no to the placement."""
    payment = shop.authorized(cart)
    shop.box.fault("status", path="/order$", status=403, body=REFUSED)
    shop.place(payment)
    return payment.order_id


def _abandoned(shop, cart):
    payment = shop.start(cart)
    waiting.order_is_due(shop.httpd, payment.order_id)
    waiting.eventually(lambda: shop.order(payment.order_id)["state"] == "ABANDONED")
    return payment.order_id


def _earlier(shop, order, hours):
    """As if it had been placed, or started, hours ago, so that lists and charts have more than a
    moment to show."""
    then = hours * 3600 * 1000000
    for table in ("klarna_order", "klarna_payment"):
        shop.httpd.sql(f"UPDATE {table} SET created_at = created_at - {then}, "
                       f"version = version + 1 WHERE id = '{order}'")
    shop.httpd.sql(f"UPDATE klarna_operation SET created_at = created_at - {then}, "
                   f"updated_at = updated_at - {then} WHERE order_id = '{order}' "
                   "AND kind = 'place_order'")


def make(shop):
    made = [
        (22, _cancelled(shop, _cart(1001, (BLANKET, 1)))),
        (20, _returned(shop, _cart(1002, (MUG, 3), (BOOK, 1), (LAMP, 1)))),
        (19, shop.captured(_cart(1003, (LAMP, 2), country="DE"))),
        (15, _refused(shop, shop.captured(_cart(1004, (BOOK, 1))), "refunds", "credit-invoices")),
        (11, _expiring(shop, _cart(1005, (BOOK, 2), country="NO"))),
        (8, _part_shipped(shop, _cart(1006, (MUG, 2), (BLANKET, 1)))),
        (6, shop.placed(_cart(1007, (LAMP, 1)), "pending")),
        (5, _refused(shop, shop.placed(_cart(1008, (MUG, 6))), "captures", "captures")),
        (3, shop.placed(_cart(1009, (BLANKET, 1), (BOOK, 1), country="DE"))),
        (1, shop.placed(_cart(1010, (MUG, 4), (BOOK, 1), (LAMP, 1)))),
        (60, _abandoned(shop, _cart(1012, (MUG, 2)))),
        (16, _not_approved(shop, _cart(1013, (BLANKET, 2)))),
        (4, _not_placed(shop, _cart(1014, (LAMP, 1), country="DE"))),
        (1, _open(shop, _cart(1015, (BOOK, 1), (MUG, 1), country="NO")))]
    for hours, order in made:
        _earlier(shop, order, hours)
    _orphan(shop, _cart(1011, (LAMP, 1), (MUG, 2)))
