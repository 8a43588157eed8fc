// SPDX-License-Identifier: Apache-2.0
// The page in which the customer decides, opened by lib.js in an overlay of the shop's page. It
// tells the shop's page once, and only the origin that opened it. A decision on the phone counts.
import { ACTIONS, ask, buttons, element, purchase } from './session.js';

const POLL_MS = 1000;
const WALK_AWAY = { outcome: 'walk_away', label: 'Walk away', kind: '' };
const given = new URLSearchParams(location.hash.slice(1));
const clientToken = given.get('client_token');
const shop = given.get('origin');
const said = document.getElementById('said');
let told = false;

function tell(message) {
  if (told) return;
  told = true;
  document.getElementById('purchase').replaceChildren(element('p', '', 'Back to the shop …'));
  if (window.parent !== window && shop) {
    window.parent.postMessage({ source: 'klarna-sandbox', ...message }, shop);
  }
}

function settle(state, token) {
  if (state === 'approved' || state === 'pending') {
    tell({ approved: true, show_form: true, authorization_token: token });
  } else if (state === 'refused') {
    tell({ approved: false, show_form: false });
  }
}

async function decide(outcome) {
  try {
    const result = await ask('/customer/decision', { client_token: clientToken, outcome });
    if (outcome === 'walk_away') tell({ approved: false, show_form: true });
    else settle(result.state, result.authorization_token);
  } catch (error) {
    said.textContent = error.message;
    said.className = 'error';
  }
}

async function poll() {
  if (told) return;
  try {
    const session = await ask('/customer/session', { client_token: clientToken });
    settle(session.state, session.authorization_token);
  } catch (error) {
    said.textContent = error.message;
  }
  setTimeout(poll, POLL_MS);
}

async function start() {
  try {
    const session = await ask('/customer/session', { client_token: clientToken });
    const head = element('h2', '', session.reference || session.merchant);
    const card = document.getElementById('purchase');
    card.replaceChildren(purchase(session, head), buttons([...ACTIONS, WALK_AWAY], decide));
    poll();
  } catch (error) {
    document.getElementById('purchase').replaceChildren(element('p', 'error', error.message));
  }
}
start();
