/** A layer described by hand, to and from the address. What equals the lesson's example is left out. */

import { output } from "./count.js";

/** @typedef {import("./count.js").Described} Described */
/** @typedef {import("../types.js").Layer} Layer */
/** @typedef {"lesson" | "outputs"} Comparison */

/** @type {Described} */
export const LESSON = {
  sides: [224, 224],
  channels: 3,
  neurons: 512,
  filters: 64,
  kernel: [3, 3],
  stride: [1, 1],
  padding: [1, 1],
  dilation: [1, 1],
  groups: 1,
  transposed: false,
  bias: false,
};

const LISTS = /** @type {const} */ (["sides", "kernel", "stride", "padding", "dilation"]);
const COUNTS = /** @type {const} */ (["channels", "neurons", "filters", "groups"]);
const SWITCHES = /** @type {const} */ (["transposed", "bias"]);

/**
 * Read `224` or `224x112` for so many axes; null where it is neither. Halves are read where nothing
 * is little enough to be padding: 31.5 on each side is 31 before and 32 after.
 * @param {string} text
 * @param {number} axes
 * @param {number} least
 * @returns {number[] | null}
 */
export function list(text, axes, least) {
  const number = least === 0 ? /^\d{1,9}(\.5)?$/ : /^\d{1,9}$/;
  const parts = text.trim().split(/\s*[x×,*\s]\s*/);
  const values = parts.map((part) => (number.test(part) ? Number(part) : Number.NaN));
  if (values.some((value) => !(value >= least))) return null;
  if (values.length === 1) return Array(axes).fill(values[0]);
  return values.length === axes ? values : null;
}

/** The shortest text that `list` reads back. @param {number[]} values */
export function written(values) {
  return values.every((value) => value === values[0]) ? String(values[0]) : values.join("x");
}

/** @param {URLSearchParams} query @returns {Described} */
export function decode(query) {
  const axes = Math.min(3, Math.max(1, Number(query.get("axes")) || 2));
  const layer = spread(LESSON, axes);
  for (const key of LISTS) {
    const least = key === "padding" ? 0 : 1;
    layer[key] = list(query.get(key) ?? "", axes, least) ?? layer[key];
  }
  for (const key of COUNTS) {
    layer[key] = list(query.get(key) ?? "", 1, 1)?.[0] ?? layer[key];
  }
  for (const key of SWITCHES) layer[key] = query.get(key) === "1";
  return layer;
}

/** @param {Described} layer @returns {Record<string, string | null>} */
export function encode(layer) {
  const axes = layer.sides.length;
  const usual = spread(LESSON, axes);
  /** @type {Record<string, string | null>} */
  const query = { axes: axes === 2 ? null : String(axes) };
  for (const key of LISTS) query[key] = written(layer[key]) === written(usual[key]) ? null : written(layer[key]);
  for (const key of COUNTS) query[key] = layer[key] === usual[key] ? null : String(layer[key]);
  for (const key of SWITCHES) query[key] = layer[key] ? "1" : null;
  return query;
}

/**
 * The same layer with another number of axes: each list is that of its first axis.
 * @param {Described} layer
 * @param {number} axes
 * @returns {Described}
 */
export function spread(layer, axes) {
  const changed = { ...layer };
  if (layer.sides.length !== axes) {
    for (const key of LISTS) changed[key] = Array(axes).fill(layer[key][0]);
  }
  return changed;
}

/**
 * A layer of the network as a description; null where the hand-made form cannot say it.
 * @param {Layer} layer
 * @returns {Described | null}
 */
export function described(layer) {
  const axes = layer.input.length - 1;
  const neurons = LESSON.neurons;
  if (layer.kind === "linear" && axes <= 0) {
    const one = { kernel: [1], stride: [1], padding: [0], dilation: [1], groups: 1, transposed: false };
    const [filters, channels] = [layer.output[0], layer.input[0]];
    return { ...one, sides: [1], channels, filters, neurons: filters, bias: layer.biases > 0 };
  }
  if (layer.kind !== "conv" || axes < 1 || axes > 3 || layer.kernel.length !== axes) return null;
  /** @type {Described} */
  const found = {
    sides: layer.input.slice(1),
    channels: layer.input[0],
    neurons,
    filters: layer.output[0],
    kernel: layer.kernel,
    stride: layer.stride,
    padding: layer.kernel.map((_, i) => halfPadding(layer, i)),
    dilation: layer.dilation,
    groups: layer.groups || 1,
    transposed: layer.transposed,
    bias: layer.biases > 0,
  };
  const same = output(found).every((side, i) => side === layer.output[i + 1]);
  return same && found.padding.every((side) => side >= 0) ? found : null;
}

/** What pads both sides together, halved: uneven and output padding become one number. @param {Layer} layer @param {number} i */
function halfPadding(layer, i) {
  if (layer.transposed) {
    const reach = layer.dilation[i] * (layer.kernel[i] - 1) + 1;
    return ((layer.input[i + 1] - 1) * layer.stride[i] + reach - layer.output[i + 1]) / 2;
  }
  const pair = layer.padding[i];
  return Array.isArray(pair) ? (pair[0] + pair[1]) / 2 : pair;
}
