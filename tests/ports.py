# SPDX-License-Identifier: Apache-2.0
"""Ports of 127.0.0.1 for what tests start, on a machine where other tests run beside them."""
import random
import socket

# Below those that the system gives to whoever asks: what is killed and started again finds its port
# free.
FIRST, LAST = 20000, 31999

_claims = []


def is_free(port):
    """Nobody listens there, and we may."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)     # as httpd does
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port():
    """One that nobody uses, and that no other test is given before this process ends: it may be bound
    later, more than once or never. The claim is a name that the system forgets with the process."""
    while True:
        port = random.randint(FIRST, LAST)
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0mod_klarna tests: port {port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return port
