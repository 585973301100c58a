/** The first layer's filters over one training: from noise to edges. */

import { fill, h } from "../base/dom.js";
import { drawn } from "../samples/kernel.js";

/** @typedef {import("./types.js").Timeline} Timeline */

/** @param {Timeline} found @param {(moment: number) => void} move */
export function filters(found, move) {
  const [moments, count, channels, ...kernel] = found.shape;
  const bytes = Uint8Array.from(atob(found.values), (letter) => letter.charCodeAt(0));
  const values = new Float32Array(bytes.buffer);
  const each = channels * kernel.reduce((product, side) => product * side, 1);
  const slider = h("input", { type: "range", min: 0, max: moments - 1, "aria-label": "moment of the training", oninput: () => move(Number(slider.value)) });
  const when = h("output");
  const tiles = h("div", { class: `tiles axes${kernel.length}` });
  const node = h("section", { class: "past" },
    h("h2", {}, "How the first filters came about"),
    h("p", { class: "prose" },
      `The first layer of ${found.net === "this network" ? "this network" : `the ${found.net} twin`}, from its first weights to its last. `,
      "Nobody drew these filters: they are what made the answers right."),
    h("label", { class: "dial" }, h("span", {}, "after ", when), slider),
    h("figure", { class: "filters" }, tiles,
      h("figcaption", {}, `${count} filters, each scaled by the largest weight that it has at any moment${channels === 3 && kernel.length === 2 ? ", in the input’s colours" : ""}.`)));
  const most = Array.from({ length: count }, (_, f) =>
    Math.max(1e-12, ...Array.from({ length: moments }, (_, t) => largest(values.subarray((t * count + f) * each, (t * count + f + 1) * each)))));

  /** @param {number} asked */
  function update(asked) {
    const moment = Number.isInteger(asked) && asked >= 0 && asked < moments ? asked : moments - 1;
    const seen = `${found.steps[moment].toLocaleString("en")} ${found.unit}`;
    slider.value = String(moment);
    slider.setAttribute("aria-valuetext", seen);
    when.textContent = seen;
    fill(tiles, Array.from({ length: count }, (_, f) => {
      const weights = values.slice((moment * count + f) * each, (moment * count + f + 1) * each);
      const strength = largest(weights) / most[f];
      const picture = drawn(weights, channels, kernel);
      if (picture) picture.style.opacity = String(0.12 + 0.88 * strength);
      return h("span", { role: "img", "aria-label": `filter ${f} after ${seen}` }, picture);
    }));
  }
  return { node, update };
}

/** @param {Float32Array} weights */
function largest(weights) {
  return weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
}
