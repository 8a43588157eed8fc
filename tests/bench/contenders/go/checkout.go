// SPDX-License-Identifier: Apache-2.0
// The checkout route in Go: net/http with kept connections, a pool of pgx.
// In the environment: PORT, UPSTREAM, COUNTRIES, CART_KEY, PGHOST, PGUSER, PGDATABASE.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"os"
)

const (
	route   = "/klarna/checkout/sessions"
	maxBody = 65536
)

type request struct {
	SignedCart string          `json:"signed_cart"`
	Cart       json.RawMessage `json:"cart"`
}

type started struct {
	OrderID     string          `json:"order_id"`
	Key         string          `json:"key"`
	State       string          `json:"state"`
	SessionID   string          `json:"session_id"`
	ClientToken string          `json:"client_token"`
	Methods     json.RawMessage `json:"payment_method_categories,omitempty"`
	Amount      int64           `json:"order_amount"`
	Currency    string          `json:"purchase_currency"`
}

func vouchedCart(w http.ResponseWriter, r *http.Request) (*cart, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, err
	}
	var body request
	if err := strict(raw, &body); err != nil {
		return nil, err
	}
	if body.Cart != nil {
		return nil, denied("The cart is not signed.")
	}
	return openCart(body.SignedCart)
}

func (s *store) start(w http.ResponseWriter, r *http.Request) (*started, error) {
	c, err := vouchedCart(w, r)
	if err != nil {
		return nil, err
	}
	made, err := createSession(r.Context(), c)
	if err != nil {
		return nil, err
	}
	p := newPayment()
	return &started{p.id, p.key, "CREATED", made.SessionID, made.ClientToken, made.Methods,
		*c.Amount, c.Currency}, s.put(r.Context(), p, c, made)
}

func answer(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		log.Print(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(raw)
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != "POST" || r.URL.Path != route {
		answer(w, 404, &refusal{Status: 404, Detail: "There is nothing at this path."})
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	done, err := s.start(w, r)
	var wrong *refusal
	switch {
	case err == nil:
		w.Header().Set("Location", route+"/"+done.OrderID+"?key="+done.Key)
		answer(w, 201, done)
	case errors.As(err, &wrong):
		answer(w, wrong.Status, wrong)
	default:
		answer(w, 502, &refusal{Status: 502, Detail: err.Error()})
	}
}

func main() {
	raw, err := os.ReadFile(os.Getenv("COUNTRIES"))
	if err == nil {
		err = json.Unmarshal(raw, &countries)
	}
	if err != nil {
		log.Fatal(err)
	}
	s, err := newStore(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), s))
}
