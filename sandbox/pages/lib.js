// SPDX-License-Identifier: Apache-2.0
// A stand-in for Klarna's browser SDK: window.Klarna.Payments with init, load, authorize,
// reauthorize and finalize. Callbacks get Klarna's members: approved, show_form,
// authorization_token, finalize_required, error. It needs no cookie and keeps no personal data.
(() => {
  'use strict';
  const sandbox = new URL(document.currentScript.src).origin;
  let clientToken = null;
  let unfinished = null;    // the token of an authorization that waits for finalize()

  async function post(path, body) {
    const answer = await fetch(sandbox + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const content = await answer.json();
    if (!answer.ok) throw content;
    return content;
  }

  // Klarna names the fields it did not like; the shop shows its own form again.
  function asError(thrown) {
    const fields = (thrown.error_messages || [])
      .filter((text) => text.startsWith('Bad value: '))
      .map((text) => text.slice('Bad value: '.length));
    return fields.length ? { invalid_fields: fields } : { message: thrown.error_messages?.[0] };
  }

  // load(options, [data], callback): data and callback are optional, as in Klarna's SDK.
  function split(options, data, callback) {
    if (typeof data === 'function') return [options, {}, data];
    return [options || {}, data || {}, callback || (() => {})];
  }

  function needInit() {
    if (!clientToken) throw new Error('Klarna.Payments.init({client_token}) has to come first');
  }

  function init(options) {
    if (!options || typeof options.client_token !== 'string') {
      throw new Error('Klarna.Payments.init needs a client_token');
    }
    clientToken = options.client_token;
    unfinished = null;
  }

  function widget(shown) {
    const box = document.createElement('div');
    Object.assign(box.style, {
      border: '1px solid #c9d0d8', borderRadius: '12px', padding: '14px 16px', color: '#17202b',
      background: '#fff', font: '15px/1.5 system-ui, sans-serif', display: 'flex', gap: '12px',
      alignItems: 'center',
    });
    const badge = document.createElement('img');
    badge.src = `${sandbox}/sdk/badge.svg`;
    badge.alt = '';
    const text = document.createElement('span');
    text.textContent = `${shown.name}. You confirm the purchase in the next step.`;
    box.append(badge, text);
    return box;
  }

  async function load(...given) {
    const [options, data, callback] = split(...given);
    needInit();
    const container = typeof options.container === 'string'
      ? document.querySelector(options.container) : options.container;
    if (!container) throw new Error('Klarna.Payments.load: the container does not exist');
    try {
      const shown = await post('/sdk/load', {
        client_token: clientToken, data,
        payment_method_category: options.payment_method_category,
      });
      container.replaceChildren(widget(shown));
      callback({ show_form: true });
    } catch (thrown) {
      container.replaceChildren();
      const error = asError(thrown);
      callback({ show_form: Boolean(error.invalid_fields), error });
    }
  }

  // The customer's page in a modal dialog; Escape or a click on the close button walks away.
  function openPage() {
    return new Promise((resolve) => {
      const dialog = document.createElement('dialog');
      dialog.setAttribute('aria-label', 'Approve your purchase');
      Object.assign(dialog.style, {
        border: '0', borderRadius: '18px', padding: '0', overflow: 'hidden', maxWidth: '96vw',
        width: '440px', height: 'min(720px, 92vh)', boxShadow: '0 20px 60px rgba(0,0,0,.35)',
      });
      const close = document.createElement('button');
      close.type = 'button';
      close.textContent = '×';
      close.setAttribute('aria-label', 'Close');
      Object.assign(close.style, {
        position: 'absolute', top: '6px', right: '6px', width: '40px', height: '40px',
        border: '0', borderRadius: '50%', background: 'transparent', color: '#5a6675',
        font: '24px/1 system-ui, sans-serif', cursor: 'pointer',
      });
      const frame = document.createElement('iframe');
      frame.title = 'Approve your purchase';
      Object.assign(frame.style, { border: '0', width: '100%', height: '100%' });
      const hash = new URLSearchParams({ client_token: clientToken, origin: location.origin });
      frame.src = `${sandbox}/pay#${hash}`;
      dialog.append(frame, close);

      function end(answer) {
        window.removeEventListener('message', heard);
        dialog.remove();
        resolve(answer);
      }
      function heard(event) {
        if (event.origin !== sandbox || event.source !== frame.contentWindow) return;
        if (event.data?.source !== 'klarna-sandbox') return;
        const { source, ...answer } = event.data;
        end(answer);
      }
      function walkAway() {
        post('/sdk/leave', { client_token: clientToken }).catch(() => {});
        end({ approved: false, show_form: true });
      }
      window.addEventListener('message', heard);
      close.addEventListener('click', walkAway);
      dialog.addEventListener('cancel', (event) => {
        event.preventDefault();
        walkAway();
      });
      document.body.append(dialog);
      dialog.showModal();
    });
  }

  async function authorize(...given) {
    const [options, data, callback] = split(...given);
    needInit();
    try {
      await post('/sdk/authorize', {
        client_token: clientToken, data,
        payment_method_category: options.payment_method_category,
      });
    } catch (thrown) {
      const error = asError(thrown);
      callback({ approved: false, show_form: Boolean(error.invalid_fields), error });
      return;
    }
    const answer = await openPage();
    if (answer.approved && options.auto_finalize === false) {
      unfinished = answer.authorization_token;
      callback({ approved: true, show_form: true, finalize_required: true });
      return;
    }
    callback(answer.approved ? { ...answer, finalize_required: false } : answer);
  }

  function finalize(...given) {
    const callback = split(...given)[2];
    needInit();
    const token = unfinished;
    unfinished = null;
    if (!token) {
      callback({ approved: false, show_form: true });
      return;
    }
    callback({ approved: true, show_form: true, authorization_token: token });
  }

  window.Klarna = window.Klarna || {};
  window.Klarna.Payments = { init, load, authorize, reauthorize: authorize, finalize };
  if (typeof window.klarnaAsyncCallback === 'function') window.klarnaAsyncCallback();
})();
