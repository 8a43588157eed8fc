// SPDX-License-Identifier: Apache-2.0
// What every page must be, whoever looks at it: axe-core finds nothing, nothing is wider than the
// screen.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const AXE = readFileSync(new URL('./node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** axe-core finds nothing in the page as it stands. */
export async function axe(page, where) {
  if (!await page.evaluate(() => Boolean(window.axe))) await page.evaluate(AXE);
  const found = await page.evaluate((values) => window.axe.run(document, { preload: false,
    resultTypes: ['violations'], runOnly: { type: 'tag', values } }), RULES);
  const told = found.violations.map(({ id, nodes }) => (
    `${id}: ${nodes.map((node) => `${node.target} ${node.any[0]?.message || ''}`).join('; ')}`));
  assert.equal(told.length, 0, `${where}: ${told.join('\n')}`);
}

/** Nothing in the page is wider than the screen. */
export async function fits(page, where) {
  const wider = await page.evaluate(() => {
    const root = document.scrollingElement, limit = root.clientWidth + 1;
    if (root.scrollWidth <= limit) return [];
    return [...document.querySelectorAll('body *')].filter((element) => (
      element.checkVisibility() && element.getBoundingClientRect().right > limit
    )).map((element) => element.outerHTML.slice(0, 90));
  });
  assert.equal(wider.length, 0, `${where} is wider than the screen: ${wider.join('\n')}`);
}
