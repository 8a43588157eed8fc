# SPDX-License-Identifier: Apache-2.0
"""Prism as a proxy before a sandbox: what goes through it is compared with Klarna's description, in
both directions, and changed in none.

Prism writes one line for each violation before it hands the answer on. It cannot hand on what is cut
or is no JSON: tests with such faults speak to the sandbox itself.
"""
import json
import os
import re
import signal
import subprocess
import tempfile
import time

import spec

PRISM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node_modules", ".bin", "prism")
VIOLATION = re.compile(r"Violation: (.*)")
START = 300     # seconds, on a very busy machine


class Prism:
    def __init__(self, upstream, port):
        self.directory = tempfile.TemporaryDirectory(prefix="klarna-prism-")
        document = os.path.join(self.directory.name, "klarna.json")
        with open(document, "w", encoding="utf-8") as file:
            json.dump(spec.document(), file)
        self.log = os.path.join(self.directory.name, "log")
        self.read_to = 0
        self.url = f"http://127.0.0.1:{port}"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [PRISM, "proxy", document, upstream, "--port", str(port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait_until_it_listens()

    def _wait_until_it_listens(self):
        deadline = time.monotonic() + START
        while "Prism is listening" not in self._text(0):
            assert self.process.poll() is None and time.monotonic() < deadline, self._text(0)
            time.sleep(0.05)        # between two looks

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.directory.cleanup()

    def _text(self, since):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            file.seek(since)
            return file.read()

    def violations(self):
        """Those since the last time, each after the call's line."""
        text = self._text(self.read_to)
        whole = text[:text.rfind("\n") + 1]
        self.read_to += len(whole.encode())
        found, call = [], "?"
        for line in whole.splitlines():
            if "[HTTP SERVER]" in line:
                call = line.partition("[HTTP SERVER] ")[2].partition(" ℹ")[0]
            match = VIOLATION.search(line)
            if match:
                found.append(f"{call}: {match.group(1)}")
        return found
