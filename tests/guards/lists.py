# SPDX-License-Identifier: Apache-2.0
"""Things that are named at two places, and must be the same at both."""
import os
import re

from tree import MODULE, read, sources


def directives(root):
    """Every directive stands in the code, the reference configuration and docs/configuration.md."""
    code = {name for rel in ("mod_klarna/directives.c", "mod_klarna/department_directives.h")
            for name in re.findall(r'AP_INIT_\w+\([\s\\]*"<?(Klarna\w+)"',
                                   read(os.path.join(root, rel)))}
    for rel in ("conf/mod_klarna.conf", "docs/configuration.md"):
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


def in_store_states(root):
    """The table for people has Klarna's words for payments in a store, and ours, as the code has."""
    rel, docs = "mod_klarna/core/instore_state.c", "docs/instore.md"
    row = r'\{KL_WAY_(\w+),\s*"(\w+)",\s*KL_INSTORE_(\w+),'
    code = {(way.lower(), word, state)
            for way, word, state in re.findall(row, read(os.path.join(root, rel)))}
    told = set(re.findall(r"^\| `(\w+)` \| `(\w+)` \| `(\w+)` \|",
                          read(os.path.join(root, docs)), re.M))
    for missing in sorted(code - told):
        yield f"{docs}:1: {' '.join(missing)} is missing"
    for wrong in sorted(told - code):
        yield f"{docs}:1: {' '.join(wrong)} is not in {rel}"


# --- columns -------------------------------------------------------------------------------------

TEXTS = {"TEXT": 65535, "MEDIUMTEXT": 16777215}  # MariaDB's; PostgreSQL and SQLite have no limit
UUID = "36"
BOUNDS = {  # what a column must hold: a limit of core/limits.h, or a number
    "id": UUID, "order_id": UUID, "pending_op": UUID, "credit_invoice_id": UUID, "next_op": UUID,
    "client_key": "64", "client_hash": "64",  # hexadecimal SHA-256
    "reference1": "KL_MAX_STRING", "reference2": "KL_MAX_STRING", "value": "KL_MAX_STRING",
    "actor": "KL_MAX_STRING", "result_id": "KL_MAX_STRING", "klarna_order_id": "KL_MAX_STRING",
    "confirmation_url": "KL_MAX_MERCHANT_URL", "ledger": "KL_MAX_LEDGER", "body": "KL_MAX_LEDGER",
}
VALUES = {  # columns of words, and the array that has them
    ("klarna_order", "state"): ("mod_klarna/core/order.c", "state_names"),
    ("klarna_order", "attention"): ("mod_klarna/core/attention.c", "names"),
    ("klarna_operation", "kind"): ("mod_klarna/core/op.c", "kind_names"),
    ("klarna_operation", "state"): ("mod_klarna/core/op.c", "state_names"),
    ("klarna_operation", "mark"): ("mod_klarna/core/op.c", "mark_names"),
}
COLUMN = re.compile(r"^    (\w+) +(VARCHAR\((\d+)\)|(?:MEDIUM)?TEXT)", re.M)
ONE_OF = re.compile(r"CHECK \((\w+) IN \(([^)]*)\)")
ARRAY = r"static const char \*const {}\[\] = \{{(.*?)\}};"


def array(root, rel, name):
    found = re.search(ARRAY.format(name), read(os.path.join(root, rel)), re.S)
    return set(re.findall(r'"(\w*)"', found.group(1)))


def tables(root, dialect):
    """(file, table, its columns with their widths, its columns with the words they allow)"""
    rel = f"conf/schema/{dialect}.sql"
    for table, body in re.findall(r"^CREATE TABLE (\w+) \((.*?)^\)",
                                  read(os.path.join(root, rel)), re.M | re.S):
        yield (rel, table,
               {name: int(width or (TEXTS[kind] if dialect == "mysql" else 2 ** 30))
                for name, kind, width in COLUMN.findall(body)},
               {name: set(re.findall(r"'(\w*)'", words)) for name, words in ONE_OF.findall(body)})


def columns(root):
    """Every column holds the most that the code puts there, and allows the code's words."""
    limits = dict(re.findall(r"#define (KL_\w+) (\d+)",
                             read(os.path.join(root, "mod_klarna/core/limits.h"))))
    for dialect in ("sqlite3", "pgsql", "mysql"):
        for rel, table, widths, allowed in tables(root, dialect):
            for name, width in widths.items():
                most = int(limits.get(BOUNDS.get(name), BOUNDS.get(name, 0)))
                words = array(root, *VALUES[table, name]) if (table, name) in VALUES else {""}
                if width < max(most, *map(len, words)):
                    yield f"{rel}:1: {table}.{name} is too narrow"
                if name in allowed and (table, name) in VALUES and allowed[name] != words:
                    yield f"{rel}:1: {table}.{name} does not allow what the code has for it"


INDEX = re.compile(r"((?:^--[^\n]*\n)*)^CREATE (?:UNIQUE )?INDEX (\w+)", re.M)
UNIQUE = re.compile(r"CONSTRAINT (\w+) UNIQUE \([^)]*\),?(.*)")
NEEDED_BY = re.compile(r"\s*-- For ((?:\w+, )*\w+)[.:]")


def statements(root):
    """The ids of every statement."""
    text = read(os.path.join(root, "mod_klarna/store/statements.h"))
    made = re.findall(r'\[BY_\w+\] = \{"(\w+)"', read(os.path.join(root,
                                                              "mod_klarna/store/order_query.c")))
    return (set(re.findall(r"\b(?:SAME|EACH)\((\w+),", text))
            | {f"order_list_{name}" for name in made})


def indexes(root):
    """Each index costs every write: a comment names the statements that need it."""
    known = statements(root)
    for dialect in ("sqlite3", "pgsql", "mysql"):
        rel = f"conf/schema/{dialect}.sql"
        text = read(os.path.join(root, rel))
        found = {name: comment for comment, name in INDEX.findall(text)} | dict(UNIQUE.findall(text))
        if len(found) < 2:
            yield f"{rel}:1: no indexes found: this guard looks in the wrong place"
        for name, comment in found.items():
            needed_by = NEEDED_BY.match(comment)
            if not needed_by:
                yield f"{rel}:1: {name} does not say which statement needs it (-- For order_load.)"
            elif unknown := set(needed_by.group(1).split(", ")) - known:
                yield f"{rel}:1: {name} is for {unknown}, which is no statement"


NAMED_FILE = re.compile(r"(?<![\w/.$-])([\w-]+(?:/[\w.-]+)*\.(?:c|h|py|mjs|md|sh))\b")
NAMED_FUNCTION = re.compile(r"\bkl_\w+")


def documentation(root):
    """Every page for people, from the root."""
    for base, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in ("build", "node_modules", ".git")]
        for name in names:
            if name.endswith(".md"):
                yield os.path.relpath(os.path.join(base, name), root)


def documented(root):
    """What the documentation names is there: files of this tree, functions of the module."""
    files = {"/" + os.path.relpath(os.path.join(base, name), root)
             for base, _, names in os.walk(root) for name in names}
    code = "".join(read(path) for _, path in sources(root, *MODULE))
    for rel in sorted(documentation(root)):
        for n, line in enumerate(read(os.path.join(root, rel)).splitlines(), 1):
            for name in NAMED_FILE.findall(line):
                if not any(path.endswith("/" + name) for path in files):
                    yield f"{rel}:{n}: there is no file {name}"
            for name in NAMED_FUNCTION.findall(line):
                if name not in code:
                    yield f"{rel}:{n}: there is no {name}"


LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)")
FENCED = re.compile(r"(?ms)^( *)```.*?^\1```")


def anchors(text):
    """What a link may name in a page: its headings, in small letters, without punctuation."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"(?m)^#+ (.*)$", FENCED.sub("", text))}


def linked(root):
    """Every link from one page to another leads somewhere."""
    pages = {rel: read(os.path.join(root, rel)) for rel in sorted(documentation(root))}
    for rel, text in pages.items():
        for to, anchor in LINK.findall(FENCED.sub("", text)):
            there = os.path.normpath(os.path.join(os.path.dirname(rel), to)) if to else rel
            if not os.path.exists(os.path.join(root, there)):
                yield f"{rel}:1: there is no {to}"
            elif anchor and anchor not in anchors(pages.get(there, "")):
                yield f"{rel}:1: there is no heading #{anchor} in {there}"


CHECKS = [directives, labels, in_store_states, columns, indexes, documented, linked]
