# SPDX-License-Identifier: Apache-2.0
"""The demo behind scripts/demo: a sandbox, a private httpd, a host program, and the main job.

It stands on the servers of the integration tests, so that what is shown is what is tested.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))

import carts  # noqa: E402
import demo_instore  # noqa: E402
import demo_orders  # noqa: E402
import httpd  # noqa: E402
import sandbox  # noqa: E402
from ports import free_port, is_free  # noqa: E402
from shop import Shop  # noqa: E402

AMOUNTS = ("order_amount", "captured_amount", "refunded_amount", "remaining_authorized_amount")
KLARNA_SDK = "https://x.klarnacdn.net/kp/lib/v1/api.js"
# What the stories of the till need besides: no finalising, captured when verified, in a hurry; and
# an order's page, where else it is known.
TILLS = """
KlarnaOrderLink "The shop" "/?order={merchant_reference1}"
<KlarnaDepartment desk>
    KlarnaInStore        hosted_page
    KlarnaInStoreMarkets SE/SEK
    KlarnaInStoreRefunds On
</KlarnaDepartment>
<KlarnaDepartment eyes>
    KlarnaInStore        hosted_page
    KlarnaInStoreMarkets SE/SEK NO/NOK FI/EUR
    KlarnaInStorePlace   PLACE_ORDER
</KlarnaDepartment>
<KlarnaDepartment hasty>
    KlarnaInStore        hosted_page
    KlarnaInStoreMarkets SE/SEK
    KlarnaTillTimeout    4s
</KlarnaDepartment>
"""
TRACKING = [{"shipping_company": "PostNord", "tracking_number": "PN-1001"}]


def ship_and_return(shop):
    """Five lines; three of them shipped with tracking; one shirt comes back."""
    order = shop.placed(carts.cart())
    shop.done(shop.act(order, "captures", {
        "lines": [{"reference": "shirt", "quantity": 2}, {"reference": "book", "quantity": 1},
                  {"reference": "freight", "quantity": 1}],
        "shipping_info": TRACKING}))
    shop.done(shop.act(order, "credit-invoices", {
        "lines": [{"reference": "shirt", "quantity": 1}], "comment": "too small"}))
    return order


def cancel_before_capture(shop):
    order = shop.placed(carts.cart())
    shop.done(shop.act(order, "cancel", {"confirm_final": True}))
    return order


def cancel_after_capture(shop):
    order = shop.captured(carts.cart())
    shop.done(shop.act(order, "cancel", {"confirm_final": True}))
    return order


def compare(shop, order_id):
    """Prints both books of one order; 1 when they differ."""
    ours = shop.order(order_id)
    theirs = shop.box.ledger(ours["klarna_order_id"])
    for whose, book, state in (("module ", ours, ours["state"]),
                               ("sandbox", theirs, theirs["status"])):
        amounts = "  ".join(f"{name.replace('_amount', '')} {book[name]}" for name in AMOUNTS)
        print(f"  {whose} {state:14} {amounts}")
    same = (ours["state"] == theirs["status"]
            and all(ours[name] == theirs[name] for name in AMOUNTS))
    paid = sum(c["paid_amount"] for c in ours["credit_invoices"]
               if any(s["verb"] == "refund" for s in c["steps"]))
    same = same and paid == ours["refunded_amount"] == sum(
        r["refunded_amount"] for r in theirs["refunds"])
    print(f"  {'agree' if same else 'DIFFER'}: {ours['sentence']}")
    return 0 if same else 1


def once(shop):
    differ = 0
    for title, story in (
            ("checkout of five lines, part shipped with tracking, one item returned",
             ship_and_return),
            ("cancelled before it was shipped", cancel_before_capture),
            ("cancelled after it was shipped: everything refunded, shipping included",
             cancel_after_capture)):
        order_id = story(shop)
        print(f"\n{title}\n  order   {order_id}")
        differ += compare(shop, order_id)
    print(f"\n{3 - differ} of 3 orders agree to the last minor unit (amounts in ore)")
    return 1 if differ else 0


def is_klarna(url):
    return (urllib.parse.urlsplit(url).hostname or "").endswith(".klarna.com")


def configured(box, url, host):
    """The demo's configuration for the sandbox's SDK or, with a real account, Klarna's; and for the
    host program."""
    define = "Define KLARNA_SDK 1" if is_klarna(url) else f"Define SDK_ORIGIN {box.url}"
    return lambda text: f"{define}\nDefine DEMO_HOST http://127.0.0.1:{host}\n{text}"


def open_shop(server, box, url):
    """Puts the storefront example and the admin pages into the server's root, and tells them
    where things are."""
    shutil.copytree(os.path.join(ROOT, "docs/storefront"), os.path.join(server.dir, "shop"),
                    dirs_exist_ok=True)
    subprocess.run([os.path.join(ROOT, "scripts/admin-pages"), os.path.join(ROOT, "admin"),
                    os.path.join(server.dir, "admin")], check=True)
    server.write("shop-config.json", json.dumps({
        "sdk": KLARNA_SDK if is_klarna(url) else box.url + "/sdk/lib.js", "routes": "/klarna/checkout",
        "phone": box.url + "/phone"}))
    server.hand_over()
    server.start()


def serve(server, box):
    """Leaves the demo running until Ctrl-C."""
    here = f"http://127.0.0.1:{server.port}"
    logins = [f"{user}  {httpd.USERS[user]}" for user in ("clerk", "operator", "guest", "cashier")]
    print(f"""
  the shop                {here}/
  the admin page          {here}/klarna/admin/
      ships and returns   {logins[0]}
      sees operations too {logins[1]}
      may neither         {logins[2]}
  the clinic's invoices   {here}/host/
  a till                  {here}/klarna/admin/till.html
      takes payments      {logins[3]}
  its customer's screen   {here}{demo_instore.screen(server)}
  the customer's phone    {box.url}/phone
  Klarna's ledger         {box.url}/_sandbox/ledger

  curl -u clerk:{httpd.USERS['clerk']} {here}/klarna/orders
  error log: {server.dir}/error_log

Buy something in the shop, approve it on the phone page or in the dialog, then ship and
return it on the admin page. Or open the till as department clinic, "Counter 1", take a payment
and approve it on the phone page. Ctrl-C stops everything.""", flush=True)
    signal.pause()


# News, and answers that were lost on purpose.
QUIET = r":(info|notice)\]|answer_lost"
# What the admin page's stories do on purpose: somebody without the right, what Klarna refuses,
# outcomes that are not known for a while, callbacks that are none.
SHOWN = QUIET + r"|AH01631: user |KLA00(20|21|30|31|32|33): "


def run(command, server, box, expected):
    """Runs a command against the demo; 0 when it ends with 0 and the error log holds nothing
    but what is expected."""
    status = subprocess.call(command, env=os.environ | {
        "BASE_URL": f"http://127.0.0.1:{server.port}", "PHONE_URL": box.url + "/phone",
        "CART_KEY": os.path.join(server.dir, "cart-key"), "USERS": json.dumps(httpd.USERS),
        "DATABASE": server.database})
    unexpected = [line for line in server.new_log() if not re.search(expected, line)]
    print("\n".join(unexpected), file=sys.stderr)
    return status or (1 if unexpected else 0)


def is_loopback(url):
    return urllib.parse.urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def demo_port():
    """Where the shop is to listen: DEMO_PORT, or any port."""
    named = os.environ.get("DEMO_PORT") or "0"
    if not named.isdecimal() or int(named) > 65535:
        sys.exit(f"DEMO_PORT is {named!r}: expected a port, 1 to 65535")
    if int(named) and not is_free(int(named)):
        sys.exit(f"DEMO_PORT is {named}: that port is in use, or not yours to take; name another")
    return int(named) or free_port()


def main():
    mode, command = (sys.argv[1:2] or ["--serve"])[0], sys.argv[2:]
    if (mode not in ("--serve", "--once", "--run", "--run-shown")
            or mode.startswith("--run") != bool(command)):
        print("usage: scripts/demo [--once | --run COMMAND... | --run-shown COMMAND...]",
              file=sys.stderr)
        return 2
    listens = demo_port()
    box = sandbox.start_sandbox()
    server = host = None
    try:
        url = sandbox.klarna_url(box)
        if mode == "--once" and not is_loopback(url):
            print("--once plays the customer in the sandbox: it cannot do that at " + url,
                  file=sys.stderr)
            return 2
        # A test that stands on this may reset the sandbox below the worker's feet.
        worker = "KlarnaWorker Off\n" if mode == "--run" else "KlarnaWorker On\n"
        port = free_port()
        tills = TILLS if mode == "--run-shown" else ""
        server = httpd.Httpd(url, extra=worker + tills, start=False,
                             change=configured(box, url, port), port=listens)
        host = demo_instore.start_host(port, server)
        open_shop(server, box, url)
        if mode == "--once":
            return once(Shop(server, box)) or min(1, demo_instore.once(server, box))
        if mode == "--run":
            return run(command, server, box, QUIET)
        if is_loopback(url):
            demo_orders.make(Shop(server, box))
        if mode == "--run-shown":
            return run(command, server, box, SHOWN)
        serve(server, box)
        return 0
    except KeyboardInterrupt:
        return 0
    finally:
        if host:
            host.terminate()
            host.wait()
        if server:
            server.stop()
            server.remove()
        box.stop()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
