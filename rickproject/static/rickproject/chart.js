/** Line charts on uPlot: the theme's colours, the width of the page, the best step, a shaded band.
 *
 * <figure class="chart" data-chart="#loss-data"> or data-chart="/p/x/training/1/points/"
 *   <figcaption>Loss</figcaption>
 *   <div class="chart-plot" role="img" aria-label="Loss by step; the table has the numbers"></div>
 * </figure>
 * The page loads vendor/uplot/uPlot.iife.js (a classic script, deferred) before this module.
 *
 * @typedef {{label: string, values: (number | null)[], tone?: string, dashed?: boolean}} Line
 * @typedef {{x: number[], x_label: string, lines: Line[], decimals?: number, unit?: string,
 *   days?: boolean, best?: {x: number, label: string} | null,
 *   band?: {from: number, to: number, label: string} | null}} ChartData
 */
import { requestJSON } from "./live.js";

const drawn = new Map();

/** A token as a colour the canvas understands. @param {Element} place @param {string} name */
function colour(place, name) {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  place.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}

const TONES = { accent: "accent-ink", ink: "ink", amber: "amber-ink", red: "red-ink", quiet: "ink-quiet" };
const tone = (name = "ink") => TONES[name] ?? name; // else a token's own name: speaker-0 to speaker-11

function lineOptions(plot, line, data) {
  return {
    label: line.label,
    stroke: colour(plot, tone(line.tone)),
    width: 2,
    dash: line.dashed ? [6, 4] : undefined,
    spanGaps: true,
    points: { show: line.values.filter((value) => value !== null).length < 25, size: 5 },
    value: (u, pointed) => {
      const value = pointed ?? (u.isResting ? line.values.findLast((known) => known != null) : null);
      return value == null ? "–" : `${value.toFixed(data.decimals ?? 3)}${data.unit ?? ""}`;
    },
  };
}

/** With no pointer over the chart the legend shows the last value of each line, and no place. */
function restLegend(u) {
  const isResting = !(u.cursor.left >= 0);
  u.root.toggleAttribute("data-resting", isResting);
  if (!isResting) return;
  u.isResting = true;
  u.setLegend({ idx: u.data[0].length - 1 }, false);
  u.isResting = false;
}

function axis(plot, more) {
  return {
    stroke: colour(plot, "ink-quiet"),
    font: `12px ${getComputedStyle(plot).fontFamily}`,
    grid: { stroke: colour(plot, "rule"), width: 1 },
    ticks: { stroke: colour(plot, "rule"), width: 1, size: 4 },
    ...more,
  };
}

/** Shade what lies between two steps, and mark the best one. */
function marks(plot, data) {
  return (u) => {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.font = `${12 * devicePixelRatio}px ${getComputedStyle(plot).fontFamily}`;
    if (data.band) {
      const left = u.valToPos(data.band.from, "x", true);
      const right = Math.min(u.valToPos(data.band.to, "x", true), bbox.left + bbox.width);
      ctx.fillStyle = colour(plot, "amber-wash");
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
      ctx.fillStyle = colour(plot, "amber-ink");
      ctx.fillText(data.band.label, left + 6 * devicePixelRatio, bbox.top + 16 * devicePixelRatio);
    }
    if (data.best) {
      const at = u.valToPos(data.best.x, "x", true);
      ctx.strokeStyle = ctx.fillStyle = colour(plot, "accent-ink");
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(at, bbox.top);
      ctx.lineTo(at, bbox.top + bbox.height);
      ctx.stroke();
      const late = at > bbox.left + bbox.width / 2;
      ctx.textAlign = late ? "right" : "left";
      ctx.fillText(data.best.label, at + (late ? -6 : 6) * devicePixelRatio, bbox.top + bbox.height - 8 * devicePixelRatio);
    }
    ctx.restore();
  };
}

/** Steps are whole: no tick between two of them, however short the job. */
const WHOLE = [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));

/** A day, counted from 1 January 1970, as people write it. */
const dayWords = (day) => new Date(day * 86_400_000).toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

/** The room beside the plot for its longest figure, in CSS pixels. */
const roomFor = (u, labels) => Math.max(56, 20 + 8 * Math.max(0, ...(labels ?? []).map((label) => label?.length ?? 0)));

function options(plot, data) {
  const range = (u, low, high) => (low === high ? [low - 1, high + 1] : [low, high]);
  return {
    width: plot.clientWidth,
    height: plot.clientHeight,
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false, range } },
    axes: [axis(plot, { incrs: WHOLE, values: data.days ? (u, ticks) => ticks.map(dayWords) : undefined, label: data.x_label, labelSize: 18, labelFont: `12px ${getComputedStyle(plot).fontFamily}` }),
      axis(plot, { size: roomFor })],
    series: [{ label: data.x_label, ...(data.days && { value: (u, day) => (day == null ? "–" : dayWords(day)) }) }, ...data.lines.map((line) => lineOptions(plot, line, data))],
    hooks: { drawClear: [marks(plot, data)], setCursor: [restLegend], ready: [restLegend] },
  };
}

/** Draw a chart, or draw it anew with more points. @param {HTMLElement} figure @param {ChartData} data */
export function drawChart(figure, data) {
  const plot = figure.querySelector(".chart-plot");
  drawn.get(figure)?.chart?.destroy();
  const isEmpty = !data.x.length;
  plot.toggleAttribute("data-empty", isEmpty);
  plot.textContent = isEmpty ? "No points yet" : "";
  const values = [data.x, ...data.lines.map((line) => line.values)];
  const chart = isEmpty ? null : new window.uPlot(options(plot, data), values, plot);
  if (chart) fit(plot, chart);
  drawn.set(figure, { chart, data });
}

function fit(plot, chart) {
  const legend = plot.querySelector(".u-legend")?.offsetHeight ?? 0;
  chart.setSize({ width: plot.clientWidth, height: Math.max(80, plot.clientHeight - legend) });
}

/** Draw every chart of a page and keep it in its width and theme. @param {HTMLElement} figure */
export async function attach(figure) {
  const source = figure.dataset.chart;
  const data = source.startsWith("#") ? JSON.parse(document.querySelector(source).textContent)
    : await requestJSON(source);
  drawChart(figure, data);
  new ResizeObserver(() => {
    const { chart } = drawn.get(figure);
    if (chart && chart.width !== chart.root.parentElement.clientWidth) fit(chart.root.parentElement, chart);
  }).observe(figure);
}

document.addEventListener("themechange", () => {
  for (const [figure, { data }] of drawn) drawChart(figure, data);
});
document.querySelectorAll("figure[data-chart]").forEach(attach);
