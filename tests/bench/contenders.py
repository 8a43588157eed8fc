# SPDX-License-Identifier: Apache-2.0
"""What every contender has, the module as one of them, and the upstream."""
import glob

import cart
from servers import HERE, Failure, as_root, fill, free_port

UPSTREAMS = ("kept", "fresh", "plain", "slow")
ALONE = "the upstream alone"
MODULES = "/usr/lib/apache2/modules"
CHECKOUT = "/klarna/checkout"


def nginx_user():
    return "user www-data;" if as_root() else ""


def start_nginx(config, directory, port, start):
    log = directory / "nginx.log"
    return start(["nginx", "-c", str(config), "-e", str(log), "-p", str(directory)], log, port)


class Upstream:
    """The mock of Klarna, on a port for each way to call it."""

    def __init__(self, directory, start):
        self.port = {name: free_port() for name in (*UPSTREAMS, "alone")}
        config = fill("upstream.conf", directory, ANSWER=cart.session(), USER=nginx_user(),
                      LOAD_ECHO=self._load_echo(),
                      **{name.upper(): port for name, port in self.port.items()})
        self.server = start_nginx(config, directory, self.port["slow"], start)

    @staticmethod
    def _load_echo():
        found = glob.glob("/usr/lib/nginx/modules/ngx_http_echo_module.so")
        if not found:
            raise Failure("libnginx-mod-http-echo is missing")
        return f"load_module {found[0]};"

    def url(self, name):
        return f"{'http' if name == 'plain' else 'https'}://127.0.0.1:{self.port[name]}"


class Contender:
    """Servers by component, addresses by upstream, the table it writes. Servers of which a
    stage uses one only are idle in the others, and an idle server costs no CPU."""

    def __init__(self, name, database, table):
        self.name, self.table = name, table
        self.parts = {}      # component -> server, for every upstream
        self.port = {}       # upstream -> port
        self.per_port = {}   # upstream -> (component, server)
        if table != "sqlite":
            self.parts["database"] = database.server

    def servers(self, upstream):
        own = self.per_port.get(upstream)
        return {**self.parts, **({own[0]: own[1]} if own else {})}

    def url(self, upstream):
        return f"http://127.0.0.1:{self.port[upstream]}{CHECKOUT}"

    @staticmethod
    def body(off_by=0):
        return cart.signed(off_by)


class Module(Contender):
    """mod_klarna in httpd; one httpd per upstream."""

    def __init__(self, name, env, upstreams, sqlite=False):
        super().__init__(name, env.database, "sqlite" if sqlite else "klarna_payment")
        self.env = env
        for upstream, threads in upstreams.items():
            self._start_httpd(upstream, threads, sqlite)

    def _start_httpd(self, upstream, threads, sqlite):
        env, port = self.env, free_port()
        params = (str(env.database.sqlite) if sqlite else
                  f"host={env.database.socket} dbname=klarna user=klarna connect_timeout=2")
        argv = ["/usr/sbin/apache2", "-f", str(HERE / "httpd.conf"), "-DFOREGROUND"]
        argv += ["-DROOT"] * as_root() + ["-DSQLITE"] * sqlite
        self.port[upstream] = port
        self.per_port[upstream] = ("httpd", env.start(
            argv, env.directory / f"httpd-{port}.log", port, env={
                "DIR": str(env.directory), "PORT": str(port), "MODULES": MODULES,
                "MODULE": str(env.module), "RUN_AS": "www-data", "THREADS": str(threads),
                "DB_DRIVER": "sqlite3" if sqlite else "pgsql", "DB_PARAMS": f'"{params}"',
                "UPSTREAM": env.upstream.url(upstream), "TRUST_STORE": str(env.trust)}))


class Alone(Contender):
    """Nobody between the shoppers and the upstream: what they could reach at most."""

    def __init__(self, env):
        super().__init__(ALONE, env.database, "sqlite")
        self.parts["upstream"] = env.upstream.server
        self.port["slow"] = env.upstream.port["alone"]
