#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Is in a package what belongs there, where it belongs, and nothing else?

    contents.py FILE.deb|FILE.rpm...    prints what is wrong; exit 1 if anything is
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARE = "/usr/share/mod_klarna"
PAGES = SHARE + "/admin"
PLACES = re.compile(r"/(usr/(s?bin|share|lib(64)?/(apache2|httpd)/modules|lib/\.build-id)/|"
                    r"etc/(apache2|httpd)/|etc/klarna(/admin.json)?$|var/lib/klarna$)")
PARENTS = re.compile(r"/(etc|usr|var)(/|$)")
CONFFILES = {"/etc/apache2/conf-available/klarna.conf", "/etc/apache2/mods-available/klarna.load",
             "/etc/klarna/admin.json"}


def named(pattern):
    return [os.path.basename(path) for path in glob.glob(os.path.join(ROOT, pattern))]


def wanted():
    """What the module's package must have, named as the tree names it."""
    yield from (f"/usr/sbin/{name}" for name in named("scripts/klarna-*"))
    yield from (f"/usr/share/man/man8/{name}.8" for name in named("scripts/klarna-*"))
    yield from (f"{SHARE}/schema/{name}" for name in named("conf/schema/*.sql"))
    yield from (f"{SHARE}/schema/upgrade/{name}" for name in named("conf/schema/upgrade/*.sql"))
    yield from (f"{SHARE}/examples/{name}" for name in ("mod_klarna.conf", "admin.conf",
                                                        "klarna.load"))
    yield from (f"{PAGES}/{name}" for name in named("admin/*.html"))
    yield from (f"{PAGES}/{name}" for name in ("config.json", "klarna-till.mjs"))


def unpacked(package, folder):
    """Unpacks it; the type, mode and owner of each path."""
    if package.endswith(".deb"):
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        table = subprocess.run(["dpkg-deb", "-c", package], check=True, text=True,
                               capture_output=True).stdout
        rows = re.findall(r"^(\S)(\S{9}) (\S+) .*? \.(/\S+?)/?(?: -> .*)?$", table, re.M)
    else:
        subprocess.run(f"rpm2cpio {package} | cpio -idm --quiet", shell=True, check=True,
                       cwd=folder)
        table = subprocess.run(
            ["rpm", "-qp", "--qf", "[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} "
             "%{FILENAMES}\n]", package], check=True, text=True, capture_output=True).stdout
        rows = re.findall(r"^(\S)(\S{9}) (\S+) (\S+)$", table, re.M)
    return {path: (kind, mode, owner) for kind, mode, owner, path in rows if path}


def misplaced(paths):
    """Owners, modes and places, as every package has them."""
    for path, (kind, mode, owner) in sorted(paths.items()):
        if owner != "root/root" and path not in ("/etc/klarna", "/var/lib/klarna"):
            yield f"{path} belongs to {owner}"
        if kind != "l" and (mode[4] == "w" or mode[7] == "w" or "s" in mode):
            yield f"{path} has the mode {mode}"
        if not PLACES.match(path) and not (kind == "d" and PARENTS.match(path)):
            yield f"{path} stands in a place of others"
        if path.endswith(".la") or "/__pycache__" in path or "node_modules" in path:
            yield f"{path} does not belong into a package"


def missing(paths):
    bare = {re.sub(r"\.gz$", "", path) for path in paths}
    yield from (f"{path} is missing" for path in wanted() if path not in bare)
    if not any(path.endswith("/modules/mod_klarna.so") for path in paths):
        yield "the module is missing"


def broken_references(folder, paths):
    """Every file that a page names is there, and the licences of the libraries."""
    there = {path.removeprefix(PAGES + "/") for path in paths}
    there |= {re.sub(r"\..*", "", name) for name in there}    # in the reader's language
    for page in sorted(name for name in there if re.fullmatch(r"\w+\.html", name)):
        with open(f"{folder}{PAGES}/{page}", encoding="utf-8") as file:
            for name in re.findall(r'(?:src|href)="([^":?#]+)"', file.read()):
                if name not in there:
                    yield f"{page} names {name}, which is missing"
    licences = [path for path in paths if "/licences/" in path and path.endswith(".txt")]
    if len(licences) != len(named("admin/lib/licences/*.txt")):
        yield "licences of the page's libraries are missing"


def elsewhere(folder, paths):
    """No setting in it names a place where another installation would be."""
    for path, (kind, _, _) in sorted(paths.items()):
        if kind == "-" and path.endswith((".conf", ".load", ".json")):
            with open(folder + path, encoding="utf-8") as file:
                if "/usr/local" in file.read():
                    yield f"{path} names /usr/local"


def conffiles(package):
    if package.endswith(".deb"):
        found = subprocess.run(["dpkg-deb", "--info", package, "conffiles"], text=True,
                               capture_output=True).stdout.split()
        if set(found) != CONFFILES:
            yield f"its configuration files are {found}"


def wrong(package):
    with tempfile.TemporaryDirectory() as folder:
        paths = unpacked(package, folder)
        yield from misplaced(paths)
        if "klarna-sandbox" in os.path.basename(package):
            if not {"/usr/bin/klarna-sandbox", SHARE + "/sandbox/__main__.py"} <= set(paths):
                yield "the sandbox or its command is missing"
            return
        yield from missing(paths)
        yield from broken_references(folder, paths)
        yield from elsewhere(folder, paths)
        yield from conffiles(package)


def main(*packages):
    found = [f"{os.path.basename(package)}: {what}" for package in packages
             for what in wrong(package)]
    print("\n".join(found + [f"{len(packages)} packages looked into, {len(found)} faults"]))
    return 1 if found or not packages else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
