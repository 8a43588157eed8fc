# SPDX-License-Identifier: Apache-2.0
"""The others that do the module's work: PHP-FPM, Node and Go, each with its servers and addresses."""
import filecmp
import glob
import os
import shutil
import subprocess

import cart
from contenders import UPSTREAMS, Contender, nginx_user, start_nginx
from servers import HERE, as_root, fill, free_port, run

SOURCES = HERE / "contenders"
COUNTRIES = SOURCES / "countries.json"
TABLE = "bench_payment"
GOPATH = "/usr/share/gocode"      # Debian's Go packages


def database_env(env):
    return {"PGHOST": str(env.database.socket), "PGUSER": "klarna", "PGDATABASE": "klarna"}


class Php:
    """nginx and one PHP-FPM for both ways to connect to the database."""

    WAYS = {"PHP-FPM as shipped": "0", "PHP-FPM persistent PDO": "1"}
    packages = ("php-fpm", "php-curl", "php-pgsql")

    def __init__(self, env, _):
        fpm = max(glob.glob("/usr/sbin/php-fpm*"))
        config = fill("contenders/php/fpm.conf", env.directory,
                      USER="user = www-data\ngroup = www-data\nlisten.owner = www-data"
                      if as_root() else "")
        self.fpm = env.start([fpm, "-y", str(config), "-d", f"curl.cainfo={env.trust}"],
                             env.directory / "fpm.log", env.directory / "fpm.sock")
        self.contenders = [Contender(name, env.database, TABLE) for name in self.WAYS]
        blocks = [self._block(env, contender, upstream) for contender in self.contenders
                  for upstream in UPSTREAMS]
        scripts = shutil.copytree(SOURCES / "php", env.directory / "php")
        shutil.copy(COUNTRIES, scripts)
        config = fill("contenders/php/front.conf", env.directory, USER=nginx_user(),
                      SCRIPT=scripts / "checkout.php", KEY=cart.KEY, SERVERS="\n".join(blocks),
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
    def prepare(work, short):
        """The scripts are taken as they are."""

    @staticmethod
    def missing(_):
        if not glob.glob("/usr/sbin/php-fpm*") or not shutil.which("nginx"):
            return "PHP-FPM is not installed"
        modules = subprocess.run([max(glob.glob("/usr/sbin/php-fpm*")), "-m"], capture_output=True,
                                 text=True, check=False).stdout.split()
        lacking = {"curl", "pdo_pgsql"} - set(modules)
        return f"PHP lacks {' and '.join(sorted(lacking))}" if lacking else None


class Node(Contender):
    """One process of Node per upstream. Its own list of CAs is compiled in; ours is added."""

    packages = () if shutil.which("node") else ("nodejs", "npm")

    def __init__(self, env, upstreams):
        super().__init__("Node", env.database, TABLE)
        for upstream in upstreams:
            port = self.port[upstream] = free_port()
            self.per_port[upstream] = ("node", env.start(
                [shutil.which("node"), str(env.work / "node/checkout.js")],
                env.directory / f"node-{port}.log", port, cwd=env.work / "node", env={
                    "PORT": str(port), "UPSTREAM": env.upstream.url(upstream),
                    "NODE_EXTRA_CA_CERTS": str(env.directory / "ca.pem"), "NODE_ENV": "production",
                    "CART_KEY": cart.KEY, "COUNTRIES": str(COUNTRIES), **database_env(env)}))

    @staticmethod
    def prepare(work, short):
        """fastify, undici and pg as the lock file has them; a short run takes what is there."""
        directory, lock = work / "node", "package-lock.json"
        directory.mkdir(parents=True, exist_ok=True)
        if not ((directory / lock).exists()
                and filecmp.cmp(SOURCES / "node" / lock, directory / lock, shallow=False)):
            shutil.rmtree(directory / "node_modules", ignore_errors=True)
        shutil.copytree(SOURCES / "node", directory, dirs_exist_ok=True)
        if not short and shutil.which("npm") and not (directory / "node_modules").is_dir():
            run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
                cwd=directory)

    @staticmethod
    def missing(work):
        if not shutil.which("node"):
            return "Node is not installed"
        version = run(["node", "--version"]).strip()
        if int(version[1:].split(".")[0]) < 20:
            return f"fastify needs Node 20 or later, this is {version}"
        if not (work / "node/node_modules/fastify").is_dir():
            return "fastify is not installed"
        return None


class Go(Contender):
    """One process per upstream, on all cores, as Go runs by default."""

    packages = ("golang-go", "golang-github-jackc-pgx-v4-dev")

    def __init__(self, env, upstreams):
        super().__init__("Go", env.database, TABLE)
        for upstream in upstreams:
            port = self.port[upstream] = free_port()
            self.per_port[upstream] = ("go", env.start(
                [str(env.work / "go/checkout")], env.directory / f"go-{port}.log", port, env={
                    "PORT": str(port), "UPSTREAM": env.upstream.url(upstream),
                    "SSL_CERT_FILE": str(env.trust), "CART_KEY": cart.KEY,
                    "COUNTRIES": str(COUNTRIES), **database_env(env)}))

    @staticmethod
    def prepare(work, short):
        """Builds it from Debian's packages, without a network. The first time takes a minute: a
        short run builds again what a long one built."""
        program = work / "go/checkout"
        if shutil.which("go") and os.path.isdir(GOPATH) and (program.exists() or not short):
            run(["go", "build", "-o", program, "."], cwd=SOURCES / "go", env={
                "PATH": os.environ["PATH"], "GO111MODULE": "off", "GOPATH": GOPATH,
                "GOCACHE": str(work / "go/cache")})

    @staticmethod
    def missing(work):
        return None if (work / "go/checkout").exists() else "the Go program is not built"
