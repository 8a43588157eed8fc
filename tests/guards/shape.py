# SPDX-License-Identifier: Apache-2.0
"""How functions look: formatted, short, simple, few parameters."""
import os
import re
import subprocess

from tree import MODULE, functions, read, sources

COLUMNS = 100
LINES = 40
COMPLEXITY = 15
PARAMETERS = 6        # at most
SIX_PARAMETERS = 10   # functions that have as many
FORMATTER = "clang-format-14"  # others break lines elsewhere
BREAK = re.compile(r"^(.*?):(\d+):\d+: error: .*clang-format-violations", re.M)
COUNT = re.compile(r"^(\d+)\t.*\t(.*)\((\d+)\): (\w+)$", re.M)


def run(root, command, *files):
    if not files:
        return ""
    done = subprocess.run([*command, *files], cwd=root, capture_output=True, text=True,
                          check=False)
    return done.stdout + done.stderr


def formatted(root):
    """Every C file is as .clang-format says."""
    files = [rel for rel, _ in sources(root, *MODULE, "tests")]
    said = run(root, [FORMATTER, "--dry-run", "-Werror", "--ferror-limit=1"], *files)
    for rel, line in BREAK.findall(said):
        yield f"{rel}:{line}: not as .clang-format says: make format"


def width(root):
    """No line of C is longer than 100 columns; none of anything has a tab."""
    for rel, path in sources(root, *MODULE, "tests"):
        for n, line in enumerate(read(path).splitlines(), 1):
            if len(line) > COLUMNS:
                yield f"{rel}:{n}: {len(line)} columns, at most {COLUMNS}"
    for rel, path in sources(root, *MODULE, "tests", "admin/js", "sandbox", "scripts", "conf",
                             ends=(".c", ".h", ".py", ".mjs", ".css", ".conf", ".sql", ".sh")):
        for n, line in enumerate(read(path).splitlines(), 1):
            if "\t" in line and "node_modules" not in rel:
                yield f"{rel}:{n}: a tab"


def length(root):
    """A function fits on a screen."""
    for f in functions(root):
        if f.lines > LINES:
            yield f"{f.file}:{f.line}: {f.name} has {f.lines} lines, at most {LINES}"


def complexity(root):
    """A function can be tested: at most 15 ways through it (McCabe)."""
    files = [rel for rel, _ in sources(root, *MODULE, ends=(".c",))]
    counted = COUNT.findall(run(root, ["pmccabe"], *files))
    if not counted:
        yield f"{files[0]}:1: pmccabe says nothing: this guard looks in the wrong place"
    for ways, rel, line, name in counted:
        if int(ways) > COMPLEXITY:
            yield f"{rel}:{line}: {name} has complexity {ways}, at most {COMPLEXITY}"


def parameters(root):
    """A function with more than six parameters wants a struct; few have six."""
    six = [f for f in functions(root) if len(f.parameters) == PARAMETERS]
    for f in functions(root):
        if len(f.parameters) > PARAMETERS:
            yield f"{f.file}:{f.line}: {f.name} has {len(f.parameters)} parameters"
    for f in six if len(six) > SIX_PARAMETERS else []:
        yield (f"{f.file}:{f.line}: {f.name} is one of {len(six)} functions with {PARAMETERS} "
               f"parameters, at most {SIX_PARAMETERS}")


CHECKS = [width, formatted, length, complexity, parameters]
