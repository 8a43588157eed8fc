# SPDX-License-Identifier: Apache-2.0
"""Made-up orders of a trade of two years in two stores, as rows of mod_klarna's tables.

The same seed, number and hour give the same rows. Orders come in the order of their making,
each with its operations and references; amounts add up as the schema's constraints and the
module's own checks want it. Nobody is described: names are of goods.
"""
import dataclasses
import json
import random

DEPARTMENTS = ("clothes", "kitchen", "sports")
CASHIERS = ("anna", "bo", "carin", "dag", "eva", "finn", "greta")
NOWHERE = ("",) * 5          # department, till, terminal, cashier and invoice of an online one
STORES = (("north", 0.7), ("south", 0.3))
YEARS = 2
MINUTE = 60 * 10**6
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LIFE = 28 * DAY              # of an authorization
SESSION = 2 * DAY            # life of an online payment
NEVER = 2**63 - 1            # open_until of one whose end is not known
CHUNK = 10_000

ORDER = ("id version merchant environment order_key callback_secret client_hash state "
         "fraud_status session_id klarna_order_id klarna_reference reference1 "
         "reference2 country currency locale original_amount order_amount order_tax_amount "
         "captured_amount refunded_amount remaining_amount created_at updated_at expires_at "
         "check_at checks attention pending_op confirmation_url ledger channel waiting "
         "open_until department till terminal cashier invoice").split()
OPERATION = ("id version order_id merchant kind state method path body intent amount actor "
             "client_key client_hash credit_invoice_id next_op attempts doubtful lease_until "
             "created_at updated_at sent_at next_at http_status result_id result error_code "
             "error_messages correlation_id took mark hint refusal").split()
REFERENCE = "merchant value order_id".split()
ARTICLE = "merchant article created_at order_id".split()
LABEL = "merchant kind value created_at order_id".split()
TAGS = ("fragile", "gift", "b2b")
REASONS = ("SIZE", "BROKEN", "LATE")
PAYMENT = ("id version merchant environment kind payment_key callback_secret client_hash cart_claim "
           "keep_until state session_id client_token country currency locale order_amount "
           "order_tax_amount reference1 reference2 confirmation_url pending_op cart reason_code "
           "reason addresses department till terminal cashier invoice created_at updated_at expires_at "
           "check_at").split()
TABLES = {"klarna_order": ORDER, "klarna_operation": OPERATION, "klarna_reference": REFERENCE,
          "klarna_payment": PAYMENT, "klarna_article": ARTICLE, "klarna_label": LABEL}

GOODS = ("Merino jumper, navy", "Rain jacket, women", "Trail running shoe", "Linen shirt, white",
         "Enamel coffee pot, 1.2 l", "Desk lamp, brass", "Wool blanket 130 x 180", "Chef's knife",
         "Cast-iron pan, 26 cm", "Canvas backpack, 22 l", "Cotton bed linen", "Oak cutting board")
MARKETS = (("SE", "SEK", "sv-SE", 2500), ("NO", "NOK", "nb-NO", 2500), ("FI", "EUR", "fi-FI", 2550),
           ("DE", "EUR", "de-DE", 1900), ("NL", "EUR", "nl-NL", 2100))
METHODS = ('[{"identifier":"pay_later","name":"Pay later","asset_urls":{"descriptive":'
           '"https://x.klarnacdn.net/badge.svg","standard":"https://x.klarnacdn.net/badge.svg"}}]')
METHODS_TOO = f',"payment_methods":{METHODS}'


@dataclasses.dataclass
class Batch:
    """Some orders, in rows of TABLES' columns, and the values a search may look for."""
    klarna_order: list = dataclasses.field(default_factory=list)
    klarna_operation: list = dataclasses.field(default_factory=list)
    klarna_reference: list = dataclasses.field(default_factory=list)
    klarna_payment: list = dataclasses.field(default_factory=list)
    klarna_article: list = dataclasses.field(default_factory=list)
    klarna_label: list = dataclasses.field(default_factory=list)
    samples: dict = dataclasses.field(default_factory=dict)


def batches(number, seed, now):
    """All orders, CHUNK at a time; now: microseconds, the end of the two years."""
    span = YEARS * 365 * DAY
    for first in range(0, number, CHUNK):
        maker = Maker(random.Random(f"{seed}/{first}"), now)
        for i in range(first, min(first + CHUNK, number)):
            maker.order(i, now - span + int(span * (i + maker.random()) / number))
        yield maker.batch


def uuid(digits):
    """A version-4 UUID of 32 hexadecimal digits."""
    return (f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}")


class Cart:
    """Three lines: two goods and the freight; texts of them as the ledger and requests have it."""

    def __init__(self, rng, market):
        self.market = market
        self.rate = market[3]
        self.lines = [self._line(rng) for _ in range(2)] + [self._freight()]
        self.amounts = [amount for _, _, amount in self.lines]
        self.amount = sum(self.amounts)
        self.tax = sum(self._tax(amount) for amount in self.amounts)
        self.heads = [head for head, _, _ in self.lines]
        self.articles = {json.loads(head + "}")["reference"].lower() for head in self.heads[:2]}
        self.quantities = [quantity for _, quantity, _ in self.lines]
        self.whole = [f'{{"line":{i},"quantity":{q},"amount":{a}}}'
                      for i, (q, a) in enumerate(zip(self.quantities, self.amounts))]

    def _tax(self, amount):
        return amount * self.rate // (10000 + self.rate)

    def _line(self, rng):
        sku, quantity = rng.randrange(10000, 99999), 1 + (rng.random() < 0.2)
        price = 100 * rng.randrange(90, 1500) - 10
        return (f'{{"type":"physical","reference":"SKU-{sku}","name":"{rng.choice(GOODS)}",'
                f'"image_url":"https://shop.example/media/{sku}-400.jpg","product_url":'
                f'"https://shop.example/products/{sku}","quantity":{quantity},'
                f'"unit_price":{price},"tax_rate":{self.rate},"total_amount":{price * quantity},'
                f'"total_tax_amount":{self._tax(price * quantity)}', quantity, price * quantity)

    def _freight(self):
        return (f'{{"type":"shipping_fee","reference":"freight","name":"Parcel to your door",'
                f'"quantity":1,"unit_price":4900,"tax_rate":{self.rate},"total_amount":4900,'
                f'"total_tax_amount":{self._tax(4900)}', 1, 4900)

    def ledger(self, moves, captures="", credits="", more=""):
        """moves: for each line which parts of it moved ("captured", "credited", "cancelled")."""
        lines = ",".join(
            head + "".join(f',"{move}_quantity":{q},"{move}_amount":{a}' for move in line) + "}"
            for head, line, q, a in zip(self.heads, moves, self.quantities, self.amounts))
        return (f'{{"version":1,"lines":[{lines}],"captures":[{captures}],'
                f'"credit_invoices":[{credits}]{more}}}')


def told_in_store(ledger, place):
    """The document with what it says of a payment in a store."""
    told = dict(zip(("department", "till", "terminal", "cashier", "invoice"), place))
    return ledger[:-1] + ',"instore":' + json.dumps({
        "way": "hosted_page", "state": "COMPLETED", "start": "made", "sent": "none",
        **{name: value for name, value in told.items() if value}}) + "}"


def state_is_open(row):
    return row["state"] in ("AUTHORIZED", "PART_CAPTURED")


NOTHING = ((), (), ())
CAPTURED = (("captured",),) * 3
FIRST_CAPTURED = (("captured",), (), ())
FIRST_KEPT = (("captured",), ("cancelled",), ("cancelled",))
CANCELLED = (("cancelled",),) * 3
SECOND_CREDITED = (("captured",), ("captured", "credited"), ("captured",))


class Maker:
    """Orders of one chunk. Each is what became of it until now, told in the words of its life."""
    carts = None

    def __init__(self, rng, now):
        self.rng, self.random, self.now = rng, rng.random, now
        self.batch = Batch()
        if Maker.carts is None:
            goods = random.Random("carts")
            Maker.carts = [Cart(goods, MARKETS[min(int(goods.random() * 8), 4)])
                           for _ in range(2000)]

    # --- one order -----------------------------------------------------------------------

    def order(self, number, created):
        self.digits, self.used = "%01280x" % self.rng.getrandbits(5120), 0
        self.store = STORES[self.random() > STORES[0][1]][0]
        self.cart = self.carts[int(self.random() * len(self.carts))]
        self.id, self.number, self.at = uuid(self.hex()), number, created
        fate = self.random()
        if fate < 0.36:
            row = self.unfinished(created)
        elif fate < 0.39:
            row = self.declined(created)
        else:
            row = self.placed(created)
        self.finish(row, created)

    def hex(self):
        """The next 32 random digits of this order."""
        self.used += 32
        return self.digits[self.used - 32:self.used]

    def row(self, state, ledger, at, **more):
        """What differs from one order to the next; finish() knows the rest."""
        return {"state": state, "ledger": ledger, "updated_at": at, **more}

    def unfinished(self, created):
        if created + SESSION > self.now:
            return self.row("CREATED", "", created)
        orphan = self.random() < 0.0002
        return self.row("CREATED" if orphan else "ABANDONED", self.cart.ledger(NOTHING),
                        created + SESSION, remaining=self.cart.amount,
                        attention="orphan" if orphan else "")

    def declined(self, created):
        at = created + int(5 * MINUTE * self.random())
        self.operation("place_order", at, state="refused", http=403, error="PAYMENT_METHOD_FAILED")
        return self.row("DECLINED", "", at)

    def placed(self, created):
        """Authorized; then shipped soon, or at a time of the month, or cancelled, or never."""
        self.klarna_id = uuid(self.hex())
        at = created + int(5 * MINUTE * self.random())
        self.operation("place_order", at, result_id=self.klarna_id)
        self.expires = at + LIFE
        delay = (int(26 * DAY * self.random()) + HOUR if self.random() < 0.6
                 else int(self.rng.expovariate(1) * 2 * DAY) + HOUR)
        then, fate = at + min(delay, LIFE - HOUR), self.random()
        if fate < 0.015:
            then = self.expires + HOUR
        if then > self.now:
            row = self.authorized(at)
        elif fate < 0.015:
            row = self.row("EXPIRED", self.cart.ledger(CANCELLED), then)
        elif fate < 0.08:
            self.operation("cancel", then, http=204)
            row = self.row("CANCELLED", self.cart.ledger(CANCELLED), then)
        elif fate < 0.13:
            row = self.part_captured(then)
        else:
            row = self.captured(then)
        is_new = state_is_open(row) and at + 2 * DAY > self.now
        row["fraud"] = "PENDING" if is_new and self.random() < 0.02 else "ACCEPTED"
        return row

    def authorized(self, at):
        row = self.row("AUTHORIZED", self.cart.ledger(NOTHING), at, remaining=self.cart.amount,
                       check_at=at + DAY)
        if self.expires - self.now < 7 * DAY:
            row["attention"] = "expiring"
        if self.random() < 0.005:
            self.operation("capture", at + HOUR, state="refused", http=403,
                           error="CAPTURE_NOT_ALLOWED")
            row["waiting"] = "capture"
        elif self.random() < 0.002:
            row["pending_op"] = self.operation("capture", self.now - int(HOUR * self.random()),
                                               state="unknown", http=0, error="no_answer")
            row["waiting"] = "capture"
        return row

    def part_captured(self, then):
        """The first line was shipped; what is left is shipped, released, or still open."""
        first = self.cart.amounts[0]
        capture = self.capture(then, first, self.cart.whole[:1])
        later = then + int(20 * DAY * self.random())
        if later > self.now or later > self.expires:
            open_still = self.expires > self.now
            return self.row("PART_CAPTURED" if open_still else "EXPIRED",
                            self.cart.ledger(FIRST_CAPTURED if open_still else FIRST_KEPT, capture),
                            then, captured=first, check_at=then + DAY if open_still else 0,
                            remaining=self.cart.amount - first if open_still else 0)
        if self.random() < 0.4:
            self.operation("release", later, http=204)
            return self.row("CLOSED", self.cart.ledger(FIRST_KEPT, capture), later, captured=first)
        rest = self.capture(later, self.cart.amount - first, self.cart.whole[1:])
        return self.row("CAPTURED", self.cart.ledger(CAPTURED, f"{capture},{rest}"), later,
                        captured=self.cart.amount, check_at=self.last_look(later))

    def captured(self, then):
        capture = self.capture(then, self.cart.amount, self.cart.whole)
        row = self.row("CAPTURED", None, then, captured=self.cart.amount,
                       check_at=self.last_look(then))
        back = then + int(30 * DAY * self.random()) + 2 * DAY
        if self.random() < 0.15 and back < self.now:
            self.credit(row, capture, back)
        else:
            row["ledger"] = self.cart.ledger(CAPTURED, capture)
        return row

    def last_look(self, at):
        return at + 97 * DAY if at + 97 * DAY > self.now else 0

    # --- what an order is made of ---------------------------------------------------------

    def capture(self, at, amount, parts):
        """Its entry of the ledger. Half of the shops name their shipments."""
        capture_id, tracking = uuid(self.hex()), "SE%012d" % int(self.random() * 10**12)
        reference = f"S-{self.number:08d}-{len(parts)}" if self.random() < 0.5 else ""
        named = f'"reference":"{reference}",' if reference else ""
        shipping = f'[{{"shipping_company":"PostNord","tracking_number":"{tracking}"}}]'
        lines = ",".join(parts)
        op = self.operation(
            "capture", at, amount=amount, result_id=capture_id,
            body=f'{{"captured_amount":{amount},{named}"order_lines":['
                 + ",".join(head + "}" for head in self.cart.heads[-len(parts):])
                 + f'],"shipping_info":{shipping}}}',
            intent=f'{{"movement":{{"amount":{amount},"lines":[{lines}]}},{named}'
                   f'"description":"","shipping_info":{shipping}}}')
        self.refer(capture_id=capture_id, tracking=tracking, capture_reference=reference)
        quoted = shipping.replace('"', '\\"')
        return (f'{{"capture_id":"{capture_id}","operation_id":"{op}",{named}"captured_at":{at},'
                f'"moved":{{"amount":{amount},"lines":[{lines}]}},"shipping_info":"{quoted}"}}')

    def credit(self, row, capture, at):
        """The second line comes back; now and then Klarna has not confirmed the refund."""
        state = ("confirmed" if self.random() >= 0.01 else
                 "refused" if self.random() < 0.8 else "unknown")
        is_paid, is_open = state == "confirmed", state == "unknown"
        invoice, refund = uuid(self.hex()), uuid(self.hex()) if is_paid else ""
        amount, reference, line = self.cart.amounts[1], f"CN-{self.number:08d}", self.cart.whole[1]
        op = self.operation(
            "refund", self.now - int(HOUR * self.random()) if is_open else at, state=state,
            http=201 if is_paid else 403, amount=amount, result_id=refund,
            error="" if is_paid else "REFUND_NOT_ALLOWED", credit_invoice=invoice,
            body=f'{{"refunded_amount":{amount},"reference":"{reference}"}}',
            intent=f'{{"movement":{{"amount":{amount},"lines":[{line}]}}}}')
        told = f',"refund_id":"{refund}"' if is_paid else ""
        paid = f'"paid_amount":{amount},' if is_paid else ""
        stands = {"confirmed": "paid", "refused": "refused", "unknown": "pending"}[state]
        credit = (f'{{"id":"{invoice}","reference":"{reference}","actor":"clerk",'
                  f'"state":"{stands}","amount":{amount},{paid}"created_at":{at},"lines":[{line}],'
                  f'"steps":[{{"operation_id":"{op}","verb":"refund","amount":{amount},'
                  f'"state":"{state}"{told}}}]}}')
        moves = SECOND_CREDITED if is_paid else CAPTURED
        row.update(ledger=self.cart.ledger(moves, capture, credit), updated_at=at,
                   refunded=amount if is_paid else 0, waiting="" if is_paid else "refund",
                   pending_op=op if is_open else "")
        self.refer(credit_invoice=invoice, credit_reference=reference, refund_id=refund)

    def operation(self, kind, at, state="confirmed", http=201, amount=None, result_id="", body="",
                  intent="", error="", credit_invoice=""):
        """Its id."""
        op, took = uuid(self.hex()), 90 + int(self.rng.expovariate(1 / 180))
        is_open = state == "unknown"
        path = {"place_order": "", "capture": "captures", "refund": "refunds", "cancel": "cancel",
                "release": "release-remaining-authorization"}[kind]
        if path:
            path = f"/ordermanagement/v1/orders/{self.klarna_id}/{path}"
        keys = self.hex() + self.hex()
        self.batch.klarna_operation.append((
            op, 3, self.id, self.store, kind, state, "POST", path, body, intent,
            self.cart.amount if amount is None else amount,
            "shopper" if kind == "place_order" else "clerk", keys, keys[::-1], credit_invoice, "",
            4 if is_open else 1, 1 if is_open else 0, 0, at, at + took * 1000, at + 1000,
            at + HOUR if is_open else 0, http, result_id,
            '{"fraud_status":"ACCEPTED"}' if kind == "place_order" and not error else "",
            error, '["It can not be done."]' if error else "[]", uuid(self.hex()),
            took if self.random() > 0.004 else 10 * took, "", "",
            '{"detail":"It cannot be done."}' if error else ""))
        return op

    def refer(self, **values):
        for kind, value in values.items():
            if value:
                self.batch.klarna_reference.append((self.store, value.lower(), self.id))
                self.sample(kind, value)

    def place(self):
        """Where in the store it was paid: twenty tills in three departments."""
        till = self.number % 20 + 1
        return (DEPARTMENTS[till % 3], f"Till {till}", f"T-{till}" if till % 2 else "",
                CASHIERS[self.number % len(CASHIERS)], f"F-{self.number}")

    def sample(self, kind, value):
        """One of about fifty orders is remembered for the searches of the benchmark."""
        if self.number % 53 == 0:
            self.batch.samples.setdefault(kind, []).append(value)

    def finish(self, row, created):
        """The whole row, or two: for two days an order's payment is beside it."""
        state, attention = row["state"], row.get("attention", "")
        is_placed = state not in ("CREATED", "ABANDONED", "DECLINED")
        references = (f"N-{100000000 + self.number}",
                      f"ERP{7000000 + self.number}" if self.number % 3 == 0 else "")
        if is_placed or attention:
            self.order_row(row, created, is_placed, references)
        if not (is_placed or attention) or created + SESSION > self.now:
            self.payment_row(row, created, is_placed, references)

    def payment_row(self, row, created, is_placed, references):
        cart, is_declined = self.cart, row["state"] == "DECLINED"
        token = "eyJhbGciOiJSUzI1NiJ9." + self.hex() * 6
        self.batch.klarna_payment.append((
            self.id, 2, self.store, "playground", "online", self.hex(), self.hex(), "", self.id, 0,
            "CREATED" if is_placed else row["state"], uuid(self.hex()), token, *cart.market[:3],
            cart.amount, cart.tax, *references, "", "", cart.ledger(NOTHING, more=METHODS_TOO),
            "PAYMENT_METHOD_FAILED" if is_declined else "",
            "It cannot be done." if is_declined else "", "", *NOWHERE, created,
            row["updated_at"], created + SESSION,
            created + SESSION if created + SESSION > self.now else 0))

    def beside(self, created, is_refunded):
        """Its articles, one of which every third order has; a tag of one in fifty orders, and why
        something came back."""
        articles = sorted(self.cart.articles) + (["poster"] if self.random() < 1 / 3 else [])
        self.batch.klarna_article += [(self.store, article, created, self.id)
                                      for article in articles]
        self.sample("article", articles[0].upper())
        if self.random() < 0.02:
            self.batch.klarna_label.append((self.store, "tag", self.rng.choice(TAGS), created,
                                            self.id))
        if is_refunded:
            self.batch.klarna_label.append((self.store, "return_reason", self.rng.choice(REASONS),
                                            created, self.id))

    def order_row(self, row, created, is_placed, references):
        cart, state, attention = self.cart, row["state"], row.get("attention", "")
        klarna_id = self.klarna_id if is_placed else self.id
        short = self.hex()[:8].upper() if is_placed else ""
        if is_placed and not attention and self.random() < 0.0005:
            attention = "differs" if self.random() < 0.2 else "outside"
        remaining = row.get("remaining", 0)
        is_open = state_is_open(row) and remaining > 0 and row.get("fraud") != "PENDING"
        expires = self.expires if is_placed else 0
        channel = "online" if self.random() < 0.9 else "instore"
        place = self.place() if channel == "instore" else NOWHERE
        ledger = told_in_store(row["ledger"], place) if channel == "instore" else row["ledger"]
        self.batch.klarna_order.append((
            self.id, 4 if is_placed else 2, self.store, "playground", self.hex(), self.hex(), "",
            state, row.get("fraud", ""), uuid(self.hex()), klarna_id, short, *references,
            *cart.market[:3], cart.amount, cart.amount, cart.tax, row.get("captured", 0),
            row.get("refunded", 0), remaining, created, row["updated_at"], expires,
            row.get("check_at", 0), 3 if is_placed else 0, attention, row.get("pending_op", ""), "",
            ledger, channel, row.get("waiting", ""), expires if is_open else 0, *place))
        self.beside(created, bool(row.get("refunded")))
        if is_placed:
            self.sample("klarna_order_id", klarna_id)
            self.sample("klarna_reference", short)
            self.sample("id", self.id)
            self.sample("reference1", references[0])
            if references[1]:
                self.sample("reference2", references[1])
