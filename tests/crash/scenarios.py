# SPDX-License-Identifier: Apache-2.0
"""What steps mode dies in: each scenario leads an order to where something is to be done, and does
it. `ask` is a client's request, to be repeated with its key; a scenario without one is the
worker's: what is due is all there is to do."""
import carts
import world        # noqa: F401  (knows where the others' modules are)
from sandbox import PASSWORD, USERNAME
from sandbox_client import basic
from shop import CHECKOUT, ORDERS, Payment

AUTH = basic(USERNAME, PASSWORD)

DAY = 86400
SHIPPED = [{"shipping_company": "PostNord", "tracking_number": "PN-4711"}]
BOOK = {"lines": [{"reference": "book", "quantity": 1}]}
SHIRT = {"lines": [{"reference": "shirt", "quantity": 1}]}


class Subject:
    """What a scenario is about, for one run of it."""

    def __init__(self, order_id=None, **more):
        self.order_id = order_id
        self.__dict__.update(more)


class Scenario:
    def __init__(self, name, prepare, ask=None, ways=("client", "worker"), accepted=(200, 201),
                 shows="", ends=None):
        """shows: what the end must hold for the scenario to have been what its name says; ends:
        what happens before one looks at that, (stage, subject)."""
        self.name, self.prepare, self.ask, self.accepted = name, prepare, ask, accepted
        self.shows, self.ends = shows, ends
        self.ways = ways if ask else ("itself",)


# --- leading there ------------------------------------------------------------------------------

def _nothing(stage):
    return Subject(content=carts.cart())


def _placed_elsewhere(stage):
    """An order of Klarna's that the module never heard of."""
    cart = carts.cart()
    body = {name: value for name, value in cart.items() if name != "merchant_urls"}
    session = stage.box.ask("POST", "/payments/v1/sessions", body, auth=AUTH).json
    token = stage.box.authorize(session["session_id"])
    order = stage.box.ask("POST", f"/payments/v1/authorizations/{token}/order", body, auth=AUTH)
    return Subject(klarna_order_id=order.json["order_id"])


def _authorized(stage):
    """Addresses in the session, and others at authorize: Klarna refuses any difference."""
    payment = stage.shop.authorized(carts.personal_cart(), **carts.AT_AUTHORIZE)
    return Subject(payment.order_id, payment=payment)


def _placed(stage):
    return Subject(stage.shop.placed())


def _part_captured(stage):
    order_id = stage.shop.placed()
    done = stage.shop.done(stage.shop.act(order_id, "captures", BOOK))
    return Subject(order_id, capture_id=done["capture"]["capture_id"])


def _captured(stage):
    return Subject(stage.shop.captured())


def _free_part_captured(stage):
    order_id = stage.shop.placed()
    stage.shop.done(stage.shop.act(order_id, "captures", {"amount": 30000}))
    return Subject(order_id)


def _refunded_in_the_portal(stage):
    subject = _captured(stage)
    stage.portal(subject, "refund", 4200)
    return subject


def _captured_in_the_portal(stage):
    subject = _placed(stage)
    stage.portal(subject, "capture", 12300)
    return subject


def _in_doubt(stage, fault, path, ask, prepare=_placed):
    """An operation of which nobody here knows what came of it."""
    subject = prepare(stage)
    stage.box.fault(fault, -1, path=path)
    subject.key = stage.new_key()
    answer = ask(stage, subject, subject.key)
    assert answer.status == 202, answer.raw
    stage.box.control("DELETE", "faults")
    stage.world.age()
    [(subject.operation_id,)] = stage.world.database.sql(
        "SELECT id FROM klarna_operation WHERE state = 'unknown' AND "
        f"order_id = '{subject.order_id}';")
    return subject


def _capture(stage, subject, key):
    return stage.shop.act(subject.order_id, "captures", {"amount": 20000}, key)


def _capture_in_doubt(executed):
    return lambda stage: _in_doubt(stage, "drop_after" if executed else "drop_before",
                                   "/captures$", _capture)


def _capture_with_a_forgotten_key(executed):
    def prepare(stage):
        subject = _capture_in_doubt(executed)(stage)
        stage.box.advance(25 * 3600)
        stage.world.database.sql(
            f"UPDATE klarna_operation SET sent_at = sent_at - {25 * 3600 * 10 ** 6} "
            f"WHERE id = '{subject.operation_id}';")
        stage.world.age()
        return subject
    return prepare


def _place(stage, subject, key):
    return stage.shop.place(subject.payment)


def _orphan(stage):
    """Placed at Klarna, the answer lost, and Klarna says no to the same token."""
    stage.box.control("POST", "behaviour", {"place_order_repeat": "refused"})
    subject = _in_doubt(stage, "drop_after", "/order$", _place, _authorized)
    stage.world.age()
    stage.shop.place(subject.payment)       # the no that tells it is one
    stage.box.control("POST", "behaviour", {"place_order_repeat": "same_order"})
    [order] = stage.box.orders_of_session(subject.payment.session_id)
    subject.klarna_order_id = order["order_id"]
    stage.world.age()
    return subject


def _callback(stage, subject, kind, body):
    [(secret,)] = stage.world.database.sql(
        f"SELECT callback_secret FROM klarna_payment WHERE id = '{subject.order_id}' UNION "
        f"SELECT callback_secret FROM klarna_order WHERE id = '{subject.order_id}';")
    return stage.first.post(f"/klarna/callbacks/{kind}/{subject.order_id}.{secret}", body, None)


def _orphan_that_klarna_named(stage):
    subject = _orphan(stage)
    answer = _callback(stage, subject, "status", {"order_id": subject.klarna_order_id})
    assert answer.status == 200, answer.raw
    return subject


def _authorized_and_called_back(stage):
    subject = _authorized(stage)
    answer = _callback(stage, subject, "authorization",
                       {"authorization_token": subject.payment.token})
    assert answer.status == 200, answer.raw
    return subject


def _reviewed(stage):
    subject = Subject(stage.shop.placed(outcome="pending"))
    klarna_id = stage.shop.order(subject.order_id)["klarna_order_id"]
    stage.box.control("POST", f"orders/{klarna_id}/fraud", {"decision": "ACCEPTED"})
    answer = _callback(stage, subject, "fraud", {"order_id": klarna_id,
                                                 "event_type": "FRAUD_RISK_ACCEPTED"})
    assert answer.status == 200, answer.raw
    return subject


def _seen(stage):
    """At the next look it is acknowledged."""
    subject = _placed(stage)
    assert _refresh(stage, subject, None).status == 200
    return subject


def _about_to_expire(stage):
    stage.box.control("POST", "behaviour", {"authorization_days": 5})
    subject = _placed(stage)
    stage.box.control("POST", "behaviour", {"authorization_days": 28})
    stage.shop.order(subject.order_id)
    stage.world.database.sql("UPDATE klarna_order SET updated_at = updated_at - "
                             f"{10 * DAY * 10 ** 6} WHERE id = '{subject.order_id}';")
    return subject


def _long_ago(stage):
    """What was asked of Klarna for this order has had its time."""
    subject = _part_captured(stage)
    back = f"updated_at - {400 * DAY * 10 ** 6}"
    stage.world.database.sql(f"UPDATE klarna_operation SET updated_at = {back} "
                             f"WHERE order_id = '{subject.order_id}';")
    return subject


def _left_at(step, prepare, action, body):
    """The first host died at this step of a request; nobody asks again."""
    def lead(stage):
        subject = prepare(stage)
        stage.first.arm(f"{step}:1")
        assert stage.dies(lambda: stage.shop.act(subject.order_id, action, body)), step
        return subject
    return lead


# --- doing it -------------------------------------------------------------------------------------

def _act(action, body):
    return lambda stage, subject, key: stage.shop.act(subject.order_id, action, body, key)


def _start(stage, subject, key):
    answer = stage.first.post(CHECKOUT + "/sessions",
                              {"signed_cart": stage.signed(subject.content)}, None, key=key)
    if answer.status == 201:
        subject.order_id = Payment(answer).order_id
    return answer


def _shipping_info(stage, subject, key):
    return stage.shop.act(subject.order_id, f"captures/{subject.capture_id}/shipping-info",
                          {"shipping_info": SHIPPED}, key)


def _of_capture(action, body):
    return lambda stage, subject, key: stage.shop.act(
        subject.order_id, f"captures/{subject.capture_id}/{action}", body, key)


def _take_over(stage, subject, key):
    answer = stage.first.post(f"{ORDERS}/take-over",
                              {"klarna_order_id": subject.klarna_order_id}, key=key)
    if answer.status == 201:
        subject.order_id = answer.json["order_id"]
    return answer


def _refresh(stage, subject, key):
    return stage.first.get(f"{ORDERS}/{subject.order_id}?refresh=1")


def _adopt(stage, subject, key):
    return stage.first.post(f"{ORDERS}/{subject.order_id}/adopt",
                            {"klarna_order_id": subject.klarna_order_id})


def _open(what, body):
    def ask(stage, subject, key):
        return stage.first.post(f"{ORDERS}/{subject.order_id}/operations/{subject.operation_id}"
                                f"/{what}", body)
    return ask


def _again(stage, subject, key):
    return _capture(stage, subject, subject.key)


def _call_back(stage, subject, key):
    return _callback(stage, subject, "authorization",
                     {"authorization_token": subject.payment.token})


# A worker would not leave these to a person.
ALONE = ("client",)
EVERYTHING = {"everything": True}
FEE = {"lines": [{"reference": "shirt", "quantity": 2}], "return_fee": 2500}
CANCEL = {"confirm_final": True}
SCENARIOS = (
    Scenario("start", _nothing, _start),
    Scenario("place", _authorized, _place),
    Scenario("capture everything", _placed, _act("captures", EVERYTHING)),
    Scenario("capture lines, shipped", _placed,
             _act("captures", {**SHIRT, "shipping_info": SHIPPED})),
    Scenario("capture an amount", _placed, _act("captures", {"amount": 12345})),
    Scenario("refund lines", _captured, _act("credit-invoices", SHIRT)),
    Scenario("refund with a fee", _captured, _act("credit-invoices", FEE)),
    Scenario("cancel", _placed, _act("cancel", CANCEL)),
    Scenario("cancel a part captured order", _part_captured, _act("cancel", CANCEL)),
    Scenario("credit everything of a part captured order", _free_part_captured,
             _act("credit-invoices", EVERYTHING)),
    Scenario("reduce", _placed, _act("credit-invoices", SHIRT)),
    Scenario("release", _part_captured, _act("release", {})),
    Scenario("extend", _placed, _act("extend", {})),
    Scenario("references", _captured, _act("references", {"merchant_reference1": "renamed"})),
    Scenario("lines", _placed, _act("lines", {"order_lines": [
        {"reference": "book", "quantity": 0}, carts.line("rug", 1, 9900)]})),
    Scenario("shipping address", _placed,
             _act("shipping-address", {"shipping_address": carts.ADDRESS | {"country": "SE"}})),
    Scenario("take over", _placed_elsewhere, _take_over),
    Scenario("shipping info", _part_captured, _shipping_info),
    Scenario("due date", _part_captured, _of_capture("due-date", {"number_of_days": 14})),
    Scenario("send-out", _part_captured, _of_capture("send-out", {})),
    Scenario("look after a refund in the portal", _refunded_in_the_portal, _refresh),
    Scenario("look after a capture in the portal", _captured_in_the_portal, _refresh),
    Scenario("a forgotten key, executed", _capture_with_a_forgotten_key(True), _again,
             ALONE),
    Scenario("a forgotten key, not executed", _capture_with_a_forgotten_key(False), _again,
             ALONE),
    Scenario("adopt an orphan", _orphan, _adopt, ALONE),
    # What is final cannot be given up or sent again: that is told with 409.
    Scenario("give up, executed", _capture_in_doubt(True), _open("give-up", {"reason": "test"}),
             ALONE, (200, 409)),
    Scenario("give up, not executed", _capture_in_doubt(False),
             _open("give-up", {"reason": "test"}), ALONE, (200, 409)),
    Scenario("send again", _capture_in_doubt(True), _open("send-again", {}), ALONE, (200, 409)),
    Scenario("authorization callback", _authorized, _call_back, ("worker",)),
    # Before the clock of the sandbox is moved on for forgotten keys.
    Scenario("worker: extends", _about_to_expire, shows='"kind": "extend"'),
    Scenario("worker: acknowledges", _seen, shows='"kind": "acknowledge"'),
    Scenario("worker: a capture that was stored", _left_at("operation_stored", _placed,
                                                           "captures", EVERYTHING)),
    Scenario("worker: a capture that was claimed", _left_at("order_claimed", _placed,
                                                            "captures", EVERYTHING)),
    Scenario("worker: a capture that was sent", _left_at("marked_sent", _placed,
                                                         "captures", EVERYTHING)),
    Scenario("worker: a capture that was called", _left_at("called", _placed,
                                                           "captures", EVERYTHING)),
    Scenario("worker: a capture with its outcome", _left_at("outcome_stored", _placed,
                                                            "captures", EVERYTHING)),
    Scenario("worker: a cancel in two calls", _left_at("order_claimed", _part_captured,
                                                       "cancel", CANCEL)),
    Scenario("worker: between the two calls", _left_at("booked", _part_captured,
                                                       "cancel", CANCEL)),
    Scenario("worker: a forgotten key, executed", _capture_with_a_forgotten_key(True)),
    Scenario("worker: a forgotten key, not executed", _capture_with_a_forgotten_key(False)),
    Scenario("worker: authorization callback", _authorized_and_called_back),
    Scenario("worker: an orphan that Klarna named", _orphan_that_klarna_named),
    Scenario("worker: fraud notification", _reviewed),
    Scenario("worker: a refund in the portal", _refunded_in_the_portal),
    Scenario("worker: a capture in the portal", _captured_in_the_portal),
    Scenario("worker: a request that has had its time", _long_ago,
             shows='"kind": "capture",   "path": ""'),
    Scenario("worker: a shopper who never came back", lambda stage: Subject(
        stage.shop.start().order_id)),
)
