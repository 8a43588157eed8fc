# SPDX-License-Identifier: Apache-2.0
"""What the sandbox remembers: one SQLite database, in a file or in memory.

Documents are kept as JSON under their ids. A transaction is committed before its reply is sent,
so a killed sandbox comes back with everything it ever answered. (WAL without an fsync per commit:
the death of the process loses nothing; a power cut could.) The clock lives here too, because
moving it forward must survive a restart as well.
"""
import contextlib
import json
import sqlite3
import time

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE sessions (session_id TEXT PRIMARY KEY, client_token TEXT NOT NULL UNIQUE,
  open INTEGER NOT NULL, doc TEXT NOT NULL);
CREATE INDEX sessions_open ON sessions (open);
CREATE TABLE tokens (token TEXT PRIMARY KEY, doc TEXT NOT NULL);
CREATE TABLE orders (order_id TEXT PRIMARY KEY, doc TEXT NOT NULL);
CREATE TABLE idempotency (merchant TEXT NOT NULL, key TEXT NOT NULL, stored_at REAL NOT NULL,
  status INTEGER NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (merchant, key));
CREATE TABLE journal (seq INTEGER PRIMARY KEY AUTOINCREMENT, doc TEXT NOT NULL);
"""
IN_STORE = """
CREATE TABLE instore (id TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, session_id TEXT NOT NULL,
  open INTEGER NOT NULL, doc TEXT NOT NULL);
CREATE INDEX instore_session ON instore (session_id);
CREATE INDEX instore_open ON instore (open);
CREATE TABLE short_codes (code TEXT PRIMARY KEY, doc TEXT NOT NULL);
CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, doc TEXT NOT NULL);
"""
# What leads to each version from the one before it.
STEPS = (SCHEMA, IN_STORE)
TABLES = ("meta", "sessions", "tokens", "orders", "idempotency", "journal", "instore",
          "short_codes", "outbox")

OPEN_RANK = {"open": 1, "asked": 2}     # sessions a customer can still decide, the asked first

# How addresses of an authorization and of its placement are compared, unless the switch says so.
ADDRESSES_COMPARED = "same"

# name: (default, allowed values or a type)
BEHAVIOURS = {
    "addresses": (ADDRESSES_COMPARED, ("same", "untold_matches", "absent_matches")),
    "place_order_repeat": ("same_order", ("same_order", "refused")),
    "idempotency_repeat_after_24h": ("executes_again", ("executes_again", "remembered")),
    "refused_placement": ("stays_refused", ("stays_refused", "can_be_corrected")),
    "categories": ("klarna", ("klarna", "three")),
    "empty_members": ("left_out", ("left_out", "sent")),
    "accepted_fraud_status": ("told", ("told", "left_out")),
    "refund_ids": ("told", ("told", "left_out")),
    "completed_session": ("readable", ("readable", "not_found")),
    "raise_authorization": ("accepted", ("accepted", "refused")),
    "reduce_authorization": ("every_method", ("every_method", "by_method")),
    "extend_at_the_end": ("moves_nothing", ("moves_nothing", "refused")),
    "due_date_again": ("refused", ("refused", "possible")),
    "sms": ("everywhere", ("everywhere", "nowhere")),
    "sms_refused_in": ([], list),
    "distribution_answer": (204, (204, 201, 200)),
    "hosted_page_link": ("told", ("told", "left_out")),
    "hosted_page_error": ("can_go_on", ("can_go_on", "final")),
    "end_again": ("accepted", ("accepted", "refused")),
    "after_its_time": ("not_found", ("not_found", "ended_is_readable")),
    "qr_attachment": ("required", ("required", "optional")),
    "qr_canceled": ("CANCELED", ("CANCELED", "CANCELLED")),
    "qr_client_token": ("told", ("told", "left_out")),
    "qr_distributed": ("at_once", ("at_once", "later")),
    "qr_image_member": ("qr", ("qr", "qr_code")),
    "qr_order": ("authorized", ("authorized", "captured")),
    "qr_refusal": ("final", ("final", "can_go_on")),
    "unknown_short_code": ("refused", ("refused", "fails_later")),
    "callback_pause": (1000, int),
    "status_callbacks": ("sent", ("sent", "twice", "held", "lost")),
    "authorization_days": (28, int),
    "rates": ("generous", ("generous", "live", "playground")),
    "rate_limit_sessions": (100_000, int),
    "rate_limit_other": (100_000, int),
    "journal": (True, bool),
}


def iso(moment):
    """Seconds since the epoch as Klarna writes times: UTC, milliseconds, Z."""
    whole = int(moment)
    millis = int((moment - whole) * 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{millis:03d}Z"


class Ledger:
    """Owns the connection. Every method but transaction() runs inside one."""

    def __init__(self, path=None):
        self.db = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=2)
        if path:
            self.db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self.db.execute("PRAGMA journal_mode=WAL")
            self.db.execute("PRAGMA synchronous=NORMAL")
        version = self.db.execute("PRAGMA user_version").fetchone()[0]
        if version > len(STEPS):
            raise sqlite3.DatabaseError(
                f"{path} has schema {version}, this sandbox writes schema {len(STEPS)}")
        steps = "".join(STEPS[version:])
        self.db.executescript(f"BEGIN;{steps}PRAGMA user_version={len(STEPS)};COMMIT")
        self._load_meta()

    def _load_meta(self):
        self.behaviour = {name: default for name, (default, _) in BEHAVIOURS.items()}
        meta = dict(self.db.execute("SELECT name, value FROM meta"))
        self.offset = json.loads(meta.get("clock_offset", "0"))
        self.behaviour.update(json.loads(meta.get("behaviour", "{}")))

    @contextlib.contextmanager
    def transaction(self):
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def now(self):
        return time.time() + self.offset

    def _set_meta(self, name, value):
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, json.dumps(value)))

    def advance_clock(self, seconds):
        self._set_meta("clock_offset", self.offset + seconds)
        self.offset += seconds

    def set_behaviour(self, changes):
        self._set_meta("behaviour", {**self.behaviour, **changes})
        self.behaviour.update(changes)

    def reset(self):
        for table in TABLES:
            self.db.execute(f"DELETE FROM {table}")
        self._load_meta()

    def _get(self, sql, *args):
        row = self.db.execute(sql, args).fetchone()
        return json.loads(row[0]) if row else None

    def _all(self, sql, *args):
        return [json.loads(row[0]) for row in self.db.execute(sql, args)]

    def session(self, session_id):
        return self._get("SELECT doc FROM sessions WHERE session_id = ?", session_id)

    def session_by_client_token(self, client_token):
        return self._get("SELECT doc FROM sessions WHERE client_token = ?", client_token)

    def sessions(self):
        return self._all("SELECT doc FROM sessions ORDER BY rowid")

    def open_sessions(self, limit):
        return self._all("SELECT doc FROM sessions WHERE open > 0 ORDER BY open DESC, "
                         "rowid DESC LIMIT ?", limit)

    def save_session(self, doc):
        self.db.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?) "
            "ON CONFLICT (session_id) DO UPDATE SET open = excluded.open, doc = excluded.doc",
            (doc["session_id"], doc["client_token"], OPEN_RANK.get(doc["customer_state"], 0),
             json.dumps(doc)))

    def token(self, token):
        return self._get("SELECT doc FROM tokens WHERE token = ?", token)

    def save_token(self, doc):
        self.db.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?)",
                        (doc["token"], json.dumps(doc)))

    def delete_token(self, token):
        self.db.execute("DELETE FROM tokens WHERE token = ?", (token,))

    def order(self, order_id):
        return self._get("SELECT doc FROM orders WHERE order_id = ?", order_id)

    def orders(self):
        return self._all("SELECT doc FROM orders ORDER BY rowid")

    def save_order(self, doc):
        self.db.execute(
            "INSERT INTO orders VALUES (?, ?) "
            "ON CONFLICT (order_id) DO UPDATE SET doc = excluded.doc",
            (doc["order_id"], json.dumps(doc)))

    def instore(self, payment_id):
        return self._get("SELECT doc FROM instore WHERE id = ?", payment_id)

    def instore_by_code(self, code):
        return self._get("SELECT doc FROM instore WHERE code = ?", code)

    def instore_of_session(self, session_id):
        """The latest that was made of a session of Klarna Payments."""
        return self._get("SELECT doc FROM instore WHERE session_id = ? ORDER BY rowid DESC",
                         session_id)

    def instores(self):
        return self._all("SELECT doc FROM instore ORDER BY rowid")

    def open_instores(self, limit):
        return self._all("SELECT doc FROM instore WHERE open = 1 ORDER BY rowid DESC LIMIT ?",
                         limit)

    def save_instore(self, doc):
        self.db.execute(
            "INSERT INTO instore VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET open = excluded.open, doc = excluded.doc",
            (doc["id"], doc["code"], doc["session_id"], not doc["ended"], json.dumps(doc)))

    def short_code(self, code):
        return self._get("SELECT doc FROM short_codes WHERE code = ?", code)

    def short_codes(self):
        return self._all("SELECT doc FROM short_codes ORDER BY rowid")

    def save_short_code(self, doc):
        self.db.execute("INSERT OR REPLACE INTO short_codes VALUES (?, ?)",
                        (doc["code"], json.dumps(doc)))

    def put_in_outbox(self, message):
        self.db.execute("INSERT INTO outbox (doc) VALUES (?)", (json.dumps(message),))

    def outbox(self):
        rows = self.db.execute("SELECT seq, doc FROM outbox ORDER BY seq")
        return [{"number": seq, **json.loads(doc)} for seq, doc in rows]

    def clear_outbox(self):
        self.db.execute("DELETE FROM outbox")

    def remembered(self, merchant, key):
        """(stored_at, status, headers, body) of the first answer to a key, or None."""
        row = self.db.execute(
            "SELECT stored_at, status, headers, body FROM idempotency "
            "WHERE merchant = ? AND key = ?", (merchant, key)).fetchone()
        return row and (row[0], row[1], json.loads(row[2]), row[3])

    def remember(self, merchant, key, status, headers, body):
        self.db.execute("INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?)",
                        (merchant, key, self.now(), status, json.dumps(headers), body))

    def write_journal(self, entry):
        if self.behaviour["journal"]:
            self.db.execute("INSERT INTO journal (doc) VALUES (?)", (json.dumps(entry),))

    def journal(self, since):
        rows = self.db.execute("SELECT seq, doc FROM journal WHERE seq > ? ORDER BY seq",
                               (since,))
        return [{"seq": seq, **json.loads(doc)} for seq, doc in rows]

    def clear_journal(self):
        self.db.execute("DELETE FROM journal")
