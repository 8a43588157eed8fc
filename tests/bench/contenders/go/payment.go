// SPDX-License-Identifier: Apache-2.0
// The payment's one row, by a statement that pgx prepares by name on each connection.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v4/pgxpool"
)

const lifeUs = 48 * 3600 * 1000000

const columns = "id, version, merchant, environment, kind, payment_key, callback_secret, " +
	"client_hash, cart_claim, keep_until, state, session_id, client_token, country, currency, " +
	"locale, order_amount, order_tax_amount, reference1, reference2, confirmation_url, " +
	"pending_op, cart, reason_code, reason, addresses, department, till, terminal, cashier, invoice, " +
	"created_at, updated_at, expires_at, check_at"

type payment struct{ id, key, callbackSecret string }

type storedCart struct {
	Version int             `json:"version"`
	Lines   []line          `json:"lines"`
	Methods json.RawMessage `json:"payment_methods,omitempty"`
}

type store struct {
	pool   *pgxpool.Pool
	insert string
}

func newStore(ctx context.Context) (*store, error) {
	config, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, err
	}
	config.MaxConns = 8
	pool, err := pgxpool.ConnectConfig(ctx, config)
	marks := make([]string, strings.Count(columns, ",")+1)
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	return &store{pool, "INSERT INTO bench_payment (" + columns + ") VALUES (" +
		strings.Join(marks, ", ") + ")"}, err
}

func random() []byte {
	bytes := make([]byte, 16)
	if _, err := rand.Read(bytes); err != nil {
		panic(err)
	}
	return bytes
}

func newPayment() payment {
	b := random()
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	id := fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	return payment{id, hex.EncodeToString(random()), hex.EncodeToString(random())}
}

func (s *store) put(ctx context.Context, p payment, c *cart, made *session) error {
	now := time.Now().UnixMicro()
	stored, err := json.Marshal(storedCart{1, c.Lines, made.Methods})
	if err != nil {
		return err
	}
	_, err = s.pool.Exec(ctx, s.insert, p.id, 1, "default", "playground", "online", p.key,
		p.callbackSecret, "", p.id, 0, "CREATED", made.SessionID, made.ClientToken,
		c.Country, c.Currency, c.Locale, *c.Amount, c.TaxAmount, c.Reference1, c.Reference2,
		c.URLs.Confirmation, "", string(stored), "", "", "", "", "", "", "", "", now, now,
		now+lifeUs, now+lifeUs)
	return err
}
