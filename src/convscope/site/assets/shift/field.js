/** Over all moves: which a layer can follow, and which change the answer. */

import { fill, h } from "../base/dom.js";
import { once } from "../base/numbers.js";
import { go, href } from "../base/route.js";
import { heat, paint } from "../samples/colour.js";
import { error, share } from "./words.js";

/** @typedef {import("./types.js").ShiftDocument} ShiftDocument */

/**
 * The heat map over the phase of a chosen layer, and the flip map of the answers.
 * @param {ShiftDocument} found
 * @param {(move: number[]) => void} pick
 */
export function field(found, pick) {
  const layers = found.layers.filter((row) => row.heat.length > 1);
  const flips = found.output?.flips ?? [];
  if (!layers.length && flips.length < 2) return null;
  const choose = h("select", { onchange: () => go(href("shift", [], { ...address(), layer: choose.value }), { replace: true }) },
    layers.map(({ name }) => h("option", { value: name }, name)));
  const phase = grid(pick);
  const changed = grid(pick);
  const node = h("section", {}, h("h2", {}, "Which moves are followed"),
    h("div", { class: "fields" },
      layers.length ? h("figure", {}, h("label", { class: "which-layer" }, "Error of the map of ", choose), phase.node, phase.caption) : null,
      flips.length > 1 ? h("figure", {}, h("h3", {}, "Share of samples whose class changes"), changed.node, changed.caption) : null));

  return {
    node,
    /** @param {import("../types.js").Route} route */
    update({ query }) {
      const row = layers.find(({ name }) => name === query.get("layer")) ?? layers.find(({ name }) => name === found.last) ?? layers[layers.length - 1];
      if (row) {
        choose.value = row.name;
        const worst = Math.max(...row.heat.map((one) => one.error));
        const none = row.heat.find(({ move }) => move.every((d) => d === 0));
        phase.draw(row.heat.map(({ move, error }) => ({ move, value: error })), row.total_stride, worst || 1, (one) => error(one));
        fill(phase.caption, `By how much the input moved, modulo the layer’s stride of ${once(row.total_stride)}; `,
          `brightest ${error(worst)}${none ? `, by whole strides ${error(none.error)}` : ""}. Moves that were not looked at are hatched.`);
      }
      if (flips.length > 1 && found.output) {
        const worst = Math.max(...flips.map((one) => one.share));
        changed.draw(flips.map(({ move, share }) => ({ move, value: share })), found.output.offsets.span, worst || 1, share);
        fill(changed.caption, `Compared with the unmoved sample, at ${flips.length} of ${found.output.offsets.of} offsets; brightest ${share(worst)} of ${found.output.samples} samples.`);
      }
    },
  };
}

/** @returns {Record<string, string>} */
function address() {
  return Object.fromEntries(new URLSearchParams(location.hash.split("?")[1] ?? ""));
}

/** A canvas of one cell for each move; of volumes the moves within the slices. @param {(move: number[]) => void} pick */
function grid(pick) {
  const canvas = h("canvas", { class: "coarse", role: "img" });
  const node = h("div", { class: "cells-of-moves" }, canvas);
  const caption = h("figcaption", {});
  /** @type {(row: number, column: number) => number[]} */
  let moveAt = () => [];
  let [rows, columns] = [1, 1];
  node.addEventListener("pointerdown", (event) => {
    const frame = canvas.getBoundingClientRect();
    const at = (/** @type {number} */ part, /** @type {number} */ count) => Math.min(count - 1, Math.max(0, Math.floor(part * count)));
    pick(moveAt(at((event.clientY - frame.top) / frame.height, rows), at((event.clientX - frame.left) / frame.width, columns)));
  });
  return {
    node,
    caption,
    /** @param {{move: number[], value: number}[]} cells @param {number[]} span @param {number} most @param {(value: number) => string} form */
    draw(cells, span, most, form) {
      const flat = span.slice(-2);
      [rows, columns] = flat.length === 1 ? [1, flat[0]] : flat;
      const lead = span.slice(0, -2).map(() => 0);
      moveAt = (row, column) => (flat.length === 1 ? [column] : [...lead, row, column]);
      node.classList.toggle("strips", flat.length === 1);
      if (flat.length > 1) node.style.aspectRatio = `${columns} / ${rows}`;
      /** @type {Map<string, {sum: number, count: number}>} */
      const known = new Map();
      for (const { move, value } of cells) {
        const key = (flat.length === 1 ? [0, move[0]] : move.slice(-2)).join();
        const one = known.get(key) ?? { sum: 0, count: 0 };
        known.set(key, { sum: one.sum + value, count: one.count + 1 });
      }
      paint(canvas, rows, columns, (row, column) => {
        const one = known.get(`${row},${column}`);
        return one ? heat(one.sum / one.count / most) : [0, 0, 0, 0];
      });
      const values = cells.map(({ value }) => value);
      canvas.setAttribute("aria-label", `${known.size} of ${rows * columns} moves, from ${form(Math.min(...values))} to ${form(Math.max(...values))}`);
    },
  };
}
