#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Source guards: rules of the house that a compiler does not know.

    check.py                    the rules that need the source only
    check.py --built DIR        those that need the objects of a build (calls.py says which)
    check.py --self-test [DIR]  breaks each rule in a copy and sees that it is noticed: a guard
                                that cannot fail guards nothing
    check.py --log-tags         writes docs/log-tags.md anew

Run from anywhere; prints each broken rule as file:line: what, and exits 1 if there is one.
"""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile

import calls
import layout
import lists
import log_tags
import pages
import settings
import shape
from tree import ROOT, read

CHECKS = [check for part in (layout, shape, lists, settings, log_tags, pages) for check in part.CHECKS]

LONG = "int kl_long(void)\n{\n" + "    kl_long();\n" * 40 + "}\n"
KNOTTY = "int kl_knot(int a)\n{\n" + "    if (a) {\n        a = 1;\n    }\n" * 15 + "}\n"
MANY = "int kl_many(int a, int b, int c, int d, int e, int (*f)(int x), int g)\n{\n}\n"
BREAKS = {  # a check's name: what breaks it (file, text to add or to put in the place of another)
    "includes": ("mod_klarna/core/money.c", '#include "store/store.h"\n'),
    "header_circles": ("mod_klarna/core/error.h", '#include "core/order.h"\n'),
    "unused_headers": ("mod_klarna/core/nobody.h", "int x;\n"),
    "banned": ("handlers/answer.c", "strcpy(a, b);\n"),
    "writers": ("handlers/status.c", "void f(kl_operation_t *op) { op->doubtful |= 1; }\n"),
    "licence": ("tests/unit/nolicence.c", "int x;\n"),
    "registered": ("tests/unit/test_nowhere.c", "/* SPDX-License-Identifier: Apache-2.0 */\n"),
    "compiled": ("filters/nowhere.c", "/* SPDX-License-Identifier: Apache-2.0 */\n"),
    "width": ("handlers/status.c", "/*\n *\tx\n */\n"),
    "formatted": ("handlers/status.c", "int  x;\n"),
    "length": ("handlers/status.c", LONG),
    "complexity": ("handlers/status.c", KNOTTY),
    "parameters": ("handlers/status.c", MANY),
    "directives": ("mod_klarna/directives.c", 'AP_INIT_FLAG("KlarnaNowhere"\n'),
    "labels": ("mod_klarna/store/statements.c", '"klarna_Upper"\n'),
    "in_store_states": ("docs/instore.md", "| `qr` | `DONE` | `COMPLETED` | |\n"),
    "columns": ("mod_klarna/core/limits.h", "#define KL_MAX_STRING 256\n",
                "#define KL_MAX_STRING 255"),
    "indexes": ("conf/schema/mysql.sql", "-- For orders_duly.\n", "-- For orders_due.\n"),
    "documented": ("README.md", "`mod_klarna/core/nowhere.c`\n"),
    "members": ("mod_klarna/settings.c", "", "    cfg->proxy = add->proxy ? add->proxy : base->proxy;\n"),
    "defaults": ("mod_klarna/settings.h", "apr_time_from_sec(21)", "apr_time_from_sec(20)"),
    "linked": ("docs/install.md", "[there](configuration.md#nowhere)\n"),
    "tags": ("handlers/answer.c", 'ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "KLA0001: x");\n'),
    "explained": ("handlers/answer.c", 'ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "KLA9: x");\n'),
    "translations": ("admin/lang/fi/common.json", "{utilisateur}", "{user}"),
    "translated": ("admin/lang/sv/orders.json", "No order found", "Ingen order hittades"),
    "script_rooms": ("admin/js/lib/html.mjs", "import { draw } from '../pages/orders.mjs';\n"),
    "words": ("admin/js/pages/nowhere.mjs", "t('nowhere.to_be_found', {});\n"),
    "codes": ("mod_klarna/core/why_not.c", 'static const kl_words_t x = {"nowhere", "Not."};\n'),
}
BUILT_BREAKS = {  # files that are compiled and put among the objects
    "file_circles": {"mod_klarna/core/one.c": "void kl_two(void); void kl_one(void) { kl_two(); }",
                     "mod_klarna/core/two.c": "void kl_one(void); void kl_two(void) { kl_one(); }"},
    "arrows": {"mod_klarna/core/up.c": "void kl_down(void); void kl_up(void) { kl_down(); }",
               "mod_klarna/service/down.c": "void kl_down(void) {}"},
    "recursion": {"mod_klarna/core/self.c": "static int b(int x);\n"
                  "static int a(int x) { return x ? b(x - 1) : 0; }\n"
                  "static int b(int x) { return a(x); }\nint kl_self(int x) { return a(x); }"},
    "unused": {"mod_klarna/core/lone.c": "void kl_lone(void) {}"},
    "names": {"mod_klarna/core/odd.c": "".join(f"void kl_strange{i}(void) {{}}\n"
                                               for i in range(1000))},
}


def report(results):
    broken = [f"{name}: {what}" for name, found in results.items() for what in found]
    print("\n".join(broken + [f"{len(results)} guards, {len(broken)} broken rules"]))
    return 1 if broken else 0


@contextlib.contextmanager
def broken(path, text, instead=""):
    """The file with a rule broken in it, for as long as it takes to see it."""
    before = read(path) if os.path.exists(path) else None
    with open(path, "w", encoding="utf-8") as f:
        f.write(before.replace(instead, text) if instead else (before or "") + text)
    yield
    os.remove(path)
    if before is not None:
        with open(path, "w", encoding="utf-8") as f:
            f.write(before)


def notices(copy):
    """For each check: is its rule, broken in a copy of the source, noticed?"""
    for folder in ("mod_klarna", "handlers", "filters", "conf", "docs", "tests/unit",
                   "tests/fuzz", "admin/js", "admin/lang"):
        if os.path.isdir(os.path.join(ROOT, folder)):
            shutil.copytree(os.path.join(ROOT, folder), os.path.join(copy, folder))
    for name in ("README.md", "Makefile.am", ".clang-format"):
        shutil.copy(os.path.join(ROOT, name), copy)
    for check in CHECKS:
        rel, *how = BREAKS[check.__name__]
        before = set(check(copy))
        with broken(os.path.join(copy, rel), *how):
            yield check.__name__, set(check(copy)) - before


def compiled(folder, rel, text):
    """An object among the others, and its call graph."""
    made = os.path.join(folder, os.path.dirname(rel), ".libs", os.path.basename(rel)[:-2] + ".o")
    subprocess.run(["gcc", "-O0", "-fcallgraph-info", "-xc", "-", "-c", "-o", made], input=text,
                   text=True, check=True)
    return [made, made[:-2] + ".ci"]


def notices_built(folder, copy):
    """For each check of objects: is its rule noticed when files that break it are among them?"""
    for room in layout.ROOMS:
        objects = os.path.join(folder, room, ".libs")
        if os.path.isdir(objects):
            shutil.copytree(objects, os.path.join(copy, room, ".libs"))
    built = calls.Built(copy)
    for check in calls.CHECKS:
        before = set(check(built))
        made = [path for rel, text in BUILT_BREAKS[check.__name__].items()
                for path in compiled(copy, rel, text)]
        yield check.__name__, set(check(calls.Built(copy))) - before
        for path in made:
            os.remove(path)


def self_test(folder):
    with tempfile.TemporaryDirectory() as copy:
        results = dict(notices(copy))
    if folder:
        with tempfile.TemporaryDirectory() as copy:
            results |= dict(notices_built(folder, copy))
    failed = [name for name, noticed in results.items() if not noticed]
    for name in failed:
        print(f"guard {name} does not notice its rule being broken")
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def main(what=None, folder=None):
    subprocess.run([os.path.join(ROOT, "scripts", "packages"), "guards"], check=True)
    if what == "--self-test":
        return self_test(folder)
    if what == "--log-tags":
        return log_tags.write(ROOT)
    if what == "--built":
        built = calls.Built(folder, ROOT)
        return report({check.__name__: list(check(built)) for check in calls.CHECKS})
    return report({check.__name__: list(check(ROOT)) for check in CHECKS})


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
