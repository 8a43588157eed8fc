# SPDX-License-Identifier: Apache-2.0
"""Markers, and files in another order; what the tests stand on is in fixtures.py."""
import os
import random

from afterwards import (pytest_runtest_makereport, pytest_runtest_setup,  # noqa: F401: for pytest
                        pytest_sessionfinish, pytest_terminal_summary, pytest_testnodedown)
from fixtures import (box, httpd, nothing_leaks, quiet_logs, shop,  # noqa: F401: for pytest
                      way)


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
