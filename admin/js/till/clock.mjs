// SPDX-License-Identifier: Apache-2.0
//
// How long a code still lives: "4:07" for the eye, and now and then a word for the ear.
//
//   left(iso)               { seconds, text }, or null when there is no end
//   toSay(before, seconds)  the minutes to be said when one of SAID was passed, else 0

const SAID = [600, 300, 60];
const HOUR = 3600;

export function left(iso) {
  if (!iso) return null;
  const seconds = Math.max(0, Math.ceil((new Date(iso) - Date.now()) / 1000));
  const two = (number) => String(number).padStart(2, '0');
  const hours = Math.floor(seconds / HOUR), minutes = Math.floor(seconds / 60) % 60;
  return { seconds, text: hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}` };
}

export function toSay(before, seconds) {
  const passed = SAID.find((mark) => before > mark && seconds <= mark);
  return passed ? passed / 60 : 0;
}
