# SPDX-License-Identifier: Apache-2.0
"""What a person needs after a test has failed: the last lines of each server's error log since the
test began, and, with KLARNA_KEEP, where the servers' directories are. Hooks of pytest, for conftest."""
import os

import pytest

from httpd import Httpd

LINES = 20
KEPT = pytest.StashKey()
BEGUN = pytest.StashKey()


def _size(server):
    path = os.path.join(server.dir, "error_log")
    return os.path.getsize(path) if os.path.exists(path) else 0


def _last_lines(server, begun):
    path = os.path.join(server.dir, "error_log")
    if not os.path.exists(path):
        return []
    with open(path, "rb") as file:
        file.seek(begun)
        return file.read().decode("utf-8", "replace").splitlines()[-LINES:]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    item.stash[BEGUN] = {server: _size(server) for server in Httpd.every}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    if not report.failed:
        return
    begun = item.stash.get(BEGUN, {})
    for server in Httpd.every:
        lines = _last_lines(server, begun.get(server, 0))
        if lines:
            report.sections.append((f"the last lines of {server.dir}/error_log", "\n".join(lines)))


def pytest_sessionfinish(session):
    """Where tests run side by side, each process hands its own on."""
    kept = [server.dir for server in Httpd.every if os.environ.get("KLARNA_KEEP")]
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["kept"] = kept
    else:
        session.config.stash[KEPT] = session.config.stash.get(KEPT, []) + kept


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    kept = getattr(node, "workeroutput", {}).get("kept", [])
    node.config.stash[KEPT] = node.config.stash.get(KEPT, []) + kept


def pytest_terminal_summary(terminalreporter, config):
    for folder in config.stash.get(KEPT, []):
        terminalreporter.write_line(f"kept: {folder}")
