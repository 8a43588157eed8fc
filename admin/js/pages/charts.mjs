// SPDX-License-Identifier: Apache-2.0
//
// Payments, refusals and Klarna's response times over the last hours: each as a sentence, a
// picture (plot.mjs) and a table. Seven days are a picture in steps of six hours and a table of
// days: nobody reads 168 of anything.
//
//   charts(answer, hours)      answer: what operator/charts?hours= gives
import { html, ref } from '../lib/html.mjs';
import { locale, t } from '../lib/i18n.mjs';
import { milliseconds, number } from '../lib/format.mjs';
import { paint } from '../lib/plot.mjs';

const HOUR_S = 3600;
const DAY_S = 86400;
const DAY_HOURS = 24;
const BIN_HOURS = 6;               // of a picture of more than two days
const LEAST_MS = 500;
const LEAST_COUNT = 4;

const CHARTS = [
  { name: 'payments', summary: paymentsSummary, whole: true, least: LEAST_COUNT,
    columns: ['payments', 'captures', 'refunds'] },
  { name: 'refusals', summary: refusalsSummary, whole: true, least: LEAST_COUNT,
    columns: ['refused', 'unknown'] },
  { name: 'times', summary: timesSummary, whole: false, least: LEAST_MS,
    columns: ['took_avg_ms', 'took_max_ms'] },
];
const LOOKS = [['--chart-1', 'solid'], ['--chart-2', 'dashed'], ['--chart-3', 'dotted']];

// --- adding up -----------------------------------------------------------------------------

function sum(rows, column) {
  return rows.reduce((total, row) => total + row[column], 0);
}

function most(rows, column) {
  return rows.reduce((best, row) => (row[column] > (best?.[column] ?? 0) ? row : best), null);
}

function averageTime(rows) {
  const asked = rows.filter((row) => row.took_avg_ms !== null);
  const calls = sum(asked, 'calls');
  if (!calls) return null;
  return Math.round(asked.reduce((all, row) => all + row.took_avg_ms * row.calls, 0) / calls);
}

function added(rows, column) {
  if (column === 'took_avg_ms') return averageTime(rows);
  if (column === 'took_max_ms') return most(rows, column)?.took_max_ms ?? null;
  return sum(rows, column);
}

function isLong(rows) {
  return rows.length > 2 * DAY_HOURS;
}

// The newest hours make a whole bin; the oldest one may be a part.
function binsOf(rows) {
  const size = isLong(rows) ? BIN_HOURS : 1, first = rows.length % size || size;
  const bins = [rows.slice(0, first)];
  for (let i = first; i < rows.length; i += size) bins.push(rows.slice(i, i + size));
  return bins;
}

function daysOf(rows) {
  const days = new Map();
  for (const row of rows) {
    const day = new Date(row.at).toDateString();
    days.set(day, [...(days.get(day) || []), row]);
  }
  return [...days.values()];
}

// --- words ---------------------------------------------------------------------------------

function formats() {
  const make = (options) => {
    const format = new Intl.DateTimeFormat(locale(), options);
    return (at) => format.format(new Date(at));
  };
  return {
    clock: make({ hour: '2-digit', minute: '2-digit' }),
    day: make({ weekday: 'short', day: 'numeric' }),
    date: make({ weekday: 'long', day: 'numeric', month: 'long' }),
    moment: make({ weekday: 'short', hour: '2-digit', minute: '2-digit' }),
  };
}

function paymentsSummary(rows, show) {
  const best = most(rows, 'payments');
  const words = t('charts.payments.summary', { payments: sum(rows, 'payments'),
    captures: sum(rows, 'captures'), refunds: sum(rows, 'refunds') });
  return best ? `${words} ${t('charts.payments.most', { at: show.moment(best.at),
    payments: best.payments })}` : words;
}

function refusalsSummary(rows) {
  return t('charts.refusals.summary', { refused: sum(rows, 'refused'),
    unknown: sum(rows, 'unknown'), calls: sum(rows, 'calls') });
}

function timesSummary(rows, show) {
  const slowest = most(rows, 'took_max_ms');
  if (!slowest) return t('charts.times.none');
  return t('charts.times.summary', { average: milliseconds(averageTime(rows)),
    longest: milliseconds(slowest.took_max_ms), at: show.moment(slowest.at),
    slow: sum(rows, 'slow'), calls: sum(rows, 'calls') });
}

// --- the parts of one chart ----------------------------------------------------------------

function shown(chart, value) {
  if (value === null) return '–';
  return chart.whole || !value ? number(value) : milliseconds(value);
}

function plotOf(chart, rows, show) {
  const bins = binsOf(rows);
  return {
    shape: `${locale()} ${chart.name}`,
    whole: chart.whole,
    least: chart.least,
    step: HOUR_S * bins.at(-1).length,
    times: bins.map(([row]) => Date.parse(row.at) / 1000),
    timeLabel: t('charts.time'),
    showTime: (at, step) => (step >= DAY_S ? show.day(at * 1000)
      : step ? show.clock(at * 1000) : show.moment(at * 1000)),
    show: (value) => shown(chart, value),
    lines: chart.columns.map((column, i) => ({ label: t(`charts.${column}`),
      colour: LOOKS[i][0], dash: LOOKS[i][1], values: bins.map((bin) => added(bin, column)) })),
  };
}

// lit calls back before the element stands in the page; a moment later it has a width.
function picture(spec) {
  return html`<div class="plot" aria-hidden="true" ${ref((element) => {
    if (element) queueMicrotask(() => element.isConnected && paint(element, spec));
  })}></div>`;
}

function tableRow(chart, rows, heading) {
  return html`<tr><th scope="row">${heading}</th>${chart.columns.map((column) => html`<td
    class="amount">${shown(chart, added(rows, column))}</td>`)}</tr>`;
}

function table(chart, rows, show) {
  const groups = isLong(rows) ? daysOf(rows) : binsOf(rows);
  const heading = isLong(rows) ? show.date : show.moment;
  return html`<details><summary>${t('charts.table')}<span class="hidden">: ${
    t(`charts.${chart.name}`)}</span></summary><div class="scroll" tabindex="0" role="region"
    aria-label=${t(`charts.${chart.name}`)}><table class="figures"><thead><tr><th scope="col">${
    t(isLong(rows) ? 'charts.day' : 'charts.time')}</th>${chart.columns.map((column) => html`<th
    scope="col" class="amount">${t(`charts.${column}`)}</th>`)}</tr></thead><tbody>${
    groups.map((group) => tableRow(chart, group, heading(group[0].at)))}</tbody></table></div>
    </details>`;
}

export function charts({ hours }) {
  const show = formats();
  return html`<p class="soft">${t(isLong(hours) ? 'charts.bins' : 'charts.hourly')}</p>
    <div class="charts">${CHARTS.map((chart) => html`<figure class="chart"
    data-name=${chart.name}><figcaption><h3>${t(`charts.${chart.name}`)}</h3>
    <p>${chart.summary(hours, show)}</p></figcaption>${picture(plotOf(chart, hours, show))}${
    table(chart, hours, show)}</figure>`)}</div>`;
}
