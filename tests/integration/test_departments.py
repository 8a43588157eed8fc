# SPDX-License-Identifier: Apache-2.0
"""A department with credentials of its own is an account of its own: the Locations and the worker
of its store serve it, with those credentials."""
import pytest

from httpd import Httpd
from sandbox import OTHER_USERNAME, USERNAME, klarna_url
from shop import Shop, for_stores, problem
from test_take_over import old, take_over  # noqa: F401: for pytest
from waiting import eventually, is_free

CLINIC = """
KlarnaWorker On
<KlarnaStore clinic>
    KlarnaCredentials file:${DIR}/other-credentials
    KlarnaEndpoint ${KLARNA_URL}
    <KlarnaDepartment dental>
        KlarnaCredentials file:${DIR}/credentials
        KlarnaInStore hosted_page
    </KlarnaDepartment>
    <KlarnaDepartment eyes>
        KlarnaInStore hosted_page
    </KlarnaDepartment>
</KlarnaStore>
<Location /clinic/instore>
    SetHandler klarna-instore
    KlarnaUseStore clinic
    Require all granted
</Location>
""" + for_stores("/clinic/orders", "clinic")


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), CLINIC)
    yield server
    server.stop()


@pytest.fixture
def clinic(httpd, box):
    return Shop(httpd, box, orders="/clinic/orders")


def test_a_departments_order_is_worked_on_with_its_credentials(clinic, box, old):  # noqa: F811
    box.forget_requests()
    order_id = clinic.done(take_over(clinic, old(), store="clinic.dental"))["order_id"]
    clinic.done(clinic.act(order_id, "captures", {"everything": True}))
    assert clinic.agrees(order_id, "CAPTURED")["merchant"] == "clinic.dental"
    assert {entry["merchant"] for entry in box.requests()} == {USERNAME}
    assert order_id in [order["id"] for order in clinic.get("?store=clinic.dental")["orders"]]


def test_the_stores_own_account_does_not_see_it(clinic, box, old):  # noqa: F811
    box.forget_requests()
    problem(take_over(clinic, old(), store="clinic"), 422, "refused")
    assert OTHER_USERNAME in {entry["merchant"] for entry in box.requests()}
    problem(take_over(clinic, old(), store="clinic.eyes"), 400, "unknown_value")


def test_the_worker_finishes_what_a_department_left(clinic, httpd, box, old):  # noqa: F811
    order_id = clinic.done(take_over(clinic, old(), store="clinic.dental"))["order_id"]
    httpd.expect_log("KLA0021: ")
    httpd.expect_log("KLA0030: .* is confirmed")
    box.fault("drop_after", -1, path="/captures$")
    assert clinic.act(order_id, "captures", {"everything": True}).status == 202
    box.clear()
    eventually(lambda: is_free(clinic, order_id))
    clinic.agrees(order_id, "CAPTURED")


def test_accounts_are_named_to_the_back_office(clinic):
    assert [store["name"] for store in clinic.get("/about")["stores"]] == ["clinic",
                                                                            "clinic.dental"]
