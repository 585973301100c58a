/** Three counts side by side on a logarithmic scale; bars move to their new lengths. */

import { fill, h } from "../base/dom.js";
import { exact } from "../base/numbers.js";

/** @typedef {import("./count.js").Counted} Counted */
/** @typedef {import("./state.js").Comparison} Comparison */

const ROWS = /** @type {const} */ ([
  ["dense", "fully connected", "--locality"],
  ["local", "local, not shared", "--grouping"],
  ["shared", "convolution", "--weights"],
]);

export function bars() {
  const rows = ROWS.map(([form, name, hue]) => ({
    form,
    bar: h("span", { class: "bar", style: `--hue: var(${hue})` }),
    value: h("span", { class: "value" }),
    name,
  }));
  const tick = h("span", { class: "one" });
  const scale = h("div", { class: "scale", "aria-hidden": "true" });
  const node = h("figure", { class: "bars" },
    h("div", { class: "tracks" },
      scale,
      h("dl", {}, rows.map((row) =>
        h("div", {}, h("dt", {}, row.name),
          h("dd", {}, row.value, h("span", { class: "track", "aria-hidden": "true" }, row.bar, row.form === "shared" ? tick : null)))))),
    h("figcaption", {}, "Weights, on a logarithmic scale: each line is a thousand times the one before it."));

  /** @param {Counted} counted @param {Comparison} comparison */
  function update(counted, comparison) {
    const dense = comparison === "lesson" ? counted.neurons : counted.dense;
    const weights = { dense: dense.weights, local: counted.local.weights, shared: counted.shared.weights };
    const decades = Math.max(3, ...Object.values(weights).map(tens));
    for (const { form, bar, value } of rows) {
      bar.style.inlineSize = `${(100 * tens(weights[form])) / decades}%`;
      value.textContent = exact(weights[form]);
    }
    const both = comparison === "lesson" && counted.oneChannel !== counted.shared.weights;
    tick.style.insetInlineStart = `${(100 * tens(counted.oneChannel)) / decades}%`;
    tick.hidden = !both;
    const lines = Array.from({ length: Math.floor(decades / 3) + 1 }, (_, i) => 3 * i);
    fill(scale, lines.map((power) => h("span", { style: `inset-inline-start: ${(100 * power) / decades}%` }, NAMES[power] ?? "")));
  }

  return { node, update };
}

/** @type {Record<number, string>} */
const NAMES = { 0: "1", 3: "thousand", 6: "million", 9: "billion", 12: "trillion", 15: "10¹⁵", 18: "10¹⁸", 21: "10²¹" };

/** @param {bigint} count */
function tens(count) {
  const text = String(count);
  return count > 0n ? text.length - 1 + Math.log10(Number(`${text[0]}.${text.slice(1, 12) || 0}`)) : 0;
}
