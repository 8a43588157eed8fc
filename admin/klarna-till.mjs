// SPDX-License-Identifier: Apache-2.0
//
// For a host's own page (a journal, a cash desk): opens the till's window for one payment and tells
// how it went. Stands alone; the page needs nothing else of ours.
//
//   import { openTill, cardTerminal } from '/klarna/admin/klarna-till.mjs';
//   const outcome = await openTill({ invoice: { number: '4711', total: 129900, already_paid: 50000 },
//     amount: 79900, currency: 'SEK', customer: { phone: '0701234567' } });
//   if (outcome.state === 'COMPLETED') save(outcome);     // and only then
//
//   after: "card"       waits until the card terminal's window is closed, which the page names:
//                       cardTerminal(window.open(...)), or a promise that ends with it
//   onBlocked(button)   where the browser opens no window by itself: a button for the page to show.
//                       Without it a small dialog does
//   till                the address of till.html, when it is not beside this file
//
// The window's state goes with messages between the two origins alone. After a reload of the page
// while a payment was pending the window is found again, or opened again, by itself; its outcome
// comes as the event "klarna-till" on window (each outcome does), and as the promise `resumed`.
// An outcome { state: 'CLOSED' } means that the window was closed and nobody has seen the end:
// closing aborts, but ask the module (GET payments/{id}, GET invoices/{number}).

const KIND = 'klarna-till';
const KEPT = 'klarna-till.open';
const FINAL = ['COMPLETED', 'CANCELLED', 'EXPIRED', 'DECLINED', 'FAILED'];
const LOOK_MS = 500;
const LIKE = 'popup,width=820,height=980';
const WORDS = { blocked: 'The browser did not open the Klarna window.', open: 'Open Klarna' };

let card = null; // the card terminal's window, or a promise

/** The window of a card terminal, or a promise that ends when it is closed. */
export function cardTerminal(one) {
  card = one;
  return one;
}

// --- what a reload must not forget ------------------------------------------------------------

function keep(entry) {
  try {
    if (entry) sessionStorage.setItem(KEPT, JSON.stringify(entry));
    else sessionStorage.removeItem(KEPT);
  } catch {
    // Without it a reload of this page forgets the window; the payment goes on.
  }
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  } catch {
    return null;
  }
}

// --- the card terminal first --------------------------------------------------------------------

function closed(one) {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!one.closed) return;
      clearInterval(timer);
      resolve();
    }, LOOK_MS);
  });
}

// How the card's payment went is the page's affair: the till opens after it either way.
async function waitFor(after) {
  const one = after === 'card' ? card : after;
  if (!one) return;
  if (typeof one.then === 'function') await one.then(() => {}, () => {});
  else await closed(one);
}

// --- the window ---------------------------------------------------------------------------------

function addressOf({ id, till }) {
  const url = new URL(till ?? 'till.html', till ? location.href : import.meta.url);
  url.hash = new URLSearchParams({ host: location.origin, id });
  return url;
}

// One that is open already, of the same name, is found and not loaded anew.
function find(name) {
  const found = window.open('', name, LIKE);
  try {
    return found && found.location.href === 'about:blank' ? { fresh: found } : { open: found };
  } catch {
    return { open: found }; // of another origin: it is the till
  }
}

function openWindow(entry) {
  const url = addressOf(entry), { fresh, open } = find(entry.name);
  if (fresh) fresh.location.replace(url);
  return fresh ?? open;
}

function dialogWith(button) {
  const dialog = document.createElement('dialog'), words = document.createElement('p');
  words.textContent = WORDS.blocked;
  dialog.append(words, button);
  button.addEventListener('click', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

// A click is what a browser wants to see before it opens a window.
function opened(entry, { onBlocked = dialogWith, label = WORDS.open }) {
  const found = openWindow(entry);
  if (found) return Promise.resolve(found);
  return new Promise((resolve) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = label;
    button.addEventListener('click', () => {
      const now = openWindow(entry);
      if (!now) return;
      button.remove();
      resolve(now);
    });
    onBlocked(button);
  });
}

// --- talking to it ------------------------------------------------------------------------------

function talk(entry, till) {
  const { origin } = addressOf(entry);
  return new Promise((resolve) => {
    const send = (message) => till.postMessage({ kind: KIND, id: entry.id, ...message }, origin);

    function end(outcome) {
      clearInterval(timer);
      window.removeEventListener('message', hear);
      keep(null);
      window.dispatchEvent(new CustomEvent(KIND, { detail: outcome }));
      resolve(outcome);
    }

    function hear({ source, origin: from, data }) {
      if (source !== till || from !== origin) return;
      if (data?.kind !== KIND || data.id !== entry.id) return;
      if (data.type === 'ready') {
        send({ type: 'open', wish: { ...entry.wish, payment_id: entry.payment_id } });
      } else if (data.type === 'state') {
        entry.payment_id = data.outcome.payment_id;
        keep(entry);
      } else if (data.type === 'outcome' && FINAL.includes(data.outcome.state)) end(data.outcome);
    }

    const timer = setInterval(() => {
      if (till.closed) end({ state: 'CLOSED', payment_id: entry.payment_id ?? null });
    }, LOOK_MS);
    window.addEventListener('message', hear);
    send({ type: 'hello' }); // one that was open already answers; a new one says so itself
  });
}

async function run(entry, options) {
  keep(entry);
  return talk(entry, await opened(entry, options));
}

/** @return a promise of the outcome */
export async function openTill(options) {
  const { after, till, onBlocked, label, ...wish } = options, id = crypto.randomUUID();
  await waitFor(after);
  return run({ id, name: `${KIND}-${id}`, till, wish }, { onBlocked, label });
}

const before = kept();

/** The outcome of what was pending when the page was reloaded, or null when nothing was. */
export const resumed = before ? run(before, {}) : null;
