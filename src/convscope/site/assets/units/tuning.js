/** What stimuli with known parameters say: a curve for each parameter, and how the families compare. */

import { h, svg } from "../base/dom.js";
import { radial } from "./radial.js";
import { parameter, response } from "./words.js";

/** @typedef {import("./types.js").Tuning} Tuning */

const AROUND = /** @type {Record<string, number>} */ ({ orientation: 180, polarity: 360, direction: 360, hue: 360 });
const MOVED = 0.1; // of its largest response: what a curve must reach to be drawn
const [WIDE, HIGH] = [240, 150];

/**
 * @param {Tuning | null | undefined} tuning
 * @param {number} axes of the input
 */
export function tuned(tuning, axes) {
  if (!tuning) return null;
  const all = Object.entries(tuning.curves ?? {}).filter(([, curve]) => curve.values.length > 1)
    .map(([name, curve]) => ({ name, curve, peak: Math.max(...curve.responses) })).sort((a, b) => b.peak - a.peak);
  const most = Math.max(1e-9, ...all.map(({ peak }) => peak));
  const curves = all.filter(({ peak }) => peak >= MOVED * most);
  const rest = all.filter(({ peak }) => peak < MOVED * most).map(({ name }) => name);
  const families = Object.entries(tuning.best_by_family ?? {});
  if (!curves.length && !families.length) return null;
  return h("section", {},
    h("h2", {}, "How it is tuned"),
    h("p", { class: "prose" }, ...said(tuning)),
    h("div", { class: "curves" },
      curves.map(({ name, curve }) => h("figure", {},
        AROUND[name] && curve.values.length > 3 ? radial(name, curve, AROUND[name], tuning.preferred[name], most) : line(name, curve, tuning.preferred[name], axes, most),
        h("figcaption", {}, h("b", {}, name), typeof tuning.preferred[name] === "number" ? ` prefers ${parameter(name, tuning.preferred[name], axes)}` : null))),
      families.length ? h("figure", { class: "families" }, bars(families, tuning), h("figcaption", {}, h("b", {}, "families"), " best response to each")) : null),
    h("p", { class: "note" }, `All curves have one scale, up to ${response(most)}.${rest.length ? ` Hardly moved by ${rest.join(", ")}.` : ""}`));
}

/** @param {Tuning} tuning */
function said({ family, selectivity, phase_invariance: phase, percent_of_natural: percent }) {
  const known = (/** @type {unknown} */ value) => typeof value === "number";
  return [
    family === "none" ? "No stimulus drives it above its response to plain grey. " : `Of drawn stimuli, ${family} drives it most${known(percent) ? `, to ${Math.round(Number(percent))} % of its strongest response to a sample` : ""}. `,
    known(selectivity) ? `Selectivity ${Number(selectivity).toFixed(2)} (0 any, 1 one only). ` : null,
    known(phase) ? `Phase F1/F0 ${Number(phase).toFixed(2)}: it ${Number(phase) < 1 ? "does not mind where the stripes lie" : "minds where the stripes lie"}.` : null,
  ];
}

/**
 * @param {string} name
 * @param {import("./types.js").Curve} curve
 * @param {number | undefined} best
 * @param {number} axes
 * @param {number} most  the top of the scale
 */
function line(name, { values, responses }, best, axes, most) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const log = low > 0 && high / low >= 6;
  const scale = log ? Math.log : (/** @type {number} */ value) => value;
  const x = (/** @type {number} */ value) => (WIDE * (scale(value) - scale(low))) / (scale(high) - scale(low) || 1);
  const least = Math.min(0, ...responses);
  const y = (/** @type {number} */ value) => HIGH - (HIGH * (value - least)) / (most - least);
  const points = values.map((value, i) => [x(value), y(responses[i])]).sort(([a], [b]) => a - b);
  return svg("svg", { class: "plot", viewBox: `-8 -14 ${WIDE + 16} ${HIGH + 34}`, role: "img", "aria-label": `Response by ${name}, from ${parameter(name, low, axes)} to ${parameter(name, high, axes)}; largest ${response(Math.max(...responses))}` },
    svg("path", { class: "grid-line", d: `M0 ${y(most)}H${WIDE}` }),
    svg("text", { x: 0, y: y(most) - 4 }, response(most)),
    svg("path", { class: "axis-line", d: `M0 ${y(0)}H${WIDE}` }),
    typeof best === "number" ? svg("path", { class: "best", d: `M${x(Math.min(high, Math.max(low, best)))} 0V${HIGH}` }) : null,
    svg("path", { class: "curve", d: `M${points.map((point) => point.map((at) => at.toFixed(1)).join(" ")).join("L")}` }),
    points.map(([cx, cy]) => svg("circle", { cx, cy, r: 2.6 })),
    svg("text", { x: 0, y: HIGH + 17 }, parameter(name, low, axes)),
    svg("text", { x: WIDE, y: HIGH + 17, "text-anchor": "end" }, parameter(name, high, axes)));
}

/** @param {[string, number][]} families @param {Tuning} tuning */
function bars(families, { family }) {
  const sorted = families.filter(([, value]) => typeof value === "number").sort(([, a], [, b]) => b - a).slice(0, 8);
  const most = Math.max(1e-9, ...sorted.map(([, value]) => value));
  return h("dl", { class: "bests" }, sorted.map(([name, value]) => [
    h("dt", {}, name),
    h("dd", { class: name === family ? "first" : "" }, h("span", { style: `inline-size: ${Math.max(0, (100 * value) / most)}%` }), h("i", {}, response(value))),
  ]));
}
