// SPDX-License-Identifier: Apache-2.0
// Opening the shop's cart: a JWS, HS256, that has not expired.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Refusal } from './read.js';

const KEYS = new Map([['bench', process.env.CART_KEY]]);
const MAX_AGE_S = 86400;

function denied(detail) {
  return new Refusal(403, { detail });
}

function parse(part) {
  try {
    return JSON.parse(Buffer.from(part, 'base64url'));
  } catch {
    return null;
  }
}

function holds(header, payload, signature) {
  const head = parse(header);
  const key = head?.alg === 'HS256' && head.crit === undefined && KEYS.get(head.kid);
  if (!key || signature === undefined) {
    return false;
  }
  const made = createHmac('sha256', key).update(header + '.' + payload).digest();
  const came = Buffer.from(signature, 'base64url');
  return made.length === came.length && timingSafeEqual(made, came);
}

export function openCart(token) {
  const [header, payload, signature, ...more] = typeof token === 'string' ? token.split('.') : [];
  if (more.length || !holds(header, payload, signature)) {
    throw denied("The cart's signature is not this shop's.");
  }
  const claims = parse(payload);
  const now = Math.floor(Date.now() / 1000);
  if (!Number.isSafeInteger(claims?.exp) || claims.exp <= now || claims.exp > now + MAX_AGE_S) {
    throw denied('The signed cart has expired.');
  }
  return claims.cart;
}
