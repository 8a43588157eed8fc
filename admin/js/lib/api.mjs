// SPDX-License-Identifier: Apache-2.0
//
// The module's JSON routes. A path begins with the family that config.json gives an address:
//
//   await get('orders?state=CAPTURED')          the parsed answer
//   await get(`orders/${id}`, { signal, headers })
//   await post(`orders/${id}/captures`, body, { key })   { status, body, location } of a 2xx; key
//                                               is the Idempotency-Key that money routes want; a
//                                               202 has the address of its operation
//   await remove(path, { keepalive })           the same of a DELETE; keepalive: it is sent although
//                                               the page goes
//   await text(path)                            what is no JSON, as it is
//   await picture(path, { headers })            an SVG as an address for <img>
//   await address('orders?format=csv')          an address for a link
//   await setting('hosts')                      another member of config.json
//
// What goes wrong is thrown: Problem, when the server answered and it was not a success; Lost,
// when there was no answer, or half of one: whether the request was carried out is not known.
// An AbortError of the caller's own signal is passed on as it is. i18n.mjs explain(error) makes
// sentences of all of them.
//
// `connection` is an EventTarget: "lost" when a request got no answer, "back" at the first one
// after that, whoever asked.
//
// This file never sends a request twice: who may do that is for the caller to decide.

const CALL_MS = 60000; // the module answers within 45 s

export const connection = new EventTarget();
let isLost = false;
let config = null;

/** An answer that is not a success: a problem document, or httpd's own page. */
export class Problem extends Error {
  constructor(status, document, retryAfter) {
    super(document.detail || document.title || `HTTP ${status}`);
    this.status = status;
    this.code = document.code || `http_${status}`;
    this.detail = document.detail || '';
    this.next = document.next || '';            // what to do about it
    this.field = document.field || '';          // "lines[0].quantity"
    this.got = document.got;
    this.expected = document.expected || '';
    this.errorCode = document.error_code || ''; // Klarna's
    this.messages = document.error_messages || [];
    this.correlationId = document.correlation_id || '';
    this.candidates = document.candidates;      // what an unclear operation can be
    this.retryAfter = Number(retryAfter) || 0;  // seconds
  }

  /** Signed in as nobody, or as somebody who may not do this. */
  get isDenied() {
    return this.status === 401 || this.status === 403;
  }
}

/** No answer. */
export class Lost extends Error {
  constructor(cause) {
    super('No answer from the server', { cause });
    this.code = 'lost';
    this.status = 0;
  }
}

function heard(answered) {
  if (isLost === !answered) return;
  isLost = !answered;
  connection.dispatchEvent(new Event(isLost ? 'lost' : 'back'));
}

async function ask(url, options = {}) {
  const limit = AbortSignal.timeout(CALL_MS);
  const { signal } = options;
  try {
    const answer = await fetch(url, { credentials: 'same-origin', cache: 'no-store', ...options,
      signal: signal ? AbortSignal.any([signal, limit]) : limit });
    const text = await answer.text();
    heard(true);
    return { answer, text };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    heard(false);
    throw new Lost(error);
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// A page of httpd's own has no code; a success that cannot be read is as good as none.
async function call(url, options) {
  const { answer, text } = await ask(url, options);
  const body = parsed(text);
  if (!answer.ok) throw new Problem(answer.status, body || {}, answer.headers.get('Retry-After'));
  if (body === null) throw new Lost(new Error('The answer is not JSON'));
  return { status: answer.status, body, location: answer.headers.get('Location') };
}

async function readConfig() {
  try {
    return (await call('config.json', { cache: 'default' })).body;
  } catch (error) {
    config = null;
    throw error;
  }
}

export async function address(path) {
  config ||= readConfig();
  const [, family, rest] = path.match(/^(\w+)(.*)$/s);
  const base = new URL((await config)[family], document.baseURI);
  return base.href + rest;
}

export async function get(path, { signal, headers } = {}) {
  return (await call(await address(path), { signal, headers })).body;
}

export async function post(path, body, { key, signal } = {}) {
  const headers = { 'Content-Type': 'application/json' };
  if (key) headers['Idempotency-Key'] = key;
  return call(await address(path), { method: 'POST', headers, body: JSON.stringify(body), signal });
}

export async function remove(path, { keepalive = false } = {}) {
  return call(await address(path), { method: 'DELETE', keepalive });
}

export async function text(path) {
  const { answer, text: found } = await ask(await address(path));
  if (!answer.ok) throw new Problem(answer.status, parsed(found) || {});
  return found;
}

// An <img> sends no headers of ours, and the policy takes no blob: addresses.
export async function picture(path, { headers, signal } = {}) {
  const { answer, text } = await ask(await address(path), { headers, signal });
  if (!answer.ok) throw new Problem(answer.status, parsed(text) || {});
  return `data:image/svg+xml,${encodeURIComponent(text)}`;
}

/** What config.json says besides addresses. */
export async function setting(name) {
  config ||= readConfig();
  return (await config)[name];
}
