// SPDX-License-Identifier: Apache-2.0
//
// What is around every page: header, navigation, language, theme, the banner when the server is
// out of reach, and the live region.
//
//   startPage({
//     page: () => 'orders',                // which entry of the navigation: orders, payments,
//                                          // operations, till
//     isBare: () => false,                 // without the navigation
//     areas: ['common', 'orders'],         // files of words
//     title: () => t('orders.title'),      // of the window
//     view: () => html`...`,               // what is in <main>; begins with an <h1>
//     start: async () => {},               // called once, when the words are there
//   });
//   draw()                 draws all of the page again, from view()
//   say(text)              a polite word to those who do not see the page change
//   tell(words)            what has been done, in sight until it is closed or the next one comes;
//                          words: text or a template, or nothing
//   failure(error, { family, retry })      what a page shows instead of what it could not load:
//                          for 401 and 403 which right is missing, else what went wrong, and a
//                          button that calls retry. family: the family of routes, "orders"
//   about()                { user, version, stores } of the module, or null
//   stores()               the names of the stores; isMixed(member): whether they differ in it
//   environmentBadge(word) playground or live
//   onBack(function)       called when the server can be reached again
//
// The page's HTML has <div id="page"></div>.
import { address, connection, get } from './api.mjs';
import { badge, html, live, nothing, notice, render } from './html.mjs';
import { LANGUAGES, chooseLanguage, explain, language, loadWords, t, word } from './i18n.mjs';
import { keep, recall } from './kept.mjs';
import { poll } from './poll.mjs';

const THEME = 'klarna-admin.theme';
const THEMES = ['auto', 'light', 'dark'];
const PAGES = [['orders', './'], ['payments', 'payments.html'], ['operations', 'operations.html'],
  ['till', 'till.html']];
// The routes that a page lives by.
const FAMILIES = { orders: 'orders', payments: 'orders', operations: 'operator', till: 'instore' };
const OPERATES = 'klarna-admin.operates'; // the user, and yes or no: asked once in a tab
const WORDS_LATE = 'The page could not be loaded; trying again.'; // there are no words yet
const RETRY_MS = 3000;

let spec = null;
let known = null;      // what about() gives
let mayOperate = false;
let isLost = false;
let paths = {};        // of the families, for people
let told = nothing;    // what has been done

export function about() {
  return known;
}

export function stores() {
  return (known?.stores || []).map((store) => store.name);
}

export function isMixed(member) {
  return new Set((known?.stores || []).map((store) => store[member])).size > 1;
}

export function onBack(callback) {
  connection.addEventListener('back', callback);
}

export function say(text) {
  const region = document.getElementById('live');
  if (!region) return;
  region.textContent = '';
  // The same words twice are said twice only when the region was empty in between.
  requestAnimationFrame(() => { region.textContent = text; });
}

export function environmentBadge(environment) {
  return badge(word(`environment.${environment}`, environment),
    environment === 'live' ? 'live' : 'wait', `environment-${environment}`);
}

// --- what could not be loaded --------------------------------------------------------------

function denied(error, family) {
  const user = known?.user;
  const where = paths[family] || family;
  return notice('bad', t(user ? 'denied.title_user' : 'denied.title', { user }), html`
    <p>${t(`denied.${family}`)}</p>
    <p>${t(error.status === 401 ? 'denied.sign_in' : 'denied.ask', { where })}</p>`);
}

export function failure(error, { family = 'orders', retry } = {}) {
  const again = retry ? html`<p><button type="button" class="secondary" data-name="retry"
    @click=${retry}>${t('try_again')}</button></p>` : nothing;
  if (error.isDenied) return html`<div class="failure" role="alert">${denied(error, family)}${
    again}</div>`;
  return html`<div class="failure" role="alert">${
    notice('bad', t('failed'), html`<p>${explain(error)}</p>`)}${again}</div>`;
}

// --- header --------------------------------------------------------------------------------

function navigation() {
  const shown = PAGES.filter(([name]) => name !== 'operations' || mayOperate
    || spec.page() === name);
  return html`<nav aria-label=${t('navigation')}><ul>${shown.map(([name, href]) => html`<li><a
    href=${href} aria-current=${spec.page() === name ? 'page' : nothing}>${t(`page.${name}`)}</a>
    </li>`)}</ul></nav>`;
}

async function changeLanguage(event) {
  chooseLanguage(event.target.value);
  await loadWords(spec.areas);
  draw();
}

function theme() {
  return document.documentElement.dataset.theme || 'auto';
}

function changeTheme(event) {
  const wanted = event.target.value;
  keep('localStorage', THEME, wanted);
  if (wanted === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = wanted;
  window.dispatchEvent(new Event('themechange')); // for what is painted on a canvas
  draw();
}

function settings() {
  return html`<div id="settings" popover class="settings">
    ${known?.user ? html`<p>${t('signed_in', { user: known.user })}</p>` : nothing}
    <label>${t('language')} <select name="language" .value=${live(language())}
      @change=${changeLanguage}>${Object.entries(LANGUAGES).map(([tag, name]) => html`<option
      value=${tag} lang=${tag} ?selected=${tag === language()}>${name}</option>`)}</select></label>
    <label>${t('theme')} <select name="theme" .value=${live(theme())} @change=${changeTheme}>${
      THEMES.map((name) => html`<option value=${name} ?selected=${name === theme()}>${
        t(`theme.${name}`)}</option>`)}</select></label>
    ${known ? html`<p class="soft">mod_klarna ${known.version}</p>` : nothing}
  </div>`;
}

function environment() {
  const found = new Set((known?.stores || []).map((store) => store.environment));
  return found.size === 1 ? environmentBadge([...found][0]) : nothing;
}

function header() {
  return html`<header class="top"><div class="top-inner">
    <a class="brand" href="./"><svg viewBox="0 0 20 20" width="20" height="20"
      aria-hidden="true"><rect width="20" height="20" rx="5"/><path
      d="M6 4.5v11M14 4.5c0 4-3 5.5-7.5 5.5M9.5 9.5l5 6"/></svg><span>mod_klarna</span></a>
    ${spec.isBare?.() ? nothing : navigation()}
    <div class="top-end">${environment()}<button type="button" class="quiet menu"
      popovertarget="settings" aria-label=${t('settings_of', { user: known?.user || '–' })}>${
      known?.user || t('settings')}</button></div>
  </div></header>${settings()}`;
}

function banner() {
  if (!isLost) return nothing;
  return html`<p class="banner" role="alert" data-name="lost">${t('connection_lost')}</p>`;
}

export function tell(words) {
  told = words;
  draw();
}

function news() {
  if (told === nothing) return nothing;
  return html`<div class="news-note" data-name="news"><div>${told}</div><button type="button"
    class="quiet small" data-name="news-close" @click=${() => tell(nothing)}>${t('close')}</button>
    </div>`;
}

export function draw() {
  document.title = `${spec.title()} · mod_klarna`;
  render(html`<a class="skip" href="#main">${t('skip')}</a>${header()}
    <div class="banners">${banner()}</div>
    <main id="main" tabindex="-1">${spec.view()}</main>
    <div class="news" role="status">${news()}</div>
    <p id="live" class="hidden" role="status"></p>`, document.getElementById('page'));
}

// --- starting ------------------------------------------------------------------------------

const askAbout = () => get(`${FAMILIES[spec.page()]}/about`);

// A clerk who is no operator still has a name on the operator's page.
async function anyAbout() {
  const own = FAMILIES[spec.page()];
  for (const family of own === 'operator' ? [own, 'orders'] : [own]) {
    try {
      return await get(`${family}/about`);
    } catch (error) {
      if (!error.isDenied) throw error;
    }
  }
  return null;
}

async function learnAbout() {
  try {
    known = await anyAbout();
    if (!known) return;
    draw();
    await learnRights();
  } catch {
    // A page without a name in its header; the page's own requests say what is wrong.
  }
}

// Whether there is a link to the operator's page; the server decides about everything behind it.
async function learnRights() {
  const [user, answer] = recall('sessionStorage', OPERATES).split('\n');
  if (user === known.user) mayOperate = answer === 'yes';
  else {
    mayOperate = await get('operator/about').then(() => true, (error) => {
      if (!error.isDenied) throw error;
      return false;
    });
    keep('sessionStorage', OPERATES, `${known.user}\n${mayOperate ? 'yes' : 'no'}`);
  }
  draw();
}

async function learnPaths() {
  const families = ['orders', 'operator', 'instore'];
  const found = await Promise.all(families.map((family) => address(family)));
  paths = Object.fromEntries(families.map((family, i) => [family, new URL(found[i]).pathname]));
}

function watchConnection() {
  let probing = null;
  connection.addEventListener('lost', () => {
    isLost = true;
    draw();
    probing ||= poll(() => askAbout().then(() => false, () => isLost),
      { first: RETRY_MS });
  });
  connection.addEventListener('back', () => {
    isLost = false;
    probing?.stop();
    probing = null;
    draw();
    say(t('connection_back'));
    if (!known) learnAbout();
  });
}

async function loaded() {
  for (;;) {
    try {
      return await Promise.all([loadWords(spec.areas), learnPaths()]);
    } catch {
      document.getElementById('page').textContent = WORDS_LATE;
      await new Promise((resolve) => { setTimeout(resolve, RETRY_MS); });
      document.getElementById('page').textContent = '';
    }
  }
}

export async function startPage(wanted) {
  spec = wanted;
  await loaded();
  watchConnection();
  draw();
  learnAbout();
  await spec.start();
}
