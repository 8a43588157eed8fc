// SPDX-License-Identifier: Apache-2.0
//
// The words of the pages. lang/<language>/<area>.json holds flat keys, the same in each language;
// scripts/admin-pages makes one file of them for each page and language, whose name the page has in
// data-words. Without a choice of the reader's own the server picks the language, by the browser's
// preferences, so that the page can ask for its words before any script runs.
//
//   await loadWords(['common', 'orders'])   once, before anything is drawn: the areas of the page
//   t('key', { name: value })               the words; {name} is replaced. With a `count` the key
//                                           is looked up as key.one, key.other ... by the
//                                           language's plural rules, and count is written as a
//                                           number of the locale
//   word('state.CAPTURED', 'CAPTURED')      the words, or what the module said when it has a
//                                           code that these files do not know
//   explain(error)                          one or two sentences about a Problem or Lost
//   language(), locale()                    "sv", and what Intl shall be given ("sv-FI")
//   chooseLanguage('sv')                    remembered; load the words and draw again after it
//   speak('sv-SE')                          on this page only, in front of somebody else

import { keep, recall } from './kept.mjs';

const CHOICE = 'klarna-admin.language';
export const LANGUAGES = { en: 'English', sv: 'Svenska', nb: 'Norsk bokmål', fi: 'Suomi',
  de: 'Deutsch', nl: 'Nederlands', fr: 'Français', it: 'Italiano', es: 'Español' };
const ALIASES = { no: 'nb', nn: 'nb' };

let words = {};          // '': their language
let chosen = '';         // on this page

function base(tag) {
  const language = tag.toLowerCase().split('-')[0];
  return ALIASES[language] || language;
}

export function language() {
  const wanted = [chosen || recall('localStorage', CHOICE), ...navigator.languages].map(base);
  return wanted.find((tag) => LANGUAGES[tag]) || 'en';
}

export function locale() {
  const spoken = language();
  if (chosen.includes('-') && base(chosen) === spoken) return chosen;
  return navigator.languages.find((tag) => base(tag) === spoken) || spoken;
}

export function speak(tag) {
  chosen = tag;
}

export function chooseLanguage(tag) {
  chosen = tag;
  keep('localStorage', CHOICE, tag);
}

async function file(suffix) {
  const answer = await fetch(`${document.documentElement.dataset.words}${suffix}`);
  return answer.ok ? answer.json() : {};
}

export async function loadWords() {
  const spoken = language();
  let found = words[''] ? words : await file('');
  if (found[''] !== spoken) found = await file(`.${spoken}.json`);
  if (!found['']) throw new Error(`no words in ${spoken}`);
  words = found;
  document.documentElement.lang = spoken;
}

function template(key, values) {
  if (typeof values.count !== 'number') return words[key];
  const category = new Intl.PluralRules(locale()).select(values.count);
  return words[`${key}.${category}`] ?? words[`${key}.other`] ?? words[key];
}

function written(value) {
  return typeof value === 'number' ? new Intl.NumberFormat(locale()).format(value) : String(value);
}

export function t(key, values = {}) {
  const text = template(key, values) ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (
    name in values ? written(values[name]) : whole));
}

export function word(key, fallback) {
  return words[key] ?? fallback;
}

function toldBy(error) {
  if (error.detail) return error.detail;
  return error.status ? t('error.http', { status: String(error.status) }) : error.message;
}

// What the module says itself is English: it is shown for codes that these files do not know.
export function explain(error) {
  const known = words[`error.${error.code}`] ?? words[`reason.${error.code}`];
  const next = words[`next.${error.code}`] ?? (known ? '' : error.next);
  return [known ?? toldBy(error), next, ...(error.messages || [])].filter(Boolean).join(' ');
}
