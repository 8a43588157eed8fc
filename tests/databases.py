#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Private database servers for tests: PostgreSQL, PgBouncer before it, and MariaDB from Debian's
packages, each in a temporary directory, on a unix socket in it and nothing else. A server is
started, killed and stopped by its process id; nothing outside its directory is touched or asked for.

    tests/databases.py pgsql -- build/gcc/tests/unit/store/test_store_dbd
    tests/databases.py mysql -- command ...

runs a command with KL_TEST_DBD_DRIVER and KL_TEST_DBD_PARAMS naming an empty scratch database
there, and ends with its exit status. From Python: Postgres(), PgBouncer() or MariaDb(), then
new_database().
"""
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from provide import provide

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECONDS = 60        # within which a server answers
SEPARATOR = "\x1f"  # between columns; no test stores one


class DatabaseError(Exception):
    pass


class Server:
    """What both have in common. Subclasses know their programs."""
    driver = user = None

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix=f"klarna-{self.driver}-")
        self.socket_dir = os.path.join(self.dir, "run")
        self.data = os.path.join(self.dir, "data")
        self.process = None
        self.databases = 0
        os.mkdir(self.socket_dir)
        os.mkdir(self.data, 0o700)
        os.chmod(self.dir, 0o755)
        if self._owner():
            for path in (self.socket_dir, self.data, self.dir):
                shutil.chown(path, self.user, self.user)
        try:
            self._make()
            self.start()
        except BaseException:
            self.remove()
            raise

    def _owner(self):
        """root is refused by PostgreSQL and given up by MariaDB."""
        return self.user if os.geteuid() == 0 else None

    def _account(self):
        owner = self._owner()
        if not owner:
            return {}
        entry = pwd.getpwnam(owner)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def _run(self, *command, **more):
        done = subprocess.run(command, cwd=self.dir, env=self._environment(), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
                              **more)
        if done.returncode:
            raise DatabaseError(f"{command[0]}: {done.stdout}")
        return done.stdout

    def _environment(self):
        # MariaDB clears its directory for temporary tables when it starts, of those of others too.
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": self.dir,
                "TMPDIR": self.dir}

    # --- running -----------------------------------------------------------------------------

    def start(self):
        with open(os.path.join(self.dir, "log"), "ab") as log:
            self.process = subprocess.Popen(self._command(), cwd=self.dir, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, env=self._environment(),
                                            start_new_session=True, **self._account())
        deadline = time.monotonic() + SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise DatabaseError(f"{self.driver} does not start:\n{self.log()}")
            time.sleep(0.05)

    def answers(self):
        try:
            self.sql("SELECT 1", self.first)
        except DatabaseError:
            return False
        return True

    def log(self):
        with open(os.path.join(self.dir, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]

    def stop(self):
        """An orderly end that waits for no client."""
        self.process.send_signal(self.stop_signal)
        self.process.wait(SECONDS)
        self.process = None

    def kill(self):
        """SIGKILL to the server and to every process it made."""
        children = _children(self.process.pid)
        self.process.kill()
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(SECONDS)
        self.process = None
        while any(is_alive(pid) for pid in children):
            time.sleep(0.01)

    def remove(self):
        if self.process:
            self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    # --- databases in it ---------------------------------------------------------------------

    def new_database(self, schema=True):
        """The name of a new database, with mod_klarna's tables unless told otherwise."""
        self.databases += 1
        name = f"klarna_{self.databases}"
        self.sql(f"CREATE DATABASE {name} {self.encoding}", self.first)
        if schema:
            path = os.path.join(ROOT, "conf", "schema", self.driver + ".sql")
            with open(path, encoding="utf-8") as file:
                self.sql(file.read(), name)
        return name

    def sql(self, text, database):
        """Runs it; the rows as tuples of text."""
        done = subprocess.run(self._client(database), input=text, text=True, cwd=self.dir,
                              env=self._environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=SECONDS)
        if done.returncode:
            raise DatabaseError(done.stderr)
        return [tuple(line.split(SEPARATOR)) for line in self._lines(done.stdout)]

    def arguments(self, database):
        """For klarna-schema, and with it for the client."""
        raise NotImplementedError

    def dump(self, database):
        """All of it as text, as its own client writes it."""
        return self._run(*self._dumper(database))

    def params(self, database):
        """For DBDParams."""
        raise NotImplementedError

    def configuration(self, database):
        """For httpd.conf."""
        lines = [f"DBDriver {self.driver}", f'DBDParams "{self.params(database)}"']
        if self.init_sql:
            lines.append(f'DBDInitSQL "{self.init_sql}"')
        return "\n".join(lines) + "\n"


def _children(pid):
    """Processes that pid made, and theirs."""
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        with open(path, encoding="ascii") as file:
            for child in map(int, file.read().split()):
                found += [child, *_children(child)]
    return found


def is_alive(pid):
    """Neither gone nor waiting to be buried. The first thread of a killed process can be dead while
    others still hold its files and its port."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            dead = file.read().rpartition(")")[2].split()[0] == "Z"
        return not dead or len(os.listdir(f"/proc/{pid}/task")) > 1
    except (FileNotFoundError, ProcessLookupError):
        return False


class Postgres(Server):
    driver, user, first = "pgsql", "postgres", "postgres"
    encoding = "ENCODING 'UTF8' TEMPLATE template0"
    stop_signal = signal.SIGINT
    init_sql = None

    def __init__(self, primary=None):
        """primary: another one, of which this becomes the synchronous standby."""
        self.primary = primary
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=_version)
        if not found:
            raise DatabaseError("PostgreSQL is not installed (Debian: postgresql)")
        self.bin = found[-1]
        super().__init__()

    def _make(self):
        if self.primary:
            self._run(os.path.join(self.bin, "pg_basebackup"), "-D", self.data, "-R", "-X", "stream",
                      "--no-sync", "-c", "fast", "-d",
                      f"host={self.primary.socket_dir} user=klarna application_name=standby",
                      **self._account())
            return
        self._run(os.path.join(self.bin, "initdb"), "-D", self.data, "-U", "klarna", "-A", "trust",
                  "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", **self._account())

    def _command(self):
        # A test's power never fails: nothing is forced to the disk, and SIGKILL loses nothing.
        return [os.path.join(self.bin, "postgres"), "-D", self.data, "-k", self.socket_dir,
                "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60"]

    def _client(self, database):
        return [os.path.join(self.bin, "psql"), "-X", "-q", "-A", "-t", "-F", SEPARATOR, "-v",
                "ON_ERROR_STOP=1", *self.arguments(database)]

    def arguments(self, database):
        return ["-h", self.socket_dir, "-U", "klarna", "-d", database]

    def _lines(self, text):
        return text.splitlines()

    def _dumper(self, database):
        return [os.path.join(self.bin, "pg_dump"), *self.arguments(database)]

    def wait_for_standby(self):
        """From now on a commit is acknowledged when the standby has it, too."""
        self.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'", self.first)
        self.sql("SELECT pg_reload_conf()", self.first)
        deadline = time.monotonic() + SECONDS
        while self.sql("SELECT sync_state FROM pg_stat_replication", self.first) != [("sync",)]:
            if time.monotonic() > deadline:
                raise DatabaseError("the standby does not follow")
            time.sleep(0.1)

    def promote(self):
        """This standby is the primary from now on, and waits for nobody."""
        self.sql("ALTER SYSTEM SET synchronous_standby_names = ''", self.first)
        self.sql("SELECT pg_reload_conf()", self.first)
        self.sql("SELECT pg_promote()", self.first)

    def params(self, database, *others):
        hosts = ",".join(server.socket_dir for server in (self, *others))
        return (f"host={hosts} dbname={database} user=klarna connect_timeout=2 "
                "target_session_attrs=read-write "
                "options='-c statement_timeout=5000 -c lock_timeout=2000'")


class PgBouncer(Postgres):
    """A pooler that lends few sessions by the transaction, before a PostgreSQL of its own."""
    stop_signal = signal.SIGTERM

    def __init__(self):
        if not os.path.exists("/usr/sbin/pgbouncer"):
            raise DatabaseError("PgBouncer is not installed (Debian: pgbouncer)")
        self.server = Postgres()
        super().__init__()

    def _make(self):
        with open(os.path.join(self.dir, "pgbouncer.ini"), "w", encoding="utf-8") as file:
            file.write(f"[databases]\n* = host={self.server.socket_dir} user=klarna\n"
                       f"[pgbouncer]\nunix_socket_dir = {self.socket_dir}\nlisten_port = 5432\n"
                       "auth_type = any\npool_mode = transaction\ndefault_pool_size = 4\n")

    def _command(self):
        return ["/usr/sbin/pgbouncer", os.path.join(self.dir, "pgbouncer.ini")]

    def remove(self):
        super().remove()
        self.server.remove()

    def params(self, database, *others):
        return f"host={self.socket_dir} dbname={database} user=klarna connect_timeout=2"


class MariaDb(Server):
    driver, user, first = "mysql", "mysql", "mysql"
    encoding = "CHARACTER SET utf8mb4"
    stop_signal = signal.SIGTERM
    init_sql = "SET SESSION sql_mode = 'STRICT_ALL_TABLES', NAMES utf8mb4"

    def __init__(self):
        if not os.path.exists("/usr/sbin/mariadbd"):
            raise DatabaseError("MariaDB is not installed (Debian: mariadb-server)")
        super().__init__()

    def _make(self):
        self._run("/usr/bin/mariadb-install-db", "--no-defaults", "--datadir=" + self.data,
                  "--auth-root-authentication-method=normal", "--skip-test-db",
                  "--skip-name-resolve", **self._account())

    def _command(self):
        return ["/usr/sbin/mariadbd", "--no-defaults", "--datadir=" + self.data,
                "--socket=" + self._socket(), "--skip-networking",
                "--pid-file=" + os.path.join(self.data, "pid"),
                "--innodb-flush-method=nosync", "--innodb-buffer-pool-size=32M",
                "--innodb-lock-wait-timeout=2"]

    def _socket(self):
        return os.path.join(self.socket_dir, "mysqld.sock")

    def _client(self, database):
        return ["/usr/bin/mariadb", *self.arguments(database), "--default-character-set=utf8mb4",
                "-N", "-B"]

    def arguments(self, database):
        return ["--no-defaults", "-u", "root", "-S", self._socket(), database]

    def _lines(self, text):
        return [line.replace("\t", SEPARATOR) for line in text.splitlines()]

    def _dumper(self, database):
        return ["/usr/bin/mariadb-dump", *self.arguments(database)]

    def params(self, database):
        return f"sock={self._socket()} dbname={database} user=root reconnect=0"


def _version(path):
    return [int(part) for part in path.split("/")[-2].split(".")]


SERVERS = {"pgsql": Postgres, "pgbouncer": PgBouncer, "mysql": MariaDb}


def main():
    names = ", ".join(SERVERS)
    if len(sys.argv) < 4 or sys.argv[1] not in SERVERS or sys.argv[2] != "--":
        sys.exit(f"usage: {sys.argv[0]} DATABASE -- command ...   (DATABASE: {names})")
    provide("databases")
    server = SERVERS[sys.argv[1]]()
    try:
        params = server.params(server.new_database(schema=False))
        environment = os.environ | {"KL_TEST_DBD_DRIVER": server.driver,
                                    "KL_TEST_DBD_PARAMS": params}
        status = subprocess.run(sys.argv[3:], env=environment, check=False).returncode
    finally:
        server.remove()
    sys.exit(status)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
