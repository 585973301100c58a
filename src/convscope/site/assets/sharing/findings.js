/** What the counts say: the formulas with their numbers, the factors, and the cost of each form. */

import { h } from "../base/dom.js";
import { bytes, exact, ratio, shape, times } from "../base/numbers.js";

/** @typedef {import("./count.js").Described} Described */
/** @typedef {import("./count.js").Counted} Counted */
/** @typedef {import("./state.js").Comparison} Comparison */

/**
 * The formulas with the numbers substituted, and how many times fewer weights that makes.
 * @param {Described} layer
 * @param {Counted} found
 * @param {Comparison} comparison
 */
export function statement(layer, found, comparison) {
  return comparison === "lesson" ? lesson(layer, found) : outputs(layer, found);
}

/** @param {Described} layer @param {Counted} found */
function lesson(layer, found) {
  const dense = found.neurons.weights;
  const fewer = times(ratio(dense, found.shared.weights));
  const all = line(
    reading(layer, "Counting all input channels", "In weights"),
    `${filters(layer)} = ${exact(found.shared.weights)}`,
    [h("b", {}, fewer.slice(1)), ` times ${fewer.startsWith("÷") ? "more" : "fewer"}`],
  );
  const denseLine = line("Fully connected", `${[...layer.sides, layer.channels, layer.neurons].join(" × ")} = ${exact(dense)}`, null);
  const same = found.oneChannel === found.shared.weights;
  const one = line(
    "Counting one input channel, as the lesson does",
    `${[layer.filters, ...layer.kernel].join(" × ")} = ${exact(found.oneChannel)}`,
    ["more than ", h("b", {}, exact(dense / found.oneChannel)), " times fewer"],
  );
  return [
    h("dl", {}, denseLine, same || dense < found.oneChannel ? null : one, all),
    h("p", { class: "note" },
      same ? null : "Both readings are right: a filter has one small kernel for each input channel, and the lesson counts one of them. ",
      `The two layers do not have the same outputs: ${exact(layer.neurons)} numbers against ${exact(layer.filters)} maps of `,
      `${shape(found.output)}. “Same outputs” compares like with like.`),
  ];
}

/** @param {Described} layer @param {Counted} found */
function outputs(layer, found) {
  const inside = [...layer.sides, layer.channels].join(" × ");
  const outside = [...found.output, layer.filters].join(" × ");
  const positions = layer.transposed ? layer.sides : found.output;
  return [
    h("dl", {},
      line("Fully connected", `(${inside}) × (${outside}) = ${exact(found.dense.weights)}`, null),
      line("Local, not shared", `${filters(layer)} × (${positions.join(" × ")}) = ${exact(found.local.weights)}`,
        [h("b", {}, times(ratio(found.dense.weights, found.local.weights)).slice(1)), " times fewer"]),
      line("Convolution", `${filters(layer)} = ${exact(found.shared.weights)}`,
        [h("b", {}, times(ratio(found.dense.weights, found.shared.weights)).slice(1)), " times fewer"])),
  ];
}

/** @param {Described} layer @param {string} several @param {string} one */
function reading(layer, several, one) {
  return layer.channels > 1 ? several : one;
}

/** @param {Described} layer */
function filters({ filters: count, channels, groups, kernel }) {
  const inputs = groups === 1 ? [channels] : [`(${channels} / ${groups})`];
  return [count, ...inputs, ...kernel].join(" × ");
}

/** @param {string} name @param {string} formula @param {import("../base/dom.js").Child[] | null} fewer */
function line(name, formula, fewer) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, formula, fewer ? [h("span", { class: "fewer" }, ...fewer)] : null));
}

/**
 * The factors whose product is the whole saving.
 * @param {Described} layer
 * @param {Counted} found
 * @param {Comparison} comparison
 */
export function equation(layer, found, comparison) {
  const patch = layer.transposed ? found.output : layer.sides;
  const positions = layer.transposed ? layer.sides : found.output;
  const terms = [
    term("--locality", times(found.locality), "locality", `${shape(patch)} positions to look at, ${shape(layer.kernel)} looked at`),
    layer.groups > 1 ? term("--grouping", times(found.grouping), "grouping", "each filter reads one group of channels") : null,
    term("--sharing", times(found.sharing), "sharing", `one filter for ${shape(positions)} positions`),
  ];
  if (comparison === "lesson") {
    const text = `the dense layer has ${exact(layer.neurons)} outputs, the convolution ${shape([layer.filters, ...found.output])}`;
    terms.push(term("--quiet", times(found.fewerOutputs), "fewer outputs", text));
  }
  const dense = comparison === "lesson" ? found.neurons : found.dense;
  const whole = times(ratio(dense.weights, found.shared.weights));
  return [...terms, h("p", { class: "whole" }, "together ", h("b", {}, whole))];
}

/** @param {string} hue @param {string} factor @param {string} name @param {string} why */
function term(hue, factor, name, why) {
  return h("p", { class: "term", style: `--hue: var(${hue})` }, h("b", {}, factor), h("span", {}, name), h("small", {}, why));
}

/** @type {Record<string, bigint>} */
const SIZES = { float64: 8n, float32: 4n, float16: 2n, bfloat16: 2n };

/**
 * Weights, biases, memory and arithmetic of the three forms.
 * @param {Counted} found
 * @param {Comparison} comparison
 * @param {string} dtype
 */
export function forms(found, comparison, dtype) {
  const size = SIZES[dtype] ?? 4n;
  const rows = /** @type {const} */ ([
    ["fully connected", comparison === "lesson" ? found.neurons : found.dense],
    ["local, not shared", found.local],
    ["convolution", found.shared],
  ]);
  return h("table", {},
    h("thead", {}, h("tr", {}, ["", "weights", "biases", `memory, ${dtype}`, "multiply-adds"].map((text) =>
      text ? h("th", { scope: "col" }, text) : h("td", {})))),
    h("tbody", {}, rows.map(([name, form]) => h("tr", {},
      h("th", { scope: "row" }, name),
      h("td", {}, exact(form.weights)),
      h("td", {}, exact(form.biases)),
      h("td", {}, bytes((form.weights + form.biases) * size)),
      h("td", {}, exact(form.macs))))));
}
