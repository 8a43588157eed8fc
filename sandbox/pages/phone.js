// SPDX-License-Identifier: Apache-2.0
// The customer's phone: lists the sessions that wait and sends the decisions. Cards that have not
// changed are left alone, so that focus and opened details survive each refresh.
import { ACTIONS, ask, buttons, element, money, purchase } from './session.js';

const REFRESH_MS = 1500;
const SAID = { approve: 'Approved', pending: 'Approved, in fraud review', refuse: 'Refused' };
const list = document.getElementById('sessions');
const said = document.getElementById('said');
const cards = new Map();

function card(session) {
  const made = element('article', session.state === 'asked' ? 'card asked' : 'card');
  const head = element('div', 'row');
  head.append(element('h2', '', session.reference || session.merchant),
    element('span', 'badge', session.state === 'asked' ? 'Shop is waiting' : 'In the checkout'));
  made.append(purchase(session, head), buttons(ACTIONS, (outcome) => decide(session, outcome)));
  return made;
}

async function decide(session, outcome) {
  try {
    await ask('/customer/decision', { session_id: session.session_id, outcome });
    said.textContent = `${SAID[outcome]}: ${money(session, session.amount)}`;
    said.className = '';
  } catch (error) {
    said.textContent = error.message;
    said.className = 'error';
  }
  await refresh();
}

function show(sessions) {
  const wanted = new Set();
  sessions.forEach((session, index) => {
    const content = JSON.stringify(session);
    let known = cards.get(session.session_id);
    if (!known || known.content !== content) {
      const fresh = { content, node: card(session) };
      if (known) known.node.replaceWith(fresh.node);
      cards.set(session.session_id, fresh);
      known = fresh;
    }
    wanted.add(session.session_id);
    if (list.children[index] !== known.node) list.insertBefore(known.node, list.children[index] || null);
  });
  for (const [id, known] of cards) {
    if (!wanted.has(id)) {
      known.node.remove();
      cards.delete(id);
    }
  }
  const empty = list.querySelector('.empty');
  if (cards.size) empty?.remove();
  else if (!empty) list.append(element('p', 'card empty soft', 'Nothing waits for you.'));
}

async function refresh() {
  try {
    show((await ask('/customer/sessions')).sessions);
  } catch {
    said.textContent = 'The sandbox does not answer.';
    said.className = 'error';
  }
}

async function loop() {
  if (!document.hidden) await refresh();
  setTimeout(loop, REFRESH_MS);
}
loop();
