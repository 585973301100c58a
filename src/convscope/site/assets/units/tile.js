/** Pictures that lie side by side in a sheet. */

import { fill, h, svg } from "../base/dom.js";
import { unitsOf } from "./read.js";

/** @typedef {import("./types.js").Sheet} Sheet */

const COARSE = 64; // tiles smaller than this are drawn with visible pixels

/**
 * Where tiles lie, as backgrounds: for grids of hundreds, which share a picture.
 * @param {Sheet} sheet
 * @param {number} count  tiles in the sheet
 */
export function background({ pictures, per, tile, columns }, count) {
  const share = (/** @type {number} */ place, /** @type {number} */ places) => (places > 1 ? (100 * place) / (places - 1) : 0);
  return {
    ratio: `${tile[1]} / ${tile[0]}`,
    coarse: Math.max(...tile) < COARSE,
    /** @param {HTMLElement} node @param {number} i */
    on({ style }, i) {
      const [picture, place] = [Math.floor(i / per), i % per];
      const rows = Math.ceil(Math.min(per, count - picture * per) / columns);
      style.backgroundImage = `url("${pictures[picture]}")`;
      style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
      style.backgroundPosition = `${share(place % columns, columns)}% ${share(Math.floor(place / columns), rows)}%`;
    },
  };
}

/**
 * One tile by itself, as wide as its place.
 * @param {Sheet} sheet
 * @param {number} i
 * @param {string} label  empty: it is said beside it
 */
export function tile({ pictures, per, tile: [high, wide], columns }, i, label) {
  const place = i % per;
  const [left, top] = [(place % columns) * wide, Math.floor(place / columns) * high];
  const said = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return svg("svg", { viewBox: `${left} ${top} ${wide} ${high}`, class: high < COARSE ? "tile coarse" : "tile", ...said },
    svg("image", { href: pictures[Math.floor(i / per)] }));
}

/**
 * The face of a unit that is named beside it: its picture, or its waveform as soon as that is read.
 * @param {import("./types.js").FeatureLayer} layer
 * @param {number} unit
 */
export function face(layer, unit) {
  const row = layer.listed ? layer.listed.indexOf(unit) : unit;
  const sheet = layer.sheets?.synthesis ?? layer.sheets?.exemplars;
  if (sheet && row >= 0) return tile(sheet, row, "");
  const place = h("span", { class: "tile blank", "aria-hidden": "true" });
  unitsOf(layer).then(({ columns }) => {
    const ends = columns.trace?.[row];
    if (ends) fill(place, trace(ends));
  }, () => {}); // it is named without its face
  return place;
}

/** A small waveform. @param {number[]} ends least and greatest values by turns, in hundredths */
export function trace(ends) {
  const d = Array.from({ length: ends.length / 2 }, (_, i) => `M${i} ${-ends[2 * i + 1]}V${Math.max(-ends[2 * i], -ends[2 * i + 1] + 2)}`).join("");
  return svg("svg", { class: "small", viewBox: `-1 -104 ${ends.length / 2 + 1} 208`, preserveAspectRatio: "none", "aria-hidden": "true" }, svg("path", { d }));
}
