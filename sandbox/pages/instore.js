// SPDX-License-Identifier: Apache-2.0
// Klarna's page on the customer's phone, reached by a link or a QR code; and the page on which the
// staff answers a manual identity check. To open the customer's page is to open the payment.
import { ask, buttons, element, purchase } from './session.js';
import { SENTENCES, actionsOf } from './in-store-acts.js';

const POLL_MS = 1000;
const role = document.body.dataset.role;
const place = document.getElementById('payment');
const said = document.getElementById('said');
const parts = location.pathname.split('/');
const name = role === 'staff' ? parts[parts.length - 2] : parts[parts.length - 1];
let drawn = null;

function tell(text, className = 'soft') {
  said.textContent = text;
  said.className = className;
}

function show(payment) {
  const content = JSON.stringify(payment);
  if (content === drawn) return;
  drawn = content;
  const head = element('div', 'row');
  const badge = element('span', 'badge', payment.state);
  badge.id = 'state';
  head.append(element('h2', '', payment.store || payment.reference || payment.merchant), badge);
  const sentence = element('p', '', SENTENCES[payment.state] || payment.state);
  sentence.id = 'sentence';
  place.replaceChildren(purchase(payment, head), sentence);
  if (payment.state === 'MANUAL_ID_CHECK') {
    const challenge = element('p', 'amount', payment.challenge);
    challenge.id = 'challenge';
    place.append(challenge);
  }
  const actions = actionsOf(payment, role);
  if (actions.length) place.append(buttons(actions, act));
}

async function act(action) {
  try {
    show(await ask('/customer/instore', { payment: name, action }));
    tell('');
  } catch (error) {
    tell(error.message, 'error');
  }
}

async function poll() {
  try {
    show(await ask('/customer/instore', { payment: name }));
  } catch (error) {
    tell(error.message, 'error');
  }
  setTimeout(poll, POLL_MS);
}

const OPENED_BY_LOADING = ['WAITING', 'DISTRIBUTED', 'BACK', 'FAILED', 'ERROR'];

async function start() {
  try {
    const payment = await ask('/customer/instore', { payment: name });
    const opens = role === 'customer' && !payment.ended && OPENED_BY_LOADING.includes(payment.state);
    if (opens) await act('open');
    else show(payment);
    poll();
  } catch (error) {
    place.replaceChildren(element('p', 'error', error.message));
  }
}
start();
