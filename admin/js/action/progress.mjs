// SPDX-License-Identifier: Apache-2.0
//
// An action after it was sent, in words: on its way, followed, held, refused. What is not confirmed
// is never called done; what is, needs no window any more.
import { html, nothing } from '../lib/html.mjs';
import { dateTime } from '../lib/format.mjs';
import { explain, t } from '../lib/i18n.mjs';
import { EDITING, FOLLOWING, HELD, REFUSED, SUBMITTED } from './pending.mjs';

const ASKED_AGAIN = 1; // answers lost before it is called late

// What is happening, as a code.
function stageOf({ state, lost, problem, operation }) {
  if (state === FOLLOWING) return operation.state || 'accepted';
  if (lost >= ASKED_AGAIN) return 'late';
  return problem ? 'in_turn' : 'sending';
}

/** One sentence on where the action stands. */
export function standing(entry) {
  if (entry.state === REFUSED) return t('action.state.refused');
  if (entry.state === HELD) return t(`action.held.${entry.why}`);
  if (entry.state === EDITING) return '';
  const sentence = t(`action.state.${stageOf(entry)}`);
  const of = { step: String(entry.step + 1), steps: String(entry.steps.length) };
  return entry.steps.length > 1 ? `${t('action.step', of)} ${sentence}` : sentence;
}

function klarnasWords({ errorCode, correlationId }) {
  if (!errorCode && !correlationId) return nothing;
  return html`<dl class="codes">${errorCode ? html`<dt>${t('action.error_code')}</dt><dd><code>${
    errorCode}</code></dd>` : nothing}${correlationId ? html`<dt>${t('action.correlation')}</dt>
    <dd><code>${correlationId}</code></dd>` : nothing}</dl>`;
}

function refusedWords(entry) {
  return html`${entry.step ? html`<p>${t('action.first_step_done')}</p>` : nothing}
    <p>${explain(entry.problem)}</p>${klarnasWords(entry.problem)}
    <p class="soft">${t('action.refused_hint')}</p>`;
}

function waitingWords(flow) {
  const { entry, againAt } = flow;
  return html`<progress aria-label=${t('action.working')}></progress>${
    entry.problem ? html`<p class="soft">${explain(entry.problem)}</p>` : nothing}${
    againAt && entry.lost ? html`<p class="soft">${t('action.asks_again')}</p>` : nothing}${
    entry.operation?.next_at ? html`<p class="soft">${t('action.next_try',
      { when: dateTime(entry.operation.next_at) })}</p>` : nothing}
    <p class="soft">${t(entry.state === FOLLOWING ? 'action.safe_following' : 'action.safe_sent')}
    </p>`;
}

function heldWords({ why, user, at, problem }) {
  return html`<p>${t(`action.held_do.${why}`, { user, when: dateTime(new Date(at).toISOString()) })}
    </p>${why === 'barred' && problem ? html`<p>${explain(problem)}</p>` : nothing}`;
}

/** What stands in the dialog besides the buttons. */
export function progressView(flow) {
  const { entry } = flow;
  if (entry.state === REFUSED) return html`<div data-name="refused">${refusedWords(entry)}</div>`;
  if (entry.state === HELD) return html`<div data-name="held">${heldWords(entry)}</div>`;
  return html`<div data-name="waiting">${waitingWords(flow)}</div>`;
}

function button(name, act, look = '') {
  return html`<button type="button" class=${look} data-name=${name} @click=${act}>${
    t(`action.${name}`)}</button>`;
}

function heldButtons(flow, { forget, isSure, setSure }) {
  return html`<label class="tick"><input type="checkbox" name="sure" .checked=${isSure}
    @change=${(event) => setSure(event.target.checked)}><span>${t('action.forget_sure')}</span>
    </label><button type="button" class="secondary" data-name="forget" ?disabled=${!isSure}
    @click=${forget}>${t('action.forget')}</button>${
    button(`go_${flow.entry.why}`, () => flow.go())}`;
}

/** The dialog's buttons after the form: { close, forget, isSure, setSure, again or null }. */
export function progressButtons(flow, acts) {
  const { state, lost } = flow.entry;
  if (state === HELD) return heldButtons(flow, acts);
  if (state === FOLLOWING) {
    return html`${button('ask_now', () => flow.askNow(), 'secondary')}${
      button('background', acts.close)}`;
  }
  if (state === SUBMITTED) return lost ? button('ask_now', () => flow.askNow()) : nothing;
  return html`${state === REFUSED && acts.again ? button('again', acts.again, 'secondary')
    : nothing}${button('close', acts.close)}`;
}
