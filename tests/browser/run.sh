#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs the browser stories against the demo (sandbox, private httpd, example shop): those of the
# shopper and what the pages' own modules promise, then those of the admin page, for which the
# demo has orders and its worker.
#   run.sh [FILE...]   only these of the admin page's, for example admin/money.test.mjs
#   KLARNA_MODULE   mod_klarna.so; without it that of build/gcc is built
#   CHROMIUM        the browser, default /usr/bin/chromium
#   SCREENSHOTS     a directory: pictures of the pages are put there
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"
provide browser
[ -n "${KLARNA_MODULE:-}" ] || build "$BUILD/gcc" --enable-werror
KLARNA_MODULE=$(readlink -f "${KLARNA_MODULE:-$BUILD/gcc/.libs/mod_klarna.so}")
export KLARNA_MODULE
browser_libs
cd "$ROOT/tests/browser"
if [ $# = 0 ]; then
    /usr/bin/python3 ../../scripts/demo.py --run node --test *.test.mjs
    set -- admin/*.test.mjs
fi
exec /usr/bin/python3 ../../scripts/demo.py --run-shown node --test "$@"
