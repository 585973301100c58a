/** One layer: what it is, what it costs, what it sees, and where it stands. */

import { h } from "../base/dom.js";
import { across, bytes, exact, once, shape, short, times } from "../base/numbers.js";
import { href } from "../base/route.js";
import { boxOf, isLocal, sizeOf, unitAt, units } from "../receptive/geometry.js";
import { stage, stepName } from "../samples/stage.js";
import { pictures } from "./filters.js";

/** @typedef {import("../types.js").Layer} Layer */
/** @typedef {import("../types.js").Field} Field */
/** @typedef {import("../types.js").LayerCost} LayerCost */

/**
 * @typedef {object} Known
 * @property {import("../types.js").Site} site
 * @property {Layer[]} layers
 * @property {Map<string, LayerCost>} costs
 * @property {Map<string, Field>} fields
 * @property {import("../types.js").Filters | null} filters
 * @property {Map<string, import("../units/types.js").FeatureLayer>} features
 */

/**
 * @param {Layer} layer
 * @param {Known} known
 * @param {(name: string) => string} select
 * @param {import("./units.js").Part} units
 */
export function facts(layer, known, select, units) {
  const at = known.layers.indexOf(layer);
  const [before, after] = [known.layers[at - 1], known.layers[at + 1]];
  const cost = known.costs.get(layer.name);
  const field = known.fields.get(layer.name);
  const own = [
    list(layer, known, select),
    cost && (cost.factor ?? 0) > 1 ? saved(cost) : null,
    known.filters?.layer === layer.name
      ? h("section", {}, h("h3", {}, "Its filters"), pictures(known.filters))
      : null,
  ];
  const sees = field ? seen(layer, field, known) : null;
  return [
    h("nav", { class: "steps", "aria-label": "Neighbouring layers" },
      before ? h("a", { href: select(before.name), "data-step": "-1", title: before.name }, "← ", brief(before.name)) : h("span"),
      after ? h("a", { href: select(after.name), "data-step": "1", title: after.name }, brief(after.name), " →") : h("span")),
    h("h2", { class: "name", tabindex: -1 }, layer.name),
    h("p", { class: "lead" }, sentence(layer)),
    // Where units were measured, they are what the page is about; the layer's own numbers wait.
    ...(units.measured
      ? [h("details", {}, h("summary", {}, "Shapes, costs and savings"), own), h("div", { class: "about" }, units.mix, sees), units.grid]
      : [own[0], sees, own.slice(1), units.hint]),
  ];
}

/** The end of a long name, which tells it from its neighbours. @param {string} name */
function brief(name) {
  return name.length > 34 ? `…${name.slice(-32)}` : name;
}

/** @param {Layer} layer */
function sentence(layer) {
  const steps = layer.stride.some((step) => step > 1) ? `, ${once(layer.stride)} steps apart` : "";
  const holes = layer.dilation.some((gap) => gap > 1) ? `, taps ${once(layer.dilation)} apart` : "";
  const windows = `${shape(layer.kernel)}${steps}${holes}`;
  const [filters, channels] = [layer.output[0], layer.input[0]];
  if (layer.kind === "conv") {
    const groups = layer.groups > 1 ? (layer.groups === channels ? ", each channel by itself" : `, in ${layer.groups} groups`) : "";
    return `${layer.transposed ? "A transposed convolution" : "A convolution"}: ${exact(filters)} filters of ${windows}, over ${exact(channels)} channel${channels === 1 ? "" : "s"}${groups}.`;
  }
  if (layer.kind === "pool") return `Pooling over ${windows}: it keeps what was found, and gives up exactly where.`;
  return WORDS[layer.kind] ?? `An operation, ${layer.operation}.`;
}

/** @type {Record<string, string>} */
const WORDS = {
  linear: "A dense layer: every input has its own weight to every output.",
  norm: "Normalisation: each channel is shifted and scaled.",
  activation: "A nonlinearity, applied to each value by itself.",
  add: "Branches meet and are added.",
  mul: "Branches meet and are multiplied.",
  cat: "Branches meet, their channels side by side.",
  reduce: "Positions are summed up: here the whole map becomes one number a channel.",
  attention: "Attention: every position looks at every other.",
  matmul: "A product of two computed matrices; it has no weights of its own.",
  softmax: "Scores become shares that add up to one.",
  resize: "The map is resampled to another size.",
  pad: "The map gets a border.",
  embedding: "Indices become vectors, looked up in a table.",
};

/** @param {Layer} layer @param {Known} known @param {(name: string) => string} select */
function list(layer, { site, layers }, select) {
  const feeds = layers.filter((other) => other.feeds_from.includes(layer.name)).map((other) => other.name);
  const names = (/** @type {string[]} */ all) => all.map((name, i) => [i ? ", " : "", name === "input" ? "the input" : h("a", { href: select(name) }, name)]);
  const size = site.network.dtype === "float16" || site.network.dtype === "bfloat16" ? 2 : 4;
  const padding = layer.padding.map((pair) => (Array.isArray(pair) ? (pair[0] === pair[1] ? pair[0] : pair.join("+")) : pair));
  /** @type {[string, import("../base/dom.js").Child][]} */
  const rows = [
    ["operation", layer.operation || layer.kind],
    ["reads", [shape(layer.input), " from ", names(layer.feeds_from)]],
    ["gives", [shape(layer.output), feeds.length ? [" to ", names(feeds)] : null]],
    ["padding", padding.some((side) => side !== 0) ? padding.join(" × ") : null],
    ["parameters", layer.parameters ? `${exact(layer.parameters)} (${bytes(layer.parameters * size)})` : null],
    ["multiply-adds", layer.macs === null ? "not known" : layer.macs ? exact(layer.macs) : null],
  ];
  return h("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/** @param {Layer} layer @param {Field} field @param {Known} known */
function seen(layer, field, { site }) {
  const space = site.network.input.slice(1);
  const step = stepName(space.length);
  if (!isLocal(field)) return h("p", { class: "note" }, "Each of its outputs depends on the whole input.");
  const scene = stage(space, null);
  if (!scene) return null;
  const counts = units(layer, field);
  const unit = unitAt(field, counts, space.map((side) => side / 2));
  const { lo, hi } = boxOf(field, unit);
  scene.show(site.data?.samples[0] ?? null);
  scene.box(lo, hi, `Its field, ${across(sizeOf(field))} ${step}, on a sample of ${shape(space)}`);
  const everything = field.global.some(Boolean) ? " Through an earlier layer each output also depends on the whole input; this is the path that stays local." : "";
  return h("section", { class: "field" },
    h("h3", {}, "What one of its units sees"),
    h("figure", {}, scene.node,
      h("figcaption", {}, `${across(sizeOf(field))} of ${shape(space)} ${step}; the next unit looks ${once(field.stride)} further.${everything} `,
        h("a", { href: href("receptive", [], { layer: layer.name }) }, "Move it about"))));
}

/** @param {LayerCost} cost */
function saved(cost) {
  /** @type {[string, number, string][]} */
  const factors = [
    ["locality", cost.locality_factor ?? 1, "--locality"],
    ["groups", cost.grouping_factor ?? 1, "--grouping"],
    ["sharing", cost.sharing_factor ?? 1, "--sharing"],
  ];
  const whole = Math.log10(cost.dense_weights);
  const part = (/** @type {number} */ value, /** @type {string} */ hue) =>
    h("span", { style: `inline-size: ${(100 * Math.log10(value)) / whole}%; --hue: var(${hue})` });
  return h("section", {},
    h("h3", {}, "What its priors save"),
    h("div", { class: "factors", "aria-hidden": "true" }, part(Math.max(1, cost.weights), "--weights"),
      [...factors].reverse().map(([, factor, hue]) => part(factor, hue))),
    h("p", {},
      h("span", { class: "swatch", style: "--hue: var(--weights)" }), `${exact(cost.weights)} weights `,
      factors.filter(([, factor]) => factor !== 1).reverse().map(([name, factor, hue]) => [" · ", h("span", { class: "swatch", style: `--hue: var(${hue})` }), `${times(factor)} ${name}`])),
    h("p", { class: "note" }, `A dense layer with the same outputs would have ${short(cost.dense_weights)}. The bar is logarithmic. `,
      h("a", { href: href("sharing", [], { from: cost.name, compare: "outputs" }) }, "Change its numbers")));
}
