// SPDX-License-Identifier: Apache-2.0
//
// The cashier's window: a new payment, the one that is being paid, today's payments of this till.
// Leaving it while a payment is pending asks, and aborts it; only a reload by key keeps it.
import { address, get, setting } from '../lib/api.mjs';
import { html, nothing } from '../lib/html.mjs';
import { explain, locale, t } from '../lib/i18n.mjs';
import { draw, failure, onBack, say, startPage } from '../lib/shell.mjs';
import { digitsOf } from '../lib/typed.mjs';
import { ask, resume, standing, underWay } from '../till/asking.mjs';
import { left, toSay } from '../till/clock.mjs';
import { openCredit } from '../till/credit.mjs';
import { Desk } from '../till/desk.mjs';
import { isPending } from '../till/follow.mjs';
import { hostOf } from '../till/host.mjs';
import { nowView } from '../till/now.mjs';
import { keepPlace, place } from '../till/place.mjs';
import { placeForm, whyNot } from '../till/placeform.mjs';
import { openAbortPaid, openRefund } from '../till/refund.mjs';
import { openScreen } from '../till/screen.mjs';
import { opening, startOf } from '../till/start.mjs';
import { startForm } from '../till/startform.mjs';
import { todayView } from '../till/today.mjs';
import { sentenceOf } from '../till/words.mjs';

const FIELDS = { 'customer.phone': 'phone', 'customer.email': 'email', 'invoice.number': 'number',
  'invoice.total': 'total', 'invoice.already_paid': 'paid' };
const TICK_MS = 1000;
const RELOAD_KEYS = (event) => event.key === 'F5'
  || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'r');

let departments = null;
let error = null;         // why they could not be read
let isChoosing = false;   // which till this is
let placeValues = {};
let placeWrong = {};
let asked = {};           // what a host wants, or what an ended payment was
let values = null;        // of the form of a new payment
let wrong = {};
let problem = null;
let replaces = null;      // the payment that a new amount replaces
let exchange = null;      // { id, refund, amount } of what came back
let lastBody = null;      // { id, body } of the payment that was started last
let send = null;          // the small form: { method, to, wrong }
let qr = { id: '', url: '' };
let host = null;
let box = null;           // an open window that draws itself
let isReloading = false;
let secondsLeft = Infinity;

const desk = new Desk({ place, changed, settled });

// --- what is known -----------------------------------------------------------------------------

function department() {
  const name = place()?.department;
  return departments?.find((one) => one.name === name) ?? null;
}

function market() {
  const { markets } = department();
  return markets[Number(values?.market)] ?? markets[0];
}

function reading() {
  return { locale: locale(), digits: digitsOf(market().currency) };
}

function freshForm(wish = {}) {
  asked = wish;
  problem = null;
  wrong = {};
  values = department()?.can ? opening(department(), wish, reading()) : null;
}

function settled(payment) {
  say(sentenceOf(payment));
  send = null;
  host?.tell('outcome', payment);
  desk.read();
}

let told = '';

function changed() {
  const { current } = desk, now = current && `${current.payment_id} ${sentenceOf(current)}`;
  if (now && now !== told && isPending(current)) {
    if (told.startsWith(current.payment_id)) say(sentenceOf(current));
    host?.tell('state', current);
  }
  told = now ?? '';
  showCode();
  draw();
  box?.draw?.();
}

async function showCode() {
  const { current } = desk;
  if (!current?.link || qr.id === current.payment_id) return;
  qr = { id: current.payment_id, url: '' };
  qr.url = await address(`instore/payments/${current.payment_id}/qr.svg`);
  draw();
}

// --- a new payment -----------------------------------------------------------------------------

function formOf(wanted, faults, currency, set) {
  return { values: wanted, wrong: faults, order: { purchase_currency: currency }, set };
}

function setValues(change) {
  Object.assign(values, change);
  if (Object.keys(wrong).length) wrong = wanted().wrong;
  draw();
}

function wanted() {
  return startOf(values, { ...reading(), department: department(), place: place(), asked,
    replaces: replaces?.payment_id });
}

function started({ result, problem: refusal }, body) {
  problem = refusal ?? null;
  if (result) {
    lastBody = { id: result.payment_id, body };
    replaces = null;
    exchange = null;
    freshForm();
    focusOn('#now-title');
  } else if (refusal) {
    const field = FIELDS[refusal.field] ?? refusal.field;
    if (field && document.getElementById(`field-${field}`)) {
      wrong = { [field]: { text: explain(refusal) } };
    }
    focusOn('[aria-invalid="true"], #start-problem');
  }
  draw();
}

function begin(body) {
  problem = null;
  desk.start(body, { exchange }, (end) => started(end, body));
  draw();
}

function submit() {
  const { body, wrong: faults } = wanted();
  wrong = faults;
  problem = null;
  draw();
  if (Object.keys(wrong).length) focusOn('[aria-invalid="true"]');
  else begin(body);
}

function focusOn(selector) {
  requestAnimationFrame(() => document.querySelector(selector)?.focus());
}

function clearForm() {
  exchange = null;
  replaces = null;
  freshForm();
  draw();
}

function wishOfPayment({ amount, currency, country, locale: tongue, reference1, lines, invoice }) {
  return { amount, currency, country, locale: tongue, reference: reference1, lines,
    ...(invoice && { invoice: { number: invoice } }) };
}

function lastWish(payment) {
  return lastBody?.id === payment.payment_id ? lastBody.body : wishOfPayment(payment);
}

// --- what the present payment's buttons do -----------------------------------------------------

function again() {
  const { current } = desk;
  if (lastBody?.id === current.payment_id) {
    const { replaces: gone, ...body } = lastBody.body;
    begin(body);
  } else {
    freshForm(wishOfPayment(current));
    desk.clear();
    focusOn('#start-title');
  }
}

function otherAmount() {
  replaces = desk.current;
  freshForm(lastWish(desk.current));
  draw();
  focusOn('#field-amount');
}

function fresh() {
  freshForm();
  desk.clear();
  focusOn('#field-amount');
}

function abort(payment) {
  if (isPending(payment)) desk.abort(payment);
  else openAbortPaid(payment, { submit: () => desk.abort(payment, '?refund=1') });
}

function refund(payment, isExchange = false) {
  const { currency } = payment;
  box = openRefund(payment, { locale: locale(), digits: digitsOf(currency), isExchange,
    done: (newest, one) => {
      desk.took(newest);
      if (!isExchange) return;
      exchange = { id: payment.payment_id, refund: one?.id ?? '', amount: one?.amount ?? 0 };
      freshForm({ currency });
      desk.clear();
      focusOn('#field-amount');
    } });
}

function sendBy(method) {
  if (method === 'qr') {
    send = null;
    desk.send(desk.current, { method }, () => {});
  } else if (send?.method === method) send = null;
  else {
    send = { method, to: '', wrong: '', set: (to) => { send.to = to; }, submit: sendNow };
    focusOn('[data-name=send-form] input');
  }
  draw();
}

function sendNow() {
  const { method, to } = send, field = method === 'sms' ? 'phone' : 'email';
  send.wrong = to.trim() ? '' : t('wrong.missing');
  if (!send.wrong) {
    desk.send(desk.current, { method, [field]: to.trim() }, ({ problem: refusal }) => {
      if (!refusal) send = null;
      else if (send) send.wrong = explain(refusal);
      draw();
    });
  }
  draw();
}

const acts = { abort, verify: (payment) => desk.verify(payment), refund: (payment) => refund(payment),
  exchange: (payment) => refund(payment, true), again, other: otherAmount, fresh, sendBy,
  show: (payment) => {
    desk.show(payment);
    focusOn('#now-title');
  } };

// --- leaving -----------------------------------------------------------------------------------

function watchLeaving() {
  window.addEventListener('keydown', (event) => {
    if (!RELOAD_KEYS(event)) return;
    event.preventDefault();
    isReloading = true;
    location.reload();
  });
  window.addEventListener('beforeunload', (event) => {
    const isBusy = desk.isPending || underWay('start', '');
    if (isBusy && !isReloading) event.preventDefault();
  });
  window.addEventListener('pagehide', () => { if (!isReloading) desk.leaves(); });
  window.addEventListener('pageshow', (event) => { if (event.persisted) desk.restore(); });
}

function tick() {
  if (!desk.isPending) return;
  const rest = left(desk.current.expires_at);
  const minutes = rest ? toSay(secondsLeft, rest.seconds) : 0;
  secondsLeft = rest?.seconds ?? Infinity;
  if (minutes) say(t('now.left_minutes', { count: minutes }));
  draw();
}

// --- the page ----------------------------------------------------------------------------------

function savePlace() {
  placeWrong = placeValues.till.trim() ? {} : { till: { code: 'missing' } };
  if (placeWrong.till) {
    draw();
    focusOn('[aria-invalid="true"]');
    return;
  }
  keepPlace({ department: placeValues.department, till: placeValues.till.trim(),
    terminal: placeValues.terminal.trim() });
  isChoosing = false;
  desk.payments = null;
  freshForm(asked);
  desk.clear();
  desk.read();
  draw();
  focusOn('#field-amount');
}

function choose() {
  isChoosing = true;
  placeValues = { department: '', till: '', terminal: '', ...place() };
  if (!departments.some(({ name }) => name === placeValues.department)) {
    placeValues.department = departments[0]?.name ?? '';
  }
}

function head() {
  const { till, department: name } = place() ?? {};
  return html`<div class="page-head"><div><h1>${t('till.title')}</h1>${till ? html`<p class="soft"
    data-name="place">${name ? t('till.at', { till, department: name }) : till}</p>` : nothing}</div>
    ${till && !isChoosing ? html`<div class="toolbar"><button type="button" class="secondary"
      data-name="screen" @click=${() => openScreen(place())}>${t('screen.open')}</button><button
      type="button" class="secondary" data-name="credit" @click=${() => {
        box = openCredit({ department: name, currency: market().currency,
          changed: () => desk.read() });
      }}>${t('credit.open')}</button><button type="button" class="quiet" data-name="change"
      ?disabled=${desk.isPending} @click=${() => {
        choose();
        draw();
      }}>${t('till.change')}</button></div>` : nothing}</div>`;
}

function trouble() {
  const { trouble: what, current } = desk;
  if (!what || what.id === current?.payment_id) return nothing;
  return html`<p class="problem" role="alert" data-name="problem">${explain(what.error)}</p>`;
}

function present() {
  const { current } = desk;
  if (current && !replaces) {
    return nowView(current, { qr: qr.id === current.payment_id ? qr.url : '', send, acts,
      isAborting: desk.aborting === current.payment_id,
      isQuicker: desk.quicker === current.payment_id,
      problem: desk.trouble?.id === current.payment_id ? desk.trouble.error : problem });
  }
  if (!department().can) return whyNot(department());
  return html`${startForm({ form: formOf(values, wrong, market().currency, setValues), asked,
    department: department(), market: market(), replaces, exchange, problem, submit,
    isBusy: Boolean(underWay('start', '')), clear: clearForm })}${standing('start', '')}`;
}

function view() {
  if (!departments) {
    return html`<h1>${t('till.title')}</h1>${error ? failure(error, { family: 'instore',
      retry: start }) : html`<p class="loading" aria-busy="true">${t('loading')}</p>`}`;
  }
  if (isChoosing || !department()) {
    return html`${head()}${placeForm({ departments, save: savePlace,
      form: formOf(placeValues, placeWrong, 'EUR', (change) => {
        Object.assign(placeValues, change);
        draw();
      }) })}`;
  }
  return html`${head()}${trouble()}${present()}${desk.error && !desk.payments
    ? failure(desk.error, { family: 'instore', retry: () => desk.read() })
    : todayView(desk.payments, { acts, more: desk.more, currentId: desk.current?.payment_id,
      day: desk.day, choose: (day) => desk.choose(day) })}`;
}

// --- starting ----------------------------------------------------------------------------------

async function wish(one) {
  if (desk.isPending) {
    host.tell('state', desk.current);
    return;
  }
  if (one.payment_id) {
    await desk.restore(one.payment_id).catch(() => {});
    if (desk.current) {
      host.tell(isPending(desk.current) ? 'state' : 'outcome', desk.current);
      return;
    }
  }
  desk.clear();
  freshForm(one);
  draw();
  focusOn('#field-amount');
}

async function start() {
  try {
    const answer = await get('instore/methods');
    departments = answer.departments;
    error = null;
  } catch (fault) {
    error = fault;
    draw();
    return;
  }
  if (!department()) choose();
  freshForm(asked);
  draw();
  if (!place()) return;
  resume((action, target) => desk.endOf(action, target));
  await Promise.all([desk.read(), desk.restore()]);
}

startPage({
  page: () => 'till',
  isBare: () => Boolean(host),
  areas: ['common', 'actions', 'till'],
  title: () => t('till.title'),
  view,
  start: async () => {
    watchLeaving();
    setInterval(tick, TICK_MS);
    onBack(() => (departments ? desk.read() : start()));
    await start();
    host = hostOf(location.hash, { hosts: await setting('hosts'), own: location.origin,
      opener: window.opener });
    host?.listen(wish);
    draw();
  },
});
