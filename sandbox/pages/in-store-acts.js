// SPDX-License-Identifier: Apache-2.0
// What can be done to a payment in a store, by whom and in which state, and what the state says.

export const SENTENCES = {
  WAITING: 'Waiting for you.',
  DISTRIBUTED: 'Waiting for you.',
  IN_PROGRESS: 'Do you want to pay?',
  ACCESSED: 'Do you want to pay?',
  BACK: 'You went back. You can still pay.',
  FAILED: 'Klarna did not approve this purchase.',
  ERROR: 'Something went wrong.',
  MANUAL_ID_CHECK: 'Show your ID to the staff, and this number:',
  COMPLETED: 'Paid. You can put the phone away.',
  CANCELLED: 'You cancelled the purchase.',
  CANCELED: 'The purchase was cancelled.',
  DISABLED: 'The store cancelled the purchase.',
  EXPIRED: 'The time for this purchase is over.',
};
const OPEN = { outcome: 'open', label: 'Open', kind: 'go' };
const DECIDE = [
  { outcome: 'approve', label: 'Approve', kind: 'go' },
  { outcome: 'pending', label: 'Approve, lands in fraud review', kind: 'wait' },
  { outcome: 'refuse', label: 'Refuse', kind: 'stop' },
  { outcome: 'cancel', label: 'Cancel the purchase', kind: 'stop' },
  { outcome: 'manual', label: 'Manual ID check', kind: 'wait', way: 'hosted_page' },
  { outcome: 'back', label: 'Go back', kind: '', way: 'hosted_page' },
  { outcome: 'error', label: 'Technical error', kind: '' },
];
const STAFF = [
  { outcome: 'confirm', label: 'Identity confirmed', kind: 'go' },
  { outcome: 'deny', label: 'Not this person', kind: 'stop' },
];

export function actionsOf(payment, role) {
  if (payment.ended || payment.state === 'EXPIRED') return [];
  if (payment.state === 'MANUAL_ID_CHECK') return role === 'customer' ? [] : STAFF;
  if (role === 'staff') return [];
  if (payment.state === 'IN_PROGRESS' || payment.state === 'ACCESSED') {
    return DECIDE.filter((action) => !action.way || action.way === payment.way);
  }
  return [OPEN];
}
