# SPDX-License-Identifier: Apache-2.0
"""One sandbox per session, one httpd per module of tests, and what holds after every test:
no line in any error log that the test did not declare."""
import os
import random

import pytest

import confidential
import stores
from httpd import Httpd
from sandbox import klarna_url, start_sandbox
from shop import EXTRA, Shop


def pytest_configure(config):
    config.addinivalue_line("markers", "valgrind: part of the main job that runs under valgrind")
    config.addinivalue_line("markers", "alone: loads the machine, runs beside nothing else")
    config.addinivalue_line("markers", "databases: runs on PostgreSQL and MariaDB, too")


def pytest_collection_modifyitems(items):
    """With KLARNA_SHUFFLE=number: files in another order, and the tests of each."""
    seed = os.environ.get("KLARNA_SHUFFLE")
    if seed:
        dice, files = random.Random(seed), {}
        for item in items:
            files.setdefault(item.path, []).append(item)
        items[:] = [item for path in dice.sample(list(files), len(files))
                    for item in dice.sample(files[path], len(files[path]))]


@pytest.fixture(scope="session")
def box():
    sandbox = start_sandbox()
    yield sandbox
    sandbox.stop()


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
    assert not wrong, "\n".join(wrong)
