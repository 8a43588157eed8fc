#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""In a bare system with an old package: its orders live on with the new package and klarna-schema.

The old module serves on Apache with its own tables; the new one is installed over it while orders are
open, captured, partly returned and unfinished. Run as root by tests/packages/run.
"""
import glob
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                                "packaging", "debian", "tests"))
import installed  # noqa: E402  (finds the others)
import carts  # noqa: E402
import sandbox_client  # noqa: E402
from shop import Shop  # noqa: E402
from waiting import eventually  # noqa: E402

CONF = "/etc/apache2/conf-available/shop.conf"
LINES = f"""
DBDriver    sqlite3
DBDParams   {installed.DATABASE}
DBDKeep     8
DBDMax      8
DBDInitSQL  "PRAGMA synchronous=FULL; PRAGMA busy_timeout=500"
KlarnaCredentials file:/etc/klarna/credentials
KlarnaEndpoint    http://127.0.0.1:{installed.PORT}
KlarnaCartKey     demo file:/etc/klarna/cart-key
<Location /klarna/checkout>
    SetHandler klarna-checkout
    Require all granted
</Location>
<Location /klarna/orders>
    SetHandler klarna-orders
    AuthType Basic
    AuthName "Back office"
    AuthUserFile /etc/klarna/users
    Require valid-user
</Location>
<Location /klarna/status>
    SetHandler klarna-status
    Require all granted
</Location>
"""


def run(*command, **more):
    print("$", *command, flush=True)
    return subprocess.run(command, check=True, **more)


def write(path, text, mode=0o640):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)
    shutil.chown(path, group="www-data")


def set_up_old():
    """By hand, as its README says."""
    os.mkdir("/etc/klarna")
    run("install", "-d", "-o", "www-data", "/var/lib/klarna")
    write("/etc/klarna/credentials", f"{sandbox_client.USER}:{sandbox_client.PASSWORD}\n")
    write("/etc/klarna/cart-key", carts.KEYS["demo"] + "\n")
    run("htpasswd", "-cb", "/etc/klarna/users", "clerk", installed.httpd.USERS["clerk"])
    with open("/usr/share/mod_klarna/schema/sqlite3.sql", encoding="utf-8") as schema:
        run("runuser", "-u", "www-data", "--", "sqlite3", installed.DATABASE, stdin=schema)
    write(CONF, LINES)
    run("a2enmod", "dbd", "klarna")
    run("a2enconf", "shop")


def old_orders(shop):
    """An open one, a captured one, one with a return, and a payment that is under way."""
    returned = shop.captured(carts.cart())
    shop.done(shop.act(returned, "credit-invoices",
                       {"lines": [{"reference": "shirt", "quantity": 1}]}))
    return shop.placed(carts.cart()), shop.captured(carts.cart()), returned, shop.authorized()


def upgrade(server):
    """Without the new tables it answers 503; when they are there it works, without a restart."""
    run("apt-get", "-qy", "install", *glob.glob("/packages/libapache2-mod-klarna_*.deb"))
    server.begin()
    eventually(server.refuses)
    run("runuser", "-u", "www-data", "--", "klarna-schema", "--yes", "sqlite3",
        installed.DATABASE)
    eventually(server.is_ready)


def main():
    box = installed.Box()
    server = installed.Apache()
    try:
        set_up_old()
        server.start()
        shop = Shop(server, box)
        placed, captured, returned, payment = old_orders(shop)
        server.stop()
        assert server.sql("SELECT version FROM klarna_schema") == [("1",)]
        before = server.sql("SELECT id, state, order_amount, captured_amount, refunded_amount "
                            "FROM klarna_order WHERE state <> 'NEW' ORDER BY id")
        upgrade(server)
        for row in before:
            if row[0] != payment.order_id:
                assert row in server.sql("SELECT id, state, order_amount, captured_amount, "
                                         "refunded_amount FROM klarna_order"), row
        for order in (placed, captured, returned):
            shop.agrees(order)
        shop.done(shop.act(placed, "captures", {"everything": True}))
        shop.done(shop.act(captured, "cancel", {"confirm_final": True}))
        assert shop.place(payment).status == 201
        for order in (placed, captured, returned, payment.order_id):
            shop.agrees(order)
    finally:
        server.stop()
        box.stop()
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
