# SPDX-License-Identifier: Apache-2.0
"""How a customer pays, and what Klarna allows afterwards because of it. Data and three questions.

A category is what the shop offers; within it the customer takes a method.
"""

# method, as Klarna Payments names it: (Order Management's type, its description)
METHODS = {
    "invoice": ("INVOICE", "Pay later"),
    "b2b_invoice": ("INVOICE_BUSINESS", "Pay later for companies"),
    "base_account": ("ACCOUNT", "Account"),
    "direct_debit": ("DIRECT_DEBIT", "Pay now by direct debit"),
    "card": ("CARD", "Pay now"),
    "pay_by_card": ("PAY_BY_CARD", "Pay now by card"),
    "fixed_amount": ("FIXED_AMOUNT", "Pay over time"),
    "fixed_sum_credit": ("FIXED_SUM_CREDIT", "Financing"),
}
# category: (its name, the method taken unless the customer takes another)
CATEGORIES = {
    "klarna": ("Pay with Klarna", "invoice"),
    "pay_later": ("Pay later", "invoice"),
    "pay_over_time": ("Pay over time", "fixed_amount"),
    "pay_now": ("Pay now", "card"),
}
BY_CARD = ("CARD", "PAY_BY_CARD")
RAISED_NOWHERE = ("CH",)
RAISED = ("INVOICE", "INVOICE_BUSINESS", "ACCOUNT", "DIRECT_DEBIT")
FIXED_AMOUNT_RAISED_IN = ("AT", "DE", "DK", "FI", "FR", "NL", "NO", "SE")
PAY_LATER = ("INVOICE", "INVOICE_BUSINESS", "FIXED_AMOUNT")


def _type(order):
    return order["initial_payment_method"]["type"]


def may_raise(order):
    """Can the authorization grow at all? (The risk assessment is asked after that.)"""
    country = order["purchase_country"]
    if _type(order) == "FIXED_AMOUNT":
        return country in FIXED_AMOUNT_RAISED_IN
    return _type(order) in RAISED and country not in RAISED_NOWHERE


def may_extend(order):
    """Can the authorization last longer?"""
    if _type(order) == "FIXED_SUM_CREDIT" and order["purchase_country"] == "US":
        return False
    return _type(order) not in BY_CARD


def pays_later(order):
    """Is there a due date that can be moved?"""
    return _type(order) in PAY_LATER
