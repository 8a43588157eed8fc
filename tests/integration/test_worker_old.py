# SPDX-License-Identifier: Apache-2.0
"""Where repeating with the key no longer tells: operations older than Klarna's memory of keys, and
placements, which have none. Klarna's record decides; nothing is sent on a guess."""
import itertools

import pytest

import carts
import confidential
from httpd import Httpd
from sandbox import Sandbox
from shop import EXTRA, ORDERS, Shop, new_key, problem
from test_callbacks import LOCATION, Told, call
from test_faults import ACTIONS, WHOLE
from waiting import eventually, is_free, operations_are_due

DAY = 86400


@pytest.fixture(scope="module")
def box():
    """A sandbox of its own: its clock only goes forward."""
    box = Sandbox()
    yield box
    box.stop()


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(box.url, EXTRA + LOCATION + "KlarnaWorker On\nKlarnaTimeout 3s\n"
                   "KlarnaConnectTimeout 500ms\n")
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def worker_lines(httpd):
    httpd.allow_log("KLA002[012]: |KLA003[0123]: ")


def _held_back(httpd):
    """The worker does not come to it yet."""
    httpd.sql("UPDATE klarna_operation SET next_at = 4000000000000000 WHERE next_at > 0")


def _a_day_later(httpd, box):
    """For both: Klarna has forgotten the key, and we know it."""
    box.advance(DAY + 3600)
    httpd.sql(f"UPDATE klarna_operation SET sent_at = sent_at - {(DAY + 3600) * 1000000} "
              "WHERE next_at > 0 AND sent_at > 0")


def _lost(shop, httpd, box, name, kind):
    """An action without an answer; the subject, its order and its operation."""
    action, subject = ACTIONS[name], ACTIONS[name].prepare(shop)
    box.fault(kind, -1, method=action.method, path=action.path)
    answer = action.ask(shop, subject, new_key())
    _held_back(httpd)
    assert answer.status == 202, answer.raw
    box.clear()
    order_id = getattr(subject, "order_id", subject)
    return action, subject, order_id, shop.order(order_id)["pending_operation"]


def _writes(box):
    return [request for request in box.requests() if request["method"] != "GET"]


@pytest.mark.databases
@pytest.mark.parametrize("kind, executed", [("drop_after", True), ("drop_before", False)])
def test_old_operations(shop, httpd, box, kind, executed):
    """Sent again, what was executed would be executed again: Klarna's record is read instead. What
    was not is sent afresh, once."""
    left = [(name, *_lost(shop, httpd, box, name, kind))
            for name in ("capture", "refund", "cancel", "reduce", "release")
            if not (executed and name in WHOLE)]          # that is seen at once
    _a_day_later(httpd, box)
    box.forget_requests()
    for name, action, subject, order_id, operation in left:
        eventually(lambda: is_free(shop, order_id),                 # noqa: B023
                   meanwhile=lambda: operations_are_due(httpd))
        sent = [r for r in _writes(box) if r["idempotency_key"] == operation]
        assert [r["executed"] for r in sent] == ([] if executed else [True]), name
        assert action.count(shop, box, subject) == 1
        shop.agrees(order_id, action.status)
        ended = shop.get(f"/{order_id}/operations/{operation}")
        assert ended["state"] == "confirmed"
        if name in ("capture", "refund"):
            [move] = box.ledger(shop.order(order_id)["klarna_order_id"])[name + "s"]
            assert ended["result_id"] == move[name + "_id"]
    assert len(_writes(box)) == (0 if executed else len(left))


def _ambiguous(shop, httpd, box):
    """A lost refund of 199.00 whose key Klarna has forgotten, and two like it made in the portal;
    the order, Klarna's id of it, the refunds' ids and the operation's path."""
    _, _, order_id, operation = _lost(shop, httpd, box, "refund", "drop_before")
    klarna_id = shop.order(order_id)["klarna_order_id"]
    for _ in range(2):
        box.control("POST", f"orders/{klarna_id}/portal", {"action": "refund", "amount": 18682})
    refunds = [refund["refund_id"] for refund in box.ledger(klarna_id)["refunds"]]
    _a_day_later(httpd, box)
    box.forget_requests()
    operations_are_due(httpd)
    eventually(lambda: _listed(shop, operation)["error_code"] == "key_expired",
               meanwhile=lambda: operations_are_due(httpd))
    return order_id, klarna_id, refunds, f"{ORDERS}/{order_id}/operations/{operation}"


def _at_rest(httpd):
    """The last try was two minutes ago, and the worker leaves it alone."""
    httpd.sql("UPDATE klarna_operation SET next_at = 4000000000000000, "
              "updated_at = updated_at - 120000000 WHERE next_at > 0 AND lease_until = 0")


def _give_up(httpd, path, **said):
    return eventually(lambda: _not_busy(httpd.post(path + "/give-up", {"reason": "old", **said})),
                      meanwhile=lambda: _at_rest(httpd))


def test_old_and_ambiguous(shop, httpd, box):
    """Two refunds in the portal, either of which may have been ours: nobody can tell, so it stays
    unknown, is listed with the reason, and is neither sent nor given up; a person is shown what it
    can be."""
    order_id, klarna_id, refunds, path = _ambiguous(shop, httpd, box)
    assert _listed(shop, path.rpartition("/")[2])["state"] == "unknown"
    again = httpd.post(path + "/send-again", {})
    assert again.status == 409 or again.json["state"] == "unknown"
    told = problem(_give_up(httpd, path), 409, "unclear")
    assert "executed_as" in told["next"] and "not_executed" in told["next"]
    assert [(each["id"], each["amount"]) for each in told["candidates"]] == [
        (refund, 18682) for refund in refunds]
    assert all(set(each) <= {"id", "amount", "at", "reference"} and each["at"]
               for each in told["candidates"])
    told = problem(_give_up(httpd, path, executed_as="another"), 409, "not_a_candidate")
    assert len(told["candidates"]) == 2
    problem(httpd.post(path + "/give-up", {"reason": "old", "executed_as": refunds[0],
                                           "not_executed": True}), 400, "executed_as", "executed_as")
    problem(httpd.post(path + "/give-up", {"reason": "old", "not_executed": "yes"}), 400,
            "wrong_type", "not_executed")
    assert _writes(box) == []
    assert box.ledger(klarna_id)["refunded_amount"] == 2 * 18682


def _books(shop, box, order_id, klarna_id, booked):
    """Free, and both books have the two refunds and nothing else; gives ours. booked: those of
    them that our books know, in their order, each with the operation it belongs to."""
    ours, theirs = shop.order(order_id), box.ledger(klarna_id)
    assert ours["pending_operation"] is None
    for name in ("captured_amount", "refunded_amount", "remaining_authorized_amount"):
        assert ours[name] == theirs[name], name
    assert theirs["refunded_amount"] == 2 * 18682
    refunds = [(step["refund_id"], step["operation_id"]) for invoice in ours["credit_invoices"]
               for step in invoice["steps"] if step["state"] == "confirmed"]
    assert refunds == booked
    assert sorted(refund for refund, _ in refunds) == sorted(
        refund["refund_id"] for refund in theirs["refunds"])
    assert _writes(box) == []
    return ours


def _what_is_left_is_refundable(shop, box, order_id, klarna_id):
    """Exactly that, and nothing of what the portal refunded a second time."""
    theirs = box.ledger(klarna_id)
    left = theirs["captured_amount"] - theirs["refunded_amount"]
    assert shop.order(order_id)["max_credit_amount"] == left
    problem(shop.act(order_id, "credit-invoices", {"amount": left + 1}), 400, "too_much")
    shop.done(shop.act(order_id, "credit-invoices", {"amount": left}))
    theirs = box.ledger(klarna_id)
    assert theirs["refunded_amount"] == theirs["captured_amount"] == (
        shop.order(order_id)["refunded_amount"])
    assert shop.get(f"/{order_id}?refresh=1")["differs_from_klarna"] is False


@pytest.mark.databases
def test_a_person_says_which_it_was(shop, httpd, box):
    order_id, klarna_id, refunds, path = _ambiguous(shop, httpd, box)
    httpd.expect_log(f"KLA0022: .* given up by clerk as executed: {refunds[1]}, it is confirmed: old")
    answer = _give_up(httpd, path, executed_as=refunds[1])
    assert answer.status == 200, answer.raw
    assert (answer.json["state"], answer.json["result_id"]) == ("confirmed", refunds[1])
    operation = path.rpartition("/")[2]
    order = _books(shop, box, order_id, klarna_id,
                   [(refunds[1], operation), (refunds[0], None)])
    assert [invoice["state"] for invoice in order["credit_invoices"]] == ["paid", "paid"]
    problem(httpd.post(path + "/give-up", {"reason": "x", "executed_as": refunds[0]}), 409, "final")
    _what_is_left_is_refundable(shop, box, order_id, klarna_id)


@pytest.mark.databases
def test_a_person_says_it_was_none_of_them(shop, httpd, box):
    order_id, klarna_id, refunds, path = _ambiguous(shop, httpd, box)
    httpd.expect_log("KLA0022: .* given up by clerk as not executed, it is refused: old")
    answer = _give_up(httpd, path, not_executed=True)
    assert answer.status == 200, answer.raw
    assert (answer.json["state"], answer.json["error_code"]) == ("refused", "given_up")
    order = _books(shop, box, order_id, klarna_id, [(refund, None) for refund in refunds])
    assert [invoice["state"] for invoice in order["credit_invoices"]] == [
        "refused", "paid", "paid"]
    assert (order["attention"], order["waiting"]) == ("outside", "refund")
    _what_is_left_is_refundable(shop, box, order_id, klarna_id)


def test_klarna_is_out_of_reach_when_a_person_has_spoken(shop, httpd, box):
    """The record cannot be read a second time: the worker's next look, at once, books what the
    portal did."""
    order_id, klarna_id, refunds, path = _ambiguous(shop, httpd, box)

    def out_of_reach():
        _at_rest(httpd)
        box.clear()
        box.fault("drop_before", 1, method="GET", path=f"{klarna_id}$", skip=1)

    answer = eventually(lambda: _not_busy(httpd.post(
        path + "/give-up", {"reason": "old", "not_executed": True})), meanwhile=out_of_reach)
    assert answer.json["state"] == "refused"
    eventually(lambda: shop.order(order_id)["refunded_amount"] == 2 * 18682)
    _books(shop, box, order_id, klarna_id, [(refund, None) for refund in refunds])


def _listed(shop, operation):
    [found] = [op for op in shop.get("/operations")["operations"] if op["id"] == operation]
    return found


def _not_busy(answer):
    busy = answer.status == 409 and answer.json["code"] == "in_progress"
    return None if busy else answer


# --- placements ------------------------------------------------------------------------------------

BEHAVIOURS = list(itertools.product(("same_order", "refused"), ("readable", "not_found")))


def _behave(box, repeat, session):
    box.control("POST", "behaviour", {"place_order_repeat": repeat, "completed_session": session})


def _lost_placement(shop, httpd, box, kind):
    payment = Told(shop)
    payment.token = box.authorize(payment.session_id)
    box.fault(kind, -1, path="/order$")
    assert shop.place(payment).status == 202
    _held_back(httpd)
    box.control("DELETE", "faults")
    return payment, shop.order(payment.order_id)["pending_operation"]


@pytest.mark.parametrize("repeat, session", BEHAVIOURS)
def test_a_placement_that_was_not_executed(shop, httpd, box, repeat, session):
    _behave(box, repeat, session)
    payment, _ = _lost_placement(shop, httpd, box, "drop_before")
    eventually(lambda: is_free(shop, payment.order_id),
               meanwhile=lambda: operations_are_due(httpd))
    assert len(box.orders_of_session(payment.session_id)) == 1
    shop.agrees(payment.order_id, "AUTHORIZED")


def _is_orphan(shop, order_id):
    return shop.order(order_id)["attention"] == "orphan"


@pytest.mark.parametrize("later", [0, 2 * 3600])
@pytest.mark.parametrize("repeat, session", BEHAVIOURS)
def test_a_placement_whose_answer_was_lost(shop, httpd, box, repeat, session, later):
    """Klarna repeats its answer, or there is an orphan that everybody sees; never a second order.
    After an hour Klarna does not know the token any more."""
    _behave(box, repeat, session)
    payment, operation = _lost_placement(shop, httpd, box, "drop_after")
    box.advance(later)
    order_id = payment.order_id
    eventually(lambda: is_free(shop, order_id) or _is_orphan(shop, order_id),
               meanwhile=lambda: operations_are_due(httpd))
    [theirs] = box.orders_of_session(payment.session_id)
    if repeat == "same_order" and not later:
        assert shop.agrees(order_id, "AUTHORIZED")["klarna_order_id"] == theirs["order_id"]
        return
    listed = [order["id"] for order in shop.get("?attention=orphan")["orders"]]
    assert order_id in listed and _listed(shop, operation)["state"] == "unknown"
    # Looking again and again changes nothing, and neither does the shopper's click.
    operations_are_due(httpd)
    assert shop.place(payment).status in (202, 409)
    assert len(box.orders_of_session(payment.session_id)) == 1
    # A person adopts it, or Klarna's own call names it.
    if session == "readable":
        answer = eventually(lambda: _not_busy(httpd.post(
            f"{ORDERS}/{order_id}/adopt", {"klarna_order_id": theirs["order_id"]})))
        assert answer.status == 200, answer.raw
    else:
        eventually(lambda: call(httpd, payment.notification, {
            "order_id": theirs["order_id"]}).status == 200)
        eventually(lambda: is_free(shop, order_id), meanwhile=lambda: operations_are_due(httpd))
    order = shop.agrees(order_id, "AUTHORIZED")
    assert (order["klarna_order_id"], order["attention"]) == (theirs["order_id"], None)


def test_a_token_that_ran_out_before_it_was_used(shop, httpd, box):
    """Klarna's no is certain then: its session is not complete. The shopper may pay again."""
    payment, operation = _lost_placement(shop, httpd, box, "drop_before")
    box.advance(2 * 3600)
    order_id = payment.order_id
    eventually(lambda: is_free(shop, order_id), meanwhile=lambda: operations_are_due(httpd))
    assert shop.get(f"/{order_id}/operations/{operation}")["state"] == "refused"
    assert box.orders_of_session(payment.session_id) == []
    assert shop.order(order_id)["state"] == "DECLINED"
    payment.token = box.authorize(payment.session_id)
    assert shop.place(payment).status == 201
    shop.agrees(order_id, "AUTHORIZED")


def test_a_wrong_order_is_not_adopted(shop, httpd, box):
    """A notification that names somebody else's order: read, found wrong, not believed."""
    other = shop.placed(carts.of(carts.line("hat", 1, 100)))
    klarna_id = shop.agrees(other)["klarna_order_id"]
    _behave(box, "refused", "readable")
    payment, operation = _lost_placement(shop, httpd, box, "drop_after")
    eventually(lambda: _is_orphan(shop, payment.order_id),
               meanwhile=lambda: operations_are_due(httpd))
    confidential.keep_from_logs(payment.notification.rpartition(".")[2])
    call(httpd, payment.notification, {"order_id": klarna_id})
    operations_are_due(httpd)
    problem(eventually(lambda: _not_busy(httpd.post(
        f"{ORDERS}/{payment.order_id}/adopt", {"klarna_order_id": klarna_id}))), 409,
        "not_this_order")
    assert _listed(shop, operation)["state"] == "unknown"
    # The right one still can be.
    [theirs] = box.orders_of_session(payment.session_id)
    eventually(lambda: call(httpd, payment.notification, {
        "order_id": theirs["order_id"]}).status == 200)
    eventually(lambda: is_free(shop, payment.order_id),
               meanwhile=lambda: operations_are_due(httpd))
    assert shop.agrees(payment.order_id)["klarna_order_id"] == theirs["order_id"]
    assert Shop(httpd, box).agrees(other)["klarna_order_id"] == klarna_id
