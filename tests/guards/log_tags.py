# SPDX-License-Identifier: Apache-2.0
"""What the module logs: each entry has a tag of its own, and docs/log-tags.md explains it.

Tag, level and message of that page are taken from the code, what it means and what to do is
written there by hand and kept. `check.py --log-tags` writes it anew.
"""
import os
import re

from tree import MODULE, read, sources

PAGE = "docs/log-tags.md"
# service has no httpd: what a worker's unit has to say is logged for it.
CALL = re.compile(r"\b(?:ap_log_[rcp]?error|kl_unit_tell|kl_complaints_add)"
                  r"\((?!kl_told_t|kl_complaints_t)")
PASSED_ON = "%s"
TAG = re.compile(r"^(KLA\d{4}): (.*)")
LEVELS = ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"]
WORDS = {"err": "error", "warning": "warn",
         "setting": "emerg", "machine": "crit", "advice": "warn", "note": "notice"}
ENTRY = re.compile(r"^## (KLA\d{4})\b.*?\n\n(?:`.*?`\n\n)?(.*?)(?=^## |\Z)", re.M | re.S)
INTRODUCTION = """# Log entries

Every entry of mod_klarna in httpd's error log starts with a tag. Levels, files and messages below are
taken from the code (`tests/guards/check.py --log-tags`); `...` stands for what varies. No entry
holds credentials, names, addresses or e-mail addresses.
"""


def arguments(text, start):
    """What stands between the parentheses that open before start, strings kept whole."""
    depth, i = 1, start
    while depth:
        m = re.compile(r'"(?:\\.|[^"\\])*"|.', re.S).match(text, i)
        depth += {"(": 1, ")": -1}.get(m.group(0), 0)
        i = m.end()
    return text[start:i - 1]


def levels(call, text):
    """The levels of one entry; those that a function chooses are looked up there."""
    chooser = re.search(r"APLOG_MARK, (\w+)\(", call)
    if chooser:
        call = re.search(rf"^static int {chooser.group(1)}\(.*?^\}}", text, re.M | re.S).group(0)
    found = {word.lower() for word in re.findall(r"\b(?:APLOG|KL_TOLD|KL_COMPLAINT)_([A-Z]+)\b", call)} - {"mark"}
    return sorted({WORDS.get(word, word) for word in found}, key=LEVELS.index)


def entries(root):
    """(file, line, tag or None, levels, message) of every log entry."""
    for rel, path in sources(root, *MODULE, ends=(".c",)):
        text = read(path)
        for m in CALL.finditer(text):
            call = arguments(text, m.end())
            message = re.sub(r'" *\b[A-Z_0-9]+_FMT\b *"|"\s*"', "", re.sub(r"\n\s*", " ", call))
            message = re.search(r'"((?:\\.|[^"\\])*)"', message).group(1)
            if message == PASSED_ON:
                continue
            line = text.count("\n", 0, m.start()) + 1
            tag = TAG.match(message)
            message = re.sub(r"(?:%[-+\d.*]*l*[a-zA-Z]|%(?=s))+", "...", tag.group(2) if tag
                             else message)
            yield rel, line, tag and tag.group(1), levels(call, text), message


def page(root):
    """The page as it should be."""
    path = os.path.join(root, PAGE)
    written = dict(ENTRY.findall(read(path))) if os.path.exists(path) else {}
    parts = [INTRODUCTION]
    for rel, _, tag, found, message in sorted(entries(root), key=lambda entry: entry[2] or ""):
        parts.append(f"## {tag} ({', '.join(found)}, {rel})\n\n`{message}`\n\n"
                     + (written.get(tag, "").strip() or "**Means:**\n\n**Do:**") + "\n")
    return "\n".join(parts)


def write(root):
    with open(os.path.join(root, PAGE) + ".new", "w", encoding="utf-8") as f:
        f.write(page(root))
    os.replace(os.path.join(root, PAGE) + ".new", os.path.join(root, PAGE))


def tags(root):
    """Each log entry has a tag, and each tag stands at one place."""
    where = {}
    for rel, line, tag, _, _ in entries(root):
        if tag is None:
            yield f"{rel}:{line}: no tag"
        elif tag in where:
            yield f"{rel}:{line}: {tag} is used at {where[tag]} too"
        where[tag] = f"{rel}:{line}"


def explained(root):
    """docs/log-tags.md is up to date, and says of each tag what it means and what to do."""
    path = os.path.join(root, PAGE)
    said = read(path) if os.path.exists(path) else ""
    if said != page(root):
        yield f"{PAGE}:1: not as the code says: tests/guards/check.py --log-tags"
    for tag, text in ENTRY.findall(said):
        for word in ("**Means:**", "**Do:**"):
            if not re.search(re.escape(word) + r" *\w", text):
                yield f"{PAGE}:1: {tag} has no {word}"


CHECKS = [tags, explained]
