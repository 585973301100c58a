/** The words for what units are: levels of the ladder, statuses, families. */

const HUES = /** @type {const} */ (["--simple", "--joined", "--shaped", "--entire"]);
/** What stands on each level of the ladder of complexity, by the axes of the input. @type {Record<number, string[]>} */
const LADDERS = {
  1: ["tone, click, onset", "chirp", "harmonic, pattern", "whole"],
  2: ["edge, colour", "corner, junction, simple texture", "shape, texture, part", "whole"],
  3: ["surface, edge, spot", "corner, end", "shape, part", "whole"],
};

/**
 * The levels of the ladder, by number: hue and words.
 * @param {number} axes  of the input
 * @returns {Record<string, {hue: string, text: string}>}
 */
export function levels(axes) {
  const words = LADDERS[axes] ?? LADDERS[2];
  return Object.fromEntries(HUES.map((hue, at) => [String(at + 1), { hue, text: words[at] }]));
}

/** @type {Record<string, string>} */
export const STATUSES = {
  ok: "its picture excites it at least half as much as the best sample",
  weak: "its picture excites it less than half as much as the best sample",
  "dead on data": "its response is the same on every sample here; other data may wake it",
  failed: "no picture could be made that excites it",
};

/** @param {number | null | undefined} level */
export function hueOf(level) {
  return HUES[(level ?? 0) - 1] ?? "--quiet";
}

/** A share as a percentage, with digits where it is small. @param {number} value */
export function percent(value) {
  const hundred = 100 * value;
  if (hundred > 0 && hundred < 0.1) return "under 0.1\u00a0%";
  return `${hundred > 0 && hundred < 9.95 ? Number(hundred.toPrecision(2)) : Math.round(hundred)}\u00a0%`;
}

/** A response, signed by a true minus. @param {number} value */
export function response(value) {
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

/** Per cent of the natural maximum. @param {number} value */
export function reached(value) {
  return `${Math.round(value).toLocaleString("en").replace("-", "−")}\u00a0%`;
}

const DEGREES = ["orientation", "polarity", "direction", "azimuth", "elevation", "hue", "angle", "span"];
const LENGTHS = ["radius", "width"];
const WAVES = ["frequency", "bandwidth"];
const NYQUIST = 0.5; // cycles per sample: what is more must be hertz, of sounds whose rate is known

/**
 * A stimulus parameter with its unit.
 * @param {string} name
 * @param {number} value
 * @param {number} axes  of the input
 */
export function parameter(name, value, axes) {
  const place = { 1: "samples", 2: "px" }[axes] ?? "voxels";
  const said = (/** @type {number} */ number) => number.toLocaleString("en", { maximumSignificantDigits: 3 }).replace("-", "−");
  if (DEGREES.includes(name)) return `${said(Math.round(value))}°`;
  if (LENGTHS.includes(name)) return `${said(value)} ${place}`;
  if (!WAVES.includes(name)) return said(value);
  return axes === 1 && Math.abs(value) > NYQUIST ? `${said(value)}\u00a0Hz` : `${said(value)} cycles/${place.replace(/s$/, "")}`;
}
