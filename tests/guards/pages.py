# SPDX-License-Identifier: Apache-2.0
"""The admin pages: scripts import only what they may, every language says the same, and every word is
asked for once."""
import json
import os
import re

from tree import read, sources

SCRIPT_ROOMS = {  # which folders of admin/js the scripts of a folder may import from
    "lib": {"lib"},
    "action": {"lib", "action"},
    "till": {"lib", "action", "till"},
    "pages": {"lib", "action", "till", "pages"},
}
LANG = "admin/lang"
PLURAL = re.compile(r"\.(zero|one|two|few|many|other)$")
PLACE = re.compile(r"\{(\w+)\}")
LETTERS = re.compile(r"[^\W\d_]{2,}")
ASKED = re.compile(r"\b(?:t|word)\(([^()]*)")         # the first argument, up to a call in it
QUOTED = re.compile(r"'([\w.-]+)'")
MADE = re.compile(r"`((?:[\w.-]|\$\{[^{}`]*\})+)`")  # `state.${state}` and its like
WORDS = re.compile(r"kl_words_t (?:\w+)(?:\[\])?\s*=\s*\{(.*?)\};", re.S)
NAMES = {  # arrays of words in the code, and the keys that their words have
    ("mod_klarna/core/order.c", "state_names"): "state.",
    ("mod_klarna/core/op.c", "kind_names"): "operation.",
    ("mod_klarna/core/op.c", "state_names"): "operation_state.",
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


def places(key, text):
    """What is filled in; a plural form may spell its count out: "tried once"."""
    found = set(PLACE.findall(text))
    return found - {"count"} if PLURAL.search(key) else found


def translations(root):
    """Every language says the same as English: the same keys, the same places to fill."""
    for folder in set(os.listdir(os.path.join(root, LANG))) ^ set(languages(root)):
        yield f"{LANG}/{folder}:1: stands in one of {LANG} and the list of i18n.mjs only"
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
                if places(key, ours[key]) != places(key, theirs[key]):
                    yield f"{rel}:1: {key} has other places to fill than in English"
                if bool(ours[key]) != bool(theirs[key]):
                    yield f"{rel}:1: {key} is empty in one language only"


def translated(root):
    """No sentence of another language is the English one; single words may well be the same."""
    for area in areas(root):
        ours = words_of(root, "en", area)
        for language in languages(root)[1:]:
            for key, text in words_of(root, language, area).items():
                if text == ours.get(key) and len(LETTERS.findall(PLACE.sub("", text))) > 2:
                    yield f"{LANG}/{language}/{area}:1: {key} is not translated"


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


WORDS_OF = {"mod_klarna/core/instore.c": "now."}  # files whose words have keys of their own


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
            if (function == ["kl_plan_credit_sentence"]
                    or rel.startswith(("mod_klarna/core/instore", "mod_klarna/core/department"))):
                continue  # the pages say it with the amount, or it is the till's
            prefix = "sentence." if "sentence" in table.group(0) + "".join(function) else "reason."
            prefix = WORDS_OF.get(rel, prefix)
            found |= {(rel, prefix + code)
                      for code in re.findall(r'"([a-z_]+)",\s*"', table.group(0))}
    known = english(root)
    for rel, key in sorted(found):
        if key not in known:
            yield f"{rel}:1: {key} is not in {LANG}/en"


CHECKS = [script_rooms, translations, translated, words, codes]
