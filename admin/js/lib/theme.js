// SPDX-License-Identifier: Apache-2.0
// The reader's own choice of light or dark, before anything is painted; shell.mjs changes it.
// A classic script, because a module would run after the first paint.
try {
  const theme = localStorage.getItem('klarna-admin.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // A browser that may not store anything has no choice to recall.
}
