# SPDX-License-Identifier: Apache-2.0
"""Debian packages for the commands here that are written in Python."""
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def provide(*parts):
    """Installs what these parts of scripts/test need and is missing."""
    subprocess.run([os.path.join(ROOT, "scripts", "packages"), *parts], check=True)
