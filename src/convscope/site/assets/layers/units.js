/** What the map and a layer's panel say of its units: their mix, their grid, or how to measure them. */

import { fill, h } from "../base/dom.js";
import { href } from "../base/route.js";
import { grid } from "../units/grid.js";
import { bar, mix } from "../units/mix.js";

/** @typedef {import("../types.js").Layer} Layer */

/**
 * @typedef {{measured: true, mix: HTMLElement, grid: HTMLElement} | {measured: false, hint: HTMLElement | null}} Part
 */

/** @param {import("./facts.js").Known} known */
export function units({ site, layers, features }) {
  const axes = site.network.input.length - 1;
  /** @type {{layer: string, place: HTMLElement, grid: ReturnType<typeof grid>} | null} */
  let shown = null;

  return {
    /** The mix of the last measured one of some layers, small. @param {Layer[]} some */
    bars(some) {
      const last = some.findLast(({ name }) => features.get(name)?.measured);
      const found = last && features.get(last.name);
      return found ? bar(found, axes) : null;
    },

    /** @param {Layer | null} layer @returns {Part} */
    part(layer) {
      const found = layer && features.get(layer.name);
      if (!layer || !found?.data) return { measured: false, hint: layer ? hint(layer) : null };
      shown = { layer: layer.name, place: h("div"), grid: grid(found, axes) };
      return { measured: true, mix: mix(found, axes), grid: shown.place };
    },

    /** @param {Layer} layer @param {URLSearchParams} query */
    async update(layer, query) {
      const now = shown;
      if (now?.layer !== layer.name) return;
      try {
        const made = await now.grid;
        if (shown !== now) return; // another layer was chosen meanwhile
        made.update(query);
        if (!now.place.contains(made.node)) fill(now.place, made.node);
      } catch (error) {
        fill(now.place, h("p", { class: "note" }, `Its units could not be read: ${error}`));
      }
    },
  };

  /** @param {Layer} layer */
  function hint({ name, kind }) {
    if (!["conv", "linear", "activation", "norm", "add", "cat", "pool"].includes(kind)) return null;
    const at = layers.findIndex((layer) => layer.name === name);
    const next = layers.slice(at).find((layer) => features.get(layer.name)?.data);
    return h("p", { class: "note" },
      next ? ["Units are looked at where a block ends: here at ", h("a", { href: href("layers", [next.name]) }, next.name), ". "] : "What its units answer to was not measured. ",
      h("code", {}, `convscope features ${site.network.spec} --data ${site.data?.spec ?? "DATA"} --layers ${name}`), " measures this layer’s.");
  }
}
