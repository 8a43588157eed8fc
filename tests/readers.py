# SPDX-License-Identifier: Apache-2.0
"""Readers of QR codes that know nothing of the module: zbar and ZXing, and librsvg for SVG."""
import subprocess


def rendered(path):
    """An SVG as a PNG of its own size."""
    to = path.with_suffix(".rendered.png")
    subprocess.run(["rsvg-convert", path, "-o", to], check=True)
    return to


def by_zbar(pictures):
    """What it reads in each, in their order."""
    done = subprocess.run(["zbarimg", "--nodbus", "-q", "--raw", *pictures], capture_output=True,
                          text=True, check=False)
    return done.stdout.splitlines()


def by_zxing(pictures):
    done = subprocess.run(["ZXingReader", *pictures], capture_output=True, text=True, check=False)
    return [bytes.fromhex(line.split(":")[1]).decode() for line in done.stdout.splitlines()
            if line.startswith("Bytes:")]
