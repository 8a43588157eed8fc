# SPDX-License-Identifier: Apache-2.0
"""A till, a customer and a screen in the tests: the Locations of a store with two departments, and
the routes of klarna-instore as a till calls them."""
from shop import new_key
from waiting import eventually

TILL = "/till"
SCREEN = "/screen"
PHONE = "0701740605"

EXTRA = """
<KlarnaStore default>
    <KlarnaDepartment clinic>
        KlarnaInStore hosted_page
        KlarnaInStoreRefunds On
    </KlarnaDepartment>
    <KlarnaDepartment bikes>
        KlarnaInStore qr
        KlarnaInStoreAddress store-7 "Storgatan 1" 11122 Stockholm SE
        KlarnaInStoreRefunds On
    </KlarnaDepartment>
    <KlarnaDepartment later>
        KlarnaInStore hosted_page
        KlarnaInStorePlace PLACE_ORDER
    </KlarnaDepartment>
</KlarnaStore>
<Location /till>
    SetHandler klarna-instore
    AuthType Basic
    AuthName "Till"
    AuthUserFile ${DIR}/users
    Require valid-user
</Location>
<Location /screen>
    SetHandler klarna-display
    Require all granted
</Location>
"""


class Till:
    def __init__(self, httpd, box, department="clinic", name="Counter 1", path=TILL):
        self.httpd, self.box, self.department, self.name = httpd, box, department, name
        self.path = path

    def begin(self, amount=10000, key=None, **more):
        body = {"department": self.department, "till": self.name, "amount": amount,
                "country": "SE", "currency": "SEK", "reference": "R-" + new_key()[:8], **more}
        return self.httpd.post(self.path + "/payments", body, key=key or new_key())

    def begun(self, amount=10000, **more):
        answer = self.begin(amount, **more)
        assert answer.status == 201, answer.raw
        return answer.json

    def read(self, payment, query=""):
        answer = self.httpd.get(f"{self.path}/payments/{_id(payment)}{query}")
        assert answer.status == 200, answer.raw
        return answer.json

    def post(self, payment, what, body=None, key=None):
        return self.httpd.post(f"{self.path}/payments/{_id(payment)}/{what}", body or {},
                               key=key or new_key())

    def end(self, payment, query=""):
        return self.httpd.ask("DELETE", f"{self.path}/payments/{_id(payment)}{query}", user="clerk")

    def customer(self, payment, action, **more):
        """The customer, or the store's staff, does something on the phone."""
        what = payment["link"] if isinstance(payment, dict) else payment
        answer = self.box.control("POST", "instore", {"payment": what, "action": action, **more})
        return answer

    def until(self, payment, state):
        return eventually(lambda: (lambda seen: seen if seen["state"] == state else None)(
            self.read(payment)))


def _id(payment):
    return payment["payment_id"] if isinstance(payment, dict) else payment
