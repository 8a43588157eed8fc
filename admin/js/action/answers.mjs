// SPDX-License-Identifier: Apache-2.0
//
// What an answer of the module means for the action that was asked for: the verdicts of
// pending.mjs. Pure. A step says what it expects:
//
//   outcome     201 or 202 with `state`, under an Idempotency-Key: captures, credit invoices ...
//   payment     2xx with a payment of the till, under an Idempotency-Key: what of it is not known
//               yet is told by the payment itself
//   operation   200 with an operation: send again, give up
//   order       200 with the order: adopt, seen
//
// Only an answer that proves that nothing was started lets a person correct and send anew; what
// proves nothing (no answer, 5xx) is asked for again as it was.

const FINAL = ['confirmed', 'refused'];

/** A plain object of api.mjs's Problem or Lost, as it is kept and as explain() takes it. */
export function problemOf(error) {
  const { status = 0, code = 'lost', detail = '', next = '', field = '', got, expected = '',
    errorCode = '', messages = [], correlationId = '', retryAfter = 0, candidates } = error;
  return { status, code, detail, next, field, got, expected, errorCode, messages, correlationId,
    retryAfter, ...(candidates && { candidates }) };
}

export function isFinal(operation) {
  return FINAL.includes(operation.state);
}

/** Klarna's no as the operation keeps it, in the shape of a problem. */
export function problemOfOperation(operation) {
  return problemOf({ status: 422, code: 'klarna_refused', errorCode: operation.error_code || '',
    messages: operation.error_messages, correlationId: operation.correlation_id || '' });
}

// The operation that a 202 is about: the Location names it.
function operationAt(location, order) {
  const id = location?.split('/').at(-1) || '';
  return { id, order_id: order, state: '' };
}

// What is confirmed here is that the person's wish was met; giving up ends well either way.
function ofOperation(operation, action) {
  if (!isFinal(operation)) return { verdict: 'following', operation };
  if (operation.state === 'refused' && action !== 'give_up') {
    return { verdict: 'refused', problem: problemOfOperation(operation) };
  }
  return { verdict: 'done', result: operation };
}

/** An answer with a status of 2xx: { status, body, location }. */
export function judge(step, { status, body, location }, action) {
  if (step.expects === 'order') return { verdict: 'done', result: null };
  if (step.expects === 'payment') return { verdict: 'done', result: body };
  if (step.expects === 'operation') return ofOperation(body, action);
  if (status === 201) return { verdict: 'done', result: body };
  if (status === 202) {
    return { verdict: 'following', operation: operationAt(location, body.order_id) };
  }
  return { verdict: 'lost', problem: problemOf({ code: 'odd_answer', status }) };
}

// Codes of the module whose request waits for its turn under its own key.
const WAIT = ['in_progress'];
// The host's part of a start failed before ours began: it knows the request by its key.
const NOT_BEGUN = ['finalize_failed', 'finalize_answer'];
// Their answer may have got lost behind the module's back.
const KEYED = ['outcome', 'payment'];

/** An answer with another status, or none. */
export function judgeProblem(step, error) {
  const problem = problemOf(error), { status, code } = problem;
  const isOurs = Boolean(code) && !code.startsWith('http_');
  if (status === 0 || status === 408) return { verdict: 'lost', problem };
  if (status === 429) return { verdict: 'wait', problem };
  if (status >= 500) {
    if (NOT_BEGUN.includes(code)) return { verdict: 'not_started', keepsKey: true, problem };
    return { verdict: !KEYED.includes(step.expects) && isOurs ? 'not_started' : 'lost', problem };
  }
  if (code === 'klarna_refused') return { verdict: 'refused', problem };
  if (code === 'idempotency_key_reused') return { verdict: 'reused', problem };
  if (WAIT.includes(code) && KEYED.includes(step.expects)) return { verdict: 'wait', problem };
  if (status < 400 || status === 401 || status === 403 || !isOurs) {
    return { verdict: 'barred', problem };
  }
  return { verdict: 'not_started', problem };
}
