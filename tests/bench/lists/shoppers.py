#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Shoppers who buy while the lists are read: 20 sessions and 20 placements a second, until stdin ends.
Its argument is httpd's port. It prints how many orders it has placed; a wrong answer ends it."""
import json
import pathlib
import select
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import cart  # noqa: E402
from load import Ask, Load, request  # noqa: E402
from servers import Failure  # noqa: E402

A_SECOND, SECONDS = 20, 2
CHECKOUT = "/klarna/checkout"


def post(kind, i, path, body):
    return Ask(kind, str(i), i / A_SECOND, request("POST", CHECKOUT + path, json.dumps(body)), 201)


def sessions():
    return [post("session", i, "/sessions", {"signed_cart": cart.token()})
            for i in range(A_SECOND * SECONDS)]


def placements(made, turn):
    """Of the sessions of the turn before."""
    return [post("placement", i, "/orders", {
        "order_id": one["order_id"], "key": one["key"], "authorization_token": f"{turn}-{i}"})
            for i, one in enumerate(made)]


def buy(port):
    """How many orders were placed."""
    made, turn, placed = [], 0, 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        begun = sessions()
        Load(port, begun + placements(made, turn)).run()
        placed, turn = placed + len(made), turn + 1
        made = [json.loads(ask.body) for ask in begun]
    return placed


try:
    print(buy(int(sys.argv[1])))
except Failure as e:
    sys.exit(f"shoppers: {e}")
