# SPDX-License-Identifier: Apache-2.0
"""What must never leak: every secret and every piece of personal data the tests use.

Whoever makes one says so here. Answers are searched as they come, logs when the session ends;
many threads do both at once.
"""
import threading

_lock = threading.Lock()

_nowhere = set()    # neither in an answer nor in a log
_logs = set()       # its owner is told, a log never


def keep(*texts):
    """Neither an answer nor a log may hold these. Gives the first, for use in place."""
    with _lock:
        _nowhere.update(texts)
    return texts[0]


def keep_from_logs(*texts):
    """Somebody is told these; a log must not hold them. Gives the first."""
    with _lock:
        _logs.update(texts)
    return texts[0]


def leaks(text, is_log):
    """Those found in text."""
    with _lock:
        secrets = _nowhere | _logs if is_log else _nowhere.copy()
    return sorted(secret for secret in secrets if secret in text)
