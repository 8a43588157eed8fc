# SPDX-License-Identifier: Apache-2.0
"""Every command of docs/instore.md runs, as it stands there."""
import json
import os
import re

import pytest

import confidential
import docs
from httpd import USERS, Httpd
from sandbox import klarna_url
from sandbox_client import ROOT
from shop import EXTRA
from till import EXTRA as TILLS, Till
from waiting import order_is_due

PAGE = os.path.join(ROOT, "docs", "instore.md")
TO_FILL_IN = "SHOP=http"    # the reader's own values
SETTING = re.compile(r"^(\w+=|C\(\))")


def blocks():
    """The commands: below "The first payment", and below "The routes"."""
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    found = [re.search(rf"(?ms)^## {name}.*?^```sh\n(.*?)^```", text)[1].splitlines()
             for name in ("The first payment", "The routes")]
    assert all(len(lines) > 8 for lines in found)
    return found


FIRST, ROUTES = blocks()


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA + TILLS)
    yield server
    server.stop()


@pytest.fixture
def clinic(httpd, box):
    return Till(httpd, box, "clinic", path="/klarna/instore")


@pytest.fixture
def run(httpd, box, tmp_path):
    return docs.Shell(tmp_path, SHOP=f"http://127.0.0.1:{httpd.port}", S=box.url + "/_sandbox",
                      PASSWORD=USERS["cashier"]).run


def setting():
    return [line for line in FIRST if re.match(r"T=|C\(\)", line)]


def test_the_first_payment(run, httpd, tmp_path):
    assert FIRST[0].startswith(TO_FILL_IN)
    wait = next(i for i, line in enumerate(FIRST) if "wait=" in line)
    run(FIRST[1:wait])
    begun = json.loads((tmp_path / "payment.json").read_text())
    assert (tmp_path / "code.svg").read_text().startswith("<svg")
    order_is_due(httpd, begun["payment_id"])     # nobody waits for what would come by itself
    again = [line for line in FIRST[1:wait] if SETTING.match(line)]
    told = run(again + FIRST[wait:wait + 1])
    assert json.loads(told)["state"] == "COMPLETED"
    receipt = run(again + FIRST[wait + 1:])
    assert '"klarna_reference"' in receipt


def paid(clinic, httpd, verified=True):
    payment = clinic.begun(invoice={"number": "4711", "total": 1000000, "already_paid": 0})
    clinic.customer(payment, "approve")
    order_is_due(httpd, payment["payment_id"])
    assert clinic.read(payment)["state"] == "COMPLETED"
    if verified:
        assert clinic.post(payment, "verify").status == 200
    return payment


def test_every_route(run, clinic, httpd):
    """Each with a payment that it can be done to."""
    ready = {"/refunds": paid(clinic, httpd), "/receipt": paid(clinic, httpd),
             "refund=1": paid(clinic, httpd, verified=False),
             "/verify": paid(clinic, httpd, verified=False)}
    [key] = [line for line in ROUTES if "/displays" in line]
    key = confidential.keep_from_logs(json.loads(run(setting() + [key]))["key"])
    for line in ROUTES:
        payment = next((one for part, one in ready.items() if part in line), None) or clinic.begun()
        version = str(clinic.read(payment)["version"] - 1)
        run(setting() + [line], ID=payment["payment_id"], VERSION=version, KEY=key)
        if payment not in ready.values():
            clinic.end(payment)


def test_every_route_is_there():
    """Those of handlers/instore.c, and of its customer's screen."""
    with open(os.path.join(ROOT, "handlers", "instore.c"), encoding="utf-8") as file:
        routes = re.findall(r'\{"(GET|POST|DELETE)", "([^"]+)"', file.read())
    assert len(routes) > 10
    text = "\n".join(ROUTES).replace("qr.png", "qr.svg")
    for method, path in routes:
        place = re.escape(path.replace("qr.png", "qr.svg")).replace(r"\*", r"(\$ID|\d+)")
        how = {"GET": r"C \"?", "POST": r"C -d .*", "DELETE": r"C -X DELETE \"?"}[method]
        assert re.search(rf"(?m)^{how}\$T/{place}(\?|\"| |$)", text), (method, path)
