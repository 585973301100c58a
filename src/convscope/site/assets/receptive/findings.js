/** What the fields say, in words. */

import { h } from "../base/dom.js";
import { across, counted, exact, once, shape, short } from "../base/numbers.js";
import { href } from "../base/route.js";
import { stepName } from "../samples/stage.js";
import { isLocal, outside, sizeOf } from "./geometry.js";

/** @typedef {import("../types.js").Field} Field */

/**
 * One layer's field.
 * @param {Field} field
 * @param {{lo: number[], hi: number[], space: number[], counts: number[]}} where
 */
export function described(field, { lo, hi, space, counts }) {
  const size = sizeOf(field);
  const step = stepName(space.length);
  const share = size.reduce((part, n, i) => (part * Math.min(n, space[i])) / space[i], 1);
  const found = field.effective;
  const isGlobal = field.global.some(Boolean);
  /** @type {[string, import("../base/dom.js").Child][]} */
  const rows = [
    ["of the input", share >= 1 ? "all of it" : percent(share)],
    ["next unit", counts.length ? `${once(field.stride)} further` : null],
    ["effective, σ", found ? spread(found) : null],
    ["σ untrained", found?.fresh ? spread(found.fresh) : null],
    ["95 % of its use", found ? `within ${across(found.box95)}` : null],
    ["area used", found ? `${percent(found.area_ratio)} of the field` : null],
  ];
  return [
    h("p", { class: "figure" }, h("b", {}, across(size)), ` ${step}`),
    h("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    isGlobal ? h("p", { class: "note" }, `It depends on the whole input${because(field)}; the box is the path that stays local.`) : null,
    field.cross ? h("p", { class: "note" }, "Its true shape is smaller than the box: branches of different proportions make a cross.") : null,
    field.shift_invariant === false ? h("p", { class: "note" }, "The size differs a little from unit to unit; this is the first one’s.") : null,
    outside(lo, hi, space) ? h("p", { class: "note" }, "Part of the box lies outside the input: there the unit reads padding.") : null,
    found?.picture ? h("p", { class: "note" }, `Brightness is the gradient’s magnitude${found.samples ? ` over ${counted(found.samples, "sample")}` : ""}, measured at the central unit and drawn at this one.`) : null,
    h("p", {}, h("a", { href: href("layers", [field.name]) }, "This layer’s other facts")),
  ];
}

/** Standard deviations with their interval. @param {import("../types.js").Spread} found */
function spread({ sigma, interval }) {
  const digits = (/** @type {number} */ value) => (value < 100 ? value.toPrecision(3) : exact(Math.round(value)));
  const axes = sigma.map((value, i) => {
    const ends = interval?.sigma[i];
    return ends ? `${digits(value)} (${digits(ends[0])} to ${digits(ends[1])})` : digits(value);
  });
  return axes.join(", ");
}

/**
 * The layers whose field is larger than the input, and what that means where the advice says it.
 * @param {Field[]} fields
 * @param {number[]} space
 * @param {import("../types.js").Advice | undefined} meaning
 */
export function whatExceeds(fields, space, meaning) {
  const windowed = fields.filter((field) => isLocal(field) && (field.kind === "conv" || field.kind === "pool"));
  const past = windowed.filter((field) => field.exceeds_input);
  return h("section", {},
    h("h2", {}, "Fields larger than the input"),
    past.length
      ? [
          h("p", { class: "prose" }, `${counted(past.length, "layer")} with a window (of ${exact(windowed.length)}) could see more than the ${shape(space)} of the input; the rest of the field is padding.`),
          meaning?.limits ? h("p", { class: "note" }, meaning.limits) : null,
          h("ul", { class: "names" }, past.map((field) => h("li", {}, link(field.name), ` ${across(sizeOf(field))}`))),
        ]
      : h("p", { class: "prose" }, `None: each of the ${counted(windowed.length, "layer")} with a window sees less than the ${shape(space)} of the input, in at least one direction.`));
}

/** @param {import("../types.js").Advice[]} advice */
export function whatToDo(advice) {
  if (!advice.length) return null;
  return h("section", {},
    h("h2", {}, "Advice"),
    advice.map(({ title, text, layers, macs, limits }) => h("div", { class: "advice" },
      h("h3", {}, title),
      h("p", { class: "prose" }, text, macs ? ` They cost ${short(macs)} multiply-adds.` : null),
      limits ? h("p", { class: "note" }, limits) : null,
      layers?.length ? h("ul", { class: "names" }, layers.map((name) => h("li", {}, link(name)))) : null)));
}

/**
 * What tiled inference needs for seams that cannot be seen.
 * @param {{layer: string, step: number[], halo: [number, number][]} | null | undefined} tiling
 */
export function tiles(tiling) {
  if (!tiling) return null;
  const halo = tiling.halo.map(([before, after]) => (before === after ? exact(before) : `${exact(before)} before and ${exact(after)} after`));
  const same = halo.every((side) => side === halo[0]);
  return h("p", { class: "note" },
    `Cut into tiles, an input gives ${tiling.layer} without a seam where tiles start at multiples of ${once(tiling.step)} `,
    `and overlap their neighbours by ${same ? halo[0] : halo.join(" × ")} on each axis.`);
}

/** @param {string} name */
function link(name) {
  return h("a", { href: href("receptive", [], { layer: name }) }, name);
}

/** @param {Field} field */
function because({ global_from: from }) {
  const reason = from?.find((one) => one)?.reason;
  return reason ? ` (${reason})` : "";
}

/** @param {number} share */
function percent(share) {
  return `${Number((100 * share).toPrecision(2))} %`;
}
