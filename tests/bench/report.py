# SPDX-License-Identifier: Apache-2.0
"""Medians of the repetitions, the table and the ratios."""
import statistics

from contenders import ALONE

RATIO_STAGES = ("bare", "parse", "check", "whole", "fresh", "plain", "slow")
TITLES = {
    "bare": "bare handler (404)",
    "parse": "+ read and parse the cart (403)",
    "check": "+ signature, check; last check fails (400)",
    "again": "the same key again (201)",
    "whole": "the whole, TLS connection kept (201)",
    "fresh": "the whole, TLS connection fresh",
    "plain": "the whole, no TLS",
    "slow": "the whole, upstream takes 200 ms",
}
# what costs what: stage, less which stage
PIECES = (
    ("read and parse the cart", "parse", "bare"),
    ("signature and check", "check", "parse"),
    ("a row found and read, no call", "again", "check"),
    ("the call, kept connection, and the row", "whole", "check"),
    ("- of that TLS", "whole", "plain"),
        ("a fresh TLS connection instead", "fresh", "whole"),
)


def summarise(runs):
    """Medians of one case's repetitions; CPU in microseconds per request."""
    def median(value):
        values = [value(r) for r in runs]
        return None if None in values else statistics.median(values)

    parts = {name: median(lambda r, n=name: r["cpu_s"][n] / r["served"] * 1e6)
             for name in runs[0]["cpu_s"]}
    return {
        "req_s": median(lambda r: r["requests"] / r["seconds"]),
        "p50_ms": median(lambda r: r["p50_ms"]),
        "p99_ms": median(lambda r: r["p99_ms"]),
        "cpu_us": parts,
        "cpu_us_sum": median(lambda r: sum(r["cpu_s"].values()) / r["served"] * 1e6),
        "writes": median(lambda r: None if r["transactions"] is None
                         else r["transactions"] / r["served"]),
        "memory_mb": max(r["memory_mb"] for r in runs),
        "upstream_us": median(lambda r: r["upstream_s"] / r["served"] * 1e6),
        "broken": sum(r["broken"] for r in runs),
        "others_share": max(r["others_s"] / r["window_s"] for r in runs),
    }


def _us(value):
    return "-" if value is None else f"{value:,.0f}"


def _row(name, stage, m):
    database = m["cpu_us"].get("database")
    server = sum(v for k, v in m["cpu_us"].items() if k != "database")
    writes = "-" if m["writes"] is None else f"{m['writes']:.1f}"
    return (f"{name:24} {TITLES[stage]:42} {m['req_s']:>8,.0f} {m['p50_ms']:>8,.1f} "
            f"{m['p99_ms']:>8,.1f} {_us(server):>8} {_us(database):>8} {_us(m['cpu_us_sum']):>8} "
            f"{writes:>6} {m['memory_mb']:>5,.0f}" + (f"  {m['broken']} broken" if m["broken"] else ""))


def table(results):
    head = (f"{'contender':24} {'stage':42} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} "
            f"{'server':>8} {'database':>8} {'sum':>8} {'writes':>6} {'MB':>5}")
    lines = [f"{'':86} {'CPU us per request':>26}", head, "-" * len(head)]
    for name in dict.fromkeys(name for name, _ in results):
        shown = name
        for stage in TITLES:
            if (name, stage) in results:
                lines.append(_row(shown, stage, results[name, stage]))
                shown = ""
        lines.append("")
    return "\n".join(lines[:-1])


def pieces(results, name):
    """What each piece adds to the module's CPU time per request, in httpd and in all."""
    lines = [f"{'What a piece of ' + name + ' costs':57} CPU us:  httpd      sum"]
    for title, stage, less in PIECES:
        if (name, stage) in results and (name, less) in results:
            a, b = results[name, stage], results[name, less]
            httpd = a["cpu_us"]["httpd"] - b["cpu_us"]["httpd"]
            total = a["cpu_us_sum"] - b["cpu_us_sum"]
            lines.append(f"  {title:60} {httpd:>+8,.0f} {total:>+8,.0f}")
    return "\n".join(lines) if len(lines) > 1 else ""


def ratios(results, ours, others):
    """The module against each contender: {stage: {contender: {req_s, cpu}}}. PHP-FPM's whole
    stands against a fresh connection too: it has no other."""
    found = {}
    for stage in RATIO_STAGES:
        for name in others:
            a, b = results.get((ours, stage)), results.get((name, stage))
            if stage == "fresh" and name.startswith("PHP"):
                b = results.get((name, "whole"))
            if a and b:
                cpu = a["cpu_us_sum"] / b["cpu_us_sum"] if name != ALONE else None
                found.setdefault(stage, {})[name] = {"req_s": a["req_s"] / b["req_s"], "cpu": cpu}
    return found


def _ratio(value):
    return f"{'-':>12}" if value is None else f"{value:>12.3f}"


def ratio_table(found, ours):
    lines = [f"{ours + ' / contender':70} req/s   CPU us per request"]
    for stage, others in found.items():
        for name, r in others.items():
            lines.append(f"  {TITLES[stage]:42} {name:24} {r['req_s']:>7.3f} {_ratio(r['cpu'])}")
    return "\n".join(lines) if found else ""
