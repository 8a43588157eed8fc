// SPDX-License-Identifier: Apache-2.0
// The cart by the module's rules: members, lengths, signs, arithmetic, sums, country.
package main

import (
	"fmt"
	"regexp"
	"strings"
)

const maxAmount = 200000000

type line struct {
	Type          *string `json:"type,omitempty"`
	Reference     string  `json:"reference,omitempty"`
	Name          string  `json:"name"`
	Quantity      *int64  `json:"quantity"`
	QuantityUnit  string  `json:"quantity_unit,omitempty"`
	UnitPrice     *int64  `json:"unit_price"`
	TaxRate       int64   `json:"tax_rate"`
	TotalAmount   *int64  `json:"total_amount"`
	TotalDiscount int64   `json:"total_discount_amount,omitempty"`
	TotalTax      int64   `json:"total_tax_amount"`
	ImageURL      string  `json:"image_url,omitempty"`
	ProductURL    string  `json:"product_url,omitempty"`
	MerchantData  string  `json:"merchant_data,omitempty"`
}

type urls struct {
	Confirmation string `json:"confirmation,omitempty"`
}

type cart struct {
	Country    string `json:"purchase_country"`
	Currency   string `json:"purchase_currency"`
	Locale     string `json:"locale,omitempty"`
	Amount     *int64 `json:"order_amount"`
	TaxAmount  int64  `json:"order_tax_amount"`
	Lines      []line `json:"order_lines"`
	Reference1 string `json:"merchant_reference1,omitempty"`
	Reference2 string `json:"merchant_reference2,omitempty"`
	URLs       urls   `json:"merchant_urls"`
}

type country struct {
	Currency  string   `json:"currency"`
	Languages []string `json:"languages"`
}

// countries is read once, at the start.
var countries map[string]country

var webAddress = regexp.MustCompile(`^https?://`)

// below says of each type whether its amounts stand below zero.
var below = map[string]bool{"physical": false, "digital": false, "shipping_fee": false,
	"discount": true, "gift_card": true, "store_credit": true, "surcharge": false}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

func (l *line) members(where string) error {
	return first(
		text(where, "reference", l.Reference, 0, 255), text(where, "name", l.Name, 1, 255),
		text(where, "quantity_unit", l.QuantityUnit, 0, 8),
		text(where, "image_url", l.ImageURL, 0, 1024),
		text(where, "product_url", l.ProductURL, 0, 1024),
		text(where, "merchant_data", l.MerchantData, 0, 1024),
		number(where, "quantity", l.Quantity, 1, 1000000000),
		number(where, "unit_price", l.UnitPrice, -maxAmount, maxAmount),
		number(where, "tax_rate", &l.TaxRate, 0, 10000),
		number(where, "total_amount", l.TotalAmount, -maxAmount, maxAmount),
		number(where, "total_discount_amount", &l.TotalDiscount, 0, maxAmount),
		number(where, "total_tax_amount", &l.TotalTax, -maxAmount, maxAmount))
}

func (l *line) check(where string) error {
	if err := l.members(where); err != nil {
		return err
	}
	kind := "physical"
	if l.Type != nil {
		kind = *l.Type
	}
	isBelow, isKnown := below[kind]
	if !isKnown {
		return refuse(where+"type", "a type of Klarna's")
	}
	price, total := *l.UnitPrice, *l.TotalAmount
	if isBelow && (price > 0 || total > 0) || !isBelow && (price < 0 || total < 0) {
		return refuse(where+"unit_price", "the sign of this type")
	}
	if right := *l.Quantity*price - l.TotalDiscount; total != right {
		return refuse(where+"total_amount", right)
	}
	if (kind == "gift_card" || kind == "store_credit") && l.TaxRate != 0 {
		return refuse(where+"tax_rate", 0)
	}
	if exact := total - total*10000/(10000+l.TaxRate); abs(l.TotalTax-exact) > 1 {
		return refuse(where+"total_tax_amount", exact)
	}
	return nil
}

// checkLines gives the sums of the totals and of the tax.
func checkLines(lines []line) (sum, taxSum int64, err error) {
	if len(lines) < 1 || len(lines) > 1000 {
		return 0, 0, refuse("order_lines", "1 to 1000 lines")
	}
	seen := make(map[string]bool, len(lines))
	for i := range lines {
		l, where := &lines[i], fmt.Sprintf("order_lines[%d].", i)
		if err := l.check(where); err != nil {
			return 0, 0, err
		}
		if l.Reference == "" {
			l.Reference = fmt.Sprintf("line-%d", i+1)
		}
		if seen[l.Reference] {
			return 0, 0, refuse(where+"reference", "a reference no other line has")
		}
		seen[l.Reference] = true
		sum += *l.TotalAmount
		taxSum += l.TotalTax
	}
	return sum, taxSum, nil
}

func (c *cart) checkCountry() error {
	found, isKnown := countries[c.Country]
	if !isKnown {
		return refuse("purchase_country", "a country of region eu")
	}
	if c.Currency != found.Currency {
		return refuse("purchase_currency", found.Currency)
	}
	for _, word := range found.Languages {
		if c.Locale == "" || c.Locale == word+"-"+c.Country {
			return nil
		}
	}
	return refuse("locale", strings.Join(found.Languages, ", "))
}

func (c *cart) members() error {
	url := c.URLs.Confirmation
	if url != "" && !webAddress.MatchString(url) {
		return refuse("merchant_urls.confirmation", "an address that starts with https:// or http://")
	}
	return first(
		text("", "merchant_reference1", c.Reference1, 0, 255),
		text("", "merchant_reference2", c.Reference2, 0, 255),
		text("merchant_urls.", "confirmation", url, 0, 2000),
		number("", "order_amount", c.Amount, 1, maxAmount),
		number("", "order_tax_amount", &c.TaxAmount, 0, maxAmount))
}

func (c *cart) check() error {
	if err := first(c.checkCountry(), c.members()); err != nil {
		return err
	}
	sum, taxSum, err := checkLines(c.Lines)
	if err != nil {
		return err
	}
	if abs(c.TaxAmount-taxSum) > int64(len(c.Lines)) {
		return refuse("order_tax_amount", taxSum)
	}
	if *c.Amount != sum {
		return refuse("order_amount", sum)
	}
	return nil
}
