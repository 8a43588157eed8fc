// SPDX-License-Identifier: Apache-2.0
// Opening the shop's cart: a JWS, HS256, that has not expired.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"time"
)

const maxAgeS = 86400

var keys = map[string][]byte{"bench": []byte(os.Getenv("CART_KEY"))}

type head struct {
	Alg  string          `json:"alg"`
	Kid  string          `json:"kid"`
	Crit json.RawMessage `json:"crit"`
}

type claims struct {
	Exp  int64           `json:"exp"`
	Cart json.RawMessage `json:"cart"`
}

func parse(part string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

func holds(parts []string) bool {
	var h head
	if len(parts) != 3 || parse(parts[0], &h) != nil || h.Alg != "HS256" || h.Crit != nil {
		return false
	}
	key, isKnown := keys[h.Kid]
	came, err := base64.RawURLEncoding.DecodeString(parts[2])
	if !isKnown || err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(parts[0] + "." + parts[1]))
	return hmac.Equal(mac.Sum(nil), came)
}

// strict refuses members that it does not know.
func strict(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return refuse(err.Error(), "another member or type")
	}
	return nil
}

func openCart(token string) (*cart, error) {
	parts := strings.Split(token, ".")
	if !holds(parts) {
		return nil, denied("The cart's signature is not this shop's.")
	}
	var c claims
	now := time.Now().Unix()
	if parse(parts[1], &c) != nil || c.Exp <= now || c.Exp > now+maxAgeS {
		return nil, denied("The signed cart has expired.")
	}
	opened := new(cart)
	if err := strict(c.Cart, opened); err != nil {
		return nil, err
	}
	return opened, opened.check()
}
