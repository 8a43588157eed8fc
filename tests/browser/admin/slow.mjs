// SPDX-License-Identifier: Apache-2.0
// A page on a slow network, as a clerk in a warehouse has it: what is asked for until its content
// stands, and in how many waves. A wave is what is sent before any answer to it can be there.
const LATENCY_MS = 800, BYTES_PER_S = 400000 / 8;

// When something stands in the page for the first time, in ms since its navigation.
function watched(selector) {
  window.stands = new Promise((resolve) => {
    const look = () => document.querySelector(selector) && resolve(performance.now());
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
  });
}

function wavesOf(all) {
  let waves = 0, end = -Infinity;
  for (const { sent, answered } of all) {
    if (sent >= end) {
      waves += 1;
      end = Infinity;
    }
    end = Math.min(end, answered);
  }
  return waves;
}

/**
 * Goes to the address on a slow network, with isFresh and an empty cache; gives what was answered
 * by it until what the selector names stands: { requests, waves, bytes, seconds, paths }.
 */
export async function slowly(page, address, selector, { isFresh }) {
  await page.goto('about:blank');
  const network = await page.context().newCDPSession(page), asked = new Map();
  network.on('Network.requestWillBeSent', ({ requestId, request: { url }, timestamp }) => {
    if (url.startsWith('http')) asked.set(requestId, { url, begun: timestamp, bytes: 0 });
  });
  network.on('Network.requestServedFromCache', ({ requestId }) => asked.delete(requestId));
  network.on('Network.responseReceived', ({ requestId, timestamp, response: { timing, fromDiskCache } }) => {
    const one = asked.get(requestId);
    if (fromDiskCache) asked.delete(requestId);
    else if (one) {
      one.sent = timing ? timing.requestTime + timing.sendStart / 1000 : one.begun;
      one.answered = timestamp;
    }
  });
  network.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
    const one = asked.get(requestId);
    if (one) one.bytes += encodedDataLength;
  });
  await network.send('Network.enable');
  if (isFresh) await network.send('Network.clearBrowserCache');
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: LATENCY_MS,
    downloadThroughput: BYTES_PER_S, uploadThroughput: BYTES_PER_S });
  await page.addInitScript(watched, selector);
  await page.goto(address, { waitUntil: 'commit' });
  const seconds = await page.evaluate(() => window.stands) / 1000;
  const [{ begun }] = asked.values();
  const all = [...asked.values()].filter(({ answered }) => answered - begun <= seconds)
    .sort((a, b) => a.sent - b.sent);
  await network.detach();
  return { requests: all.length, waves: wavesOf(all), seconds,
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    paths: all.map(({ url }) => new URL(url).pathname) };
}
