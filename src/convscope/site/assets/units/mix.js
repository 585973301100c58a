/** What the units of a layer stand for: one bar, and the labels that most of them carry. */

import { h } from "../base/dom.js";
import { exact } from "../base/numbers.js";
import { href } from "../base/route.js";
import { hueOf, levels, percent } from "./words.js";

/** @typedef {import("./types.js").FeatureLayer} FeatureLayer */

const LABELS = 8; // shown; all of them are in the grid's filter

/**
 * Shares of a layer's units, from the first level to those that are dead on the data.
 * @param {FeatureLayer} layer
 * @param {number} axes of the input
 * @returns {{text: string, hue: string, units: number, query: Record<string, string>}[]}
 */
export function shares({ levels: on, measured, dead }, axes) {
  const steps = Object.entries(levels(axes)).map(([level, { hue, text }]) => ({ text: `${level} ${text}`, hue, units: on[level] ?? 0, query: { level } }));
  const labelled = steps.reduce((sum, { units }) => sum + units, 0);
  const silent = Math.min(dead, measured - labelled);
  return [
    ...steps,
    { text: "unknown", hue: "--quiet", units: measured - labelled - silent, query: { level: "none" } },
    { text: "dead on data", hue: "--gone", units: silent, query: { status: "dead on data" } },
  ].filter(({ units }) => units > 0);
}

/** @param {FeatureLayer} layer @param {number} axes */
export function bar(layer, axes) {
  return h("span", { class: "mixed", "aria-hidden": "true" },
    shares(layer, axes).map(({ hue, units }) => h("span", { style: `inline-size: ${(100 * units) / layer.measured}%; --hue: var(${hue})` })));
}

/** @param {FeatureLayer} layer @param {number} axes */
export function mix(layer, axes) {
  const most = layer.labels.filter(({ name }) => name !== "unknown").slice(0, LABELS);
  return h("section", { class: "mix" },
    h("h3", {}, "What its units stand for"),
    bar(layer, axes),
    h("ul", { class: "legend" }, shares(layer, axes).map(({ text, hue, units, query }) => h("li", {},
      h("a", { href: href("layers", [layer.name], query) }, h("span", { class: "swatch", style: `--hue: var(${hue})` }), text), ` ${percent(units / layer.measured)}`))),
    most.length ? h("ul", { class: "chips", "aria-label": "Most common labels" }, most.map(({ name, level, units }) => h("li", {},
      h("a", { class: "chip", href: href("layers", [layer.name], { label: name, level }), style: `--hue: var(${hueOf(level)})` }, name, h("small", {}, exact(units)))))) : null,
    trusted(layer.trust));
}

const FROM = /** @type {const} */ ([["exemplars", "their exemplars"], ["synthesis", "pictures made for them"], ["untrained", "exemplars of the same network untrained"]]);

/** How often pictures of this layer's units tell what they do. @param {FeatureLayer["trust"]} trust */
function trusted(trust) {
  const told = FROM.map(([kind, words]) => ({ words, score: trust?.[kind] })).filter(({ score }) => score);
  if (!told.length) return null;
  return h("div", { class: "trust" },
    h("p", { class: "note" }, "Do the pictures tell what these units do? Which of two other samples drives a unit is told right (half is chance)"),
    h("ul", { class: "note" }, told.map(({ words, score }) => score ? h("li", {}, h("b", {}, percent(score.mean)), ` (${percent(score.interval[0])} to ${percent(score.interval[1])}) from ${words}`) : null)));
}
