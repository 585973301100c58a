/** Pictures that lie side by side in a sheet. */

import { h, svg } from "../base/dom.js";

/** @typedef {import("../types.js").Sheet} Sheet */

const COARSE = 64; // tiles smaller than this are drawn with visible pixels

/**
 * Where tiles lie, as the place of a background: for grids of hundreds, which share one picture.
 * @param {Sheet} sheet
 * @param {number} count  tiles in the sheet
 */
export function background({ picture, tile, columns }, count) {
  const rows = Math.ceil(count / columns);
  const at = (/** @type {number} */ place, /** @type {number} */ places) => (places > 1 ? (100 * place) / (places - 1) : 0);
  return {
    // Absolute: what stands in a custom property is read relative to the style sheet that uses it.
    image: `url("${new URL(picture, document.baseURI).href}")`,
    size: `${100 * columns}% ${100 * rows}%`,
    ratio: `${tile[1]} / ${tile[0]}`,
    coarse: tile[0] < COARSE,
    /** @param {number} i */
    position: (i) => `${at(i % columns, columns)}% ${at(Math.floor(i / columns), rows)}%`,
  };
}

/**
 * One tile by itself, as wide as its place.
 * @param {Sheet} sheet
 * @param {number} i
 * @param {string} label  empty: it is said beside it
 */
export function tile({ picture, tile: [high, wide], columns }, i, label) {
  const [left, top] = [(i % columns) * wide, Math.floor(i / columns) * high];
  const said = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return svg("svg", { viewBox: `${left} ${top} ${wide} ${high}`, class: high < COARSE ? "tile coarse" : "tile", ...said },
    svg("image", { href: picture }));
}

/**
 * A sheet's tile as the face of a unit, or words where there is no picture.
 * @param {import("../types.js").FeatureLayer | undefined} layer
 * @param {number} row  the unit's place in its layer
 */
export function face(layer, row) {
  const sheet = layer?.sheets?.synthesis ?? layer?.sheets?.exemplars;
  return sheet ? tile(sheet, row, "") : h("span", { class: "tile blank", "aria-hidden": "true" });
}
