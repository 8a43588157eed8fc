// SPDX-License-Identifier: Apache-2.0
// What the shopper's and the admin page's stories share: the sandbox's control routes and an ear at
// the browser's console.
import assert from 'node:assert/strict';

const { PHONE_URL } = process.env;

export async function control(path, body, method = body ? 'POST' : 'GET') {
  const answer = await fetch(new URL(`/_sandbox/${path}`, PHONE_URL), { method,
    headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `sandbox: ${path} ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

// Whatever the console calls an error is one: a breach of the policy above all. Refused calls are
// the network's log; a story names the addresses it expects them from.
export function watch(page, expected) {
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    const { url } = message.location();
    if (message.type() !== 'error') return;
    if (!expected.some((part) => url.includes(part))) errors.push(`${message.text()} ${url}`);
  });
  return errors;
}
