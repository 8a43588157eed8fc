// SPDX-License-Identifier: Apache-2.0
//
// Where orders are printed. Their ids stand behind the '#', which no server sees and no limit of an
// address cuts; one credit note of an order is "order:credit note".

export const paperOf = (kind, ids) => `print.html?kind=${kind}#${ids.join(',')}`;

/** [[order, credit note or undefined]] of such an address. */
export const namedBy = (hash) => hash.slice(1).split(',').filter(Boolean)
  .map((name) => name.split(':'));
