/** Tuning around a circle: degrees anticlockwise from the right, the response as distance from the middle. */

import { svg } from "../base/dom.js";
import { response } from "./words.js";

const R = 80;

/**
 * @param {string} name
 * @param {import("../types.js").Curve} curve
 * @param {number} period  180 for orientations, which are the same upside down; else 360
 * @param {number | undefined} best
 * @param {number} most  the response at the outer ring
 */
export function radial(name, { values, responses }, period, best, most) {
  const once = values.map((value, i) => ({ turn: value, far: Math.max(0, responses[i]) / most })).sort((a, b) => a.turn - b.turn);
  const all = period === 180 ? [...once, ...once.map(({ turn, far }) => ({ turn: turn + 180, far }))] : once;
  const outline = all.map(({ turn, far }) => at(turn, R * far).map((n) => n.toFixed(1)).join(" ")).join("L");
  const ends = typeof best !== "number" ? [] : period === 180 ? [best, best + 180] : [best];
  return svg("svg", { class: "plot radial", viewBox: "-112 -100 224 200", role: "img", "aria-label": `Response by ${name}, around a circle; largest ${response(Math.max(...responses))}${typeof best === "number" ? ` at ${Math.round(best)} degrees` : ""}` },
    [0.5, 1].map((share) => svg("circle", { class: "grid-line", r: R * share })),
    name === "hue" ? hues() : null,
    [0, 90, 180, 270].map((turn) => {
      const [x, y] = at(turn, R + (name === "hue" ? 19 : 14));
      return svg("text", { x, y: y + 4, "text-anchor": "middle" }, `${turn}°`);
    }),
    svg("path", { class: "curve area", d: `M${outline}Z` }),
    all.map(({ turn, far }) => {
      const [cx, cy] = at(turn, R * far);
      return svg("circle", { cx, cy, r: 2.4 });
    }),
    ends.length ? svg("path", { class: "best", d: ends.map((turn) => `M0 0L${at(turn, R).join(" ")}`).join("") }) : null);
}

/** @param {number} turn degrees @param {number} far */
function at(turn, far) {
  const angle = (turn * Math.PI) / 180;
  return [far * Math.cos(angle), -far * Math.sin(angle)];
}

/** A ring of the hues themselves. */
function hues() {
  return Array.from({ length: 36 }, (_, i) => {
    const [from, to] = [at(10 * i - 5, R + 5), at(10 * i + 5.5, R + 5)];
    const arc = svg("path", { class: "hue", d: `M${from.join(" ")}A${R + 5} ${R + 5} 0 0 0 ${to.join(" ")}` });
    arc.style.stroke = `hsl(${10 * i} 75% 52%)`;
    return arc;
  });
}
