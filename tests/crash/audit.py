# SPDX-License-Identifier: Apache-2.0
"""The comparison at the end: the store, the sandbox's ledger and what clients were told must be
one story. Gives three lists of sentences; each should be empty.

  moved twice   an effect at Klarna more than once for one intent
  lost          an effect that only one side knows of, sums that differ, a promise not kept
  stuck         an operation or an order that did not come to its end
"""
import collections

ORDER = ("id", "state", "fraud_status", "session_id", "klarna_order_id", "original_amount",
         "order_amount", "captured_amount", "refunded_amount", "remaining_amount", "attention",
         "pending_op", "ledger")
OPERATION = ("id", "order_id", "kind", "state", "amount", "client_key", "credit_invoice_id",
             "next_op", "next_at", "attempts", "doubtful", "error_code", "result_id")
SAME = (("state", "status"), ("fraud_status", "fraud_status"), ("order_amount", "order_amount"),
        ("original_amount", "original_order_amount"), ("captured_amount", "captured_amount"),
        ("refunded_amount", "refunded_amount"),
        ("remaining_amount", "remaining_authorized_amount"))
# Nothing moves in these any more: what a review says later is of no use, and not asked for.
OVER = ("CANCELLED", "EXPIRED", "CLOSED")
EXECUTED_AS = {"capture": "POST captures", "refund": "POST refunds", "cancel": "POST cancel",
               "reduce": "PATCH authorization",
               "release": "POST release-remaining-authorization",
               "extend": "POST extend-authorization-time",
               "acknowledge": "POST acknowledge",
               "shipping_info": "POST shipping-info",
               "lines": "PATCH authorization",
               "references": "PATCH merchant-references",
               "shipping_address": "PATCH customer-details"}


class Audit:
    def __init__(self, world):
        self.twice, self.lost, self.stuck = [], [], []
        self.ledger, self.executed = world.books()
        self.orders = {row["id"]: row for row in world.orders(ORDER)}
        self.operations = {row["id"]: row for row in world.rows("klarna_operation", OPERATION)}
        self.theirs = {order["order_id"]: order for order in self.ledger["orders"]}

    def check(self):
        self._placements()
        for order in self.orders.values():
            if order["klarna_order_id"] != order["id"]:
                self._order(order, self.theirs.get(order["klarna_order_id"]))
            if order["pending_op"]:
                self.stuck.append(f"order {order['id']} is held by {order['pending_op']}")
        for operation in self.operations.values():
            self._operation(operation)
        for key in self.executed:
            if key not in self.operations:
                self.lost.append(f"key {key} was executed, no operation has it")
        return self

    def _placements(self):
        """A session has at most one order, and that is the one our order has."""
        ours = {order["session_id"]: order for order in self.orders.values()
                if order["session_id"]}
        # A start in a store whose answer was lost: Klarna's call named the order, or a person did.
        named = {order["klarna_order_id"]: order for order in self.orders.values()
                 if not order["session_id"]}
        per_session = collections.Counter(order["session_id"] for order in self.theirs.values())
        for session, number in per_session.items():
            if number > 1:
                self.twice.append(f"session {session} became {number} orders")
        for theirs in self.theirs.values():
            order = ours.get(theirs["session_id"]) or named.get(theirs["order_id"])
            if not order or order["klarna_order_id"] != theirs["order_id"]:
                self.lost.append(f"Klarna's order {theirs['order_id']} belongs to no order "
                                 f"(session's order: {order and order['id']}, "
                                 f"{order and order['state']} {order and order['attention']})")

    def _order(self, ours, theirs):
        if not theirs:
            self.lost.append(f"order {ours['id']} names an order Klarna does not have")
            return
        for our_name, their_name in SAME:
            if our_name == "fraud_status" and ours["state"] in OVER:
                continue
            if ours[our_name] != str(theirs[their_name]):
                self.lost.append(f"order {ours['id']}: {our_name} is {ours[our_name]}, "
                                 f"at Klarna {theirs[their_name]}")
        if ours["attention"] in ("differs", "orphan"):
            self.lost.append(f"order {ours['id']} is marked {ours['attention']}")
        self._movements(ours, theirs)

    def _movements(self, ours, theirs):
        """Each capture and refund: the same id, amount and key on both sides, once."""
        document = ours["ledger"]
        booked = [("capture", c["capture_id"], c["moved"]["amount"], c.get("operation_id", ""))
                  for c in document["captures"]]
        booked += [("refund", s["refund_id"], s["amount"], s.get("operation_id", ""))
                   for ci in document["credit_invoices"] for s in ci["steps"]
                   if s["verb"] == "refund" and s["state"] == "confirmed"]
        known = [("capture", c["capture_id"], c["captured_amount"], c["idempotency_key"] or "")
                 for c in theirs["captures"]]
        known += [("refund", r["refund_id"], r["refunded_amount"], r["idempotency_key"] or "")
                  for r in theirs["refunds"]]
        for entry in set(booked) ^ set(known):
            side = "ours" if entry in set(booked) else "Klarna's"
            self.lost.append(f"order {ours['id']}: {entry} stands in {side} books only")
        for entries, side in ((booked, "our"), (known, "Klarna's")):
            keys = collections.Counter((kind, key) for kind, _, _, key in entries if key)
            self.twice += [f"order {ours['id']}: {kind} of key {key} {number} times in {side} books"
                           for (kind, key), number in keys.items() if number > 1]

    def _operation(self, op):
        name = f"{op['kind']} {op['id']} of order {op['order_id']}"
        effects = self.executed.get(op["id"], [])
        if op["state"] not in ("confirmed", "refused"):
            self.stuck.append(f"{name} is {op['state']} ({op['error_code']}), "
                              f"{op['attempts']} attempts")
            return
        if int(op["next_at"]):
            self.stuck.append(f"{name} is {op['state']} and still due")
        if len(effects) > 1:
            self.twice.append(f"{name} was executed {len(effects)} times: {effects}")
        if op["kind"] == "distribute":      # it has no key: the outbox tells (tilltraffic.py)
            return
        if op["kind"] in ("place_order", "adopt", "take_over"):
            self._placed(name, op)
        elif op["state"] == "confirmed" and effects[:1] != [EXECUTED_AS[op["kind"]]] \
                and not self._is_cancelled_by_others(op):
            self.lost.append(f"{name} is confirmed; at Klarna: {effects}")
        elif op["state"] == "refused" and effects and not (
                op["kind"] == "acknowledge" and op["error_code"] == "given_up"):
            # (That one made way for somebody, and may have been heard all the same.)
            self.lost.append(f"{name} is refused ({op['error_code']}); at Klarna: {effects}")

    def _is_cancelled_by_others(self, op):
        """What was to be cancelled is, and no operation of ours did it: the portal was quicker."""
        theirs = self.theirs.get(self.orders[op["order_id"]]["klarna_order_id"])
        ours = [one for one in self.operations.values() if one["order_id"] == op["order_id"]]
        return (op["kind"] == "cancel" and theirs and theirs["status"] == "CANCELLED"
                and not any("POST cancel" in self.executed.get(one["id"], []) for one in ours))

    def _placed(self, name, op):
        order = self.orders[op["order_id"]]
        if op["state"] == "confirmed" and order["klarna_order_id"] != op["result_id"]:
            self.lost.append(f"{name} is confirmed as {op['result_id']}; the order has "
                             f"{order['klarna_order_id']}")

    # --- what clients were told ---------------------------------------------------------------

    def told(self, intents):
        """intents: what clients asked, with every answer they got."""
        for intent in intents:
            named = {op for _, op in intent.answers if op}
            if len(named) > 1:
                self.twice.append(f"{intent} was told {len(named)} operations: {sorted(named)}")
            for status, op in intent.answers:
                if status == 201 and not self._kept(intent, op):
                    self.lost.append(f"{intent} was told it is done: operation {op} says "
                                     f"{self.operations.get(op, {}).get('state')}")

    def _kept(self, intent, op):
        if intent.action == "start":
            return op in self.orders
        row = self.operations.get(op)
        if not row or row["state"] != "confirmed":
            return False
        if intent.action != "place":
            return True
        order = self.orders[row["order_id"]]
        return order["klarna_order_id"] in self.theirs

    # --- figures ------------------------------------------------------------------------------

    def counted(self):
        """Operations by kind and outcome, without those that were promised to nobody."""
        return collections.Counter((op["kind"], op["state"]) for op in self.operations.values()
                                   if op["error_code"] != "not_started")

    def not_started(self):
        return sum(op["error_code"] == "not_started" for op in self.operations.values())

    def states(self):
        return collections.Counter(order["state"] for order in self.orders.values())
