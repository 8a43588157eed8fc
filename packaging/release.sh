# SPDX-License-Identifier: Apache-2.0
# Sourced by the commands that build packages, after scripts/lib.sh.

# release_to FILE: what `make dist` packs, from a copy, whatever was configured or built in the tree.
release_to() {
    local copy
    copy=$(mktemp -d)
    (
        set -e
        cd "$ROOT"
        tar cf - --exclude=./build --exclude=./.git --exclude=node_modules --exclude='*.o' \
            --exclude='*.lo' --exclude='*.la' --exclude=.libs --exclude=.deps \
            --exclude=.dirstamp --exclude=config.status . | (cd "$copy" && tar xf -)
        cd "$copy"
        [ configure -nt configure.ac ] && [ Makefile.in -nt Makefile.am ] || autoreconf -fi
        ./configure --quiet
        make dist
        mv mod_klarna-*.tar.xz "$1"
    ) >"$1.log" 2>&1 || { tail -n 40 "$1.log" >&2; return 1; }
    rm -rf "$copy" "$1.log"
}
