// SPDX-License-Identifier: Apache-2.0
// How a page looks to those who see it differently: axe-core, light and dark, wide and narrow.
import { axe, fits } from '../looks.mjs';
import { NARROW, WIDE, picture } from './support.mjs';

/** axe-core finds nothing, nothing is wider than the screen; a picture of each of the four. */
export async function looks(page, name) {
  for (const [size, viewport] of [['wide', WIDE], ['360', NARROW]]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const where = `${name}-${size}-${colorScheme}`;
      await axe(page, where);
      await fits(page, where);
      await picture(page, where);
    }
  }
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
}

/** In the page's own settings: a language, the colours. */
export async function choose(page, name, value) {
  await page.locator('header button').last().click();
  await page.locator(`select[name=${name}]`).selectOption(value);
  await page.keyboard.press('Escape');
}
