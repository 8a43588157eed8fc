# SPDX-License-Identifier: Apache-2.0
import pytest

from sandbox_client import Sandbox


@pytest.fixture(scope="session")
def running():
    sandbox = Sandbox("--merchant", "PK00000_sandbox:sandbox-password",
                      "--merchant", "PK00001_other:other-password:eu",
                      "--merchant", "PN00000_overseas:overseas-password:na",
                      "--merchant", "uuid-user:klarna_test_api_abc")
    yield sandbox
    sandbox.stop()


@pytest.fixture
def box(running):
    running.control("POST", "reset")
    return running
