// SPDX-License-Identifier: Apache-2.0
//
// Lines over time, painted by uPlot. A plot is a picture only: whoever paints one shows the same
// figures as a sentence and as a table beside it. The colours are the style sheet's (--chart-...),
// so a plot is painted again when the colour scheme changes; it follows the width of its box.
// Lines differ by their dashes too, never by colour alone.
//
//   paint(element, spec)     paints in the empty element, or brings what is there up to date
//
// spec: { shape: text that changes whenever the labels or the way values are shown do,
//   times: [seconds], ascending, step: seconds from one to the next, whole: true for counts,
//   least: the value axis reaches so far at least, timeLabel,
//   showTime(seconds, step): text for a time; step: seconds between labels, 0 for one hour,
//   show(value): text for a value,
//   lines: [{ label, colour: "--chart-1", dash: "solid" | "dashed" | "dotted",
//             values: one for each time, null where there is none }] }
import uPlot from '../../lib/uplot.mjs';

const HEIGHT = 220;
const MIN_WIDTH = 160;
const TICK_SPACE = 72;            // pixels between the labels of the time axis, at least
const NO_VALUE = '–';
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 100000];
const DASHES = { solid: [], dashed: [8, 5], dotted: [2, 4] };
const painted = new Map();        // element -> { spec, plot }

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function widthOf(element) {
  return Math.max(MIN_WIDTH, Math.floor(element.clientWidth));
}

// A count holds for its whole hour, so it is a step; what was measured is a point.
function series(spec, line) {
  return {
    label: line.label,
    stroke: colour(line.colour),
    width: 2,
    dash: DASHES[line.dash],
    paths: spec.whole ? uPlot.paths.stepped({ align: 1, extend: true }) : undefined,
    points: { show: !spec.whole, size: 5 },
    value: (plot, value) => (value === null ? NO_VALUE : spec.show(value)),
  };
}

function axis(more) {
  const line = { stroke: colour('--chart-grid'), width: 1 };
  return { stroke: colour('--chart-text'), grid: line, ticks: line,
    font: `12px ${getComputedStyle(document.body).fontFamily}`, ...more };
}

// Room for the widest label of the value axis.
function room(plot, labels) {
  plot.ctx.save();
  [plot.ctx.font] = plot.axes[1].font;
  const widths = (labels || []).map((label) => plot.ctx.measureText(label).width);
  plot.ctx.restore();
  return Math.ceil(Math.max(0, ...widths) / devicePixelRatio) + 20;
}

function axes(spec) {
  return [
    axis({ space: TICK_SPACE,
      values: (plot, times, index, space, step) => times.map((at) => spec.showTime(at, step)) }),
    axis({ size: room, incrs: spec.whole ? WHOLE : undefined,
      values: (plot, values) => values.map(spec.show) }),
  ];
}

function options(spec, width) {
  return {
    width,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false }, y: false },
    scales: {
      x: { time: true, range: (plot, from, to) => [from, to + spec.step] },
      y: { range: (plot, from, to) => [0, Math.max(to * 1.1, spec.least)] },
    },
    legend: { markers: { width: 3, fill: 'transparent',
      dash: (plot, index) => spec.lines[index - 1].dash } },
    series: [{ label: spec.timeLabel,
      value: (plot, at) => (at ? spec.showTime(at, 0) : NO_VALUE) },
    ...spec.lines.map((line) => series(spec, line))],
    axes: axes(spec),
  };
}

function figures(spec) {
  return [spec.times, ...spec.lines.map((line) => line.values)];
}

function make(element) {
  const entry = painted.get(element);
  entry.plot?.destroy();
  entry.plot = new uPlot(options(entry.spec, widthOf(element)), figures(entry.spec), element);
}

const sizes = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    const plot = painted.get(target)?.plot;
    if (plot && plot.width !== widthOf(target)) {
      plot.setSize({ width: widthOf(target), height: HEIGHT });
    }
  }
});

function tidy() {
  for (const [element, { plot }] of painted) {
    if (!element.isConnected) {
      sizes.unobserve(element);
      plot.destroy();
      painted.delete(element);
    }
  }
}

function paintAgain() {
  tidy();
  for (const element of painted.keys()) make(element);
}

window.addEventListener('themechange', paintAgain);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paintAgain);

export function paint(element, spec) {
  const before = painted.get(element);
  const isSame = before?.spec.shape === spec.shape
    && before.spec.times.length === spec.times.length;
  tidy();
  painted.set(element, { spec, plot: before?.plot });
  if (isSame) {
    // The functions of the first spec stay in use: shape says that they show the same.
    before.plot.setData(figures(spec));
    return;
  }
  if (!before) sizes.observe(element);
  make(element);
}
