# SPDX-License-Identifier: Apache-2.0
"""Asks the module's own code (judged.c) what it makes of what the judges know better."""
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("KLARNA_JUDGED") or ROOT / "build/gcc/tests/judges/judged"


def ask(commands):
    """For each command, a tuple of words: the words of the answer."""
    text = "".join("\t".join(map(str, words)) + "\n" for words in commands)
    done = subprocess.run([PROGRAM], input=text, capture_output=True, text=True, check=True)
    assert not done.stderr, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]
