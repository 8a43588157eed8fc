// SPDX-License-Identifier: Apache-2.0
//
// What of an order an action is about: everything, some of its lines, or a free amount. Shown
// for captures (pieces) and for credit invoices (pieces and value); the most of each line stands
// beside it, as the module counts it.
import { html, live, nothing } from '../lib/html.mjs';
import { choice, described, textField, wrongNote } from './fields.mjs';
import { money, number } from '../lib/format.mjs';
import { t } from '../lib/i18n.mjs';
import { mayRelease, mostAmount, mostOf } from './requests.mjs';

/** The lines that something is left of, with their place in the order: [line, index, most]. */
export function pickable(action, order, isReleased = false) {
  return order.order_lines.map((line, i) => [line, i, mostOf(action, line, isReleased)])
    .filter(([line, , most]) => (line.shared ? most.amount !== 0
      : most.quantity > 0 || (action === 'credit' && most.amount !== 0)));
}

function put(form, member, line, text) {
  form.set({ [member]: { ...form.values[member], [line.reference]: text } });
}

function input(form, member, [line, i, most], { label, hint, mode }) {
  const field = `${member}-${i}`, { wrong, ids, words } = described(form, field, hint);
  return html`<div class="field"><label for=${`field-${field}`}>${label}<span class="hidden"> ${
    t('action.of_line', { line: line.name })}</span></label><input id=${`field-${field}`}
    name=${field} type="text" inputmode=${mode} maxlength="20" autocomplete="off"
    ?disabled=${member === 'quantity' && most.quantity === 0}
    aria-invalid=${wrong ? 'true' : nothing} aria-describedby=${ids}
    .value=${live(form.values[member]?.[line.reference] ?? '')}
    @input=${(event) => put(form, member, line, event.target.value)}>${words}</div>`;
}

function all(form, [line, , most]) {
  if (!most.quantity) return nothing;
  return html`<button type="button" class="secondary small all" @click=${() => (
    put(form, 'quantity', line, String(most.quantity)))}>${t('action.all')}<span class="hidden"> ${
    t('action.of_line', { line: line.name })}</span></button>`;
}

// What the module would take of a line that belongs to the whole order, from its preview.
function proposed({ preview, order }, { reference }) {
  if (preview?.state !== 'known') return '';
  const { plan } = preview;
  const parts = (plan.steps ?? [plan]).flatMap(({ lines }) => lines)
    .filter((part) => part.reference === reference);
  const sum = parts.reduce((all, { amount }) => all + amount, 0);
  return t('action.share_taken', { amount: money(sum, order.purchase_currency) });
}

function shareRow(form, entry) {
  const [line, , most] = entry, currency = form.order.purchase_currency;
  const hint = [t('action.share_hint', { most: money(most.amount, currency) }),
    proposed(form, line)].filter(Boolean).join(' ');
  return html`<li class="pick" data-name=${`share-${line.reference}`}><div class="pick-line"><strong
    >${line.name}</strong> <span class="soft">${line.reference}</span></div>
    <div class="pick-fields">${input(form, 'value', entry, { label: t('action.share'), hint,
      mode: most.amount < 0 ? 'text' : 'decimal' })}</div></li>`;
}

function lineRow(form, action, entry) {
  if (entry[0].shared) return shareRow(form, entry);
  const [line, , most] = entry, currency = form.order.purchase_currency;
  const value = money(most.amount, currency);
  return html`<li class="pick"><div class="pick-line"><strong>${line.name}</strong> <span
    class="soft">${line.reference}</span></div>
    <div class="pick-fields">${input(form, 'quantity', entry, { label: t('action.quantity'),
      hint: t('action.most', { most: number(most.quantity) }), mode: 'numeric' })}${
    all(form, entry)}${action === 'credit' ? input(form, 'value', entry, {
      label: t('action.value'), hint: t(most.amount < 0 ? 'action.most_discount' : 'action.most',
        { most: value }), mode: most.amount < 0 ? 'text' : 'decimal' }) : nothing}</div></li>`;
}

function lineList(form, action, lines) {
  return html`${wrongNote(form, 'lines')}${action === 'credit' ? html`<p class="soft">${
    t('action.value_hint')}</p>` : nothing}<ul class="picks" aria-label=${t('action.lines')}>${
    lines.map((entry) => lineRow(form, action, entry))}</ul>`;
}

// The most of an amount, and why it is not what "everything" says.
function mostHint(action, order, isReleased) {
  const say = (amount) => money(amount, order.purchase_currency);
  const most = mostAmount(action, order, isReleased);
  if (action === 'capture') return t('action.most_open', { most: say(most) });
  if (mayRelease(order) && !isReleased) {
    return t('action.most_captured', { most: say(most),
      rest: say(order.remaining_authorized_amount) });
  }
  if (order.return_fees_kept) {
    return t('action.most_kept', { most: say(most), kept: say(order.return_fees_kept) });
  }
  return t('action.most_left', { most: say(most) });
}

/** The choice and what it opens. */
export function pickWhat(form, action) {
  const { order } = form, isReleased = Boolean(form.values.release);
  const lines = pickable(action, order, isReleased);
  const whole = action === 'credit'
    ? order.max_credit_amount - order.return_fees_kept : mostAmount(action, order);
  return html`${choice(form, 'mode', t(`action.${action}.what`), [
    ['everything', t(`action.${action}.everything`), money(whole, order.purchase_currency)],
    ...(lines.length ? [['lines', t('action.by_lines')]] : []),
    ['amount', t('action.by_amount')]])}${
    form.values.mode === 'lines' ? lineList(form, action, lines) : nothing}${
    form.values.mode === 'amount' ? textField(form, 'amount', t('action.amount', {
      currency: order.purchase_currency }), { hint: mostHint(action, order, isReleased),
      mode: 'decimal', longest: 20, optional: false }) : nothing}`;
}
