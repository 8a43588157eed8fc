// SPDX-License-Identifier: Apache-2.0
//
// The payment that this till is taking right now, as a template: the code, how far the customer has
// come, and what may be done.
//
//   nowView(payment, { qr, problem, send, isAborting, isQuicker, acts })
//   qr: the code's address, or ''        send: { method, to, set, submit } of the small form
//   acts: { abort, verify, refund, exchange, again, other, fresh, sendForm }
import { dateTime } from '../lib/format.mjs';
import { copyable, html, link, notice, nothing, time } from '../lib/html.mjs';
import { explain, t } from '../lib/i18n.mjs';
import { standing, underWay } from './asking.mjs';
import { left } from './clock.mjs';
import { isPending } from './follow.mjs';
import { paidButtons, receiptLink, smallAbort } from './rowactions.mjs';
import { amountOf, reasonOf, sentWords, sentenceOf, shownState, stateBadge } from './words.mjs';

const TO = { sms: 'phone', email: 'email' };

function code(payment, qr) {
  if (payment.state !== 'WAITING' || payment.start === 'unknown') return nothing;
  if (!payment.link) return html`<p class="soft" aria-busy="true">${t('now.no_qr')}</p>`;
  return html`<figure class="code"><img src=${qr} width="320" height="320" data-name="qr"
    alt=${t('now.qr', { amount: amountOf(payment) })}><figcaption class="soft">${
    t('now.qr_hint')}</figcaption></figure>`;
}

function countdown(payment) {
  const rest = isPending(payment) ? left(payment.expires_at) : null;
  if (!rest) return nothing;
  return html`<p class="countdown" role="timer" data-name="countdown" data-tone=${
    rest.seconds < 60 ? 'bad' : nothing}>${rest.seconds ? t('now.left', { time: rest.text })
    : t('now.over')}</p>`;
}

// Klarna gives the address from the start; it counts when it asks.
function idCheck({ manual_id_check: check, reason }) {
  if (!check || reason?.code !== 'manual_id_check') return nothing;
  return notice('wait', t('now.id_check'), html`<p>${t('now.id_check_do')}</p>${
    check.url ? html`<p>${link(check.url, t('now.id_check_open'))}</p>` : nothing}`);
}

// --- SMS, e-mail or QR, changed while it waits -----------------------------------------------

function sendForm(payment, send) {
  const field = TO[send.method];
  return html`<form class="send" novalidate data-name="send-form" @submit=${(event) => {
    event.preventDefault();
    send.submit();
  }}><label>${t(`pay.${field}`)} <input name="to" type=${field === 'phone' ? 'tel' : 'email'}
    autocomplete="off" maxlength="255" .value=${send.to} aria-invalid=${send.wrong ? 'true'
    : nothing} aria-describedby=${send.wrong ? 'wrong-to' : nothing}
    @input=${(event) => send.set(event.target.value)}></label><button type="submit"
    data-name="send-now">${t(`do.send.${send.method}`)}</button>${send.wrong ? html`<small
    class="wrong" id="wrong-to" role="alert">${send.wrong}</small>` : nothing}</form>`;
}

function sending(payment, send, choose) {
  const { allowed, methods } = payment.actions.send;
  if (!isPending(payment) || !allowed) return nothing;
  const isBusy = Boolean(underWay('send', payment.payment_id));
  return html`<div class="sending" role="group" aria-label=${t('do.send')}>${methods.map(
    (method) => html`<button type="button" class="secondary small" data-name=${`send-${method}`}
      ?disabled=${isBusy} aria-expanded=${TO[method] ? String(send?.method === method) : nothing}
      @click=${() => choose(method)}>${t(`do.send.${method}`)}</button>`)}</div>${
    send ? sendForm(payment, send) : nothing}`;
}

// --- after it ended --------------------------------------------------------------------------

function references(payment) {
  if (!payment.klarna_reference && !payment.klarna_order_id) return nothing;
  const fact = (name, text) => (text ? html`<dt>${name}</dt><dd>${copyable(text, name)}</dd>`
    : nothing);
  return html`<dl class="facts references">${
    fact(t('now.klarna_reference'), payment.klarna_reference)}${
    fact(t('now.klarna_order_id'), payment.klarna_order_id)}</dl>`;
}

function pendingButtons(payment, acts) {
  return html`${payment.frozen ? nothing : html`<button type="button" class="secondary"
    data-name="other-amount" @click=${acts.other}>${t('now.other')}</button>`}${
    smallAbort(payment, acts)}`;
}

function endedButtons(payment, acts) {
  const isPaid = payment.state === 'COMPLETED', isBack = shownState(payment) === 'GIVEN_BACK';
  return html`${isPaid ? html`${paidButtons(payment, acts, 'next')}${receiptLink(payment)}` : nothing}${
    isPaid && !isBack ? nothing : html`<button type="button" data-name="again" @click=${acts.again}>${
      t('now.again', { amount: amountOf(payment) })}</button>`}<button type="button"
    class="secondary" data-name="fresh" @click=${acts.fresh}>${t('now.new')}</button>`;
}

function asked(payment) {
  return ['send', 'verify', 'refund'].map((action) => standing(action, payment.payment_id));
}

export function nowView(payment, { qr, problem, send, isAborting, isQuicker, acts }) {
  const reason = reasonOf(payment);
  return html`<section class="part now" data-name="now" data-state=${shownState(payment)}
    data-id=${payment.payment_id} aria-labelledby="now-title">
    <div class="part-head"><h2 id="now-title" tabindex="-1">${t('now.title')}</h2>${
      stateBadge(payment)}</div>
    <div class="now-body"><div class="now-words"><p class="figure">${amountOf(payment)}</p>
    <p class="soft">${[payment.reference1, payment.invoice].filter((text, i, all) => text
      && all.indexOf(text) === i).join(' · ')} · ${time(payment.created_at,
      dateTime(payment.created_at))}</p>
    <p class="sentence" data-name="sentence">${isAborting && isPending(payment)
      ? t('now.ending') : sentenceOf(payment)}</p>${isQuicker ? html`<p class="ask"
      role="alert" data-name="quicker">${t('now.quicker')}</p>` : nothing}${reason ? html`<p class="soft" data-name="reason">${reason}</p>`
      : nothing}${isPending(payment) ? html`<p class="soft">${t('now.save_later')}</p>` : nothing}
    ${countdown(payment)}<p class="sent" data-name="sent" data-state=${
      payment.distribution.state}>${sentWords(payment)}</p>
    ${isPending(payment) ? idCheck(payment) : nothing}${sending(payment, send, acts.sendBy)}${asked(payment)}${references(payment)}
    ${problem ? html`<p class="problem" role="alert" data-name="problem">${explain(problem)}</p>`
      : nothing}
    <div class="toolbar">${isPending(payment) ? pendingButtons(payment, acts)
      : endedButtons(payment, acts)}</div></div>${code(payment, qr)}</div></section>`;
}
