# SPDX-License-Identifier: Apache-2.0
"""Finding the function for a method and a path, once for every family of routes."""
import re

from api import Refusal


class Router:
    """Routes are tuples (method, path pattern, function, extras...)."""

    def __init__(self, routes):
        self.routes = [(route[0], re.compile(route[1]), route[2:]) for route in routes]

    def find(self, method, path):
        """(what follows the pattern in the route, the path's parts), or the refusal."""
        known = False
        for allowed, pattern, rest in self.routes:
            match = pattern.fullmatch(path)
            if not match:
                continue
            if allowed == method:
                return rest, match.groups()
            known = True
        if known:
            raise Refusal(405, "METHOD_NOT_ALLOWED", f"{method} is not a method of {path}.")
        raise Refusal(404, "NOT_FOUND", f"There is no {path}.")
