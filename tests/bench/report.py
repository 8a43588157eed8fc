# SPDX-License-Identifier: Apache-2.0
"""Medians of the repetitions, the table and the ratios."""
import statistics

RATIO_STAGES = ("bare", "check", "whole", "fresh", "plain", "slow")
TITLES = {
    "bare": "bare handler (404)",
    "parse": "+ read and parse the cart (403)",
    "check": "+ check it, last check fails (400)",
    "again": "+ two statements, no call (201)",
    "whole": "the whole, TLS connection kept (201)",
    "fresh": "the whole, TLS connection fresh",
    "plain": "the whole, no TLS",
    "slow": "the whole, upstream takes 200 ms",
}
# what costs what: stage, less which stage
PIECES = (
    ("read and parse the cart", "parse", "bare"),
    ("signature and check", "check", "parse"),
    ("two statements", "again", "check"),
    ("the call over a kept TLS connection", "whole", "again"),
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
        "upstream_us": median(lambda r: r["upstream_s"] / r["served"] * 1e6),
        "broken": sum(r["broken"] for r in runs),
        "others_share": max(r["others_s"] / r["seconds"] for r in runs),
    }


def _us(value):
    return "-" if value is None else f"{value:,.0f}"


def _row(name, stage, m):
    database = m["cpu_us"].get("database")
    server = sum(v for k, v in m["cpu_us"].items() if k != "database")
    writes = "-" if m["writes"] is None else f"{m['writes']:.1f}"
    return (f"{name:24} {TITLES[stage]:38} {m['req_s']:>8,.0f} {m['p50_ms']:>8,.1f} "
            f"{m['p99_ms']:>8,.1f} {_us(server):>8} {_us(database):>8} {_us(m['cpu_us_sum']):>8} "
            f"{writes:>6}" + (f"  {m['broken']} broken" if m["broken"] else ""))


def table(results):
    head = (f"{'contender':24} {'stage':38} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} "
            f"{'server':>8} {'database':>8} {'sum':>8} {'writes':>6}")
    lines = [f"{'':88} CPU us per request", head, "-" * len(head)]
    last = None
    for (name, stage), m in results.items():
        if last and name != last:
            lines.append("")
        lines.append(_row("" if name == last else name, stage, m))
        last = name
    return "\n".join(lines)


def pieces(results, name):
    """What each piece adds to the module's CPU time per request, in httpd and in all."""
    lines = [f"What each piece of {name} costs, CPU us per request      httpd     sum"]
    for title, stage, less in PIECES:
        if (name, stage) in results and (name, less) in results:
            a, b = results[name, stage], results[name, less]
            httpd = a["cpu_us"]["httpd"] - b["cpu_us"]["httpd"]
            lines.append(f"  {title:57} {httpd:>+8,.0f} {a['cpu_us_sum'] - b['cpu_us_sum']:>+7,.0f}")
    return "\n".join(lines) if len(lines) > 1 else ""


def ratios(results, name):
    """The module against each contender; {stage: {contender: {req_s, cpu}}}."""
    found = {}
    for (other, stage), m in results.items():
        ours = results.get((name, stage))
        if other != name and ours and stage in RATIO_STAGES:
            found.setdefault(stage, {})[other] = {
                "req_s": ours["req_s"] / m["req_s"],
                "cpu": m["cpu_us_sum"] / ours["cpu_us_sum"]}
    return found


def ratio_table(found, name):
    lines = [f"{name} against the others: how many times the requests per second, and how many "
             "times less CPU per request"]
    for stage, others in found.items():
        for other, r in others.items():
            lines.append(f"  {TITLES[stage]:38} {other:24} {r['req_s']:>8.2f} x {r['cpu']:>8.2f} x")
    return "\n".join(lines) if found else ""
