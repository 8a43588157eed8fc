// SPDX-License-Identifier: Apache-2.0
//
// The address of this till's customer screen: the module makes a key for it, which stands in the
// fragment, so that it is in no server's log and in no Referer.
import { address, post } from '../lib/api.mjs';
import { copyable, html, nothing } from '../lib/html.mjs';
import { explain, t } from '../lib/i18n.mjs';
import { openBox } from './box.mjs';

const NAME = 'klarna-customer';

export function openScreen({ department, till }) {
  let url = '', problem = null;
  const box = openBox({ name: 'screen', title: () => t('screen.title'),
    view: () => ({ body: html`<p>${t('screen.about')}</p><div role="alert">${problem ? html`<p
      class="problem">${explain(problem)}</p>` : nothing}</div>${url ? html`<p>${copyable(url,
      t('screen.link'))}</p>` : nothing}`, buttons: html`<button type="button"
      data-name="open-here" ?disabled=${!url} @click=${() => {
        window.open(url, NAME, 'noopener,popup,width=480,height=720');
        box.close();
      }}>${t('screen.here')}</button>` }) });

  async function make() {
    try {
      const { body } = await post('instore/displays', { till, department },
        { key: crypto.randomUUID() });
      url = `${await address('screen')}#${body.key}`;
    } catch (error) {
      if (error.status === undefined) throw error;
      problem = error;
    }
    if (box.isOpen) box.draw();
  }

  make();
}
