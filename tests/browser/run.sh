#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the browser stories against the demo (sandbox, private httpd, example shop).
#   KLARNA_MODULE   mod_klarna.so, required
#   CHROMIUM        the browser, default /usr/bin/chromium
#   SCREENSHOTS     a directory: pictures of the pages are put there
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${KLARNA_MODULE:?names mod_klarna.so}"
KLARNA_MODULE=$(readlink -f "$KLARNA_MODULE")
export KLARNA_MODULE
cd "$here"
[ -d node_modules/playwright-core ] || npm ci --no-audit --no-fund
exec /usr/bin/python3 ../../scripts/demo.py --run node --test
