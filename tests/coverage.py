#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Line coverage by room: of the unit tests, of the integration tests, of both, with a floor below
which no room may fall.

    coverage.py collect BUILD REPORT        what the .gcda files in BUILD say, kept in REPORT
    coverage.py tell UNIT INTEGRATION       both reports, room by room; 1 when one is too low
    coverage.py lines UNIT INTEGRATION [FOLDER]     what is reached by neither
"""
import json
import os
import subprocess
import sys

from provide import provide

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Of both together, in per cent: about where they stand. To be raised, not lowered.
FLOORS = {"mod_klarna/core": 99, "mod_klarna/api": 97, "mod_klarna/store": 95,
          "mod_klarna/service": 98, "mod_klarna": 94, "handlers": 96, "filters": 90}


def collect(build, report):
    subprocess.run(["gcovr", "-r", ROOT, "--object-directory", build, "--exclude-unreachable-branches",
                    "-f", os.path.join(ROOT, "mod_klarna/"), "-f", os.path.join(ROOT, "handlers/"),
                    "-f", os.path.join(ROOT, "filters/"), "--json", report],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def lines(report):
    """(file, line) -> reached, of every line that is code."""
    found = {}
    with open(report, encoding="utf-8") as file:
        for each in json.load(file)["files"]:
            for line in each["lines"]:
                if not line["gcovr/noncode"]:
                    place = each["file"], line["line_number"]
                    found[place] = found.get(place, False) or line["count"] > 0
    return found


def share(found, room):
    mine = [reached for (file, _), reached in found.items() if os.path.dirname(file) == room]
    return 100 * sum(mine) / len(mine) if mine else None


def tell(reports):
    unit, integration = map(lines, reports)
    both = {place: unit.get(place) or integration.get(place) for place in unit | integration}
    low = []
    print(f"{'line coverage of':<20} {'unit':>8} {'integration':>12} {'both':>8} {'floor':>6}")
    for room, floor in FLOORS.items():
        if share(both, room) is None:
            continue
        shares = [share(found, room) or 0 for found in (unit, integration, both)]
        print(f"{room:<20} {shares[0]:7.1f}% {shares[1]:11.1f}% {shares[2]:7.1f}% {floor:5}%")
        if shares[2] < floor:
            low.append(room)
    if low:
        sys.exit(f"below the floor: {', '.join(low)}")


def tell_lines(reports, folder=""):
    unit, integration = map(lines, reports)
    for place in sorted(unit | integration):
        if place[0].startswith(folder) and not (unit.get(place) or integration.get(place)):
            print(f"{place[0]}:{place[1]}")


def main():
    what, *rest = sys.argv[1:] or [""]
    if what == "collect" and len(rest) == 2:
        provide("coverage")
        collect(*rest)
    elif what == "tell" and len(rest) == 2:
        tell(rest)
    elif what == "lines" and len(rest) in (2, 3):
        tell_lines(rest[:2], *rest[2:])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
