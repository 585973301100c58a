/** The whole range of a unit's responses, not only its top. */

import { h, svg } from "../base/dom.js";
import { percent, response } from "./words.js";

const [WIDE, HIGH, SIDE] = [500, 120, 40];
const LEAST = 1e-6; // of the responses: the bottom of the logarithmic axis

/**
 * @param {import("./types.js").UnitDetail} unit
 * @param {(key: string, one: import("./types.js").Firing, word?: string) => HTMLElement} thumb
 */
export function range({ histogram, deciles = [], lows = [], mean, deviation }, thumb) {
  if (!histogram && !deciles.length) return null;
  return h("section", {},
    h("h2", {}, "Everything it does, not only its best"),
    histogram ? h("figure", {}, bars(histogram), h("figcaption", {},
      "Its responses at all positions of all samples, on a logarithmic axis. ",
      typeof mean === "number" && typeof deviation === "number" ? `Mean ${response(mean)}, standard deviation ${response(deviation)}.` : null)) : null,
    deciles.length ? [h("h3", {}, "One sample from each tenth of its range, weakest first"),
      h("div", { class: "shots ten" }, deciles.map((one, i) => thumb(`d${one.decile ?? i + 1}`, one, `tenth ${one.decile ?? i + 1}`)))] : null,
    lows.length ? [h("h3", {}, "What it answers to least"),
      h("div", { class: "shots ten" }, lows.map((one, i) => thumb(`l${i + 1}`, one, "lowest")))] : null);
}

/** @param {{edges: number[], share: number[]}} histogram */
function bars({ edges, share }) {
  const [low, high] = [edges[0], edges[edges.length - 1]];
  const x = (/** @type {number} */ value) => (WIDE * (value - low)) / (high - low || 1);
  const y = (/** @type {number} */ part) => (part > 0 ? (HIGH * Math.log10(Math.max(part, LEAST) / LEAST)) / -Math.log10(LEAST) : 0);
  const drawn = share.map((part, i) => ({ i, tall: y(part) })).filter(({ tall }) => tall > 0);
  const above = share.reduce((sum, part, i) => sum + (edges[i] >= 0 ? part : 0), 0);
  const ticks = [...new Set([low, ...(low < 0 && high > 0 ? [0] : []), high])];
  return svg("svg", { class: "plot range", viewBox: `-${SIDE} -8 ${WIDE + SIDE + 2} ${HIGH + 30}`, role: "img", "aria-label": `Histogram of its responses, from ${response(low)} to ${response(high)}; ${percent(above)} are not negative` },
    /** @type {const} */ ([[1, "100 %"], [1e-2, "1 %"], [1e-4, "0.01 %"]]).map(([part, text]) => [
      svg("path", { class: "grid-line", d: `M0 ${HIGH - y(part)}H${WIDE}` }),
      svg("text", { x: -6, y: HIGH - y(part) + 4, "text-anchor": "end" }, text),
    ]),
    drawn.map(({ i, tall }) => svg("rect", { x: x(edges[i]), y: HIGH - tall, width: Math.max(0.6, x(edges[i + 1]) - x(edges[i]) - 1), height: tall })),
    svg("path", { class: "axis-line", d: `M0 ${HIGH}H${WIDE}` }),
    ticks.map((value) => svg("text", { x: x(value), y: HIGH + 17, "text-anchor": value === low ? "start" : value === high ? "end" : "middle" }, response(value))));
}
