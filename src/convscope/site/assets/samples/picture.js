/** A picture on a stage. */

import { h } from "../base/dom.js";
import { heat as heatColour, paint } from "./colour.js";

/** @typedef {import("./stage.js").Stage} Stage */

const COARSE = 96; // sides below this are drawn with visible pixels

/**
 * @param {number[]} space rows, columns
 * @param {((position: number[]) => void) | null} pick
 * @returns {Stage}
 */
export function picture([rows, columns], pick) {
  const image = h("img", { alt: "", decoding: "async", hidden: true, class: rows < COARSE ? "coarse" : "" });
  const map = h("canvas", { hidden: true });
  const box = h("div", { class: "box" });
  const node = h("div", { class: "stage picture", role: "img" }, image, map, box);
  node.style.aspectRatio = `${columns} / ${rows}`;
  node.style.setProperty("--ratio", String(columns / rows));
  if (pick) pointing(node, (x, y) => pick([y * rows, x * columns]));

  return {
    node,
    show(sample) {
      image.hidden = !sample?.picture;
      if (sample?.picture) image.src = sample.picture;
    },
    box(lo, hi, text) {
      // Clipped, so that an edge is seen even where the field goes on into the padding.
      place(box, [rows, columns], lo.map((at) => Math.max(0, at)), [Math.min(rows, hi[0]), Math.min(columns, hi[1])]);
      node.setAttribute("aria-label", text);
    },
    heat(found) {
      map.hidden = !found;
      if (!found) return;
      const { start, shape, values } = found;
      map.className = Math.max(...shape) < COARSE ? "coarse" : "";
      paint(map, shape[0], shape[1], (row, column) => glow(values[row * shape[1] + column]));
      place(map, [rows, columns], start, start.map((from, i) => from + shape[i]));
    },
  };
}

/** A heat map's colour: what was not used stays clear. @param {number} value 0 to 255 */
export function glow(value) {
  return [...heatColour(value / 255), Math.min(235, 1.6 * value)];
}

/**
 * Put an element over part of a stage.
 * @param {HTMLElement} element
 * @param {number[]} space
 * @param {number[]} lo
 * @param {number[]} hi
 */
export function place(element, [rows, columns], lo, hi) {
  element.style.top = `${(100 * lo[0]) / rows}%`;
  element.style.left = `${(100 * lo[1]) / columns}%`;
  element.style.height = `${(100 * (hi[0] - lo[0])) / rows}%`;
  element.style.width = `${(100 * (hi[1] - lo[1])) / columns}%`;
}

/**
 * Call back with shares of width and height while a pointer is down.
 * @param {HTMLElement} node
 * @param {(x: number, y: number) => void} found
 */
export function pointing(node, found) {
  node.classList.add("pick");
  /** @param {PointerEvent} event */
  const report = (event) => {
    if (!(event.buttons & 1)) return;
    const frame = node.getBoundingClientRect();
    const share = (/** @type {number} */ at, /** @type {number} */ size) => Math.min(1 - 1e-9, Math.max(0, at / size));
    found(share(event.clientX - frame.left, frame.width), share(event.clientY - frame.top, frame.height));
  };
  node.addEventListener("pointerdown", (event) => {
    node.setPointerCapture(event.pointerId);
    report(event);
  });
  node.addEventListener("pointermove", report);
}
