# SPDX-License-Identifier: Apache-2.0
"""Klarna's six hosts as they are reached through a CONNECT proxy: real names, real TLS with an
authority of our own. Each host answers as it is told; what reached it is kept."""
import socket
import ssl
import subprocess
import threading

HOSTS = {("playground", "eu"): "api.playground.klarna.com",
         ("playground", "na"): "api-na.playground.klarna.com",
         ("playground", "oc"): "api-oc.playground.klarna.com",
         ("live", "eu"): "api.klarna.com", ("live", "na"): "api-na.klarna.com",
         ("live", "oc"): "api-oc.klarna.com"}
NO_SUCH_ORDER = (404, "application/json", '{"error_code":"NO_SUCH_ORDER","error_messages":["none"],'
                 '"correlation_id":"6f0c2f0e-0000-4000-8000-000000000000"}')
UNAUTHORIZED = (401, "text/html", "<html><body>401 Unauthorized</body></html>")


def make_certificates(directory, names):
    """An authority (ca.pem) and a server's certificate with these names (server.pem, .key)."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Klarna's hosts", "-keyout",
            "server.key", "-out", "server.csr")
    (directory / "names").write_text(
        "subjectAltName=" + ",".join(f"DNS:{name}" for name in names) + "\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem")


class Proxy:
    """answers: host -> (status, media type, body), or None: the proxy does not get there."""

    def __init__(self, directory, answers):
        make_certificates(directory, HOSTS.values())
        self.authority = (directory / "ca.pem").read_text()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(directory / "server.pem", directory / "server.key")
        self.answers = answers
        self.seen = []          # (host, request line, headers)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._accept)
        self.thread.start()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        client.settimeout(20)
        with client:
            line, _ = _read_head(client)
            host = line.split()[1].rpartition(":")[0]
            answer = self.answers.get(host)
            if not line.startswith("CONNECT ") or not answer:
                self.seen.append((host, line, {}))
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            try:
                with self.tls.wrap_socket(client, server_side=True) as secure:
                    self._answer(secure, host, *answer)
            except OSError:
                pass            # the other side does not trust us, or goes away

    def _answer(self, secure, host, status, media, body):
        line, headers = _read_head(secure)
        self.seen.append((host, line, headers))
        secure.sendall(f"HTTP/1.1 {status} X\r\nContent-Type: {media}\r\nContent-Length: "
                       f"{len(body)}\r\nConnection: close\r\n\r\n{body}".encode())


def _read_head(stream):
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = stream.recv(4096)
        if not piece:
            raise OSError("ended too early")
        raw += piece
    line, *rest = raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    return line, {name.lower(): value for name, _, value in
                  (entry.partition(": ") for entry in rest)}
