// SPDX-License-Identifier: Apache-2.0
// The call to the upstream over kept connections.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

const maxReply = 1 << 20

type session struct {
	SessionID   string          `json:"session_id"`
	ClientToken string          `json:"client_token"`
	Methods     json.RawMessage `json:"payment_method_categories"`
}

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4096}}

func createSession(ctx context.Context, c *cart) (*session, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	url := os.Getenv("UPSTREAM") + "/payments/v1/sessions"
	request, err := http.NewRequestWithContext(ctx, "POST", url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth("bench", "bench")
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxReply))
	if err != nil {
		return nil, err
	}
	made := new(session)
	if err := json.Unmarshal(raw, made); err != nil {
		return nil, err
	}
	if answer.StatusCode != 200 || made.SessionID == "" || made.ClientToken == "" {
		return nil, fmt.Errorf("upstream: %d", answer.StatusCode)
	}
	return made, nil
}
