// SPDX-License-Identifier: Apache-2.0
// Reading JSON that others wrote: a wrong member is refused by name.
package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// refusal is the answer to a request that is wrong.
type refusal struct {
	Status   int    `json:"status"`
	Field    string `json:"field,omitempty"`
	Expected any    `json:"expected,omitempty"`
	Detail   string `json:"detail,omitempty"`
}

func (r *refusal) Error() string { return r.Field + r.Detail }

func refuse(field string, expected any) error {
	return &refusal{Status: 400, Field: field, Expected: expected}
}

func denied(detail string) error {
	return &refusal{Status: 403, Detail: detail}
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// text checks a string of min to max characters; the empty one only where min is 0.
func text(where, key, value string, min, max int) error {
	if n := len(value); n < min || n > max && utf8.RuneCountInString(value) > max {
		return refuse(where+key, fmt.Sprintf("a string of %d to %d characters", min, max))
	}
	if strings.IndexFunc(value, isControl) >= 0 {
		return refuse(where+key, "a string without control characters")
	}
	return nil
}

// number checks an integer; nil stands for one that is absent and must not be.
func number(where, key string, value *int64, min, max int64) error {
	if value == nil || *value < min || *value > max {
		return refuse(where+key, fmt.Sprintf("an integer from %d to %d", min, max))
	}
	return nil
}

// first gives the first of the errors.
func first(errors ...error) error {
	for _, err := range errors {
		if err != nil {
			return err
		}
	}
	return nil
}
