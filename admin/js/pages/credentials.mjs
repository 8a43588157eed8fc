// SPDX-License-Identifier: Apache-2.0
//
// Which of Klarna's regions and environments accept the credentials, and whether those are the
// configured ones. The module asks Klarna for an order that cannot exist; nothing is changed.
//
//   credentials(overview)      the section; overview (of operator/overview) may be missing yet
import { post } from '../lib/api.mjs';
import { badge, html, nothing, notice } from '../lib/html.mjs';
import { t, word } from '../lib/i18n.mjs';
import { draw, failure, say } from '../lib/shell.mjs';
import { cell, row, table } from '../lib/table.mjs';

const TONES = { accepted: 'good', refused: 'bad', no_answer: 'wait' };
let store = '';
let running = false;
let result = {};                  // { answer } or { error } of the last test

async function test() {
  if (running) return;
  running = true;
  result = {};
  draw();
  try {
    result = { answer: (await post('operator/credential-test', store ? { store } : {})).body };
  } catch (error) {
    result = { error };
  }
  running = false;
  draw();
  if (result.answer) say(verdict(result.answer).text);
}

function place({ environment, region }) {
  return t('credentials.place', { environment: word(`environment.${environment}`, environment),
    region: word(`region.${region}`, region) });
}

// The lines that make the configuration what the credentials are for.
function cure(configured, found) {
  const lines = [];
  if (found.region !== configured.region) lines.push(`KlarnaRegion ${found.region}`);
  if (found.environment !== configured.environment) {
    lines.push(`KlarnaEnvironment ${found.environment}`);
  }
  return lines;
}

function verdict({ configured, results }) {
  const accepted = results.filter((row) => row.result === 'accepted');
  const right = accepted.find((row) => !cure(configured, row).length);
  if (right) return { tone: 'good', text: t('credentials.right', { place: place(right) }) };
  if (accepted.length) {
    return { tone: 'bad', lines: cure(configured, accepted[0]), text: t('credentials.elsewhere', {
      place: accepted.map(place).join(', '), configured: place(configured) }) };
  }
  const isSilent = results.some((row) => row.result === 'no_answer');
  return { tone: 'bad', text: t(isSilent ? 'credentials.silent' : 'credentials.nowhere') };
}

function resultRow({ environment, region, url, result: outcome, detail }) {
  const why = outcome === 'no_answer' ? html`<small class="soft">${detail}</small>` : nothing;
  return row([
    cell(t('credentials.environment'), word(`environment.${environment}`, environment)),
    cell(t('credentials.region'), word(`region.${region}`, region)),
    cell(t('credentials.address'), html`<code>${url}</code>`),
    cell(t('credentials.result'), html`${badge(t(`credentials.${outcome}`), TONES[outcome],
      outcome)}${why}`),
  ], `${environment}-${region}`);
}

function answered(answer) {
  const { tone, text, lines } = verdict(answer);
  const heads = ['environment', 'region', 'address', 'result'];
  return html`<div class="verdict" data-name="credentials-verdict">${notice(tone, text, lines
    ? html`<p>${t('credentials.cure')}</p><pre><code>${lines.join('\n')}</code></pre>`
    : nothing)}</div>${table(t('operations.credentials'),
    heads.map((name) => t(`credentials.${name}`)), answer.results.map(resultRow))}`;
}

function storeField(stores) {
  if (stores.length < 2) return nothing;
  return html`<label>${t('credentials.store')} <select name="store" @change=${(event) => {
    store = event.target.value;
    result = {};
    draw();
  }}>${stores.map(({ name }) => html`<option value=${name} ?selected=${name === store}>${name}
    </option>`)}</select></label>`;
}

export function credentials(overview) {
  return html`<p class="soft">${t('credentials.hint')}</p>
    <div class="inline">${storeField(overview?.stores || [])}<button type="button"
      data-name="credential-test" @click=${test} aria-disabled=${String(running)}
      aria-busy=${String(running)}>${t(running ? 'credentials.running' : 'credentials.test')}
    </button></div>${result.answer ? answered(result.answer) : nothing}${result.error
    ? failure(result.error, { family: 'operator' }) : nothing}`;
}
