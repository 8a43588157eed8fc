# SPDX-License-Identifier: Apache-2.0
"""The worker: what nobody comes back for ends right and once, too."""
import pytest

import carts
from httpd import Httpd
from sandbox import klarna_url
from shop import EXTRA, ORDERS, Shop, new_key, problem
from test_faults import ACTIONS, WHOLE
from waiting import eventually, is_free

pytestmark = pytest.mark.databases


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + "KlarnaWorker On\n")
    yield server
    server.stop()


def test_every_lost_answer_is_found_out(shop, httpd, box):
    """All actions at once, all answers lost, nobody asks again."""
    httpd.expect_log("KLA0021: ")
    httpd.allow_log("KLA0030: ")
    subjects = {name: action.prepare(shop) for name, action in ACTIONS.items()}
    for name, action in ACTIONS.items():
        box.fault("drop_after", -1, method=action.method, path=action.path)
        assert action.ask(shop, subjects[name], new_key()).status == (201 if name in WHOLE else 202)
        box.clear()
    for name, action in ACTIONS.items():
        subject = subjects[name]
        order_id = getattr(subject, "order_id", subject)
        eventually(lambda: is_free(shop, order_id))     # noqa: B023
        shop.agrees(order_id, action.status)
        assert action.count(shop, box, subject) == 1
    assert shop.get("/operations")["operations"] == []


def test_the_actor_stays_who_asked(shop, httpd, box):
    order_id = shop.captured()
    httpd.expect_log("KLA0021: ")
    httpd.expect_log("KLA0030: operation .* \\(refund\\) .* is confirmed")
    box.fault("drop_after", -1, path="/refunds$")
    assert shop.act(order_id, "credit-invoices", {"amount": 100}).status == 202
    box.clear()
    eventually(lambda: is_free(shop, order_id))
    [_, _, refund] = shop.started(order_id)
    assert (refund["actor"], refund["state"]) == ("clerk", "confirmed")


def test_what_a_dead_process_left(shop, httpd, box):
    """A row that says 'sent' with an ended lease, and Klarna never got it."""
    order_id = shop.captured()
    httpd.expect_log("KLA0021: ")
    httpd.expect_log("KLA0030: .* is confirmed")
    box.fault("drop_before", -1, path="/refunds$")
    assert shop.act(order_id, "credit-invoices", {"amount": 100}).status == 202
    box.clear()
    httpd.sql("UPDATE klarna_operation SET state = 'sent', doubtful = 0, lease_until = 1, "
              f"next_at = 1 WHERE order_id = '{order_id}' AND state = 'unknown'")
    eventually(lambda: is_free(shop, order_id))
    assert shop.agrees(order_id)["refunded_amount"] == 100


def test_a_person_gives_up_what_was_not_done(shop, httpd, box):
    order_id = shop.captured()
    httpd.allow_log("KLA00(20|21|22|30|31): ")
    box.fault("status", -1, path="/refunds$", status=500)
    answer = shop.act(order_id, "credit-invoices", {"amount": 100})
    assert answer.status == 202
    path = answer.headers["Location"]
    told = httpd.post(path + "/give-up", {"reason": "Klarna may still be at it"})
    problem(told, 409, "in_progress")
    told = eventually_answers(httpd, path + "/give-up", {"reason": "customer keeps it"},
                              a_minute_passes)
    assert told.json["state"] == "refused"
    box.clear()
    assert shop.agrees(order_id)["refunded_amount"] == 0
    shop.done(shop.act(order_id, "credit-invoices", {"amount": 200}))
    assert shop.agrees(order_id)["refunded_amount"] == 200


def test_a_person_gives_up_what_was_done(shop, httpd, box):
    order_id = shop.captured()
    httpd.allow_log("KLA00(20|21|22|30|31): ")
    box.fault("drop_after", -1, path="/refunds$")
    answer = shop.act(order_id, "credit-invoices", {"amount": 100})
    assert answer.status == 202
    told = eventually_answers(httpd, answer.headers["Location"] + "/give-up",
                              {"reason": "looks dead"})
    assert told.json["state"] == "confirmed"
    box.clear()
    assert shop.agrees(order_id)["refunded_amount"] == 100


def a_minute_passes(httpd):
    httpd.sql("UPDATE klarna_operation SET updated_at = updated_at - 120000000 WHERE next_at > 0")


def eventually_answers(httpd, path, body, meanwhile=lambda httpd: None):
    """The worker may hold the operation in this moment."""
    answers = []

    def ask():
        meanwhile(httpd)
        answers.append(httpd.post(path, body))
        return answers[-1].status == 200
    eventually(ask)
    return answers[-1]


def test_a_person_sends_it_again(shop, httpd, box):
    order_id = shop.captured()
    httpd.allow_log("KLA00(20|21|30|31): ")
    box.fault("drop_after", -1, path="/refunds$")
    answer = shop.act(order_id, "credit-invoices", {"amount": 100})
    assert answer.status == 202
    box.clear()
    told = eventually_answers(httpd, answer.headers["Location"] + "/send-again", {})
    assert told.json["state"] == "confirmed"
    assert shop.agrees(order_id)["refunded_amount"] == 100


def test_an_orphan_is_adopted(shop, httpd, box):
    """Placed, never heard of, and Klarna does not repeat itself."""
    httpd.allow_log("KLA00(20|21|30|31|32|33): ")
    payment, other = shop.authorized(), shop.placed(carts.of(carts.line("hat", 1, 100)))
    box.control("POST", "behaviour", {"place_order_repeat": "refused"})
    box.fault("drop_after", path="/order$")
    assert shop.place(payment).status == 202
    [theirs] = box.orders_of_session(payment.session_id)
    path = f"{ORDERS}/{payment.order_id}/adopt"
    wrong = shop.order(other)["klarna_order_id"]
    problem(httpd.post(path, {"klarna_order_id": wrong}), 409, "not_this_order")
    problem(httpd.post(path, {"klarna_order_id": ".."}), 400, "klarna_order_id",
            "klarna_order_id")
    told = eventually_answers(httpd, path, {"klarna_order_id": theirs["order_id"]})
    assert told.json["klarna_order_id"] == theirs["order_id"]
    shop.agrees(payment.order_id, "AUTHORIZED")


def test_a_decision_of_the_fraud_review(shop, httpd, box):
    order_id = shop.placed(outcome="pending")
    httpd.allow_log("KLA0032: ")
    klarna_id = shop.agrees(order_id)["klarna_order_id"]
    box.control("POST", f"orders/{klarna_id}/fraud", {"decision": "ACCEPTED"})
    httpd.sql("UPDATE klarna_order SET check_at = 1, version = version + 1 "
              f"WHERE id = '{order_id}'")
    eventually(lambda: shop.order(order_id)["fraud_status"] == "ACCEPTED")
    shop.agrees(order_id, "AUTHORIZED")
