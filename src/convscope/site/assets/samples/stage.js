/** A sample on a stage, whatever it is: with the box that a unit sees, and the heat map of what it uses. */

import { picture } from "./picture.js";
import { volume } from "./volume.js";
import { wave } from "./wave.js";

/**
 * @typedef {object} Heat
 * @property {number[]} start  input coordinate of the first cell, per axis
 * @property {number[]} shape  cells per axis
 * @property {number[]} [step]  input positions from one cell to the next, per axis; 1 if left out
 * @property {ArrayLike<number>} values  0 to 255, the last axis fastest
 */

/**
 * @typedef {object} Stage
 * @property {HTMLElement} node
 * @property {(sample: import("../types.js").Sample | import("../units/types.js").Shown | null) => void} show
 * @property {(lo: number[], hi: number[], text: string) => void} box  from lo to hi, hi not included
 * @property {(heat: Heat | null) => void} heat
 */

/**
 * @param {number[]} space  the input's size along each axis
 * @param {((position: number[]) => void) | null} pick  called with an input position that was pointed at
 * @returns {Stage | null} null for inputs without one, two or three axes
 */
export function stage(space, pick) {
  const make = { 1: wave, 2: picture, 3: volume }[space.length];
  return make ? make(space, pick) : null;
}

/** What the axes of such an input are called. @param {number} axes */
export function axisNames(axes) {
  return { 1: ["time"], 2: ["row", "column"], 3: ["slice", "row", "column"] }[axes] ?? [];
}

/** What one step along an axis is called. @param {number} axes */
export function stepName(axes) {
  return { 1: "samples", 2: "pixels", 3: "voxels" }[axes] ?? "positions";
}
