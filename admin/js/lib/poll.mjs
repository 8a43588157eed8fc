// SPDX-License-Identifier: Apache-2.0
//
// Asking again and again: quickly at first, slower later, not at all while nobody looks.
//
//   const following = poll(async () => {...; return goOn; }, { first: 1000, most: 10000 });
//   following.stop();
//
// The task is never started while its last run goes on; false ends the polling. What it throws
// counts as "go on": the next try is later. A page that becomes visible again asks at once.

const STEADY = 15;   // tries at the first pace
const SLOWER = 1.5;

export function poll(task, { first = 1000, most = 10000 } = {}) {
  let timer = 0, tries = 0, running = false, over = false;

  function stop() {
    over = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', seen);
  }

  function wait() {
    clearTimeout(timer);
    if (over || document.hidden) return;
    timer = setTimeout(run, Math.min(first * SLOWER ** Math.max(tries - STEADY, 0), most));
  }

  async function run() {
    if (running || over) return;
    running = true;
    tries += 1;
    const goOn = await Promise.resolve().then(task).catch(() => true);
    running = false;
    if (goOn === false) stop();
    else wait();
  }

  function seen() {
    clearTimeout(timer);
    if (!document.hidden) run();
  }

  document.addEventListener('visibilitychange', seen);
  wait();
  return { stop };
}
