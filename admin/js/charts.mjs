// SPDX-License-Identifier: Apache-2.0
// Lines over time, drawn by uPlot. A chart is a picture only: whoever calls draw() shows the same
// figures as a sentence and a table beside it. Colours come from the style sheet (--chart-...), so
// a chart is drawn again when the colour scheme changes, and it follows its box's width. Lines
// differ by dash pattern too, never by colour alone.
import uPlot from '../lib/uplot.mjs';

const HEIGHT = 220;
const MIN_WIDTH = 160;
const TICK_SPACE = 72;            // pixels between labels of the time axis, at least
const NO_VALUE = '–';
const DASHES = { solid: [], dashed: [8, 5], dotted: [2, 4] };
const DAY_S = 86400;
const drawn = new Map();          // element → { spec, plot, shape }

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// Counts rise in steps of an hour; measured times are points joined by a line.
function line(series) {
  return {
    label: series.label,
    stroke: colour(series.colour),
    width: 2,
    dash: DASHES[series.dash],
    paths: series.steps ? uPlot.paths.stepped({ align: 1, extend: true }) : undefined,
    points: { show: !series.steps, size: 5 },
    value: (plot, value) => (value === null ? NO_VALUE : series.show(value)),
  };
}

function axis(more) {
  return {
    stroke: colour('--chart-text'),
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
    grid: { stroke: colour('--chart-grid'), width: 1 },
    ticks: { stroke: colour('--chart-grid'), width: 1 },
    ...more,
  };
}

// Room for the widest label of the value axis.
function labelWidth(plot, labels) {
  if (!labels?.length) return 40;
  plot.ctx.save();
  plot.ctx.font = plot.axes[1].font[0];
  const widest = Math.max(...labels.map((label) => plot.ctx.measureText(label).width));
  plot.ctx.restore();
  return Math.ceil(widest / devicePixelRatio) + 16;
}

function options(spec, width) {
  const [first] = spec.series;
  return {
    width,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false }, y: false },
    scales: {
      x: { time: true, range: (plot, from, to) => [from, to + spec.step] },
      y: { range: (plot, from, to) => [0, Math.max(to * 1.1, spec.least)] },
    },
    series: [{ label: spec.timeLabel, value: (plot, at) => (at ? spec.showTime(at, 0) : NO_VALUE) },
      ...spec.series.map(line)],
    legend: { markers: { width: 3, fill: 'transparent', dash: (plot, i) => spec.series[i - 1].dash } },
    axes: [
      axis({ space: TICK_SPACE,
        values: (plot, times, index, space, step) => times.map((at) => spec.showTime(at, step)) }),
      axis({ incrs: first.steps ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 1e4, 1e5] : undefined,
        size: labelWidth, values: (plot, values) => values.map(first.show) }),
    ],
  };
}

function figures(spec) {
  return [spec.times, ...spec.series.map((series) => series.values)];
}

function make(target) {
  const chart = drawn.get(target);
  const width = Math.max(MIN_WIDTH, Math.floor(target.clientWidth));
  chart.plot?.destroy();
  chart.plot = new uPlot(options(chart.spec, width), figures(chart.spec), target);
}

function remakeAll() {
  for (const target of drawn.keys()) {
    if (target.isConnected) make(target);
    else forget(target);
  }
}

function forget(target) {
  sizes.unobserve(target);
  drawn.get(target).plot?.destroy();
  drawn.delete(target);
}

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const plot = drawn.get(target)?.plot;
    const width = Math.max(MIN_WIDTH, Math.floor(target.clientWidth));
    if (plot && plot.width !== width) plot.setSize({ width, height: HEIGHT });
  }
});

new MutationObserver(remakeAll).observe(document.documentElement,
  { attributes: true, attributeFilter: ['data-theme'] });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', remakeAll);

/**
 * Draws, or brings up to date, the chart in an empty element.
 * spec: times (seconds, ascending), step (seconds between them), least (the value axis reaches at
 * least so far), timeLabel, showTime(seconds, step between labels or 0), series: [{ label, colour:
 * a custom property, dash: "solid" | "dashed" | "dotted", steps: bool, values: one per time, null
 * where there is none, show(value) → text }].
 */
export function draw(target, spec) {
  const shape = JSON.stringify([spec.shape, spec.times.length,
    spec.series.map((series) => series.label)]);
  const chart = drawn.get(target);
  if (!chart) sizes.observe(target);
  drawn.set(target, { spec, shape, plot: chart?.plot });
  if (chart?.plot && chart.shape === shape) {
    // The functions of the first spec stay in use; its shape says that they show the same.
    chart.plot.setData(figures(spec));
  } else {
    make(target);
  }
}

export { DAY_S };
