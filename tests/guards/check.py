#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Source guards: rules of the house that a compiler does not know.

Run from anywhere; prints each broken rule as file:line: what, and exits 1 if there is one.
`check.py --self-test` breaks each rule in a copy and sees that it is noticed: a guard that
cannot fail guards nothing.
"""
import json
import os
import re
import shutil
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOMS = {  # which rooms the files of a room may include; "module": headers of the Apache side
    "mod_klarna/core": {"core"},
    "mod_klarna/api": {"core", "api"},
    "mod_klarna/store": {"core", "store"},
    "mod_klarna/service": {"core", "api", "store", "service"},
    "mod_klarna": {"core", "api", "store", "service", "module", "handlers", "filters"},
    "handlers": {"core", "service", "module", "handlers"},
    "filters": {"core", "module", "filters"},
}
WITH_HTTPD = {"mod_klarna", "handlers", "filters"}  # rooms whose files may include its headers
SCRIPT_ROOMS = {  # the same of admin/js
    "lib": {"lib"},
    "action": {"lib", "action"},
    "pages": {"lib", "action", "pages"},
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
            other = name.split("/")[0] if "/" in name else "module"
            if m.group(1) == '"' and other not in ROOMS[room]:
                yield f"{rel}:{n}: {room} may not include {name}"
            if HTTPD.match(name) and room not in WITH_HTTPD and rel not in ONLY["apr_dbd.h"]:
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


# --- the words of the admin pages --------------------------------------------------------------

LANG = "admin/lang"
PLURAL = re.compile(r"\.(zero|one|two|few|many|other)$")
PLACE = re.compile(r"\{(\w+)\}")
ASKED = re.compile(r"\b(?:t|word)\(([^()]*)")         # the first argument, up to a call in it
QUOTED = re.compile(r"'([\w.-]+)'")
MADE = re.compile(r"`((?:[\w.-]|\$\{[^{}`]*\})+)`")  # `state.${state}` and its like
WORDS = re.compile(r"kl_words_t (?:\w+)(?:\[\])?\s*=\s*\{(.*?)\};", re.S)
NAMES = {  # arrays of words in the code, and the keys that their words have
    ("mod_klarna/core/order.c", "state_names"): "state.",
    ("mod_klarna/core/operation.c", "kind_names"): "operation.",
    ("mod_klarna/core/operation.c", "state_names"): "operation_state.",
    ("mod_klarna/core/plan_credit.c", "names"): "action.verb.",
}


def languages(root):
    js = read(os.path.join(root, "admin/js/lib/i18n.mjs"))
    return re.findall(r"(\w+): '", re.search(r"LANGUAGES = \{(.*?)\}", js, re.S).group(1))


def areas(root):
    return sorted(name for name in os.listdir(os.path.join(root, LANG, "en"))
                  if name.endswith(".json"))


def words_of(root, language, area):
    """One file's words; a key that stands there twice would hide the first."""
    def once(pairs):
        keys = [key for key, _ in pairs]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise ValueError(f"twice: {', '.join(sorted(twice))}")
        return dict(pairs)
    try:
        return json.loads(read(os.path.join(root, LANG, language, area)), object_pairs_hook=once)
    except (OSError, ValueError) as error:
        return {"unreadable": str(error)}


def english(root):
    """Every English key and where it stands."""
    return {key: f"{LANG}/en/{area}" for area in areas(root)
            for key in words_of(root, "en", area)}


def scripts(root):
    """Without the lines that are comments."""
    for base, folders, names in os.walk(os.path.join(root, "admin/js")):
        folders.sort()
        for name in sorted(name for name in names if name.endswith(".mjs")):
            path = os.path.join(base, name)
            yield (os.path.relpath(path, root),
                   re.sub(r"^ *(//|/?\*).*$", "", read(path), flags=re.M))


def script_rooms(root):
    """The pages' scripts import only what their folder may: pages all, lib only lib."""
    for rel, text in scripts(root):
        floor = rel.split("/")[2]
        for name in re.findall(r"from '([^']+)'", text):
            parts = os.path.normpath(os.path.join(os.path.dirname(rel), name)).split("/")
            there = parts[2] if parts[1] == "js" else floor  # admin/lib: others' libraries
            if there not in SCRIPT_ROOMS.get(floor, {}):
                yield f"{rel}:1: {floor} may not import {name}"


def places(text):
    return sorted(set(PLACE.findall(text)))


def translations(root):
    """Every language says the same as English: the same keys, the same places to fill."""
    for area in areas(root):
        ours = words_of(root, "en", area)
        for language in languages(root):
            rel, theirs = f"{LANG}/{language}/{area}", words_of(root, language, area)
            if "unreadable" in theirs:
                yield f"{rel}:1: {theirs['unreadable']}"
                continue
            for key in sorted(set(ours) ^ set(theirs)):
                yield f"{rel}:1: {key} is {'missing' if key in ours else 'not in English'}"
            for key in sorted(set(ours) & set(theirs)):
                if places(ours[key]) != places(theirs[key]):
                    yield f"{rel}:1: {key} has other places to fill than in English"
                if bool(ours[key]) != bool(theirs[key]):
                    yield f"{rel}:1: {key} is empty in one language only"


def asked_for(root):
    """What the scripts ask for: (file, key) of each plain key, every quoted word, and patterns
    of the keys that are put together."""
    plain, quoted, made = [], set(), []
    for rel, text in scripts(root):
        quoted |= set(QUOTED.findall(text))
        for argument in ASKED.findall(text):
            first = re.sub(r"`[^`]*`", "", argument).split(",")[0]
            plain += [(rel, key) for key in QUOTED.findall(first.split("?", 1)[-1])]
        made += [re.compile(r"[\w-]+".join(map(re.escape, re.split(r"\$\{.*?\}", key))))
                 for key in MADE.findall(text) if re.match(r"\w+\.", key)]
    return plain, quoted, made


def words(root):
    """Every word that a script asks for is there, once, and every word there is asked for."""
    known = english(root)
    stems = set(known) | {PLURAL.sub("", key) for key in known}
    plain, quoted, made = asked_for(root)
    for area in areas(root):
        for key in words_of(root, "en", area):
            if known[key] != f"{LANG}/en/{area}":
                yield f"{LANG}/en/{area}:1: {key} stands in {known[key]} too"
    for rel, key in plain:
        if key not in stems:
            yield f"{rel}:1: the word {key} is not in {LANG}/en"
    for key in sorted(known):
        names = {key, PLURAL.sub("", key)}
        if not names & quoted and not any(p.fullmatch(name) for p in made for name in names):
            yield f"{known[key]}:1: no script asks for {key}"


def codes(root):
    """Every code that the module can give has English words."""
    found = set()
    for (rel, name), prefix in NAMES.items():
        array = re.search(name + r"\[\] = \{(.*?)\};", read(os.path.join(root, rel)), re.S)
        found |= {(rel, prefix + word) for word in re.findall(r'"(\w+)"', array.group(1))}
    for rel, path in sources(root, "mod_klarna"):
        text = read(path)
        for table in WORDS.finditer(text):
            function = re.findall(r"^\w.*?(\w+)\(", text[:table.start()], re.M)[-1:]
            if function == ["kl_credit_step_sentence"]:
                continue  # the pages say it with the amount: action.verb.<verb>
            prefix = "sentence." if "sentence" in table.group(0) + "".join(function) else "reason."
            found |= {(rel, prefix + code)
                      for code in re.findall(r'"([a-z_]+)",\s*"', table.group(0))}
    known = english(root)
    for rel, key in sorted(found):
        if key not in known:
            yield f"{rel}:1: {key} is not in {LANG}/en"


CHECKS = [includes, circles, directives, labels, tags, banned, registered, headers, script_rooms,
          translations, words, codes]

BREAKS = {  # a check's name: what breaks it (file, text to add or to put in the place of another)
    "includes": ("mod_klarna/core/money.c", '#include "store/store.h"\n'),
    "circles": ("mod_klarna/core/error.h", '#include "core/order.h"\n'),
    "directives": ("mod_klarna/directives.c", 'AP_INIT_FLAG("KlarnaNowhere"\n'),
    "labels": ("mod_klarna/store/statements.c", '"klarna_Upper"\n'),
    "tags": ("handlers/reply.c", '"KLA0020:"\n'),
    "banned": ("handlers/reply.c", "strcpy(a, b);\n"),
    "registered": ("tests/unit/test_nowhere.c", "/* SPDX-License-Identifier: Apache-2.0 */\n"),
    "headers": ("tests/unit/nolicence.c", "int x;\n"),
    "script_rooms": ("admin/js/lib/html.mjs", "import { draw } from '../pages/orders.mjs';\n"),
    "translations": ("admin/lang/fi/common.json", "{utilisateur}", "{user}"),
    "words": ("admin/js/pages/nowhere.mjs", "t('nowhere.to_be_found', {});\n"),
    "codes": ("mod_klarna/core/plan_why.c", 'static const kl_words_t x = {"nowhere", "Not."};\n'),
}


def break_rule(path, text, instead=""):
    before = read(path) if os.path.exists(path) else ""
    with open(path, "w", encoding="utf-8") as f:
        f.write(before.replace(instead, text) if instead else before + text)


def self_test():
    failed = 0
    for check in CHECKS:
        with tempfile.TemporaryDirectory() as copy:
            for folder in ("mod_klarna", "handlers", "conf", "tests/unit", "tests/fuzz", "admin/js",
                           LANG):
                shutil.copytree(os.path.join(ROOT, folder), os.path.join(copy, folder))
            shutil.copy(os.path.join(ROOT, "README.md"), copy)
            before = set(check(copy))
            break_rule(os.path.join(copy, BREAKS[check.__name__][0]), *BREAKS[check.__name__][1:])
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
