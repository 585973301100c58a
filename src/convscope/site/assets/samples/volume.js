/** A volume on a stage: one slice at a time, its slices stacked downwards in one picture. */

import { h } from "../base/dom.js";
import { paint } from "./colour.js";
import { glow, picture, place } from "./picture.js";

/**
 * @param {number[]} space slices, rows, columns
 * @param {((position: number[]) => void) | null} pick
 * @returns {import("./stage.js").Stage}
 */
export function volume([slices, rows, columns], pick) {
  let slice = Math.floor(slices / 2);
  /** @type {[number[], number[]]} */
  let seen = [[0, 0, 0], [0, 0, 0]];
  /** @type {import("./stage.js").Heat | null} */
  let heat = null;
  const flat = picture([rows, columns], pick && (([row, column]) => pick([slice + 0.5, row, column])));
  const image = /** @type {HTMLImageElement} */ (flat.node.querySelector("img"));
  const map = /** @type {HTMLCanvasElement} */ (flat.node.querySelector("canvas"));
  const box = /** @type {HTMLElement} */ (flat.node.querySelector(".box"));
  image.classList.add("stack");
  image.style.height = `${100 * slices}%`;
  const slider = h("input", { type: "range", min: 0, max: slices - 1, value: slice, oninput: () => turn(Number(slider.value)) });
  const shown = h("output");
  const node = h("div", { class: "slices" }, flat.node, h("label", {}, h("span", {}, "slice shown ", shown), slider));

  /** @param {number} to */
  function turn(to) {
    slice = to;
    slider.value = String(slice);
    shown.textContent = `${slice + 1} of ${slices}`;
    image.style.top = `${-100 * slice}%`;
    box.hidden = slice + 1 <= seen[0][0] || slice >= seen[1][0];
    drawHeat();
  }

  function drawHeat() {
    const at = heat ? slice - Math.round(heat.start[0]) : -1;
    map.hidden = !heat || at < 0 || at >= heat.shape[0];
    if (!heat || map.hidden) return;
    const [, high, wide] = heat.shape;
    const { start, values } = heat;
    map.className = "coarse";
    paint(map, high, wide, (row, column) => glow(values[(at * high + row) * wide + column]));
    place(map, [rows, columns], start.slice(1), [start[1] + high, start[2] + wide]);
  }

  turn(slice);
  return {
    node,
    show: flat.show,
    box(lo, hi, text) {
      const moved = lo[0] !== seen[0][0] || hi[0] !== seen[1][0];
      seen = [lo, hi];
      flat.box(lo.slice(1), hi.slice(1), text);
      const middle = Math.floor((lo[0] + hi[0]) / 2);
      turn(moved && (slice < lo[0] || slice >= hi[0]) ? Math.min(slices - 1, Math.max(0, middle)) : slice);
    },
    heat(found) {
      heat = found;
      drawHeat();
    },
  };
}
