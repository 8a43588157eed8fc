#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Starts the sandbox and a private httpd with the example shop on free ports, runs the browser
# stories against them and stops both again.
#
#   KLARNA_MODULE   mod_klarna.so, required
#   CHROMIUM        the browser, default /usr/bin/chromium
#   HTTPD           default apache2; HTTPD_MODULES, default /usr/lib/apache2/modules
#   SCREENSHOTS     a directory: pictures of the pages are put there
#   KEEP=1          leave it running until Enter instead of running the stories
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
: "${KLARNA_MODULE:?names mod_klarna.so}"
module=$(readlink -f "$KLARNA_MODULE")
dir=$(mktemp -d "${TMPDIR:-/tmp}/klarna-browser-XXXXXX")
sandbox_pid=
httpd_pid=

stop() {
    status=$?
    trap - EXIT INT TERM
    for pid in $httpd_pid $sandbox_pid; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    if [ "$status" -ne 0 ] && [ -s "$dir/error_log" ]; then
        cat "$dir/error_log" >&2
    fi
    rm -rf "$dir"
    exit "$status"
}
trap stop EXIT
trap 'exit 129' INT TERM

free_port() {
    /usr/bin/python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# wait_for URL: until it answers, 20 s at most.
wait_for() {
    tries=0
    until curl -fs -o /dev/null "$1"; do
        tries=$((tries + 1))
        if [ "$tries" -ge 100 ]; then
            echo "no answer from $1" >&2
            return 1
        fi
        sleep 0.2
    done
}

"$root/scripts/sandbox" --port 0 >"$dir/sandbox.log" 2>&1 &
sandbox_pid=$!
tries=0
until sandbox=$(sed -n 's/^sandbox listening on //p' "$dir/sandbox.log") && [ -n "$sandbox" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { cat "$dir/sandbox.log" >&2; exit 1; }
    sleep 0.2
done

cp -R "$root/docs/storefront" "$dir/shop"
echo 'PK00000_sandbox:sandbox-password' >"$dir/credentials"
openssl rand -hex 32 >"$dir/cart-key"
: >"$dir/users"
sqlite3 "$dir/klarna.db" <"$root/conf/schema/sqlite3.sql" >/dev/null
printf '{"sdk": "%s/sdk/lib.js", "routes": "/klarna/checkout", "phone": "%s/phone"}\n' \
    "$sandbox" "$sandbox" >"$dir/shop-config.json"
run_as=$(id -un)
if [ "$run_as" = root ]; then
    run_as=www-data
    chown -R www-data "$dir"
fi
chmod 700 "$dir"
chmod 600 "$dir/credentials" "$dir/cart-key"

port=$(free_port)
"${HTTPD:-apache2}" -d "$dir" -f "$root/conf/demo.conf" -D FOREGROUND \
    -C "Define PORT $port" -C "Define DIR $dir" -C "Define RUN_AS $run_as" \
    -C "Define MODULES ${HTTPD_MODULES:-/usr/lib/apache2/modules}" -C "Define MODULE $module" \
    -C "Define SHOP $dir/shop" -C "Define KLARNA_URL $sandbox" &
httpd_pid=$!
wait_for "http://127.0.0.1:$port/"

export BASE_URL="http://127.0.0.1:$port" PHONE_URL="$sandbox/phone" CART_KEY="$dir/cart-key"
if [ "${KEEP:-}" = 1 ]; then
    echo "shop $BASE_URL/  phone $PHONE_URL  Enter ends"
    read -r _
    exit 0
fi
[ -d "$here/node_modules/playwright-core" ] || (cd "$here" && npm ci --no-audit --no-fund)
cd "$here"
node --test
# The stories let answers get lost: that, and httpd's own starts and stops, may be told.
if grep -Ev ':(info|notice)\]|answer_lost' "$dir/error_log"; then
    echo "unexpected lines in the error log" >&2
    exit 1
fi
