# SPDX-License-Identifier: Apache-2.0
"""What every benchmark begins and ends with: a module, a directory, servers, results."""
import contextlib
import datetime
import json
import os
import pathlib
import platform
import resource
import shutil
import signal
import sys
import tempfile

from servers import ROOT, Failure, Server, run, shell


def say(text):
    print(text, flush=True)


def work_directory():
    return pathlib.Path(os.environ.get("KLARNA_BUILD", ROOT / "build")).resolve() / "bench"


def find_module(given, work):
    """The module that is measured: what was given, or one built with -O2."""
    module = given or os.environ.get("KLARNA_MODULE")
    if not module:
        shell(f"need_packages $PACKAGES_BUILD; build '{work}/module' CFLAGS='-O2 -g'")
        module = work / "module/.libs/mod_klarna.so"
    return pathlib.Path(module).resolve()


def starter(stack):
    """Starts servers that are stopped with the stack."""
    def start(*argv, **options):
        server = Server(*argv, **options)
        stack.callback(server.stop)
        return server
    return start


def make_secrets(directory, **texts):
    for name, text in texts.items():
        path = directory / name.replace("_", "-")
        path.write_text(text + "\n", encoding="utf-8")
        path.chmod(0o640)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        cpu = [line.split(":")[1].strip() for line in f if line.startswith("model name")]
    return {"machine": f"{len(cpu)} x {cpu[0]}", "kernel": platform.release(),
            "httpd": run(["/usr/sbin/apache2", "-v"]).split("/")[1].split()[0]}


def busy_seconds():
    """CPU seconds of the whole machine so far: user, nice, system, irq, softirq, steal."""
    with open("/proc/stat", encoding="ascii") as f:
        t = f.readline().split()
    return sum(int(t[i]) for i in (1, 2, 3, 6, 7, 8)) / os.sysconf("SC_CLK_TCK")


def write(directory, name, text, record):
    """The text, and beside it everything as JSON."""
    say("\n" + text)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    (directory / f"{name}.json").write_text(json.dumps({"time": now, **record}, indent=1) + "\n",
                                            encoding="utf-8")
    say(f"\nin {directory}: {name}.txt, {name}.json")


def _tell_logs(directory):
    for log in sorted(directory.glob("*.log")):
        lines = log.read_text(errors="replace").splitlines()[-8:]
        print("\n".join([f"-- {log.name}", *lines]), file=sys.stderr)


def perform(name, bench, files=None):
    """Runs bench(directory, stack); directory and what is on the stack are gone afterwards, when a
    signal ends it too. files: how many descriptors at most, else as many as may be."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, files or hard), hard))
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(tempfile.mkdtemp(prefix=f"klarna-{name}-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        directory.chmod(0o755)
        try:
            return bench(directory, stack)
        except Failure as e:
            _tell_logs(directory)
            sys.exit(f"tests/bench, {name}: {e}")
