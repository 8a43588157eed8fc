# SPDX-License-Identifier: Apache-2.0
"""One sandbox per session, one httpd per module of tests, and what holds after every test:
no line in any error log that the test did not declare, and, where Prism stands between module and
sandbox (KLARNA_PRISM), nothing that breaks Klarna's description."""
import os
import sys

import pytest

import confidential
import stores
from httpd import Httpd
from sandbox import CUTS, free_port, klarna_url, start_sandbox
from sandbox_client import ROOT
from shop import EXTRA, Shop

CONTRACT = os.path.join(ROOT, "tests", "contract")


@pytest.fixture(scope="session")
def box():
    sandbox = start_sandbox()
    if os.environ.get("KLARNA_PRISM"):
        sys.path.insert(0, CONTRACT)
        from prism import Prism
        sandbox.prism = Prism(sandbox.url, free_port())
    yield sandbox
    if sandbox.prism:
        sandbox.prism.stop()
    sandbox.stop()


@pytest.fixture(scope="module", autouse=True)
def way(request, box):
    """Through Prism, where there is one, or round it: what cuts answers off goes round, and so does
    a file of tests whose PRISM is False."""
    with open(request.path, encoding="utf-8") as file:
        text = file.read()
    box.goes_round = (any(f'"{kind}"' in text for kind in CUTS)
                      or not getattr(request.module, "PRISM", True))


@pytest.fixture(scope="session", autouse=True)
def nothing_leaks():
    """The last word of the session: what every server wrote, searched for everything secret."""
    yield
    wrong = []
    for server in Httpd.every:
        try:
            server.stop()
        except AssertionError as failed:
            wrong.append(str(failed))
        wrong += server.check_log() + server.check_wrapper()
        wrong += [f"{name} holds {secret!r}" for name, text in server.texts()
                  for secret in confidential.leaks(text, is_log=True)]
        server.remove()
    stores.stop()
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="module")
def httpd(box):
    server = Httpd(klarna_url(box), EXTRA)
    yield server
    server.stop()


@pytest.fixture
def shop(httpd, box):
    return Shop(httpd, box)


@pytest.fixture(autouse=True)
def quiet_logs(box):
    yield
    box.clear()
    wrong = [line for server in Httpd.every for line in server.check_log()]
    wrong += box.prism.violations() if box.prism else []
    assert not wrong, "\n".join(wrong)
