/** What a unit saw: the part of a sample inside its field. */

import { fill, h, svg } from "../base/dom.js";
import { numbers } from "../base/load.js";
import { line } from "../samples/wave.js";

/** @typedef {import("./types.js").Shown} Shown */

const COARSE = 64; // crops smaller than this are drawn with visible pixels
const FEW = 300; // samples of a sound that are drawn one by one

/**
 * @param {Shown | undefined} sample
 * @param {[number, number][]} box  from lo to hi along each axis, hi not included; may leave the sample
 * @returns {Element}
 */
export function crop(sample, box) {
  if (!sample || !box.length) return h("span", { class: "crop blank" });
  if (box.length === 1) return sound(sample, box[0]);
  return sample.picture ? picture(sample, box) : h("span", { class: "crop blank" });
}

/** @param {Shown} sample @param {[number, number][]} box */
function picture({ picture: href, tile, shape }, box) {
  const [high, wide] = shape.slice(-2);
  const slices = shape.length === 4 ? shape[1] : 1;
  const [rows, columns] = box.slice(-2);
  const slice = slices > 1 ? Math.min(slices - 1, Math.max(0, Math.floor((box[0][0] + box[0][1] - 1) / 2))) : 0;
  const [top, tall] = [rows[0], rows[1] - rows[0]];
  const [left, broad] = [columns[0], columns[1] - columns[0]];
  // The sample has a frame of its own, so that beside it nothing else of its sheet is seen.
  const whole = svg("svg", { x: 0, y: 0, width: wide, height: high, viewBox: tile ? tile.join(" ") : `0 ${slice * high} ${wide} ${high}`, preserveAspectRatio: "none" },
    tile ? svg("image", { href }) : svg("image", { href, width: wide, height: slices * high, preserveAspectRatio: "none" }));
  return svg("svg", { class: tall < COARSE ? "crop coarse" : "crop", viewBox: `${left} ${top} ${broad} ${tall}`, "aria-hidden": "true" }, whole);
}

/** @param {Shown} sample @param {[number, number]} box */
function sound({ waveform, shape }, [from, to]) {
  const trace = svg("svg", { class: "crop trace", preserveAspectRatio: "none", "aria-hidden": "true" });
  const [lo, hi] = [Math.max(0, from), Math.min(shape[shape.length - 1], to)];
  const draw = (/** @type {Float32Array} */ part) => (part.length > FEW ? line(trace, part) : curve(trace, part));
  if (waveform) numbers(waveform).then((values) => draw(values.subarray(lo, Math.max(lo + 1, hi))), () => {});
  return trace;
}

/** Few values: a line from each to the next. @param {SVGElement} trace @param {Float32Array} values */
function curve(trace, values) {
  const most = values.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-9);
  const points = Array.from(values, (value, i) => `${i} ${(-value / most).toFixed(3)}`);
  trace.setAttribute("viewBox", `-0.5 -1.1 ${values.length} 2.2`);
  fill(trace, svg("path", { class: "thin", d: `M${points.join("L")}` }));
}

/**
 * The whole field of a unit, padding included, where it is no larger than the input; else what it saw.
 * @param {import("./types.js").Firing} firing
 * @param {import("../types.js").Field | undefined} field
 * @param {number[]} space
 * @returns {[number, number][]}
 */
export function fieldOf({ box, position }, field, space) {
  const size = field?.local_size ?? field?.size ?? [];
  if (!field || position.length !== space.length || size.length !== space.length || !size.every((n, i) => n <= space[i] && field.stride[i])) return box;
  const whole = position.map((at, i) => field.start[i] + at * field.stride[i]);
  return whole.map((lo, i) => [lo, lo + size[i]]);
}
