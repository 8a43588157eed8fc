#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Is what makes a mistake hard to exploit in the module as it was built?

    hardening.py MODULE [DEBUG]     DEBUG: the file with its debug information, if that is apart
    hardening.py --self-test        builds small modules that lack one thing each

It looks at the code and the headers. What leaves no trace there is read from what the compiler noted
of itself in the debug information of every source file.
"""
import os
import re
import subprocess
import sys
import tempfile

PAGE = 0x1000
X86 = "Advanced Micro Devices X86-64"


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Module:
    def __init__(self, path, debug=None):
        self.headers = output("readelf", "-Whld", path)
        self.relocations = output("readelf", "-Wr", path)
        self.imports = {name.split("@")[0] for name in
                        re.findall(r" U (\S+)", output("nm", "-D", "--undefined-only", path))}
        self.exports = re.findall(r" [A-Z] (\S+)", output("nm", "-D", "--defined-only", path))
        self.code = output("objdump", "-d", "--no-show-raw-insn", path)
        self.compilers = re.findall(r"DW_AT_producer\s*: (?:\(.*?\): )?(GNU C.*)",
                                    output("readelf", "--debug-dump=info", debug or path))

    def segments(self, kind):
        return re.findall(rf"^ +{kind} +(?:0x\w+ +){{5}}([RWE ]{{3}})", self.headers, re.M)


def shared(m):
    return None if re.search(r"Type: +DYN", m.headers) else "it is no shared object"


def stack_not_executable(m):
    return None if m.segments("GNU_STACK") == ["RW "] else "its stack is executable"


def nothing_written_and_executed(m):
    return "memory is written and executed" if any(
        "W" in flags and "E" in flags for flags in m.segments("LOAD")) else None


def relocations_read_only(m):
    if not m.segments("GNU_RELRO"):
        return "its table of addresses stays writable (relro)"
    return None if "BIND_NOW" in m.headers or re.search(r"FLAGS_1.*NOW", m.headers) else \
        "addresses are looked up later (now)"


def position_independent(m):
    return "code is relocated (TEXTREL)" if "TEXTREL" in m.headers else None


def no_search_path(m):
    return "it looks for libraries in a place of its own" if re.search(r"\((RPATH|RUNPATH)\)",
                                                                      m.headers) else None


def stack_protected(m):
    return None if "__stack_chk_fail" in m.imports else "the stack has no guard"


def calls_checked(m):
    """The compiler leaves the check out where it can prove that nothing can happen."""
    return None if any(name.endswith("_chk") for name in m.imports) else \
        "no call is checked (_FORTIFY_SOURCE)"


def large_frames_probed(m):
    """A frame of more than a page is taken a page at a time, and each is touched."""
    large = [n for n in re.findall(r"sub +\$0x([0-9a-f]+),%rsp", m.code)
             if PAGE < int(n, 16) < 1 << 63]       # above: a negative one
    return f"a frame of 0x{large[0]} bytes could jump over the guard page" if large else None


def jumps_guarded(m):
    """Whatever a pointer in the data leads to is marked as a place to jump to."""
    if X86 not in m.headers:
        return None
    code = dict(re.findall(r"^ +([0-9a-f]+):\t(\S+)", m.code, re.M))
    places = [code[to] for to in re.findall(r"R_X86_64_RELATIVE +([0-9a-f]+)", m.relocations)
              if to in code]
    return None if len(places) > 2 and set(places) == {"endbr64"} else \
        "places to jump to are not marked (IBT)"


def compiled_so(m):
    wanted = ["-fstack-protector-strong", "-fstack-clash-protection", "-fno-strict-aliasing",
              "-fno-delete-null-pointer-checks", "-ftrivial-auto-var-init=zero"]
    if not m.compilers:
        return "it has no debug information"
    if int(re.search(r"(\d+)\.", m.compilers[0]).group(1)) >= 13:
        wanted.append("-fstrict-flex-arrays=3")
    missing = {flag for flag in wanted for one in m.compilers if flag not in one}
    return f"a file was compiled without {', '.join(sorted(missing))}" if missing else None


def nothing_else_exported(m):
    return None if m.exports == ["klarna_module"] else f"it exports {', '.join(m.exports)}"


CHECKS = [shared, stack_not_executable, nothing_written_and_executed, relocations_read_only,
          position_independent, no_search_path, stack_protected, calls_checked,
          large_frames_probed, jumps_guarded, compiled_so, nothing_else_exported]

SOURCE = """#include <string.h>
static int one(int n) { return n + 1; }
static int two(int n) { return n + 2; }
static int three(int n) { return n + 3; }
int (*const volatile table[])(int) = {one, two, three};
__attribute__((visibility("default"))) int klarna_module(char *from, int n)
{
    char more[20000];
    memcpy(more, from, n);
    return table[n](more[n]);
}
"""
GOOD = ["-O2", "-g", "-fPIC", "-fvisibility=hidden", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=3",
        "-fstack-protector-strong", "-fstack-clash-protection", "-fcf-protection=full",
        "-ftrivial-auto-var-init=zero", "-fno-delete-null-pointer-checks", "-fno-strict-aliasing",
        "-shared", "-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack"]
BREAKS = {  # a check: options that are added, or with ! left out, and source that is added
    shared: (["!-shared", "-no-pie", "-Wl,-e,klarna_module", "-nostartfiles"], ""),
    stack_not_executable: (["-Wl,-z,execstack"], ""),
    nothing_written_and_executed: ([], 'asm(".section .wx,\\"awx\\"\\n.quad 1\\n.text");'),
    relocations_read_only: (["-Wl,-z,norelro"], ""),
    position_independent: (["-Wl,-z,notext"], 'asm(".text\\n.quad klarna_module");'),
    no_search_path: (["-Wl,-rpath,/tmp"], ""),
    stack_protected: (["-fno-stack-protector"], ""),
    calls_checked: (["-U_FORTIFY_SOURCE"], ""),
    large_frames_probed: (["-fno-stack-clash-protection"], ""),
    jumps_guarded: (["-fcf-protection=none"], ""),
    compiled_so: (["!-ftrivial-auto-var-init=zero"], ""),
    nothing_else_exported: ([], '__attribute__((visibility("default"))) int other = 2;'),
}


def built(folder, flags=(), more=""):
    path = os.path.join(folder, "module.so")
    flags = [flag for flag in [*GOOD, *flags] if "!" + flag not in flags and flag[0] != "!"]
    subprocess.run(["gcc", *flags, "-xc", "-", "-o", path], input=SOURCE + more, text=True,
                   check=True, capture_output=True)
    return Module(path)


def wrong(module):
    return {check: check(module) for check in CHECKS if check(module)}


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        failed = list(wrong(built(folder)).values())
        for check in CHECKS:
            if check not in wrong(built(folder, *BREAKS[check])):
                failed.append(f"{check.__name__} does not notice {BREAKS[check]}")
    print("\n".join(failed + [f"{len(CHECKS) - len(failed)} passed, {len(failed)} failed"]))
    return 1 if failed else 0


def main(path, debug=None):
    if path == "--self-test":
        return self_test()
    found = wrong(Module(path, debug))
    print("\n".join(f"{path}: {what}" for what in found.values()) or
          f"hardening: {len(CHECKS)} checks of {os.path.basename(path)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
