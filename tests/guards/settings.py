# SPDX-License-Identifier: Apache-2.0
"""The settings: every member is made and inherited, every default is what people are told."""
import os
import re

from tree import read

MADE = r"^{}[^;{{}}]*\n\{{\n(.*?)^\}}"     # the body of a function
STRUCT = r"typedef struct {0} \{{(.*?)^\}} {0};"
MEMBER = re.compile(r"^\s+([\w ]+?[ *]+)((?:\w+, \*?)*\w+);", re.M)
NUMBERS = ("int", "apr_interval_time_t")    # -1 means that nobody has said it
KINDS = (   # a struct, its file, who makes one, who merges two, members that are not inherited
    ("kl_server_settings_t", "mod_klarna/settings.h", ("mod_klarna/settings.c",
     r"void \*kl_settings_server_make", r"void \*kl_settings_server_merge"),
     # what is being read; found out when all is read; what a child hangs on it
     {"open", "open_department", "database", "store", "trouble"}),
    ("kl_account_settings_t", "mod_klarna/settings.h", ("mod_klarna/settings.c",
     r"kl_account_settings_t \*kl_settings_account_made", r"static void merge_account"), set()),
    ("kl_location_settings_t", "mod_klarna/settings.h", ("mod_klarna/settings.c",
     r"void \*kl_settings_location_make", r"void \*kl_settings_location_merge"), set()),
    ("kl_department_t", "mod_klarna/core/department.h", ("mod_klarna/department_settings.c",
     r"kl_department_t \*kl_department_settings_made", r"static void merge_department"),
     # whose it is: found by them; and found out when all is read
     {"name", "store", "account"}),
)


def struct(root, rel, name):
    """(type, name) of its members."""
    body = re.sub(r"/\*.*?\*/", "", re.search(STRUCT.format(name), read(os.path.join(root, rel)),
                                              re.S | re.M).group(1), flags=re.S)
    for kind, names in MEMBER.findall(body):
        for member in names.split(","):
            yield kind.strip(), member.strip(" *")


def function(root, rel, head):
    found = re.search(MADE.format(head), read(os.path.join(root, rel)), re.S | re.M)
    return found.group(1) if found else ""


def members(root):
    """Every member of the settings has a beginning, and a virtual host inherits it."""
    for name, header, (rel, make, merge), own in KINDS:
        made, merged = function(root, rel, make), function(root, rel, merge)
        for kind, member in struct(root, header, name):
            word = re.compile(rf"(->|\b\()(account\.)?{member}\b")
            if member not in own and not word.search(merged):
                yield f"{rel}:1: {name}.{member} is not inherited: {merge.split()[-1]}"
            if (kind in NUMBERS and member not in own and not member.startswith("has_")
                    and not word.search(made)):
                yield f"{rel}:1: {name}.{member} does not begin as -1: {make.split()[-1]}"


# --- defaults -----------------------------------------------------------------------------------

ROW = re.compile(r"^\| `<?(Klarna\w+)[^|]*\| ([^|]*) \|", re.M)
ABSENT = {"none", "required", ""}           # nothing stands in the code for these
PROSE = {"Klarna's host", "the system's", "every pair of the account's region"}
CODE = {    # where a default stands in the code, and how people are told it
    "KlarnaEnvironment": ("mod_klarna/check.c", r'account\.environment = "(\w+)"', str),
    "KlarnaRegion": ("mod_klarna/core/country.h", r"enum \{ KL_REGION_(\w+),", str.lower),
    "KlarnaUseStore": ("mod_klarna/settings.h", r'KL_DEFAULT_STORE "(\w+)"', str),
    "KlarnaTimeout": ("mod_klarna/settings.h", r"KL_TIMEOUT_DEFAULT apr_time_from_sec\((\d+)\)",
                      "{}s".format),
    "KlarnaConnectTimeout": ("mod_klarna/settings.h",
                             r"KL_CONNECT_TIMEOUT_DEFAULT apr_time_from_sec\((\d+)\)",
                             "{}s".format),
    "KlarnaWorker": ("mod_klarna/settings.c", r"cfg->worker : KL_WORKER_THREADS_(DEFAULT);",
                     {"DEFAULT": "On"}.get),
    "KlarnaAutoExtend": ("mod_klarna/child.c", r"auto_extend = cfg->auto_extend == (1);",
                         {"1": "Off"}.get),
    "KlarnaRetention": ("mod_klarna/core/limits.h", r"KL_RETENTION_DEFAULT_D (\d+)",
                        "{}d".format),
    "KlarnaInStore": ("mod_klarna/department_check.c", r"DEFAULT_NUMBER\(on, (\d)\)",
                      {"0": "off"}.get),
    "KlarnaInStorePlace": ("mod_klarna/department_check.c", r"DEFAULT_NUMBER\(places_only, (\d)\)",
                           {"0": "CAPTURE_ORDER", "1": "PLACE_ORDER"}.get),
    "KlarnaInStoreRefunds": ("mod_klarna/department_check.c", r"DEFAULT_NUMBER\(refunds, (\d)\)",
                             {"0": "Off", "1": "On"}.get),
    "KlarnaInStoreSend": ("mod_klarna/department_check.c", r"DEFAULT_NUMBER\(sends_\w+, (\d)\);\s+"
                          r"DEFAULT_NUMBER\(sends_\w+, 1\)", {"1": "sms email"}.get),
    "KlarnaTillTimeout": ("mod_klarna/department_check.c",
                          r"TIME_OUT apr_time_from_sec\((\d+) \* 60\)", "{}m".format),
}


def reference(root):
    """directive -> its default, as conf/mod_klarna.conf says it."""
    text = re.sub(r"\n#   ", " ", read(os.path.join(root, "conf/mod_klarna.conf")))
    for name, told in re.findall(r"(?m)^# <?(Klarna\w+)[^\n]*?  ?([A-Z][^\n]*)$", text):
        found = re.search(r"[Dd]efault:? ([^.;:,]+|\S+)", told)
        yield name, (found.group(1) if found else
                     "required" if "Required." in told else "").strip()


def defaults(root):
    """A directive's default is the same in the code, the reference and docs/configuration.md."""
    page, conf = "docs/configuration.md", dict(reference(root))
    table = ROW.findall(read(os.path.join(root, page)))
    if len(table) < 20:
        yield f"{page}:1: no directives found: this guard looks in the wrong place"
    for name, cell in table:
        told = cell.strip(" `")
        if conf.get(name, "") != told:
            yield f"conf/mod_klarna.conf:1: {name}: default {conf.get(name)!r}, {page}: {told!r}"
        if name in CODE:
            rel, pattern, as_told = CODE[name]
            found = re.search(pattern, read(os.path.join(root, rel)))
            if not found or as_told(found.group(1)) != told:
                yield f"{rel}:1: {name} begins otherwise than {page} says: {told!r}"
        elif told not in ABSENT | PROSE:
            yield f"{page}:1: {name}: where does its default {told!r} stand? tests/guards/settings.py"


CHECKS = [members, defaults]
