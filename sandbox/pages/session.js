// SPDX-License-Identifier: Apache-2.0
// What the phone and the approve page share: talking to the sandbox and drawing one purchase.
// Texts from a session reach the page as text nodes only, never as markup.

export const ACTIONS = [
  { outcome: 'approve', label: 'Approve', kind: 'go' },
  { outcome: 'pending', label: 'Approve, lands in fraud review', kind: 'wait' },
  { outcome: 'refuse', label: 'Refuse', kind: 'stop' },
];

export async function ask(path, body) {
  const answer = await fetch(path, body === undefined ? {} : {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const content = await answer.json();
  if (!answer.ok) {
    throw new Error((content.error_messages || ['The sandbox refused.']).join(' '));
  }
  return content;
}

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Amounts are minor units; every purchase currency of the sandbox has a hundred of them.
export function money(session, amount) {
  try {
    return new Intl.NumberFormat(session.locale, { style: 'currency', currency: session.currency })
      .format(amount / 100);
  } catch {
    return `${(amount / 100).toFixed(2)} ${session.currency}`;
  }
}

function row(left, right) {
  const made = element('div', 'row');
  made.append(element('span', '', left), element('span', '', right));
  return made;
}

export function purchase(session, heading) {
  const made = element('div');
  made.append(heading, element('p', 'amount', money(session, session.amount)));
  const list = element('ul', 'lines');
  for (const line of session.lines) {
    const item = element('li');
    item.append(row(`${line.quantity} × ${line.name}`, money(session, line.total_amount)));
    list.append(item);
  }
  const lines = element('details');
  const count = session.lines.length;
  lines.append(element('summary', '', count === 1 ? '1 order line' : `${count} order lines`), list);
  lines.open = count < 7;
  made.append(lines);
  return made;
}

export function buttons(actions, decide) {
  const made = element('div', 'actions');
  for (const action of actions) {
    const button = element('button', action.kind, action.label);
    button.type = 'button';
    button.dataset.action = action.outcome;
    button.addEventListener('click', async () => {
      for (const other of made.children) other.disabled = true;
      try {
        await decide(action.outcome);
      } finally {
        for (const other of made.children) other.disabled = false;
      }
    });
    made.append(button);
  }
  return made;
}
