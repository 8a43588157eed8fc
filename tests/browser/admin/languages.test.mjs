// SPDX-License-Identifier: Apache-2.0
// Every page in every language, at 360 px: no word is missing, and none is too long. That the files
// of words have the same keys and say something of their own is the guards' to see.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { LANGUAGES } from '../../../admin/js/lib/i18n.mjs';
import { fits } from '../looks.mjs';
import { choose } from './looks.mjs';
import { ADMIN, NARROW, dialog, shows, story, withBrowser } from './support.mjs';
import { SCREEN, atTill, begun, box, named, now, paid, row, stands, tillStory }
  from './tillsupport.mjs';

withBrowser();

const ENGLISH = new URL('../../../admin/lang/en/', import.meta.url);
const keysOf = (area) => Object.keys(JSON.parse(readFileSync(new URL(area, ENGLISH))));
const KEYS = new Set(readdirSync(ENGLISH).flatMap(keysOf).filter((key) => key.includes('.')));
const STATES = keysOf('customer.json').map((key) => key.slice('customer.'.length))
  .filter((name) => /^[A-Z_]+$/.test(name));
const LOCALES = { en: 'en-SE', sv: 'sv-SE', nb: 'nb-NO', fi: 'fi-FI', de: 'de-DE', nl: 'nl-NL',
  fr: 'fr-FR', it: 'it-IT', es: 'es-ES' };
const link = (page, name) => page.getByRole('link', { name, exact: true });

/** A word that is missing is shown as its key. */
async function complete(page, where) {
  const texts = await page.evaluate(() => [...document.querySelectorAll('body *')].flatMap(
    (element) => [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.data.trim())));
  assert.deepEqual(texts.filter((text) => KEYS.has(text)), [], where);
  await fits(page, where);
}

async function speaks(page, language) {
  await page.waitForFunction((tag) => document.documentElement.lang === tag, language);
}

/** The page as it stands in each language, and what look does then; in English again after it. */
async function inEach(page, what, look) {
  for (const language of [...Object.keys(LANGUAGES).slice(1), 'en']) {
    await choose(page, 'language', language);
    await speaks(page, language);
    await complete(page, `${language}, ${what}`);
    await look?.(language);
  }
}

story('orders, payments and operations', async (page) => {
  await page.setViewportSize(NARROW);
  await page.goto(`${ADMIN}?q=A-1006`);
  await link(page, 'A-1006').waitFor();
  await inEach(page, 'the list', async (language) => {
    if (language === 'sv') await shows(page.locator('main'), /1\s626,00\skr/);
  });
  await link(page, 'A-1006').click();
  await page.locator('section[data-name=history]').waitFor();
  await inEach(page, 'an order', async (language) => {
    for (const action of ['capture', 'credit', 'cancel']) {
      await page.locator(`[data-name=do-${action}]`).click();
      await complete(page, `${language}, ${action}`);
      await dialog(page).locator('[data-name=discard]').click();
    }
  });
  for (const state of ['CREATED', 'DECLINED', 'ABANDONED']) {
    await page.goto(`${ADMIN}payments.html?state=${state}`);
    await page.locator('a.order-link').first().waitFor();
    await inEach(page, `payments ${state}`);
  }
  await page.locator('a.order-link').first().click();
  await page.locator('section[data-name=history]').waitFor();
  await inEach(page, 'a payment');
  await page.goto(`${ADMIN}operations.html`);
  await page.locator('figure[data-name=times]').waitFor();
  await inEach(page, 'operations');
}, { user: 'operator' });

tillStory('the till', async (page) => {
  await page.setViewportSize(NARROW);
  await atTill(page);
  await inEach(page, 'a new payment');
  await begun(page, '1129,50');
  await inEach(page, 'a payment that waits');
  await now(page, 'abort').click();
  await stands(page, 'CANCELLED');
  await inEach(page, 'aborted');
  await now(page, 'fresh').click();
  const id = await paid(page, '1129,50');
  await now(page, 'verify').click();
  await stands(page, 'VERIFIED');
  await inEach(page, 'verified', async (language) => {
    await row(page, id).locator('[data-name=refund]').click();
    await complete(page, `${language}, refund`);
    await box(page, 'cross').click();
    await named(page, 'credit').click();
    await complete(page, `${language}, credit note`);
    await box(page, 'cross').click();
  });
  await page.goto(`${ADMIN}receipt.html?id=${id}`);
  await named(page, 'receipt').waitFor();
  await inEach(page, 'receipt');
});

tillStory('the customer\'s screen, in the language of the payment', async (page) => {
  let told = { version: 1, state: 'NONE' }, news = () => {};
  await page.route('**/display/payment*', async (route) => {
    const known = new URL(route.request().url()).searchParams.get('version');
    if (known === String(told.version)) await new Promise((resolve) => { news = resolve; });
    await route.fulfill({ json: told });
  });
  await page.route('**/display/qr.svg*', (route) => route.fulfill({ contentType: 'image/svg+xml',
    body: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>' }));
  await page.setViewportSize(NARROW);
  await page.goto(`${SCREEN}#key`);
  for (const [language, locale] of Object.entries(LOCALES)) {
    for (const state of STATES) {
      told = { version: told.version + 1, state: state.replace('_NO_CODE', ''), amount: 112950,
        currency: 'EUR', locale, link: state === 'WAITING', till: 'Counter 1',
        expires_at: new Date(Date.now() + 900000).toISOString() };
      news();
      await page.locator(`[data-name=screen][data-state=${state}]`).waitFor();
      await speaks(page, language);
      await complete(page, `${locale}, ${state}`);
    }
  }
});
