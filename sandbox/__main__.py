# SPDX-License-Identifier: Apache-2.0
"""Starts the sandbox in the foreground: arguments, one line when ready, a clean end on a signal."""
import argparse
import asyncio
import signal
import sqlite3
import ssl
import sys

try:
    from aiohttp import web
except ImportError:
    sys.exit("sandbox: aiohttp is missing for this Python; cure: apt-get install python3-aiohttp")

import server
from ledger import Ledger
from merchants import Merchants

REGIONS = ("eu", "na", "oc")
DEFAULT_MERCHANT = ("PK00000_sandbox", "sandbox-password", "eu")
IDLE_SECONDS = 59


def merchant(text):
    user, _, rest = text.partition(":")
    password, _, region = rest.partition(":")
    region = region or "eu"
    if not user or not password or region not in REGIONS:
        raise argparse.ArgumentTypeError("expected user:password[:region], region one of "
                                         + ", ".join(REGIONS))
    return user, password, region


def arguments():
    parser = argparse.ArgumentParser(prog="sandbox", description="A stand-in for Klarna's APIs.")
    parser.add_argument("--port", type=int, required=True, help="0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", metavar="FILE", help="keep the ledger in this SQLite file")
    parser.add_argument("--tls-cert", metavar="FILE")
    parser.add_argument("--tls-key", metavar="FILE")
    parser.add_argument("--region", choices=REGIONS, default="eu")
    parser.add_argument("--merchant", type=merchant, action="append",
                        metavar="USER:PASSWORD[:REGION]")
    options = parser.parse_args()
    if bool(options.tls_cert) != bool(options.tls_key):
        parser.error("--tls-cert and --tls-key belong together")
    return options


def tls(options):
    if not options.tls_cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.tls_cert, options.tls_key)
    return context


async def serve(options):
    ledger = Ledger(options.state)
    app = server.build(ledger, Merchants(options.merchant or [DEFAULT_MERCHANT], options.region),
                       options.region)
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=IDLE_SECONDS)
    await runner.setup()
    site = web.TCPSite(runner, options.host, options.port, ssl_context=tls(options), backlog=1024)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    scheme = "https" if options.tls_cert else "http"
    print(f"sandbox listening on {scheme}://{options.host}:{port}", flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    # No waiting for connections: what was answered is committed, what was not never happened.
    await site.stop()
    await app[server.SANDBOX].callbacks.close()
    ledger.db.close()


def main():
    options = arguments()
    try:
        asyncio.run(serve(options))
    except (OSError, sqlite3.Error) as error:
        sys.exit(f"sandbox: {error}")


main()
