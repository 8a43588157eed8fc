// SPDX-License-Identifier: Apache-2.0
// The phone's in-store side: messages with their links, payments that wait, the digits that the
// printed QR at the counter leads to. A payment is decided on its own page, which its link opens.
import { ask, element, money } from './session.js';
import { SENTENCES } from './in-store-acts.js';

const REFRESH_MS = 1500;
const HEADINGS = { sms: 'SMS to', email: 'E-mail to', token: 'Sent to' };
const said = document.getElementById('said');
const places = {
  payments: document.getElementById('payments'),
  messages: document.getElementById('messages'),
  short_codes: document.getElementById('short-codes'),
};
const drawn = {};

// Only paths of the sandbox itself are followed, whatever host the link names.
function pathOf(link) {
  return new URL(link, location.href).pathname;
}

function opener(text, link) {
  const made = element('a', '', text);
  made.href = pathOf(link);
  return made;
}

const DRAW = {
  payments(payment) {
    const made = element('article', 'card asked');
    made.dataset.payment = payment.id;
    const head = element('div', 'row');
    head.append(element('h3', '', payment.store || payment.reference || payment.merchant),
      element('span', 'badge', payment.state));
    made.append(head, element('p', 'amount', money(payment, payment.amount)),
      element('p', 'soft', SENTENCES[payment.state] || ''), opener('Open the payment', payment.link));
    return made;
  },
  messages(message) {
    const made = element('li', 'card');
    made.dataset.message = message.number;
    const amount = money({ locale: 'en', currency: message.currency }, message.amount);
    made.append(element('h3', '', `${HEADINGS[message.method]} ${message.to}`),
      element('p', '', `Pay ${amount} with Klarna:`), opener(message.link, message.link));
    return made;
  },
  short_codes(code) {
    const made = element('li', '', code);
    made.dataset.shortCode = code;
    return made;
  },
};

function show(content) {
  for (const [name, place] of Object.entries(places)) {
    const text = JSON.stringify(content[name]);
    if (drawn[name] === text) continue;
    drawn[name] = text;
    place.replaceChildren(...content[name].map(DRAW[name]));
  }
}

function fail(error) {
  said.textContent = error.message;
  said.className = 'error';
}

async function refresh() {
  try {
    show(await ask('/customer/instore'));
  } catch (error) {
    fail(error);
  }
}

document.getElementById('scan').addEventListener('click', async () => {
  try {
    await ask('/customer/instore', { action: 'scan' });
  } catch (error) {
    fail(error);
  }
  await refresh();
});

document.getElementById('open-link').addEventListener('submit', (event) => {
  event.preventDefault();
  location.assign(pathOf(document.getElementById('link').value));
});

async function loop() {
  if (!document.hidden) await refresh();
  setTimeout(loop, REFRESH_MS);
}
loop();
