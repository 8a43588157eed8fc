#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The demo's clinic: a host program with three invoices and books of its own. httpd passes /host/ on
to it, and it asks the module as any program does. It takes money for nothing but its invoices, and
books a payment, or a negative one, once: by the id that the module gives it.

    demo_host.py PORT ADDRESS-OF-KLARNA-INSTORE USER PASSWORD
"""
import base64
import http.server
import json
import sys
import threading
import urllib.error
import urllib.request

DEPARTMENT = "clinic"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>The clinic</title>
<meta name="viewport" content="width=device-width"><h1>The clinic</h1>
<p>Invoices in kronor. Klarna opens the till's window; part of one can be paid by card first. Book asks
the module what was paid and given back; Credit makes a credit note of the whole invoice.</p>
<table></table><p role="status"></p><script type="module" src="host.mjs"></script></html>"""
SCRIPT = """import { openTill } from '/klarna/admin/klarna-till.mjs';
const kr = (ore) => (ore / 100).toFixed(2);
const post = async (what, body) => (await fetch(what, { method: 'POST',
  headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).json();
const say = (text) => { document.querySelector('[role=status]').textContent = text; };
const actions = {
  async Klarna(one) {
    const { number, total, already_paid, credits } = one;
    const told = { number, total, already_paid, credits };
    const { state } = await openTill({ amount: one.left, currency: 'SEK', invoice: told });
    say(state === 'COMPLETED' ? 'Paid. Verify it at the till, then book it here.' : state);
  },
  Card: ({ number, left }) => post('card', { number, amount: Math.min(10000, left) }),
  Book: ({ number }) => post('book', { number }),
  Credit: ({ number }) => post('credit', { number, reference: `C-${number}` }),
};
async function draw() {
  const rows = (await (await fetch('books')).json()).invoices.map((one) => {
    const row = document.createElement('tr');
    const text = [one.number, kr(one.total), `card ${kr(one.already_paid)}`,
      `Klarna ${kr(one.klarna)}`, `credited ${kr(one.credits)}`, `left ${kr(one.left)}`];
    row.append(...text.map((word) => Object.assign(document.createElement('td'),
      { textContent: word })), ...Object.keys(actions).map((name) => {
      const button = Object.assign(document.createElement('button'), { textContent: name });
      button.onclick = async () => { await actions[name](one); draw(); };
      return button;
    }));
    return row;
  });
  document.querySelector('table').replaceChildren(...rows);
}
draw();
"""


class Clinic:
    def __init__(self, address, user, password):
        self.address, self.lock = address, threading.Lock()
        self.login = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.invoices = {number: {"number": number, "total": total, "already_paid": 0, "credits": 0,
                                  "final": False, "booked": {}}
                         for number, total in (("1001", 129900), ("1002", 64900), ("1003", 240000))}

    def module(self, path, body=None):
        request = urllib.request.Request(
            f"{self.address}/{path}", json.dumps(body).encode() if body else None,
            {"Authorization": self.login, "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as no:
            if no.code == 404:      # nothing of that invoice was ever paid there
                return {"payments": [], "negative_payments": []}
            raise

    def finalize(self, body):
        """For KlarnaInvoiceFinalize. The same again is the same."""
        invoice = self.invoices[body["invoice"]["number"]]
        invoice["final"] = True
        return {name: invoice[name] for name in ("number", "total", "already_paid", "credits")}

    def card(self, body):
        self.invoices[body["number"]]["already_paid"] += body["amount"]

    def book(self, body):
        """What is verified, and what was given back of it."""
        invoice = self.invoices[body["number"]]
        seen = self.module(f"invoices/{body['number']}?department={DEPARTMENT}")
        new = {one["payment_id"]: one["amount"] for one in seen["payments"] if one["verified_at"]}
        new |= {one["id"]: -one["amount"] for one in seen["negative_payments"]}
        for entry, amount in new.items():
            invoice["booked"].setdefault(entry, amount)

    def credit(self, body):
        """The whole invoice: what Klarna was paid of it is taken by the credit note."""
        invoice = self.invoices[body["number"]]
        invoice["credits"] = invoice["total"] - invoice["already_paid"]
        self.module(f"invoices/{body['number']}/credit-notes",
                    {"department": DEPARTMENT, "reference": body["reference"]})
        self.book(body)

    def books(self):
        def shown(one):
            klarna = sum(one["booked"].values())
            return one | {"klarna": klarna, "left": max(
                0, one["total"] - one["already_paid"] - one["credits"] - klarna)}
        return {"invoices": [shown(one) for one in self.invoices.values()]}


class Door(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, text, kind="application/json"):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind + "; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):       # noqa: N802  (the library's name)
        clinic = self.server.clinic
        found = {"/": (PAGE, "text/html"), "/host.mjs": (SCRIPT, "text/javascript"),
                 "/books": (json.dumps(clinic.books()), "application/json")}.get(self.path)
        self.answer(200, *found) if found else self.answer(404, "{}")

    def do_POST(self):      # noqa: N802
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        clinic = self.server.clinic
        done = {"/finalize": clinic.finalize, "/card": clinic.card, "/book": clinic.book,
                "/credit": clinic.credit}.get(self.path)
        try:
            with clinic.lock:
                self.answer(200, json.dumps(done(body) or {}))
        except (KeyError, TypeError):
            self.answer(404, '{"error": "no such invoice"}')
        except OSError as no:
            self.answer(502, json.dumps({"error": str(no)}))

    def log_message(self, *_):
        pass


def main():
    port, address, user, password = sys.argv[1:]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Door)
    server.clinic = Clinic(address, user, password)
    server.serve_forever()


if __name__ == "__main__":
    main()
