# SPDX-License-Identifier: Apache-2.0
"""The blocks of README and documentation, and how each is run. A fenced block names its language, and
one of these languages has a comment above it:

    <!-- run: story -->     the whole block in one shell, against the demo's server and sandbox
    <!-- run: each -->      the settings at its top, and then each line by itself
    <!-- run: tree -->      in this tree, after scripts/test unit
    <!-- run: demo -->      the demo
    <!-- run: config -->    httpd's configuration: configtest finds it right
    <!-- run: sql -->       the module's tables
    <!-- run: install ... -->   tests/docs/install, in a system of its own
    <!-- run by FILE -->    the test that runs it, which names the page
    <!-- not run: WHY -->
"""
import glob
import os
import re
import subprocess
from collections import namedtuple

from sandbox_client import ROOT

Block = namedtuple("Block", "page line language how text")
PAGES = sorted([os.path.join(ROOT, name) for name in
                ("README.md", "CONTRIBUTING.md", "tests/README.md", "docs/storefront/README.md")]
               + glob.glob(os.path.join(ROOT, "docs", "*.md")))
RUN = ("sh", "apache", "sql", "js", "javascript", "php", "python", "ini")
SHOWN = ("text", "json")
WAYS = ("story", "each", "tree", "demo", "config", "sql", "install")
FENCED = re.compile(r"(?ms)^([^\n]*\n)( *)```(\w*)\n(.*?)^\2```$")
COMMENT = re.compile(r"^ *<!-- (.*) -->\n$")


def _blocks(path):
    with open(path, encoding="utf-8") as file:
        page = file.read()
    for found in FENCED.finditer(page):
        before, indent, language, text = found.groups()
        comment = COMMENT.match(before)
        yield Block(os.path.relpath(path, ROOT), page.count("\n", 0, found.start(2)) + 1, language,
                    comment[1] if comment else "", re.sub(rf"(?m)^{indent}", "", text))


BLOCKS = [block for path in PAGES for block in _blocks(path)]


def named(block):
    return f"{block.page}:{block.line}"


def run_as(way):
    """The blocks that are run this way, and what their comment says besides."""
    return [block for block in BLOCKS if re.match(rf"run: {way}\b", block.how)]


def commands(block):
    """Its lines; one that ends with a backslash goes on with the next."""
    return block.text.replace("\\\n", "").splitlines()


class Shell:
    """Runs commands as a reader would, in an empty folder; curl says so when an answer is no success."""

    def __init__(self, folder, **values):
        (folder / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
        self.folder, self.values = folder, values

    def run(self, lines, seconds=60, folder=None, **values):
        """In one shell; gives what they print."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(lines)], cwd=folder or self.folder,
            errors="replace", capture_output=True, timeout=seconds,
            env=os.environ | {"CURL_HOME": str(self.folder)} | self.values | values)
        assert done.returncode == 0, (lines[-1], done.stdout, done.stderr)
        return done.stdout
