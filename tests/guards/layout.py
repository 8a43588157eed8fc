# SPDX-License-Identifier: Apache-2.0
"""Where things are and who may include whom: design section 2's table, as a machine reads it."""
import os
import re

from tree import MODULE, circles, header_file, included, read, room_of, sources

ROOMS = {  # whose headers the files of a room may include, and whose functions they may call
    "mod_klarna/core": {"mod_klarna/core"},
    "mod_klarna/api": {"mod_klarna/core", "mod_klarna/api"},
    "mod_klarna/store": {"mod_klarna/core", "mod_klarna/store"},
    "mod_klarna/service": {"mod_klarna/core", "mod_klarna/api", "mod_klarna/store",
                           "mod_klarna/service"},
    "mod_klarna": {"mod_klarna/core", "mod_klarna/api", "mod_klarna/store", "mod_klarna/service",
                   "mod_klarna"},
    "handlers": {"mod_klarna/core", "mod_klarna/service", "handlers", "filters"},
    "filters": {"mod_klarna/core", "filters"},
}
DOORS = {  # one file that may do more than its room
    # The table of contents names what httpd is to call.
    "mod_klarna/mod_klarna.c": {"handlers", "filters"},
}
# The module's settings and record, which handlers and filters may see.
SETTINGS = {"mod_klarna/settings.h", "mod_klarna/klarna_module.h", "mod_klarna/child.h",
            "mod_klarna/trouble.h"}
ONLY = {  # a library's header and the files that may include it
    "curl/curl.h": {"mod_klarna/api/http_curl.c"},
    "jansson.h": {"mod_klarna/core/json.c", "mod_klarna/core/reader.c"},
    "png.h": {"mod_klarna/core/logo.c", "mod_klarna/core/qr_png.c"},
    "qrcodegen/qrcodegen.h": {"mod_klarna/core/qr.c"},
    "openssl/hmac.h": {"mod_klarna/api/signed_cart.c", "mod_klarna/api/display_key.c"},
    "apr_dbd.h": {"mod_klarna/store/store_dbd.c", "mod_klarna/store/store_dbd.h",
                  "mod_klarna/store/dbd_run.c", "mod_klarna/store/dbd_run.h",
                  "mod_klarna/connections.c", "mod_klarna/database_check.c",
                  "mod_klarna/check.c"},  # check.c: mod_dbd.h needs it first
}
HTTPD = re.compile(r"^(httpd|http_\w+|ap_\w+|util_\w+|mod_\w+|mpm_\w+|scoreboard)\.h$")
WITH_HTTPD = {"mod_klarna", "handlers", "filters"}
BANNED = {  # a function that does not check lengths or results, holds or loses; what to take
    "strcpy": "apr_cpystrn", "strncpy": "apr_cpystrn", "strcat": "apr_pstrcat",
    "strncat": "apr_pstrcat", "sprintf": "apr_snprintf or apr_psprintf",
    "vsprintf": "apr_vsnprintf or apr_pvsprintf", "snprintf": "apr_snprintf",
    "vsnprintf": "apr_vsnprintf", "gets": "apr_file_gets", "scanf": "apr_strtoi64",
    "sscanf": "apr_strtoi64", "atoi": "apr_strtoi64", "atol": "apr_strtoi64",
    "atoll": "apr_strtoi64", "atof": "whole numbers and apr_strtoi64",
    "strtok": "apr_strtok", "strerror": "apr_strerror", "localtime": "apr_time_exp_lt",
    "gmtime": "apr_time_exp_gmt", "mktime": "apr_time_exp_gmt_get", "time": "svc->now or "
    "apr_time_now", "rand": "svc->random", "sleep": "svc->sleep",
    "usleep": "svc->sleep", "alloca": "apr_palloc", "assert": "KL_CONTRACT",
    "exit": "an error value", "setenv": "the process' environment is not ours to change",
    "putenv": "the process' environment is not ours to change",
    "system": "apr_proc_create", "popen": "apr_proc_create",
    "ap_get_client_block": "ap_get_brigade", "ap_setup_client_block": "ap_get_brigade",
    "ap_dbd_acquire": "ap_dbd_open: a connection is given back before a call",
    "apr_pool_create_unmanaged_ex": "apr_pool_create",
}
CALL = re.compile(r"(?<![\w>.])(" + "|".join(BANNED) + r")\s*\(")


def may_see(rel, header):
    room, owner = room_of(rel), room_of(header)
    return (owner in ROOMS.get(room, ()) or owner in DOORS.get(rel, ())
            or room in ("handlers", "filters") and header in SETTINGS)


def includes(root):
    """Rooms include only what they may, and libraries have one door each."""
    for rel, _ in sources(root, *MODULE):
        for n, quote, name in included(root, rel):
            header = header_file(root, name)
            if name in ONLY and rel not in ONLY[name]:
                yield f"{rel}:{n}: only {', '.join(sorted(ONLY[name]))} may include {name}"
            if quote == '"' and header is None:
                yield f"{rel}:{n}: there is no {name}"
            elif quote == '"' and not may_see(rel, header):
                yield f"{rel}:{n}: {room_of(rel)} may not include {name}"
            if (HTTPD.match(name) and room_of(rel) not in WITH_HTTPD
                    and rel not in ONLY["apr_dbd.h"]):
                yield f"{rel}:{n}: {name} is an httpd header"


def header_circles(root):
    """No header includes itself by way of others."""
    graph = {rel: {header_file(root, name) for _, quote, name in included(root, rel)
                   if quote == '"' and header_file(root, name)}
             for rel, _ in sources(root, *MODULE, ends=(".h",))}
    for group in circles(graph):
        yield f"{group[0]}:1: headers include each other: {', '.join(group)}"


def unused_headers(root):
    """Every header is included by somebody else than its own .c file."""
    used = {header_file(root, name) for rel, _ in sources(root, *MODULE)
            for _, quote, name in included(root, rel)
            if quote == '"' and header_file(root, name) != rel[:-2] + ".h"}
    for rel, _ in sources(root, *MODULE, ends=(".h",)):
        if rel not in used:
            yield f"{rel}:1: nobody includes it"


def banned(root):
    """Nobody calls what has a better replacement."""
    for rel, path in sources(root, *MODULE):
        for n, line in enumerate(read(path).splitlines(), 1):
            m = CALL.search(re.sub(r'"(\\.|[^"])*"|/\*.*?(\*/|$)', "", line))
            if m and not line.lstrip().startswith("*"):
                yield f"{rel}:{n}: {m.group(1)} is banned: take {BANNED[m.group(1)]}"


def licence(root):
    """Every source file names its licence."""
    for rel, path in sources(root, *MODULE, "tests"):
        if "SPDX-License-Identifier: Apache-2.0" not in read(path)[:200]:
            yield f"{rel}:1: no SPDX line"


def registered(root):
    """Every unit test is built and run; every fuzz target has a corpus."""
    listed = re.findall(r"\S+", read(os.path.join(root, "tests/unit/Makefile.inc")))
    for rel, _ in sources(root, "tests/unit", ends=(".c",)):
        if os.path.basename(rel).startswith("test_") and rel[:-2] not in listed:
            yield f"{rel}:1: not named in tests/unit/Makefile.inc"
    for rel, _ in sources(root, "tests/fuzz", ends=(".c",)):
        name = os.path.basename(rel)[:-2]
        if name.startswith("fuzz_") and not os.path.isdir(
                os.path.join(root, "tests/fuzz/corpus", name)):
            yield f"{rel}:1: no corpus"


def compiled(root):
    """Every source file of the module is built: Makefile.am names it."""
    listed = set(re.findall(r"[\w/]+\.[ch]\b", read(os.path.join(root, "Makefile.am"))))
    for rel, _ in sources(root, *MODULE):
        if rel not in listed:
            yield f"{rel}:1: not named in Makefile.am"


WRITERS = {  # members that one file alone writes
    "mod_klarna/core/operation.c": re.compile(
        r"\b\w*op\)?->state\s*=[^=]|(?:->|\.)(?:lease_until|next_at)\s*=[^=]|"
        r"\bop\)?->(?:doubtful|attempts|mark|sent_at|hint|refusal|result|error_code)\s*"
        r"(?:\+\+|[|+-]?=[^=])"),
    "mod_klarna/core/attention.c": re.compile(r"\border\)?->attention\s*=[^=]"),
    "mod_klarna/core/schedule.c": re.compile(r"->(?:check_at|checks)\s*(?:\+\+|[+-]?=[^=])"),
}


def writers(root):
    """The life of an operation, an order's mark and its next look have one writer each."""
    for rel, path in sources(root, *MODULE):
        for n, line in enumerate(read(path).splitlines(), 1):
            for owner, members in WRITERS.items():
                if rel != owner and members.search(line):
                    yield f"{rel}:{n}: only {owner} writes this: {line.strip()}"


CHECKS = [includes, header_circles, unused_headers, banned, licence, registered, compiled, writers]
