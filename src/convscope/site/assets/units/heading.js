/** What a unit stands for, in words, with the grade of the evidence. */

import { h } from "../base/dom.js";
import { hueOf, levels, parameter, percent, response, STATUSES } from "./words.js";

/** @typedef {import("./types.js").UnitDetail} UnitDetail */

/**
 * The unit in one line.
 * @param {UnitDetail} unit
 * @param {number} axes of the input
 */
export function sentence({ status, label, tuning }, axes) {
  if (status === "dead on data") return "Dead on these data";
  const seen = tuning && tuning.family !== "none" ? `${capital(tuning.family)}${preferred(tuning.preferred, axes)}` : "";
  if (!label || label.name === "unknown" || label.source === "none") {
    return seen ? `Unknown; of all stimuli, it prefers: ${lower(seen)}` : "Unknown: nothing it answers to has a name here";
  }
  return label.source === "tuning" && seen && same(label.name, tuning?.family ?? "") ? seen : capital(turned(label.name, axes));
}

/** A label of a picture's concept that ends in degrees says so. @param {string} name @param {number} axes */
function turned(name, axes) {
  return axes === 2 ? name.replace(/ (\d+(?:\.\d+)?)$/, " at $1°") : name;
}

/** @param {string} name @param {string} family */
function same(name, family) {
  return name.startsWith(family) || family.startsWith(name);
}

const TOLD = ["orientation", "polarity", "direction", "angle", "hue", "frequency", "radius", "width"]; // what tells most first
const MOST = 2; // parameters in a headline

/** @param {Record<string, number>} found @param {number} axes */
function preferred(found, axes) {
  const place = (/** @type {string} */ name) => (TOLD.includes(name) ? TOLD.indexOf(name) : TOLD.length);
  const known = Object.entries(found).filter(([, value]) => typeof value === "number").sort(([a], [b]) => place(a) - place(b));
  const words = /** @type {Record<string, string>} */ ({ orientation: " at", polarity: ", brighter towards", direction: " towards" });
  return known.slice(0, MOST).map(([name, value]) => `${words[name] ?? `, ${name}`} ${parameter(name, value, axes)}`).join("");
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {string} text */
function lower(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The label's evidence: where it comes from, how it did on samples it was not chosen on. @param {UnitDetail} unit @param {number} axes of the input */
export function evidence({ label, status, density, natural_max: most }, axes) {
  const step = levels(axes)[label?.level ?? 0];
  const lines = [
    h("p", { class: "marks" },
      label ? h("span", { class: "chip", style: `--hue: var(${hueOf(label.level)})` }, label.name, step ? h("small", {}, `level ${label.level} of 4: ${step.text}`) : null) : null,
      status === "ok" ? null : h("span", { class: "verdict", "data-word": status === "weak" ? "undecided" : "not supported" }, status),
      typeof density === "number" ? h("span", { class: "note" }, `fires on ${percent(density)} of samples`) : null,
      typeof most === "number" ? h("span", { class: "note" }, `strongest response ${response(most)}`) : null),
    status === "ok" ? null : h("p", { class: "note" }, `${capital(status)}: ${STATUSES[status] ?? status}.`),
  ];
  if (label) lines.push(h("p", { class: "note grade" }, ...graded(label)));
  return lines;
}

const SOURCES = /** @type {Record<string, string>} */ ({
  tuning: "The label comes from its tuning to stimuli", overlap: "The label comes from where on the samples it fires", class: "The label comes from which samples fire it",
});

/** What a label's name stands on, or why there is none. @param {import("./types.js").Label} label */
function graded({ source, precision, recall, score, null99, interval, others = [] }) {
  const known = (/** @type {unknown} */ value) => typeof value === "number";
  const ends = interval?.precision;
  if (source === "none") return [unnamed(others[0]), others.length > 1 ? ` Then ${nearest(others.slice(1))}.` : null];
  const chance = against(score, null99);
  return [
    `${SOURCES[source] ?? "The label"}, chosen on one half of the samples and graded on the other: `,
    [known(precision) ? [h("b", {}, `precision ${Number(precision).toFixed(2)}`), ends ? ` (${ends[0].toFixed(2)} to ${ends[1].toFixed(2)})` : ""] : null,
      known(recall) ? `, recall ${Number(recall).toFixed(2)}` : null, chance ? `; ${chance}` : null, "."],
    others.length ? ` It also answers to ${nearest(others)}.` : null,
  ];
}

/** @param {number | null | undefined} score @param {number | null | undefined} null99 */
function against(score, null99) {
  if (typeof score !== "number" || typeof null99 !== "number") return "";
  return `score ${score.toFixed(2)}, where chance reaches ${null99.toFixed(2)} (99th percentile of shuffled samples)`;
}

/** Why what came nearest is no label. @param {import("./types.js").Other | undefined} best */
function unnamed(best) {
  if (!best) return "No concept it was compared with is more common where it fires.";
  const bits = typeof best.bits === "number" ? `: ${best.bits.toFixed(2)} bits` : "";
  const chance = against(best.score, best.null99);
  const found = chance ? ` (${chance})` : "";
  return best.above_null
    ? `What comes nearest is ${best.name}${found}. That is more than chance, but its firing says less than half a bit about it${bits}; too little for a name.`
    : `What comes nearest is ${best.name}${found}. That is no more than chance.`;
}

/** @param {{name: string, score: number}[]} others */
function nearest(others) {
  return others.filter(({ score }) => typeof score === "number").slice(0, 3).map(({ name, score }) => `${name} (${score.toFixed(2)})`).join(", ");
}
