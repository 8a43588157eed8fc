# SPDX-License-Identifier: Apache-2.0
"""What the commands in scripts/ do before they begin, and what the tests tell when they fail."""
import os
import shutil
import socket
import subprocess
import sys

import pytest

from httpd import MODULE
from sandbox_client import ROOT

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = os.path.join(ROOT, "scripts")
TREE = ("mod_klarna", "handlers", "filters", "conf", "docs", "scripts", "admin", "tests")


def demo(port):
    """The demo, which is not to begin."""
    done = subprocess.run([sys.executable, os.path.join(SCRIPTS, "demo.py"), "--once"],
                          env=os.environ | {"DEMO_PORT": port, "KLARNA_MODULE": MODULE},
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stdout == ""
    return done.stderr


def test_a_port_that_is_in_use_is_said():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert demo(port) == (f"DEMO_PORT is {port}: that port is in use, or not yours to take; "
                              "name another\n")


@pytest.mark.parametrize("port", ["http", "65536", "-1"])
def test_a_port_that_is_none_is_said(port):
    assert demo(port) == f"DEMO_PORT is {port!r}: expected a port, 1 to 65535\n"


@pytest.fixture
def shell(tmp_path):
    """Commands after lib.sh of a tree in tmp_path, by somebody without rights and without sudo."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "dirname", "nproc", "sed", "tr", "dpkg-query", "tar", "mkdir"):
        (tools / name).symlink_to(shutil.which(name))
    (tools / "id").write_text("#!/bin/sh\necho 1000\n")
    (tools / "id").chmod(0o755)
    (tmp_path / "scripts").mkdir()
    shutil.copy(os.path.join(SCRIPTS, "lib.sh"), tmp_path / "scripts")

    def run(commands):
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f". {tmp_path}/scripts/lib.sh\n{commands}"],
            env={"PATH": str(tools)}, capture_output=True, text=True, timeout=60)
    return run


def test_that_sudo_is_missing_is_said_with_the_command_for_root(shell):
    done = shell("need_packages dpkg no-such-package")
    assert done.returncode == 1
    assert done.stderr.endswith("without the command sudo they cannot be installed from here. As "
                                "root: apt-get install --no-install-recommends no-such-package\n")
    assert shell("need_packages dpkg").returncode == 0


def test_a_tree_that_somebody_configured_is_built_from_a_copy(shell, tmp_path):
    for name in TREE:
        (tmp_path / name).mkdir(exist_ok=True)
    for name in ("configure.ac", "Makefile.am", "README.md", "LICENSE", "mod_klarna/a.c",
                 "mod_klarna/a.o", "mod_klarna/a.lo"):
        (tmp_path / name).write_text("x")
    assert shell("sources").stdout == f"{tmp_path}\n"
    (tmp_path / "config.status").write_text("x")
    assert shell("sources").stdout == f"{tmp_path}/build/source\n"
    assert os.listdir(tmp_path / "build/source/mod_klarna") == ["a.c"]


FAILING = """
from httpd import Httpd
from afterwards import *

class Server:
    dir = {folder!r}

def pytest_configure():
    Httpd.every.append(Server())
"""


def test_a_failed_test_shows_the_error_log_and_where_it_is(tmp_path):
    """What was said before it began is not shown again."""
    log = tmp_path / "error_log"
    log.write_text("before\n")
    (tmp_path / "conftest.py").write_text(FAILING.format(folder=str(tmp_path)))
    (tmp_path / "test_it.py").write_text(
        f"def test_it():\n    open({str(log)!r}, 'a').write('during\\n' * 30)\n    assert 0\n")
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path],
                          env=os.environ | {"PYTHONPATH": HERE, "KLARNA_KEEP": "1"},
                          capture_output=True, text=True, timeout=60)
    assert f"the last lines of {log}" in done.stdout
    assert done.stdout.count("during\n") == 20 and "before" not in done.stdout
    assert f"kept: {tmp_path}\n" in done.stdout
