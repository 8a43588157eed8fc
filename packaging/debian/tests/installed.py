# SPDX-License-Identifier: Apache-2.0
"""A shop on this machine's own Apache with the installed module, and Klarna's stand-in."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# The source: this folder is debian/tests in it, or packaging/debian/tests.
TREE = next(path for path in (os.path.join(HERE, *[".."] * up) for up in (2, 3))
            if os.path.isdir(os.path.join(path, "sandbox")))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TREE, "tests", "integration"))

import carts  # noqa: E402
import confidential  # noqa: E402
import httpd  # noqa: E402
import sandbox_client  # noqa: E402
from shop import HEALTH, Shop  # noqa: E402
from waiting import eventually  # noqa: E402

PORT = 8099         # where klarna-setup looks for the stand-in
DATABASE = "/var/lib/klarna/klarna.db"
ERROR_LOG = "/var/log/apache2/error.log"


class Box(sandbox_client.Sandbox):
    """The stand-in, on the port where klarna-setup looks for it."""

    def __init__(self):
        super().__init__()
        self.prism = None

    def start(self):
        self.process = subprocess.Popen(
            ["/usr/bin/python3", "-B", os.path.join(TREE, "sandbox"), "--port", str(PORT)],
            stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        self.port = PORT


class Apache:
    """This machine's own, as its administrator runs it."""
    port = 80
    ask, get, post = httpd.Httpd.ask, httpd.Httpd.get, httpd.Httpd.post

    def begin(self):
        subprocess.run(["apache2ctl", "start"], check=True)

    def start(self):
        self.begin()
        eventually(self.is_ready)

    def health(self):
        """The status, or nothing as long as it does not listen."""
        try:
            return self.ask("GET", HEALTH).status
        except OSError:
            return None

    def is_ready(self):
        return self.health() == 200

    def refuses(self):
        return self.health() == 503

    def stop(self):
        subprocess.run(["apache2ctl", "stop"], check=True)
        eventually(lambda: not os.path.exists("/run/apache2/apache2.pid"))

    def errors(self):
        with open(ERROR_LOG, encoding="utf-8") as log:
            return [line for line in log if ":error]" in line or ":crit]" in line]

    def sql(self, text):
        rows = subprocess.run(["sqlite3", DATABASE, text], check=True, text=True,
                              capture_output=True).stdout
        return [tuple(row.split("|")) for row in rows.splitlines()]


def shop(box):
    """The shop, whose cart key is what klarna-setup made: its id stands in the configuration."""
    with open("/etc/apache2/conf-available/klarna.conf", encoding="utf-8") as conf:
        kid = next(line.split()[1] for line in conf if line.strip().startswith("KlarnaCartKey"))
    with open("/etc/klarna/cart-key", encoding="utf-8") as key:
        carts.KEYS[kid] = confidential.keep(key.read().strip())
    return Shop(Apache(), box, kid=kid)
