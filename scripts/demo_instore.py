# SPDX-License-Identifier: Apache-2.0
"""The demo's stores: a clinic with a host program, and a bicycle shop. `once` walks their payments
without a browser and compares three ledgers: the host's, the module's and Klarna's."""
import os
import subprocess
import sys
import urllib.error

import httpd
from till import Till
from waiting import eventually

TILLS = "/klarna/instore"
HOST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "demo_host.py")
PHONE = "0701740605"
LEDGERS = ("host", "module", "sandbox")


def start_host(port, server):
    """The host program; it ends with the demo."""
    return subprocess.Popen([sys.executable, HOST, str(port),
                             f"http://127.0.0.1:{server.port}{TILLS}", "cashier",
                             httpd.USERS["cashier"]])


class Clinic:
    """Its host, as the clinic's page asks it; and its till."""

    def __init__(self, server, box):
        self.server = server
        self.till = Till(server, box, "clinic", path=TILLS)

    def host(self, what, **body):
        answer = self.server.post("/host/" + what, body) if body else self.server.get("/host/" + what)
        assert answer.status == 200, answer.raw
        return answer.json

    def invoice(self, number):
        [found] = [one for one in self.host("books")["invoices"] if one["number"] == number]
        return found

    def pay(self, number, **more):
        """What is left of the invoice, by the customer's phone, and verified."""
        one = self.invoice(number)
        told = {name: one[name] for name in ("number", "total", "already_paid", "credits")}
        begun = self.till.begun(one["left"], invoice=told, reference=number, **more)
        self.till.customer(begun, "approve")
        paid = self.till.until(begun, "COMPLETED")
        verified = self.till.post(paid, "verify")
        assert verified.status == 200, verified.raw
        self.host("book", number=number)
        return verified.json

    def refund(self, payment, **body):
        answer = self.till.post(payment, "refunds", body)
        assert answer.status == 201, answer.raw
        self.host("book", number=payment["invoice"])


def by_sms_and_refunded(clinic, box):
    payment = clinic.pay("1001", send="sms", customer={"phone": PHONE})
    assert box.control("GET", "outbox")["messages"][-1]["link"]
    clinic.refund(payment, amount=20000)
    return "1001"


def mixed(clinic, _):
    clinic.host("card", number="1002", amount=30000)
    clinic.pay("1002", finalize=True)
    assert clinic.invoice("1002")["final"]
    return "1002"


def credited(clinic, _):
    payment = clinic.pay("1003")
    clinic.host("credit", number="1003", reference="C-1003")
    clinic.refund(payment, credit_note="C-1003")
    return "1003"


def aborted(clinic, _):
    payment = clinic.till.begun(10000)
    clinic.till.customer(payment, "open")
    ended = clinic.till.end(payment)
    assert ended.json["state"] == "CANCELLED" and not ended.json["klarna_order_id"], ended.raw


def by_code(bikes):
    payment = bikes.begun(49900)
    bikes.customer(payment, "approve")
    paid = bikes.until(payment, "COMPLETED")
    return bikes.post(paid, "verify").json


def in_host(clinic, number):
    booked = clinic.invoice(number)["booked"].values()
    return (sum(amount for amount in booked if amount > 0),
            -sum(amount for amount in booked if amount < 0))


def in_module(clinic, number):
    seen = clinic.server.get(f"{TILLS}/invoices/{number}?department=clinic").json
    return (sum(one["captured_amount"] for one in seen["payments"]),
            sum(one["amount"] for one in seen["negative_payments"]))


def in_sandbox(clinic, number):
    """Captured is what the customer was charged, refunded what came back."""
    orders = [one for one in clinic.till.box.control("GET", "ledger")["orders"]
              if one["merchant_reference1"] == number]
    return (sum(one["captured_amount"] for one in orders),
            sum(one["refunded_amount"] for one in orders))


def compare(clinic, number):
    books = [ask(clinic, number) for ask in (in_host, in_module, in_sandbox)]
    for whose, (paid, back) in zip(LEDGERS, books):
        print(f"  {whose:8} paid {paid:7}  given back {back:7}")
    same = len(set(books)) == 1 and books[0][0] > 0
    print(f"  {'agree' if same else 'DIFFER'}")
    return 0 if same else 1


def up(server):
    try:
        return server.get("/host/books").status == 200
    except urllib.error.URLError:
        return False


def screen(server):
    """The address of the customer's screen of Counter 1."""
    made = server.post(TILLS + "/displays", {"till": "Counter 1", "department": "clinic"})
    return f"/klarna/screen/#{made.json['key']}"


def once(server, box):
    """How many of the invoices' ledgers differ."""
    eventually(lambda: up(server))
    clinic, differ = Clinic(server, box), 0
    for title, story in (("the clinic: paid by SMS, a part refunded", by_sms_and_refunded),
                         ("the clinic: 300.00 by card, the rest by Klarna, finalised by one click",
                          mixed),
                         ("the clinic: credited; the credit note's refund in full", credited)):
        number = story(clinic, box)
        print(f"\n{title}\n  invoice {number}")
        differ += compare(clinic, number)
    aborted(clinic, box)
    print("\nthe clinic: aborted while the customer had it open: nobody was charged")
    payment = by_code(Till(server, box, "bikes", path=TILLS))
    theirs = box.ledger(payment["klarna_order_id"])["captured_amount"]
    print(f"\nthe bicycle shop: paid by QR code\n  module   paid {payment['captured_amount']:7}\n"
          f"  sandbox  paid {theirs:7}")
    differ += payment["captured_amount"] != theirs or theirs != 49900
    print(f"\n{4 - differ} of 4 sales in store agree in {len(LEDGERS)} ledgers (amounts in ore)")
    return differ
