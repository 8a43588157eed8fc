# SPDX-License-Identifier: Apache-2.0
# Shared by the commands in scripts/: where things are, Debian packages, the build.
# Sourced, not run.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${KLARNA_BUILD:-$ROOT/build}
JOBS=$(nproc)

# What the module needs to be built and run.
PACKAGES_BUILD="gcc make autoconf automake libtool pkg-config apache2-dev apache2-bin
    apache2-utils libaprutil1-dbd-sqlite3 libcurl4-openssl-dev libjansson-dev libssl-dev
    libpng-dev libqrcodegen-dev libcmocka-dev sqlite3 python3 python3-aiohttp openssl ca-certificates curl"
# What the tests need besides.
PACKAGES_TEST="python3-pytest python3-pytest-xdist python3-jwt python3-yaml python3-jsonschema clang
    libclang-rt-14-dev valgrind gcovr xz-utils git clang-format-14 pmccabe clang-tidy cppcheck
    librsvg2-bin zbar-tools zxing-cpp-tools python3-phonenumbers"

# Database servers for the tests; their services are never started.
PACKAGES_DB="postgresql pgbouncer mariadb-server libaprutil1-dbd-pgsql libaprutil1-dbd-mysql"

# The browser stories; php-cli runs one of the signing examples. Node.js may be there already,
# from elsewhere than Debian.
PACKAGES_BROWSER="chromium php-cli"
command -v npm >/dev/null || PACKAGES_BROWSER="$PACKAGES_BROWSER nodejs npm"

say() { printf '\n== %s\n' "$*"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs those of the named packages that are missing. Debian starts services it
# installs; nothing here wants one, so while it runs starting is forbidden.
need_packages() {
    local missing=() name policy=/usr/sbin/policy-rc.d
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' ||
            missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing: ${missing[*]}"
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    as_root apt-get -q update >/dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends \
        "${missing[@]}" >/dev/null
    [ -z "$(trap -p EXIT)" ] || { as_root rm -f $policy; trap - EXIT; }
}

# build DIR [configure arguments]: configures when needed and builds out of tree.
build() {
    local dir=$1
    shift
    [ -x "$ROOT/configure" ] && [ "$ROOT/configure" -nt "$ROOT/configure.ac" ] &&
        [ "$ROOT/Makefile.in" -nt "$ROOT/Makefile.am" ] ||
        (cd "$ROOT" && autoreconf -fi >/dev/null 2>&1) || {
        echo "autoreconf failed; run it in $ROOT to see why" >&2
        return 1
    }
    mkdir -p "$dir"
    if [ ! -e "$dir/config.status" ] || [ "$ROOT/configure" -nt "$dir/config.status" ] ||
        [ "$*" != "$(cat "$dir/.configured-with" 2>/dev/null)" ]; then
        (cd "$dir" && "$ROOT/configure" --quiet "$@") && printf '%s' "$*" >"$dir/.configured-with"
    fi
    make -C "$dir" -j"$JOBS" --no-print-directory V=0 >"$dir/build.log" 2>&1 || {
        tail -n 40 "$dir/build.log" >&2
        return 1
    }
}

# What the browser's stories take from npm.
browser_libs() {
    [ -d "$ROOT/tests/browser/node_modules/axe-core" ] ||
        (cd "$ROOT/tests/browser" && npm ci --no-audit --no-fund)
}
