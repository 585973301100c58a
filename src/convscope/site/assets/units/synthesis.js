/** What a unit would like to see: pictures made for it, each with what it reaches. */

import { h } from "../base/dom.js";
import { stage } from "../samples/stage.js";
import { tile } from "./tile.js";
import { reached, response } from "./words.js";

/** @typedef {import("./types.js").Synthesis} Synthesis */

/**
 * @param {Synthesis[]} made
 * @param {import("./types.js").FeatureLayer} layer
 * @param {{row: number, unit: number, field: number[], rate: number | null | undefined}} where
 */
export function synthesis(made, layer, { row, unit, field, rate }) {
  if (!made.length) return null;
  const left = (layer.kinds?.length ?? 0) - made.length;
  return h("section", {},
    h("h2", {}, "What it would like to see"),
    h("div", { class: "made" }, made.map((one) => h("figure", {}, face(one, layer, row, field, rate), h("figcaption", {}, ...told(one))))),
    h("p", { class: "note" }, field.length
      ? `Made from noise until it fires, no larger than its field of ${field.join(" × ")}. Each was judged afterwards without the jitter it was made under; 100 % is the strongest response to a real sample.${field.length === 3 ? " Their middle slices are shown." : ""}`
      : "Made from noise until it fires, and judged afterwards without the jitter it was made under."),
    left > 0 ? h("p", { class: "note" }, `The layer has many units: ${left === 1 ? "one more picture was" : `${left} more pictures were`} made for some of them only. `, h("code", {}, `convscope features MODEL --data DATA --unit ${layer.name}:${unit}`), " makes all of this one's.") : null);
}

/** @param {Synthesis} one @param {import("./types.js").FeatureLayer} layer @param {number} row @param {number[]} field @param {number | null | undefined} rate */
function face(one, layer, row, field, rate) {
  const label = `${one.kind} picture, ${one.status}`;
  if (one.waveform) {
    const view = stage([field[0]], null);
    view?.show({ name: label, label: null, shape: [1, field[0]], waveform: one.waveform, sound: one.sound ?? undefined, rate });
    view?.node.querySelector(".stage")?.setAttribute("aria-label", label);
    return view?.node;
  }
  const sheets = layer.sheets ?? {};
  if (sheets.all && one.tile !== null) return tile(sheets.all, one.tile, label);
  if (sheets.synthesis && one.kind === "positive" && one.status !== "dead on data") return tile(sheets.synthesis, row, label);
  return h("span", { class: "tile blank" }, one.status);
}

/** @param {Synthesis} one */
function told({ kind, activation, percent_of_natural: percent, status, why }) {
  const name = { positive: "most", negative: "least" }[kind] ?? kind;
  const value = typeof percent === "number" ? reached(percent) : typeof activation === "number" ? `response ${response(activation)}` : "";
  return [h("b", {}, name), value ? ` ${value}` : "", status === "ok" ? null : h("span", { class: "status" }, ` ${status}`), why ? h("span", { class: "why" }, why) : null];
}
