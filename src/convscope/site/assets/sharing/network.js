/** The network's own layers: what each would cost without its two priors. */

import { chart } from "../base/chart.js";
import { h } from "../base/dom.js";
import { exact, short, times } from "../base/numbers.js";
import { href } from "../base/route.js";

/** @typedef {import("../types.js").LayerCost} LayerCost */

const COLUMNS = ["layer", "weights", "not shared", "dense", "locality", "groups", "sharing", "multiply-adds"];

/**
 * @param {import("../types.js").Site} site
 * @param {import("../types.js").SharingDocument} document
 * @param {Map<string, unknown>} presets layers that the controls can take over
 */
export function layers(site, { layers: rows, totals }, presets) {
  const counted = rows.filter((row) => row.weights > 0);
  const others = counted.filter((row) => row.kind !== "conv" && row.kind !== "linear");
  return h("section", {},
    h("h2", {}, "This network, layer by layer"),
    h("p", { class: "prose" },
      `Its ${exact(totals.weights)} weights would be ${short(totals.local_weights)} if nothing were shared, and `,
      `${short(totals.dense_weights)} if every layer were dense as well: ${times(totals.local_weights / totals.weights)} by `,
      `sharing, ${times(totals.dense_weights / totals.local_weights)} by locality and groups. `,
      totals.partial ? "Some operations are unknown, so these totals are partial." : null),
    site.charts.sharing
      ? h("figure", {}, chart("sharing", site.charts.sharing, "Weights of each layer, and what sharing, groups and locality save; the table below has the numbers"))
      : null,
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Weights by layer" },
      h("table", {},
        h("thead", {}, h("tr", {}, COLUMNS.map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, counted.filter((row) => !others.includes(row)).map((row) => line(row, presets.has(row.name)))),
        h("tfoot", {}, h("tr", {},
          h("th", { scope: "row" }, "all layers"),
          [totals.weights, totals.local_weights, totals.dense_weights].map((value) => h("td", { title: exact(value) }, short(value))),
          h("td", {}), h("td", {}), h("td", {}),
          h("td", { title: exact(totals.macs) }, short(totals.macs)))))),
    h("p", { class: "note" },
      others.length ? `${others.length} further layers (${[...new Set(others.map((row) => row.kind))].join(", ")}) have weights that no prior saves; they are in the totals. ` : null,
      "Taps on padding are counted, as is usual; multiply-adds of a dense or unshared layer equal its weights."));
}

/** @param {LayerCost} row @param {boolean} open whether the controls can take it over */
function line(row, open) {
  return h("tr", {},
    h("th", { scope: "row" },
      h("a", { href: href("layers", [row.name]) }, row.name), " ",
      open ? h("a", { class: "take", href: href("sharing", [], { from: row.name, compare: "outputs" }), "aria-label": `compute ${row.name} above` }, "↑") : null),
    [row.weights, row.local_weights, row.dense_weights].map((value) => h("td", { title: exact(value) }, short(value))),
    [row.locality_factor, row.grouping_factor, row.sharing_factor].map((value) => h("td", {}, times(value))),
    h("td", { title: exact(row.macs) }, short(row.macs)));
}
