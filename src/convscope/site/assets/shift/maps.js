/** The maps of a few units of each layer: where they are now, and how they differ from the moved map. */

import { h } from "../base/dom.js";
import { once } from "../base/numbers.js";
import { href } from "../base/route.js";
import { heat, paint, signed } from "../samples/colour.js";
import { fineOf, mapAt } from "./kept.js";
import { compared, moved } from "./torus.js";

/** @typedef {import("./types.js").Moving} Moving */
/** @typedef {import("./types.js").MovingLayer} MovingLayer */

const KEPT = 5e-4; // a share of the energy below which 8 bits cannot tell a difference
const COARSE = 64;

/**
 * @param {Moving} moving
 * @param {number} dims
 */
export function maps(moving, dims) {
  const rows = moving.layers.map((layer) => row(layer, dims));
  const node = h("div", { class: "follow" }, rows.map(({ node }) => node));
  let drawing = 0;

  return {
    node,
    /**
     * @param {number} sample  its place among those that can be moved
     * @param {number[]} move
     * @param {number} depth  of the slice to show, as a share
     */
    async draw(sample, move, depth) {
      const mine = (drawing += 1);
      const read = await Promise.all(moving.layers.map((layer) => fineOf(layer, sample)));
      if (mine !== drawing) return;
      rows.forEach((one, i) => one.draw(moving, read[i], move, depth));
    },
  };
}

/** @param {MovingLayer} layer @param {number} dims */
function row(layer, dims) {
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

  /** @param {Moving} moving @param {ArrayLike<number>[]} fine @param {number[]} move @param {number} depth */
  function draw(moving, fine, move, depth) {
    const steps = move.map((d, axis) => d / layer.stride[axis]);
    const total = { wrong: 0, energy: 0 };
    units.forEach((unit, i) => {
      const here = mapAt(moving, layer, fine, i, move);
      const before = mapAt(moving, layer, fine, i, move.map(() => 0));
      const expected = moved(before, layer.size, steps);
      const found = compared(here, expected);
      total.wrong += found.wrong;
      total.energy += found.energy;
      const most = Math.max(Math.abs(layer.low[i]), Math.abs(layer.high[i])) || 1;
      const two = layer.low[i] < 0;
      show(unit.map, here, layer, depth, (value) => (two ? signed(value / most) : heat(value / most)));
      show(unit.wrong, here.map((value, at) => value - expected[at]), layer, depth, (value) => [...signed(Math.sign(value)), Math.min(255, 900 * Math.abs(value / most))]);
      unit.map.setAttribute("aria-label", `Map of unit ${layer.units[i]}`);
      unit.wrong.setAttribute("aria-label", `Its difference from the moved map: ${percent(found.wrong, found.energy)}`);
      const [now, then] = [here, before].map((map) => map.reduce((sum, value) => sum + value, 0) / map.length);
      const scale = 3 * Math.max(Math.abs(then), most / 50);
      unit.mean.style.width = `${share(now, scale)}%`;
      unit.still.style.left = `${share(then, scale)}%`;
      unit.mean.dataset.mean = now.toPrecision(4);
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

/** @param {MovingLayer} layer @param {number} dims */
function kind(layer, dims) {
  return [dims === 1 ? "strip" : "", Math.max(...layer.size) <= COARSE ? "coarse" : ""].join(" ").trim();
}

/** Paint a map; of a volume the slice at a depth. @param {HTMLCanvasElement} canvas @param {Float32Array} map @param {MovingLayer} layer @param {number} depth @param {(value: number) => number[]} colour */
function show(canvas, map, { size }, depth, colour) {
  const [rows, columns] = size.length === 1 ? [1, size[0]] : size.slice(-2);
  const from = size.length === 3 ? Math.min(size[0] - 1, Math.floor(depth * size[0])) * rows * columns : 0;
  paint(canvas, rows, columns, (row, column) => colour(map[from + row * columns + column]));
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

