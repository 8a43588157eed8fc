# SPDX-License-Identifier: Apache-2.0
"""Who calls whom, as the compiler saw it. These guards need a build without optimisation, made
with -fcallgraph-info (scripts/test makes it in build/calls): the objects' symbols say which file
needs which, the call graph says which function calls which.
"""
import os
import re
import subprocess
from collections import defaultdict

from layout import ROOMS, may_see
from tree import MODULE, circles, read, room_of, sources

RECORD = "klarna_module"  # httpd's key to our settings: everybody names it, nobody calls it
NAMED = 95                # percent of the exported functions that are named after their file
# Exported for the unit tests alone: what stands in the same file is tested by itself, or they read
# with it what the module only writes.
TESTED = {"kl_country_find", "kl_json_bool", "kl_units_operation"}
# Functions that call themselves, and why they end.
RECURSIVE = {}
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', re.M)


class Built:
    """The objects of a build: what each file defines and needs."""

    def __init__(self, folder, root=None):
        """With a root: objects whose source is no longer there are left out."""
        self.defines = {}              # symbol -> (file, kind of nm)
        self.needs = defaultdict(set)  # file -> symbols
        objects = {path: re.sub(r"/\.libs/(?:\w+-)?", "/", rel)[:-2] + ".c"
                   for rel, path in sources(folder, *MODULE, ends=(".o",)) if "/.libs/" in rel}
        if root:
            objects = {path: rel for path, rel in objects.items()
                       if os.path.exists(os.path.join(root, rel))}
        self.graphs = [path[:-2] + ".ci" for path in objects]
        said = subprocess.run(["nm", "-A", "-P", *objects], capture_output=True, text=True,
                              check=True)
        for line in said.stdout.splitlines():
            path, name, kind = re.match(r"(.*): (\S+) (\S)", line).groups()
            rel = objects[path]
            if kind in "TDBRVW":
                self.defines[name] = (rel, kind)
            elif kind == "U":
                self.needs[rel].add(name)

    def functions(self):
        return sorted((name, rel) for name, (rel, kind) in self.defines.items() if kind == "T")

    def arrows(self):
        """file -> {file: a symbol by which the one needs the other}"""
        graph = {}
        for rel, names in self.needs.items():
            graph[rel] = {self.defines[name][0]: name for name in sorted(names)
                          if name in self.defines and name != RECORD
                          and self.defines[name][0] != rel}
        return graph


def file_circles(built):
    """No .c file calls back to one that calls it."""
    graph = built.arrows()
    for group in circles({rel: set(others) for rel, others in graph.items()}):
        for rel in group:
            names = ", ".join(f"{name} of {other}" for other, name in graph[rel].items()
                              if other in group)
            yield f"{rel}:1: in a circle of {len(group)} files: it needs {names}"


def arrows(built):
    """A room calls only those that it may."""
    for rel, others in sorted(built.arrows().items()):
        for other, name in sorted(others.items()):
            if room_of(other) in ROOMS and not may_see(rel, other[:-2] + ".h"):
                yield f"{rel}:1: {room_of(rel)} may not call {name} of {other}"


def recursion(built):
    """No function calls itself, not by way of others either."""
    graph = defaultdict(set)
    for path in built.graphs:
        for caller, called in EDGE.findall(read(path)):
            graph[caller].add(called)
    for group in circles(graph):
        names = {re.sub(r".*[:/]", "", name) for name in group}
        if not names <= set(RECURSIVE):
            yield f"{group[0]}:1: calls itself: {', '.join(sorted(names))}"


def unused(built):
    """Whatever is exported is needed by another file of the module."""
    needed = set().union(*built.needs.values())
    for name, (rel, _) in sorted(built.defines.items()):
        if name not in needed and name not in TESTED and name != RECORD:
            yield f"{rel}:1: nobody else needs {name}: make it static or delete it"


def names(built):
    """An exported function is called kl_<file>_<verb>."""
    found = built.functions()
    others = [(name, rel) for name, rel in found
              if not re.match(f"kl_{os.path.basename(rel)[:-2]}(_|$)", name)]
    share = 100 * (len(found) - len(others)) / max(len(found), 1)
    if share < NAMED:
        for name, rel in others:
            yield f"{rel}:1: {name} is not named after its file ({share:.1f} % are, of {NAMED} %)"


CHECKS = [file_circles, arrows, recursion, unused, names]
