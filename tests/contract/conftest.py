# SPDX-License-Identifier: Apache-2.0
"""Module, sandbox and shop are those of the integration tests."""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "integration"))

from fixtures import (box, httpd, nothing_leaks, quiet_logs, shop,  # noqa: F401,E402: for pytest
                      way)
