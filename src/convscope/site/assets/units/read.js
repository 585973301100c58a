/** What was found of units, each part read when it is opened. */

import { read } from "../base/load.js";

/** @typedef {import("../types.js").FeatureLayer} FeatureLayer */

/**
 * A layer of which units were measured, and what was found of them.
 * @param {FeatureLayer} layer
 * @returns {Promise<import("../types.js").LayerUnits>}
 */
export function unitsOf(layer) {
  return read(/** @type {string} */ (layer.data));
}

/**
 * Everything about one unit.
 * @param {FeatureLayer} layer
 * @param {import("../types.js").LayerUnits} found
 * @param {number} row  its place in the columns
 * @returns {Promise<import("../types.js").UnitDetail>}
 */
export async function detailOf(layer, found, row) {
  const part = Math.floor(row / found.chunk);
  const { detail } = await read(`${layer.data}-${String(part).padStart(2, "0")}`);
  return detail[row - part * found.chunk];
}

/** The samples that some unit shows, by their index. @returns {Promise<Record<string, import("../types.js").Shown>>} */
export function samples() {
  return read("features-samples");
}
