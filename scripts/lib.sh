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
# The tests in Python; the readers are those of QR codes.
PACKAGES_PYTEST="python3-pytest python3-pytest-xdist python3-jwt librsvg2-bin zbar-tools
    zxing-cpp-tools"
# Database servers for the tests; their services are never started.
PACKAGES_DB="postgresql pgbouncer mariadb-server libaprutil1-dbd-pgsql libaprutil1-dbd-mysql"

# What a part of scripts/test needs besides PACKAGES_BUILD. Node.js may be there already, from
# elsewhere than Debian. php-cli runs one of the signing examples.
packages_of() {
    local npm=''
    command -v npm >/dev/null || npm='nodejs npm'
    case $1 in
    guards) echo clang-format-14 pmccabe ;;
    clang) echo clang ;;
    lint) echo clang-tidy cppcheck ;;
    coverage) echo "$PACKAGES_PYTEST" gcovr ;;
    fuzz) echo clang libclang-rt-14-dev ;;
    integration) echo "$PACKAGES_PYTEST" gdb ;;
    sandbox | sanitize) echo "$PACKAGES_PYTEST" ;;
    contract) echo "$PACKAGES_PYTEST" python3-yaml python3-jsonschema ;;
    judges) echo "$PACKAGES_PYTEST" python3-phonenumbers ;;
    databases) echo "$PACKAGES_PYTEST" valgrind "$PACKAGES_DB" ;;
    valgrind) echo "$PACKAGES_PYTEST" valgrind ;;
    browser) echo chromium php-cli $npm ;;
    dist) echo xz-utils ;;
    packages) echo debhelper lintian xz-utils ;;
    systems) echo debootstrap piuparts rpm ;;   # tests/packages/run
    esac
}

say() { printf '\n== %s\n' "$*"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

can_be_root() { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }

# Installs those of the named packages that are missing. Debian starts services it
# installs; nothing here wants one, so while it runs starting is forbidden.
need_packages() {
    local missing=() name there policy=/usr/sbin/policy-rc.d
    there=" $({ dpkg-query -W -f='${Package} ${Status}\n' "$@" 2>/dev/null || true; } |
        sed -n 's/ install ok installed$//p' | tr '\n' ' ')"
    for name in "$@"; do
        [[ $there == *" $name "* ]] || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    can_be_root || {
        echo "These packages are missing, and without the command sudo they cannot be installed" \
            "from here. As root: apt-get install --no-install-recommends ${missing[*]}" >&2
        return 1
    }
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

# The packages of these parts of scripts/test.
provide() {
    local part
    # shellcheck disable=SC2046,SC2086
    need_packages $PACKAGES_BUILD $(for part in "$@"; do packages_of "$part"; done)
}

# The folder to configure from: the tree, or, where somebody has configured or built in the tree
# itself (make would take those objects for ours), a copy of its sources below build/.
sources() {
    local copy=$BUILD/source
    [ -e "$ROOT/config.status" ] || { echo "$ROOT"; return; }
    mkdir -p "$copy"
    (cd "$ROOT" && tar cf - --exclude='*.o' --exclude='*.lo' --exclude='*.la' --exclude=.libs \
        --exclude=.deps --exclude=.dirstamp --exclude=node_modules configure.ac Makefile.am \
        mod_klarna handlers filters conf docs scripts admin tests [A-Z]*.md LICENSE) |
        (cd "$copy" && tar xf -)
    echo "$copy"
}

# build DIR [configure arguments]: configures when needed and builds out of tree.
build() {
    local dir=$1 from
    shift
    from=$(sources)
    [ -x "$from/configure" ] && [ "$from/configure" -nt "$from/configure.ac" ] &&
        [ "$from/Makefile.in" -nt "$from/Makefile.am" ] ||
        (cd "$from" && autoreconf -fi >/dev/null 2>&1) || {
        echo "autoreconf failed; run it in $from to see why" >&2
        return 1
    }
    mkdir -p "$dir"
    if [ ! -e "$dir/config.status" ] || [ "$from/configure" -nt "$dir/config.status" ] ||
        [ "$from $*" != "$(cat "$dir/.configured-with" 2>/dev/null)" ]; then
        (cd "$dir" && "$from/configure" --quiet "$@") &&
            printf '%s' "$from $*" >"$dir/.configured-with"
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
