// SPDX-License-Identifier: Apache-2.0
// Reading JSON that others wrote: a wrong member is refused by name.
export class Refusal extends Error {
  constructor(status, body) {
    super(body.detail ?? body.field);
    this.body = { status, ...body };
  }
}

export function refuse(field, expected) {
  throw new Refusal(400, { field, expected });
}

export function object(value, where) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    refuse(where, 'an object');
  }
  return value;
}

export function only(from, names, where) {
  for (const key of Object.keys(from)) {
    if (!names.has(key)) {
      refuse(where + key, `one of: ${[...names].join(', ')}`);
    }
  }
}

// A string of min to max characters without control characters; '' when it is absent and may be.
export function text(from, key, min, max, where, required = false) {
  const value = from[key];
  if (value === undefined && !required) {
    return '';
  }
  if (typeof value !== 'string' || value.length < min
      || (value.length > max && [...value].length > max)) {
    refuse(where + key, `a string of ${min} to ${max} characters`);
  }
  if (/[\x00-\x1f\x7f]/.test(value)) {
    refuse(where + key, 'a string without control characters');
  }
  return value;
}

// An integer from min to max; 0 when it is absent and may be.
export function number(from, key, min, max, where, required = false) {
  const value = from[key];
  if (value === undefined && !required) {
    return 0;
  }
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    refuse(where + key, `an integer from ${min} to ${max}`);
  }
  return value;
}
