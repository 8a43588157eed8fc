# SPDX-License-Identifier: Apache-2.0
"""What is asked of whom: the rows of the table, and who is there to be asked."""
from cart import plain
from contenders import UPSTREAMS, Alone, Module
from measure import Case
from peers import Go, Node, Php

MODULE_PG = "mod_klarna, PostgreSQL"
MODULE_SQLITE = "mod_klarna, SQLite"
PEERS = (Php, Node, Go)
THREADS, MANY_THREADS = 128, 2000
# Ideal for both: a request every 0.7 s of 1,000 shoppers is one every 2.8 s of 4,000.
SHOPPERS, THINK_MS = 4000, 5200
FEWER, SHORTER_MS = 1000, 1000


def slow(contender, shoppers=SHOPPERS, think_ms=THINK_MS, **more):
    return Case(contender, "slow", "slow", connections=shoppers, think_ms=think_ms, **{
        "warm_up_s": 6, "min_s": 12, **more})


def bare(contender):
    return Case(contender, "bare", method="GET", path="/none", expect=404, writes=False)


def parse(contender):
    return Case(contender, "parse", body=plain(), expect=403, writes=False)


def check(contender):
    return Case(contender, "check", off_by=1, expect=400, writes=False)


def module_stages(module, short):
    yield from (bare(module), parse(module), check(module))
    yield Case(module, "again", key="the-same-click", writes=False)
    yield Case(module, "whole")
    yield Case(module, "fresh", "fresh")
    if not short:
        yield Case(module, "plain", "plain")
        yield slow(module)


def php_stages(php, short):
    """PHP-FPM keeps no connection to the upstream: its whole is the fresh one too. The database
    makes no difference to what comes before it. It is slow: short runs would see few answers, and
    of 4,000 shoppers most would wait for a minute."""
    shipped, persistent = php.contenders
    yield Case(shipped, "whole", min_s=4)
    if not short:
        yield from (bare(shipped), parse(shipped), check(shipped))
        yield Case(shipped, "plain", "plain")
        yield Case(persistent, "whole", min_s=4)
        yield Case(persistent, "plain", "plain")
        # What it keeps is warm, and its queue drains slowly.
        yield slow(shipped, FEWER, SHORTER_MS, warm_up_s=0, min_s=6)


def peer_stages(peer, short):
    yield Case(peer, "whole", warm_up_s=3)   # Node compiles what was called some thousand times
    if not short:
        yield from (bare(peer), parse(peer), check(peer))
        yield Case(peer, "fresh", "fresh")
        yield Case(peer, "plain", "plain")
        yield slow(peer)


def start_all(env, short):
    """Starts every contender that is there; gives the cases and who is missing, and why."""
    threads = {"kept": THREADS, "fresh": THREADS}
    if not short:
        threads.update(plain=THREADS, slow=MANY_THREADS)
    if not env.database.server:
        module = Module(MODULE_SQLITE, env, threads, sqlite=True)
        return list(module_stages(module, short)), ["PostgreSQL, so the others too"]
    cases = list(module_stages(Module(MODULE_PG, env, threads), short))
    cases.append(Case(Module(MODULE_SQLITE, env, {"kept": THREADS}, sqlite=True), "whole"))
    missing = {peer: peer.missing(env.work) for peer in PEERS}
    for peer in PEERS:
        if not missing[peer]:
            stages = php_stages if peer is Php else peer_stages
            cases += stages(peer(env, ("kept",) if short else UPSTREAMS), short)
    if not short:
        cases.append(slow(Alone(env), expect=200, writes=False))
    return cases, [why for why in missing.values() if why]
