/** The kernels of a first layer as pictures: there, and only there, weights are in the input's colours. */

import { h, svg } from "../base/dom.js";
import { shape as sizes } from "../base/numbers.js";
import { paint, signed } from "../samples/colour.js";

/** @typedef {import("../types.js").Filters} Filters */

/** @param {Filters} filters */
export function pictures(filters) {
  const { shape, shown } = filters;
  const [total, channels, ...kernel] = shape;
  const values = decode(filters.values);
  const each = values.length / shown;
  const paints = { 2: channels === 3 ? colours : grey, 3: slices }[kernel.length];
  if (!paints && kernel.length !== 1) return h("p", { class: "note" }, "Kernels of this shape have no picture.");
  const draw = (/** @type {Float32Array} */ weights) => {
    if (!paints) return curve(weights, channels, kernel[0]);
    const canvas = h("canvas");
    paints(canvas, weights, channels, kernel);
    return canvas;
  };
  return h("figure", { class: "filters" },
    h("div", { class: `tiles axes${kernel.length}` }, Array.from({ length: shown }, (_, i) => {
      const drawn = draw(values.subarray(i * each, (i + 1) * each));
      return h("span", { role: "img", "aria-label": `filter ${i}`, title: `filter ${i}` }, drawn);
    })),
    h("figcaption", {}, caption(channels, kernel, shown, total)));
}

/** @param {number} channels @param {number[]} kernel @param {number} shown @param {number} total */
function caption(channels, kernel, shown, total) {
  const which = shown === total ? `All ${total} filters` : `The first ${shown} of ${total} filters`;
  const how = kernel.length === 1
    ? "as curves of weight over time; the middle line is zero"
    : channels === 3 && kernel.length === 2
      ? "in the input’s colours; grey is zero"
      : `blue where weights are negative, red where positive, white at zero${channels > 1 ? "; of each, the input channel it weighs most" : ""}`;
  return `${which} of ${sizes(kernel)}, ${how}. Each is scaled by its own largest weight.`;
}

/** @param {string} text base64 of little-endian float32 */
function decode(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/** @param {Float32Array} weights */
function largest(weights) {
  return weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-12);
}

/** @param {HTMLCanvasElement} canvas @param {Float32Array} weights @param {number} _ @param {number[]} kernel */
function colours(canvas, weights, _, [rows, columns]) {
  const most = largest(weights);
  paint(canvas, rows, columns, (row, column) =>
    [0, 1, 2].map((c) => 127.5 + (127.5 * weights[(c * rows + row) * columns + column]) / most));
}

/** @param {HTMLCanvasElement} canvas @param {Float32Array} weights @param {number} channels @param {number[]} kernel */
function grey(canvas, weights, channels, [rows, columns]) {
  const one = heaviest(weights, channels);
  const most = largest(one);
  paint(canvas, rows, columns, (row, column) => signed(one[row * columns + column] / most));
}

/** @param {HTMLCanvasElement} canvas @param {Float32Array} weights @param {number} channels @param {number[]} kernel */
function slices(canvas, weights, channels, [depth, rows, columns]) {
  const one = heaviest(weights, channels);
  const most = largest(one);
  paint(canvas, rows, depth * (columns + 1) - 1, (row, x) => {
    const [slice, column] = [Math.floor(x / (columns + 1)), x % (columns + 1)];
    return column === columns ? [0, 0, 0, 0] : signed(one[(slice * rows + row) * columns + column] / most);
  });
}

/** @param {Float32Array} weights @param {number} channels @param {number} length */
function curve(weights, channels, length) {
  const one = heaviest(weights, channels);
  const most = largest(one);
  const points = Array.from(one, (weight, i) => `${i + 0.5} ${(-weight / most).toFixed(3)}`);
  return svg("svg", { viewBox: `0 -1.08 ${length} 2.16`, preserveAspectRatio: "none" },
    svg("path", { class: "zero", d: `M0 0H${length}` }),
    svg("path", { d: `M${points.join("L")}` }));
}

/** The input channel that a filter weighs most. @param {Float32Array} weights @param {number} channels */
function heaviest(weights, channels) {
  const size = weights.length / channels;
  const all = Array.from({ length: channels }, (_, c) => weights.subarray(c * size, (c + 1) * size));
  const energy = all.map((one) => one.reduce((sum, weight) => sum + weight * weight, 0));
  return all[energy.indexOf(Math.max(...energy))];
}
