#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""In a system with the package and orders in its database: removing keeps them, purging asks.

Run as root by tests/packages/run, after upgrade.py.
"""
import glob
import hashlib
import os
import pty
import subprocess

DATABASE = "/var/lib/klarna/klarna.db"
SECRET = "/etc/klarna/credentials"
PACKAGE = "libapache2-mod-klarna"


def run(*command):
    print("$", *command, flush=True)
    subprocess.run(command, check=True)


def digest():
    with open(DATABASE, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def install():
    run("apt-get", "-qy", "install", *glob.glob(f"/packages/{PACKAGE}_*.deb"))


def purge_at_a_terminal(answer):
    """What it said to somebody who answers its question."""
    print(f"$ dpkg --purge {PACKAGE}, and the answer is {answer}", flush=True)
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(DEBIAN_FRONTEND="teletype", TERM="dumb")
        os.execvp("dpkg", ["dpkg", "--purge", PACKAGE])
    said, answered = b"", False
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:     # the other side is closed
            break
        if not part:
            break
        said += part
        if b"Delete the orders and the secrets?" in said and b"[yes/no]" in said and not answered:
            os.write(terminal, answer.encode() + b"\n")
            answered = True
    _, status = os.waitpid(pid, 0)
    assert answered and status == 0, said.decode()


def main():
    kept = digest()
    run("apt-get", "-qy", "remove", PACKAGE)
    assert digest() == kept and os.path.exists(SECRET)
    install()
    owner = os.stat("/etc/klarna")
    assert owner.st_mode & 0o007 == 0, oct(owner.st_mode)

    run("dpkg", "--purge", PACKAGE)         # nobody is there to answer
    assert digest() == kept and os.path.exists(SECRET)
    install()
    purge_at_a_terminal("no")
    assert digest() == kept and os.path.exists(SECRET)
    install()
    purge_at_a_terminal("yes")
    assert not os.path.exists("/var/lib/klarna") and not os.path.exists("/etc/klarna")
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
