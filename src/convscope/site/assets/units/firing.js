/** The samples that fire a unit, cropped to what it saw, beside the whole sample with its activation. */

import { fill, h } from "../base/dom.js";
import { brightnessOf } from "../base/load.js";
import { across } from "../base/numbers.js";
import { axisNames, stage } from "../samples/stage.js";
import { crop, fieldOf } from "./crop.js";
import { response } from "./words.js";

/** @typedef {import("../types.js").Firing} Firing */
/** @typedef {import("../types.js").Shown} Shown */

/**
 * @typedef {object} Scene
 * @property {number[]} space
 * @property {Record<string, Shown>} samples
 * @property {import("../types.js").FeatureLayer} layer
 * @property {number[]} stride
 * @property {import("../types.js").Field | undefined} field
 */

/**
 * A stage for whole samples, and a maker of the crops that lead to it.
 * @param {Scene} scene
 * @param {(key: string | null, overlay: boolean) => void} pin  called when a person fixes what is shown
 */
export function firing(scene, pin) {
  const { space, samples } = scene;
  const view = stage(space, null);
  const caption = h("p", { class: "note", role: "status" });
  const overlay = h("input", { type: "checkbox", onchange: () => pin(pinned, overlay.checked) });
  const node = h("figure", { class: "whole" }, view?.node,
    h("figcaption", {}, caption, scene.layer.sheets?.maps ? h("label", { class: "switch" }, overlay, "show where it fires") : null));
  /** @type {Map<string, {one: Firing, button: HTMLElement}>} */
  const known = new Map();
  let pinned = "";
  let showing = "";

  /**
   * @param {string} key  names it in the address
   * @param {Firing} one
   * @param {string} [word]  what it is called
   */
  function thumb(key, one, word = "") {
    const sample = samples[one.sample];
    const told = `${word ? `${word}: ` : ""}${sample?.label ?? called(one.sample)}, response ${response(one.value)}`;
    const button = h("button", {
      type: "button", class: "shot", title: told, "aria-label": told, "aria-pressed": "false",
      onclick: () => pin(key, overlay.checked), onpointerenter: () => show(key), onpointerleave: () => show(pinned), onfocus: () => show(key), onblur: () => show(pinned),
    }, crop(sample, fieldOf(one, scene.field, space)), h("small", { "aria-hidden": "true" }, response(one.value)));
    known.set(key, { one, button });
    return button;
  }

  /** What a sample is called: files have names, others numbers. @param {number} index */
  function called(index) {
    const name = samples[index]?.name ?? String(index);
    return /^\d+$/.test(name) ? `sample ${name}` : name;
  }

  /** @param {string} key */
  function show(key) {
    const found = known.get(key);
    if (!found || !view) return;
    showing = key;
    const { one } = found;
    const sample = samples[one.sample];
    view.show(sample ?? null);
    const names = axisNames(space.length);
    view.box(one.box.map(([lo]) => lo), one.box.map(([, hi]) => hi),
      `${called(one.sample)}; the unit sees ${one.box.map(([lo, hi], i) => `${names[i] ?? "position"} ${lo} to ${hi - 1}`).join(", ")}`);
    const label = sample?.label && sample.label !== sample.name ? `, ${sample.label}` : "";
    fill(caption, h("b", {}, response(one.value)), ` on ${called(one.sample)}${label}; the frame is what it sees there, ${across(one.box.map(([lo, hi]) => hi - lo))}.`);
    heat(key, one);
  }

  /** @param {string} key @param {Firing} one */
  async function heat(key, one) {
    const sheet = scene.layer.sheets?.maps;
    if (!view || !sheet || typeof one.map !== "number" || !overlay.checked) return view?.heat(null);
    try {
      const values = await brightnessOf(sheet, one.map);
      if (showing === key && overlay.checked) view.heat({ values, ...placed(scene, sheet.tile) });
    } catch {
      view.heat(null); // the picture stands without it
    }
  }

  return {
    node,
    thumb,
    /** @param {URLSearchParams} query @param {string} first  what is shown where nothing is fixed */
    update(query, first) {
      pinned = known.has(query.get("see") ?? "") ? /** @type {string} */ (query.get("see")) : first;
      overlay.checked = query.get("map") !== "0";
      for (const [key, { button }] of known) button.setAttribute("aria-pressed", String(key === pinned));
      show(pinned);
    },
  };
}

/** Where an activation map lies in the input. @param {Scene} scene @param {[number, number]} tile */
function placed({ space, layer, stride, field }, [high, wide]) {
  const shape = { 1: [wide], 2: [high, wide], 3: [layer.map[0], high / layer.map[0], wide] }[space.length] ?? [];
  const local = field && layer.map.length === space.length && field.stride.every((step) => step > 0);
  if (!local) return { shape, start: space.map(() => 0), step: space.map((n, i) => n / shape[i]) };
  const size = field.local_size ?? field.size;
  return {
    shape,
    start: space.map((_, i) => field.start[i] + (size[i] - stride[i]) / 2),
    step: space.map((_, i) => (stride[i] * layer.map[i]) / shape[i]),
  };
}
