# SPDX-License-Identifier: Apache-2.0
"""The source tree as the guards see it: its files, their rooms, includes and functions."""
import os
import re
from collections import namedtuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODULE = ("mod_klarna", "handlers", "filters")
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
# clang-format puts a function's name and its braces where these look for them.
FUNCTION = re.compile(r"^(?!typedef|struct|enum|union|#)[a-z_][^;{}=]*?\b(\w+)\(([^;{}]*)\)\n\{\n"
                      r"(.*?)^\}", re.M | re.S)
Function = namedtuple("Function", "file line name parameters lines")


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def sources(root, *folders, ends=(".c", ".h")):
    """(path from the root, whole path) of every C file in these folders."""
    for folder in folders:
        for base, _, names in os.walk(os.path.join(root, folder)):
            for name in sorted(names):
                if name.endswith(ends):
                    path = os.path.join(base, name)
                    yield os.path.relpath(path, root), path


def room_of(rel):
    return os.path.dirname(rel)


def included(root, rel):
    """(line, quote, name) of every #include."""
    for n, line in enumerate(read(os.path.join(root, rel)).splitlines(), 1):
        m = INCLUDE.match(line)
        if m:
            yield n, m.group(1), m.group(2)


def header_file(root, name):
    """The file that `#include "name"` means, from the root, or None."""
    for rel in ("mod_klarna/" + name, name):
        if os.path.exists(os.path.join(root, rel)):
            return rel
    return None


def parameters(text):
    """A parameter list taken apart; a function pointer is one of them."""
    text = re.sub(r"\((?:[^()]|\([^()]*\))*\)", "", text).strip()
    return [] if text in ("", "void") else text.split(",")


def functions(root):
    for rel, path in sources(root, *MODULE, ends=(".c",)):
        text = read(path)
        for m in FUNCTION.finditer(text):
            yield Function(rel, text.count("\n", 0, m.start(1)) + 1, m.group(1),
                           parameters(m.group(2)), m.group(3).count("\n") + 2)


def circles(graph):
    """The groups of nodes that lead back to themselves (Tarjan); graph: node -> set of nodes."""
    number, low, stack, found = {}, {}, [], []

    def visit(node):
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in number:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], number[other])
        if low[node] == number[node]:
            group = []
            while not group or group[-1] != node:
                group.append(stack.pop())
            if len(group) > 1 or node in graph.get(node, ()):
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return found
