// SPDX-License-Identifier: Apache-2.0
//
// The screen that the customer sees: what this till wants paid right now, its code, and how it
// goes, in the payment's language. Nobody is logged in: the till's display key stands in the
// fragment. It goes on by itself after anything, and keeps the screen lit where it may.
import { get, picture } from '../lib/api.mjs';
import { money } from '../lib/format.mjs';
import { html, nothing, render } from '../lib/html.mjs';
import { loadWords, speak, t } from '../lib/i18n.mjs';
import { left } from '../till/clock.mjs';

const WAIT_SECONDS = 20;
const AT_ONCE_MS = 1000;
const FULL_MS = 2000;
const LOST_MS = [1000, 2000, 4000, 8000];
const UNLINKED_MS = 15000;
const TICK_MS = 1000;
const LINGER_MS = 30000; // how long the end of a payment is shown
const OPEN = ['NONE', 'WAITING', 'IN_PROGRESS'];
const DENIED = [401, 403, 404];

const headers = { Authorization: `Bearer ${location.hash.slice(1)}` };

let shown = null;        // as it came last
let code = '';           // its QR code, an address
let endedAt = 0;         // when its end was first seen here
let isLost = false;
let isUnlinked = false;
let lock = null;

let asking = new AbortController();
let wake = () => {};     // ends a pause

const pause = (ms) => new Promise((resolve) => {
  wake = resolve;
  setTimeout(resolve, ms);
});

// --- drawing -----------------------------------------------------------------------------------

function stage() {
  if (isUnlinked) return 'unlinked';
  if (endedAt && Date.now() - endedAt > LINGER_MS) return 'NONE';
  if (shown?.state !== 'WAITING') return shown?.state ?? 'NONE';
  return code ? 'WAITING' : 'WAITING_NO_CODE';
}

function amount() {
  return shown?.amount ? money(shown.amount, shown.currency) : '';
}

function countdown() {
  const isOpen = !isUnlinked && OPEN.includes(shown?.state);
  const rest = isOpen ? left(shown.expires_at) : null;
  return rest ? html`<p class="left" role="timer">${t('customer.left', { time: rest.text })}</p>`
    : nothing;
}

function fullScreen() {
  if (!document.fullscreenEnabled || document.fullscreenElement) return nothing;
  return html`<button type="button" data-name="full-screen" @click=${() => (
    document.documentElement.requestFullscreen())}>${t('customer.full_screen')}</button>`;
}

function draw() {
  const now = stage();
  document.title = t('customer.title');
  render(html`<main data-name="screen" data-state=${now}>
    ${now === 'WAITING' ? html`<img src=${code} width="320" height="320" data-name="qr"
      alt=${t('customer.qr', { amount: amount() })}>` : html`<div class="mark" aria-hidden="true">
      </div>`}
    <div class="words"><div role="status"><h1>${t(`customer.${now}`)}</h1>
      ${shown?.amount && !['NONE', 'unlinked'].includes(now) ? html`<p class="amount">${amount()}</p>` : nothing}
      <p>${t(`customer.${now}.hint`)}</p></div>${countdown()}</div>
    <footer>${isLost ? html`<p class="lost" role="alert" data-name="lost">${
      t('customer.lost')}</p>` : html`<p class="till">${shown?.till ?? ''}</p>`}${
      fullScreen()}</footer></main>`, document.getElementById('page'));
}

// --- what is shown -----------------------------------------------------------------------------

async function show(newest) {
  const isOther = newest.locale && newest.locale !== shown?.locale;
  if (isOther) {
    speak(newest.locale);
    await loadWords(['customer']);
  }
  if (newest.state !== 'WAITING' || newest.version !== shown?.version) code = '';
  if (OPEN.includes(newest.state)) endedAt = 0;
  else if (newest.version !== shown?.version) endedAt = Date.now();
  shown = newest;
  if (newest.link && newest.state === 'WAITING' && !code) {
    code = await picture('display/qr.svg', { headers }).catch(noMore);
  }
}

// Paid or ended since it was asked for: there is no code, and the next look says why.
function noMore(fault) {
  if (fault.status !== 404) throw fault;
  return '';
}

async function look() {
  const asked = Date.now(), known = shown?.version;
  const query = known === undefined ? '' : `?wait=${WAIT_SECONDS}&version=${known}`;
  asking = new AbortController();
  const newest = await get(`display/payment${query}`, { headers, signal: asking.signal });
  await show(newest);
  isLost = false;
  isUnlinked = false;
  draw();
  if (Date.now() - asked < AT_ONCE_MS && newest.version === known) await pause(FULL_MS);
}

async function follow() {
  for (let lost = 0; ;) {
    try {
      await look();
      lost = 0;
    } catch (error) {
      isUnlinked = DENIED.includes(error.status);
      isLost = !isUnlinked;
      draw();
      await pause(isUnlinked ? UNLINKED_MS : LOST_MS[Math.min(lost++, LOST_MS.length - 1)]);
    }
  }
}

// --- the screen itself -------------------------------------------------------------------------

async function stayLit() {
  if (document.hidden || !navigator.wakeLock) return;
  lock = await navigator.wakeLock.request('screen').catch(() => lock);
}

async function words() {
  for (;;) {
    try {
      return await loadWords(['customer']);
    } catch {
      await pause(FULL_MS);
    }
  }
}

await words();
draw();
document.addEventListener('visibilitychange', stayLit);
document.addEventListener('fullscreenchange', draw);
window.addEventListener('hashchange', () => location.reload());
window.addEventListener('offline', () => asking.abort());
window.addEventListener('online', () => wake());
setInterval(draw, TICK_MS);
stayLit();
follow();
