// SPDX-License-Identifier: Apache-2.0
//
// What people keep with an order for each other: notes, tags, and the links to where else it is
// known. Nothing of it is told to Klarna or to the shopper, and none of it moves money.
//
//   const desk = new Desk({ id, changed, draw });     changed(): the order is read again
//   desk.tags(order), desk.notes(order), desk.links(order)
import { get, post } from '../lib/api.mjs';
import { html, live, nothing, time } from '../lib/html.mjs';
import { dateTime } from '../lib/format.mjs';
import { explain, t } from '../lib/i18n.mjs';
import { tagBadges } from '../lib/orderview.mjs';
import { say } from '../lib/shell.mjs';

const MOST_TEXT = 2000, MOST_TAG = 32;

export class Desk {
  #options;
  #path;
  #text = '';            // of the note that is being written
  #tagging = null;       // what stands in the field of the tags
  #known = [];           // tags that other orders have
  #problem = {};         // name -> why it was not kept
  #busy = '';

  constructor(options) {
    this.#options = options;
    this.#path = `orders/${encodeURIComponent(options.id)}`;
  }

  async #send(name, body, done) {
    if (this.#busy) return;
    this.#busy = name;
    this.#problem[name] = null;
    this.#options.draw();
    try {
      await post(`${this.#path}/${name}`, body, { key: crypto.randomUUID() });
      done();
      say(t(`desk.${name}_kept`));
    } catch (error) {
      if (error.status === undefined) throw error;
      this.#problem[name] = error;
    }
    this.#busy = '';
    await this.#options.changed();
  }

  #wrong(name) {
    const error = this.#problem[name];
    return error ? html`<p class="problem" role="alert">${explain(error)}</p>` : nothing;
  }

  // --- notes -----------------------------------------------------------------------------------

  #addNote(event) {
    event.preventDefault();
    const text = this.#text.trim();
    if (text) this.#send('notes', { text }, () => { this.#text = ''; });
  }

  notes({ notes = [] }) {
    return html`<section class="part" data-name="notes" aria-labelledby="notes-title"><h2
      id="notes-title">${t('desk.notes')}</h2><form class="desk-form"
      @submit=${(event) => this.#addNote(event)}><label for="note">${t('desk.note')}</label>
      <textarea id="note" rows="2" maxlength=${MOST_TEXT} .value=${live(this.#text)}
        @input=${(event) => { this.#text = event.target.value; }}></textarea>
      <button class="secondary" data-name="add-note" aria-busy=${String(this.#busy === 'notes')}>${
        t('desk.add_note')}</button>${this.#wrong('notes')}</form>
      ${notes.length ? html`<ul class="notes">${notes.map(({ at, by, text }) => html`<li><p>${
        text}</p><small class="soft">${by} · ${time(at, dateTime(at))}</small></li>`)}</ul>`
        : nothing}</section>`;
  }

  // --- tags ------------------------------------------------------------------------------------

  async #beginTags({ tags = [] }) {
    this.#tagging = tags.join(', ');
    this.#options.draw();
    document.getElementById('tags').focus();
    try {
      this.#known = (await get('orders/tags')).tags;
    } catch (error) {
      if (error.status === undefined) throw error;
    }
    this.#options.draw();
  }

  #endTags() {
    this.#tagging = null;
    this.#options.draw();
    document.querySelector('[data-name=edit-tags]')?.focus();
  }

  #keepTags(event) {
    event.preventDefault();
    const tags = this.#tagging.split(',').map((tag) => tag.trim()).filter(Boolean);
    this.#send('tags', { tags: [...new Set(tags)] }, () => this.#endTags());
  }

  // The last one that is being typed is what a tag known already can complete.
  #suggestions() {
    const before = this.#tagging.slice(0, this.#tagging.lastIndexOf(',') + 1);
    return this.#known.map(({ tag }) => html`<option value=${before ? `${before} ${tag}` : tag}>
      </option>`);
  }

  tags(order) {
    if (this.#tagging === null) {
      return html`<p class="tags" data-name="tags">${tagBadges(order)}<button type="button"
        class="quiet small" data-name="edit-tags" @click=${() => this.#beginTags(order)}>${
        t('desk.edit_tags')}</button></p>`;
    }
    return html`<form class="tags" data-name="tags" @submit=${(event) => this.#keepTags(event)}
      @keydown=${(event) => { if (event.key === 'Escape') this.#endTags(); }}><label for="tags">${
      t('desk.tags')}</label><input id="tags" list="known-tags" autocomplete="off"
      maxlength=${11 * MOST_TAG} .value=${live(this.#tagging)} @input=${(event) => {
        this.#tagging = event.target.value;
        this.#options.draw();
      }}><datalist id="known-tags">${this.#suggestions()}</datalist><button class="small"
      data-name="keep-tags" aria-busy=${String(this.#busy === 'tags')}>${t('desk.keep')}</button>
      <button type="button" class="secondary small" @click=${() => this.#endTags()}>${
      t('cancel')}</button>${this.#wrong('tags')}</form>`;
  }

  // --- where else ------------------------------------------------------------------------------

  // The addresses are the administrator's own, of this server or of another.
  links({ links = [] }) {
    if (!links.length) return nothing;
    return html`<section class="part" data-name="links" aria-labelledby="links-title"><h2
      id="links-title">${t('desk.links')}</h2><ul class="links-list">${links.map(({ name, url }) => (
      html`<li><a href=${url} target="_blank" rel="noopener noreferrer">${name}<span
      class="hidden"> (${t('opens_elsewhere')})</span></a></li>`))}</ul></section>`;
  }
}
