// SPDX-License-Identifier: Apache-2.0
//
// Tables that become cards where there is no room. The roles are written out because the style
// sheet's display: block takes a table's own meaning away.
//
//   table(caption, ['Store', ...], rows)        a heading may be { text, kind } with a class; {
//                                               text, isHidden } is read only
//   row([cell('Store', 'default'), ...], name)  name is put into data-name
//   cell(label, body, kind)                     label stands before the body of a card
import { html, nothing } from './html.mjs';

export function cell(label, body, kind = nothing) {
  return html`<td role="cell" data-label=${label} class=${kind}><div>${body}</div></td>`;
}

export function row(cells, name = nothing) {
  return html`<tr role="row" data-name=${name}>${cells}</tr>`;
}

function heading(head) {
  const { text, kind = nothing, isHidden } = typeof head === 'string' ? { text: head } : head;
  return html`<th role="columnheader" scope="col" class=${kind}>${isHidden
    ? html`<span class="hidden">${text}</span>` : text}</th>`;
}

export function table(caption, heads, rows) {
  return html`<div class="scroll"><table role="table" class="cards">
    <caption class="hidden">${caption}</caption>
    <thead role="rowgroup"><tr role="row">${heads.map(heading)}</tr></thead>
    <tbody role="rowgroup">${rows}</tbody></table></div>`;
}
