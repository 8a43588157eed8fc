# SPDX-License-Identifier: Apache-2.0
"""Who is measured: the module, PHP-FPM and Node, each with its servers and addresses."""
import glob
import shutil
import subprocess

import cart
from servers import HERE, Failure, as_root, fill, free_port, run

UPSTREAMS = ("kept", "fresh", "plain", "slow")
MODULES = "/usr/lib/apache2/modules"
CHECKOUT = "/klarna/checkout"


def nginx_user():
    return "user www-data;" if as_root() else ""


def start_nginx(config, directory, port, start):
    log = directory / "nginx.log"
    return start(["nginx", "-c", str(config), "-e", str(log), "-p", str(directory)], log, port)


class Upstream:
    """The mock of Klarna on four ports."""

    def __init__(self, directory, start):
        self.port = {name: free_port() for name in UPSTREAMS}
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

    def body(self, off_by=0):
        return cart.plain(off_by)


class Module(Contender):
    """mod_klarna in httpd; one httpd per upstream."""

    def __init__(self, name, env, upstreams, sqlite=False):
        super().__init__(name, env.database, "sqlite" if sqlite else "klarna_order")
        self.env = env
        for upstream, threads in upstreams.items():
            self._start_httpd(upstream, threads, sqlite)

    def body(self, off_by=0):
        return cart.signed(off_by)

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


class Php:
    """nginx and one PHP-FPM for both ways to connect to the database."""

    WAYS = {"PHP-FPM as shipped": "0", "PHP-FPM persistent PDO": "1"}

    def __init__(self, env):
        fpm = max(glob.glob("/usr/sbin/php-fpm*"))
        config = fill("contenders/fpm.conf", env.directory,
                      USER="user = www-data\ngroup = www-data\nlisten.owner = www-data"
                      if as_root() else "")
        self.fpm = env.start([fpm, "-y", str(config), "-d", f"curl.cainfo={env.trust}"],
                             env.directory / "fpm.log", env.directory / "fpm.sock")
        self.contenders = [Contender(name, env.database, "bench_order") for name in self.WAYS]
        blocks = [self._block(env, contender, upstream) for contender in self.contenders
                  for upstream in UPSTREAMS]
        script = shutil.copy(HERE / "contenders/checkout.php", env.directory)
        config = fill("contenders/front.conf", env.directory, USER=nginx_user(), SCRIPT=script,
                      SERVERS="\n".join(blocks),
                      DSN=f"pgsql:host={env.database.socket};dbname=klarna;user=klarna")
        self.front = start_nginx(config, env.directory, self.contenders[0].port["kept"], env.start)
        for contender in self.contenders:
            contender.parts.update({"nginx": self.front, "php-fpm": self.fpm})

    def _block(self, env, contender, upstream):
        port = contender.port[upstream] = free_port()
        return (f"    server {{\n        listen 127.0.0.1:{port} backlog=4096;\n"
                f"        set $upstream {env.upstream.url(upstream)};\n"
                f"        set $persistent {self.WAYS[contender.name]};\n"
                f"        location / {{ fastcgi_pass unix:{env.directory}/fpm.sock; }}\n    }}")

    @staticmethod
    def missing():
        if not glob.glob("/usr/sbin/php-fpm*") or not shutil.which("nginx"):
            return "PHP-FPM is not installed"
        modules = subprocess.run([max(glob.glob("/usr/sbin/php-fpm*")), "-m"], capture_output=True,
                                 text=True, check=False).stdout.split()
        lacking = {"curl", "pdo_pgsql"} - set(modules)
        return f"PHP lacks {' and '.join(sorted(lacking))}" if lacking else None


class Node(Contender):
    """One process of Node per upstream. Its own list of CAs is compiled in; ours is added."""

    def __init__(self, env, upstreams):
        super().__init__("Node", env.database, "bench_order")
        for upstream in upstreams:
            port = self.port[upstream] = free_port()
            self.per_port[upstream] = ("node", env.start(
                [shutil.which("node"), str(env.node / "checkout.js")],
                env.directory / f"node-{port}.log", port, cwd=env.node, env={
                    "PORT": str(port), "UPSTREAM": env.upstream.url(upstream),
                    "NODE_EXTRA_CA_CERTS": str(env.directory / "ca.pem"), "NODE_ENV": "production",
                    "PGHOST": str(env.database.socket), "PGUSER": "klarna",
                    "PGDATABASE": "klarna"}))

    @staticmethod
    def missing(node_dir):
        if not shutil.which("node"):
            return "Node is not installed"
        version = run(["node", "--version"]).strip()
        if int(version[1:].split(".")[0]) < 20:
            return f"fastify needs Node 20 or later, this is {version}"
        if not (node_dir / "node_modules/fastify").is_dir():
            return "fastify is not installed"
        return None
