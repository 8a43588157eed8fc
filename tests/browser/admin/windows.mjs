// SPDX-License-Identifier: Apache-2.0
// Whether a window fits the screen: its title and its buttons are in sight, and whatever is in it is
// reached with the mouse's wheel and with keys alone.
import assert from 'node:assert/strict';
import { axe } from '../looks.mjs';
import { WIDE, dialog, picture } from './support.mjs';

// The laptops of most offices, a telephone, and a laptop at 200 %.
export const SIZES = [['1366x768', { width: 1366, height: 768 }],
  ['1280x720', { width: 1280, height: 720 }], ['360x740', { width: 360, height: 740 }],
  ['1280x720-zoomed', { width: 640, height: 360 }]];
const REACHABLE = 'input:enabled, select:enabled, button:enabled, a[href], [tabindex="0"]';
const MOST_TABS = 200;

// What of the window's parts is not wholly on the screen, or behind something.
const hidden = (page, selector) => dialog(page).locator(selector).evaluateAll((all) => all
  .filter((one) => one.checkVisibility()).filter((one) => {
    const { left, top, right, bottom, width, height } = one.getBoundingClientRect();
    if (!width || !height) return false;
    const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return left < 0 || top < 0 || right > window.innerWidth + 1 || bottom > window.innerHeight + 1
      || !(there && (one.contains(there) || there.contains(one)));
  }).map((one) => `${one.outerHTML.slice(0, 90)} ${JSON.stringify(one.getBoundingClientRect())}`));

// Turned until it is there, as a hand does; every field passes by.
async function wheels(page, where) {
  const inside = dialog(page).locator('.inside');
  await inside.evaluate((one) => { one.scrollTop = 0; });
  const seen = await inside.evaluate(async (one) => {
    const all = new Set(one.querySelectorAll('input, select, button, p, li'));
    const limits = one.getBoundingClientRect();
    for (let end = -1; end !== one.scrollTop;) {
      end = one.scrollTop;
      for (const each of all) {
        const box = each.getBoundingClientRect();
        if (!each.checkVisibility() || (box.top >= limits.top - 1 && box.top < limits.bottom)) {
          all.delete(each);
        }
      }
      one.scrollBy({ top: limits.height / 2, behavior: 'instant' });
    }
    return [...all].map((each) => each.outerHTML.slice(0, 90));
  });
  assert.deepEqual(seen, [], `${where}: not reached by scrolling`);
  await inside.evaluate((one) => { one.scrollTop = 0; });
  const room = await inside.evaluate((one) => one.scrollHeight - one.clientHeight);
  if (room < 2) return;
  await inside.hover();
  await page.mouse.wheel(0, room);
  await page.waitForFunction(() => document.querySelector('dialog[open] .inside').scrollTop > 0);
}

// Tab goes through all of it, and what has the focus is in sight.
async function tabs(page, where) {
  const known = await dialog(page).locator(REACHABLE).evaluateAll((all) => {
    const radios = new Set();
    return all.filter((one) => one.checkVisibility()).filter((one) => {
      if (one.type !== 'radio') return true;
      if (radios.has(one.name)) return false;
      radios.add(one.name);          // of a group of choices Tab reaches one
      return true;
    }).length;
  });
  await dialog(page).locator('h2').focus();
  const reached = new Set();
  for (let i = 0; i < MOST_TABS && reached.size < known; i++) {
    await page.keyboard.press('Tab');
    const { id, out } = await page.evaluate((all) => {
      const one = document.activeElement, box = one.getBoundingClientRect();
      const id = [...document.querySelectorAll(`dialog[open] :is(${all})`)].indexOf(one);
      const out = id >= 0 && !one.matches('.inside')
        && (box.top < -1 || box.bottom > window.innerHeight + 1
          || !one.matches('input, select, button, a')
          || !one.contains(document.elementFromPoint((box.left + box.right) / 2,
            (box.top + box.bottom) / 2)));
      return { id, out: out ? `${one.outerHTML.slice(0, 90)} at ${box.top}` : '' };
    }, REACHABLE);
    assert.equal(out, '', `${where}: has the focus out of sight`);
    if (id >= 0) reached.add(id);
  }
  assert.ok(reached.size >= known, `${where}: Tab reached ${reached.size} of ${known}`);
}

/** The open window at each of the sizes; run: what is done in it at each, before it is looked at. */
export async function fitsAll(page, name) {
  for (const [size, viewport] of SIZES) {
    const where = `window-${name}-${size}`;
    await page.setViewportSize(viewport);
    await picture(page, where);
    for (const part of ['h2', 'footer.buttons', 'footer.buttons button', '.cross']) {
      assert.deepEqual(await hidden(page, part), [], `${where}: ${part} is out of sight`);
    }
    await wheels(page, where);
    await tabs(page, where);
    await axe(page, where);
  }
  await page.setViewportSize(WIDE);
}
