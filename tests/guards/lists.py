# SPDX-License-Identifier: Apache-2.0
"""Things that are named at two places, and must be the same at both."""
import os
import re

from tree import read


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


CHECKS = [directives, labels]
