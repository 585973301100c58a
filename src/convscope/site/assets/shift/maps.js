/** The maps of a few units of each layer: where they are now, and how they differ from the moved map. */

import { h } from "../base/dom.js";
import { once } from "../base/numbers.js";
import { href } from "../base/route.js";
import { heat, paint, signed } from "../samples/colour.js";
import { compared, followed } from "./torus.js";

/** @typedef {import("./types.js").ShownLayer} ShownLayer */
/** @typedef {import("./types.js").Shot} Shot */

const KEPT = 5e-4; // a share of the energy below which 8 bits cannot tell a difference
const COARSE = 64;

/**
 * @param {ShownLayer[]} layers
 * @param {number[]} space  the input's size along each axis
 */
export function maps(layers, space) {
  const rows = layers.map((layer) => row(layer, space));
  return {
    node: h("div", { class: "follow" }, rows.map(({ node }) => node)),
    /**
     * @param {Shot} now
     * @param {Shot} then  unmoved
     * @param {[number, number][][] | null} ranges  of each unit of each layer; null takes those of the unmoved maps
     * @param {number[]} move
     * @param {number} depth  of the slice to show, as a share
     */
    draw(now, then, ranges, move, depth) {
      rows.forEach((one, i) => one.draw(now.maps[i], then.maps[i], ranges?.[i] ?? null, move, depth));
    },
  };
}

/** @param {ShownLayer} layer @param {number[]} space */
function row(layer, space) {
  const dims = space.length;
  const verdict = h("span", { class: "follows" });
  const way = h("span", {});
  const units = layer.units.map((unit) => {
    const map = h("canvas", { class: kind(layer, dims), role: "img" });
    const wrong = h("canvas", { class: kind(layer, dims), role: "img" });
    const mean = h("i", {});
    const still = h("b", {});
    const node = h("figure", { class: "unit-map" },
      h("div", { class: "pair" }, map, wrong),
      h("figcaption", {}, h("span", { class: "unit" }, "unit ", unit), h("span", { class: "pooled", title: "its mean over all positions; the mark is where it was" }, mean, still)));
    return { node, map, wrong, mean, still };
  });
  const node = h("section", { class: "layer-maps", "data-layer": layer.name },
    h("h3", {}, h("a", { href: href("layers", [layer.name]) }, layer.name), " ", way, " ", verdict),
    h("div", { class: "unit-maps" }, units.map(({ node }) => node)));

  /** @param {Float32Array[]} now @param {Float32Array[]} then @param {[number, number][] | null} ranges @param {number[]} move @param {number} depth */
  function draw(now, then, ranges, move, depth) {
    const steps = move.map((d, axis) => d / layer.stride[axis]);
    const turn = space.map((size, axis) => size / layer.stride[axis]);
    const total = { wrong: 0, energy: 0 };
    units.forEach((unit, i) => {
      const [here, before] = [now[i], then[i]];
      const { expected, known } = followed(before, layer.size, steps, turn);
      const found = compared(here, expected, known);
      total.wrong += found.wrong;
      total.energy += found.energy;
      const [low, high] = ranges?.[i] ?? ends(before);
      const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
      show(unit.map, here, layer, depth, (value) => (low < 0 ? signed(value / most) : heat(value / most)));
      const wrong = here.map((value, at) => (known[at] ? value - expected[at] : 0));
      show(unit.wrong, wrong, layer, depth, (value) => [...signed(Math.sign(value)), Math.min(255, 900 * Math.abs(value / most))]);
      unit.map.setAttribute("aria-label", `Map of unit ${layer.units[i]}`);
      unit.wrong.setAttribute("aria-label", `Its difference from the moved map: ${percent(found.wrong, found.energy)}`);
      const [after, mean] = [here, before].map((map) => map.reduce((sum, value) => sum + value, 0) / map.length);
      const scale = 3 * Math.max(Math.abs(mean), most / 50);
      unit.mean.style.width = `${share(after, scale)}%`;
      unit.still.style.left = `${share(mean, scale)}%`;
      unit.mean.dataset.mean = after.toPrecision(4);
    });
    const whole = steps.every(Number.isInteger);
    const still = steps.every((step) => step === 0);
    const error = total.energy ? total.wrong / total.energy : 0;
    node.dataset.error = error.toPrecision(3);
    way.textContent = `· one position every ${once(layer.stride)} · should move by ${still ? "0" : by(steps)}`;
    verdict.textContent = still ? "" : error < KEPT ? "and does" : `is off by ${percent(total.wrong, total.energy)}`;
    verdict.dataset.word = error < KEPT ? "follows" : "off";
    node.dataset.whole = String(whole);
  }

  return { node, draw };
}

/** @param {ShownLayer} layer @param {number} dims */
function kind(layer, dims) {
  return [dims === 1 ? "strip" : "", Math.max(...layer.size) <= COARSE ? "coarse" : ""].join(" ").trim();
}

/** Paint a map; of a volume the slice at a depth. @param {HTMLCanvasElement} canvas @param {Float32Array} map @param {ShownLayer} layer @param {number} depth @param {(value: number) => number[]} colour */
function show(canvas, map, { size }, depth, colour) {
  const [rows, columns] = size.length === 1 ? [1, size[0]] : size.slice(-2);
  const from = size.length === 3 ? Math.min(size[0] - 1, Math.floor(depth * size[0])) * rows * columns : 0;
  paint(canvas, rows, columns, (row, column) => colour(map[from + row * columns + column]));
}

/** The least and the largest value. @param {Float32Array} map @returns {[number, number]} */
function ends(map) {
  return [map.reduce((least, value) => Math.min(least, value), Infinity), map.reduce((most, value) => Math.max(most, value), -Infinity)];
}

/** @param {number} value @param {number} scale */
function share(value, scale) {
  return Math.min(100, Math.max(0, (100 * Math.abs(value)) / scale));
}

/** @param {number[]} steps */
function by(steps) {
  const written = steps.map((step) => String(Number(step.toFixed(3))).replace("-", "−"));
  return written.every((one) => one === written[0]) || written.length === 1 ? written[0] : written.join(", ");
}

/** @param {number} wrong @param {number} energy */
function percent(wrong, energy) {
  const value = energy ? (100 * wrong) / energy : 0;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} %`;
}

