# SPDX-License-Identifier: Apache-2.0
"""Klarna's front door: ends TLS before the sandbox, counts what it sees, closes connections when told.

What a test asserts about handshakes is this server's count, not the module's word.
"""
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading

# Where a connection breaks once a request has gone out; in the first two it is not executed.
BROKEN = ("reset", "before the call", "before the answer", "in the headers", "in the body")


class TlsFront:
    def __init__(self, port, idle=59):
        """port: where the sandbox listens; idle: seconds after which a connection is closed."""
        self.target, self.idle = port, idle
        self.dir = tempfile.mkdtemp(prefix="klarna-front-")
        os.chmod(self.dir, 0o755)   # for the server's user
        self.ca = f"{self.dir}/ca.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{self.dir}/key.pem",
                        "-out", self.ca, "-days", "2", "-subj", "/CN=127.0.0.1",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.ca, f"{self.dir}/key.pem")
        self.lock = threading.Lock()
        self.handshakes = self.resumed = 0
        self.before_break = None    # handshakes so far when a connection was last broken
        self.paths = []
        self.faults = []            # (pattern of a path, where)
        self.links = set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.close_all()
        shutil.rmtree(self.dir)

    # --- what tests ask for ----------------------------------------------------------------

    def break_next(self, path, where):
        self.faults.append((re.compile(path), where))

    def close_all(self):
        """Every connection, at once; returns when the other side can see it."""
        with self.lock:
            for link in self.links:
                _end(link)

    def _fault(self, path):
        with self.lock:
            for fault in self.faults:
                if fault[0].search(path):
                    self.faults.remove(fault)
                    self.before_break = self.handshakes
                    return fault[1]
        return None

    # --- connections -----------------------------------------------------------------------

    def _accept(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        raw.settimeout(self.idle)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            link = self.context.wrap_socket(raw, server_side=True)
        except OSError:
            raw.close()
            return
        with self.lock:
            self.handshakes += 1
            self.resumed += link.session_reused
            self.links.add(link)
        try:
            with socket.create_connection(("127.0.0.1", self.target)) as inner:
                while self._exchange(link, inner):
                    pass
        except ConnectionResetError:
            link.close()
        except OSError:             # idle for too long, or the other side has gone
            pass
        with self.lock:
            self.links.remove(link)
            _end(link)
            link.close()

    def _exchange(self, link, inner):
        """One request and its answer; False when the connection is to be closed."""
        request = _message(link)
        if not request:
            return False
        path = request.split(b" ", 2)[1].decode()
        self.paths.append(path)
        where = self._fault(path)
        if where == "reset":
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise ConnectionResetError
        if where == "before the call":
            return False
        inner.sendall(request)
        answer = _message(inner)
        if where == "before the answer" or not answer:
            return False
        head = answer.index(b"\r\n\r\n") + 4
        length = {"in the headers": head // 2, "in the body": (head + len(answer)) // 2,
                  None: len(answer)}[where]
        link.sendall(answer[:length])
        return where is None


def _end(link):
    """As servers do: says that it closes, then closes."""
    try:
        link.settimeout(0)
        link.unwrap()
    except (OSError, ValueError):
        pass
    try:
        link.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def _message(link):
    """A whole request or answer, or nothing."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = link.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
    while length and len(body) < int(length[1]):
        more = link.recv(65536)
        if not more:
            return b""
        body += more
    return head + b"\r\n\r\n" + body
