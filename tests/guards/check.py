#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Source guards: rules of the house that a compiler does not know.

Run from anywhere; prints each broken rule as file:line: what, and exits 1 if there is one.
`check.py --self-test` breaks each rule in a copy and sees that it is noticed: a guard that
cannot fail guards nothing.
"""
import os
import re
import shutil
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOMS = {  # which rooms the files of a room may include
    "mod_klarna/core": {"core"},
    "mod_klarna/api": {"core", "api"},
    "mod_klarna/store": {"core", "store"},
    "mod_klarna/service": {"core", "api", "store", "service"},
}
ONLY = {  # a library's header and the one file that may include it
    "curl/curl.h": {"mod_klarna/api/transport_curl.c"},
    "jansson.h": {"mod_klarna/core/json.c"},
    "jwt.h": {"mod_klarna/api/signed_cart.c"},
    "apr_dbd.h": {"mod_klarna/store/store_dbd.c", "mod_klarna/store/store_dbd.h",
                  "mod_klarna/store/dbd_run.c", "mod_klarna/store/dbd_run.h",
                  "mod_klarna/check.c"},  # check.c: mod_dbd.h needs it first
}
HTTPD = re.compile(r"^(httpd|http_\w+|ap_\w+|util_\w+|mod_\w+|mpm_\w+|scoreboard)\.h$")
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|atoi|gets|strtok|setenv|system|popen|"
                    r"ap_get_client_block|ap_dbd_acquire)\s*\(")
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def sources(root, *folders):
    for folder in folders:
        for base, _, names in os.walk(os.path.join(root, folder)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    path = os.path.join(base, name)
                    yield os.path.relpath(path, root), path


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def includes(root):
    """Rooms include only what they may, and libraries have one door each."""
    for rel, path in sources(root, "mod_klarna", "handlers", "filters"):
        room = os.path.dirname(rel)
        for n, line in enumerate(read(path).splitlines(), 1):
            m = INCLUDE.match(line)
            if not m:
                continue
            name = m.group(2)
            if name in ONLY and rel not in ONLY[name]:
                yield f"{rel}:{n}: only {', '.join(sorted(ONLY[name]))} may include {name}"
            if room in ROOMS:
                in_store_dbd = rel in ONLY["apr_dbd.h"]
                if m.group(1) == '"' and name.split("/")[0] not in ROOMS[room]:
                    yield f"{rel}:{n}: {room} may not include {name}"
                if HTTPD.match(name) and not in_store_dbd:
                    yield f"{rel}:{n}: {name} is an httpd header"


def circles(root):
    """No header includes itself by way of others."""
    graph = {}
    for rel, path in sources(root, "mod_klarna", "handlers"):
        if rel.endswith(".h"):
            names = [m.group(2) for m in map(INCLUDE.match, read(path).splitlines())
                     if m and m.group(1) == '"']
            graph[rel] = ["mod_klarna/" + n if os.path.exists(os.path.join(root, "mod_klarna", n))
                          else n for n in names]

    def walk(rel, way):
        if rel in way:
            yield f"{rel}:1: circle: {' -> '.join(way[way.index(rel):] + [rel])}"
            return
        for name in graph.get(rel, []):
            yield from walk(name, way + [rel])
    seen = set()
    for rel in graph:
        for broken in walk(rel, []):
            if broken not in seen:
                seen.add(broken)
                yield broken


def directives(root):
    """Every directive stands in the code, in the reference configuration and in the README."""
    code = set(re.findall(r'AP_INIT_\w+\(\s*"<?(Klarna\w+)"',
                          read(os.path.join(root, "mod_klarna/directives.c"))))
    for rel in ("conf/mod_klarna.conf", "README.md"):
        there = set(re.findall(r"\bKlarna[A-Z]\w+", read(os.path.join(root, rel))))
        for name in sorted(code - there):
            yield f"{rel}:1: directive {name} is missing"
        for name in sorted(there - code):
            yield f"{rel}:1: {name} is no directive"


def labels(root):
    """SQL labels are lower case: PostgreSQL folds them at PREPARE and not at EXECUTE."""
    rel = "mod_klarna/store/statements.h"
    found = set()
    for name in ("mod_klarna/store/statements.h", "mod_klarna/store/statements.c"):
        found |= set(re.findall(r'"(klarna_\w+)"', read(os.path.join(root, name))))
    if not found:
        yield f"{rel}:1: no labels found: this guard looks in the wrong place"
    for label in sorted(found):
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", label):
            yield f"{rel}:1: label {label} is not lower case"


def tags(root):
    """Each log tag KLAnnnn stands at one place."""
    where = {}
    for rel, path in sources(root, "mod_klarna", "handlers", "filters"):
        for n, line in enumerate(read(path).splitlines(), 1):
            for tag in re.findall(r'"(KLA\d{4}):', line):
                if tag in where:
                    yield f"{rel}:{n}: {tag} is used at {where[tag]} too"
                where[tag] = f"{rel}:{n}"


def banned(root):
    """Functions that do not check lengths or results, and httpd calls that hold or lose."""
    for rel, path in sources(root, "mod_klarna", "handlers", "filters"):
        for n, line in enumerate(read(path).splitlines(), 1):
            m = BANNED.search(line)
            if m and not line.lstrip().startswith(("*", "/*", "//")):
                yield f"{rel}:{n}: {m.group(1)} is banned"


def registered(root):
    """Every unit test is built and run; every fuzz target has a corpus."""
    listed = re.findall(r"\S+", read(os.path.join(root, "tests/unit/Makefile.inc")))
    for name in sorted(os.listdir(os.path.join(root, "tests/unit"))):
        if name.startswith("test_") and name.endswith(".c"):
            if "tests/unit/" + name[:-2] not in listed:
                yield f"tests/unit/{name}:1: not named in tests/unit/Makefile.inc"
    for name in sorted(os.listdir(os.path.join(root, "tests/fuzz"))):
        if name.startswith("fuzz_") and name.endswith(".c") and not os.path.isdir(
                os.path.join(root, "tests/fuzz/corpus", name[:-2])):
            yield f"tests/fuzz/{name}:1: no corpus"


def headers(root):
    """Every source file names its licence."""
    for rel, path in sources(root, "mod_klarna", "handlers", "filters", "tests"):
        if "SPDX-License-Identifier: Apache-2.0" not in read(path)[:200]:
            yield f"{rel}:1: no SPDX line"


CHECKS = [includes, circles, directives, labels, tags, banned, registered, headers]

BREAKS = {  # a check's name: what breaks it (file, text to add)
    "includes": ("mod_klarna/core/money.c", '#include "store/store.h"\n'),
    "circles": ("mod_klarna/core/error.h", '#include "core/order.h"\n'),
    "directives": ("mod_klarna/directives.c", 'AP_INIT_FLAG("KlarnaNowhere"\n'),
    "labels": ("mod_klarna/store/statements.c", '"klarna_Upper"\n'),
    "tags": ("handlers/reply.c", '"KLA0020:"\n'),
    "banned": ("handlers/reply.c", "strcpy(a, b);\n"),
    "registered": ("tests/unit/test_nowhere.c", "/* SPDX-License-Identifier: Apache-2.0 */\n"),
    "headers": ("tests/unit/nolicence.c", "int x;\n"),
}


def self_test():
    failed = 0
    for check in CHECKS:
        with tempfile.TemporaryDirectory() as copy:
            for folder in ("mod_klarna", "handlers", "conf", "tests/unit", "tests/fuzz"):
                shutil.copytree(os.path.join(ROOT, folder), os.path.join(copy, folder))
            shutil.copy(os.path.join(ROOT, "README.md"), copy)
            before = set(check(copy))
            rel, text = BREAKS[check.__name__]
            with open(os.path.join(copy, rel), "a", encoding="utf-8") as f:
                f.write(text)
            if not set(check(copy)) - before:
                print(f"guard {check.__name__} does not notice its rule being broken")
                failed += 1
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    broken = [f"{check.__name__}: {what}" for check in CHECKS for what in check(ROOT)]
    print("\n".join(broken + [f"{len(CHECKS)} guards, {len(broken)} broken rules"]))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
